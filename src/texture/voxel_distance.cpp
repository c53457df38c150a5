#include "texture/voxel_distance.h"

#include <algorithm>
#include <array>

namespace radtype::texture {
namespace {

// 181^2 is the last square below kFarAway.
constexpr std::int64_t kLongest = 181;
// The bound that ends a search is renewed after so many steps.
constexpr std::int64_t kStepsBetween = 8;
// Neighbours that are searched together: few, so that one deep voxel does not prolong the search of many.
constexpr std::size_t kAtOnce = 64;

using Squares = std::vector<std::int16_t>;
using Together = std::array<std::int16_t, kAtOnce>;

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

/// to = min(to, before + square, after + square), saturating.
void lower(Together& to, const Together& before, const Together& after, std::int16_t square) {
  const auto most = static_cast<std::int16_t>(kFarAway - square);
  for (std::size_t n = 0; n < kAtOnce; ++n) {
    const std::int16_t a = before[n], b = after[n], now = to[n];
    const std::int16_t nearer = a < b ? a : b;
    const auto there = static_cast<std::int16_t>((nearer < most ? nearer : most) + square);
    to[n] = there < now ? there : now;
  }
}

std::int16_t greatest(const Together& squares) {
  std::int16_t most = 0;
  for (const std::int16_t square : squares) most = std::max(most, square);
  return most;
}

/// Along an axis whose neighbours lie `stride` apart: `lines` blocks of `length` such, blocks `block` apart.
void transform_axis(Squares& squares, std::int64_t lines, std::int64_t block, std::int64_t length, std::int64_t stride,
                    std::int64_t reach) {
  // What is searched together lies side by side here, whatever the stride.
  std::vector<Together> held(static_cast<std::size_t>(length));
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t first = 0; first < stride; first += kAtOnce) {
      const std::int64_t count = std::min<std::int64_t>(kAtOnce, stride - first);
      std::int16_t* const start = squares.data() + line * block + first;
      std::int16_t most = 0, least = kFarAway;
      for (std::int64_t at = 0; at < length; ++at) {
        Together& here = held[static_cast<std::size_t>(at)];
        std::copy(start + at * stride, start + at * stride + count, here.begin());
        std::fill(here.begin() + count, here.end(), std::int16_t{0});
        most = std::max(most, greatest(here));
        for (std::int64_t n = 0; n < count; ++n) least = std::min(least, here[static_cast<std::size_t>(n)]);
      }
      if (most == 0 || least == kFarAway) continue;
      for (std::int64_t at = 0; at < length; ++at) {
        const Together& here = held[static_cast<std::size_t>(at)];
        Together out;
        for (std::size_t n = 0; n < kAtOnce; ++n) out[n] = here[n];
        std::int64_t bound = 0;
        for (std::int64_t d = 1; d <= reach && (at - d >= 0 || at + d < length); ++d) {
          // No place d away can lower what is at most d^2.
          if ((d - 1) % kStepsBetween == 0) bound = greatest(out);
          if (d * d >= bound) break;
          const auto before = static_cast<std::size_t>(at - d >= 0 ? at - d : at + d);
          const auto after = static_cast<std::size_t>(at + d < length ? at + d : at - d);
          lower(out, held[before], held[after], static_cast<std::int16_t>(d * d));
        }
        std::copy(out.begin(), out.begin() + count, start + at * stride);
      }
    }
  }
}

/// Squared distance to the nearest voxel equal to `seed`, exact up to `reach`.
Squares distances(const std::vector<std::uint8_t>& inside, const Size3& size, std::uint8_t seed, std::int64_t reach) {
  Squares squares(inside.size());
  for (std::int64_t row = 0; row < size[1] * size[2]; ++row) {
    transform_row(inside.data() + row * size[0], seed, size[0], squares.data() + row * size[0]);
  }
  const std::int64_t area = size[0] * size[1];
  transform_axis(squares, size[2], area, size[1], size[0], reach);
  transform_axis(squares, 1, 0, size[2], area, reach);
  return squares;
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
