#include <cmath>
#include <fstream>
#include <numbers>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/shape/morphology.h"
#include "support/bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;
using std::numbers::pi;

/// An ellipsoid with semi-axes a (mm) about a point that is no lattice point, at spacing h.
Morphology ellipsoid(const Vector3d& a, const Vector3d& h, Random& random, const Eigen::Matrix3d& turn) {
  const double reach = a.maxCoeff() + 2 * h.maxCoeff();
  Vector3d offset;  // drawn one by one: the order of arguments is the compiler's
  for (double& share : offset) share = random.uniform() - 0.5;
  Size3 size{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    size[axis] = static_cast<std::int64_t>(std::ceil(2 * reach / h[static_cast<Eigen::Index>(axis)]));
  }
  const Grid grid =
      test::grid_of(size, h, Eigen::Matrix3d::Identity(), Vector3d::Constant(-reach) + offset.cwiseProduct(h));
  return *measure_morphology(test::voxelised(
      grid, [&](const Vector3d& p) { return (turn.transpose() * p).cwiseQuotient(a).squaredNorm() < 1; }));
}

/// Root mean square, over eight positions, of the relative errors of a ball of radius 1, and its mean area ratio.
struct BallError {
  double volume = 0, radius = 0, diameter = 0, axis = 0, area_ratio = 0;
};
BallError ball_error(double voxels_per_radius, double slice_factor = 1) {
  Random random(99);
  BallError error;
  constexpr int kPositions = 8;
  for (int n = 0; n < kPositions; ++n) {
    const Vector3d spacing = Vector3d(1, 1, slice_factor) / voxels_per_radius;
    const Morphology m = ellipsoid(Vector3d::Ones(), spacing, random, Eigen::Matrix3d::Identity());
    error.volume += std::pow(m.volume_mm3 / (4 * pi / 3) - 1, 2) / kPositions;
    error.radius += std::pow(m.mean_radius_mm - 1, 2) / kPositions;
    error.diameter += std::pow(m.max_diameter_mm / 2 - 1, 2) / kPositions;
    // A solid ball has variance R^2 / 5 along every axis.
    error.axis += std::pow(m.axis_minor_mm / (4 / std::sqrt(5.0)) - 1, 2) / kPositions;
    error.area_ratio += m.area_mm2 / (4 * pi) / kPositions;
  }
  for (double* squared : {&error.volume, &error.radius, &error.diameter, &error.axis}) *squared = std::sqrt(*squared);
  return error;
}

double order(double coarse_error, double fine_error, double refinement) {
  return std::log(coarse_error / fine_error) / std::log(refinement);
}

TEST(Morphology, BallConvergesAndItsAreaDoesNot) {
  std::string table =
      "| voxels per radius | volume | mean radius | max diameter | axis length | area / true area |\n"
      "|---|---|---|---|---|---|\n";
  std::vector<BallError> errors;
  for (const double voxels : {4.0, 8.0, 16.0, 32.0}) {
    errors.push_back(ball_error(voxels));
    const BallError& e = errors.back();
    table += fmt::format("| {} | {:.4f} | {:.4f} | {:.4f} | {:.4f} | {:.3f} |\n", voxels, e.volume, e.radius,
                         e.diameter, e.axis, e.area_ratio);
  }
  const BallError thick = ball_error(16, 4);
  table += fmt::format("| 16, slices 4 times as thick | {:.4f} | {:.4f} | {:.4f} | {:.4f} | {:.3f} |\n", thick.volume,
                       thick.radius, thick.diameter, thick.axis, thick.area_ratio);
  std::printf("%s", table.c_str());
  std::ifstream file(std::string(RADTYPE_SOURCE_DIR) + "/docs/methods/morphology.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(page, testing::HasSubstr(table)) << "the page is out of step";

  // Voxel centres fill a body to second order; the farthest vertices stand out by a share of a voxel.
  const BallError& coarse = errors.front();
  const BallError& fine = errors.back();
  EXPECT_GT(order(coarse.volume, fine.volume, 8), 1.7);
  EXPECT_GT(order(coarse.radius, fine.radius, 8), 1.7);
  EXPECT_GT(order(coarse.axis, fine.axis, 8), 1.7);
  EXPECT_NEAR(order(coarse.diameter, fine.diameter, 8), 1.0, 0.2);
  EXPECT_LT(fine.volume, 1e-3);
  EXPECT_LT(fine.radius, 3e-4);
  EXPECT_LT(fine.axis, 3e-4);
  EXPECT_LT(fine.diameter, 2e-2);
  EXPECT_NEAR(fine.area_ratio, 1.088, 0.002);
}

TEST(Morphology, EllipsoidOnAnisotropicVoxelsHasItsAxes) {
  Random random(4);
  const Vector3d a(24, 15, 9);
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(0.8, Vector3d(3, 1, 2).normalized()).toRotationMatrix();
  const Morphology m = ellipsoid(a, {0.7, 0.7, 2.5}, random, turn);
  const double to_axis = 4 / std::sqrt(5.0);
  EXPECT_NEAR(m.volume_mm3 / (4 * pi / 3 * a.prod()), 1.0, 0.01);
  EXPECT_NEAR(m.voxel_volume_mm3 / (4 * pi / 3 * a.prod()), 1.0, 0.01);
  EXPECT_NEAR(m.axis_major_mm / (to_axis * a[0]), 1.0, 0.005);
  EXPECT_NEAR(m.axis_minor_mm / (to_axis * a[1]), 1.0, 0.005);
  EXPECT_NEAR(m.axis_least_mm / (to_axis * a[2]), 1.0, 0.005);
  EXPECT_NEAR(m.elongation, a[1] / a[0], 0.005);
  EXPECT_NEAR(m.flatness, a[2] / a[0], 0.005);
  EXPECT_NEAR(m.max_diameter_mm, 2 * a[0], 1.0);
}

TEST(Morphology, BoxAxesFollowTheUniformDistribution) {
  Mask mask(test::grid_of({10, 6, 3}, {0.5, 1.0, 3.0}), 1);
  const Morphology m = *measure_morphology(mask);
  // Variance of n equally spaced values with the divisor of all voxels: h^2 (n^2 - 1) / 12 x N / (N - 1).
  const double sample = 180.0 / 179.0;
  EXPECT_NEAR(m.axis_least_mm, 4 * 0.5 * std::sqrt(99.0 / 12 * sample), 1e-12);
  EXPECT_NEAR(m.axis_minor_mm, 4 * 1.0 * std::sqrt(35.0 / 12 * sample), 1e-12);
  EXPECT_NEAR(m.axis_major_mm, 4 * 3.0 * std::sqrt(8.0 / 12 * sample), 1e-12);
  EXPECT_DOUBLE_EQ(m.voxel_volume_mm3, 270.0);
  // The farthest vertices stick half a voxel out along the axis in which that gains most.
  EXPECT_NEAR(m.max_diameter_mm, std::sqrt(4.5 * 4.5 + 25.0 + 81.0), 1e-12);
  EXPECT_NEAR(m.sphericity, std::cbrt(36 * pi * m.volume_mm3 * m.volume_mm3) / m.area_mm2, 1e-15);
}

TEST(Morphology, SingleVoxelHasNoAxes) {
  const Morphology m = *measure_morphology(Mask(test::grid_of({1, 1, 1}, {2, 2, 2}), 1));
  EXPECT_DOUBLE_EQ(m.volume_mm3, 8.0 / 6.0);
  EXPECT_DOUBLE_EQ(m.voxel_volume_mm3, 8.0);
  EXPECT_DOUBLE_EQ(m.area_mm2, 4 * std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(m.max_diameter_mm, 2.0);
  EXPECT_EQ(m.axis_major_mm, 0.0);
  EXPECT_TRUE(std::isnan(m.elongation));
  EXPECT_TRUE(std::isnan(m.flatness));
}

TEST(Morphology, OneVoxelThickIsFlatAndEmptyIsAnError) {
  const Morphology plate = *measure_morphology(Mask(test::grid_of({5, 7, 1}), 1));
  EXPECT_EQ(plate.flatness, 0.0);
  EXPECT_NEAR(plate.elongation, std::sqrt(24.0 / 48.0), 1e-12);
  const Morphology line = *measure_morphology(Mask(test::grid_of({1, 1, 9}), 1));
  EXPECT_EQ(line.elongation, 0.0);
  EXPECT_DOUBLE_EQ(line.max_diameter_mm, 9.0);
  EXPECT_EQ(measure_morphology(Mask(test::grid_of({3, 3, 3}))).error().code(), ErrorCode::kEmpty);
}

}  // namespace
}  // namespace radtype::shape
