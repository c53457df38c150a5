// Operations on whole scans held as runs, ordered by k, j, i_begin and disjoint.
#pragma once

#include <functional>

#include "radtype/core/label_map.h"

namespace radtype::image {

enum class Neighbours {
  kSlice4,    ///< through edges of pixels, each slice by itself
  kFaces6,    ///< through faces of voxels
  kCorners26  ///< through faces, edges and corners
};

/// Connected sets of runs, numbered in order of their first run.
struct RunSets {
  std::vector<std::size_t> set_of;  ///< of each run
  std::size_t count = 0;
};
RunSets connected_runs(const std::vector<Run>& runs, const Size3& size, Neighbours neighbours);

inline std::int64_t length(const Run& run) { return run.i_end - run.i_begin; }

/// Every voxel of the grid that is in no run.
std::vector<Run> complement(const std::vector<Run>& runs, const Size3& size);
std::vector<Run> united(const std::vector<Run>& a, const std::vector<Run>& b);
std::vector<Run> common(const std::vector<Run>& a, const std::vector<Run>& b, const Size3& size);

/// Does `change` to every slice that has runs, as a dense mask of one slice that reaches margin_mm beyond the slice's
/// runs (less at the border of the image).
std::vector<Run> each_slice(const Grid& grid, const std::vector<Run>& runs, double margin_mm,
                            const std::function<Mask(const Mask&)>& change);

/// Voxels whose centre lies within radius_mm of a voxel inside; within the mask's grid.
Mask dilated(const Mask& mask, double radius_mm);
/// Voxels farther than radius_mm from every voxel outside; what lies beyond the mask's grid does not count.
Mask eroded(const Mask& mask, double radius_mm);

}  // namespace radtype::image
