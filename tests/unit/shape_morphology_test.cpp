#include <cmath>
#include <numbers>

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
  const Vector3d offset(random.uniform() - 0.5, random.uniform() - 0.5, random.uniform() - 0.5);
  Size3 size{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    size[axis] = static_cast<std::int64_t>(std::ceil(2 * reach / h[static_cast<Eigen::Index>(axis)]));
  }
  const Grid grid =
      test::grid_of(size, h, Eigen::Matrix3d::Identity(), Vector3d::Constant(-reach) + offset.cwiseProduct(h));
  return *measure_morphology(test::voxelised(
      grid, [&](const Vector3d& p) { return (turn.transpose() * p).cwiseQuotient(a).squaredNorm() < 1; }));
}

/// Root mean square, over eight positions, of the error of a ball of radius 1.
struct BallError {
  double volume = 0, radius = 0, diameter = 0, axis = 0, area_ratio = 0;
};
BallError ball_error(double voxels_per_radius) {
  Random random(99);
  BallError error;
  constexpr int kPositions = 8;
  for (int n = 0; n < kPositions; ++n) {
    const Morphology m =
        ellipsoid(Vector3d::Ones(), Vector3d::Constant(1 / voxels_per_radius), random, Eigen::Matrix3d::Identity());
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
  const BallError coarse = ball_error(4);
  const BallError fine = ball_error(32);
  std::printf(
      "| voxels per radius | volume | mean radius | diameter | axis | area / true area |\n|---|---|---|---|---|---|\n");
  for (const double n : {4.0, 8.0, 16.0, 32.0}) {
    const BallError e = ball_error(n);
    std::printf("| %g | %.2e | %.2e | %.2e | %.2e | %.4f |\n", n, e.volume, e.radius, e.diameter, e.axis, e.area_ratio);
  }
  EXPECT_LT(fine.volume, 1e-3);
  EXPECT_LT(fine.radius, 2e-3);
  EXPECT_LT(fine.diameter, 2e-2);
  EXPECT_LT(fine.axis, 3e-4);
  EXPECT_GT(order(coarse.volume, fine.volume, 8), 1.5);
  EXPECT_GT(order(coarse.axis, fine.axis, 8), 1.5);
  EXPECT_GT(order(coarse.diameter, fine.diameter, 8), 0.8);
}

}  // namespace
}  // namespace radtype::shape
