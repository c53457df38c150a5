#include "radtype/image/dce.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bodies.h"

namespace radtype::image {
namespace {

using test::grid_of;

Image row_of(const std::vector<float>& values) {
  Image image(grid_of({static_cast<std::int64_t>(values.size()), 1, 1}));
  image.voxels = values;
  return image;
}

TEST(Dce, FormulasAndCountsOfWhatIsUndefined) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  //                         plain, wash-in, wash-out, late = pre, dark, no signal, negative, NaN, masked
  const Image pre = row_of({100, 100, 100, 100, 10, 0, -5, nan, 100});
  const Image early = row_of({200, 150, 200, 150, 90, 50, 50, 50, 200});
  const Image late = row_of({150, 200, 50, 100, 50, 50, 50, 50, 150});
  Mask mask(pre.grid, 1);
  mask.voxels.back() = 0;
  const auto maps = dce_maps(pre, early, late, &mask, {.least_pre = 20});
  ASSERT_TRUE(maps);
  EXPECT_THAT(maps->percent_enhancement.voxels, testing::ElementsAre(100, 50, 100, 50, 0, 0, 0, 0, 0));
  EXPECT_THAT(maps->signal_enhancement_ratio.voxels, testing::ElementsAre(2, 0.5F, -2, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(maps->computed, 4);
  EXPECT_EQ(maps->ratio_undefined, 1);
  EXPECT_EQ(maps->below_least_pre, 1);
  EXPECT_EQ(maps->no_pre_signal, 2);
  EXPECT_EQ(maps->not_finite, 1);
  EXPECT_EQ(maps->outside_mask, 1);
}

TEST(Dce, OtherGridsAreRefused) {
  const Image pre(grid_of({4, 4, 4}), 10);
  const auto refused = [&](const Grid& grid) {
    const auto maps = dce_maps(pre, Image(grid, 10), pre);
    return !maps && maps.error().code() == ErrorCode::kInconsistent;
  };
  EXPECT_FALSE(refused(grid_of({4, 4, 4})));
  EXPECT_TRUE(refused(grid_of({4, 4, 5})));
  EXPECT_TRUE(refused(grid_of({4, 4, 4}, {1, 1, 2})));
  EXPECT_TRUE(refused(grid_of({4, 4, 4}, {1, 1, 1}, Eigen::Matrix3d::Identity(), {1, 0, 0})));
  Eigen::Matrix3d swapped = Eigen::Matrix3d::Identity();
  swapped.col(0).swap(swapped.col(1));
  EXPECT_TRUE(refused(grid_of({4, 4, 4}, {1, 1, 1}, swapped)));
}

}  // namespace
}  // namespace radtype::image
