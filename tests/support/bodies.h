// Grids and masks that tests make themselves.
#pragma once

#include <Eigen/Geometry>

#include "radtype/core/seed.h"
#include "radtype/core/volume.h"

namespace radtype::test {

inline Grid grid_of(const Size3& size, const Eigen::Vector3d& spacing_mm = Eigen::Vector3d::Ones(),
                    const Eigen::Matrix3d& direction = Eigen::Matrix3d::Identity(),
                    const Eigen::Vector3d& origin_lps_mm = Eigen::Vector3d::Zero()) {
  return make_grid(size, spacing_mm, direction, origin_lps_mm).value();
}

/// Voxels whose centre (LPS mm) satisfies the predicate.
template <class Predicate>
Mask voxelised(const Grid& grid, const Predicate& inside) {
  Mask mask(grid);
  const auto lps_from_index = grid.lps_from_index();
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size()[0]; ++i) {
        const Point<Index> index(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k));
        mask.at(i, j, k) = inside(lps_from_index(index).v) ? 1 : 0;
      }
    }
  }
  return mask;
}

/// Independent voxels; every case of every local rule turns up.
inline Mask random_mask(const Grid& grid, double density, Random& random) {
  Mask mask(grid);
  for (auto& voxel : mask.voxels) voxel = random.uniform() < density ? 1 : 0;
  return mask;
}

/// The volume whose axis a is axis axes[a] of the given one, run backwards where flips[a]; spacing goes with its axis.
/// The new grid has its own identity frame.
template <class T>
Volume<T> rearranged(const Volume<T>& volume, const std::array<int, 3>& axes, const std::array<bool, 3>& flips) {
  const Size3& size = volume.grid.size();
  const auto old_axis = [&](std::size_t axis) { return static_cast<std::size_t>(axes[axis]); };
  Volume<T> result(grid_of(
      {size[old_axis(0)], size[old_axis(1)], size[old_axis(2)]},
      {volume.grid.spacing_mm()[axes[0]], volume.grid.spacing_mm()[axes[1]], volume.grid.spacing_mm()[axes[2]]}));
  const Size3& to = result.grid.size();
  Size3 at{};
  for (at[2] = 0; at[2] < to[2]; ++at[2]) {
    for (at[1] = 0; at[1] < to[1]; ++at[1]) {
      for (at[0] = 0; at[0] < to[0]; ++at[0]) {
        Size3 from{};
        for (std::size_t axis = 0; axis < 3; ++axis) {
          from[old_axis(axis)] = flips[axis] ? to[axis] - 1 - at[axis] : at[axis];
        }
        result.at(at[0], at[1], at[2]) = volume.at(from[0], from[1], from[2]);
      }
    }
  }
  return result;
}

/// Dice coefficient of two masks on one grid.
inline double dice(const Mask& a, const Mask& b) {
  std::int64_t sum = 0;
  std::int64_t both = 0;
  for (std::size_t n = 0; n < a.voxels.size(); ++n) {
    sum += a.voxels[n] + b.voxels[n];
    both += a.voxels[n] & b.voxels[n];
  }
  return 2.0 * static_cast<double>(both) / static_cast<double>(sum);
}

}  // namespace radtype::test
