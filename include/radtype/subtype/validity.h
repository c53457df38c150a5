// How good a partition is, and whether its groups are found again elsewhere.
#pragma once

#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

/// Silhouette of each item (rousseeuw1987): (b - a) / max(a, b), a the mean distance to the others of its cluster, b to
/// those of the nearest other cluster. 0 for an item alone in its cluster, and where a = b = 0. Labels are 1..k, k
/// >= 2; several partitions of one table at once, without its matrix of distances. Errors of distances().
Result<std::vector<std::vector<double>>> silhouettes(const Table& table, Distance distance,
                                                     const std::vector<std::vector<int>>& partitions);

/// In-group proportion (kapp2007). Every row goes to the centroid of highest correlation; a group's proportion is the
/// share of its members whose nearest row (highest correlation, itself left out) is in the group, too.
struct InGroup {
  std::vector<int> assigned;       ///< 1..k
  std::vector<double> proportion;  ///< NaN for an empty group
  std::vector<std::size_t> sizes;
};
/// `centroids`: k x features. kUndefined for a row or centroid that does not vary.
Result<InGroup> in_group_proportion(const Table& table, const Table& centroids);

struct InGroupTest {
  InGroup found;
  std::vector<double> p;               ///< among null groups of the very size (kapp2007); NaN where there are none
  std::vector<std::size_t> same_size;  ///< how many those are
  std::vector<double> p_conservative;  ///< among null groups of that size or larger, with the group itself
  std::vector<std::size_t> not_smaller;
};
/// Null groups come from centroids whose features are permuted along the principal components of the centroids. Larger
/// groups by chance have higher proportions, so comparing with them, too, is on the safe side, and has more of them.
Result<InGroupTest> in_group_test(const Table& table, const Table& centroids, int permutations, std::uint64_t seed);

}  // namespace radtype::subtype
