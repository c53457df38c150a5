#include <cmath>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/image/region.h"
#include "support/bodies.h"

namespace radtype::image {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using test::grid_of;
using testing::HasSubstr;

Region region_of(const Mask& mask) {
  Region region;
  region.label = 7;
  region.runs = runs_of(mask);
  return region;
}

std::int64_t count(const std::vector<Run>& runs) {
  Region region;
  region.runs = runs;
  return region.voxel_count();
}

/// An irregular body without any symmetry, given in LPS mm.
bool in_body(const Vector3d& p) {
  return p[0] > 1.5 && p[0] < 9.5 && p[1] > 2.5 && p[1] < 7.5 && p[2] > 1.5 && p[2] < 8.5 &&
         p[0] + 2 * p[1] - p[2] < 14.5;
}

TEST(PlaceOnGrid, SameGridIsTheIdentity) {
  const Mask mask = test::voxelised(grid_of({12, 11, 10}), in_body);
  const auto placed = place_on_grid(mask.grid, mask.grid, region_of(mask));
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->runs, runs_of(mask));
  EXPECT_TRUE(placed->notes.empty());
}

TEST(PlaceOnGrid, PermutedAndFlippedAxesMapExactly) {
  const Grid image = grid_of({12, 11, 10});
  const auto expected = runs_of(test::voxelised(image, in_body));
  Matrix3d las = Matrix3d::Identity();
  las(1, 1) = -1;
  Matrix3d turned;  // axes run S, L, anterior
  turned << 0, 1, 0, 0, 0, -1, 1, 0, 0;
  for (const Grid& grid :
       {grid_of({12, 11, 10}, {1, 1, 1}, las, {0, 10, 0}), grid_of({10, 12, 11}, {1, 1, 1}, turned, {0, 10, 0}),
        grid_of({10, 12, 11}, {1, 1, 1}, turned, {4e-4, 10, -4e-4})}) {
    const auto placed = place_on_grid(image, grid, region_of(test::voxelised(grid, in_body)));
    ASSERT_TRUE(placed) << placed.error().to_string();
    EXPECT_EQ(placed->runs, expected);
    EXPECT_TRUE(placed->notes.empty());
  }
}

TEST(PlaceOnGrid, LargerOrSmallerGridOfTheSameSamplingIsACrop) {
  const Mask mask = test::voxelised(grid_of({12, 11, 10}), in_body);
  const Grid image = mask.grid.cropped({{-3, -2, -1}, {20, 15, 12}});
  const auto placed = place_on_grid(image, mask.grid, region_of(mask));
  ASSERT_TRUE(placed);
  EXPECT_EQ(dense_mask(image, {0, "", placed->runs}, {{3, 2, 1}, {15, 13, 11}}).voxels, mask.voxels);
}

TEST(PlaceOnGrid, NamesTheShareThatIsCutOff) {
  const Grid grid = grid_of({10, 4, 4});
  const Mask mask(grid, 1);
  const auto placed = place_on_grid(grid.cropped({{0, 0, 0}, {6, 4, 4}}), grid, region_of(mask));
  ASSERT_TRUE(placed);
  EXPECT_EQ(count(placed->runs), 96);
  ASSERT_EQ(placed->notes.size(), 1u);
  EXPECT_EQ(placed->notes[0], "40 % of the mask (64 of 160 voxels) lies outside the image and was cut off");
}

TEST(PlaceOnGrid, DisjointMaskIsRefusedWithBothExtents) {
  const Mask mask(grid_of({4, 4, 4}), 1);
  for (const double away : {100.0, 1e12}) {
    const auto placed =
        place_on_grid(grid_of({8, 8, 8}, {2, 2, 2}, Matrix3d::Identity(), {away, 0, 0}), mask.grid, region_of(mask));
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().code(), ErrorCode::kInconsistent);
    EXPECT_THAT(placed.error().message(), HasSubstr("label 7 spans x -0.5 to 3.5, y -0.5 to 3.5, z -0.5 to 3.5 mm"));
  }
  const auto placed =
      place_on_grid(grid_of({8, 8, 8}, {2, 2, 2}, Matrix3d::Identity(), {100, 0, 0}), mask.grid, region_of(mask));
  EXPECT_THAT(placed.error().message(), HasSubstr("x 99.0 to 115.0, y -1.0 to 15.0, z -1.0 to 15.0 mm"));
}

TEST(PlaceOnGrid, EmptyRegionAndVanishingRegionAreErrors) {
  Mask mask(grid_of({9, 9, 9}));
  EXPECT_EQ(place_on_grid(mask.grid, mask.grid, region_of(mask)).error().code(), ErrorCode::kEmpty);
  mask.at(4, 4, 4) = 1;  // between the centres of a grid of 6 mm
  const auto placed =
      place_on_grid(grid_of({2, 2, 2}, {6, 6, 6}, Matrix3d::Identity(), {1, 1, 1}), mask.grid, region_of(mask));
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code(), ErrorCode::kEmpty);
  EXPECT_THAT(placed.error().message(), HasSubstr("vanishes"));
}

TEST(PlaceOnGrid, ACentreOnTheSurfaceIsOutsideWhateverTheRounding) {
  // Shifted by half a voxel along x: 5 voxels become the 4 centres strictly between their outer faces.
  Mask mask(grid_of({9, 5, 5}, {0.7, 0.7, 0.7}));
  for (std::int64_t k = 1; k < 4; ++k) {
    for (std::int64_t j = 1; j < 4; ++j) {
      for (std::int64_t i = 2; i < 7; ++i) mask.at(i, j, k) = 1;
    }
  }
  for (const double origin : {0.35, -0.35}) {
    const Grid image = grid_of({10, 5, 5}, {0.7, 0.7, 0.7}, Matrix3d::Identity(), {origin, 0, 0});
    const auto placed = place_on_grid(image, mask.grid, region_of(mask));
    ASSERT_TRUE(placed);
    for (const auto& run : placed->runs) {
      if (run.j == 2 && run.k == 2) {
        EXPECT_EQ(run.i_end - run.i_begin, 4);
      }
    }
    EXPECT_THAT(placed->notes.at(0), HasSubstr("mask resampled to the image grid by signed distance: 15.435 mm3"));
  }
}

TEST(PlaceOnGrid, ResampledBallKeepsVolumeAndCentre) {
  const Vector3d centre(20.2, 19.7, 20.4);
  const double radius = 11;
  const auto ball = [&](const Vector3d& p) { return (p - centre).norm() < radius; };
  const Mask mask = test::voxelised(grid_of({40, 40, 14}, {1, 1, 3}), ball);
  const Matrix3d oblique = Eigen::AngleAxisd(0.3, Vector3d(1, 2, 3).normalized()).toRotationMatrix();
  for (const double spacing : {0.5, 1.5}) {
    const auto n = static_cast<std::int64_t>(60 / spacing);
    const Vector3d origin = centre - oblique * Vector3d::Constant(30.0);
    const Grid image = grid_of({n, n, n}, Vector3d::Constant(spacing), oblique, origin);
    const auto placed = place_on_grid(image, mask.grid, region_of(mask));
    ASSERT_TRUE(placed);
    const auto mean = [](const Grid& grid, const std::vector<radtype::Run>& runs) {
      Vector3d sum = Vector3d::Zero();
      for (const auto& run : runs) {
        for (std::int32_t i = run.i_begin; i < run.i_end; ++i) {
          sum += grid.lps_from_index()(Point<Index>(i, run.j, run.k)).v;
        }
      }
      return Vector3d(sum / static_cast<double>(count(runs)));
    };
    // 3 mm slices lose their flat ends: a chord between slices cuts inside a convex body.
    const double volume = static_cast<double>(count(placed->runs)) * image.voxel_volume_mm3();
    EXPECT_NEAR(volume / (4.0 / 3.0 * std::numbers::pi * std::pow(radius, 3)), 1.0, 0.02) << spacing;
    EXPECT_LT((mean(image, placed->runs) - mean(mask.grid, runs_of(mask))).norm(), 0.05) << spacing;
  }
}

TEST(PlaceOnGrid, ARegionThatTouchesTheBorderOfItsGridEndsThere) {
  const Mask mask(grid_of({4, 4, 4}, {2, 2, 2}, Matrix3d::Identity(), {3, 3, 3}), 1);  // a cube from 2 to 10 mm
  const auto placed = place_on_grid(grid_of({13, 13, 13}), mask.grid, region_of(mask));
  ASSERT_TRUE(placed);
  // Centres 3..9 lie strictly inside; interpolated distance rounds the edges and corners of the cube.
  EXPECT_GT(count(placed->runs), 7 * 7 * 7 - 12 * 7);
  EXPECT_LE(count(placed->runs), 7 * 7 * 7);
}

}  // namespace
}  // namespace radtype::image
