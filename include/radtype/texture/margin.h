// Family 3: how sharply intensity changes across the tumour's surface, and how that differs around it.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "radtype/texture/neighbourhood.h"

namespace radtype::texture {

/// A margin is blurred when it takes more than this from plateau to plateau, or has less contrast.
inline constexpr double kBlurredWidthMm = 5;
inline constexpr double kLeastContrast = 0.2;

/// A patch of surface and the transition across it.
struct MarginPatch {
  double contrast = 0;             ///< outer minus inner plateau over their greatest difference, -1..1
  std::optional<double> width_mm;  ///< from 20 to 80 % of the way; unset under kLeastContrast
  double goodness = 0;             ///< share of the profile's variance that the isotonic fit explains
  std::int64_t rays = 0;
};
struct MarginRay {
  Eigen::Vector3d at_lps_mm;  ///< on the surface
  std::size_t patch = 0;
};

/// None of the features changes when the order of intensities is reversed.
struct Margin {
  double contrast = 0;                    ///< mean |contrast| over the surface
  double consistency = 0;                 ///< |mean contrast| over mean |contrast|: 1 where it is always of one sign
  double blurred_share = 0;               ///< of the surface
  std::optional<double> width_mm;         ///< median over the surface that has a width; unset under a quarter of it
  std::optional<double> width_variation;  ///< quartile distance over the median
  std::optional<double> goodness;         ///< median over the surface that has a width
  std::vector<MarginPatch> patches;
  std::vector<MarginRay> rays;
};

/// Along rays through the surface, pooled over patches of neighbouring rays. Nothing where fewer than kFewestVoxels
/// rays see both sides (no tissue around the tumour).
std::optional<Margin> measure_margin(const Neighbourhood& around);

}  // namespace radtype::texture
