// Ranks and what is built on them; intervals by resampling.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace radtype::stats {

/// 1..n, ties share their mean rank. No value may be NaN.
std::vector<double> ranks(const std::vector<double>& values);

/// Pearson correlation; NaN where one side does not vary. Sizes must agree.
double correlation(const std::vector<double>& x, const std::vector<double>& y);
/// Spearman: correlation of ranks, ties by mean rank.
double spearman(const std::vector<double>& x, const std::vector<double>& y);
/// Spearman of x and y with z held constant: (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2)(1 - r_yz^2)); NaN where z leaves
/// nothing of x or y.
double partial_spearman(const std::vector<double>& x, const std::vector<double>& y, const std::vector<double>& z);

/// Chance that a case marked true scores higher than one marked false, ties half; NaN without both kinds.
double area_under_curve(const std::vector<double>& score, const std::vector<bool>& positive);

struct Interval {
  double estimate = 0;
  double low = 0;  ///< 95 %
  double high = 0;
};
/// Percentile bootstrap over units 0..count-1: `statistic` sees the drawn units, with repeats. Draws whose statistic is
/// NaN are left out.
Interval bootstrap(std::size_t count, const std::function<double(const std::vector<std::size_t>&)>& statistic,
                   std::uint64_t seed, int resamples = 1000);

}  // namespace radtype::stats
