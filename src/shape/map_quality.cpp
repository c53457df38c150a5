#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

#include "radtype/shape/sphere_map.h"
#include "shape/index.h"
#include "shape/surface_operators.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;
using Eigen::VectorXd;

/// Object area / image area of each vertex's star, both normalised.
VectorXd area_ratio(const VectorXd& object, const VectorXd& image) {
  return (object / object.sum()).cwiseQuotient(image / image.sum());
}

/// Weighted mean of all but the largest values that hold kTipShare of the weight.
double trimmed_mean(std::vector<std::pair<double, double>> value_and_weight) {
  std::sort(value_and_weight.begin(), value_and_weight.end());
  double sum = 0;
  double weight = 0;
  for (const auto& [value, w] : value_and_weight) {
    if (weight + w > 1 - kTipShare) break;
    sum += w * value;
    weight += w;
  }
  return sum / weight;
}

struct TriangleDistortion {
  double object_area;
  double angle;  ///< (s1/s2 + s2/s1)/2
};
TriangleDistortion triangle_distortion(const TriangleMesh& mesh, const SpherePoints& points,
                                       const std::array<std::int32_t, 3>& t) {
  const Vector3d u = mesh.vertices[at(t[1])] - mesh.vertices[at(t[0])];
  const Vector3d v = mesh.vertices[at(t[2])] - mesh.vertices[at(t[0])];
  const Vector3d p = points[at(t[1])] - points[at(t[0])];
  const Vector3d q = points[at(t[2])] - points[at(t[0])];
  const double object_area = u.cross(v).norm();
  const double image_area = p.cross(q).norm();
  // Trace of the metric pulled back, over twice the ratio of areas.
  const double trace =
      (u.squaredNorm() * q.squaredNorm() + v.squaredNorm() * p.squaredNorm() - 2 * u.dot(v) * p.dot(q)) / object_area;
  return {object_area, trace / (2 * image_area)};
}

}  // namespace

MapQuality measure_map(const TriangleMesh& mesh, const SpherePoints& points) {
  MapQuality quality;
  quality.flipped = count_flipped(points, mesh.triangles);
  const VectorXd object = vertex_areas(mesh.vertices, mesh.triangles);
  const double total_object = object.sum();
  const VectorXd ratio = area_ratio(object, vertex_areas(points, mesh.triangles));
  const VectorXd distortion = ratio.cwiseMax(ratio.cwiseInverse());
  quality.area_distortion = distortion.dot(object) / object.sum();
  quality.worst_area_distortion = distortion.maxCoeff();
  std::vector<std::pair<double, double>> by_distortion;
  for (Eigen::Index i = 0; i < object.size(); ++i) by_distortion.emplace_back(distortion[i], object[i] / total_object);
  quality.trimmed_area_distortion = trimmed_mean(std::move(by_distortion));
  double sum = 0;
  double total = 0;
  for (const auto& t : mesh.triangles) {
    const auto [object_area, angle] = triangle_distortion(mesh, points, t);
    quality.worst_angle_distortion = std::max(quality.worst_angle_distortion, angle);
    sum += object_area * angle;
    total += object_area;
  }
  quality.angle_distortion = sum / total;
  return quality;
}

VertexDistortion vertex_distortion(const TriangleMesh& mesh, const SpherePoints& points) {
  VertexDistortion distortion;
  const VectorXd object = vertex_areas(mesh.vertices, mesh.triangles);
  distortion.log_area = area_ratio(object, vertex_areas(points, mesh.triangles)).array().log();
  distortion.log_angle = VectorXd::Zero(object.size());
  for (const auto& t : mesh.triangles) {
    const auto [object_area, angle] = triangle_distortion(mesh, points, t);
    for (const std::int32_t id : t) distortion.log_angle[id] += object_area / 6 * std::log(std::max(angle, 1.0));
  }
  distortion.log_angle = distortion.log_angle.cwiseQuotient(object);
  return distortion;
}

}  // namespace radtype::shape
