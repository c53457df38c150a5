// Cases with their features, from a study or a table.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

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
  std::vector<std::string> notes;  ///< what was left out, and why
  nlohmann::json inputs;
};

/// The features for clustering of the catalogue, or those that a file lists, one a line.
Result<std::vector<std::string>> feature_set(const std::string& word_or_file);

/// A study folder, or a CSV table as `radtype cohort export` writes it: a line a lesion, a column a feature. Cases
/// without features (failed, pending) are left out. A case of several lesions is several cases, NAME/1, NAME/2, ...
/// Features that are not in the catalogue are taken as they are from a table, version 1.
Result<CasesRead> read_cases(const std::filesystem::path& input, const CasesWanted& wanted);

}  // namespace radtype::app
