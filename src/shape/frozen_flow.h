// Particles carried along the Dacorogna-Moser path through the fields of the starting map.
#pragma once

#include "shape/surface_operators.h"

namespace radtype::shape {

/// The path's fields at the vertices of a triangulated sphere. Between vertices the velocity at t = 0 and the logarithm
/// of the density are linear: along a protrusion, whose conformal image shrinks geometrically, both are nearly so,
/// while density and momentum change by factors from one ring of vertices to the next.
struct FrozenFields {
  const Points& points;
  const Triangles& triangles;
  const Points& start_velocity;        ///< grad psi / rho_0, tangent
  const Eigen::VectorXd& log_density;  ///< of rho_0
};

/// Where each vertex is at t = `until` <= 1. Every particle takes steps of its own size.
Points carry(const FrozenFields& fields, double until);

}  // namespace radtype::shape
