#include "radtype/image/dce.h"

#include <cmath>
#include <limits>
#include <string>

#include <fmt/format.h>

namespace radtype::image {
namespace {

/// Whether the map's single precision can hold it.
bool fits(double value) { return std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()); }

constexpr double kSameGridVoxels = 1e-3;

bool same_grid(const Grid& a, const Grid& b) {
  if (a.size() != b.size()) return false;
  const GridMatch match = match_grids(a, b, kSameGridVoxels);
  const bool in_place = match.fixed_from_moving.offset.cwiseAbs().maxCoeff() <= kSameGridVoxels;
  return match.same_sampling && in_place && match.fixed_from_moving.linear.isIdentity(0.5);
}

Result<void> check_grid(const Grid& pre, const Grid& other, const char* what) {
  if (same_grid(pre, other)) return {};
  const auto sizes = [](const Grid& grid) { return fmt::format("{}", fmt::join(grid.size(), " x ")); };
  return fail(
      ErrorCode::kInconsistent,
      fmt::format("{} ({} voxels, {}) is not on the grid of the pre-contrast image ({} voxels, {}): resample it "
                  "to that grid",
                  what, sizes(other), other.axis_codes(), sizes(pre), pre.axis_codes()));
}

}  // namespace

Result<DceMaps> dce_maps(const Image& pre, const Image& early, const Image& late, const Mask* mask,
                         const DceOptions& options) {
  if (auto same = check_grid(pre.grid, early.grid, "the early image"); !same) return pass_on(std::move(same));
  if (auto same = check_grid(pre.grid, late.grid, "the late image"); !same) return pass_on(std::move(same));
  if (mask != nullptr) {
    if (auto same = check_grid(pre.grid, mask->grid, "the mask"); !same) return pass_on(std::move(same));
  }
  DceMaps maps;
  maps.percent_enhancement = Image(pre.grid);
  maps.signal_enhancement_ratio = Image(pre.grid);
  for (std::size_t n = 0; n < pre.voxels.size(); ++n) {
    const double s0 = pre.voxels[n];
    const double s1 = early.voxels[n];
    const double s2 = late.voxels[n];
    if (mask != nullptr && mask->voxels[n] == 0) {
      ++maps.outside_mask;
    } else if (!std::isfinite(s0) || !std::isfinite(s1) || !std::isfinite(s2)) {
      ++maps.not_finite;
    } else if (s0 <= 0) {
      ++maps.no_pre_signal;
    } else if (s0 < options.least_pre) {
      ++maps.below_least_pre;
    } else if (const double percent = 100 * (s1 - s0) / s0; !fits(percent)) {
      ++maps.no_pre_signal;
    } else {
      ++maps.computed;
      maps.percent_enhancement.voxels[n] = static_cast<float>(percent);
      const double ratio = (s1 - s0) / (s2 - s0);
      if (s2 == s0 || !fits(ratio)) {
        ++maps.ratio_undefined;
      } else {
        maps.signal_enhancement_ratio.voxels[n] = static_cast<float>(ratio);
      }
    }
  }
  return maps;
}

}  // namespace radtype::image
