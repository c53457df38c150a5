// Zernike invariants of a voxelised body in many positions.
#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <Eigen/Core>

#include "radtype/core/seed.h"
#include "radtype/shape/zernike.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  return (Eigen::VectorXd::Map(a.data(), static_cast<Eigen::Index>(a.size())) -
          Eigen::VectorXd::Map(b.data(), static_cast<Eigen::Index>(b.size())))
      .norm();
}

TEST(Zernike, FiftyRotationsChangeTheVectorByUnderOnePercent) {
  const auto body = test::lumpy(15);
  const auto upright = zernike_invariants(test::voxelise(body, 33, Vector3d::Ones()));
  ASSERT_TRUE(upright);
  Random random(20261122);
  double worst = 0;
  for (int n = 0; n < 50; ++n) {
    Eigen::Vector4d q;
    for (double& x : q) x = random.normal();
    const Eigen::Matrix3d rotation = Eigen::Quaterniond(q.normalized()).toRotationMatrix();
    const auto turned = zernike_invariants(test::voxelise(test::rotated(body, rotation), 33, Vector3d::Ones()));
    ASSERT_TRUE(turned);
    worst = std::max(worst, distance(turned->values, upright->values) /
                                distance(upright->values, std::vector<double>(upright->values.size())));
  }
  fmt::print("50 rotations: at most {:.4f} of the norm\n", worst);
  EXPECT_LT(worst, 0.01);
}

}  // namespace
}  // namespace radtype::shape
