#include "shape/unfold.h"

#include <cstdint>

namespace radtype::shape {
namespace {

constexpr int kWidestRing = 24;
constexpr int kSweeps = 40;

std::size_t at(std::int32_t id) { return static_cast<std::size_t>(id); }

}  // namespace

bool unfold(Points& points, const Triangles& triangles) {
  std::vector<std::vector<std::int32_t>> around;
  for (int rings = 1; rings <= kWidestRing; rings += rings < 4 ? 1 : 4) {
    std::vector<std::uint8_t> free(points.size(), 0);
    bool folded = false;
    for (const auto& t : triangles) {
      if (orientation(points, t) > 0) continue;
      folded = true;
      for (const std::int32_t id : t) free[at(id)] = 1;
    }
    if (!folded) return true;
    if (around.empty()) {
      around.resize(points.size());
      for (const auto& t : triangles) {
        for (std::size_t corner = 0; corner < 3; ++corner) around[at(t[corner])].push_back(t[(corner + 1) % 3]);
      }
    }
    for (int ring = 1; ring < rings; ++ring) {
      std::vector<std::uint8_t> wider = free;
      for (std::size_t i = 0; i < free.size(); ++i) {
        if (free[i] == 0) continue;
        for (const std::int32_t n : around[i]) wider[at(n)] = 1;
      }
      free = std::move(wider);
    }
    for (int sweep = 0; sweep < kSweeps * rings; ++sweep) {
      for (std::size_t i = 0; i < free.size(); ++i) {
        if (free[i] == 0) continue;
        Eigen::Vector3d sum = Eigen::Vector3d::Zero();
        for (const std::int32_t n : around[i]) sum += points[at(n)];
        points[i] = sum.normalized();
      }
    }
  }
  return count_flipped(points, triangles) == 0;
}

}  // namespace radtype::shape
