// One scan from files to rows: read, place the outline on the image, crop, measure, say what was seen.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
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
  bool keep_data = false;             ///< leave volumes, surface and maps in the rows, for other outputs
  /// Asked once, with an upper estimate of the memory (bytes) that the case will need, before it takes it; may wait. An
  /// error refuses the case.
  std::function<Result<void>(std::int64_t bytes)> admit;
};

/// Fills `tissue` or `tissue_to_find`: a word (auto, none, lung, brain, body) or else a file.
void set_tissue(CaseRequest& request, const std::string& word_or_file);

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
  std::map<std::string, double> seconds;            ///< of wall time: "opening", "reading", and every family
};

/// Never throws for bad input: what went wrong is in the rows' status and reason, and in `error`.
CaseRun run_case(const CaseRequest& request);

/// {"cases": [...], "provenance": {...}} : schemas/extract-output.schema.json.
nlohmann::json output_json(const std::vector<CaseRow>& rows, const nlohmann::json& provenance);
/// A header line and a line a row; missing values are empty cells, their reasons in column "missing".
std::string output_csv(const std::vector<CaseRow>& rows);
/// Why features are missing: by feature, and by family where a whole family is for one reason.
std::map<std::string, std::string> missing_reasons(const Extraction& extraction);
/// A few lines for a person.
std::string output_summary(const std::vector<CaseRow>& rows);

/// The canonical surface of a row measured with keep_data, with curvature, both maps and their distortion at its
/// vertices: .vtp, .obj or .stl. kUndefined, with the family's reason, where the row has none.
Result<void> write_surface(const CaseRow& row, const std::filesystem::path& path, bool force);
/// Coefficients as mapped and in the canonical pose, with what is needed to read them:
/// docs/concepts/spherical-harmonics.md.
Result<nlohmann::json> coefficients_json(const CaseRow& row);

/// What the heterogeneity features were computed from, for viewers: files of `folder`, made where there is none.
/// - regions.nii.gz: 1 core, 2 rim, 3 ring 0-5 mm, 4 ring 5-10 mm, 0 elsewhere;
/// - rank.nii.gz: mid-rank in tumour and ring, -1 darkest to 1 brightest, 0 elsewhere too; the same grid;
/// - habitats.nii.gz: 1 darkest to 3 brightest, 0 elsewhere, on its own grid; where there are habitats;
/// - margin.vtp: points of the surface, LPS mm, with patch, contrast, goodness and width_mm, -1 where the patch has
///   none; where there is a margin.
/// kUndefined, with the family's reason, where the row has no neighbourhood; kExists, before anything is written, when
/// one of the four files is there, unless `force`, which also removes those that there is now no reason to write.
Result<void> write_maps(const CaseRow& row, const std::filesystem::path& folder, bool force);
/// Why a row measured with keep_data has no maps, or nothing.
std::optional<std::string> no_maps_reason(const CaseRow& row);
/// A folder's name for each row, <case>_<roi, or the label where it has none>: letters that a file system may not take
/// become "_", and names that would be equal end in the label, too.
std::vector<std::string> map_folder_names(const std::vector<CaseRow>& rows);

/// Three orthogonal slices through the tumour with its outline; its surface, map and spectrum; regions, ranks, habitats
/// and the radial profile; and the row. .svg or .png.
Result<void> draw_case(const CaseRow& row, const std::filesystem::path& path, bool force);

}  // namespace radtype::feature
