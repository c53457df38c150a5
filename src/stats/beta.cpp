// The incomplete beta function, and the distributions that are made of it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "radtype/core/error.h"
#include "radtype/stats/distribution.h"
#include "stats/log_gamma.h"
#include "stats/numbers.h"
#include "stats/root.h"

namespace radtype::stats {
namespace {

/// ln of x^a y^b / B(a, b), y = 1 - x, by the deviance of x from its mean (loader2000): sums of large logarithms that
/// cancel are never formed.
double log_density(double x, double y, double a, double b) {
  const double off = x * b - y * a;  // (x - mean) (a + b)
  double deviance = 0;
  if (std::abs(off) < 0.25 * std::min(a, b)) {
    deviance = a * log1p_less(off / a) + b * log1p_less(-off / b);
  } else {
    const auto log_ratio = [&](double part, double share, double change) {  // part over what it is at the mean
      return std::abs(change) < 0.25 * share ? std::log1p(change / share) : std::log(part * (a + b) / share);
    };
    deviance = a * log_ratio(x, a, off) + b * log_ratio(y, b, -off);
  }
  return deviance + stirling_error(a + b) - stirling_error(a) - stirling_error(b) +
         0.5 * std::log(a * (b / (a + b)) / (2 * std::numbers::pi));
}

/// I_x(a, b) over x^a y^b / B(a, b), by the continued fraction of didonato1992 (their equation 9) in Lentz's way
/// (lentz1976); quick where x is left of the mean. No difference from 1 is formed, so that x may be next to it.
double continued_fraction(double x, double y, double a, double b) {
  const double lambda = y * a - x * b;
  double c = 1e300;
  double d = (a + 1) / (a * (lambda + 1));
  double result = d;
  for (double n = 1; n < 1e7; ++n) {
    const double s = a + 2 * n;
    const double w = n * (b - n) * x / (s - 1);
    const double numerator = (a + n - 1) / (s - 1) * (a + b + n - 1) * w * x;
    const double denominator = n + w + (a + n) / (s + 1) * (lambda + 1 + n * (1 + y));
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    const double change = c * d;
    result *= change;
    if (std::abs(change - 1) <= kEps) break;
  }
  return result;
}

/// ln I_x(a, b), y = 1 - x, where both are known to all digits.
double log_below(double x, double y, double a, double b) {
  RADTYPE_CHECK(x >= 0 && y >= 0 && a > 0 && b > 0);
  if (x == 0) return -kInfinity;
  if (y == 0) return 0;
  const double density = log_density(x, y, a, b);
  if (x <= (a + 1) / (a + b + 2)) return std::min(0.0, density + std::log(continued_fraction(x, y, a, b)));
  const double above = std::exp(density) * continued_fraction(y, x, b, a);
  return std::log1p(-std::min(1.0, above));
}

double below(double x, double y, double a, double b) {
  RADTYPE_CHECK(x >= 0 && y >= 0 && a > 0 && b > 0);
  if (x == 0) return 0;
  if (y == 0) return 1;
  const double density = std::exp(log_density(x, y, a, b));
  if (x <= (a + 1) / (a + b + 2)) return std::min(1.0, density * continued_fraction(x, y, a, b));
  return std::max(0.0, 1 - density * continued_fraction(y, x, b, a));
}

/// ln P(T >= t), t >= 0.
double log_t_tail(double t, double degrees) {
  // t^2 may pass the largest double: then 1 / (1 + r^2) is r^-2 to all digits.
  const double r = t / std::sqrt(degrees);
  if (r > 1e100) {
    const double a = degrees / 2;
    return -degrees * std::log(r) + log_density(0.5, 0.5, a, 0.5) + (a + 0.5) * std::numbers::ln2 - std::log(a) -
           std::numbers::ln2;
  }
  return log_below(1 / (1 + r * r), r * r / (1 + r * r), degrees / 2, 0.5) - std::numbers::ln2;
}

/// ln P(Z >= z), z >= 0.
double log_normal_tail(double z) {
  if (z < 25) return std::log(0.5 * std::erfc(z / std::numbers::sqrt2));
  const double s = 1 / (z * z);
  const double series = 1 - s * (1 - s * (3 - s * (15 - s * (105 - s * 945))));
  return -0.5 * z * z - std::log(z * std::sqrt(2 * std::numbers::pi)) + std::log(series);
}

}  // namespace

double beta_below(double x, double a, double b) { return below(x, 1 - x, a, b); }
double beta_above(double x, double a, double b) { return below(1 - x, x, b, a); }
double log_beta_below(double x, double a, double b) { return log_below(x, 1 - x, a, b); }

double beta_quantile(double p, double a, double b) {
  RADTYPE_CHECK(p >= 0 && p <= 1);
  if (p == 0 || p == 1) return p;
  if (beta_below(0.5, a, b) >= p) {
    const double target = std::log(p);
    const double low = std::min(-1.0, (target - 2) / a - 700);  // of ln x; below ln p / a, less what B(a, b) may add
    return std::exp(find_root([&](double u) { return log_beta_below(std::exp(u), a, b) - target; },
                              std::max(low, -745.0), std::log(0.5)));
  }
  return 1 - find_root([&](double y) { return below(y, 1 - y, b, a) - (1 - p); }, 0, 0.5);
}

double t_tail(double t, double degrees) {
  RADTYPE_CHECK(degrees > 0 && !std::isnan(t));
  if (t < 0) return 1 - t_tail(-t, degrees);
  if (std::isinf(degrees)) return 0.5 * normal_two_sided(t);
  if (std::isinf(t)) return 0;
  const double r = t / std::sqrt(degrees);
  if (r > 1e100) return std::exp(log_t_tail(t, degrees));
  return 0.5 * below(1 / (1 + r * r), r * r / (1 + r * r), degrees / 2, 0.5);
}

double t_two_sided(double t, double degrees) { return 2 * t_tail(std::abs(t), degrees); }

double t_quantile(double p, double degrees) {
  RADTYPE_CHECK(p > 0 && p < 1 && degrees > 0);
  if (std::isinf(degrees)) return normal_quantile(p);
  if (p == 0.5) return 0;
  if (p > 0.5) return -t_quantile(1 - p, degrees);
  const auto excess = [&](double t) { return t_tail(t, degrees) - p; };
  if (p > 0.1) {
    double high = 1;
    while (excess(high) > 0) high *= 2;
    return -find_root(excess, 0, high);
  }
  const double target = std::log(p);
  double high = 1;  // ln t
  while (high < 700 && log_t_tail(std::exp(high), degrees) > target) high *= 2;
  return -std::exp(
      find_root([&](double u) { return log_t_tail(std::exp(u), degrees) - target; }, -3, std::min(high, 709.0)));
}

double z_from_t(double t, double degrees) {
  RADTYPE_CHECK(degrees > 0 && std::isfinite(t));
  if (std::isinf(degrees) || t == 0) return t;
  if (t < 0) return -z_from_t(-t, degrees);
  const double target = log_t_tail(t, degrees);
  // The tail's logarithm is concave: from the right, Newton's steps go to the left of the root once, then up to it.
  double z = std::min(t, std::sqrt(-2 * target));
  for (int n = 0; n < 100; ++n) {
    const double tail = log_normal_tail(z);
    const double hazard = std::exp(-0.5 * z * z - tail) / std::sqrt(2 * std::numbers::pi);
    const double step = (tail - target) / hazard;
    z = std::max(0.0, z + step);
    if (std::abs(step) <= 2 * kEps * z) break;
  }
  return z;
}

double f_tail(double f, double numerator_degrees, double denominator_degrees) {
  RADTYPE_CHECK(f >= 0 && numerator_degrees > 0 && denominator_degrees > 0);
  if (std::isinf(f)) return 0;
  if (std::isinf(denominator_degrees)) return chi_square_tail(f * numerator_degrees, numerator_degrees);
  const double r = f * (numerator_degrees / denominator_degrees);
  return below(1 / (1 + r), r / (1 + r), denominator_degrees / 2, numerator_degrees / 2);
}

double binomial_below(std::int64_t k, std::int64_t trials, double probability) {
  RADTYPE_CHECK(trials >= 0 && probability >= 0 && probability <= 1);
  if (k < 0) return 0;
  if (k >= trials) return 1;
  return below(1 - probability, probability, static_cast<double>(trials - k), static_cast<double>(k + 1));
}

double binomial_above(std::int64_t k, std::int64_t trials, double probability) {
  RADTYPE_CHECK(trials >= 0 && probability >= 0 && probability <= 1);
  if (k <= 0) return 1;
  if (k > trials) return 0;
  return below(probability, 1 - probability, static_cast<double>(k), static_cast<double>(trials - k + 1));
}

}  // namespace radtype::stats
