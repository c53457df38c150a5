// A study as a table: a row for each lesion, a column for each feature. What is exported, and what is clustered.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "radtype/cohort/manifest.h"
#include "radtype/core/error.h"

namespace radtype::cohort {

struct TableRow {
  CaseKey key;
  std::int64_t position = 0;  ///< order of the cases in time, of one patient
  int lesion = 0;             ///< from 1 within the case; 0: the case has none (failed, or not measured yet)
  int label = 0;
  std::string roi;
  std::string status;   ///< ok, partial, failed, pending
  std::string reason;   ///< of the lesion, or of the case where it has none
  std::string missing;  ///< JSON: why features are missing, by feature or family; "" where none is
  std::string image_sha256;
  std::string mask_sha256;
  std::optional<std::array<double, 3>> centroid_lps_mm;
  std::string derived;  ///< of a patient's row (lesions.h): what it stands for; "" for a lesion's own
};

struct FeatureTable {
  std::vector<std::string> features;          ///< names, in the order of the catalogue
  std::vector<std::string> clinical_columns;  ///< names of CaseKey::clinical
  std::vector<TableRow> rows;                 ///< by case name, then lesion
  std::vector<double> values;                 ///< rows x features; NaN where missing, with the reason in the row

  double value(std::size_t row, std::size_t feature) const { return values[row * features.size() + feature]; }
};

/// Only rows of these statuses; none given: all.
FeatureTable with_status(FeatureTable table, const std::vector<std::string>& statuses);

/// Empty lists: no restriction.
struct TableFilter {
  std::vector<std::string> cohorts;
  std::vector<std::string> statuses;
};

}  // namespace radtype::cohort
