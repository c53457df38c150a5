#include "feature/slice_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "radtype/core/label_map.h"

namespace radtype::feature {

AxisInIndex index_axis_of(const Grid& grid, int lps_axis) {
  // Greedy per LPS axis could name one index axis twice on an oblique grid; strongest first cannot.
  std::array<int, 3> index_of{-1, -1, -1};
  std::array<bool, 3> used{false, false, false};
  for (int round = 0; round < 3; ++round) {
    double best = -1;
    int best_lps = 0;
    int best_index = 0;
    for (int lps = 0; lps < 3; ++lps) {
      for (int index = 0; index < 3; ++index) {
        const double weight = std::abs(grid.direction()(lps, index));
        if (index_of[static_cast<std::size_t>(lps)] < 0 && !used[static_cast<std::size_t>(index)] && weight > best) {
          best = weight;
          best_lps = lps;
          best_index = index;
        }
      }
    }
    index_of[static_cast<std::size_t>(best_lps)] = best_index;
    used[static_cast<std::size_t>(best_index)] = true;
  }
  const int axis = index_of[static_cast<std::size_t>(lps_axis)];
  return {axis, grid.direction()(lps_axis, axis) > 0};
}

Window choose_window(const CaseData& data) {
  if (data.modality == io::Modality::kCt) {
    const auto& shown = data.image->voxels;
    const auto air = std::count_if(shown.begin(), shown.end(), [](float value) { return value < -500; });
    return 4 * static_cast<std::size_t>(air) >= shown.size() ? Window{-1000, 400} : Window{-160, 240};
  }
  std::vector<float> values = data.image->voxels;
  const auto at = [&](double share) {
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth);
  };
  const double low = at(0.01);
  const double high = at(0.99);
  return {low, high > low ? high : low + 1};
}

Size3 central_voxel(const Mask& mask) {
  const std::vector<Run> runs = runs_of(mask);
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  double count = 0;
  for (const Run& run : runs) {
    const double length = run.i_end - run.i_begin;
    sum += length * Eigen::Vector3d(0.5 * (run.i_begin + run.i_end - 1), run.j, run.k);
    count += length;
  }
  const Eigen::Vector3d mean = sum / count;
  Size3 best{};
  double best_distance = 1e300;
  for (const Run& run : runs) {
    const auto i = std::clamp<std::int64_t>(std::lround(mean[0]), run.i_begin, run.i_end - 1);
    const Eigen::Vector3d at(static_cast<double>(i), run.j, run.k);
    const double distance = (at - mean).cwiseProduct(mask.grid.spacing_mm()).squaredNorm();
    if (distance < best_distance) {
      best_distance = distance;
      best = {i, run.j, run.k};
    }
  }
  return best;
}

}  // namespace radtype::feature
