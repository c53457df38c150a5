// A dense block of voxels on a grid.
#pragma once

#include <cstdint>
#include <vector>

#include "radtype/core/geometry.h"

namespace radtype {

/// voxels[(k * size[1] + j) * size[0] + i]; index (i, j, k) is the centre of a voxel of `grid`.
template <class T>
struct Volume {
  Grid grid;
  std::vector<T> voxels;

  Volume() = default;
  explicit Volume(const Grid& on, T value = T{})
      : grid(on), voxels(static_cast<std::size_t>(on.voxel_count()), value) {}

  std::size_t offset(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return static_cast<std::size_t>((k * grid.size()[1] + j) * grid.size()[0] + i);
  }
  T& at(std::int64_t i, std::int64_t j, std::int64_t k) { return voxels[offset(i, j, k)]; }
  const T& at(std::int64_t i, std::int64_t j, std::int64_t k) const { return voxels[offset(i, j, k)]; }
};

using Image = Volume<float>;        ///< intensities (HU, SUV, or the scanner's arbitrary units)
using Mask = Volume<std::uint8_t>;  ///< 0 or 1

}  // namespace radtype
