// Cases with their features, from a study or a table.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/feature/case_run.h"
#include "radtype/subtype/case_table.h"

namespace radtype::app {

struct CasesWanted {
  std::vector<std::string> features;  ///< by name
  std::vector<std::string> cohorts;   ///< none: all
  std::vector<std::string> modalities;
  std::vector<std::string> timepoints;
};

struct CasesRead {
  subtype::CaseTable table;
  std::string features_id;
  std::vector<std::string> notes;                   ///< what was left out, and why
  std::map<std::size_t, std::string> not_measured;  ///< by row of the table, whose values are missing: why
  nlohmann::json inputs;
};

/// The features for clustering of the catalogue, or those that a file lists, one a line.
Result<std::vector<std::string>> feature_set(const std::string& word_or_file);

/// A study folder, or a CSV table as `radtype cohort export` writes it: a line a lesion, a column a feature. Cases
/// without features (failed, pending) are left out. A case of several lesions is several cases, NAME/1, NAME/2, ...
/// Features that are not in the catalogue are taken as they are from a table, version 1.
Result<CasesRead> read_cases(const std::filesystem::path& input, const CasesWanted& wanted);

/// The regions of a scan, measured now: cases NAME, or NAME/1, NAME/2, ... where there are several, as in a study.
/// Those that could not be measured are in not_measured; where none could, the error says why. kUnsupported for a
/// feature that this program does not measure.
Result<CasesRead> measure_cases(feature::CaseRequest request, const std::string& cohort,
                                const std::vector<std::string>& features);

}  // namespace radtype::app
