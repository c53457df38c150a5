#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "radtype/core/parallel.h"
#include "radtype/image/region.h"
#include "support/bodies.h"

namespace radtype::image {
namespace {

using test::grid_of;
using test::random_mask;

/// Definition, voxel by voxel.
double brute_signed_distance(const Mask& mask, std::size_t at) {
  const Size3& size = mask.grid.size();
  const auto index = [&](std::size_t n) {
    const auto s = static_cast<std::int64_t>(n);
    return Eigen::Vector3d(static_cast<double>(s % size[0]), static_cast<double>(s / size[0] % size[1]),
                           static_cast<double>(s / size[0] / size[1]));
  };
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if ((mask.voxels[n] != 0) == (mask.voxels[at] != 0)) continue;
    nearest = std::min(nearest, (index(n) - index(at)).cwiseProduct(mask.grid.spacing_mm()).norm());
  }
  return mask.voxels[at] != 0 ? -nearest : nearest;
}

TEST(SignedDistance, EqualsBruteForceOnAnisotropicGrids) {
  Random random(11);
  for (const Size3& size : {Size3{9, 8, 7}, Size3{13, 1, 5}, Size3{1, 1, 17}, Size3{12, 11, 1}}) {
    for (const double density : {0.05, 0.5, 0.95}) {
      Mask mask = random_mask(grid_of(size, {0.7, 1.3, 5.0}), density, random);
      mask.voxels.front() = 1;
      mask.voxels.back() = 0;
      const Volume<float> distance = signed_distance_mm(mask);
      for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
        ASSERT_FLOAT_EQ(distance.voxels[n], static_cast<float>(brute_signed_distance(mask, n)));
      }
    }
  }
}

TEST(SignedDistance, CrossesZeroHalfWayAndComplementOnlyChangesSign) {
  Mask mask(grid_of({6, 1, 1}, {2.0, 1.0, 1.0}));
  mask.at(2, 0, 0) = mask.at(3, 0, 0) = 1;
  const Volume<float> distance = signed_distance_mm(mask);
  EXPECT_EQ(distance.voxels, (std::vector<float>{4, 2, -2, -2, 2, 4}));
  for (auto& voxel : mask.voxels) voxel = voxel == 0 ? 1 : 0;
  const Volume<float> complement = signed_distance_mm(mask);
  for (std::size_t n = 0; n < 6; ++n) EXPECT_EQ(complement.voxels[n], -distance.voxels[n]);
}

TEST(SignedDistance, RefusesMaskWithoutASurface) {
  EXPECT_THROW(signed_distance_mm(Mask(grid_of({2, 2, 2}), 0)), InternalError);
  EXPECT_THROW(signed_distance_mm(Mask(grid_of({2, 2, 2}), 1)), InternalError);
}

TEST(SignedDistance, SameBytesForAnyNumberOfThreads) {
  Random random(5);
  const Mask mask = random_mask(grid_of({31, 29, 27}, {0.9, 1.1, 2.7}), 0.02, random);
  set_thread_count(1);
  const auto one = signed_distance_mm(mask).voxels;
  set_thread_count(4);
  const auto four = signed_distance_mm(mask).voxels;
  set_thread_count(0);
  EXPECT_EQ(one, four);
}

TEST(SliceDistance, IsExactInEverySliceByItself) {
  Random random(3);
  Mask mask = random_mask(grid_of({11, 9, 4}, {0.5, 3.0, 1.0}), 0.9, random);
  for (std::int64_t j = 0; j < 9; ++j) {
    for (std::int64_t i = 0; i < 11; ++i) mask.at(i, j, 2) = 1;
  }
  const Volume<double> distance = slice_squared_distance_pixels(mask);
  for (std::int64_t k = 0; k < 4; ++k) {
    for (std::int64_t j = 0; j < 9; ++j) {
      for (std::int64_t i = 0; i < 11; ++i) {
        double nearest = std::numeric_limits<double>::infinity();
        for (std::int64_t v = 0; v < 9; ++v) {
          for (std::int64_t u = 0; u < 11; ++u) {
            if (mask.at(u, v, k) == 0) {
              nearest = std::min(nearest, static_cast<double>((u - i) * (u - i) + (v - j) * (v - j)));
            }
          }
        }
        ASSERT_EQ(distance.at(i, j, k), nearest) << i << " " << j << " " << k;
      }
    }
  }
  EXPECT_TRUE(std::isinf(distance.at(5, 5, 2)));
}

}  // namespace
}  // namespace radtype::image
