// From an outlined region on any grid to a dense mask on the image's grid, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "radtype/core/label_map.h"

namespace radtype::image {

/// Signed distance in mm of every voxel centre, negative inside: outside voxels hold the exact Euclidean distance to
/// the nearest inside voxel centre, inside voxels minus the distance to the nearest outside one. Between an inside
/// voxel and its outside neighbour the linear interpolant therefore crosses zero half way, and the complement of a mask
/// differs only in sign. Far from the surface the value exceeds the distance to that half-way surface by about half a
/// voxel. What lies outside the grid counts for neither side. A mask without, or with nothing but, inside voxels is an
/// InternalError. (felzenszwalb2012)
Volume<float> signed_distance_mm(const Mask& mask);

/// Distance in mm of every voxel centre to the nearest inside one: 0 inside. An empty mask is an InternalError.
Volume<float> distance_mm(const Mask& mask);

/// In-plane squared distance in pixels (unit spacing, exact integers) of every pixel that is not 0 to the nearest pixel
/// that is 0, slice by slice (third axis); 0 at pixels that are 0, +infinity in a slice without zeros.
Volume<double> slice_squared_distance_pixels(const Mask& mask);

struct PlacedMask {
  std::vector<Run> runs;           ///< on the image's grid
  std::vector<std::string> notes;  ///< "mask resampled to the image grid ..." and what was cut off
};
inline constexpr double kSnapToleranceVoxels = 1e-3;

/// The same sampling within kSnapToleranceVoxels: indices are mapped exactly (axes may be permuted or flipped).
/// Otherwise resampled by interpolating the signed distance linearly (raya1990): a voxel centre is inside where the
/// value is below minus a millionth of the mask's finest spacing, so that a centre on the surface is outside whatever
/// the rounding. Voxels beyond the image are cut off and their share is noted. kInconsistent when no mask voxel lies
/// within the image; kEmpty when the region is empty, or vanishes on the image's grid.
/// Memory: 12 bytes per voxel of the region's box where it is resampled, 1 byte where it is not.
Result<PlacedMask> place_on_grid(const Grid& image_grid, const Grid& mask_grid, const Region& region);

struct Components {
  int count = 0;                     ///< 26-connected
  std::vector<std::int64_t> voxels;  ///< of each component, descending
  std::vector<Region> parts;         ///< the same order; equal sizes in order of their first voxel; no labels or names
};
Components connected_components(const Mask& mask);

}  // namespace radtype::image
