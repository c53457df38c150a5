// What the three volume fuzzers do with a source that opened: read a region and a label map, and never much of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "radtype/io/volume_files.h"

namespace radtype::fuzz {

/// Larger images are opened and not read: reading takes time in proportion to their voxels and finds nothing new.
inline constexpr std::int64_t kMaxVoxelsRead = std::int64_t{1} << 22;

inline void read_a_bit(Result<std::unique_ptr<io::ImageSource>> source) {
  if (!source) return;
  const Grid& grid = (*source)->info().grid;
  if (grid.voxel_count() > kMaxVoxelsRead) return;
  Box middle = grid.box();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    middle.lo[axis] = grid.size()[axis] / 3;
    middle.hi[axis] = middle.lo[axis] + 1 + grid.size()[axis] / 3;
  }
  if (auto region = io::read_region(**source, middle)) {
    RADTYPE_CHECK(static_cast<std::int64_t>(region->voxels.size()) == middle.voxel_count());
  }
  for (const io::LabelEncoding encoding : {io::LabelEncoding::kValue, io::LabelEncoding::kBits}) {
    if (auto map = io::read_label_map(**source, encoding)) {
      for (const Region& one : map->regions) {
        const Box box = one.bounding_box();
        RADTYPE_CHECK(!box.empty() && intersection(box, grid.box()) == box);
      }
    }
  }
}

/// The fuzzer's bytes serve as the detached data file as well.
inline io::OpenSibling sibling_of(std::span<const std::byte> bytes) {
  return [bytes](const std::string&) -> Result<std::shared_ptr<io::ByteSource>> { return io::memory_bytes(bytes); };
}

}  // namespace radtype::fuzz
