#include "shape/unfold.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <Eigen/Geometry>

#include "shape/index.h"

namespace radtype::shape {
namespace {

constexpr int kWidestRing = 24;
constexpr int kSweeps = 40;

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

/// The chosen vertices, ascending, with their neighbours' mean value weights in the reference side by side.
struct Rings {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> first;  ///< of each, and the end of the last
  std::vector<Neighbour> neighbours;

  Rings(const std::vector<std::uint8_t>& chosen, const Triangles& triangles, const Points& reference) {
    std::vector<std::int32_t> place(chosen.size(), -1);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i] == 0) continue;
      place[i] = static_cast<std::int32_t>(ids.size());
      ids.push_back(static_cast<std::int32_t>(i));
    }
    std::vector<std::vector<Neighbour>> around(ids.size());
    const auto add = [&](std::int32_t from, std::int32_t to, double weight) {
      auto& ring = around[at(place[at(from)])];
      for (Neighbour& known : ring) {
        if (known.id == to) {
          known.weight += weight;
          return;
        }
      }
      ring.push_back({to, weight});
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
    for (const auto& ring : around) {
      first.push_back(static_cast<std::int32_t>(neighbours.size()));
      neighbours.insert(neighbours.end(), ring.begin(), ring.end());
    }
    first.push_back(static_cast<std::int32_t>(neighbours.size()));
  }
};

}  // namespace

bool unfold(Points& points, const Triangles& triangles, const Points& reference, std::int64_t& moves_left) {
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
    const Rings around(free, triangles, reference);
    moves_left -= std::int64_t{kSweeps} * rings * static_cast<std::int64_t>(around.ids.size());
    if (moves_left < 0) return false;
    for (int sweep = 0; sweep < kSweeps * rings; ++sweep) {
      for (std::size_t n = 0; n < around.ids.size(); ++n) {
        Eigen::Vector3d sum = Eigen::Vector3d::Zero();
        for (auto m = around.first[n]; m < around.first[n + 1]; ++m) {
          const Neighbour& neighbour = around.neighbours[at(m)];
          sum += neighbour.weight * points[at(neighbour.id)];
        }
        points[at(around.ids[n])] = sum.normalized();
      }
    }
  }
  return count_flipped(points, triangles) == 0;
}

bool unfold(Points& points, const Triangles& triangles, const Points& reference) {
  std::int64_t moves_left = std::numeric_limits<std::int64_t>::max();
  return unfold(points, triangles, reference, moves_left);
}

}  // namespace radtype::shape
