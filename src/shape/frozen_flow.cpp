#include "shape/frozen_flow.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

#include "shape/index.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

// A particle moves by at most this share of the local edge length in a step, and the denominator of its velocity
// changes by at most this share: second order at half the figures moves no energy by more than 0.1 %
// (docs/methods/shape.md).
constexpr double kStepShare = 0.5;
constexpr double kDensityShare = 0.25;
// A particle that needs more is left where it is; what that costs shows in the map.
constexpr int kMostSteps = 100000;

Vector3d moved(const Vector3d& x, const Vector3d& d, bool by_series) {
  const double square = d.squaredNorm();
  if (square < 1e-6) return (x + d * (1 - square / 6)).normalized();
  if (by_series && square < 0.0625) {  // nearly every step: the first terms are cosine and sine to rounding
    const double s = square;
    const double cosine = 1 - s / 2 * (1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90))));
    const double sine_share = 1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110))));
    return (cosine * x + sine_share * d).normalized();
  }
  const double angle = std::sqrt(square);
  return (std::cos(angle) * x + std::sin(angle) / angle * d).normalized();
}

class Locator {
 public:
  Locator(const Points& points, const Triangles& triangles)
      : points_(points), triangles_(triangles), neighbour_(triangles.size()) {
    // Each half-edge is listed at the vertex where it begins; its other half begins where it ends.
    struct HalfEdge {
      std::int32_t end, triangle;
    };
    first_.assign(points.size(), -1);
    std::vector<std::int32_t> begin(points.size() + 1, 0);
    for (std::size_t n = 0; n < triangles.size(); ++n) {
      for (const std::int32_t id : triangles[n]) {
        first_[at(id)] = static_cast<std::int32_t>(n);
        ++begin[at(id) + 1];
      }
    }
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<HalfEdge> edges(3 * triangles.size());
    std::vector<std::int32_t> next(begin.begin(), begin.end() - 1);
    for (std::size_t n = 0; n < triangles.size(); ++n) {
      for (std::size_t corner = 0; corner < 3; ++corner) {
        const std::int32_t from = triangles[n][corner];
        edges[at(next[at(from)]++)] = {triangles[n][(corner + 1) % 3], static_cast<std::int32_t>(n)};
      }
    }
    for (std::size_t n = 0; n < triangles.size(); ++n) {
      for (std::size_t corner = 0; corner < 3; ++corner) {
        const std::int32_t from = triangles[n][(corner + 1) % 3];
        const std::int32_t to = triangles[n][(corner + 2) % 3];
        std::int32_t other = begin[at(to)];
        while (edges[at(other)].end != from) ++other;
        neighbour_[n][corner] = edges[at(other)].triangle;
      }
    }
    crosses_.resize(triangles.size());
    for (std::size_t n = 0; n < triangles.size(); ++n) {
      const auto& t = triangles[n];
      for (std::size_t corner = 0; corner < 3; ++corner) {
        crosses_[n][corner] = points[at(t[(corner + 1) % 3])].cross(points[at(t[(corner + 2) % 3])]);
      }
    }
  }

  std::int32_t triangle_of_vertex(std::size_t vertex) const { return first_[vertex]; }

  /// Walks from `triangle` to the one that holds x; weights of its corners sum to one.
  std::int32_t locate(const Vector3d& x, std::int32_t triangle, std::array<double, 3>& weights) const {
    std::int32_t before = -1;
    for (int hops = 0; hops < 10000; ++hops) {
      const auto& crosses = crosses_[at(triangle)];
      for (std::size_t corner = 0; corner < 3; ++corner) weights[corner] = x.dot(crosses[corner]);
      // The side most outside that does not lead straight back.
      std::int32_t exit = -1;
      double worst = 0;
      for (std::int32_t corner = 0; corner < 3; ++corner) {
        if (weights[at(corner)] < worst && neighbour_[at(triangle)][at(corner)] != before) {
          worst = weights[at(corner)];
          exit = corner;
        }
      }
      if (exit < 0) break;
      before = triangle;
      triangle = neighbour_[at(triangle)][at(exit)];
    }
    double sum = 0;
    for (double& weight : weights) sum += weight = std::max(weight, 0.0);
    for (double& weight : weights) weight /= sum;
    return triangle;
  }

  double edge_length(std::int32_t triangle) const {
    const auto& t = triangles_[at(triangle)];
    return std::min({(points_[at(t[0])] - points_[at(t[1])]).norm(), (points_[at(t[1])] - points_[at(t[2])]).norm(),
                     (points_[at(t[2])] - points_[at(t[0])]).norm()});
  }

 private:
  const Points& points_;
  const Triangles& triangles_;
  std::vector<std::array<std::int32_t, 3>> neighbour_;
  std::vector<std::array<Vector3d, 3>> crosses_;
  std::vector<std::int32_t> first_;
};

}  // namespace

Points carry(const FrozenFields& fields, double until) {
  const Locator locator(fields.points, fields.triangles);
  std::vector<double> edge(fields.triangles.size());
  for (std::size_t n = 0; n < edge.size(); ++n) edge[n] = locator.edge_length(static_cast<std::int32_t>(n));

  const auto sample = [&](const Vector3d& x, std::int32_t& triangle, Vector3d& start_velocity, double& density) {
    std::array<double, 3> weights{};
    triangle = locator.locate(x, triangle, weights);
    const auto& t = fields.triangles[at(triangle)];
    start_velocity.setZero();
    double log_density = 0;
    for (std::size_t corner = 0; corner < 3; ++corner) {
      start_velocity += weights[corner] * fields.start_velocity[at(t[corner])];
      log_density += weights[corner] * fields.log_density[t[corner]];
    }
    density = std::exp(log_density);
    start_velocity -= start_velocity.dot(x) * x;
  };
  // A stage starts with every vertex on the corner of several triangles, and the last bit decides whose edges set its
  // first step. Before another stage the library's sine is kept, so that these bits, and the features, stay as they
  // were.
  const bool by_series = until == 1;
  // v = momentum / rho_t = start velocity x rho_0 / rho_t.
  Points ends(fields.points.size());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    Vector3d x = fields.points[i];
    std::int32_t triangle = locator.triangle_of_vertex(i);
    double t = 0;
    for (int steps = 0; t < until && steps < kMostSteps; ++steps) {
      Vector3d velocity;
      double density = 0;
      sample(x, triangle, velocity, density);
      const double denominator = (1 - t) * density + t;
      velocity *= density / denominator;
      const double speed = velocity.norm();
      double step = until - t;
      if (speed * step > kStepShare * edge[at(triangle)]) step = kStepShare * edge[at(triangle)] / speed;
      const double change = std::abs(1 - density) / denominator;
      if (change * step > kDensityShare) step = kDensityShare / change;
      Vector3d halfway = moved(x, 0.5 * step * velocity, by_series);
      sample(halfway, triangle, velocity, density);
      const double middle = t + 0.5 * step;
      Vector3d d = step * density / ((1 - middle) * density + middle) * velocity;
      d -= d.dot(x) * x;
      x = moved(x, d, by_series);
      t = step >= until - t ? until : t + step;
    }
    ends[i] = x;
  }
  return ends;
}

}  // namespace radtype::shape
