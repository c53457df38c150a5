// Real spherical harmonics and the spectrum of a mapped surface. Conventions: docs/concepts/spherical-harmonics.md.
#pragma once

#include <array>
#include <vector>

#include <Eigen/Core>

#include "radtype/shape/sphere_map.h"

namespace radtype::shape {

inline constexpr int kMaxDegree = 15;

/// Index of degree l, order m (-l..l) in a vector of coefficients: l*l + l + m.
constexpr int harmonic_index(int l, int m) { return l * l + l + m; }

/// Orthonormal real basis without Condon-Shortley phase at a unit vector, degrees 0..degree; out[l*l+l+m], (degree+1)^2
/// values. m > 0: sqrt(2) K cos(m phi) P_l^m(cos theta); m < 0: with sin(|m| phi); theta from +z, phi from +x towards
/// +y.
void real_harmonics(const Eigen::Vector3d& unit, int degree, double* out);

struct HarmonicFit {
  int degree = 0;
  Eigen::MatrixX3d coefficients;      ///< (degree+1)^2 rows; columns x, y, z in LPS mm; row 0 is the centre
  double mean_radius_mm = 0;          ///< area-weighted mean distance of the vertices to their area-weighted centroid
  double mean_square_radius_mm2 = 0;  ///< area-weighted mean squared distance to the centroid
  double residual_rms_mm = 0;         ///< area-weighted root mean squared distance of vertices to the reconstruction

  /// sqrt(sum over m and xyz of c^2) / mean radius, degree l >= 1.
  double energy(int l) const;
};
/// Least squares weighted by object area. `degree` <= 40.
HarmonicFit fit_harmonics(const TriangleMesh& mesh, const SpherePoints& points, int degree = kMaxDegree);

/// The surface up to a degree, at the vertices' sphere points, LPS mm; triangles as in the mesh.
TriangleMesh reconstruct(const HarmonicFit& fit, const TriangleMesh& mesh, const SpherePoints& points,
                         int up_to_degree);

}  // namespace radtype::shape
