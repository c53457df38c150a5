// Cases and their features as a study gives them: what discovery starts from, and what is classified.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::subtype {

struct Case {
  std::string name;  ///< unique within a table
  std::string patient;
  std::string cohort;
  std::string organ;
  std::string modality;
  double volume_mm3 = std::numeric_limits<double>::quiet_NaN();  ///< NaN where unknown
};

struct FeatureColumn {
  std::string name;
  int version = 1;  ///< of its definition (catalog/features.json)
  std::string family;
};

struct CaseTable {
  std::vector<Case> cases;
  std::vector<FeatureColumn> features;
  std::vector<double> values;  ///< cases x features, row by row; NaN where missing

  double value(std::size_t row, std::size_t feature) const { return values[row * features.size() + feature]; }
  /// These rows only, in their order.
  CaseTable of(const std::vector<std::size_t>& rows) const;
};

/// kUsage: values that are not cases x features, an infinite value, a name that is not UTF-8. kInconsistent: two cases
/// or two features of one name.
Result<void> check_case_table(const CaseTable& table);

}  // namespace radtype::subtype
