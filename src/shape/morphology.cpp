#include "radtype/shape/morphology.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <Eigen/Eigenvalues>

#include "shape/index_mesh.h"

namespace radtype::shape {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

/// Sums over the voxels inside, of indices relative to the middle of the box. All integers are exact: a grid of at most
/// 2^33 voxels and 2^16 per axis keeps every sum below 2^63.
struct IndexSums {
  std::int64_t count = 0;
  std::array<std::int64_t, 3> first{};
  std::array<std::array<std::int64_t, 3>, 3> second{};
};

IndexSums sum_indices(const Mask& mask, const Box& box) {
  const Size3 size = box.size();
  IndexSums sums;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      std::int64_t n = 0, x = 0, xx = 0;
      for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i) {
        if (mask.at(i, j, k) == 0) continue;
        const std::int64_t u = i - box.lo[0] - size[0] / 2;
        ++n;
        x += u;
        xx += u * u;
      }
      const std::int64_t y = j - box.lo[1] - size[1] / 2;
      const std::int64_t z = k - box.lo[2] - size[2] / 2;
      sums.count += n;
      sums.first[0] += x;
      sums.first[1] += n * y;
      sums.first[2] += n * z;
      sums.second[0][0] += xx;
      sums.second[0][1] += x * y;
      sums.second[0][2] += x * z;
      sums.second[1][1] += n * y * y;
      sums.second[1][2] += n * y * z;
      sums.second[2][2] += n * z * z;
    }
  }
  return sums;
}

/// Lengths of the principal axes, descending, in mm.
Vector3d axis_lengths_mm(const IndexSums& sums, const Matrix3d& mm_from_index) {
  // IBSI's reference values hold with the divisor N - 1; one voxel has no spread.
  if (sums.count == 1) return Vector3d::Zero();
  const auto count = static_cast<double>(sums.count);
  Matrix3d covariance;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      const auto product = static_cast<double>(sums.second[std::min(a, b)][std::max(a, b)]);
      covariance(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) =
          (product - static_cast<double>(sums.first[a]) * static_cast<double>(sums.first[b]) / count) / (count - 1);
    }
  }
  const Matrix3d in_mm = mm_from_index * covariance * mm_from_index.transpose();
  const Eigen::SelfAdjointEigenSolver<Matrix3d> solver(in_mm, Eigen::EigenvaluesOnly);
  RADTYPE_CHECK(solver.info() == Eigen::Success);
  Vector3d eigenvalues = solver.eigenvalues().reverse();
  // What rounding leaves of an exactly zero variance is no thickness.
  for (double& value : eigenvalues) {
    if (value < 1e-14 * eigenvalues[0]) value = 0;
  }
  return 4.0 * eigenvalues.cwiseSqrt();
}

/// The mean over a triangle is taken at its edge midpoints (exact to second order). On a rectangle that counts the
/// centre twice and each side once, whichever diagonal cuts it.
double mean_radius_mm(const TriangleMesh& mesh) {
  const auto corners = [&](const std::array<std::int32_t, 3>& triangle) {
    const auto at = [&](std::size_t n) { return mesh.vertices[static_cast<std::size_t>(triangle[n])]; };
    return std::array<Vector3d, 3>{at(0), at(1), at(2)};
  };
  const auto twice_area = [](const Vector3d& a, const Vector3d& b, const Vector3d& c) {
    return (b - a).cross(c - a).norm();
  };
  double weights = 0;
  Vector3d moment = Vector3d::Zero();
  for (const auto& triangle : mesh.triangles) {
    const auto [a, b, c] = corners(triangle);
    const double weight = twice_area(a, b, c);
    weights += weight;
    moment += weight * (a + b + c);
  }
  const Vector3d centroid = moment / (3 * weights);
  double sum = 0;
  for (const auto& triangle : mesh.triangles) {
    const auto [a, b, c] = corners(triangle);
    sum += twice_area(a, b, c) *
           (((a + b) / 2 - centroid).norm() + ((b + c) / 2 - centroid).norm() + ((c + a) / 2 - centroid).norm());
  }
  return sum / (3 * weights);
}

/// Voxels that can be vertices of the convex hull of all voxel centres inside: the corners of each slice's own planar
/// hull (andrew1979 on the ends of its rows, in exact integers), relative to box.lo.
std::vector<Size3> slice_hull_corners(const Mask& mask, const Box& box) {
  std::vector<Size3> corners;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    // Left ends, and right ends mirrored, each make a chain that must be convex.
    std::array<std::vector<Size3>, 2> chains;
    const auto append = [](std::vector<Size3>& chain, const Size3& point, std::int64_t side) {
      while (chain.size() >= 2) {
        const Size3& p = chain[chain.size() - 2];
        const Size3& q = chain.back();
        const std::int64_t turn = (q[0] - p[0]) * (point[1] - p[1]) - (q[1] - p[1]) * (point[0] - p[0]);
        if (side * turn < 0) break;
        chain.pop_back();
      }
      chain.push_back(point);
    };
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      const std::uint8_t* row = mask.voxels.data() + mask.offset(0, j, k);
      std::int64_t first = box.lo[0];
      while (first < box.hi[0] && row[first] == 0) ++first;
      if (first == box.hi[0]) continue;
      std::int64_t last = box.hi[0] - 1;
      while (row[last] == 0) --last;
      append(chains[0], {first - box.lo[0], j - box.lo[1], k - box.lo[2]}, 1);
      append(chains[1], {last - box.lo[0], j - box.lo[1], k - box.lo[2]}, -1);
    }
    for (const auto& chain : chains) corners.insert(corners.end(), chain.begin(), chain.end());
  }
  return corners;
}

/// Points, from the first voxel of the box, whose convex hull is that of the mesh: the hull of the mesh is that of all
/// voxel centres inside, each with the six points half a voxel away along the axes, and a vertex of it is such a point
/// of a vertex of the centres' hull.
std::vector<Vector3d> hull_points(const Mask& mask, const Box& box, const Matrix3d& mm_from_index) {
  std::vector<Vector3d> centres;
  for (const Size3& corner : slice_hull_corners(mask, box)) {
    centres.emplace_back(static_cast<double>(corner[0]), static_cast<double>(corner[1]),
                         static_cast<double>(corner[2]));
  }
  // Centres in one plane have no hull, and are few after the slices' own hulls.
  if (const auto hull = convex_hull(centres)) {
    std::vector<Vector3d> kept;
    for (const std::int32_t id : hull->vertex_ids) kept.push_back(centres[static_cast<std::size_t>(id)]);
    centres = std::move(kept);
  }
  std::vector<Vector3d> points;
  for (const Vector3d& centre : centres) {
    for (int axis = 0; axis < 3; ++axis) {
      for (const double half : {-0.5, 0.5}) points.emplace_back(mm_from_index * (centre + half * Vector3d::Unit(axis)));
    }
  }
  return points;
}

double largest_distance(const std::vector<Vector3d>& points) {
  struct Candidate {
    Vector3d at;
    double radius;  // from the middle of the candidates
  };
  std::vector<Candidate> candidates;
  Vector3d middle = Vector3d::Zero();
  for (const Vector3d& point : points) middle += point / static_cast<double>(points.size());
  for (const Vector3d& point : points) candidates.push_back({point, (point - middle).norm()});
  // |p - q| <= radius(p) + radius(q): farthest first, most pairs need not be looked at.
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& p, const Candidate& q) { return p.radius > q.radius; });
  double largest = 0;
  for (std::size_t p = 1; p < candidates.size(); ++p) {
    const double reach = largest * (1 - 1e-12);
    if (candidates[p].radius + candidates[0].radius < reach) break;
    for (std::size_t q = 0; q < p; ++q) {
      if (candidates[p].radius + candidates[q].radius < reach) break;
      largest = std::max(largest, (candidates[p].at - candidates[q].at).norm());
    }
  }
  return largest;
}

}  // namespace

Result<Morphology> measure_morphology(const Mask& mask) {
  return measure_morphology(mask, marching_cubes_at_origin(mask));
}

Result<Morphology> measure_morphology(const Mask& mask, const TriangleMesh& mesh) {
  const Box box = inside_box(mask);
  if (box.empty()) return fail(ErrorCode::kEmpty, "the mask has no voxels: there is no shape to measure");

  const Matrix3d mm_from_index = mask.grid.lps_from_index().linear;
  Morphology result;
  result.volume_mm3 = enclosed_volume_mm3(mesh);
  result.area_mm2 = surface_area_mm2(mesh);
  result.mean_radius_mm = mean_radius_mm(mesh);
  result.sphericity = std::cbrt(36 * std::numbers::pi * result.volume_mm3 * result.volume_mm3) / result.area_mm2;
  const std::vector<Vector3d> around = hull_points(mask, box, mm_from_index);
  result.max_diameter_mm = largest_distance(around);
  const auto hull = convex_hull(around);
  RADTYPE_CHECK(hull.has_value());  // half a voxel in every direction spans a volume
  result.hull_volume_mm3 = hull->volume_mm3;
  result.hull_area_mm2 = hull->area_mm2;

  const IndexSums sums = sum_indices(mask, box);
  result.voxel_volume_mm3 = static_cast<double>(sums.count) * mask.grid.voxel_volume_mm3();
  const Vector3d axes = axis_lengths_mm(sums, mm_from_index);
  result.axis_major_mm = axes[0];
  result.axis_minor_mm = axes[1];
  result.axis_least_mm = axes[2];
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  result.elongation = axes[0] > 0 ? axes[1] / axes[0] : kNone;
  result.flatness = axes[0] > 0 ? axes[2] / axes[0] : kNone;
  return result;
}

}  // namespace radtype::shape
