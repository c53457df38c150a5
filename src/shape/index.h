// Ids of vertices and triangles are 32 bits wide; containers count in std::size_t.
#pragma once

#include <cstddef>
#include <cstdint>

namespace radtype::shape {

inline std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }

}  // namespace radtype::shape
