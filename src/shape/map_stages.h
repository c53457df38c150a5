// The two maps of one surface, which share the order of elimination of its connectivity.
#pragma once

#include "radtype/shape/sphere_map.h"
#include "shape/surface_operators.h"

namespace radtype::shape {

/// As in sphere_map.h, with a solver for the mesh's triangles.
Result<SpherePoints> conformal_map(const TriangleMesh& mesh, const ConformalOptions& options, PoissonSolver& solver);
Result<SpherePoints> equalise_area(const TriangleMesh& mesh, const SpherePoints& start, const EqualAreaOptions& options,
                                   PoissonSolver& solver);

}  // namespace radtype::shape
