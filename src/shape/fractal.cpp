#include "radtype/shape/fractal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <Eigen/Geometry>

#include "radtype/image/region.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

constexpr double kStepsInSmallestReach = 3;
constexpr double kMostVoxels = 1 << 25;

/// Voxels of an isotropic grid that the surface passes through, with `margin_mm` around it.
Result<Mask> surface_voxels(const TriangleMesh& mesh, double step_mm, double margin_mm) {
  Vector3d low = mesh.vertices.front();
  Vector3d high = low;
  for (const Vector3d& vertex : mesh.vertices) {
    low = low.cwiseMin(vertex);
    high = high.cwiseMax(vertex);
  }
  low.array() -= margin_mm;
  high.array() += margin_mm;
  if (((high - low) / step_mm).array().ceil().prod() > kMostVoxels) {
    return fail(ErrorCode::kUndefined, "the outline is too scattered: its box is too large beside its volume");
  }
  Size3 size{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    size[axis] = static_cast<std::int64_t>(std::ceil((high[a] - low[a]) / step_mm)) + 1;
  }
  const auto grid = make_grid(size, Vector3d::Constant(step_mm), Eigen::Matrix3d::Identity(), low);
  if (!grid) return pass_on(Result<Grid>(grid));
  Mask mask(*grid);
  for (const auto& t : mesh.triangles) {
    const Vector3d& a = mesh.vertices[static_cast<std::size_t>(t[0])];
    const Vector3d u = mesh.vertices[static_cast<std::size_t>(t[1])] - a;
    const Vector3d v = mesh.vertices[static_cast<std::size_t>(t[2])] - a;
    const double longest = std::max({u.norm(), v.norm(), (u - v).norm()});
    const int parts = static_cast<int>(std::ceil(longest / (0.5 * step_mm)));
    for (int i = 0; i <= parts; ++i) {
      for (int j = 0; i + j <= parts; ++j) {
        const Vector3d at = (a + (i * u + j * v) / parts - low) / step_mm;
        const auto nearest = [&](Eigen::Index axis) { return static_cast<std::int64_t>(at[axis] + 0.5); };  // at > 0
        mask.at(nearest(0), nearest(1), nearest(2)) = 1;
      }
    }
  }
  return mask;
}

}  // namespace

Result<FractalDimension> fractal_dimension(const Mask& mask) {
  return fractal_dimension(mask, marching_cubes_at_origin(mask));
}

Result<FractalDimension> fractal_dimension(const Mask& mask, const TriangleMesh& mesh) {
  if (mesh.vertices.empty()) return fail(ErrorCode::kEmpty, "the mask is empty");
  const auto voxels = static_cast<double>(
      std::count_if(mask.voxels.begin(), mask.voxels.end(), [](std::uint8_t value) { return value != 0; }));
  const double radius = std::cbrt(voxels * mask.grid.voxel_volume_mm3() * 3 / (4 * std::numbers::pi));
  const double coarsest = mask.grid.spacing_mm().maxCoeff();
  if (coarsest > kTubeShares[0] * radius) {
    return fail(ErrorCode::kUndefined,
                fmt::format("unresolved: voxels of {:.2f} mm; a radius of {:.2f} mm asks for {:.2f} mm or less",
                            coarsest, radius, kTubeShares[0] * radius));
  }
  std::vector<double> reaches;
  for (const double share : kTubeShares) reaches.push_back(share * radius);
  const double step = reaches.front() / kStepsInSmallestReach;
  const double margin = reaches.back() + 2 * step;
  const auto surface = surface_voxels(mesh, step, margin);
  if (!surface) return pass_on(Result<Mask>(surface));
  const Volume<float> distance = image::distance_mm(*surface);
  std::vector<double> counts(reaches.size(), 0);
  for (const float value : distance.voxels) {
    for (std::size_t n = reaches.size(); n-- > 0 && value <= reaches[n];) counts[n] += 1;
  }

  FractalDimension result;
  const auto count = static_cast<double>(reaches.size());
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t n = 0; n < reaches.size(); ++n) {
    mean_x += std::log(reaches[n]) / count;
    mean_y += std::log(counts[n]) / count;
  }
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t n = 0; n < reaches.size(); ++n) {
    const double x = std::log(reaches[n]) - mean_x;
    const double y = std::log(counts[n]) - mean_y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const double slope = xy / xx;
  result.dimension = 3 - slope;
  result.fit_error = std::sqrt(std::max(yy - slope * xy, 0.0) / count);
  return result;
}

}  // namespace radtype::shape
