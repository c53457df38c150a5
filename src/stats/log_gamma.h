// Parts of densities whose large logarithms would cancel (loader2000).
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

namespace radtype::stats {

/// ln(1 + u) - u, u > -1.
inline double log1p_less(double u) {
  if (std::abs(u) > 0.25) return std::log1p(u) - u;
  // ln(1 + u) = 2 (s + s^3 / 3 + ...) with s = u / (2 + u), and u = 2 s + s u.
  const double s = u / (2 + u);
  double sum = 0;
  double power = s * s * s;
  for (int n = 3; n < 60; n += 2) {
    const double term = power / n;
    sum += term;
    if (std::abs(term) <= std::numeric_limits<double>::epsilon() * std::abs(sum)) break;
    power *= s * s;
  }
  return 2 * sum - s * u;
}

/// ln Gamma(z) less Stirling's (z - 1/2) ln z - z + ln(2 pi) / 2.
inline double stirling_error(double z) {
  if (z < 15) return std::lgamma(z) - ((z - 0.5) * std::log(z) - z + 0.5 * std::log(2 * std::numbers::pi));
  const double s = 1 / (z * z);
  return (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 - s * 691.0 / 360360))))) / z;
}

}  // namespace radtype::stats
