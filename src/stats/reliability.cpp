#include "radtype/stats/reliability.h"

#include <limits>
#include <numeric>

namespace radtype::stats {

double icc_1_1(const std::vector<std::vector<double>>& ratings) {
  double targets = 0, count = 0, squares = 0, sum = 0;
  for (const auto& target : ratings) {
    if (target.size() < 2) continue;
    const auto k = static_cast<double>(target.size());
    ++targets;
    count += k;
    squares += k * k;
    sum += std::accumulate(target.begin(), target.end(), 0.0);
  }
  if (targets < 2) return std::numeric_limits<double>::quiet_NaN();
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

Interval icc_1_1_interval(const std::vector<std::vector<double>>& ratings, std::uint64_t seed, int resamples) {
  return bootstrap(
      ratings.size(),
      [&](const std::vector<std::size_t>& drawn) {
        std::vector<std::vector<double>> some;
        some.reserve(drawn.size());
        for (const std::size_t target : drawn) some.push_back(ratings[target]);
        return icc_1_1(some);
      },
      seed, resamples);
}

}  // namespace radtype::stats
