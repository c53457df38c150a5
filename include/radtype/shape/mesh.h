// Closed triangle surfaces in LPS mm.
#pragma once

#include <array>
#include <vector>

#include <Eigen/Core>

#include "radtype/core/volume.h"

namespace radtype::shape {

struct TriangleMesh {
  std::vector<Eigen::Vector3d> vertices;            ///< LPS mm
  std::vector<std::array<std::int32_t, 3>> triangles;  ///< counter-clockwise seen from outside
};

/// Marching cubes of a mask at level 0.5 (vertices at edge midpoints), as IBSI prescribes (ibsi1_2020; lorensen1987).
/// Ambiguous faces separate the inside, so that the surface is closed and consistent (inside is 6-connected across faces).
/// The mask may touch the border of its grid; outside the grid is outside the mask.
TriangleMesh marching_cubes(const Mask& mask);

double surface_area_mm2(const TriangleMesh& mesh);
double enclosed_volume_mm3(const TriangleMesh& mesh);  ///< divergence theorem; positive for outward triangles

struct ConvexHull {
  std::vector<std::int32_t> vertex_ids;  ///< of the points given, ascending
  double volume_mm3 = 0;
  double area_mm2 = 0;
};
/// Qhull (barber1996). kUndefined for points that span no volume.
Result<ConvexHull> convex_hull(const std::vector<Eigen::Vector3d>& points);

}  // namespace radtype::shape
