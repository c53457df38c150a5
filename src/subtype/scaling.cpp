#include "radtype/subtype/scaling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "radtype/stats/distribution.h"

namespace radtype::subtype {
namespace {

double median_of_sorted(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
}

Scale robust(const std::vector<double>& sorted) {
  const double median = median_of_sorted(sorted);
  std::vector<double> deviations;
  for (const double value : sorted) deviations.push_back(std::abs(value - median));
  std::sort(deviations.begin(), deviations.end());
  return {median, 1.4826 * median_of_sorted(deviations), {}, {}};
}

Scale standard(const std::vector<double>& sorted) {
  const auto count = static_cast<double>(sorted.size());
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / count;
  double squares = 0;
  for (const double value : sorted) squares += (value - mean) * (value - mean);
  return {mean, sorted.size() > 1 ? std::sqrt(squares / (count - 1)) : 0, {}, {}};
}

/// Equal values share their mean rank.
Scale rank_normal(const std::vector<double>& sorted) {
  Scale scale;
  for (std::size_t first = 0; first < sorted.size();) {
    std::size_t last = first + 1;
    while (last < sorted.size() && sorted[last] == sorted[first]) ++last;
    const double rank = 0.5 * static_cast<double>(first + 1 + last);
    scale.values.push_back(sorted[first]);
    scale.scores.push_back(stats::normal_quantile((rank - 0.375) / (static_cast<double>(sorted.size()) + 0.25)));
    first = last;
  }
  return scale;
}

}  // namespace

double Scale::of(double value) const {
  if (values.empty()) return (value - centre) / spread;
  const auto above = std::lower_bound(values.begin(), values.end(), value);
  if (above == values.end()) return scores.back();
  const auto n = static_cast<std::size_t>(above - values.begin());
  if (n == 0 || values[n] == value) return scores[n];
  const double share = (value - values[n - 1]) / (values[n] - values[n - 1]);
  return scores[n - 1] + share * (scores[n] - scores[n - 1]);
}

std::optional<Scale> fit_scale(std::vector<double> values, Scaling scaling) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  Scale scale;
  double spread = 0;
  if (scaling == Scaling::kRankNormal) {
    scale = rank_normal(values);
    spread = values.back() - values.front();
  } else {
    scale = scaling == Scaling::kRobust ? robust(values) : standard(values);
    spread = scale.spread;
  }
  const double largest = std::max(std::abs(values.front()), std::abs(values.back()));
  if (!std::isfinite(spread) || spread <= 1e-12 * largest) return std::nullopt;
  return scale;
}

}  // namespace radtype::subtype
