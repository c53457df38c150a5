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

}  // namespace radtype::stats
