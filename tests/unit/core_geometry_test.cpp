#include "radtype/core/geometry.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace radtype {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using testing::HasSubstr;

Matrix3d turned(double angle) {
  Matrix3d m;
  m << std::cos(angle), -std::sin(angle), 0, std::sin(angle), std::cos(angle), 0, 0, 0, 1;
  return m;
}

TEST(Affine, InverseAndCompositionKeepTheirEnds) {
  Affine<LpsMm, Index> lps_from_index;
  lps_from_index.linear = turned(0.3) * Vector3d(0.7, 0.8, 3).asDiagonal();
  lps_from_index.offset = Vector3d(-100, 20, 5);
  const Affine<Index, LpsMm> index_from_lps = lps_from_index.inverse();
  const Point<Index> index(3, 5, 7);
  EXPECT_LT((index_from_lps(lps_from_index(index)).v - index.v).norm(), 1e-12);
  const Affine<Index, Index> identity = index_from_lps * lps_from_index;
  EXPECT_LT((identity.linear - Matrix3d::Identity()).norm() + identity.offset.norm(), 1e-12);
}

TEST(Grid, KnowsWhereItsVoxelsAre) {
  const auto grid = make_grid({4, 5, 6}, Vector3d(0.5, 1, 2), Matrix3d::Identity(), Vector3d(-10, 0, 10));
  ASSERT_TRUE(grid.has_value());
  EXPECT_EQ(grid->lps_from_index()(Point<Index>(1, 2, 3)).v, Vector3d(-9.5, 2, 16));
  EXPECT_EQ(grid->voxel_count(), 120);
  EXPECT_DOUBLE_EQ(grid->voxel_volume_mm3(), 1.0);
  EXPECT_EQ(grid->axis_codes(), "LPS");
  const Grid part = grid->cropped({{1, 2, 3}, {3, 4, 5}});
  EXPECT_EQ(part.size(), (Size3{2, 2, 2}));
  EXPECT_EQ(part.origin_lps_mm(), Vector3d(-9.5, 2, 16));
}

TEST(Grid, NamesTheAnatomicalDirectionOfEachAxis) {
  Matrix3d coronal;  // i to the right, j to the head, k to the back
  coronal << -1, 0, 0, 0, 0, 1, 0, 1, 0;
  EXPECT_EQ(make_grid({2, 2, 2}, Vector3d::Ones(), coronal, Vector3d::Zero())->axis_codes(), "RSP");
}

TEST(Grid, RefusesWhatIsNoGrid) {
  const auto refuse = [](Size3 size, Vector3d spacing, Matrix3d direction, Vector3d origin) {
    const auto grid = make_grid(size, spacing, direction, origin);
    EXPECT_FALSE(grid.has_value());
    return grid ? ErrorCode::kUsage : grid.error().code();
  };
  const Vector3d one = Vector3d::Ones();
  const Vector3d zero = Vector3d::Zero();
  const Matrix3d identity = Matrix3d::Identity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refuse({0, 1, 1}, one, identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({-5, 1, 1}, one, identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({kMaxAxis + 1, 1, 1}, one, identity, zero), ErrorCode::kTooLarge);
  EXPECT_EQ(refuse({10000, 10000, 10000}, one, identity, zero), ErrorCode::kTooLarge);
  EXPECT_EQ(refuse({2, 2, 2}, {1, nan, 1}, identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({2, 2, 2}, {1, 0, 1}, identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({2, 2, 2}, {1, -1, 1}, identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({2, 2, 2}, {1, 1, 2000}, identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({2, 2, 2}, one, identity, {nan, 0, 0}), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({2, 2, 2}, one, 2 * identity, zero), ErrorCode::kCorrupt);
  EXPECT_EQ(refuse({2, 2, 2}, one, nan * identity, zero), ErrorCode::kCorrupt);
  Matrix3d sheared = identity;
  sheared.col(1) = Vector3d(std::sin(0.1), std::cos(0.1), 0);
  const auto grid = make_grid({2, 2, 2}, one, sheared, zero);
  ASSERT_FALSE(grid.has_value());
  EXPECT_EQ(grid.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(grid.error().message(), HasSubstr("84.270 degrees"));
}

TEST(MatchGrids, SeesTheSameSamplingBehindFlippedAndPermutedAxes) {
  const Grid fixed = *make_grid({8, 9, 10}, Vector3d(1, 2, 3), Matrix3d::Identity(), Vector3d(5, 6, 7));
  Affine<LpsMm, Index> other;  // first axis runs down the fixed third axis, second along the first, third up the second
  other.linear << 0, 1, 0, 0, 0, 2, -3, 0, 0;
  other.offset = fixed.lps_from_index()(Point<Index>(0, 0, 9)).v;
  const Grid moving = *make_grid({10, 8, 9}, other);
  const GridMatch match = match_grids(fixed, moving, 1e-3);
  EXPECT_TRUE(match.same_sampling);
  EXPECT_LT((match.fixed_from_moving(Point<Index>(9, 7, 8)).v - Vector3d(7, 8, 0)).norm(), 1e-12);
}

TEST(MatchGrids, SmallScaleErrorAddsUpOverTheGrid) {
  const Grid fixed = *make_grid({400, 4, 4}, Vector3d::Ones(), Matrix3d::Identity(), Vector3d::Zero());
  const Grid drifting = *make_grid({400, 4, 4}, Vector3d(1.00002, 1, 1), Matrix3d::Identity(), Vector3d::Zero());
  EXPECT_NEAR(match_grids(fixed, drifting, 1e-3).worst_offset_voxels, 399 * 2e-5, 1e-9);
  EXPECT_FALSE(match_grids(fixed, drifting, 1e-3).same_sampling);
  const Grid shifted = *make_grid({400, 4, 4}, Vector3d::Ones(), Matrix3d::Identity(), Vector3d(0.5, 0, 0));
  EXPECT_FALSE(match_grids(fixed, shifted, 1e-3).same_sampling);
  const Grid coarse = *make_grid({200, 4, 4}, Vector3d(2, 1, 1), Matrix3d::Identity(), Vector3d::Zero());
  EXPECT_FALSE(match_grids(fixed, coarse, 1e-3).same_sampling) << "every second voxel is not the same sampling";
  const Grid oblique = *make_grid({4, 4, 4}, Vector3d::Ones(), turned(0.01), Vector3d::Zero());
  EXPECT_FALSE(match_grids(fixed, oblique, 1e-3).same_sampling);
}

TEST(BoxTest, IntersectionAndBounding) {
  const Box a{{0, 0, 0}, {4, 4, 4}};
  const Box b{{2, 3, 3}, {6, 6, 6}};
  EXPECT_EQ(intersection(a, b), (Box{{2, 3, 3}, {4, 4, 4}}));
  EXPECT_EQ(bounding(a, b), (Box{{0, 0, 0}, {6, 6, 6}}));
  EXPECT_TRUE(intersection(a, Box{{5, 0, 0}, {6, 1, 1}}).empty());
  EXPECT_EQ(bounding(Box{}, b), b);
}

}  // namespace
}  // namespace radtype
