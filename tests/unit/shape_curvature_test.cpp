#include "radtype/shape/curvature.h"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "radtype/shape/fractal.h"
#include "radtype/shape/peaks.h"
#include "shape/surface_operators.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

TriangleMesh torus_mesh(double big, double small, int around, int across) {
  TriangleMesh mesh;
  const auto id = [&](int i, int j) { return (i % around) * across + j % across; };
  for (int i = 0; i < around; ++i) {
    for (int j = 0; j < across; ++j) {
      const double u = 2 * std::numbers::pi * i / around;
      const double v = 2 * std::numbers::pi * j / across;
      const double r = big + small * std::cos(v);
      mesh.vertices.emplace_back(r * std::cos(u), r * std::sin(u), small * std::sin(v));
      mesh.triangles.push_back({id(i, j), id(i + 1, j), id(i + 1, j + 1)});
      mesh.triangles.push_back({id(i, j), id(i + 1, j + 1), id(i, j + 1)});
    }
  }
  return mesh;
}

TEST(Curvature, BallIsRoundEverywhere) {
  TriangleMesh mesh = test::icosphere(4);
  for (Vector3d& v : mesh.vertices) v *= 7;
  const auto k = principal_curvatures(mesh);
  EXPECT_NEAR(k.larger.maxCoeff(), 1.0 / 7, 0.01 / 7);
  EXPECT_NEAR(k.smaller.minCoeff(), 1.0 / 7, 0.01 / 7);
  const auto summary = summarise(mesh, k, 7);
  EXPECT_NEAR(summary.bending_energy, 1, 0.002);
  EXPECT_NEAR(summary.curvedness, 1, 0.002);
  EXPECT_NEAR(summary.share[static_cast<std::size_t>(Place::kCap)], 1, 1e-12);
}

TEST(Curvature, GaussBonnetOnAnEllipsoid) {
  TriangleMesh mesh = test::icosphere(5);
  for (Vector3d& v : mesh.vertices) v = v.cwiseProduct(Vector3d(5, 7, 10));
  const auto k = principal_curvatures(mesh);
  const Eigen::VectorXd area = vertex_areas(mesh.vertices, mesh.triangles);
  EXPECT_NEAR(area.dot(k.larger.cwiseProduct(k.smaller)) / (4 * std::numbers::pi), 1, 0.002);
  // At the ends of the longest axis both radii of curvature are known: b^2/a and c^2/a.
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    if (mesh.vertices[i][2] < 9.999) continue;
    EXPECT_NEAR(k.larger[static_cast<Eigen::Index>(i)], 10.0 / 25, 0.01);
    EXPECT_NEAR(k.smaller[static_cast<Eigen::Index>(i)], 10.0 / 49, 0.01);
  }
}

TEST(Curvature, CliffordTorusHasTheWillmoreEnergy) {
  const TriangleMesh mesh = torus_mesh(std::numbers::sqrt2, 1, 160, 120);
  const auto summary = summarise(mesh, principal_curvatures(mesh), 1);
  EXPECT_NEAR(summary.bending_energy, std::numbers::pi / 2, 0.005);
  // The inner half is saddle-shaped or a groove, the outer half ridge or dome.
  const double outer =
      summary.share[static_cast<std::size_t>(Place::kRidge)] + summary.share[static_cast<std::size_t>(Place::kCap)];
  EXPECT_GT(outer, 0.5);
  EXPECT_GT(summary.share[static_cast<std::size_t>(Place::kSaddle)], 0.1);
  EXPECT_NEAR(summary.share[static_cast<std::size_t>(Place::kCup)], 0, 1e-12);
}

TEST(Curvature, TurnedInsideOutItChangesSign) {
  TriangleMesh mesh = test::icosphere(3);
  for (auto& t : mesh.triangles) std::swap(t[1], t[2]);
  const auto k = principal_curvatures(mesh);
  EXPECT_LT(k.larger.maxCoeff(), 0);
}

/// Bumps of height `h`, angular width `w` at given directions on a unit sphere.
TriangleMesh bumpy(const std::vector<std::tuple<Vector3d, double, double>>& bumps) {
  TriangleMesh mesh = test::icosphere(5);
  for (Vector3d& v : mesh.vertices) {
    double r = 1;
    for (const auto& [direction, height, width] : bumps) {
      const double angle = std::acos(std::clamp(v.dot(direction.normalized()), -1.0, 1.0));
      r += height * std::exp(-0.5 * angle * angle / (width * width));
    }
    v *= r;
  }
  return mesh;
}

TEST(Peaks, AreCountedByProminence) {
  const TriangleMesh mesh =
      bumpy({{Vector3d::UnitX(), 0.8, 0.15}, {Vector3d::UnitY(), 0.5, 0.15}, {Vector3d(-1, -1, 1), 0.05, 0.1}});
  Eigen::VectorXd radius(static_cast<Eigen::Index>(mesh.vertices.size()));
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) radius[static_cast<Eigen::Index>(i)] = mesh.vertices[i].norm();
  const auto peaks = find_peaks(mesh, radius, 0.1);
  ASSERT_EQ(peaks.size(), 2u);
  EXPECT_NEAR(peaks[0].prominence, 0.8, 0.01);
  EXPECT_NEAR(peaks[1].prominence, 0.5, 0.01);
  EXPECT_GT(mesh.vertices[static_cast<std::size_t>(peaks[0].apex)][0], 1.79);
  EXPECT_GT(peaks[0].share, 0.005);
  EXPECT_LT(peaks[0].share, 0.1);
  EXPECT_EQ(find_peaks(mesh, radius, 0.03).size(), 3u);
  EXPECT_EQ(find_peaks(mesh, radius, 0.9).size(), 0u);
  EXPECT_EQ(find_peaks(mesh, -radius, 0.1).size(), 0u) << "no valley stands out from the median";
}

TEST(Peaks, ANarrowBumpIsSharperThanAWideOne) {
  const auto sharpness = [](double height, double width) {
    const TriangleMesh mesh = bumpy({{Vector3d(0.3, 0.2, 1), height, width}});
    Eigen::VectorXd radius(static_cast<Eigen::Index>(mesh.vertices.size()));
    for (std::size_t i = 0; i < mesh.vertices.size(); ++i)
      radius[static_cast<Eigen::Index>(i)] = mesh.vertices[i].norm();
    const auto peaks = find_peaks(mesh, radius, 0.1);
    EXPECT_EQ(peaks.size(), 1u);
    return measure_protrusion(mesh, peaks.at(0)).sharpness();
  };
  // Upper half of a Gaussian bump of height h and width w on the unit sphere: it ends at the angle a = w sqrt(2 ln 2).
  const auto expected = [](double height, double width) {
    const double angle = width * std::sqrt(2 * std::numbers::ln2);
    const double rim = 1 + height / 2;
    return (1 + height - rim * std::cos(angle)) / (2 * rim * std::sin(angle));
  };
  EXPECT_NEAR(sharpness(0.6, 0.1) / expected(0.6, 0.1), 1, 0.1);
  EXPECT_NEAR(sharpness(0.3, 0.5) / expected(0.3, 0.5), 1, 0.05);
  EXPECT_GT(expected(0.6, 0.1), 3 * expected(0.3, 0.5));
}

TEST(Fractal, BallFollowsItsTube) {
  const double radius = 15;
  const auto measured = fractal_dimension(test::voxelise(test::ball(radius), radius, Vector3d::Ones()));
  ASSERT_TRUE(measured);
  // The same fit on 4/3 pi ((R + r)^3 - (R - r)^3).
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const double share : kTubeShares) {
    const double x = std::log(share);
    const double y = std::log(std::pow(1 + share, 3) - std::pow(1 - share, 3));
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double count = kTubeShares.size();
  const double slope = (sxy - sx * sy / count) / (sxx - sx * sx / count);
  EXPECT_NEAR(measured->dimension, 3 - slope, 0.03);
}

TEST(Fractal, RoughIsHigherAndCoarseIsRefused) {
  const auto smooth = fractal_dimension(test::voxelise(test::ball(16), 16, Vector3d::Ones()));
  const auto rough = fractal_dimension(test::voxelise(
      [](const Vector3d& p) {
        return p.norm() < 16 * (1 + 0.25 * std::sin(0.9 * p[0]) * std::sin(0.9 * p[1]) * std::sin(0.9 * p[2]));
      },
      21, Vector3d::Ones()));
  ASSERT_TRUE(smooth && rough);
  EXPECT_GT(rough->dimension, smooth->dimension + 0.03);
  const auto coarse = fractal_dimension(test::voxelise(test::ball(16), 16, Vector3d(1, 1, 4)));
  ASSERT_FALSE(coarse);
  EXPECT_EQ(coarse.error().code(), ErrorCode::kUndefined);
}

}  // namespace
}  // namespace radtype::shape
