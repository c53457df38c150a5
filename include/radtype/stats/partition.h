// Agreement of two ways to divide the same cases into groups.
#pragma once

#include <span>

namespace radtype::stats {

/// Adjusted Rand index (hubert1985): 1 for the same groups whatever their names, 0 expected by chance. Sizes must
/// agree. Both with one group, or both with a group a case: 1.
double adjusted_rand_index(std::span<const int> a, std::span<const int> b);

/// In nats; over_mean() is what scikit-learn calls normalized mutual information (vinh2010). 1 where both have one
/// group.
struct MutualInformation {
  double information = 0;
  double entropy_a = 0;
  double entropy_b = 0;
  double over_mean() const;
  double over_geometric_mean() const;  ///< NaN where one of the two has one group
};
/// Sizes must agree.
MutualInformation mutual_information(std::span<const int> a, std::span<const int> b);

}  // namespace radtype::stats
