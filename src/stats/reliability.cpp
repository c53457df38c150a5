#include "radtype/stats/reliability.h"

#include <limits>
#include <numeric>

#include "radtype/core/error.h"
#include "stats/numbers.h"

namespace radtype::stats {
namespace {

using Ratings = std::vector<std::vector<double>>;

Interval over_targets(const Ratings& ratings, double (*coefficient)(const Ratings&), std::uint64_t seed,
                      int resamples) {
  return bootstrap(
      ratings.size(),
      [&](const std::vector<std::size_t>& drawn) {
        Ratings some;
        some.reserve(drawn.size());
        for (const std::size_t target : drawn) some.push_back(ratings[target]);
        return coefficient(some);
      },
      seed, resamples);
}

}  // namespace

double icc_1_1(const Ratings& ratings) {
  double targets = 0, count = 0, squares = 0, sum = 0;
  for (const auto& target : ratings) {
    if (target.size() < 2) continue;
    const auto k = static_cast<double>(target.size());
    ++targets;
    count += k;
    squares += k * k;
    sum += std::accumulate(target.begin(), target.end(), 0.0);
  }
  if (targets < 2) return kNone;
  const double grand = sum / count;
  double between = 0, within = 0;
  for (const auto& target : ratings) {
    if (target.size() < 2) continue;
    const auto k = static_cast<double>(target.size());
    const double mean = std::accumulate(target.begin(), target.end(), 0.0) / k;
    between += k * (mean - grand) * (mean - grand);
    for (const double rating : target) within += (rating - mean) * (rating - mean);
  }
  const double msb = between / (targets - 1);
  const double msw = within / (count - targets);
  const double k0 = (count - squares / count) / (targets - 1);
  return (msb - msw) / (msb + (k0 - 1) * msw);
}

Interval icc_1_1_interval(const Ratings& ratings, std::uint64_t seed, int resamples) {
  return over_targets(ratings, icc_1_1, seed, resamples);
}

double icc_3_1(const Ratings& ratings) {
  const std::size_t raters = ratings.empty() ? 0 : ratings.front().size();
  if (ratings.size() < 2 || raters < 2) return kNone;
  const auto n = static_cast<double>(ratings.size());
  const auto k = static_cast<double>(raters);
  std::vector<double> rater_mean(raters);
  for (const auto& target : ratings) {
    RADTYPE_CHECK(target.size() == raters);
    for (std::size_t r = 0; r < raters; ++r) rater_mean[r] += target[r] / n;
  }
  const double grand = std::accumulate(rater_mean.begin(), rater_mean.end(), 0.0) / k;
  double between = 0, residual = 0;
  for (const auto& target : ratings) {
    const double mean = std::accumulate(target.begin(), target.end(), 0.0) / k;
    between += k * (mean - grand) * (mean - grand);
    for (std::size_t r = 0; r < raters; ++r) {
      const double left = target[r] - mean - rater_mean[r] + grand;
      residual += left * left;
    }
  }
  const double msb = between / (n - 1);
  const double mse = residual / ((n - 1) * (k - 1));
  const double all = msb + (k - 1) * mse;
  return all > 0 ? (msb - mse) / all : kNone;
}

Interval icc_3_1_interval(const Ratings& ratings, std::uint64_t seed, int resamples) {
  return over_targets(ratings, icc_3_1, seed, resamples);
}

}  // namespace radtype::stats
