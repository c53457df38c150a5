// DICOM SEG, binary and fractional.
#include <cstddef>
#include <cstdint>

#include "radtype/io/dicom.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto map = io::read_dicom_seg(*io::memory_bytes(bytes), io::SegOptions{});
  if (map && map->grid.voxel_count() < 1'000'000) {
    for (const Region& region : map->regions) (void)dense_mask(map->grid, region, map->grid.box());
  }
  return 0;
}
