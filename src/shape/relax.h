// Vertices moved along and onto a level set, connectivity kept.
#pragma once

#include "radtype/core/volume.h"
#include "radtype/shape/mesh.h"

namespace radtype::shape {

/// Trilinear interpolation of a field in index coordinates; constant beyond the grid.
class FieldSampler {
 public:
  explicit FieldSampler(const Volume<float>& field) : field_(field) {}
  double value(const Eigen::Vector3d& index) const;
  /// Value, and gradient per index step.
  double value_and_gradient(const Eigen::Vector3d& index, Eigen::Vector3d& gradient) const;

 private:
  const Volume<float>& field_;
};

struct RelaxOptions {
  int rounds = 10;
  double target_volume_mm3 = 0;  ///< the level is shifted until the mesh encloses it; 0: level 0 is kept
  double longest_step_mm = 0;    ///< a Newton step is not trusted beyond this
};
/// `mesh` in LPS mm on any grid's `field`. Alternates steps towards the middle of each vertex's neighbours,
/// within the tangent plane, with Newton steps onto the level. Returns the level.
double relax_onto_level(const Volume<float>& field, const RelaxOptions& options, TriangleMesh& mesh);

}  // namespace radtype::shape
