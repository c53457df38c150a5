// Distances and ranks in integers against plain versions of themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "texture/mid_ranks.h"
#include "texture/voxel_distance.h"

namespace radtype::texture {
namespace {

/// The nearest voxel on the other side, by looking at all of them.
std::vector<std::int16_t> plain_distances(const std::vector<std::uint8_t>& inside, const Size3& size,
                                          std::int64_t reach) {
  std::vector<Size3> places;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) places.push_back({i, j, k});
    }
  }
  std::vector<std::int16_t> result;
  for (std::size_t n = 0; n < places.size(); ++n) {
    std::int64_t nearest = kFarAway;
    for (std::size_t m = 0; m < places.size(); ++m) {
      if ((inside[m] != 0) == (inside[n] != 0)) continue;
      std::int64_t square = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::int64_t apart = places[n][axis] - places[m][axis];
        square += apart * apart;
      }
      nearest = std::min(nearest, square);
    }
    if (inside[n] == 0 && nearest > reach * reach) nearest = kFarAway;
    result.push_back(static_cast<std::int16_t>(inside[n] != 0 ? -nearest : nearest));
  }
  return result;
}

TEST(VoxelDistance, EqualsThatFoundByLookingAtEveryVoxel) {
  std::mt19937_64 random(1);
  // Rows shorter and longer than what is searched together, single planes, lines.
  for (const Size3& size : {Size3{9, 11, 7}, Size3{70, 5, 6}, Size3{3, 40, 9}, Size3{5, 4, 33}, Size3{130, 1, 4},
                            Size3{1, 30, 1}, Size3{1, 1, 1}}) {
    for (const unsigned outside_of_100 : {0U, 1U, 5U, 50U, 99U, 100U}) {
      std::vector<std::uint8_t> inside(static_cast<std::size_t>(size[0] * size[1] * size[2]));
      for (std::uint8_t& voxel : inside) voxel = random() % 100 >= outside_of_100 ? 1 : 0;
      for (const std::int64_t reach : {3, 11}) {
        EXPECT_EQ(signed_squared_distances(inside, size, reach), plain_distances(inside, size, reach))
            << size[0] << " x " << size[1] << " x " << size[2] << ", outside " << outside_of_100 << " %, " << reach;
      }
    }
  }
}

TEST(MidRanks, AreKeysBelowMinusKeysAbove) {
  std::mt19937_64 random(2);
  // Few and many ties, keys side by side (counted) and far apart (sorted), digits that never change.
  for (const auto& [range, step] : {std::pair{1U, 1U}, std::pair{40U, 1U}, std::pair{900U, 1U}, std::pair{900U, 4000U},
                                    std::pair{60U, 1U << 26}, std::pair{1000000U, 3U}}) {
    std::vector<std::uint32_t> keys(500);
    for (std::uint32_t& key : keys) key = 17 + static_cast<std::uint32_t>(random() % range) * step;
    const MidRanks ranks(keys);
    for (const std::uint32_t key : keys) {
      const auto below = std::count_if(keys.begin(), keys.end(), [&](std::uint32_t other) { return other < key; });
      const auto above = std::count_if(keys.begin(), keys.end(), [&](std::uint32_t other) { return other > key; });
      EXPECT_EQ(ranks(key), below - above);
      EXPECT_EQ(ranks.all()[ranks.place(key)], below - above);
    }
    std::vector<std::uint32_t> sorted = keys, expected = keys;
    sort_keys(sorted);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(sorted, expected);
  }
}

}  // namespace
}  // namespace radtype::texture
