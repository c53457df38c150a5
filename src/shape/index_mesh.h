// Marching cubes before any millimetre is involved.
#pragma once

#include "radtype/core/label_map.h"
#include "radtype/shape/mesh.h"

namespace radtype::shape {

/// Which loops of a cube's surface become a fan around a vertex of their own.
enum class Hubs {
  kWhereNeeded,  ///< loops of five and more
  kEveryQuad,    ///< loops of four too: no diagonal has to be chosen, so that flipped axes give the same connectivity
};

/// The surface in index coordinates relative to `box.lo`, with `box` = inside_box(mask); triangles are
/// counter-clockwise seen from outside where the index axes are right-handed.
TriangleMesh index_mesh(const Mask& mask, const Box& box, Hubs hubs = Hubs::kWhereNeeded);

/// Maps index coordinates to mm; a left-handed map turns the triangles around, so that they stay outward.
void map_vertices(const Affine<LpsMm, Index>& lps_from_index, TriangleMesh& mesh);

}  // namespace radtype::shape
