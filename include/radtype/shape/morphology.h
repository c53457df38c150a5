// IBSI morphology of a mask (ibsi1_2020, section 3.1).
#pragma once

#include "radtype/shape/mesh.h"

namespace radtype::shape {

struct Morphology {
  double volume_mm3 = 0;          ///< enclosed by the mesh (IBSI RNU0)
  double voxel_volume_mm3 = 0;    ///< voxel count x voxel volume (IBSI YEKZ)
  double area_mm2 = 0;            ///< of the mesh (IBSI C0JK)
  double mean_radius_mm = 0;      ///< area-weighted mean distance of the surface to its area-weighted centroid
  double max_diameter_mm = 0;     ///< largest distance between two mesh vertices (IBSI L0JK), found on the convex hull
  double sphericity = 0;          ///< (36 pi V^2)^(1/3) / A (IBSI QCFX)
  double axis_major_mm = 0;       ///< 4 sqrt(eigenvalue) of the voxel centres' covariance (IBSI TDIC, P9VJ, 7J51)
  double axis_minor_mm = 0;
  double axis_least_mm = 0;
  double elongation = 0;          ///< minor / major (IBSI Q3CK)
  double flatness = 0;            ///< least / major (IBSI N17B)
};

/// kEmpty for an empty mask. Defined for a single voxel (axes 0: then elongation and flatness are kUndefined and NaN here;
/// the feature family turns that into a missing value with its reason).
Result<Morphology> measure_morphology(const Mask& mask);

}  // namespace radtype::shape
