// Zernike invariants: closed forms, and what must not change them.
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "radtype/shape/zernike.h"
#include "shape/zernike_moments.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> difference(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] = a[i] - b[i];
  return norm(difference);
}

/// sqrt(2n + 3) P_k^(0, 1/2)(2 r^2 - 1), n = 2k, by the three-term recursion of Jacobi polynomials: another way than
/// the explicit sum in the code.
double radial(int n, double r) {
  const double b = 0.5;
  const double x = 2 * r * r - 1;
  double before = 1;
  double now = 0.5 * (-b + (2 + b) * x);
  if (n == 0) return std::sqrt(3.0);
  for (int k = 1; k < n / 2; ++k) {
    const double c = 2 * k + b;
    const double next = ((c + 1) * ((c + 2) * c * x - b * b) * now - 2 * (k) * (k + b) * (c + 2) * before) /
                        (2 * (k + 1) * (k + 1 + b) * c);
    before = now;
    now = next;
  }
  return std::sqrt(2.0 * n + 3) * now;
}

/// F_n0 of a ball of radius a about the origin; F_nl = 0 for l > 0.
double ball_invariant(int n, double a) {
  double sum = 0;
  constexpr int kSteps = 20000;
  for (int i = 0; i < kSteps; ++i) {
    const double r = (i + 0.5) * a / kSteps;
    sum += radial(n, r) * r * r * a / kSteps;
  }
  return std::abs(std::sqrt(3.0) * sum);
}

double ball_moment(int p, int q, int r, double a) {
  if (p % 2 != 0 || q % 2 != 0 || r % 2 != 0) return 0;
  const double sum = p + q + r;
  return std::pow(a, sum + 3) * 2 * std::tgamma(0.5 * (p + 1)) * std::tgamma(0.5 * (q + 1)) *
         std::tgamma(0.5 * (r + 1)) / std::tgamma(0.5 * (sum + 3)) / (sum + 3);
}

TEST(Zernike, UnitBallHasOneInvariant) {
  const auto f = zernike_from_moments([](int p, int q, int r) { return ball_moment(p, q, r, 1); }, kZernikeOrder);
  EXPECT_NEAR(f.at(0, 0), 1, 1e-12);
  for (int n = 1; n <= kZernikeOrder; ++n) {
    for (int l = n % 2; l <= n; l += 2) EXPECT_NEAR(f.at(n, l), 0, 1e-9) << "orthogonal to 1 over the ball";
  }
}

TEST(Zernike, BallEqualsItsClosedForm) {
  const double a = 0.7;
  const auto f = zernike_from_moments([&](int p, int q, int r) { return ball_moment(p, q, r, a); }, kZernikeOrder);
  for (int n = 0; n <= kZernikeOrder; ++n) {
    for (int l = n % 2; l <= n; l += 2) {
      EXPECT_NEAR(f.at(n, l), l == 0 ? ball_invariant(n, a) : 0, 1e-6) << n << " " << l;
    }
  }
}

TEST(Zernike, VoxelBallConvergesToIt) {
  const double a = 0.7;
  std::vector<double> errors;
  for (const int voxels : {6, 12, 24, 48}) {
    // Off the lattice: a centred ball's voxels err by chance, shifted ones by rule.
    double worst = 0;
    for (const double shift : {0.13, 0.29, 0.41}) {
      const Vector3d offset(shift, -0.7 * shift, 0.4 * shift);
      const Mask mask = test::voxelise(test::ball(voxels), voxels, Vector3d::Ones(), offset);
      const Vector3d centre = -mask.grid.lps_from_index()(Point<Index>(0, 0, 0)).v;
      const auto f = zernike_about(mask, centre, voxels / a, kZernikeOrder);
      double square = 0;
      for (int n = 0; n <= kZernikeOrder; ++n) {
        for (int l = n % 2; l <= n; l += 2) square += std::pow(f.at(n, l) - (l == 0 ? ball_invariant(n, a) : 0), 2);
      }
      worst += std::sqrt(square) / 3;
    }
    errors.push_back(worst);
    fmt::print("ball of radius {:2} voxels: error of the vector of invariants {:.2e}\n", voxels, worst);
  }
  const double order = std::log2(errors[0] / errors[3]) / 3;
  fmt::print("order of convergence {:.2f}\n", order);
  EXPECT_GT(order, 1.2);
  EXPECT_LT(errors[3], 0.005);
}

TEST(Zernike, CubeOfVoxelsIsExact) {
  // Half side 0.4 of the unit ball, seven voxels a side: each monomial is 2 h^(p+1)/(p+1) per axis.
  const Mask mask =
      test::voxelise([](const Vector3d& p) { return p.cwiseAbs().maxCoeff() < 3.4; }, 4, Vector3d::Ones());
  const Vector3d centre = -mask.grid.lps_from_index()(Point<Index>(0, 0, 0)).v;
  const auto measured = zernike_about(mask, centre, 3.5 / 0.4, kZernikeOrder);
  const auto axis = [](int p) { return p % 2 != 0 ? 0.0 : 2 * std::pow(0.4, p + 1) / (p + 1); };
  const auto expected =
      zernike_from_moments([&](int p, int q, int r) { return axis(p) * axis(q) * axis(r); }, kZernikeOrder);
  EXPECT_LT(distance(measured.values, expected.values), 1e-12);
  // Invariants of one order but the first are not all zero: a cube is no ball.
  EXPECT_GT(expected.at(4, 4), 1e-3);
}

TEST(Zernike, PositionAndSizeDoNotMatter) {
  const auto body = test::lumpy(11);
  const auto one = zernike_invariants(test::voxelise(body, 24, Vector3d::Ones()));
  ASSERT_TRUE(one);
  // Twice the size with twice the voxels, on a grid with more around it.
  const auto two =
      zernike_invariants(test::voxelise([&](const Vector3d& p) { return body(p / 2); }, 60, Vector3d::Constant(2)));
  ASSERT_TRUE(two);
  EXPECT_LT(distance(one->values, two->values), 1e-12 * norm(one->values));
}

TEST(Zernike, EveryPartCounts) {
  const auto one = test::ball(8);
  const auto two = test::either(one, test::ball(4, Vector3d(20, 0, 0)));
  const auto alone = zernike_invariants(test::voxelise(one, 26, Vector3d::Ones()));
  const auto both = zernike_invariants(test::voxelise(two, 26, Vector3d::Ones()));
  ASSERT_TRUE(alone && both);
  EXPECT_GT(distance(alone->values, both->values), 0.1 * norm(alone->values));
}

}  // namespace
}  // namespace radtype::shape
