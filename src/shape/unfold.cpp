#include "shape/unfold.h"

#include <cmath>
#include <cstdint>

#include <Eigen/Geometry>

namespace radtype::shape {
namespace {

constexpr int kWidestRing = 24;
constexpr int kSweeps = 40;

std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }

/// tan(angle / 2) at `apex` between the directions to a and b.
double tan_half_angle(const Eigen::Vector3d& apex, const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
  const Eigen::Vector3d u = a - apex;
  const Eigen::Vector3d v = b - apex;
  const double sine = u.cross(v).norm();
  return sine / (u.norm() * v.norm() + u.dot(v));
}

struct Neighbour {
  std::int32_t id;
  double weight;
};

/// Neighbours of the chosen vertices with their mean value weights in the reference.
std::vector<std::vector<Neighbour>> weighted_neighbours(const std::vector<std::uint8_t>& chosen,
                                                        const Triangles& triangles, const Points& reference) {
  std::vector<std::vector<Neighbour>> around(reference.size());
  const auto add = [&](std::int32_t from, std::int32_t to, double weight) {
    for (Neighbour& known : around[at(from)]) {
      if (known.id == to) {
        known.weight += weight;
        return;
      }
    }
    around[at(from)].push_back({to, weight});
  };
  for (const auto& t : triangles) {
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const std::int32_t i = t[corner];
      if (chosen[at(i)] == 0) continue;
      const std::int32_t j = t[(corner + 1) % 3];
      const std::int32_t k = t[(corner + 2) % 3];
      const double tangent = tan_half_angle(reference[at(i)], reference[at(j)], reference[at(k)]);
      add(i, j, tangent / (reference[at(j)] - reference[at(i)]).norm());
      add(i, k, tangent / (reference[at(k)] - reference[at(i)]).norm());
    }
  }
  return around;
}

}  // namespace

bool unfold(Points& points, const Triangles& triangles, const Points& reference) {
  for (int rings = 1; rings <= kWidestRing; rings += rings < 4 ? 1 : 4) {
    std::vector<std::uint8_t> free(points.size(), 0);
    bool folded = false;
    for (const auto& t : triangles) {
      if (orientation(points, t) > 0) continue;
      folded = true;
      for (const std::int32_t id : t) free[at(id)] = 1;
    }
    if (!folded) return true;
    for (int ring = 1; ring < rings; ++ring) {
      std::vector<std::uint8_t> wider = free;
      for (const auto& t : triangles) {
        if (free[at(t[0])] != 0 || free[at(t[1])] != 0 || free[at(t[2])] != 0) {
          for (const std::int32_t id : t) wider[at(id)] = 1;
        }
      }
      free = std::move(wider);
    }
    const auto around = weighted_neighbours(free, triangles, reference);
    for (int sweep = 0; sweep < kSweeps * rings; ++sweep) {
      for (std::size_t i = 0; i < free.size(); ++i) {
        if (free[i] == 0) continue;
        Eigen::Vector3d sum = Eigen::Vector3d::Zero();
        for (const Neighbour& n : around[i]) sum += n.weight * points[at(n.id)];
        points[i] = sum.normalized();
      }
    }
  }
  return count_flipped(points, triangles) == 0;
}

}  // namespace radtype::shape
