// Partitions around centres.
#pragma once

#include <vector>

#include "radtype/subtype/consensus.h"
#include "radtype/subtype/distance.h"

namespace radtype::subtype {

struct KMeans {
  std::vector<int> labels;     ///< 1..k
  Table centres;               ///< k x features
  std::vector<double> within;  ///< sum of squares of each cluster
  int iterations = 0;
  bool converged = false;
};
/// Lloyd's iterations (lloyd1982) from given centres; equal distances go to the first. An empty cluster takes the item
/// farthest from its centre. Stops when no label changes.
KMeans k_means(const Table& table, const Table& centres, int most_iterations = 100);

/// For each number of clusters the best of `starts` runs: Lloyd's iterations from items drawn far apart (k-means++,
/// arthur2007), then exchange of single items (hartigan1979).
Clustering k_means_runs(const Table& table, ClusterNumbers numbers, int starts, std::uint64_t seed);

struct Medoids {
  std::vector<int> labels;           ///< 1..k, in the order in which the items first meet them
  std::vector<std::size_t> medoids;  ///< by label
  double mean_distance = 0;          ///< of the items to their medoids
};
/// Partitioning around medoids (kaufman1990): built greedily, then the best swap of a medoid and another item, until
/// none helps, each looked for in O(n^2) (schubert2019). Of equal swaps the first.
Medoids around_medoids(const DistanceMatrix& distances, int k);
Clustering medoid_runs(DistanceMatrix distances, ClusterNumbers numbers);

}  // namespace radtype::subtype
