// The list of a study's scans: one line a case, checked as a whole before anything runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"
#include "radtype/feature/case_run.h"

namespace radtype::cohort {

/// What a line of the manifest says of a case. Empty where the manifest says nothing.
struct CaseKey {
  std::string name;     ///< column "case"; unique within a study
  std::string patient;  ///< without the column: the case's name
  std::string cohort;
  std::string organ;      ///< lung, breast, brain, other
  std::string modality;   ///< CT, MR, PT (PET and MRI are understood)
  std::string timepoint;  ///< order in time is the order of the lines
  std::string image;      ///< paths as written: relative ones from the manifest's folder
  std::string mask;
  std::string roi;    ///< name of one region, of an RTSTRUCT or SEG
  std::string label;  ///< or its number, which decides where both are given; without either every region is a lesion
  std::string tissue;
  std::string tissue_roi;
  std::string series;
  std::vector<std::string> clinical;  ///< cells of the further columns, carried along
  bool operator==(const CaseKey&) const = default;
};

struct ManifestRow {
  std::size_t line = 0;
  CaseKey key;
  /// Why the row cannot be run ("mask: there is no file /data/a.nii.gz"), all of it.
  std::vector<std::string> problems;
};

struct Manifest {
  std::filesystem::path folder;  ///< what relative paths start from; absolute
  std::string sha256;
  std::vector<std::string> clinical_columns;
  std::vector<ManifestRow> rows;  ///< in the order of the file
  std::vector<std::string> notes;

  /// "line 7: case B2: mask: there is no file ...", a line each; empty when there is nothing to say.
  std::vector<std::string> problems() const;
};

/// kUnreadable, kEmpty or kCorrupt for the file as a whole; kUsage where columns are missing, doubled, or a case is
/// named twice, listing every such place. What is wrong with single rows is left in them.
Result<Manifest> read_manifest(const std::filesystem::path& path);

/// How every case of a study is measured: the settings of `radtype cohort run` that change numbers.
/// {"families", "label_encoding", "tissue", "raw_pet", "partial_roi", "max_lost_share", "fraction"}.
Result<feature::CaseRequest> make_request(const CaseKey& key, const std::filesystem::path& folder,
                                          const nlohmann::json& settings);
/// SHA-256 of all that decides a case's numbers but its input files.
std::string settings_id(const CaseKey& key, const nlohmann::json& settings);

/// Where a path of the manifest lies.
std::filesystem::path resolved(const std::filesystem::path& folder, const std::string& written);

}  // namespace radtype::cohort
