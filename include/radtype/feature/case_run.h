// One scan from files to rows: read, place the outline on the image, crop, measure, say what was seen.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/feature/family.h"
#include "radtype/image/tissue.h"
#include "radtype/io/mask_input.h"

namespace radtype::feature {

/// Which organ to find around the tumour; none: what fits modality and organ (image::tissue_kind_for).
struct TissueChoice {
  std::optional<image::TissueKind> kind;
};

struct CaseRequest {
  std::string case_id;
  std::optional<std::filesystem::path> image;  ///< absent: shape from the mask alone
  std::filesystem::path mask;
  io::MaskOptions mask_options;
  std::optional<std::filesystem::path> tissue;
  std::optional<TissueChoice> tissue_to_find;  ///< in the image, in place of a file
  io::MaskOptions tissue_options;  ///< its regions are united; one of several must be chosen, "all" takes every one
  io::OpenOptions open_options;
  std::optional<io::Modality> modality;  ///< where the file does not say; contradicting the file is an error
  std::string organ;
  std::vector<std::string> families;  ///< to compute; empty: those by default
  bool keep_data = false;             ///< leave the cropped volumes and the spectrum in the rows, for figures
};

struct CaseRow {
  std::string case_id;
  int label = 0;
  std::string roi;
  Extraction extraction;
  nlohmann::json quality = nlohmann::json::object();
  std::vector<std::string> notes;
  /// What was measured (with keep_data); empty where nothing could be.
  CaseData data;
};

struct CaseRun {
  std::vector<CaseRow> rows;                        ///< one per region; one failed row when nothing could be read
  nlohmann::json inputs = nlohmann::json::array();  ///< as in provenance
  std::optional<Error> error;                       ///< why nothing could be measured at all
};

/// Never throws for bad input: what went wrong is in the rows' status and reason, and in `error`.
CaseRun run_case(const CaseRequest& request);

/// {"cases": [...], "provenance": {...}} : schemas/extract-output.schema.json.
nlohmann::json output_json(const std::vector<CaseRow>& rows, const nlohmann::json& provenance);
/// A header line and a line a row; missing values are empty cells, their reasons in column "missing".
std::string output_csv(const std::vector<CaseRow>& rows);
/// A few lines for a person.
std::string output_summary(const std::vector<CaseRow>& rows);

/// The canonical surface of a row measured with keep_data, with curvature, both maps and their distortion at its
/// vertices: .vtp, .obj or .stl. kUndefined, with the family's reason, where the row has none.
Result<void> write_surface(const CaseRow& row, const std::filesystem::path& path, bool force);
/// Coefficients as mapped and in the canonical pose, with what is needed to read them:
/// docs/concepts/spherical-harmonics.md.
Result<nlohmann::json> coefficients_json(const CaseRow& row);

/// Three orthogonal slices through the tumour with its outline; its surface, map and spectrum; and the row. .svg or
/// .png.
Result<void> draw_case(const CaseRow& row, const std::filesystem::path& path, bool force);

}  // namespace radtype::feature
