#include "radtype/shape/peaks.h"

#include <algorithm>
#include <numeric>

#include "shape/index.h"
#include "shape/surface_operators.h"

namespace radtype::shape {
namespace {

/// Connected vertices around the apex with values of at least `level`.
std::vector<std::int32_t> region_above(const Neighbours& around, const Eigen::VectorXd& values, std::int32_t apex,
                                       double level, std::vector<std::int32_t>& seen_by) {
  std::vector<std::int32_t> region{apex};
  seen_by[at(apex)] = apex;
  for (std::size_t head = 0; head < region.size(); ++head) {
    for (const std::int32_t next : around.of(region[head])) {
      if (values[next] < level || seen_by[at(next)] == apex) continue;
      seen_by[at(next)] = apex;
      region.push_back(next);
    }
  }
  std::sort(region.begin(), region.end());
  return region;
}

}  // namespace

std::vector<Peak> find_peaks(const TriangleMesh& mesh, const Eigen::VectorXd& values, double least_prominence) {
  RADTYPE_CHECK(static_cast<std::size_t>(values.size()) == mesh.vertices.size() && least_prominence > 0);
  RADTYPE_CHECK(values.allFinite());
  const Neighbours around(mesh.triangles, mesh.vertices.size());
  std::vector<std::int32_t> order(mesh.vertices.size());
  std::iota(order.begin(), order.end(), 0);
  const auto higher = [&](std::int32_t a, std::int32_t b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  };
  std::sort(order.begin(), order.end(), higher);

  // From the top down: each vertex joins the hills it touches; where hills meet, all but the highest end.
  std::vector<std::int32_t> parent(order.size(), -1);  // -1: not reached yet; the root of a hill is its apex
  const auto apex_of = [&](std::int32_t id) {
    while (parent[at(id)] != id) {
      parent[at(id)] = parent[at(parent[at(id)])];
      id = parent[at(id)];
    }
    return id;
  };
  std::vector<Peak> peaks;
  const auto end_hill = [&](std::int32_t apex, double level) {
    if (values[apex] - level >= least_prominence) peaks.push_back({apex, values[apex] - level, 0, {}});
  };
  for (const std::int32_t id : order) {
    parent[at(id)] = id;
    for (const std::int32_t next : around.of(id)) {
      if (parent[at(next)] < 0) continue;
      const std::int32_t here = apex_of(id);
      const std::int32_t there = apex_of(next);
      if (here == there) continue;
      const auto [winner, loser] = higher(here, there) ? std::pair(here, there) : std::pair(there, here);
      end_hill(loser, values[id]);
      parent[at(loser)] = winner;
    }
  }
  const Eigen::VectorXd area = vertex_areas(mesh.vertices, mesh.triangles);
  const double total = area.sum();
  std::size_t middle = 0;
  for (double above = 0; 2 * above < total && middle < order.size(); ++middle) above += area[order[middle]];
  end_hill(order.front(), values[order[std::max<std::size_t>(middle, 1) - 1]]);

  std::sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) {
    return a.prominence != b.prominence ? a.prominence > b.prominence : a.apex < b.apex;
  });
  std::vector<std::int32_t> seen_by(order.size(), -1);
  for (Peak& peak : peaks) {
    peak.region = region_above(around, values, peak.apex, values[peak.apex] - 0.5 * peak.prominence, seen_by);
    for (const std::int32_t id : peak.region) peak.share += area[id] / total;
  }
  return peaks;
}

Protrusion measure_protrusion(const TriangleMesh& mesh, const Peak& peak) {
  std::vector<std::uint8_t> inside(mesh.vertices.size(), 0);
  for (const std::int32_t id : peak.region) inside[at(id)] = 1;
  // The border runs through the triangles that the region shares with the rest, between the middles of their cut edges.
  struct Segment {
    Eigen::Vector3d middle;
    double length;
  };
  std::vector<Segment> border;
  double length = 0;
  Eigen::Vector3d moment = Eigen::Vector3d::Zero();
  for (const auto& t : mesh.triangles) {
    const int count = inside[at(t[0])] + inside[at(t[1])] + inside[at(t[2])];
    if (count == 0 || count == 3) continue;
    std::array<Eigen::Vector3d, 2> ends;
    std::size_t found = 0;
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const std::int32_t a = t[corner];
      const std::int32_t b = t[(corner + 1) % 3];
      if (inside[at(a)] != inside[at(b)]) ends[found++] = 0.5 * (mesh.vertices[at(a)] + mesh.vertices[at(b)]);
    }
    border.push_back({0.5 * (ends[0] + ends[1]), (ends[1] - ends[0]).norm()});
    length += border.back().length;
    moment += border.back().length * border.back().middle;
  }
  Protrusion protrusion;
  protrusion.apex = peak.apex;
  if (!(length > 0)) return protrusion;  // the whole surface has no border
  const Eigen::Vector3d base = moment / length;
  Eigen::Vector3d outwards = Eigen::Vector3d::Zero();
  for (const std::int32_t id : peak.region) outwards += mesh.vertices[at(id)] - base;
  outwards.normalize();
  for (const std::int32_t id : peak.region)
    protrusion.height_mm = std::max(protrusion.height_mm, (mesh.vertices[at(id)] - base).dot(outwards));
  for (const Segment& segment : border)
    protrusion.width_mm += 2 * (segment.middle - base).norm() * segment.length / length;
  return protrusion;
}

}  // namespace radtype::shape
