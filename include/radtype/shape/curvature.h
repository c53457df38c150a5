// Curvature of a closed triangle surface, and what it says of a tumour as numbers without unit.
#pragma once

#include <array>

#include <Eigen/Core>

#include "radtype/shape/mesh.h"

namespace radtype::shape {

/// At each vertex, per mm, positive where the surface is convex: 1/R, 1/R on a ball of radius R. larger >= smaller.
struct PrincipalCurvatures {
  Eigen::VectorXd larger;
  Eigen::VectorXd smaller;

  Eigen::VectorXd mean() const { return 0.5 * (larger + smaller); }
};
/// Second fundamental form of each triangle from its corners' normals, averaged at the vertices by area
/// (rusinkiewicz2004). The mesh is closed and smooth; second order in the edge length on regular meshes.
PrincipalCurvatures principal_curvatures(const TriangleMesh& mesh);

/// Kinds of places by shape index (koenderink1992), (2/pi) atan((k1 + k2)/(k1 - k2)), in five equal bins from -1 to 1.
enum class Place { kCup, kRut, kSaddle, kRidge, kCap };
inline constexpr int kPlaces = 5;

struct CurvatureSummary {
  double bending_energy = 0;            ///< (1/4 pi) integral of the squared mean curvature; 1 for a ball, the least
  double curvedness = 0;                ///< area-weighted mean of R sqrt((k1^2 + k2^2)/2); 1 for a ball
  double curvedness_sd = 0;             ///< its standard deviation over the surface
  std::array<double, kPlaces> share{};  ///< of the area, by Place
};
/// `radius_mm` makes curvedness a number without unit.
CurvatureSummary summarise(const TriangleMesh& mesh, const PrincipalCurvatures& curvatures, double radius_mm);

}  // namespace radtype::shape
