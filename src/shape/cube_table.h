// The 256 cases of marching cubes, derived from one rule instead of typed in.
#pragma once

#include <array>
#include <cstdint>

namespace radtype::shape {

/// Corner c of a cube lies at (c & 1, c >> 1 & 1, c >> 2 & 1); bit c of a case is set where corner c is inside.
/// Edge 4 a + n runs along axis a from corner kEdgeCorner[4 a + n].
inline constexpr std::array<std::uint8_t, 12> kEdgeCorner = {0, 2, 4, 6, 0, 1, 4, 5, 0, 1, 2, 3};

constexpr std::uint8_t edge_between(unsigned corner_a, unsigned corner_b) {
  const unsigned low = corner_a & corner_b;
  for (std::uint8_t edge = 0; edge < 12; ++edge) {
    if (kEdgeCorner[edge] == low && (low | 1u << (edge / 4)) == (corner_a | corner_b)) return edge;
  }
  return 12;
}

/// The surface of one case as loops of edges, counter-clockwise seen from outside: {length, edges..., length, ..., 0}.
/// A loop of five begins with its three parallel edges.
using CubeLoops = std::array<std::uint8_t, 17>;

/// On every face, walked counter-clockwise seen from outside the cube, a segment joins the edge where the walk enters
/// the inside to the edge where it leaves it again. Two diagonal inside corners therefore get a segment each (they are
/// separated), the neighbouring cube sees the same segment reversed, and every crossed edge is the end of one segment
/// and the start of another: the segments close into loops.
constexpr CubeLoops make_cube_loops(unsigned inside) {
  std::array<std::uint8_t, 12> next{};
  next.fill(12);
  for (unsigned axis = 0; axis < 3; ++axis) {
    const unsigned u = 1u << (axis + 1) % 3;
    const unsigned v = 1u << (axis + 2) % 3;
    for (unsigned side = 0; side < 2; ++side) {
      const unsigned base = side << axis;
      // (axis, u, v) is right-handed: u before v is counter-clockwise seen from the high side.
      const std::array<unsigned, 4> walk = side == 1 ? std::array<unsigned, 4>{base, base | u, base | u | v, base | v}
                                                     : std::array<unsigned, 4>{base, base | v, base | u | v, base | u};
      const auto is_inside = [&](unsigned step) { return (inside >> walk[step % 4] & 1u) != 0; };
      for (unsigned step = 0; step < 4; ++step) {
        if (is_inside(step) || !is_inside(step + 1)) continue;
        unsigned last = step + 1;
        while (is_inside(last + 1)) ++last;
        next[edge_between(walk[step], walk[(step + 1) % 4])] = edge_between(walk[last % 4], walk[(last + 1) % 4]);
      }
    }
  }

  CubeLoops loops{};
  std::size_t end = 0;
  for (std::uint8_t first = 0; first < 12; ++first) {
    if (next[first] == 12) continue;
    const std::size_t length = end++;
    for (std::uint8_t edge = first; next[edge] != 12;) {
      loops[end++] = edge;
      ++loops[length];
      const std::uint8_t following = next[edge];
      next[edge] = 12;
      edge = following;
    }
    if (loops[length] == 5) {
      std::uint8_t* five = &loops[length + 1];
      while (five[0] / 4 != five[1] / 4 || five[1] / 4 != five[2] / 4) {
        const std::uint8_t front = five[0];
        for (std::size_t n = 0; n < 4; ++n) five[n] = five[n + 1];
        five[4] = front;
      }
    }
  }
  return loops;
}

constexpr std::array<CubeLoops, 256> make_cube_table() {
  std::array<CubeLoops, 256> table{};
  for (unsigned inside = 0; inside < 256; ++inside) table[inside] = make_cube_loops(inside);
  return table;
}

inline constexpr std::array<CubeLoops, 256> kCubeTable = make_cube_table();

}  // namespace radtype::shape
