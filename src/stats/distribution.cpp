#include "radtype/stats/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "radtype/core/error.h"
#include "stats/log_gamma.h"
#include "stats/numbers.h"

namespace radtype::stats {
namespace {

/// x^a e^-x / Gamma(a), by the deviance of x from a (loader2000).
double gamma_density(double x, double a) {
  const double off = (x - a) / a;
  const double deviance = std::abs(off) < 0.25 ? log1p_less(off) : std::log(x / a) - off;
  return std::exp(a * deviance - stirling_error(a)) * std::sqrt(a / (2 * std::numbers::pi));
}

/// P(X <= x) over gamma_density: 1 / a + x / (a (a + 1)) + ...
double gamma_series(double x, double a) {
  double term = 1 / a;
  double sum = term;
  for (double n = 1; n < 1e7 && term > kEps * sum / 4; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/// P(X >= x) over gamma_density, x > a + 1: Legendre's continued fraction, by Lentz (lentz1976).
double gamma_fraction(double x, double a) {
  double b = x + 1 - a;
  double c = 1e300;
  double d = 1 / b;
  double result = d;
  for (double n = 1; n < 1e7; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    result *= c * d;
    if (std::abs(c * d - 1) <= kEps) break;
  }
  return result;
}

}  // namespace

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_quantile(double p) {
  RADTYPE_CHECK(p > 0 && p < 1);
  if (p > 0.5) return -normal_quantile(1 - p);
  // Newton on the logarithm of the distribution function, which is concave: from left of the root, no step goes past it
  // and few are needed however small p is. P(Z <= -z) <= exp(-z^2 / 2) / 2 puts the start there.
  double x = -std::sqrt(-2 * std::log(2 * p));
  for (int n = 0; n < 100; ++n) {
    const double below = 0.5 * std::erfc(-x / std::numbers::sqrt2);
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
    if (!(below > 0 && density > 0)) break;
    const double step = (below - p) / density;
    // Near the root the plain difference keeps its digits; far from it the ratio is what counts.
    const double next = std::abs(below - p) < 0.01 * p ? x - step : x - std::log(below / p) * below / density;
    if (std::abs(next - x) <= 1e-16 * std::abs(x) || next == x) break;
    x = next;
  }
  return x;
}

double chi_square_tail(double x, double degrees) {
  RADTYPE_CHECK(x >= 0 && degrees > 0);
  if (x == 0) return 1;
  if (std::isinf(x)) return 0;
  const double a = degrees / 2;
  const double density = gamma_density(x / 2, a);
  return x / 2 < a + 1 ? std::max(0.0, 1 - density * gamma_series(x / 2, a))
                       : std::min(1.0, density * gamma_fraction(x / 2, a));
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
