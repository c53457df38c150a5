// Where a monotone function crosses zero.
#pragma once

#include <cmath>

#include "radtype/core/error.h"

namespace radtype::stats {

/// The x between `low` and `high` at which f is 0, as close as doubles are: bisection, and the secant's steps where
/// they halve faster. f has different signs at the ends, or is 0 at one of them.
template <class Function>
double find_root(const Function& f, double low, double high) {
  double at_low = f(low);
  double at_high = f(high);
  if (at_low == 0) return low;
  if (at_high == 0) return high;
  RADTYPE_CHECK((at_low < 0) != (at_high < 0));
  for (int n = 0; n < 2000; ++n) {
    const double middle = low + (high - low) / 2;
    if (!(middle > std::min(low, high) && middle < std::max(low, high))) return middle;
    // Every other step is a bisection; between them the regula falsi, kept a little off the ends.
    double next = middle;
    if (n % 2 == 0) {
      const double share = at_low / (at_low - at_high);
      const double guess = low + share * (high - low);
      if (guess > std::min(low, high) && guess < std::max(low, high)) next = guess;
    }
    const double value = f(next);
    if (value == 0) return next;
    if ((value < 0) == (at_low < 0)) {
      low = next;
      at_low = value;
    } else {
      high = next;
      at_high = value;
    }
  }
  return low + (high - low) / 2;
}

}  // namespace radtype::stats
