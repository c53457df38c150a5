// Consensus clustering (monti2003): how often two cases fall together when a clustering is repeated on parts of them.
#pragma once

#include <cstdint>
#include <vector>

#include "radtype/subtype/linkage.h"

namespace radtype::subtype {

/// How often pairs of items were drawn together, and fell into one cluster then. Pairs (i, j), i < j, in the order
/// (0,1), (0,2), (1,2), (0,3), ...: place j (j - 1) / 2 + i.
struct PairCounts {
  std::size_t items = 0;
  std::vector<std::uint16_t> drawn;
  std::vector<std::uint16_t> together;

  /// together / drawn; 0 where the pair was never drawn.
  double consensus(std::size_t i, std::size_t j) const;
};

/// Which items each repetition saw, and their labels (1..255) for each number of clusters; labels[r][c] goes with
/// items[r] and with the c-th number of clusters.
struct Repetitions {
  std::size_t items = 0;
  std::vector<std::vector<std::uint32_t>> drawn;
  std::vector<std::vector<std::vector<std::uint8_t>>> labels;
};
/// Counts for the c-th number of clusters. At most 65,535 repetitions.
PairCounts count_pairs(const Repetitions& repetitions, std::size_t c);

/// Subsets of `share` of the items, drawn without replacement; the r-th depends on seed and r alone.
std::vector<std::vector<std::uint32_t>> draw_subsets(std::size_t items, int repetitions, double share,
                                                     std::uint64_t seed);

struct ConsensusOptions {
  int smallest = 2;  ///< numbers of clusters
  int largest = 6;
  Linkage inner = Linkage::kAverage;  ///< of each subset
  Linkage final = Linkage::kAverage;  ///< of 1 - consensus
};

struct ConsensusOfK {
  int k = 0;
  PairCounts counts;
  std::vector<int> labels;  ///< of the final clustering
  Tree tree;
  double area = 0;                        ///< under the distribution of consensus, from a histogram of 100 bins
  double delta_area = 0;                  ///< its relative growth over k - 1; the area itself for the smallest k
  double ambiguous = 0;                   ///< share of pairs in (0.1, 0.9]: PAC (senbabaoglu2014)
  std::vector<double> cluster_consensus;  ///< mean over the pairs within each cluster; NaN for one item alone
  std::vector<double> item_consensus;     ///< of each item with the others of its cluster; NaN where there are none
};

/// Hierarchical clustering of every subset, cut at every k. kUsage where a subset has fewer items than the largest k.
/// The same bytes for any number of threads.
Result<std::vector<ConsensusOfK>> consensus(const DistanceMatrix& distances,
                                            const std::vector<std::vector<std::uint32_t>>& subsets,
                                            const ConsensusOptions& options);

/// Share of pairs whose consensus is at most x.
double consensus_distribution(const PairCounts& counts, double x);

}  // namespace radtype::subtype
