// Agreement of readers.
#pragma once

#include <vector>

#include "radtype/stats/rank.h"

namespace radtype::stats {

/// ICC(1,1) of one-way random effects (shrout1979): (MSB - MSW) / (MSB + (k0 - 1) MSW), every target with its own
/// number of ratings, k0 = (N - sum k^2 / N) / (n - 1). Targets with fewer than two ratings are left out; NaN with
/// fewer than two left. NaN too where no rating differs from another. May be negative.
double icc_1_1(const std::vector<std::vector<double>>& ratings);
/// With its interval by the bootstrap over targets.
Interval icc_1_1_interval(const std::vector<std::vector<double>>& ratings, std::uint64_t seed, int resamples = 1000);

/// ICC(3,1) of two-way mixed effects, consistency, one rater (shrout1979): (MSB - MSE) / (MSB + (k - 1) MSE), MSE the
/// mean square of targets x raters: a constant difference between raters costs nothing, one of scale does. Every target
/// has the same k raters in one order. NaN with fewer than two targets or raters, and where no rating differs from
/// another but by its rater.
double icc_3_1(const std::vector<std::vector<double>>& ratings);
/// With its interval by the bootstrap over targets.
Interval icc_3_1_interval(const std::vector<std::vector<double>>& ratings, std::uint64_t seed, int resamples = 1000);

}  // namespace radtype::stats
