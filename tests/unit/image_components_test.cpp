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
  ASSERT_EQ(components.parts.size(), 4u);
  const auto starts_at = [&](std::size_t part) {
    const auto& run = components.parts[part].runs.front();
    return Size3{run.i_begin, run.j, run.k};
  };
  EXPECT_EQ(starts_at(0), (Size3{0, 2, 0}));
  EXPECT_EQ(components.parts[0].runs.size(), 3u);
  EXPECT_EQ(starts_at(1), (Size3{4, 0, 2}));
  EXPECT_EQ(starts_at(2), (Size3{7, 0, 0}));
  EXPECT_EQ(starts_at(3), (Size3{5, 4, 3}));
  for (std::size_t part = 0; part < 4; ++part) EXPECT_EQ(components.parts[part].voxel_count(), components.voxels[part]);
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
