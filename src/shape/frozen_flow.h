// Particles carried along the Dacorogna-Moser path through the fields of the starting map.
#pragma once

#include "shape/surface_operators.h"

namespace radtype::shape {

/// The path's fields at the vertices of a triangulated sphere: momentum grad psi and starting density rho_0.
struct FrozenFields {
  const Points& points;
  const Triangles& triangles;
  Points momentum;          ///< tangent
  Eigen::VectorXd density;  ///< positive
};

/// Where each vertex ends at t = 1. Every particle takes steps of its own size.
Points carry(const FrozenFields& fields);

}  // namespace radtype::shape
