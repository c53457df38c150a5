#include "radtype/core/label_map.h"

#include <algorithm>
#include <cstring>

namespace radtype {

std::int64_t Region::voxel_count() const {
  std::int64_t count = 0;
  for (const Run& run : runs) count += run.i_end - run.i_begin;
  return count;
}

Box Region::bounding_box() const {
  Box box;
  for (const Run& run : runs) box = bounding(box, Box{{run.i_begin, run.j, run.k}, {run.i_end, run.j + 1, run.k + 1}});
  return box;
}

Mask dense_mask(const Grid& grid, const Region& region, const Box& box) {
  Mask mask(grid.cropped(box));
  for (const Run& run : region.runs) {
    if (run.k < box.lo[2] || run.k >= box.hi[2] || run.j < box.lo[1] || run.j >= box.hi[1]) continue;
    const std::int64_t begin = std::max<std::int64_t>(run.i_begin, box.lo[0]);
    const std::int64_t end = std::min<std::int64_t>(run.i_end, box.hi[0]);
    if (begin >= end) continue;
    const auto first = mask.voxels.begin() + static_cast<std::ptrdiff_t>(
                                                 mask.offset(begin - box.lo[0], run.j - box.lo[1], run.k - box.lo[2]));
    std::fill(first, first + (end - begin), std::uint8_t{1});
  }
  return mask;
}

namespace {

/// First voxel inside from i on, or size; most rows of most masks are outside, eight voxels at a time.
std::int64_t next_inside(const std::uint8_t* row, std::int64_t i, std::int64_t size) {
  std::uint64_t eight = 0;
  for (; i + 8 <= size; i += 8) {
    std::memcpy(&eight, row + i, sizeof eight);
    if (eight != 0) break;
  }
  while (i < size && row[i] == 0) ++i;
  return i;
}

}  // namespace

std::vector<Run> runs_of(const Mask& mask, const Size3& at) {
  std::vector<Run> runs;
  const Size3& size = mask.grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::uint8_t* row = mask.voxels.data() + mask.offset(0, j, k);
      for (std::int64_t i = next_inside(row, 0, size[0]); i < size[0]; i = next_inside(row, i, size[0])) {
        const std::int64_t begin = i;
        while (i < size[0] && row[i] != 0) ++i;
        runs.push_back({static_cast<std::int32_t>(begin + at[0]), static_cast<std::int32_t>(i + at[0]),
                        static_cast<std::int32_t>(j + at[1]), static_cast<std::int32_t>(k + at[2])});
      }
    }
  }
  return runs;
}

Box inside_box(const Mask& mask) {
  const Size3& size = mask.grid.size();
  Box box;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::uint8_t* row = mask.voxels.data() + mask.offset(0, j, k);
      const std::int64_t first = next_inside(row, 0, size[0]);
      if (first == size[0]) continue;
      std::int64_t last = size[0] - 1;
      while (row[last] == 0) --last;
      box = bounding(box, Box{{first, j, k}, {last + 1, j + 1, k + 1}});
    }
  }
  return box;
}

}  // namespace radtype
