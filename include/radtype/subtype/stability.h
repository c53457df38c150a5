// Are there clusters at all, and how many?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "radtype/subtype/consensus.h"
#include "radtype/subtype/reference_tables.h"

namespace radtype::subtype {

/// What clusters a table; the same method for the data and for every reference.
using ClusteringOf = std::function<Result<Clustering>(const Table& table, std::uint64_t seed)>;

struct StabilityOptions {
  ClusterNumbers numbers;
  int repetitions = 100;  ///< of each table, the data too: ambiguity depends on their number
  double share = 0.8;
  int references = 100;
  double level = 0.01;
  std::uint64_t seed = 1;
};

struct StabilityOfK {
  int k = 0;
  double ambiguous = 0;  ///< PAC of the data
  double expected = 0;   ///< its mean over the references
  double spread = 0;     ///< their standard deviation
  double p = 1;          ///< share of references, the data among them, that are no more ambiguous than the data
  double index = 0;      ///< relative cluster stability index log10(expected / ambiguous) (john2020)
};

struct Stability {
  std::vector<StabilityOfK> of_k;
  double p = 1;         ///< for any number of clusters: of the largest standardised gain in certainty over all k
  int recommended = 1;  ///< 1 where p is above the level; else the k of highest index among those with p at the level
  std::string reason;
};

/// Consensus clustering of the data and of references with its covariance and no clusters (john2020). The test over all
/// k at once keeps its level where the references are what the data would be without clusters; `p` of one k does not,
/// once the best of several is picked.
Result<Stability> test_stability(const Table& table, const ClusteringOf& clustering, const StabilityOptions& options);

/// Gap statistic (tibshirani2001) with references that are uniform along principal components.
struct Gap {
  std::vector<int> k;  ///< 1, 2, ...
  std::vector<double> log_within;
  std::vector<double> expected;
  std::vector<double> gap;
  std::vector<double> error;  ///< sd sqrt(1 + 1/B)
  int recommended = 1;        ///< the smallest k whose gap is within one error of that of k + 1
};
/// log of half the sum over clusters of the sum of pairwise distances over the size.
double log_within(const DistanceMatrix& distances, const std::vector<int>& labels);
/// Trees of Euclidean distances, cut at 1..largest.
Result<Gap> gap_statistic(const Table& table, Linkage method, int largest, int references, std::uint64_t seed);

}  // namespace radtype::subtype
