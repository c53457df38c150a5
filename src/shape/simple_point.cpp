#include "shape/simple_point.h"

#include <array>
#include <bit>
#include <cstdlib>

namespace radtype::shape {
namespace {

constexpr std::uint32_t kCentre = 1u << 13;
constexpr std::uint32_t kAll = (1u << 27) - 1;

struct Neighbourhoods {
  std::array<std::uint32_t, 27> six{};
  std::array<std::uint32_t, 27> eighteen{};
  std::uint32_t six_of_centre = 0;
  std::uint32_t eighteen_of_centre = 0;

  constexpr Neighbourhoods() {
    for (int a = 0; a < 27; ++a) {
      for (int b = 0; b < 27; ++b) {
        const int dx = a % 3 - b % 3;
        const int dy = a / 3 % 3 - b / 3 % 3;
        const int dz = a / 9 - b / 9;
        const int square = dx * dx + dy * dy + dz * dz;
        const bool near = dx * dx <= 1 && dy * dy <= 1 && dz * dz <= 1;
        if (square == 1) six[static_cast<std::size_t>(a)] |= 1u << b;
        if (near && square >= 1 && square <= 2) eighteen[static_cast<std::size_t>(a)] |= 1u << b;
      }
    }
    six_of_centre = six[13];
    eighteen_of_centre = eighteen[13];
  }
};
constexpr Neighbourhoods kNear;

constexpr std::uint32_t grown(std::uint32_t set, const std::array<std::uint32_t, 27>& near) {
  std::uint32_t result = set;
  for (std::uint32_t rest = set; rest != 0; rest &= rest - 1)
    result |= near[static_cast<std::size_t>(std::countr_zero(rest))];
  return result;
}

// Whether the geodesic neighbourhood of the centre in `set` (seeds, then `rounds` steps) is one component and not
// empty.
bool one_component(std::uint32_t set, std::uint32_t seeds, int rounds, const std::array<std::uint32_t, 27>& near) {
  std::uint32_t members = set & seeds;
  if (members == 0) return false;
  for (int round = 0; round < rounds; ++round) members |= grown(members, near) & set;
  std::uint32_t reached = members & (~members + 1);
  for (;;) {
    const std::uint32_t next = grown(reached, near) & members;
    if (next == reached) break;
    reached = next;
  }
  return reached == members;
}

}  // namespace

bool is_simple(std::uint32_t inside) {
  const std::uint32_t object = inside & ~kCentre & kAll;
  const std::uint32_t background = ~inside & ~kCentre & kAll;
  return one_component(object, kNear.six_of_centre, 2, kNear.six) &&
         one_component(background, kNear.eighteen_of_centre, 1, kNear.eighteen);
}

}  // namespace radtype::shape
