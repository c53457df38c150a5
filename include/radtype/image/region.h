// From an outlined region on any grid to a dense mask on the image's grid, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "radtype/core/label_map.h"

namespace radtype::image {

/// Exact Euclidean distance in mm from every voxel centre to the surface between the mask and its outside: negative
/// inside. The surface lies half way between a voxel inside and its neighbour outside, so that a mask and its
/// complement differ only in sign. A mask without (or with nothing but) voxels inside is an InternalError.
Volume<float> signed_distance_mm(const Mask& mask);

/// In-plane squared distance in pixels (unit spacing) of every pixel that is not 0 to the nearest pixel that is 0, slice by
/// slice (third axis); +infinity in a slice without zeros.
Volume<float> slice_distance_pixels(const Mask& mask);

struct PlacedMask {
  std::vector<Run> runs;            ///< on the image's grid
  std::vector<std::string> notes;   ///< "mask resampled to the image ..." and what was cut off
};
inline constexpr double kSnapToleranceVoxels = 1e-3;

/// The same sampling within kSnapToleranceVoxels: indices are mapped exactly (axes may be permuted or flipped).
/// Otherwise resampled by signed distance. kInconsistent when mask and image share no voxel;
/// kEmpty when the region is empty, or vanishes on the image's grid.
Result<PlacedMask> place_on_grid(const Grid& image_grid, const Grid& mask_grid, const Region& region);

struct Components {
  int count = 0;                        ///< 26-connected
  std::vector<std::int64_t> voxels;     ///< descending
  Volume<std::int32_t> labels;          ///< 0 outside, 1 the largest, ...
};
Components connected_components(const Mask& mask);

}  // namespace radtype::image
