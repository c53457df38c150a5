// Vertices moved along and onto a level set, connectivity kept.
#pragma once

#include "radtype/core/volume.h"
#include "radtype/shape/mesh.h"

namespace radtype::shape {

struct RelaxOptions {
  int rounds = 10;
  double target_volume_mm3 = 0;  ///< the level is shifted until the mesh encloses it; 0: level 0 is kept
  double longest_step_mm = 0;    ///< a Newton step is not trusted beyond this
};
/// `mesh` in LPS mm on any grid's `field`. Alternates steps towards the middle of each vertex's neighbours,
/// within the tangent plane, with Newton steps onto the level. Returns the level.
double relax_onto_level(const Volume<float>& field, const RelaxOptions& options, TriangleMesh& mesh);

}  // namespace radtype::shape
