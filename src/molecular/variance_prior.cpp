#include <algorithm>
#include <cmath>
#include <limits>

#include "radtype/molecular/moderated.h"

namespace radtype::molecular {
namespace {

/// Derivatives of ln Gamma at x > 0: where x is large by their asymptotic series, else by the recurrence from there.
constexpr double kLarge = 15;

double digamma(double x) {
  double sum = 0;
  for (; x < kLarge; ++x) sum -= 1 / x;
  const double s = 1 / (x * x);
  return sum + std::log(x) - 0.5 / x -
         s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132 - s * 691.0 / 32760)))));
}

double trigamma(double x) {
  double sum = 0;
  for (; x < kLarge; ++x) sum += 1 / (x * x);
  const double s = 1 / (x * x);
  return sum + (1 + 0.5 / x +
                s * (1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66 - s * 691.0 / 2730)))))) /
                   x;
}

double tetragamma(double x) {
  double sum = 0;
  for (; x < kLarge; ++x) sum -= 2 / (x * x * x);
  const double s = 1 / (x * x);
  return sum - s * (1 + 1 / x + s * (0.5 - s * (1.0 / 6 - s * (1.0 / 6 - s * (0.3 - s * 5.0 / 6)))));
}

/// The x at which trigamma is y > 0: Newton on its reciprocal, which is nearly straight (smyth2004, appendix).
double trigamma_inverse(double y) {
  if (y > 1e7) return 1 / std::sqrt(y);
  if (y < 1e-6) return 1 / y;
  double x = 0.5 + 1 / y;
  for (int n = 0; n < 50; ++n) {
    const double at = trigamma(x);
    const double step = at * (1 - at / y) / tetragamma(x);
    x += step;
    if (std::abs(step) < 1e-15 * x) break;
  }
  return x;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

Result<VariancePrior> variance_prior(const std::vector<double>& variances, const std::vector<double>& degrees) {
  constexpr double kNextToNone = 1e-5;  // of the median
  RADTYPE_CHECK(variances.size() == degrees.size());
  if (variances.size() < 2)
    return fail(ErrorCode::kUndefined, "fewer than two genes have a variance: they cannot lend each other strength");
  const double least = kNextToNone * median(variances);
  if (!(least > 0)) return fail(ErrorCode::kUndefined, "half of the genes or more do not vary: leave such genes out");
  // Of the logarithm of s^2 ~ s0^2 F(d, d0): mean and variance less what d brings.
  VariancePrior prior;
  const auto n = static_cast<double>(variances.size());
  std::vector<double> logs;
  double mean = 0;
  double mean_trigamma = 0;
  double plain = 0;
  for (std::size_t g = 0; g < variances.size(); ++g) {
    if (variances[g] < least) ++prior.lifted;
    const double half = degrees[g] / 2;
    const double variance = std::max(variances[g], least);
    plain += variance;
    logs.push_back(std::log(variance) - digamma(half) + std::log(half));
    mean += logs.back() / n;
    mean_trigamma += trigamma(half) / n;
  }
  double spread = 0;
  for (const double one : logs) spread += (one - mean) * (one - mean);
  const double excess = spread / (n - 1) - mean_trigamma;
  if (excess > 0) {
    const double half = trigamma_inverse(excess);
    prior.degrees = 2 * half;
    prior.variance = std::exp(mean + digamma(half) - std::log(half));
  } else {
    prior.degrees = std::numeric_limits<double>::infinity();
    prior.variance = plain / n;
  }
  return prior;
}

}  // namespace radtype::molecular
