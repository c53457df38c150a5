// Digital topology with the connectivity of our marching cubes: inside 6+, outside 18 (bertrand1994).
#pragma once

#include <cstdint>

namespace radtype::shape {

/// Bit n of `inside` is the neighbour (dx, dy, dz) with n = (dz+1)*9 + (dy+1)*3 + (dx+1); bit 13 (the point itself) is
/// ignored. True when adding or removing the point changes neither the number of parts, nor of hollows, nor of tunnels.
bool is_simple(std::uint32_t inside);

}  // namespace radtype::shape
