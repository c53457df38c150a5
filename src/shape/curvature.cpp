#include "radtype/shape/curvature.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Cholesky>
#include <Eigen/Geometry>

#include "shape/index.h"
#include "shape/surface_operators.h"

namespace radtype::shape {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

// Weights that are exact for vertices on a ball (max1999).
Points vertex_normals(const TriangleMesh& mesh) {
  Points normals(mesh.vertices.size(), Vector3d::Zero());
  for (const auto& t : mesh.triangles) {
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const Vector3d& apex = mesh.vertices[at(t[corner])];
      const Vector3d u = mesh.vertices[at(t[(corner + 1) % 3])] - apex;
      const Vector3d v = mesh.vertices[at(t[(corner + 2) % 3])] - apex;
      const double lengths = u.squaredNorm() * v.squaredNorm();
      if (lengths > 0) normals[at(t[corner])] += u.cross(v) / lengths;
    }
  }
  for (Vector3d& normal : normals) normal.normalize();
  return normals;
}

struct Frame {
  Vector3d u;
  Vector3d v;
};
Frame tangent_frame(const Vector3d& normal) {
  Eigen::Index least = 0;
  normal.cwiseAbs().minCoeff(&least);
  const Vector3d u = normal.cross(Vector3d::Unit(least)).normalized();
  return {u, normal.cross(u)};
}

// The frame turned so that its normal `from` becomes `to`, about the axis that both are square to.
Frame turned(const Frame& frame, const Vector3d& from, const Vector3d& to) {
  const double cosine = from.dot(to);
  if (cosine < -0.9) {
    const auto rotation = Eigen::Quaterniond::FromTwoVectors(from, to);
    return {rotation * frame.u, rotation * frame.v};
  }
  // What is square to `from` loses its part along `to` and gains what keeps its length.
  const Vector3d between = (from + to) / (1 + cosine);
  return {frame.u - frame.u.dot(to) * between, frame.v - frame.v.dot(to) * between};
}

/// e, f, g of the second fundamental form in a tangent frame.
using Form = Vector3d;

Form triangle_form(const std::array<Vector3d, 3>& corner, const std::array<Vector3d, 3>& normal, const Frame& frame) {
  Matrix3d lhs = Matrix3d::Zero();
  Vector3d rhs = Vector3d::Zero();
  for (std::size_t n = 0; n < 3; ++n) {
    const Vector3d edge = corner[(n + 2) % 3] - corner[(n + 1) % 3];
    const Vector3d change = normal[(n + 2) % 3] - normal[(n + 1) % 3];
    const double u = edge.dot(frame.u);
    const double v = edge.dot(frame.v);
    // Of two equations: (u, v, 0) for the change along u, (0, u, v) for that along v.
    const double along_u = change.dot(frame.u);
    const double along_v = change.dot(frame.v);
    lhs(0, 0) += u * u;
    lhs(1, 0) += u * v;
    lhs(1, 1) += u * u + v * v;
    lhs(2, 2) += v * v;
    rhs += Vector3d(u * along_u, v * along_u + u * along_v, v * along_v);
  }
  lhs(2, 1) = lhs(1, 0);  // the solver reads the lower triangle
  return lhs.ldlt().solve(rhs);
}

}  // namespace

PrincipalCurvatures principal_curvatures(const TriangleMesh& mesh) {
  const Points normals = vertex_normals(mesh);
  std::vector<Frame> frames;
  frames.reserve(normals.size());
  for (const Vector3d& normal : normals) frames.push_back(tangent_frame(normal));
  std::vector<Form> forms(normals.size(), Form::Zero());
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(normals.size()));

  for (const auto& t : mesh.triangles) {
    const std::array<Vector3d, 3> corner{mesh.vertices[at(t[0])], mesh.vertices[at(t[1])], mesh.vertices[at(t[2])]};
    const Vector3d twice_area = (corner[1] - corner[0]).cross(corner[2] - corner[0]);
    const double area = twice_area.norm();
    if (!(area > 0)) continue;
    const Vector3d face_normal = twice_area / area;
    const Frame face = tangent_frame(face_normal);
    const Form form = triangle_form(corner, {normals[at(t[0])], normals[at(t[1])], normals[at(t[2])]}, face);
    for (const std::int32_t id : t) {
      const Frame there = turned(frames[at(id)], normals[at(id)], face_normal);
      const auto value = [&](const Vector3d& a, const Vector3d& b) {
        const double au = a.dot(face.u);
        const double av = a.dot(face.v);
        const double bu = b.dot(face.u);
        const double bv = b.dot(face.v);
        return form[0] * au * bu + form[1] * (au * bv + av * bu) + form[2] * av * bv;
      };
      forms[at(id)] += area * Form(value(there.u, there.u), value(there.u, there.v), value(there.v, there.v));
      weights[id] += area;
    }
  }

  PrincipalCurvatures result;
  result.larger.resize(weights.size());
  result.smaller.resize(weights.size());
  for (Eigen::Index i = 0; i < weights.size(); ++i) {
    const Form form = weights[i] > 0 ? Form(forms[static_cast<std::size_t>(i)] / weights[i]) : Form(Form::Zero());
    const double mean = 0.5 * (form[0] + form[2]);
    const double half = std::hypot(0.5 * (form[0] - form[2]), form[1]);
    result.larger[i] = mean + half;
    result.smaller[i] = mean - half;
  }
  return result;
}

CurvatureSummary summarise(const TriangleMesh& mesh, const PrincipalCurvatures& curvatures, double radius_mm) {
  const Eigen::VectorXd area = vertex_areas(mesh.vertices, mesh.triangles);
  const double total = area.sum();
  CurvatureSummary summary;
  summary.bending_energy = area.dot(curvatures.mean().cwiseAbs2()) / (4 * std::numbers::pi);
  const Eigen::VectorXd curvedness =
      radius_mm * ((curvatures.larger.cwiseAbs2() + curvatures.smaller.cwiseAbs2()) / 2).cwiseSqrt();
  summary.curvedness = area.dot(curvedness) / total;
  summary.curvedness_sd = std::sqrt(area.dot((curvedness.array() - summary.curvedness).square().matrix()) / total);
  for (Eigen::Index i = 0; i < area.size(); ++i) {
    const double sum = curvatures.larger[i] + curvatures.smaller[i];
    const double difference = curvatures.larger[i] - curvatures.smaller[i];
    const double index = 2 / std::numbers::pi * std::atan2(sum, difference);
    if (!std::isfinite(index)) continue;
    const int bin = std::clamp(static_cast<int>(std::floor((index + 1) * kPlaces / 2)), 0, kPlaces - 1);
    summary.share[static_cast<std::size_t>(bin)] += area[i] / total;
  }
  return summary;
}

}  // namespace radtype::shape
