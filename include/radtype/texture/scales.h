// Family 4: over what distances intensity is alike within the tumour, in mm and in shares of its radius.
#pragma once

#include <array>
#include <optional>

#include "radtype/texture/neighbourhood.h"

namespace radtype::texture {

/// 2, 4, 8 mm, then 1/8, 1/4, 1/2 of the radius of the ball of the same volume.
inline constexpr std::array<double, 3> kScalesMm = {2, 4, 8};
inline constexpr std::array<double, 3> kScalesOfRadius = {1.0 / 8, 1.0 / 4, 1.0 / 2};
inline constexpr std::size_t kScales = kScalesMm.size() + kScalesOfRadius.size();

/// All of ranks within the tumour; none changes when their order is reversed. Unset where a scale is under half a
/// voxel, or fewer than kFewestVoxels pairs of voxels lie that far apart.
struct ScaleTexture {
  /// Moran's I (moran1950) of voxels at that distance along axes and face diagonals: 1 alike, 0 independent.
  std::array<std::optional<double>, kScales> moran;
  /// Geary's C (geary1954): half the mean squared difference over the variance; 0 alike, 1 independent.
  std::array<std::optional<double>, kScales> geary;
  /// Share of the variance that the mean over a cube of 2 w + 1 voxels explains, w half of the scale, rounded, at least
  /// 1; 0 expected of shuffled voxels.
  std::array<std::optional<double>, kScales> explained;
  /// Distance at which Moran's I falls to 1/e, over the radius; unset where it does not.
  std::optional<double> range_over_radius;
};

/// Nothing under kFewestVoxels voxels, or when all have one intensity.
std::optional<ScaleTexture> scale_texture(const Neighbourhood& around);

}  // namespace radtype::texture
