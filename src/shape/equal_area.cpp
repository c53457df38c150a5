#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Geometry>

#include "shape/frozen_flow.h"
#include "shape/map_stages.h"
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

// A stage changes no density by more than the first factor, or by the second where the first folds triangles and brings
// neither measure of the distortion down by nine tenths.
constexpr std::array<double, 2> kStageFactors = {30, 4};
constexpr int kMostStages = 60;
// A stage that brings the measures down by less than 3 %, or a last correction by less than 20 %, is not
// worth taking: what then remains is the pattern of the triangles, which the averaged gradients do not see.
constexpr double kLongStageProgress = 0.1;
constexpr double kStageProgress = 0.97;
constexpr double kCorrectionProgress = 0.8;
// Beyond it, what is small beside the whole may be all there is of a tip: the velocity is solved directly.
constexpr double kEvenDensity = 30;
// Vertices moved while unfolding before the map is left as it is, for each vertex of a mesh of usual size or finer: 125
// million. Of the real outlines that have a map, the hardest takes 109 million, the next 64. A count, not a time: what
// is refused does not depend on the machine.
constexpr std::int64_t kMostMovesPerVertex = 12500;
constexpr std::int64_t kUsualVertices = 10000;
// Above it smaller steps are tried before the map is left as it is.
constexpr double kFarFromEqual = 0.01;

/// Time at which the densest place has thinned, and the thinnest thickened, by `factor` at most.
double stage_end(const VectorXd& density, double factor) {
  const double high = density.maxCoeff();
  const double low = density.minCoeff();
  double end = 1;
  if (high > factor) end = std::min(end, (high - high / factor) / (high - 1));
  if (low < 1 / factor) end = std::min(end, (factor - 1) * low / (1 - low));
  return end;
}

struct State {
  VectorXd density;       ///< object area / image area of each vertex's star, both normalised
  double mean_log = 0;    ///< object-area-weighted mean |log density|
  double mean_ratio = 0;  ///< object-area-weighted mean of max(density, 1/density): sees the smallest tips
  double fastest = 0;     ///< largest |d log density / d tau|, tau the share of the remaining path
  Points velocity;        ///< d x / d tau at the beginning of the remaining path
};

/// One of the two measures falls below `progress` of what it was, and the other does not rise.
bool better(const State& ahead, const State& now, double progress) {
  const double log_share = ahead.mean_log / now.mean_log;
  const double ratio_share = (ahead.mean_ratio - 1) / (now.mean_ratio - 1);
  return std::max(log_share, ratio_share) < 1 && std::min(log_share, ratio_share) < progress;
}

class Flow {
 public:
  Flow(const TriangleMesh& mesh, PoissonSolver& solver) : triangles_(mesh.triangles), solver_(solver) {
    object_ = vertex_areas(mesh.vertices, triangles_);
    object_ /= object_.sum();
  }

  /// Density alone; false where a star has no area.
  bool measure(const SpherePoints& points, State& state) const {
    VectorXd image = vertex_areas(points, triangles_);
    image /= image.sum();
    if (!(image.minCoeff() > 0)) return false;
    state.density = object_.cwiseQuotient(image);
    state.mean_log = object_.dot(state.density.array().log().abs().matrix());
    state.mean_ratio = object_.dot(state.density.cwiseMax(state.density.cwiseInverse()));
    state.fastest = (state.density.cwiseInverse().array() - 1).abs().maxCoeff();
    return true;
  }

  /// Velocity on a map that was measured.
  bool solve(const SpherePoints& points, State& state) {
    if (state.density.maxCoeff() < kEvenDensity && state.density.minCoeff() > 1 / kEvenDensity) {
      const auto potential = solver_.solve_at(points, source(points));
      if (potential) set_velocity(points, *potential, state);
      return potential.has_value();
    }
    if (!solver_.factorise(points)) return false;
    solve_with_last_factors(points, state);
    return true;
  }

  /// The same with the Laplacian of a map that lies near.
  void solve_with_last_factors(const SpherePoints& points, State& state) const {
    set_velocity(points, solver_.solve(source(points)), state);
  }

 private:
  VectorXd source(const SpherePoints& points) const {
    const VectorXd image = vertex_areas(points, triangles_);
    return image - image.sum() * object_;
  }

  void set_velocity(const SpherePoints& points, const VectorXd& potential, State& state) const {
    state.velocity = vertex_gradient(points, triangles_, potential);
    for (std::size_t i = 0; i < points.size(); ++i) {
      Vector3d& v = state.velocity[i];
      v -= v.dot(points[i]) * points[i];
      v /= state.density[static_cast<Eigen::Index>(i)];
    }
  }

  const Triangles& triangles_;
  PoissonSolver& solver_;
  VectorXd object_;
};

SpherePoints advanced(const SpherePoints& from, const Points& velocity, double time) {
  SpherePoints to(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = moved(from[i], time * velocity[i]);
  return to;
}

/// Corners of folded triangles stay where they were, then those of what that folds: the rest goes on.
void hold_back_folds(SpherePoints& next, const Triangles& triangles, const SpherePoints& points) {
  for (bool folded = true; folded;) {
    folded = false;
    for (const auto& t : triangles) {
      if (orientation(next, t) > 0) continue;
      folded = true;
      for (const std::int32_t id : t) next[static_cast<std::size_t>(id)] = points[static_cast<std::size_t>(id)];
    }
  }
}

}  // namespace

Result<SpherePoints> equalise_area(const TriangleMesh& mesh, const SpherePoints& start,
                                   const EqualAreaOptions& options) {
  PoissonSolver solver(mesh.triangles, mesh.vertices.size());
  return equalise_area(mesh, start, options, solver);
}

Result<SpherePoints> equalise_area(const TriangleMesh& mesh, const SpherePoints& start, const EqualAreaOptions& options,
                                   PoissonSolver& solver) {
  Flow flow(mesh, solver);
  SpherePoints points = start;
  State now;
  State ahead;
  if (!flow.measure(points, now) || !flow.solve(points, now)) {
    return fail(ErrorCode::kUndefined, "the starting map has triangles without area");
  }

  std::int64_t moves_left = kMostMovesPerVertex * std::max(static_cast<std::int64_t>(points.size()), kUsualVertices);
  // The path in stages through the fields of each stage's own map: each vertex with steps of its own size, one linear
  // solve a stage. Most tumours need one; the end of a long protrusion, whose conformal image is 1e5 times too small,
  // needs several.
  for (int stage = 0; stage < kMostStages && moves_left >= 0 && now.mean_log > options.tolerance; ++stage) {
    const VectorXd log_density = now.density.array().log();
    // `folded_progress`: what is asked of a map that had to be unfolded.
    const auto advance = [&](double until, double folded_progress) {
      SpherePoints carried = carry({points, mesh.triangles, now.velocity, log_density}, until);
      const double progress = count_flipped(carried, mesh.triangles) == 0 ? kStageProgress : folded_progress;
      if (!unfold(carried, mesh.triangles, points, moves_left) || !flow.measure(carried, ahead)) return false;
      if (!better(ahead, now, progress) || !flow.solve(carried, ahead)) return false;
      points = std::move(carried);
      now = std::move(ahead);
      return true;
    };
    double until = stage_end(now.density, kStageFactors[0]);
    bool moved_on = advance(until, kLongStageProgress);
    for (until = moved_on ? until : 2 * stage_end(now.density, kStageFactors[1]);
         !moved_on && until > 2e-3 && moves_left >= 0;) {
      until /= 2;
      moved_on = advance(until, kStageProgress);
    }
    if (until == 1 || !moved_on) break;
  }
  // What is left (all of it, where that folded the map beyond repair), in steps that every vertex shares; where that
  // too ends far from equal area, every vertex but those that would fold.
  bool hold_back = false;
  const auto unfolded = [&](SpherePoints& next) {
    if (!hold_back) return unfold(next, mesh.triangles, points, moves_left);
    hold_back_folds(next, mesh.triangles, points);
    return true;
  };
  bool own_factors = true;  // the velocity was found with the Laplacian of this very map
  for (int step = 0; step < options.max_steps && moves_left >= 0 && now.mean_log > options.tolerance; ++step) {
    double share = std::min(1.0, options.step / now.fastest);
    for (;; share /= 2) {
      if (share < 1e-4) {  // no further without a fold; the quality says how near
        if (hold_back || now.mean_log < kFarFromEqual) return points;
        hold_back = true;
        break;
      }
      SpherePoints next = advanced(points, now.velocity, share);
      if (!unfolded(next)) continue;
      if (share < 1) {
        // Heun: the momentum density x velocity belongs to the whole path, of which 1 - share remains.
        if (!flow.measure(next, ahead) || !flow.solve(next, ahead)) continue;
        Points mean(points.size());
        for (std::size_t i = 0; i < points.size(); ++i)
          mean[i] = 0.5 * (now.velocity[i] + ahead.velocity[i] / (1 - share));
        next = advanced(points, mean, share);
        if (!unfolded(next)) continue;
      }
      State after;
      if (!flow.measure(next, after)) continue;
      if (!(after.mean_log < (share == 1 ? kCorrectionProgress : kStageProgress) * now.mean_log)) {
        if (share < 1) continue;
        if (own_factors && now.mean_log > kFarFromEqual) continue;
        if (own_factors || !flow.solve(points, now)) return points;
        own_factors = true;
        break;
      }
      if (after.mean_log > options.tolerance) {
        // A last correction moves the map by less than the Laplacian notices.
        own_factors = share < 1;
        if (!own_factors) {
          flow.solve_with_last_factors(next, after);
        } else if (!flow.solve(next, after)) {
          continue;
        }
      }
      points = std::move(next);
      now = std::move(after);
      break;
    }
  }
  return points;
}

}  // namespace radtype::shape
