// Consensus clustering (monti2003): how often two cases fall together when a clustering is repeated on parts of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "radtype/subtype/linkage.h"

namespace radtype::subtype {

/// Labels, 1..k, of some of the items, in their order, for each number of clusters in turn. `repetition` is what a
/// random start may depend on.
using Clustering = std::function<std::vector<std::vector<std::uint8_t>>(const std::vector<std::uint32_t>& items,
                                                                        std::size_t repetition)>;

/// Numbers of clusters, 2 <= smallest <= largest <= 254.
struct ClusterNumbers {
  int smallest = 2;
  int largest = 6;
};
Clustering cut_trees(Hierarchy hierarchy, ClusterNumbers numbers);

/// Subsets of `share` of the items, drawn without replacement; the r-th depends on seed and r alone.
std::vector<std::vector<std::uint32_t>> draw_subsets(std::size_t items, int repetitions, double share,
                                                     std::uint64_t seed);

/// Which items each repetition saw, and their labels; labels[r][c] goes with drawn[r] and the c-th number of clusters.
struct Repetitions {
  std::size_t items = 0;
  ClusterNumbers numbers;
  std::vector<std::vector<std::uint32_t>> drawn;
  std::vector<std::vector<std::vector<std::uint8_t>>> labels;
};
/// kUsage where a subset has fewer items than the largest number of clusters, or there are none, or more than 65,535.
/// The same for any number of threads.
Result<Repetitions> repeat(std::size_t items, std::vector<std::vector<std::uint32_t>> subsets,
                           const Clustering& clustering, ClusterNumbers numbers);

/// Of pairs (i, j), i < j, in the order (0,1), (0,2), (1,2), (0,3), ...: place j (j - 1) / 2 + i.
using OfPairs = std::vector<std::uint16_t>;

/// How often pairs were drawn together.
OfPairs count_drawn(const Repetitions& repetitions);

struct PairCounts {
  std::size_t items = 0;
  std::shared_ptr<const OfPairs> drawn;
  OfPairs together;  ///< how often they fell into one cluster then

  /// together / drawn; 0 where the pair was never drawn.
  double consensus(std::size_t i, std::size_t j) const;
};
/// For k clusters.
PairCounts count_pairs(const Repetitions& repetitions, std::shared_ptr<const OfPairs> drawn, int k);

struct ConsensusOfK {
  int k = 0;
  PairCounts counts;
  std::vector<int> labels;  ///< of the final clustering
  Tree tree;
  double area = 0;                        ///< under the distribution of consensus, from a histogram of 100 bins
  double ambiguous = 0;                   ///< share of pairs in (0.1, 0.9]: PAC (senbabaoglu2014)
  std::vector<double> cluster_consensus;  ///< mean over the pairs within each cluster; NaN for one item alone
  std::vector<double> item_consensus;     ///< of each item with the others of its cluster; NaN where there are none
};
/// Clusters the items by 1 - consensus.
ConsensusOfK consensus(PairCounts counts, int k, Linkage final);
/// For each number of clusters. Keeps all counts: 2 bytes x (numbers + 1) a pair.
std::vector<ConsensusOfK> consensus(const Repetitions& repetitions, Linkage final);

/// Relative growth of the area from each number of clusters to the next; the first is the first area itself.
std::vector<double> delta_area(const std::vector<double>& areas);

/// Share of pairs whose consensus lies in (0.1, 0.9].
double ambiguous_share(const PairCounts& counts);

/// Share of pairs whose consensus is at most x.
double consensus_distribution(const PairCounts& counts, double x);

}  // namespace radtype::subtype
