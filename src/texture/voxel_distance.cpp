#include "texture/voxel_distance.h"

#include <algorithm>

namespace radtype::texture {
namespace {

// 181^2 is the last square below kFarAway.
constexpr std::int64_t kLongest = 181;
// The bound that ends a search is renewed after so many steps.
constexpr std::int64_t kStepsBetween = 8;
// Neighbours that are searched together: few, so that one deep voxel does not prolong the search of many.
constexpr std::int64_t kAtOnce = 64;

using Squares = std::vector<std::int16_t>;

/// Along the first axis, from seeds: squares of the distance to the nearest in the row.
void transform_row(const std::uint8_t* inside, std::uint8_t seed, std::int64_t length, std::int16_t* row) {
  std::int64_t away = kLongest + 1;
  const auto square = [](std::int64_t d) { return static_cast<std::int16_t>(d > kLongest ? kFarAway : d * d); };
  for (std::int64_t i = 0; i < length; ++i) {
    away = inside[i] == seed ? 0 : away + 1;
    row[i] = square(away);
  }
  away = kLongest + 1;
  for (std::int64_t i = length; i-- > 0;) {
    away = inside[i] == seed ? 0 : away + 1;
    row[i] = std::min(row[i], square(away));
  }
}

/// to = min(to, from + square), saturating.
void lower(std::int16_t* to, const std::int16_t* from, std::int64_t square, std::int64_t count) {
  const auto most = static_cast<std::int16_t>(kFarAway - square);
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int16_t clipped = std::min(from[n], most);
    to[n] = std::min(to[n], static_cast<std::int16_t>(clipped + square));
  }
}

/// Along an axis whose neighbours lie `stride` apart: `lines` blocks of `length` such, blocks `block` apart.
void transform_axis(const Squares& from, Squares& to, std::int64_t lines, std::int64_t block, std::int64_t length,
                    std::int64_t stride, std::int64_t reach) {
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t first = 0; first < stride; first += kAtOnce) {
      const std::int64_t count = std::min(kAtOnce, stride - first);
      for (std::int64_t at = 0; at < length; ++at) {
        const std::int16_t* here = from.data() + line * block + at * stride + first;
        std::int16_t* out = to.data() + line * block + at * stride + first;
        std::copy(here, here + count, out);
        std::int64_t bound = 0;
        for (std::int64_t d = 1; d <= reach && (at - d >= 0 || at + d < length); ++d) {
          // No place d away can lower what is at most d^2.
          if ((d - 1) % kStepsBetween == 0) bound = *std::max_element(out, out + count);
          if (d * d >= bound) break;
          if (at - d >= 0) lower(out, here - d * stride, d * d, count);
          if (at + d < length) lower(out, here + d * stride, d * d, count);
        }
      }
    }
  }
}

/// Squared distance to the nearest voxel equal to `seed`, exact up to `reach`.
Squares distances(const std::vector<std::uint8_t>& inside, const Size3& size, std::uint8_t seed, std::int64_t reach) {
  Squares a(inside.size()), b(inside.size());
  for (std::int64_t row = 0; row < size[1] * size[2]; ++row) {
    transform_row(inside.data() + row * size[0], seed, size[0], a.data() + row * size[0]);
  }
  const std::int64_t area = size[0] * size[1];
  transform_axis(a, b, size[2], area, size[1], size[0], reach);
  transform_axis(b, a, 1, 0, size[2], area, reach);
  return a;
}

}  // namespace

std::vector<std::int16_t> signed_squared_distances(const std::vector<std::uint8_t>& inside, const Size3& size,
                                                   std::int64_t reach) {
  Squares squares = distances(inside, size, 1, std::min(reach, kLongest));
  for (std::int16_t& square : squares) {
    if (square > reach * reach) square = kFarAway;
  }
  const Squares depths = distances(inside, size, 0, kLongest);
  for (std::size_t n = 0; n < squares.size(); ++n) {
    if (inside[n] != 0) squares[n] = static_cast<std::int16_t>(-depths[n]);
  }
  return squares;
}

}  // namespace radtype::texture
