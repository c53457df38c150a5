// Exact distances on an isotropic grid, in voxels.
#pragma once

#include <cstdint>
#include <vector>

#include "radtype/core/geometry.h"

namespace radtype::texture {

inline constexpr std::int16_t kFarAway = 32767;

/// Squared distance of every voxel to the nearest one on the other side of the outline: negative inside, positive
/// outside. kFarAway for outside voxels farther than `reach` voxels, -kFarAway inside for depths over 181 voxels and
/// where there is no outside at all.
std::vector<std::int16_t> signed_squared_distances(const std::vector<std::uint8_t>& inside, const Size3& size,
                                                   std::int64_t reach);

}  // namespace radtype::texture
