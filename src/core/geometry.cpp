#include "radtype/core/geometry.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace radtype {

Box intersection(const Box& a, const Box& b) {
  Box result;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result.lo[axis] = std::max(a.lo[axis], b.lo[axis]);
    result.hi[axis] = std::max(result.lo[axis], std::min(a.hi[axis], b.hi[axis]));
  }
  return result;
}

Box bounding(const Box& a, const Box& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  Box result;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result.lo[axis] = std::min(a.lo[axis], b.lo[axis]);
    result.hi[axis] = std::max(a.hi[axis], b.hi[axis]);
  }
  return result;
}

Affine<LpsMm, Index> Grid::lps_from_index() const {
  Affine<LpsMm, Index> affine;
  affine.linear = direction_ * spacing_mm_.asDiagonal();
  affine.offset = origin_lps_mm_;
  return affine;
}

Affine<Index, LpsMm> Grid::index_from_lps() const { return lps_from_index().inverse(); }

Grid Grid::cropped(const Box& box) const {
  Grid result = *this;
  result.size_ = box.size();
  const Eigen::Vector3d first(static_cast<double>(box.lo[0]), static_cast<double>(box.lo[1]),
                              static_cast<double>(box.lo[2]));
  result.origin_lps_mm_ = lps_from_index()(Point<Index>(first)).v;
  return result;
}

std::string Grid::axis_codes() const {
  constexpr std::string_view kPositive = "LPS";
  constexpr std::string_view kNegative = "RAI";
  std::string codes;
  for (int axis = 0; axis < 3; ++axis) {
    Eigen::Index world = 0;
    direction_.col(axis).cwiseAbs().maxCoeff(&world);
    const auto& letters = direction_(world, axis) > 0 ? kPositive : kNegative;
    codes += letters[static_cast<std::size_t>(world)];
  }
  return codes;
}

Result<Grid> make_grid(const Size3& size, const Eigen::Vector3d& spacing_mm, const Eigen::Matrix3d& direction,
                       const Eigen::Vector3d& origin_lps_mm) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (size[axis] < 1 || size[axis] > kMaxAxis) {
      return fail(size[axis] < 1 ? ErrorCode::kCorrupt : ErrorCode::kTooLarge,
                  fmt::format("the header claims {} x {} x {} voxels; an axis must have 1 to {}", size[0], size[1],
                              size[2], kMaxAxis));
    }
  }
  // No overflow: each factor is at most 2^16.
  if (size[0] * size[1] * size[2] > kMaxVoxels) {
    return fail(ErrorCode::kTooLarge, fmt::format("the header claims {} x {} x {} voxels, more than the {} accepted",
                                                  size[0], size[1], size[2], kMaxVoxels));
  }
  for (int axis = 0; axis < 3; ++axis) {
    const double spacing = spacing_mm[axis];
    if (!(spacing >= kMinSpacingMm && spacing <= kMaxSpacingMm)) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("the voxel spacing along axis {} is {} mm; it must be between {} and {} mm: correct the "
                              "header, or convert the image again from its source",
                              axis, spacing, kMinSpacingMm, kMaxSpacingMm));
    }
    if (!std::isfinite(origin_lps_mm[axis])) {
      return fail(ErrorCode::kCorrupt, "the image origin is not a finite number: correct the header");
    }
  }
  for (int axis = 0; axis < 3; ++axis) {
    if (!direction.col(axis).allFinite() || std::abs(direction.col(axis).norm() - 1.0) > 1e-3) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("the direction of axis {} is not a unit vector: correct the header's orientation", axis));
    }
  }
  for (int axis = 0; axis < 3; ++axis) {
    const double cosine = direction.col(axis).dot(direction.col((axis + 1) % 3));
    if (std::abs(cosine) > kMaxAxisCosine) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the grid is sheared: axes {} and {} meet at {:.3f} degrees instead of 90; resample the "
                              "image and its mask to an orthogonal grid first",
                              axis, (axis + 1) % 3, std::acos(std::clamp(cosine, -1.0, 1.0)) * 180.0 / M_PI));
    }
  }
  Grid grid;
  grid.size_ = size;
  grid.spacing_mm_ = spacing_mm;
  grid.direction_ = direction;
  grid.origin_lps_mm_ = origin_lps_mm;
  return grid;
}

Result<Grid> make_grid(const Size3& size, const Affine<LpsMm, Index>& lps_from_index) {
  Eigen::Vector3d spacing;
  Eigen::Matrix3d direction = lps_from_index.linear;
  for (int axis = 0; axis < 3; ++axis) {
    spacing[axis] = direction.col(axis).norm();
    if (spacing[axis] > 0) direction.col(axis) /= spacing[axis];
  }
  return make_grid(size, spacing, direction, lps_from_index.offset);
}

GridMatch match_grids(const Grid& fixed, const Grid& moving, double tolerance_voxels) {
  GridMatch match;
  match.fixed_from_moving = fixed.index_from_lps() * moving.lps_from_index();
  // An affine map is integer on the whole grid when its step vectors and one corner are; measuring it at all corners
  // bounds the error over every voxel between them.
  const Eigen::Matrix3d steps = match.fixed_from_moving.linear;
  const Eigen::Matrix3d rounded = steps.array().round().matrix();
  const bool permutation = (rounded.cwiseAbs().rowwise().sum().array() == 1.0).all() &&
                           (rounded.cwiseAbs().colwise().sum().array() == 1.0).all();
  for (int corner = 0; corner < 8; ++corner) {
    Eigen::Vector3d index;
    for (int axis = 0; axis < 3; ++axis) {
      index[axis] = (corner >> axis & 1) ? static_cast<double>(moving.size()[static_cast<std::size_t>(axis)] - 1) : 0.0;
    }
    const Eigen::Vector3d at = match.fixed_from_moving(Point<Index>(index)).v;
    // Against the rounded map, not the nearest integer: a small scale error adds up to whole voxels far from the
    // origin.
    const Eigen::Vector3d expected = rounded * index + match.fixed_from_moving.offset.array().round().matrix();
    match.worst_offset_voxels = std::max(match.worst_offset_voxels, (at - expected).cwiseAbs().maxCoeff());
  }
  match.same_sampling = permutation && match.worst_offset_voxels <= tolerance_voxels;
  return match;
}

}  // namespace radtype
