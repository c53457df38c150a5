#include <cmath>
#include <map>

#include <gtest/gtest.h>
#include <Eigen/Geometry>

#include "radtype/shape/mesh.h"
#include "shape/cube_table.h"
#include "support/bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;
using test::grid_of;

Vector3d edge_midpoint(std::uint8_t edge) {
  const unsigned corner = kEdgeCorner[edge];
  Vector3d at(corner & 1u, corner >> 1 & 1u, corner >> 2);
  at[edge / 4] = 0.5;
  return at;
}

std::vector<std::vector<std::uint8_t>> loops_of(unsigned inside) {
  std::vector<std::vector<std::uint8_t>> loops;
  const CubeLoops& table = kCubeTable[inside];
  for (std::size_t at = 0; table[at] != 0; at += table[at] + std::size_t{1}) {
    const auto first = table.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    loops.emplace_back(first, first + table[at]);
  }
  return loops;
}

TEST(CubeTable, EveryCrossedEdgeIsInExactlyOneLoop) {
  std::map<std::size_t, int> lengths;
  for (unsigned inside = 0; inside < 256; ++inside) {
    std::array<int, 12> uses{};
    for (const auto& loop : loops_of(inside)) {
      ++lengths[loop.size()];
      for (const std::uint8_t edge : loop) ++uses[edge];
    }
    for (std::uint8_t edge = 0; edge < 12; ++edge) {
      const unsigned low = kEdgeCorner[edge];
      const unsigned high = low | 1u << (edge / 4);
      EXPECT_EQ(uses[edge], ((inside >> low ^ inside >> high) & 1u) != 0 ? 1 : 0) << inside;
    }
  }
  EXPECT_EQ(lengths, (std::map<std::size_t, int>{{3, 144}, {4, 66}, {5, 72}, {6, 52}, {7, 24}}));
}

TEST(CubeTable, DiagonalInsideCornersOfAFaceAreSeparated) {
  EXPECT_EQ(loops_of(0b00000110).size(), 2u);  // two corners of one face: two triangles
  EXPECT_EQ(loops_of(0b01101001).size(), 4u);  // every other corner: four triangles
  EXPECT_EQ(loops_of(0b11111001).size(), 1u);  // the complement is joined instead
}

TEST(CubeTable, LoopsOfFourAndTheTrapezoidOfFiveArePlanar) {
  const auto off_plane = [](const std::vector<std::uint8_t>& loop, std::array<std::size_t, 4> n) {
    const Vector3d a = edge_midpoint(loop[n[0]]);
    return std::abs(
        (edge_midpoint(loop[n[1]]) - a).cross(edge_midpoint(loop[n[2]]) - a).dot(edge_midpoint(loop[n[3]]) - a));
  };
  for (unsigned inside = 0; inside < 256; ++inside) {
    for (const auto& loop : loops_of(inside)) {
      if (loop.size() == 4) {
        EXPECT_EQ(off_plane(loop, {0, 1, 2, 3}), 0.0) << inside;
      }
      if (loop.size() == 5) {
        EXPECT_EQ(off_plane(loop, {0, 2, 3, 4}), 0.0) << inside;
        EXPECT_GT(off_plane(loop, {0, 1, 2, 3}), 0.0) << inside;
      }
    }
  }
}

/// Volume and area of the surface of a box of voxels: flat faces, chamfered edges, corners cut off.
void expect_box(const Size3& voxels, const Vector3d& spacing, const Eigen::Matrix3d& direction) {
  Mask mask(grid_of({voxels[0] + 2, voxels[1] + 3, voxels[2] + 2}, spacing, direction, {-70, 33, 910}));
  for (std::int64_t k = 0; k < voxels[2]; ++k) {
    for (std::int64_t j = 0; j < voxels[1]; ++j) {
      for (std::int64_t i = 0; i < voxels[0]; ++i) mask.at(i + 1, j + 2, k) = 1;
    }
  }
  const TriangleMesh mesh = marching_cubes(mask);
  const Vector3d n(static_cast<double>(voxels[0]), static_cast<double>(voxels[1]), static_cast<double>(voxels[2]));
  const Vector3d flat = (n - Vector3d::Ones()).cwiseProduct(spacing);
  const double volume = (n.prod() - 0.5 * (n.sum() - 3) - 40.0 / 48.0) * spacing.prod();
  const Vector3d products(spacing[1] * spacing[2], spacing[2] * spacing[0], spacing[0] * spacing[1]);
  double area = products.norm();  // eight corner triangles
  for (int axis = 0; axis < 3; ++axis) {
    const int u = (axis + 1) % 3;
    const int v = (axis + 2) % 3;
    area += 2 * flat[u] * flat[v] + 2 * flat[axis] * std::hypot(spacing[u], spacing[v]);
  }
  EXPECT_NEAR(enclosed_volume_mm3(mesh) / volume, 1.0, 1e-12);
  EXPECT_NEAR(surface_area_mm2(mesh) / area, 1.0, 1e-12);
}

TEST(MarchingCubes, BoxesHaveTheirClosedFormInRightAndLeftHandedGrids) {
  const Eigen::Matrix3d turned = Eigen::AngleAxisd(0.7, Vector3d(1, -2, 0.5).normalized()).toRotationMatrix();
  Eigen::Matrix3d mirrored = turned;
  mirrored.col(1) *= -1;
  for (const Size3& voxels : {Size3{1, 1, 1}, Size3{2, 1, 1}, Size3{2, 3, 4}, Size3{7, 5, 1}}) {
    for (const auto& direction : {Eigen::Matrix3d(Eigen::Matrix3d::Identity()), turned, mirrored}) {
      expect_box(voxels, {0.7, 1.1, 3.0}, direction);
    }
  }
}

TEST(MarchingCubes, SingleVoxelIsAnOctahedron) {
  Mask mask(grid_of({1, 1, 1}));
  mask.at(0, 0, 0) = 1;  // touches every border of its grid
  const TriangleMesh mesh = marching_cubes(mask);
  EXPECT_EQ(mesh.vertices.size(), 6u);
  EXPECT_EQ(mesh.triangles.size(), 8u);
  EXPECT_DOUBLE_EQ(enclosed_volume_mm3(mesh), 1.0 / 6.0);
  EXPECT_DOUBLE_EQ(surface_area_mm2(mesh), std::sqrt(3.0));
}

TEST(MarchingCubes, EmptyMaskHasNoSurface) {
  const TriangleMesh mesh = marching_cubes(Mask(grid_of({4, 4, 4})));
  EXPECT_TRUE(mesh.triangles.empty());
  EXPECT_EQ(surface_area_mm2(mesh), 0.0);
  EXPECT_EQ(enclosed_volume_mm3(mesh), 0.0);
}

TEST(MarchingCubes, EulerCharacteristicTellsBallTorusAndShellApart) {
  const Grid grid = grid_of({40, 40, 20}, {1, 1, 1}, Eigen::Matrix3d::Identity(), {-20, -20, -10});
  const auto characteristic = [&](auto inside) {
    const TriangleMesh mesh = marching_cubes(test::voxelised(grid, inside));
    // A closed triangulation has 3 F / 2 edges.
    return static_cast<std::int64_t>(mesh.vertices.size()) - static_cast<std::int64_t>(mesh.triangles.size()) / 2;
  };
  EXPECT_EQ(characteristic([](const Vector3d& p) { return p.norm() < 7; }), 2);
  EXPECT_EQ(characteristic([](const Vector3d& p) { return std::hypot(std::hypot(p[0], p[1]) - 12, p[2]) < 4; }), 0);
  EXPECT_EQ(characteristic([](const Vector3d& p) { return p.norm() < 8 && p.norm() > 4; }), 4);
}

/// Volume of the part of one cube that its surface bounds, as a closed polyhedron of surface and face pieces: the
/// second route to the volume of a mesh.
double inside_volume_of_cube(unsigned inside) {
  const auto corner = [](unsigned c) { return Vector3d(c & 1u, c >> 1 & 1u, c >> 2); };
  const Vector3d middle = Vector3d::Constant(0.5);
  double six_fold = 0;
  const auto add = [&](const Vector3d& a, const Vector3d& b, const Vector3d& c) {
    six_fold += (a - middle).dot((b - middle).cross(c - middle));
  };
  Mask mask(grid_of({2, 2, 2}));
  for (unsigned c = 0; c < 8; ++c) mask.voxels[c] = inside >> c & 1u;
  const TriangleMesh mesh = marching_cubes(mask);
  for (const auto& triangle : mesh.triangles) {
    std::array<Vector3d, 3> at;
    bool in_cube = true;
    for (std::size_t n = 0; n < 3; ++n) {
      at[n] = mesh.vertices[static_cast<std::size_t>(triangle[n])];
      in_cube = in_cube && at[n].minCoeff() >= 0 && at[n].maxCoeff() <= 1;
    }
    if (in_cube) add(at[0], at[1], at[2]);
  }
  // Faces, counter-clockwise from outside; pieces around each run of inside corners.
  constexpr std::array<std::array<unsigned, 4>, 6> kFaces = {
      {{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}}};
  for (const auto& face : kFaces) {
    const auto is_inside = [&](std::size_t n) { return (inside >> face[n % 4] & 1u) != 0; };
    const auto at = [&](std::size_t n) { return corner(face[n % 4]); };
    if (is_inside(0) && is_inside(1) && is_inside(2) && is_inside(3)) {
      add(at(0), at(1), at(2));
      add(at(0), at(2), at(3));
      continue;
    }
    for (std::size_t n = 0; n < 4; ++n) {
      if (is_inside(n) || !is_inside(n + 1)) continue;
      const Vector3d entry = (at(n) + at(n + 1)) / 2;
      std::size_t m = n + 1;
      for (; is_inside(m + 1); ++m) add(entry, at(m), at(m + 1));
      add(entry, at(m), (at(m) + at(m + 1)) / 2);
    }
  }
  return six_fold / 6;
}

TEST(MarchingCubes, VolumeBySurfaceEqualsVolumeByCubes) {
  std::array<double, 256> by_case{};
  for (unsigned inside = 0; inside < 256; ++inside) by_case[inside] = inside_volume_of_cube(inside);
  EXPECT_DOUBLE_EQ(by_case[0], 0.0);
  EXPECT_DOUBLE_EQ(by_case[1], 1.0 / 48.0);
  EXPECT_DOUBLE_EQ(by_case[15], 0.5);
  EXPECT_DOUBLE_EQ(by_case[255], 1.0);
  Random random(17);
  for (const double density : {0.1, 0.5, 0.9}) {
    const Mask mask = test::random_mask(grid_of({14, 11, 9}, {0.7, 1.1, 3.0}), density, random);
    double sum = 0;
    for (std::int64_t k = -1; k < 9; ++k) {
      for (std::int64_t j = -1; j < 11; ++j) {
        for (std::int64_t i = -1; i < 14; ++i) {
          unsigned inside = 0;
          for (unsigned c = 0; c < 8; ++c) {
            const std::int64_t x = i + (c & 1u), y = j + (c >> 1 & 1u), z = k + (c >> 2);
            const bool within = x >= 0 && y >= 0 && z >= 0 && x < 14 && y < 11 && z < 9;
            if (within && mask.at(x, y, z) != 0) inside |= 1u << c;
          }
          sum += by_case[inside];
        }
      }
    }
    EXPECT_NEAR(enclosed_volume_mm3(marching_cubes(mask)) / (sum * mask.grid.voxel_volume_mm3()), 1.0, 1e-12);
  }
}

TEST(ConvexHull, CubeWithInnerAndCoplanarPoints) {
  std::vector<Vector3d> points;
  for (int z = 0; z <= 2; ++z) {
    for (int y = 0; y <= 2; ++y) {
      for (int x = 0; x <= 2; ++x) points.emplace_back(x, y, z);
    }
  }
  const auto hull = convex_hull(points);
  ASSERT_TRUE(hull);
  EXPECT_EQ(hull->vertex_ids, (std::vector<std::int32_t>{0, 2, 6, 8, 18, 20, 24, 26}));
  EXPECT_NEAR(hull->volume_mm3, 8.0, 1e-12);
  EXPECT_NEAR(hull->area_mm2, 24.0, 1e-12);
}

TEST(ConvexHull, FlatPointSetsHaveNoVolume) {
  std::vector<Vector3d> plane;
  for (int n = 0; n < 20; ++n) plane.emplace_back(n % 5, n / 5, 2 * (n % 5) - n / 5);
  for (const auto& points :
       {std::vector<Vector3d>{}, std::vector<Vector3d>(9, Vector3d(1, 2, 3)), plane,
        std::vector<Vector3d>{Vector3d(0, 0, 0), Vector3d(1, 1, 1), Vector3d(2, 2, 2), Vector3d(3, 3, 3)}}) {
    testing::internal::CaptureStderr();
    const auto hull = convex_hull(points);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    ASSERT_FALSE(hull);
    EXPECT_EQ(hull.error().code(), ErrorCode::kUndefined);
  }
}

}  // namespace
}  // namespace radtype::shape
