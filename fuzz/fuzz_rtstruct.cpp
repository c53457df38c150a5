// RTSTRUCT outlines on a small image grid.
#include <cstddef>
#include <cstdint>

#include "radtype/io/dicom.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  static const Grid grid =
      *make_grid({64, 48, 12}, Eigen::Vector3d(1, 2, 3), Eigen::Matrix3d::Identity(), Eigen::Vector3d(-10, 5, 100));
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  io::RtStructOptions options;
  options.partial_roi = true;
  const auto map = io::read_rtstruct(*io::memory_bytes(bytes), grid, options);
  if (map) {
    for (const Region& region : map->regions) (void)dense_mask(grid, region, grid.box());
  }
  return 0;
}
