// ComBat (johnson2007): location and scale of each batch brought together, with parameters that stay. Parametric
// empirical Bayes, no covariates.
#pragma once

#include <cmath>
#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

/// Of one feature. shift (gamma*) and variance (delta*^2) are in units of pooled_sd and its square, one a batch.
struct BatchEffect {
  double grand_mean = 0;  ///< of the batches' means, weighted by their shares of the cases
  double pooled_sd = 1;   ///< within batches: root of the summed squares / n
  std::vector<double> shift;
  std::vector<double> variance;

  /// pooled_sd ((x - grand_mean) / pooled_sd - shift) / sqrt(variance) + grand_mean
  double removed(double value, std::size_t batch) const {
    return pooled_sd * (((value - grand_mean) / pooled_sd - shift[batch]) / std::sqrt(variance[batch])) + grand_mean;
  }
};

/// One a column. batch_of_row: 0..batches-1. Unlike elsewhere a value may be missing (NaN) and then takes no part. Sums
/// run over the rows in their order. kUsage: sizes that do not agree, infinite values, fewer than two batches or
/// columns (the prior is the spread over the columns). kUndefined, naming column and batch: fewer than two different
/// values.
Result<std::vector<BatchEffect>> fit_combat(const Table& table, const std::vector<std::size_t>& batch_of_row,
                                            std::size_t batches);

}  // namespace radtype::subtype
