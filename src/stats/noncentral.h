// Limits of an effect whose test statistic follows a noncentral distribution.
#pragma once

namespace radtype::stats {

/// Noncentralities that put a statistic at the edges of the central `confidence` of its distribution (smithson2003).
struct Noncentrality {
  double low = 0;  ///< 0 where even that leaves less above the statistic
  double high = 0;
};
/// F = statistic of these degrees; infinite `denominator`: chi-square over its degrees.
Noncentrality noncentrality_of_f(double f, double numerator, double denominator, double confidence);
Noncentrality noncentrality_of_chi_square(double x, double degrees, double confidence);

}  // namespace radtype::stats
