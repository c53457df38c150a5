#include <algorithm>
#include <numeric>

#include "radtype/image/region.h"

namespace radtype::image {

Components connected_components(const Mask& mask) {
  const Size3& size = mask.grid.size();
  Components result;
  result.labels = Volume<std::int32_t>(mask.grid);
  auto& labels = result.labels.voxels;

  // Labels in order of the first voxel met; renamed by size afterwards.
  std::vector<std::int64_t> voxels;
  std::vector<std::array<std::int64_t, 3>> front;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const std::size_t seed = mask.offset(i, j, k);
        if (mask.voxels[seed] == 0 || labels[seed] != 0) continue;
        voxels.push_back(0);
        const auto label = static_cast<std::int32_t>(voxels.size());
        labels[seed] = label;
        front.push_back({i, j, k});
        while (!front.empty()) {
          const auto [x, y, z] = front.back();
          front.pop_back();
          ++voxels.back();
          for (std::int64_t w = std::max<std::int64_t>(z - 1, 0); w <= std::min(z + 1, size[2] - 1); ++w) {
            for (std::int64_t v = std::max<std::int64_t>(y - 1, 0); v <= std::min(y + 1, size[1] - 1); ++v) {
              for (std::int64_t u = std::max<std::int64_t>(x - 1, 0); u <= std::min(x + 1, size[0] - 1); ++u) {
                const std::size_t n = mask.offset(u, v, w);
                if (mask.voxels[n] == 0 || labels[n] != 0) continue;
                labels[n] = label;
                front.push_back({u, v, w});
              }
            }
          }
        }
      }
    }
  }

  std::vector<std::size_t> order(voxels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return voxels[a] > voxels[b]; });
  std::vector<std::int32_t> renamed(voxels.size() + 1, 0);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    renamed[order[rank] + 1] = static_cast<std::int32_t>(rank + 1);
    result.voxels.push_back(voxels[order[rank]]);
  }
  for (std::int32_t& label : labels) label = renamed[static_cast<std::size_t>(label)];
  result.count = static_cast<int>(voxels.size());
  return result;
}

}  // namespace radtype::image
