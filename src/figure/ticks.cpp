#include <algorithm>
#include <cmath>

#include "radtype/figure/canvas.h"

namespace radtype::figure {

std::vector<double> nice_ticks(double low, double high, int count) {
  RADTYPE_CHECK(low <= high && std::abs(low) <= 1e300 && std::abs(high) <= 1e300 && count >= 1);
  const double magnitude = std::max(std::abs(low), std::abs(high));
  // Below this share of the magnitude, neighbouring ticks would print, and in the end be, the same number.
  const double narrowest = magnitude > 0 ? std::max(magnitude * 1e-9, 1e-290) : 1.0;
  const double raw = std::max(high - low, narrowest) / count;

  const int exponent = static_cast<int>(std::floor(std::log10(raw)));
  const double power = std::pow(10.0, std::abs(exponent));
  // Dividing by a whole power of ten gives 0.3 itself, where adding up steps of 0.1 would not.
  const auto scaled = [&](double n) { return exponent >= 0 ? n * power : n / power; };
  double digit = 1;
  for (const double candidate : {1.0, 2.0, 5.0, 10.0}) {
    digit = candidate;
    if (scaled(candidate) >= raw * (1 - 1e-9)) break;
  }
  const double step = scaled(digit);
  double first = std::floor(low / step);
  double last = std::ceil(high / step);
  // The quotient is rounded: mend it where the tick itself fails to cover.
  if (scaled(first * digit) > low) first -= 1;
  if (scaled(last * digit) < high) last += 1;
  if (last <= first) last = first + 1;

  std::vector<double> ticks;
  for (double i = first; i <= last; ++i) ticks.push_back(scaled(i * digit) + 0.0);  // + 0.0 turns -0 into 0
  return ticks;
}

}  // namespace radtype::figure
