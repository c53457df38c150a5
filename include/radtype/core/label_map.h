// Outlined regions as runs of voxels: a whole-scan mask costs memory in proportion to its surface, and
// regions may overlap (DICOM SEG, RTSTRUCT, several readers of one nodule).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "radtype/core/volume.h"

namespace radtype {

/// Voxels i_begin <= i < i_end of row (j, k).
struct Run {
  std::int32_t i_begin = 0;
  std::int32_t i_end = 0;
  std::int32_t j = 0;
  std::int32_t k = 0;
  bool operator==(const Run&) const = default;
};

struct Region {
  int label = 0;          ///< value in a label map, segment number of a SEG, ROI number of an RTSTRUCT
  std::string name;       ///< segment or ROI name; empty when the format has none
  std::vector<Run> runs;  ///< ordered by k, j, i_begin; disjoint

  std::int64_t voxel_count() const;
  Box bounding_box() const;  ///< empty box when there are no runs
};

struct LabelMap {
  Grid grid;
  std::vector<Region> regions;     ///< by ascending label
  std::vector<std::string> notes;  ///< what was assumed or repaired in reading
};

/// The part of a region inside `box`, on grid.cropped(box).
Mask dense_mask(const Grid& grid, const Region& region, const Box& box);

/// Runs of the non-zero voxels; `at` is the index of the mask's first voxel in the grid the runs refer to.
std::vector<Run> runs_of(const Mask& mask, const Size3& at = {0, 0, 0});

/// Smallest box that holds every non-zero voxel; empty for an empty mask.
Box inside_box(const Mask& mask);

}  // namespace radtype
