// The first two principal components of prepared features, and where any case lies on them.
#pragma once

#include <array>
#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::report {

/// Each axis points where its largest loading is positive.
struct Embedding {
  std::vector<double> centre;                   ///< means of the features
  std::array<std::vector<double>, 2> loadings;  ///< of each axis, one a feature, of unit length
  std::array<double, 2> explained{0, 0};        ///< share of the variance, 0 to 1

  /// x and y of one prepared row, of centre.size() values.
  std::array<double, 2> place(const double* row) const;
};

/// One feature alone has no second axis: its loadings and share are 0. kEmpty without rows or columns.
Result<Embedding> principal_components(const subtype::Table& prepared);

}  // namespace radtype::report
