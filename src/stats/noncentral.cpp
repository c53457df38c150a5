#include "stats/noncentral.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "radtype/stats/distribution.h"
#include "stats/root.h"

namespace radtype::stats {
namespace {

/// Sum over Poisson's weights of mean `half` of the tails of central distributions, from the middle outwards.
double mixture(double half, const std::function<double(double)>& tail_of) {
  const auto weight = [&](double j) { return std::exp(j * std::log(half) - half - std::lgamma(j + 1)); };
  if (half == 0) return tail_of(0);
  const double middle = std::floor(half);
  double sum = 0;
  for (double j = middle; j >= 0; --j) {
    const double share = weight(j);
    sum += share * tail_of(j);
    if (share < 1e-18) break;
  }
  for (double j = middle + 1;; ++j) {
    const double share = weight(j);
    sum += share * tail_of(j);
    if (share < 1e-18) break;
  }
  return sum;
}

/// The noncentrality for which the upper tail is `target`; 0 where it is more without any.
double solve(const std::function<double(double)>& upper_tail, double target, double start) {
  if (upper_tail(0) >= target) return 0;
  double high = std::max(1.0, start);
  while (upper_tail(high) < target) high *= 2;
  return find_root([&](double lambda) { return upper_tail(lambda) - target; }, 0, high);
}

Noncentrality limits(const std::function<double(double)>& upper_tail, double confidence, double start) {
  const double outside = (1 - confidence) / 2;
  return {solve(upper_tail, outside, start), solve(upper_tail, 1 - outside, start)};
}

}  // namespace

Noncentrality noncentrality_of_f(double f, double numerator, double denominator, double confidence) {
  const auto upper_tail = [=](double lambda) {
    return mixture(lambda / 2, [=](double j) {
      const double degrees = numerator + 2 * j;
      return f_tail(f * numerator / degrees, degrees, denominator);
    });
  };
  return limits(upper_tail, confidence, f * numerator);
}

Noncentrality noncentrality_of_chi_square(double x, double degrees, double confidence) {
  const auto upper_tail = [=](double lambda) {
    return mixture(lambda / 2, [=](double j) { return chi_square_tail(x, degrees + 2 * j); });
  };
  return limits(upper_tail, confidence, x);
}

}  // namespace radtype::stats
