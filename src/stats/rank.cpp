#include "radtype/stats/rank.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "radtype/core/error.h"
#include "radtype/core/seed.h"
#include "stats/numbers.h"

namespace radtype::stats {
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    const double mean = 0.5 * static_cast<double>(first + 1 + last);
    for (std::size_t n = first; n < last; ++n) result[order[n]] = mean;
    first = last;
  }
  return result;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  RADTYPE_CHECK(x.size() == y.size());
  const auto count = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : kNone;
}

double spearman(const std::vector<double>& x, const std::vector<double>& y) { return correlation(ranks(x), ranks(y)); }

double partial_spearman(const std::vector<double>& x, const std::vector<double>& y, const std::vector<double>& z) {
  const auto rx = ranks(x);
  const auto ry = ranks(y);
  const auto rz = ranks(z);
  const double xy = correlation(rx, ry);
  const double xz = correlation(rx, rz);
  const double yz = correlation(ry, rz);
  const double left = (1 - xz * xz) * (1 - yz * yz);
  return left > 1e-12 ? (xy - xz * yz) / std::sqrt(left) : kNone;
}

double area_under_curve(const std::vector<double>& score, const std::vector<bool>& positive) {
  RADTYPE_CHECK(score.size() == positive.size());
  const auto rank = ranks(score);
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    if (!positive[i]) continue;
    sum += rank[i];
    ++count;
  }
  const double others = static_cast<double>(rank.size()) - count;
  return count > 0 && others > 0 ? (sum - count * (count + 1) / 2) / (count * others) : kNone;
}

Interval bootstrap(std::size_t count, const std::function<double(const std::vector<std::size_t>&)>& statistic,
                   std::uint64_t seed, int resamples) {
  std::vector<std::size_t> drawn(count);
  std::iota(drawn.begin(), drawn.end(), std::size_t{0});
  Interval interval;
  interval.estimate = statistic(drawn);
  std::vector<double> values;
  for (int n = 0; n < resamples; ++n) {
    Random random(derive_seed(seed, {static_cast<std::uint64_t>(n)}));
    for (std::size_t& unit : drawn) unit = random.below(count);
    const double value = statistic(drawn);
    if (std::isfinite(value)) values.push_back(value);
  }
  if (values.empty()) return {interval.estimate, kNone, kNone};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  interval.low = at(0.025);
  interval.high = at(0.975);
  return interval;
}

}  // namespace radtype::stats
