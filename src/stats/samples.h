// Values by group, checked.
#pragma once

#include <span>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::stats {

/// kUsage: sizes that differ, a value that is not finite, a label below 1 or above `most`; kUndefined: fewer than two
/// groups with cases.
Result<std::vector<std::vector<double>>> by_group(std::span<const double> values, std::span<const int> groups,
                                                  int most = 10'000);

}  // namespace radtype::stats
