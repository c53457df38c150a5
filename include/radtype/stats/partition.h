// Agreement of two ways to divide the same cases into groups.
#pragma once

#include <span>

namespace radtype::stats {

/// Adjusted Rand index (hubert1985): 1 for the same groups whatever their names, 0 expected by chance. Sizes must
/// agree. Both with one group, or both with a group a case: 1.
double adjusted_rand_index(std::span<const int> a, std::span<const int> b);

}  // namespace radtype::stats
