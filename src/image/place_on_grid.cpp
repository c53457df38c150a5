#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/image/region.h"

namespace radtype::image {
namespace {

using Eigen::Vector3d;

constexpr double kTieShareOfSpacing = 1e-6;

Vector3d as_vector(const Size3& index) {
  return {static_cast<double>(index[0]), static_cast<double>(index[1]), static_cast<double>(index[2])};
}

struct Extent {
  Vector3d lo;
  Vector3d hi;
};

/// Bounds of an affine image of the cuboid lo..hi.
template <class To, class From>
Extent mapped_extent(const Affine<To, From>& map, const Vector3d& lo, const Vector3d& hi) {
  Extent extent{map(Point<From>(lo)).v, map(Point<From>(lo)).v};
  for (int corner = 1; corner < 8; ++corner) {
    const Vector3d at((corner & 1) ? hi[0] : lo[0], (corner & 2) ? hi[1] : lo[1], (corner & 4) ? hi[2] : lo[2]);
    const Vector3d mapped = map(Point<From>(at)).v;
    extent.lo = extent.lo.cwiseMin(mapped);
    extent.hi = extent.hi.cwiseMax(mapped);
  }
  return extent;
}

/// "x -10.0 to 35.5, y ..., z ... mm", to the faces of the voxels.
std::string extent_mm(const Grid& grid, const Box& box) {
  const Vector3d half = Vector3d::Constant(0.5);
  const Extent extent = mapped_extent(grid.lps_from_index(), as_vector(box.lo) - half, as_vector(box.hi) - half);
  return fmt::format("x {:.1f} to {:.1f}, y {:.1f} to {:.1f}, z {:.1f} to {:.1f} mm", extent.lo[0], extent.hi[0],
                     extent.lo[1], extent.hi[1], extent.lo[2], extent.hi[2]);
}

std::string describe(const Region& region) {
  return region.name.empty() ? fmt::format("label {}", region.label) : fmt::format("'{}'", region.name);
}

/// Voxels of the region whose centre lies within the image's outer faces.
std::int64_t voxels_within(const Grid& image_grid, const Affine<Index, Index>& image_from_mask, const Region& region) {
  const Vector3d lo = Vector3d::Constant(-0.5 - kSnapToleranceVoxels);
  const Vector3d hi = as_vector(image_grid.size()) + lo + Vector3d::Constant(2 * kSnapToleranceVoxels);
  std::int64_t count = 0;
  for (const Run& run : region.runs) {
    for (std::int32_t i = run.i_begin; i < run.i_end; ++i) {
      const Vector3d at = image_from_mask(Point<Index>(i, run.j, run.k)).v;
      if ((at.array() >= lo.array()).all() && (at.array() <= hi.array()).all()) ++count;
    }
  }
  return count;
}

/// Integer indices map to integer indices.
std::vector<Run> copied(const Grid& image_grid, const Affine<Index, Index>& image_from_mask, const Region& region) {
  using Step = Eigen::Matrix<std::int64_t, 3, 1>;
  const auto linear = image_from_mask.linear.array().round().cast<std::int64_t>().matrix().eval();
  const Step offset = image_from_mask.offset.array().round().cast<std::int64_t>().matrix();
  const Box from = region.bounding_box();
  const Step a = linear * Step(from.lo[0], from.lo[1], from.lo[2]) + offset;
  const Step b = linear * Step(from.hi[0] - 1, from.hi[1] - 1, from.hi[2] - 1) + offset;
  Box box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto row = static_cast<Eigen::Index>(axis);
    box.lo[axis] = std::min(a[row], b[row]);
    box.hi[axis] = std::max(a[row], b[row]) + 1;
  }
  box = intersection(box, image_grid.box());
  Mask mask(image_grid.cropped(box));
  for (const Run& run : region.runs) {
    for (std::int32_t i = run.i_begin; i < run.i_end; ++i) {
      const Step to = linear * Step(i, run.j, run.k) + offset;
      const bool inside = to[0] >= box.lo[0] && to[0] < box.hi[0] && to[1] >= box.lo[1] && to[1] < box.hi[1] &&
                          to[2] >= box.lo[2] && to[2] < box.hi[2];
      if (inside) mask.at(to[0] - box.lo[0], to[1] - box.lo[1], to[2] - box.lo[2]) = 1;
    }
  }
  return runs_of(mask, box.lo);
}

/// Trilinear value at a continuous index; `beyond` outside the hull of the voxel centres.
double interpolated(const Volume<float>& volume, const Vector3d& at, double beyond) {
  std::array<std::int64_t, 3> base{};
  Vector3d t;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t last = volume.grid.size()[static_cast<std::size_t>(axis)] - 1;
    if (!(at[axis] >= 0 && at[axis] <= static_cast<double>(last))) return beyond;
    base[static_cast<std::size_t>(axis)] = std::min(static_cast<std::int64_t>(at[axis]), last - 1);
    t[axis] = at[axis] - static_cast<double>(base[static_cast<std::size_t>(axis)]);
  }
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const int x = corner & 1, y = corner >> 1 & 1, z = corner >> 2;
    const double weight = (x ? t[0] : 1 - t[0]) * (y ? t[1] : 1 - t[1]) * (z ? t[2] : 1 - t[2]);
    sum += weight * static_cast<double>(volume.at(base[0] + x, base[1] + y, base[2] + z));
  }
  return sum;
}

std::vector<Run> resampled(const Grid& image_grid, const Grid& mask_grid, const Region& region) {
  // Two voxels of outside on every side, also where the region touches the border of its own grid.
  Box from = region.bounding_box();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    from.lo[axis] -= 2;
    from.hi[axis] += 2;
  }
  const Volume<float> distance = signed_distance_mm(dense_mask(mask_grid, region, from));

  const Affine<Index, Index> crop_from_image = distance.grid.index_from_lps() * image_grid.lps_from_index();
  const Vector3d last = as_vector(from.size()) - Vector3d::Ones();
  const Extent reach = mapped_extent(crop_from_image.inverse(), Vector3d::Zero(), last);
  Box to;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    // Clamped as numbers first: a far-away mask must not overflow the integers.
    const double limit = static_cast<double>(image_grid.size()[axis]);
    const auto row = static_cast<Eigen::Index>(axis);
    to.lo[axis] = static_cast<std::int64_t>(std::clamp(std::floor(reach.lo[row]), 0.0, limit));
    to.hi[axis] = static_cast<std::int64_t>(std::clamp(std::ceil(reach.hi[row]) + 1, 0.0, limit));
  }
  if (to.empty()) return {};

  Mask mask(image_grid.cropped(to));
  const double threshold = -kTieShareOfSpacing * mask_grid.spacing_mm().minCoeff();
  parallel_for(to.lo[2], to.hi[2], [&](std::int64_t k) {
    for (std::int64_t j = to.lo[1]; j < to.hi[1]; ++j) {
      for (std::int64_t i = to.lo[0]; i < to.hi[0]; ++i) {
        const Vector3d at = crop_from_image(Point<Index>(as_vector({i, j, k}))).v;
        const bool inside = interpolated(distance, at, 1.0) < threshold;
        mask.at(i - to.lo[0], j - to.lo[1], k - to.lo[2]) = inside ? 1 : 0;
      }
    }
  });
  return runs_of(mask, to.lo);
}

}  // namespace

Result<PlacedMask> place_on_grid(const Grid& image_grid, const Grid& mask_grid, const Region& region) {
  const std::int64_t voxels = region.voxel_count();
  if (voxels == 0) {
    return fail(ErrorCode::kEmpty, fmt::format("the mask of {} has no voxels: choose another label or region of "
                                               "interest",
                                               describe(region)));
  }
  const GridMatch match = match_grids(image_grid, mask_grid, kSnapToleranceVoxels);
  const std::int64_t within = voxels_within(image_grid, match.fixed_from_moving, region);
  if (within == 0) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("mask and image do not overlap: the mask of {} spans {}, the image {} (LPS). Are they of "
                            "the same patient and series?",
                            describe(region), extent_mm(mask_grid, region.bounding_box()),
                            extent_mm(image_grid, image_grid.box())));
  }

  PlacedMask placed;
  placed.runs = match.same_sampling ? copied(image_grid, match.fixed_from_moving, region)
                                    : resampled(image_grid, mask_grid, region);
  Region on_image;
  on_image.runs = placed.runs;
  const std::int64_t after = on_image.voxel_count();
  if (after == 0) {
    return fail(ErrorCode::kEmpty,
                fmt::format("the mask of {} ({} voxels, {:.4g} mm3) vanishes on the image's grid of {:.4g} mm3 voxels: "
                            "it covers no voxel centre; use an image of finer sampling",
                            describe(region), voxels, static_cast<double>(voxels) * mask_grid.voxel_volume_mm3(),
                            image_grid.voxel_volume_mm3()));
  }
  if (!match.same_sampling) {
    placed.notes.push_back(fmt::format(
        "mask resampled to the image grid by signed distance: {:.6g} mm3 on the mask's grid, {:.6g} mm3 on the image's",
        static_cast<double>(voxels) * mask_grid.voxel_volume_mm3(),
        static_cast<double>(after) * image_grid.voxel_volume_mm3()));
  }
  if (within < voxels) {
    placed.notes.push_back(fmt::format("{:.3g} % of the mask ({} of {} voxels) lies outside the image and was cut off",
                                       100.0 * static_cast<double>(voxels - within) / static_cast<double>(voxels),
                                       voxels - within, voxels));
  }
  return placed;
}

}  // namespace radtype::image
