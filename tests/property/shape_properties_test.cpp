#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "radtype/core/label_map.h"
#include "radtype/shape/morphology.h"
#include "support/bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

/// A random mask with at least one voxel, on a random anisotropic grid somewhere in space.
Mask any_mask() {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const auto length = [&] { return static_cast<std::int64_t>(1 + random.below(9)); };
  const Size3 size{length(), length(), length()};
  Vector3d spacing, axis;  // drawn one by one: the order of arguments is the compiler's
  for (double& length_mm : spacing) length_mm = 0.3 + 4 * random.uniform();
  for (double& component : axis) component = random.normal();
  Eigen::Matrix3d direction = Eigen::AngleAxisd(3 * random.uniform(), axis.normalized()).toRotationMatrix();
  if (random.below(2) == 0) direction.col(0) *= -1;
  const Grid grid = test::grid_of(size, spacing, direction, 200 * axis);
  Mask mask = test::random_mask(grid, 0.02 + 0.96 * random.uniform(), random);
  mask.voxels[random.below(mask.voxels.size())] = 1;
  return mask;
}

void expect_equal(const Morphology& a, const Morphology& b, double length_factor, double tolerance) {
  const auto near = [&](double x, double y, int power) {
    const double expected = x * std::pow(length_factor, power);
    if (std::isnan(expected) && std::isnan(y)) return;
    RC_ASSERT(std::abs(y - expected) <= tolerance * std::max(std::abs(expected), std::pow(length_factor, power)));
  };
  near(a.volume_mm3, b.volume_mm3, 3);
  near(a.voxel_volume_mm3, b.voxel_volume_mm3, 3);
  near(a.area_mm2, b.area_mm2, 2);
  near(a.mean_radius_mm, b.mean_radius_mm, 1);
  near(a.max_diameter_mm, b.max_diameter_mm, 1);
  near(a.sphericity, b.sphericity, 0);
  near(a.axis_major_mm, b.axis_major_mm, 1);
  near(a.axis_minor_mm, b.axis_minor_mm, 1);
  near(a.axis_least_mm, b.axis_least_mm, 1);
  near(a.elongation, b.elongation, 0);
  near(a.flatness, b.flatness, 0);
}

RC_GTEST_PROP(Mesh, IsAClosedOrientedManifold, ()) {
  const TriangleMesh mesh = marching_cubes(any_mask());
  std::map<std::pair<std::int32_t, std::int32_t>, int> uses;
  for (const auto& triangle : mesh.triangles) {
    for (std::size_t n = 0; n < 3; ++n) ++uses[{triangle[n], triangle[(n + 1) % 3]}];
  }
  for (const auto& [edge, count] : uses) {
    RC_ASSERT(count == 1);
    RC_ASSERT(uses.count({edge.second, edge.first}) == 1u);
  }
  // Around every vertex the triangles form one fan: as many neighbours as triangles, all reached from the first.
  std::map<std::int32_t, std::map<std::int32_t, std::int32_t>> around;
  for (const auto& [a, b, c] : mesh.triangles) {
    around[a][b] = c;
    around[b][c] = a;
    around[c][a] = b;
  }
  RC_ASSERT(around.size() == mesh.vertices.size());
  for (const auto& [vertex, next] : around) {
    std::size_t steps = 0;
    std::int32_t at = next.begin()->first;
    do {
      at = next.at(at);
      ++steps;
    } while (at != next.begin()->first && steps <= next.size());
    RC_ASSERT(steps == next.size());
  }
  RC_ASSERT(enclosed_volume_mm3(mesh) > 0);
}

RC_GTEST_PROP(Mesh, HullContainsItAndGivesItsDiameter, ()) {
  const Mask mask = any_mask();
  const TriangleMesh mesh = marching_cubes(mask);
  double brute = 0;
  for (const auto& p : mesh.vertices) {
    for (const auto& q : mesh.vertices) brute = std::max(brute, (p - q).norm());
  }
  const double diameter = measure_morphology(mask)->max_diameter_mm;
  RC_ASSERT(std::abs(diameter - brute) <= 1e-12 * brute);
  const auto hull = convex_hull(mesh.vertices);
  RC_ASSERT(hull.has_value());
  RC_ASSERT(hull->volume_mm3 >= enclosed_volume_mm3(mesh) * (1 - 1e-12));
  double of_hull = 0;
  for (const std::int32_t p : hull->vertex_ids) {
    for (const std::int32_t q : hull->vertex_ids) {
      of_hull = std::max(
          of_hull, (mesh.vertices[static_cast<std::size_t>(p)] - mesh.vertices[static_cast<std::size_t>(q)]).norm());
    }
  }
  RC_ASSERT(std::abs(of_hull - brute) <= 1e-12 * brute);
}

RC_GTEST_PROP(Morphology, FlipsAndPermutationsOfTheAxesChangeNothing, ()) {
  const Mask mask = any_mask();
  std::array<int, 3> axes{0, 1, 2};
  for (int n = *rc::gen::inRange(0, 6); n > 0; --n) std::next_permutation(axes.begin(), axes.end());
  const auto flips = *rc::gen::arbitrary<std::array<bool, 3>>();
  expect_equal(*measure_morphology(mask), *measure_morphology(test::rearranged(mask, axes, flips)), 1.0, 1e-12);
}

RC_GTEST_PROP(Morphology, PositionChangesNoBit, ()) {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const Mask mask = any_mask();
  const auto shift = [&] { return static_cast<std::int64_t>(random.below(7)); };
  const Box box{{-shift(), -shift(), -shift()},
                {mask.grid.size()[0] + shift(), mask.grid.size()[1] + shift(), mask.grid.size()[2] + shift()}};
  Region region;
  region.runs = runs_of(mask);
  const Morphology here = *measure_morphology(mask);
  const Morphology there = *measure_morphology(dense_mask(mask.grid, region, box));
  RC_ASSERT(std::memcmp(&here, &there, sizeof here) == 0);
}

RC_GTEST_PROP(Morphology, ScaleIsCarriedByUnits, ()) {
  const Mask mask = any_mask();
  const double scale = std::pow(10.0, *rc::gen::inRange(-2, 3));
  Mask scaled = mask;
  scaled.grid =
      make_grid(mask.grid.size(), scale * mask.grid.spacing_mm(), mask.grid.direction(), mask.grid.origin_lps_mm())
          .value();
  expect_equal(*measure_morphology(mask), *measure_morphology(scaled), scale, 1e-12);
}

}  // namespace
}  // namespace radtype::shape
