#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

#include "radtype/shape/sphere_map.h"
#include "shape/frozen_flow.h"
#include "shape/surface_operators.h"
#include "shape/unfold.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;
using Eigen::VectorXd;

// Along the great circle that leaves x in direction d (tangent).
Vector3d moved(const Vector3d& x, const Vector3d& d) {
  const double angle = d.norm();
  if (angle < 1e-300) return x;
  return (std::cos(angle) * x + std::sin(angle) / angle * d).normalized();
}

struct State {
  VectorXd density;     ///< object area / image area of each vertex's star, both normalised
  double mean_log = 0;  ///< object-area-weighted mean |log density|
  double fastest = 0;   ///< largest |d log density / d tau|, tau the share of the remaining path
  Points velocity;      ///< d x / d tau at the beginning of the remaining path
};

class Flow {
 public:
  explicit Flow(const TriangleMesh& mesh) : triangles_(mesh.triangles), solver_(mesh.triangles, mesh.vertices.size()) {
    object_ = vertex_areas(mesh.vertices, triangles_);
    object_ /= object_.sum();
  }

  bool evaluate(const SpherePoints& points, State& state) {
    VectorXd image = vertex_areas(points, triangles_);
    const double total = image.sum();
    image /= total;
    if (!(image.minCoeff() > 0) || !solver_.factorise(points)) return false;
    state.density = object_.cwiseQuotient(image);
    state.mean_log = object_.dot(state.density.array().log().abs().matrix());
    state.fastest = (state.density.cwiseInverse().array() - 1).abs().maxCoeff();
    const VectorXd potential = solver_.solve(total * (image - object_));
    state.velocity = vertex_gradient(points, triangles_, potential);
    for (std::size_t i = 0; i < points.size(); ++i) {
      Vector3d& v = state.velocity[i];
      v -= v.dot(points[i]) * points[i];
      v /= state.density[static_cast<Eigen::Index>(i)];
    }
    return true;
  }

 private:
  const Triangles& triangles_;
  PoissonSolver solver_;
  VectorXd object_;
};

SpherePoints advanced(const SpherePoints& from, const Points& velocity, double time) {
  SpherePoints to(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = moved(from[i], time * velocity[i]);
  return to;
}

}  // namespace

Result<SpherePoints> equalise_area(const TriangleMesh& mesh, const SpherePoints& start,
                                   const EqualAreaOptions& options) {
  Flow flow(mesh);
  SpherePoints points = start;
  State now;
  State ahead;
  if (!flow.evaluate(points, now)) return fail(ErrorCode::kUndefined, "the starting map has triangles without area");

  // The whole path at once through the fields of the start: each vertex with steps of its own size, one linear solve.
  Points momentum = now.velocity;
  for (std::size_t i = 0; i < points.size(); ++i) momentum[i] *= now.density[static_cast<Eigen::Index>(i)];
  SpherePoints carried = carry({points, mesh.triangles, std::move(momentum), now.density});
  if (unfold(carried, mesh.triangles) && flow.evaluate(carried, ahead) && ahead.mean_log < now.mean_log) {
    points = std::move(carried);
    now = std::move(ahead);
  }
  // What is left (all of it, where that folded the map beyond repair), in steps that every vertex shares.
  for (int step = 0; step < options.max_steps && now.mean_log > options.tolerance; ++step) {
    double share = std::min(1.0, options.step / now.fastest);
    for (;; share /= 2) {
      if (share < 1e-4) return points;  // no further without a fold; the quality says how near
      SpherePoints next = advanced(points, now.velocity, share);
      if (count_flipped(next, mesh.triangles) > 0) continue;
      if (share < 1) {
        // Heun: the momentum density x velocity belongs to the whole path, of which 1 - share remains.
        if (!flow.evaluate(next, ahead)) continue;
        Points mean(points.size());
        for (std::size_t i = 0; i < points.size(); ++i)
          mean[i] = 0.5 * (now.velocity[i] + ahead.velocity[i] / (1 - share));
        next = advanced(points, mean, share);
        if (count_flipped(next, mesh.triangles) > 0) continue;
      }
      State after;
      if (!flow.evaluate(next, after)) continue;
      if (share == 1 && after.mean_log > now.mean_log) return points;
      points = std::move(next);
      now = std::move(after);
      break;
    }
  }
  return points;
}

}  // namespace radtype::shape
