// One feature brought to a common scale by what was seen of it in training.
#pragma once

#include <optional>
#include <vector>

namespace radtype::subtype {

enum class Scaling {
  kRobust,      ///< (x - median) / (1.4826 MAD): for a normal distribution, standard deviations (rousseeuw1993)
  kStandard,    ///< (x - mean) / standard deviation, of n - 1
  kRankNormal,  ///< normal quantile of (rank - 3/8) / (n + 1/4) among the training values (blom1958)
};

/// Frozen. Where values is empty: centre and spread. Else the distinct training values and their scores, ascending.
struct Scale {
  double centre = 0;
  double spread = 1;
  std::vector<double> values;
  std::vector<double> scores;

  /// (value - centre) / spread, or the score of the training value, linear between two, of the first and last beyond.
  double of(double value) const;
};

/// The same bytes for any order of the values, none of them NaN. None where training says nothing of the feature: no
/// values, or a spread (MAD, standard deviation, range) of at most 1e-12 of the largest absolute value, which is what
/// rounding leaves of a constant.
std::optional<Scale> fit_scale(std::vector<double> values, Scaling scaling);

}  // namespace radtype::subtype
