#include "radtype/shape/mesh.h"

#include <Eigen/Geometry>

namespace radtype::shape {
namespace {

std::array<Eigen::Vector3d, 3> corners(const TriangleMesh& mesh, const std::array<std::int32_t, 3>& triangle) {
  return {mesh.vertices[static_cast<std::size_t>(triangle[0])], mesh.vertices[static_cast<std::size_t>(triangle[1])],
          mesh.vertices[static_cast<std::size_t>(triangle[2])]};
}

}  // namespace

double surface_area_mm2(const TriangleMesh& mesh) {
  double twice = 0;
  for (const auto& triangle : mesh.triangles) {
    const auto [a, b, c] = corners(mesh, triangle);
    twice += (b - a).cross(c - a).norm();
  }
  return twice / 2;
}

double enclosed_volume_mm3(const TriangleMesh& mesh) {
  if (mesh.vertices.empty()) return 0;
  // Any reference point gives the same volume; one on the surface keeps the summands small far from the origin.
  const Eigen::Vector3d reference = mesh.vertices.front();
  double six_fold = 0;
  for (const auto& triangle : mesh.triangles) {
    const auto [a, b, c] = corners(mesh, triangle);
    six_fold += (a - reference).dot((b - reference).cross(c - reference));
  }
  return six_fold / 6;
}

}  // namespace radtype::shape
