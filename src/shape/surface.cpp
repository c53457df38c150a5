#include "radtype/shape/surface.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "radtype/image/region.h"
#include "shape/index_mesh.h"
#include "shape/relax.h"
#include "shape/topology.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

// Vertices that marching cubes with hubs makes for each square step of a smooth surface, measured on spheres.
constexpr double kVerticesPerCell = 2.55;
constexpr double kLongestGrid = 512;
// Of the smoothed field: 256 MiB.
constexpr double kMostVoxels = 1 << 26;

Mask with_margin(const Grid& grid, const Region& region, double margin_mm) {
  Box padded = region.bounding_box();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto margin =
        static_cast<std::int64_t>(std::ceil(margin_mm / grid.spacing_mm()[static_cast<Eigen::Index>(axis)])) + 1;
    padded.lo[axis] -= margin;
    padded.hi[axis] += margin;
  }
  return dense_mask(grid, region, padded);
}

/// The same extent with every axis divided so often that a step is at most 0.75 sigma: smoothing at the voxels' own
/// positions, or at regular places between them, meets no beat of two grids.
Result<Grid> refined_grid(const Grid& on, double sigma_mm) {
  Size3 size{};
  Affine<LpsMm, Index> lps_from_index = on.lps_from_index();
  Vector3d first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const double parts = std::max(1.0, std::ceil(on.spacing_mm()[a] / (0.75 * sigma_mm)));
    size[axis] = on.size()[axis] * static_cast<std::int64_t>(parts);
    first[a] = -0.5 * (parts - 1) / parts;
    lps_from_index.linear.col(a) /= parts;
  }
  lps_from_index.offset = on.lps_from_index()(Point<Index>(first)).v;
  double voxels = 1;
  for (const std::int64_t count : size) voxels *= static_cast<double>(count);
  if (voxels > kMostVoxels) {
    return fail(
        ErrorCode::kUndefined,
        fmt::format("the outline is too thin for the box it spans: smoothing would need {:.1e} voxels", voxels));
  }
  return make_grid(size, lps_from_index);
}

/// Isotropic grid with the middle of `on` as its middle, so that flipped and permuted axes give the same points.
Result<Grid> isotropic_grid(const Grid& on, double step_mm) {
  Size3 size{};
  Vector3d first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const double extent = static_cast<double>(on.size()[axis] - 1) * on.spacing_mm()[a];
    size[axis] = static_cast<std::int64_t>(std::floor(extent / step_mm)) + 1;
    first[a] = 0.5 * (extent - static_cast<double>(size[axis] - 1) * step_mm) / on.spacing_mm()[a];
  }
  return make_grid(size, Vector3d::Constant(step_mm), on.direction(), on.lps_from_index()(Point<Index>(first)).v);
}

/// Trilinear. Both grids have the same directions: each index axis depends on its own only.
Volume<float> resampled(const Volume<float>& field, const Grid& grid) {
  struct Place {
    std::size_t low, high;  // offsets along the axis
    double part;
  };
  const auto index = field.grid.index_from_lps() * grid.lps_from_index();
  std::array<std::vector<Place>, 3> places;
  std::int64_t stride = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const std::int64_t last = field.grid.size()[axis] - 1;
    for (std::int64_t n = 0; n < grid.size()[axis]; ++n) {
      const double x =
          std::clamp(index.linear(a, a) * static_cast<double>(n) + index.offset[a], 0.0, static_cast<double>(last));
      const std::int64_t low = std::min(static_cast<std::int64_t>(x), std::max<std::int64_t>(last - 1, 0));
      places[axis].push_back({static_cast<std::size_t>(low * stride),
                              static_cast<std::size_t>(std::min(low + 1, last) * stride),
                              x - static_cast<double>(low)});
    }
    stride *= field.grid.size()[axis];
  }
  Volume<float> result(grid);
  std::size_t at = 0;
  for (const Place& z : places[2]) {
    for (const Place& y : places[1]) {
      const std::array<const float*, 4> rows{field.voxels.data() + z.low + y.low, field.voxels.data() + z.low + y.high,
                                             field.voxels.data() + z.high + y.low,
                                             field.voxels.data() + z.high + y.high};
      for (const Place& x : places[0]) {
        const auto along_x = [&](std::size_t row) {
          const double low = rows[row][x.low];
          return low + x.part * (rows[row][x.high] - low);
        };
        const double v0 = along_x(0) + y.part * (along_x(1) - along_x(0));
        const double v1 = along_x(2) + y.part * (along_x(3) - along_x(2));
        result.voxels[at++] = static_cast<float>(v0 + z.part * (v1 - v0));
      }
    }
  }
  return result;
}

/// One axis of a separable Gaussian. `lanes` values lie next to each other at every step along the axis, `stride`
/// apart; steps lo to hi are written. Pairs from both sides are added first: a reversed axis gives the same bits.
struct Lines {
  float* first;
  std::int64_t length, stride, lanes, lo, hi;
};
void smooth_lines(const Lines& lines, const std::vector<float>& half_kernel, std::vector<float>& copy) {
  const auto radius = static_cast<std::int64_t>(half_kernel.size()) - 1;
  copy.resize(static_cast<std::size_t>(lines.length * lines.lanes));
  for (std::int64_t n = 0; n < lines.length; ++n)
    std::copy_n(lines.first + n * lines.stride, lines.lanes, copy.data() + n * lines.lanes);
  const auto row = [&](std::int64_t n) {
    return copy.data() + std::clamp<std::int64_t>(n, 0, lines.length - 1) * lines.lanes;
  };
  for (std::int64_t n = lines.lo; n < lines.hi; ++n) {
    float* to = lines.first + n * lines.stride;
    const float* middle = row(n);
    for (std::int64_t x = 0; x < lines.lanes; ++x) to[x] = half_kernel[0] * middle[x];
    for (std::int64_t r = 1; r <= radius; ++r) {
      const float weight = half_kernel[static_cast<std::size_t>(r)];
      const float* before = row(n - r);
      const float* after = row(n + r);
      for (std::int64_t x = 0; x < lines.lanes; ++x) to[x] += weight * (before[x] + after[x]);
    }
  }
}

/// Where the field is not `outside`.
Box occupied_box(const Volume<float>& field, float outside) {
  const Size3& size = field.grid.size();
  Box box;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const float* row = field.voxels.data() + field.offset(0, j, k);
      std::int64_t lo = 0;
      while (lo < size[0] && row[lo] == outside) ++lo;
      if (lo == size[0]) continue;
      std::int64_t hi = size[0];
      while (row[hi - 1] == outside) --hi;
      box = bounding(box, Box{{lo, j, k}, {hi, j + 1, k + 1}});
    }
  }
  return box;
}

/// Separable Gaussian, sampled and normalised, the border value continued outwards. What is out of its reach of values
/// other than `outside` is left alone.
void smooth(Volume<float>& field, double sigma_mm, float outside) {
  const Size3& size = field.grid.size();
  const std::int64_t plane = size[0] * size[1];
  Box reached = occupied_box(field, outside);
  std::vector<float> copy;
  std::vector<float> turned;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double sigma_steps = sigma_mm / field.grid.spacing_mm()[static_cast<Eigen::Index>(axis)];
    const auto radius = static_cast<std::int64_t>(std::ceil(4 * sigma_steps));
    std::vector<double> weights;
    double total = 0;
    for (std::int64_t n = 0; n <= radius; ++n) {
      weights.push_back(std::exp(-0.5 * static_cast<double>(n * n) / (sigma_steps * sigma_steps)));
      total += (n == 0 ? 1 : 2) * weights.back();
    }
    std::vector<float> half_kernel;
    for (const double weight : weights) half_kernel.push_back(static_cast<float>(weight / total));
    reached.lo[axis] = std::max<std::int64_t>(reached.lo[axis] - radius, 0);
    reached.hi[axis] = std::min(reached.hi[axis] + radius, size[axis]);
    const Size3 lanes = reached.size();
    const std::int64_t lo = reached.lo[axis];
    const std::int64_t hi = reached.hi[axis];
    if (axis == 0) {
      // Rows turned so that neighbours along the axis are whole rows of lanes.
      turned.resize(static_cast<std::size_t>(size[0] * lanes[1]));
      for (std::int64_t k = reached.lo[2]; k < reached.hi[2]; ++k) {
        float* rows = field.voxels.data() + field.offset(0, reached.lo[1], k);
        for (std::int64_t j = 0; j < lanes[1]; ++j) {
          for (std::int64_t i = 0; i < size[0]; ++i)
            turned[static_cast<std::size_t>(i * lanes[1] + j)] = rows[j * size[0] + i];
        }
        smooth_lines({turned.data(), size[0], lanes[1], lanes[1], lo, hi}, half_kernel, copy);
        for (std::int64_t j = 0; j < lanes[1]; ++j) {
          for (std::int64_t i = lo; i < hi; ++i)
            rows[j * size[0] + i] = turned[static_cast<std::size_t>(i * lanes[1] + j)];
        }
      }
    } else if (axis == 1) {
      for (std::int64_t k = reached.lo[2]; k < reached.hi[2]; ++k)
        smooth_lines({field.voxels.data() + field.offset(reached.lo[0], 0, k), size[1], size[0], lanes[0], lo, hi},
                     half_kernel, copy);
    } else {
      for (std::int64_t j = reached.lo[1]; j < reached.hi[1]; ++j)
        smooth_lines({field.voxels.data() + field.offset(reached.lo[0], j, 0), size[2], plane, lanes[0], lo, hi},
                     half_kernel, copy);
    }
  }
}

/// Level below which lie about `volume_steps` grid points: the middle of the widest gap between values near that rank,
/// so that rounding cannot move a point across it.
float level_of_volume(const Volume<float>& field, double volume_steps) {
  constexpr std::size_t kReach = 16;
  std::vector<float> values = field.voxels;
  const std::size_t rank = std::clamp(static_cast<std::size_t>(volume_steps), kReach, values.size() - 1 - kReach);
  const auto first = values.begin() + static_cast<std::ptrdiff_t>(rank - kReach);
  const auto last = values.begin() + static_cast<std::ptrdiff_t>(rank + kReach);
  std::nth_element(values.begin(), first, values.end());
  std::nth_element(first, last, values.end());
  std::sort(first, last);
  float level = *first;
  float widest = 0;
  for (auto value = first; value + 1 <= last; ++value) {
    if (value[1] - value[0] > widest) {
      widest = value[1] - value[0];
      level = value[0] + widest / 2;
    }
  }
  return level;
}

/// Occupancy, -1/2 inside and 1/2 outside. Smoothing an occupancy is exact for planes in any direction; smoothing the
/// distance to voxel centres keeps a pattern of the voxels. Where an axis was divided, the ramp between voxel centres
/// is that of the distance: slices are joined by shape, not by steps.
Volume<float> occupancy(const Mask& part, const Grid& grid) {
  Volume<float> field(grid);
  if (grid.size() == part.grid.size()) {
    for (std::size_t n = 0; n < part.voxels.size(); ++n) field.voxels[n] = part.voxels[n] != 0 ? -0.5F : 0.5F;
    return field;
  }
  field = resampled(image::signed_distance_mm(part), grid);
  const double step_mm = grid.spacing_mm().minCoeff();
  for (float& value : field.voxels) value = static_cast<float>(std::clamp(value / step_mm, -0.5, 0.5));
  return field;
}

/// From a smoothed occupancy to units in which the step has the slope of a distance in mm, and so little of the
/// distance to the middle of the box that it only orders what lies far from the surface.
void scale_to_mm(Volume<float>& field, double sigma_mm) {
  constexpr double kTrace = 1e-5;
  const double slope = std::sqrt(2 * std::numbers::pi) * sigma_mm;
  const Grid& grid = field.grid;
  const auto square_from_middle = [&](std::size_t axis, std::int64_t n) {
    const double steps = static_cast<double>(n) - 0.5 * static_cast<double>(grid.size()[axis] - 1);
    return std::pow(steps * grid.spacing_mm()[static_cast<Eigen::Index>(axis)], 2);
  };
  std::vector<double> along_x;
  for (std::int64_t i = 0; i < grid.size()[0]; ++i) along_x.push_back(square_from_middle(0, i));
  float* value = field.voxels.data();
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      const double across = square_from_middle(2, k) + square_from_middle(1, j);
      for (const double along : along_x) {
        *value = static_cast<float>(slope * double{*value} + kTrace * std::sqrt(across + along));
        ++value;
      }
    }
  }
}

void put_border_outside(Volume<float>& field) {
  const Size3& size = field.grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (i > 0 && j > 0 && k > 0 && i < size[0] - 1 && j < size[1] - 1 && k < size[2] - 1) continue;
        float& value = field.at(i, j, k);
        value = std::max(value, 1e-6F);
      }
    }
  }
}

}  // namespace

Result<Surface> extract_surface(const Mask& mask, const SurfaceOptions& options) {
  const image::Components parts = image::connected_components(mask);
  if (parts.count == 0) return fail(ErrorCode::kEmpty, "the mask is empty");
  const std::int64_t voxels = parts.voxels.front();
  if (voxels < kFewestSurfaceVoxels) {
    return fail(ErrorCode::kUndefined, fmt::format("the largest part has {} voxels; a surface needs at least {}",
                                                   voxels, kFewestSurfaceVoxels));
  }
  Surface surface;
  SurfaceReport& report = surface.report;
  std::int64_t all_voxels = 0;
  for (const std::int64_t count : parts.voxels) all_voxels += count;
  report.components = parts.count;
  report.satellites_share = static_cast<double>(all_voxels - voxels) / static_cast<double>(all_voxels);

  const double volume = static_cast<double>(voxels) * mask.grid.voxel_volume_mm3();
  const double radius = std::cbrt(volume * 3 / (4 * std::numbers::pi));
  const double sigma = options.smoothing_share * radius;
  const Region& largest = parts.parts.front();
  const double area = surface_area_mm2(marching_cubes(with_margin(mask.grid, largest, 0)));
  double step = std::sqrt(kVerticesPerCell * area / options.target_vertices);
  // Beyond the mask the occupancy is constant, and so is its continuation beyond the grid: the margin needs to hold the
  // level set only, which shrinking thin parts push out by no more than the smoothing reaches.
  const Mask part = with_margin(mask.grid, largest, 3 * sigma + 1.5 * step);
  const Vector3d extent = Vector3d(static_cast<double>(part.grid.size()[0]), static_cast<double>(part.grid.size()[1]),
                                   static_cast<double>(part.grid.size()[2]))
                              .cwiseProduct(part.grid.spacing_mm());
  step = std::max(step, extent.maxCoeff() / kLongestGrid);
  report.step_mm = step;

  const auto fine_grid = refined_grid(part.grid, sigma);
  if (!fine_grid) return pass_on(Result<Grid>(fine_grid));
  const auto mesh_grid = isotropic_grid(part.grid, step);
  if (!mesh_grid) return pass_on(Result<Grid>(mesh_grid));
  Volume<float> fine = occupancy(part, *fine_grid);
  smooth(fine, sigma, 0.5F);
  scale_to_mm(fine, sigma);
  Volume<float> field = resampled(fine, *mesh_grid);
  const double cell = step * step * step;
  const float level = level_of_volume(field, volume / cell);
  for (float& value : field.voxels) value -= level;
  put_border_outside(field);
  const TopologyRepair repair = repair_topology(field);
  report.handles = repair.handles;
  report.cavities = repair.cavities;
  report.repaired_share = static_cast<double>(repair.added + repair.removed) * cell / volume;
  report.lost_pieces_share = static_cast<double>(repair.lost_pieces) * cell / volume;
  if (report.repaired_share > options.max_repair_share) {
    return fail(
        ErrorCode::kUndefined,
        fmt::format(
            "closing {} handles and {} cavities would change {:.1f} % of the volume, more than the {:.0f} % allowed",
            repair.handles, repair.cavities, 100 * report.repaired_share, 100 * options.max_repair_share));
  }

  Mask inside(field.grid);
  for (std::size_t i = 0; i < field.voxels.size(); ++i) inside.voxels[i] = field.voxels[i] < 0 ? 1 : 0;
  surface.mesh = index_mesh(inside, inside.grid.box(), Hubs::kEveryQuad);
  const auto faces = static_cast<std::int64_t>(surface.mesh.triangles.size());
  RADTYPE_CHECK(2 * static_cast<std::int64_t>(surface.mesh.vertices.size()) - faces == 4);  // V - 3F/2 + F = 2
  map_vertices(field.grid.lps_from_index(), surface.mesh);
  // Where topology was repaired, only the repaired field has the surface; elsewhere the finer one is nearer to the
  // mask.
  const bool repaired = repair.added + repair.removed + repair.lost_pieces > 0;
  for (float& value : fine.voxels) value -= level;
  const double target = volume * (1 - report.lost_pieces_share);
  report.iso_mm = level + relax_onto_level(repaired ? field : fine,
                                           {.target_volume_mm3 = target, .longest_step_mm = 0.5 * step}, surface.mesh);
  return surface;
}

}  // namespace radtype::shape
