// IBSI morphology of a mask (ibsi1_2020, section 3.1). Method: docs/methods/morphology.md.
#pragma once

#include "radtype/shape/mesh.h"

namespace radtype::shape {

struct Morphology {
  double volume_mm3 = 0;        ///< enclosed by the mesh (IBSI RNU0)
  double voxel_volume_mm3 = 0;  ///< voxel count x voxel volume (IBSI YEKZ)
  double area_mm2 = 0;          ///< of the mesh (IBSI C0JK)
  double mean_radius_mm = 0;    ///< area-weighted mean distance of the surface to its area-weighted centroid, taken
                                ///< at the edge midpoints of each triangle
  double max_diameter_mm = 0;   ///< largest distance between two mesh vertices (IBSI L0JK), found on the convex hull
  double sphericity = 0;        ///< (36 pi V^2)^(1/3) / A (IBSI QCFX)
  double axis_major_mm = 0;     ///< 4 sqrt(eigenvalue) of the voxel centres' covariance, divisor N - 1
  double axis_minor_mm = 0;     ///< (IBSI TDIC, P9VJ, 7J51)
  double axis_least_mm = 0;
  double elongation = 0;       ///< minor / major (IBSI Q3CK)
  double flatness = 0;         ///< least / major (IBSI N17B)
  double hull_volume_mm3 = 0;  ///< of the convex hull of the mesh
  double hull_area_mm2 = 0;
};

/// kEmpty for an empty mask. Where the mask lies in space, and what surrounds it, changes no bit of the result.
/// Defined for a single voxel, with axes 0: elongation and flatness are NaN there, and only there.
Result<Morphology> measure_morphology(const Mask& mask);
/// The same with the mask's marching-cubes surface, wherever it lies.
Result<Morphology> measure_morphology(const Mask& mask, const TriangleMesh& mesh);

}  // namespace radtype::shape
