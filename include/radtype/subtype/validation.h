// Are the subtypes of a model found again in other cases?
#pragma once

#include <string>
#include <vector>

#include "radtype/subtype/discovery.h"
#include "radtype/subtype/validity.h"

namespace radtype::subtype {

struct ValidationOptions {
  Method method = Method::kKMeans;  ///< of the clustering of the new cases, as at discovery
  Distance distance = Distance::kEuclidean;
  int repetitions = 100;
  int permutations = 1000;
  std::uint64_t seed = 1;
};

struct ValidatedSubtype {
  std::size_t cases = 0;           ///< assigned by the model
  std::size_t by_correlation = 0;  ///< nearest to its centroid by correlation, which the in-group proportion goes by
  double in_group = 0;             ///< in-group proportion (kapp2007); NaN for a group without cases
  double p = 0;                    ///< among null groups of the same size; NaN where none has it
  std::size_t same_size = 0;
  double p_conservative = 0;        ///< InGroupTest::p_conservative
  double centroid_correlation = 0;  ///< of the new cases' mean with the model's centroid; NaN without cases
};

struct Validation {
  std::size_t cases = 0;
  std::size_t refused = 0;
  std::size_t flagged = 0;
  std::vector<ValidatedSubtype> subtypes;
  std::vector<std::string> notes;  ///< what could not be said, and why
  /// New clusters of these cases alone against their assignment: matched one to one by the most cases in common.
  double adjusted_rand = 0;
  double mutual_information = 0;     ///< over the mean of the entropies
  double kappa = 0;                  ///< cohen1960
  double eta_squared_of_volume = 0;  ///< share of the variance of log volume between subtypes; NaN without volumes
};

/// The table may be a part of the training cases, or new ones. Errors of classify(); kEmpty where no case is accepted.
Result<Validation> validate(const Model& model, const CaseTable& table, const ValidationOptions& options);

/// Names of b changed so that as many items as possible agree with a: the new name of each old one, at [old - 1].
/// Labels 1..k, k <= 9.
std::vector<int> match_labels(const std::vector<int>& a, const std::vector<int>& b, int k);
/// Agreement beyond chance of two lists of labels (cohen1960); 1 where both have one label throughout.
double cohen_kappa(const std::vector<int>& a, const std::vector<int>& b);
/// Between-group over total sum of squares; NaN where values do not vary.
double eta_squared(const std::vector<double>& values, const std::vector<int>& groups);

}  // namespace radtype::subtype
