#include "radtype/shape/pose.h"

#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>
#include <Eigen/Geometry>

#include "shape/surface_operators.h"

namespace radtype::shape {

CanonicalPose canonical_pose(const Spectrum& spectrum) {
  const auto& c = spectrum.fit.coefficients;
  Eigen::Matrix3d first_order;  // columns: what the sphere's x, y, z directions become
  first_order.col(0) = c.row(harmonic_index(1, 1));
  first_order.col(1) = c.row(harmonic_index(1, -1));
  first_order.col(2) = c.row(harmonic_index(1, 0));
  first_order *= std::sqrt(3 / (4 * std::numbers::pi));
  // Singular vectors by way of the 3 x 3 normal matrix; ascending there, descending here.
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> normal(first_order.transpose() * first_order);

  CanonicalPose pose;
  pose.sphere_axes = normal.eigenvectors().rowwise().reverse();
  pose.semi_axes_mm = normal.eigenvalues().reverse().cwiseMax(0).cwiseSqrt();
  pose.object_axes = first_order * pose.sphere_axes;
  pose.object_axes.col(0).normalize();
  pose.object_axes.col(1).normalize();
  const Eigen::Vector3d third_axis = pose.object_axes.col(0).cross(pose.object_axes.col(1));
  pose.object_axes.col(2) = pose.object_axes.col(2).dot(third_axis) < 0 ? Eigen::Vector3d(-third_axis) : third_axis;
  const TriangleMesh& mesh = spectrum.surface.mesh;
  const Eigen::VectorXd area = vertex_areas(mesh.vertices, mesh.triangles);
  const double total = area.sum();
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i)
    centre += area[static_cast<Eigen::Index>(i)] / total * mesh.vertices[i];
  Eigen::Vector3d second = Eigen::Vector3d::Zero();
  Eigen::Vector3d third = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Array3d along = pose.object_axes.transpose() * (mesh.vertices[i] - centre);
    const double weight = area[static_cast<Eigen::Index>(i)] / total;
    second.array() += weight * along.square();
    third.array() += weight * along.cube();
  }
  pose.skewness = third.array() / second.array().pow(1.5);
  const auto flip = [&](Eigen::Index axis) {
    pose.object_axes.col(axis) *= -1;
    pose.sphere_axes.col(axis) *= -1;
    pose.skewness[axis] *= -1;
  };
  for (const Eigen::Index axis : {0, 1}) {
    if (pose.skewness[axis] < 0) flip(axis);
  }
  if (pose.object_axes.determinant() < 0) flip(2);
  const auto near = [&](Eigen::Index a, Eigen::Index b) {
    return pose.semi_axes_mm[b] > (1 - kSameAxes) * pose.semi_axes_mm[a];
  };
  pose.axes_ambiguous = near(0, 1) || near(1, 2);
  pose.signs_ambiguous = pose.skewness[0] < kNoSkewness || pose.skewness[1] < kNoSkewness;
  return pose;
}

double reference_entropy(const std::vector<double>& power_by_order) {
  double sum = 0;
  for (const double power : power_by_order) sum += power;
  double entropy = 0;
  for (const double power : power_by_order) entropy -= power / sum * std::log(power / sum + 1e-5);
  return entropy;
}

HarmonicFit fit_in_pose(const Spectrum& spectrum, const CanonicalPose& pose) {
  TriangleMesh turned;
  turned.triangles = spectrum.surface.mesh.triangles;
  for (const Eigen::Vector3d& vertex : spectrum.surface.mesh.vertices)
    turned.vertices.emplace_back(pose.object_axes.transpose() * vertex);
  SpherePoints points;
  for (const Eigen::Vector3d& point : spectrum.points) points.emplace_back(pose.sphere_axes.transpose() * point);
  HarmonicFit fit = fit_harmonics(turned, points, spectrum.fit.degree);
  fit.coefficients.row(0).setZero();
  return fit;
}

}  // namespace radtype::shape
