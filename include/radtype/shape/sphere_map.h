// The canonical map of a closed surface to the unit sphere: conformal, Moebius-centred, then area-equalising.
// Definition, uniqueness and measurements: docs/methods/shape.md.
#pragma once

#include <vector>

#include <Eigen/Core>

#include "radtype/shape/mesh.h"

namespace radtype::shape {

/// One unit vector for each vertex of the mesh; triangles keep their orientation (counter-clockwise seen from outside).
using SpherePoints = std::vector<Eigen::Vector3d>;

inline constexpr double kTipShare = 0.005;

struct MapQuality {
  int flipped = 0;  ///< triangles whose image is not positively oriented: 0 in every map that is returned
  /// Mean over the surface of max(r, 1/r), r = image area / object area of a vertex's star, both normalised; 1 is
  /// perfect.
  double area_distortion = 1;
  /// The same without the worst kTipShare of the surface: the end of a thin spicule may stay shrunk by any factor
  /// without moving an energy.
  double trimmed_area_distortion = 1;
  double worst_area_distortion = 1;
  /// Area-weighted mean of (s1/s2 + s2/s1)/2 over triangles, s1 >= s2 the singular values of the map; 1 is conformal.
  double angle_distortion = 1;
  double worst_angle_distortion = 1;
};
MapQuality measure_map(const TriangleMesh& mesh, const SpherePoints& points);

struct VertexDistortion {
  Eigen::VectorXd log_area;   ///< log(object area / image area) of a vertex's star, both normalised: the conformal map
                              ///< shrinks protrusions, which are positive here
  Eigen::VectorXd log_angle;  ///< log of (s1/s2 + s2/s1)/2, the mean of its triangles by area; >= 0
};
VertexDistortion vertex_distortion(const TriangleMesh& mesh, const SpherePoints& points);

struct ConformalOptions {
  std::int32_t puncture = -1;  ///< triangle where the first flat solve is opened; -1: the rule of the method. The
                               ///< result does not depend on it
  int max_iterations = 60;
  double tolerance = 1e-13;  ///< relative change of the Dirichlet energy that ends the refinement
};
/// Discrete harmonic map to the sphere with cotangent weights: a flat solve punctured at a triangle (haker2000), then
/// descent of the Dirichlet energy under Moebius centring (gu2004, baden2018): sum of vertex areas x position = 0.
/// kUndefined when no map without flipped triangles is found. The mesh is closed, of genus 0, with positive areas.
Result<SpherePoints> conformal_map(const TriangleMesh& mesh, const ConformalOptions& options = {});

struct EqualAreaOptions {
  double step = 0.35;         ///< of the last corrections: largest change of log density in one
  double tolerance = 0.0005;  ///< area-weighted mean |log density| that ends the flow
  int max_steps = 60;
};
/// The Dacorogna-Moser flow (dacorogna1990) along the linear density path: rho_t = (1-t) rho_0 + t, v = grad psi /
/// rho_t, Laplacian psi = rho_0 - 1. Because rho_t - 1 = (1-t)(rho_0 - 1), the path restarted at any time is the same
/// path, so the map is carried in stages, each through the fields of the map that
/// the one before left, and then corrected: docs/methods/shape.md.
Result<SpherePoints> equalise_area(const TriangleMesh& mesh, const SpherePoints& start,
                                   const EqualAreaOptions& options = {});

}  // namespace radtype::shape
