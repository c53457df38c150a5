#include <algorithm>
#include <cmath>
#include <optional>

#include <Eigen/Dense>

#include "shape/index.h"
#include "shape/map_stages.h"
#include "shape/unfold.h"

namespace radtype::shape {
namespace {

using Eigen::MatrixX3d;
using Eigen::Vector3d;
using Eigen::VectorXd;

// The triangle farthest from the centroid's mean distance in neither direction: ends of protrusions crowd in a flat
// map, and opening the sphere on the broad side keeps the far side readable.
std::int32_t choose_puncture(const TriangleMesh& mesh, const VectorXd& areas) {
  Vector3d centroid = Vector3d::Zero();
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i)
    centroid += areas[static_cast<Eigen::Index>(i)] * mesh.vertices[i];
  centroid /= areas.sum();
  Eigen::Matrix3d spread = Eigen::Matrix3d::Zero();
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Vector3d d = mesh.vertices[i] - centroid;
    spread += areas[static_cast<Eigen::Index>(i)] * d * d.transpose();
  }
  const Vector3d shortest = Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(spread).eigenvectors().col(0);
  std::int32_t best = -1;
  double best_score = 0;
  for (std::size_t n = 0; n < mesh.triangles.size(); ++n) {
    const auto& t = mesh.triangles[n];
    const Vector3d middle =
        (mesh.vertices[at(t[0])] + mesh.vertices[at(t[1])] + mesh.vertices[at(t[2])]) / 3 - centroid;
    const double along = middle.dot(shortest);
    const double score = std::abs(along) - (middle - along * shortest).norm();
    if (best < 0 || score > best_score) {
      best_score = score;
      best = static_cast<std::int32_t>(n);
    }
  }
  return best;
}

// Right-hand side of the flat solve (haker2000): derivatives of a point source at the punctured triangle.
Eigen::MatrixXd point_source(const TriangleMesh& mesh, const std::array<std::int32_t, 3>& t) {
  const Vector3d& a = mesh.vertices[at(t[0])];
  const Vector3d& b = mesh.vertices[at(t[1])];
  const Vector3d& c = mesh.vertices[at(t[2])];
  const double length = (b - a).norm();
  const double theta = (c - a).dot(b - a) / (length * length);
  const Vector3d foot = a + theta * (b - a);
  const double height = (c - foot).norm();
  Eigen::MatrixXd source = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(mesh.vertices.size()), 2);
  source(t[0], 0) = -1 / length;
  source(t[1], 0) = 1 / length;
  source(t[0], 1) = (1 - theta) / height;
  source(t[1], 1) = theta / height;
  source(t[2], 1) = -1 / height;
  return source;
}

// Flat positions to the sphere, scaled so that half of the surface lies in each hemisphere.
SpherePoints from_plane(const Eigen::MatrixXd& plane, const VectorXd& areas) {
  const auto count = static_cast<std::size_t>(plane.rows());
  const auto half_area_quantile = [&](const VectorXd& values) {
    std::vector<std::pair<double, double>> sorted(count);
    for (std::size_t i = 0; i < count; ++i)
      sorted[i] = {values[static_cast<Eigen::Index>(i)], areas[static_cast<Eigen::Index>(i)]};
    std::sort(sorted.begin(), sorted.end());
    const double half = areas.sum() / 2;
    double below = 0;
    for (const auto& [value, area] : sorted) {
      below += area;
      if (below >= half) return value;
    }
    return sorted.back().first;
  };
  const Eigen::RowVector2d centre(half_area_quantile(plane.col(0)), half_area_quantile(plane.col(1)));
  const VectorXd radius = (plane.rowwise() - centre).rowwise().norm();
  const double scale = 1 / half_area_quantile(radius);
  SpherePoints points(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Eigen::RowVector2d z = scale * (plane.row(static_cast<Eigen::Index>(i)) - centre);
    const double square = z.squaredNorm();
    points[i] = Vector3d(2 * z[0], 2 * z[1], square - 1) / (square + 1);
  }
  return points;
}

// Newton steps with Moebius inversions until the surface's mass is balanced (baden2018, section 4).
void centre_by_moebius(SpherePoints& points, const VectorXd& areas) {
  for (int round = 0; round < 60; ++round) {
    Vector3d mean = Vector3d::Zero();
    Eigen::Matrix3d jacobian = Eigen::Matrix3d::Zero();
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double weight = areas[static_cast<Eigen::Index>(i)];
      mean += weight * points[i];
      jacobian += 2 * weight * (Eigen::Matrix3d::Identity() - points[i] * points[i].transpose());
    }
    mean /= areas.sum();
    jacobian /= areas.sum();
    if (mean.norm() < 1e-13) return;
    Vector3d shift = -jacobian.ldlt().solve(mean);
    // The inversion's centre must stay inside the ball.
    if (shift.norm() > 0.8) shift *= 0.8 / shift.norm();
    for (Vector3d& x : points) {
      x = (1 - shift.squaredNorm()) * (x + shift) / (x + shift).squaredNorm() + shift;
      x.normalize();
    }
  }
}

MatrixX3d as_matrix(const SpherePoints& points) {
  MatrixX3d matrix(static_cast<Eigen::Index>(points.size()), 3);
  for (std::size_t i = 0; i < points.size(); ++i) matrix.row(static_cast<Eigen::Index>(i)) = points[i];
  return matrix;
}

/// A map's coordinates, their image under the stiffness matrix, and the Dirichlet energy.
struct Harmonic {
  MatrixX3d x;
  MatrixX3d image;
  double energy;

  Harmonic(const PoissonSolver& stiffness, const SpherePoints& points)
      : x(as_matrix(points)), image(stiffness.apply(x)), energy(0.5 * x.cwiseProduct(image).sum()) {}
};

// Descent of the Dirichlet energy with the stiffness matrix as metric. In the limit of fine meshes its error of degree
// l shrinks by 2/(l(l+1)) a step, a third or less once the Moebius freedom (l = 1) is fixed by centring.
void refine_harmonic(const PoissonSolver& stiffness, const VectorXd& areas, const ConformalOptions& options,
                     SpherePoints& points) {
  Harmonic now(stiffness, points);
  SpherePoints next(points.size());
  for (int round = 0; round < options.max_iterations; ++round) {
    const MatrixX3d& x = now.x;
    MatrixX3d gradient = now.image;
    for (Eigen::Index i = 0; i < x.rows(); ++i) gradient.row(i) -= gradient.row(i).dot(x.row(i)) * x.row(i);
    gradient.rowwise() -= gradient.colwise().mean();
    MatrixX3d direction = stiffness.solve(gradient);
    direction.rowwise() -= (areas.transpose() * direction) / areas.sum();

    double step = 1;
    std::optional<Harmonic> ahead;
    for (; step > 1e-3; step /= 2) {
      for (std::size_t i = 0; i < points.size(); ++i) {
        const Vector3d d = direction.row(static_cast<Eigen::Index>(i));
        next[i] = (points[i] - step * (d - d.dot(points[i]) * points[i])).normalized();
      }
      centre_by_moebius(next, areas);
      ahead.emplace(stiffness, next);
      if (ahead->energy < now.energy) break;
    }
    if (!(ahead->energy < now.energy)) return;
    std::swap(points, next);
    const bool settled = now.energy - ahead->energy < options.tolerance * now.energy;
    now = std::move(*ahead);
    if (settled) return;
  }
}

}  // namespace

Result<SpherePoints> conformal_map(const TriangleMesh& mesh, const ConformalOptions& options) {
  PoissonSolver solver(mesh.triangles, mesh.vertices.size());
  return conformal_map(mesh, options, solver);
}

Result<SpherePoints> conformal_map(const TriangleMesh& mesh, const ConformalOptions& options,
                                   PoissonSolver& stiffness) {
  const VectorXd areas = vertex_areas(mesh.vertices, mesh.triangles);
  if (!stiffness.factorise(mesh.vertices)) {
    return fail(ErrorCode::kUndefined, "the surface has triangles without area; no map to the sphere");
  }
  const std::int32_t puncture = options.puncture >= 0 ? options.puncture : choose_puncture(mesh, areas);
  SpherePoints points = from_plane(stiffness.solve(point_source(mesh, mesh.triangles[at(puncture)])), areas);
  // The flat solve leaves the orientation open: a mirrored sphere is turned by one reflection.
  if (2 * count_flipped(points, mesh.triangles) > static_cast<int>(mesh.triangles.size())) {
    for (Vector3d& x : points) x[1] = -x[1];
  }
  centre_by_moebius(points, areas);
  refine_harmonic(stiffness, areas, options, points);
  if (!unfold(points, mesh.triangles, mesh.vertices)) {
    return fail(
        ErrorCode::kUndefined,
        "no map of this surface to the sphere without folds was found: a part several times longer than its girth "
        "shrinks below what double precision holds");
  }
  return points;
}

}  // namespace radtype::shape
