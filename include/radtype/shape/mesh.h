// Closed triangle surfaces in LPS mm.
#pragma once

#include <array>
#include <vector>

#include <Eigen/Core>

#include "radtype/core/volume.h"

namespace radtype::shape {

struct TriangleMesh {
  std::vector<Eigen::Vector3d> vertices;               ///< LPS mm
  std::vector<std::array<std::int32_t, 3>> triangles;  ///< counter-clockwise seen from outside
};

/// Marching cubes of a mask at level 0.5, as IBSI prescribes (ibsi1_2020; lorensen1987): vertices at the midpoints of
/// the lattice edges that join an inside and an outside voxel centre. On an ambiguous face the two inside corners are
/// separated, so that the surface is a closed 2-manifold: every edge joins two triangles that run along it in opposite
/// directions. A boundary loop of three or four vertices is planar; a longer one is a fan around one more vertex,
/// placed by the loop's own symmetry, so that area and volume are the same under every flip and permutation of the axes
/// (docs/methods/morphology.md).
/// The mask may touch the border of its grid; outside the grid is outside the mask. An empty mask gives an empty mesh.
TriangleMesh marching_cubes(const Mask& mask);
/// The same relative to the first voxel of the box around the inside: the mask's place takes part in no rounding.
TriangleMesh marching_cubes_at_origin(const Mask& mask);

double surface_area_mm2(const TriangleMesh& mesh);
double enclosed_volume_mm3(const TriangleMesh& mesh);  ///< divergence theorem; positive for outward triangles

struct ConvexHull {
  std::vector<std::int32_t> vertex_ids;  ///< of the points given, ascending
  double volume_mm3 = 0;
  double area_mm2 = 0;
};
/// Qhull (barber1996). Units follow those of the points. kUndefined for points that span no volume.
Result<ConvexHull> convex_hull(const std::vector<Eigen::Vector3d>& points);

}  // namespace radtype::shape
