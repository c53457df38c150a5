// How good a partition is, and whether its groups are found again elsewhere.
#pragma once

#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

/// Silhouette of each item (rousseeuw1987): (b - a) / max(a, b), a the mean distance to the others of its cluster, b to
/// those of the nearest other cluster. 0 for an item alone in its cluster, and where a = b = 0. Labels are 1..k, k
/// >= 2.
std::vector<double> silhouette(const DistanceMatrix& distances, const std::vector<int>& labels);

struct KMeans {
  std::vector<int> labels;     ///< 1..k
  Table centres;               ///< k x features
  std::vector<double> within;  ///< sum of squares of each cluster
  int iterations = 0;
  bool converged = false;
};
/// Lloyd's iterations from given centres; equal distances go to the first. An empty cluster takes the item farthest
/// from its centre. Stops when no label changes.
KMeans k_means(const Table& table, const Table& centres, int most_iterations = 100);

/// In-group proportion (kapp2007). Every row goes to the centroid of highest correlation; a group's proportion is the
/// share of its members whose nearest row (highest correlation, itself left out) is in the group, too.
struct InGroup {
  std::vector<int> assigned;       ///< 1..k
  std::vector<double> proportion;  ///< NaN for an empty group
  std::vector<std::size_t> sizes;
};
/// `centroids`: k x features. kUndefined for a row or centroid that does not vary.
Result<InGroup> in_group_proportion(const Table& table, const Table& centroids);

}  // namespace radtype::subtype
