#include <algorithm>
#include <numeric>

#include "image/runs.h"
#include "radtype/image/region.h"

namespace radtype::image {

Components connected_components(const Mask& mask) {
  const std::vector<Run> runs = runs_of(mask);
  const RunSets sets = connected_runs(runs, mask.grid.size(), Neighbours::kCorners26);
  std::vector<std::int64_t> voxels(sets.count, 0);
  for (std::size_t n = 0; n < runs.size(); ++n) voxels[sets.set_of[n]] += length(runs[n]);

  std::vector<std::size_t> order(voxels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return voxels[a] > voxels[b]; });
  std::vector<std::size_t> rank_of(voxels.size());
  Components result;
  result.count = static_cast<int>(voxels.size());
  result.parts.resize(voxels.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    rank_of[order[rank]] = rank;
    result.voxels.push_back(voxels[order[rank]]);
  }
  for (std::size_t n = 0; n < runs.size(); ++n) result.parts[rank_of[sets.set_of[n]]].runs.push_back(runs[n]);
  return result;
}

}  // namespace radtype::image
