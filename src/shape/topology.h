// Level sets of a distance field made into topological balls by closing or cutting, whichever changes less.
#pragma once

#include "radtype/core/volume.h"

namespace radtype::shape {

struct TopologyRepair {
  int handles = 0;
  int cavities = 0;
  std::int64_t added = 0;  ///< voxels
  std::int64_t removed = 0;
  std::int64_t lost_pieces = 0;  ///< voxels of inside parts beside the largest
};

/// Changes the sign of `field` (inside < 0) where needed, by the smallest magnitude that is no zero, so that the inside
/// is one 6-connected ball: its marching-cubes surface has V - E + F = 2. The border of the grid must be outside.
TopologyRepair repair_topology(Volume<float>& field);

}  // namespace radtype::shape
