#include <gtest/gtest.h>

#include "radtype/image/region.h"
#include "support/bodies.h"

namespace radtype::image {
namespace {

TEST(ConnectedComponents, JoinsThroughCornersAndOrdersBySizeThenFirstVoxel) {
  Mask mask(test::grid_of({8, 5, 4}));
  mask.at(7, 0, 0) = 1;                                        // single, first in memory
  mask.at(0, 2, 0) = mask.at(1, 3, 1) = mask.at(2, 4, 2) = 1;  // joined by corners only
  mask.at(5, 4, 3) = 1;                                        // single, last in memory
  mask.at(4, 0, 2) = mask.at(5, 0, 2) = 1;
  const Components components = connected_components(mask);
  EXPECT_EQ(components.count, 4);
  EXPECT_EQ(components.voxels, (std::vector<std::int64_t>{3, 2, 1, 1}));
  EXPECT_EQ(components.labels.at(1, 3, 1), 1);
  EXPECT_EQ(components.labels.at(5, 0, 2), 2);
  EXPECT_EQ(components.labels.at(7, 0, 0), 3);
  EXPECT_EQ(components.labels.at(5, 4, 3), 4);
  EXPECT_EQ(components.labels.at(0, 0, 0), 0);
}

TEST(ConnectedComponents, DoesNotJoinAcrossTheEndsOfRows) {
  Mask mask(test::grid_of({4, 4, 4}));
  mask.at(3, 0, 0) = mask.at(0, 1, 0) = 1;  // neighbours in memory, three voxels apart in space
  EXPECT_EQ(connected_components(mask).count, 2);
}

TEST(ConnectedComponents, EmptyAndFullMasks) {
  EXPECT_EQ(connected_components(Mask(test::grid_of({3, 3, 3}))).count, 0);
  const Components full = connected_components(Mask(test::grid_of({3, 4, 5}), 1));
  EXPECT_EQ(full.voxels, std::vector<std::int64_t>{60});
}

}  // namespace
}  // namespace radtype::image
