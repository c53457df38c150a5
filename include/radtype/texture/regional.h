// Family 1: how differently two regions are filled, from the order of intensities alone.
#pragma once

#include <cstdint>
#include <optional>

#include "radtype/texture/neighbourhood.h"

namespace radtype::texture {

/// Equal-frequency bins of the pooled sample in which each region weighs one half.
inline constexpr int kContrastBins = 8;

/// Of samples A and B. All but the delta are 0 in expectation when labels are exchanged at random between the two, and
/// 1 when A and B do not overlap: x = (raw - null) / (1 - null), with the null of docs/methods/heterogeneity.md. They
/// may be slightly negative. None changes when the order of intensities is reversed, but for the sign of the delta.
struct Contrast {
  double jensen_shannon = 0;      ///< divergence in bits (lin1991)
  double hellinger = 0;           ///< distance (bhattacharyya1943)
  double total_variation = 0;     ///< 1 - histogram intersection (swain1991)
  double kolmogorov_smirnov = 0;  ///< largest difference of the distribution functions F, G
  double area = 0;                ///< 2 * integral of |F - G| dH, H = (F + G) / 2
  double cliff_delta = 0;         ///< P(a > b) - P(a < b), -1..1 (cliff1993); not corrected: its null is 0
  double abs_delta = 0;           ///< |delta|
};

/// Of voxels in zones first_a..last_a against first_b..last_b; nothing where either has fewer than kFewestVoxels.
struct ZoneRange {
  Zone first = 1;
  Zone last = 1;
};
inline constexpr ZoneRange kRim = {1, kDepthZones / 2};
inline constexpr ZoneRange kCore = {kDepthZones / 2 + 1, kDepthZones};
inline constexpr ZoneRange kRing5 = {kDepthZones + 1, kDepthZones + kRingZones / 2};
inline constexpr ZoneRange kRing10 = {kDepthZones + kRingZones / 2 + 1, kDepthZones + kRingZones};

std::int64_t voxels_in(const Neighbourhood& around, ZoneRange range);
std::optional<Contrast> regional_contrast(const Neighbourhood& around, ZoneRange a, ZoneRange b);

}  // namespace radtype::texture
