#include "radtype/stats/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <unsupported/Eigen/SpecialFunctions>

#include "radtype/core/error.h"

namespace radtype::stats {

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_quantile(double p) {
  RADTYPE_CHECK(p > 0 && p < 1);
  if (p > 0.5) return -normal_quantile(1 - p);
  // Newton from the middle: left of it the distribution function is convex, so that no step goes past the root.
  double x = 0;
  for (int n = 0; n < 100; ++n) {
    const double excess = 0.5 * std::erfc(-x / std::numbers::sqrt2) - p;
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
    const double next = x - excess / density;
    if (!(next < x)) break;
    x = next;
  }
  return x;
}

double chi_square_tail(double x, double degrees) {
  RADTYPE_CHECK(x >= 0 && degrees > 0);
  return Eigen::numext::igammac(degrees / 2, x / 2);
}

std::vector<double> adjust(const std::vector<double>& p, Adjustment adjustment) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> result = p;
  const auto tests = static_cast<double>(order.size());
  double harmonic = 0;
  for (std::size_t n = 1; n <= order.size(); ++n) harmonic += 1 / static_cast<double>(n);
  const auto at = [&](std::size_t place) {  // before it is made to ascend
    const auto rank = static_cast<double>(place + 1);
    switch (adjustment) {
      case Adjustment::kBonferroni:
        return tests * p[order[place]];
      case Adjustment::kHolm:
      case Adjustment::kHochberg:
        return (tests - rank + 1) * p[order[place]];
      case Adjustment::kBenjaminiHochberg:
        return tests / rank * p[order[place]];
      case Adjustment::kBenjaminiYekutieli:
        return harmonic * tests / rank * p[order[place]];
    }
    internal_error("an adjustment", __FILE__, __LINE__);
  };
  if (adjustment == Adjustment::kBonferroni || adjustment == Adjustment::kHolm) {
    double most = 0;
    for (std::size_t place = 0; place < order.size(); ++place) {
      most = adjustment == Adjustment::kHolm ? std::max(most, at(place)) : at(place);
      result[order[place]] = std::min(1.0, most);
    }
    return result;
  }
  double least = 1;
  for (std::size_t place = order.size(); place-- > 0;) {
    least = std::min(least, at(place));
    result[order[place]] = least;
  }
  return result;
}

}  // namespace radtype::stats
