#include "shape/topology.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

#include "shape/index_mesh.h"
#include "shape/simple_point.h"

namespace radtype::shape {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// A grid of voxels with a border of outside, addressed by offsets.
class Lattice {
 public:
  explicit Lattice(const Size3& size) : border_(static_cast<std::size_t>(size[0] * size[1] * size[2]), 1) {
    for (std::int64_t k = 1; k < size[2] - 1; ++k) {
      for (std::int64_t j = 1; j < size[1] - 1; ++j) {
        const auto row = border_.begin() + static_cast<std::ptrdiff_t>((k * size[1] + j) * size[0]);
        if (size[0] > 2) std::fill(row + 1, row + static_cast<std::ptrdiff_t>(size[0]) - 1, std::uint8_t{0});
      }
    }
    std::size_t n = 0;
    for (std::int64_t dz = -1; dz <= 1; ++dz) {
      for (std::int64_t dy = -1; dy <= 1; ++dy) {
        for (std::int64_t dx = -1; dx <= 1; ++dx) offsets_[n++] = (dz * size[1] + dy) * size[0] + dx;
      }
    }
  }
  std::size_t count() const { return border_.size(); }
  bool on_border(std::size_t voxel) const { return border_[voxel] != 0; }
  std::size_t neighbour(std::size_t voxel, std::size_t n) const {
    return static_cast<std::size_t>(static_cast<std::int64_t>(voxel) + offsets_[n]);
  }
  std::uint32_t neighbourhood(const std::vector<std::uint8_t>& inside, std::size_t voxel) const {
    std::uint32_t bits = 0;
    for (std::size_t n = 0; n < 27; ++n) bits |= static_cast<std::uint32_t>(inside[neighbour(voxel, n)]) << n;
    return bits;
  }

 private:
  std::vector<std::uint8_t> border_;
  std::array<std::int64_t, 27> offsets_{};
};

constexpr std::array<std::size_t, 6> kSix = {4, 10, 12, 14, 16, 22};

using Inside = std::vector<std::uint8_t>;

/// Front propagation: from a set that is a ball, add voxels of `allowed` in the order of `priority` (lowest first, then
/// by offset) as long as each is a simple point. One that is not yet simple is asked again when a neighbour has joined.
Inside grow_ball(const Lattice& lattice, Inside ball, const Inside& allowed, const std::vector<float>& priority,
                 bool grows_inside) {
  using Item = std::pair<float, std::size_t>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  std::vector<std::uint8_t> queued(lattice.count(), 0);
  const auto joined = [&](std::size_t voxel) { return (ball[voxel] != 0) == grows_inside; };
  const auto ask_neighbours = [&](std::size_t voxel) {
    for (std::size_t n = 0; n < 27; ++n) {
      const std::size_t next = lattice.neighbour(voxel, n);
      if (next != voxel && allowed[next] != 0 && !joined(next) && queued[next] == 0) {
        queued[next] = 1;
        queue.emplace(priority[next], next);
      }
    }
  };
  for (std::size_t voxel = 0; voxel < ball.size(); ++voxel) {
    if (joined(voxel) && !lattice.on_border(voxel)) ask_neighbours(voxel);
  }
  while (!queue.empty()) {
    const std::size_t voxel = queue.top().second;
    queue.pop();
    queued[voxel] = 0;
    if (!is_simple(lattice.neighbourhood(ball, voxel))) continue;
    ball[voxel] = grows_inside ? 1 : 0;
    ask_neighbours(voxel);
  }
  return ball;
}

/// Components of a set under 6 (or 26) neighbours, each as its voxels.
std::vector<std::vector<std::size_t>> components(const Lattice& lattice, const Inside& set, bool six) {
  std::vector<std::vector<std::size_t>> found;
  std::vector<std::uint8_t> seen(set.size(), 0);
  for (std::size_t start = 0; start < set.size(); ++start) {
    if (set[start] == 0 || seen[start] != 0) continue;
    found.emplace_back();
    auto& part = found.back();
    part.push_back(start);
    seen[start] = 1;
    for (std::size_t head = 0; head < part.size(); ++head) {
      const auto visit = [&](std::size_t n) {
        const std::size_t next = lattice.neighbour(part[head], n);
        if (set[next] != 0 && seen[next] == 0) {
          seen[next] = 1;
          part.push_back(next);
        }
      };
      if (six) {
        for (const std::size_t n : kSix) visit(n);
      } else {
        for (std::size_t n = 0; n < 27; ++n) visit(n);
      }
    }
  }
  return found;
}

Inside difference(const Inside& a, const Inside& b) {
  Inside result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) result[i] = a[i] != 0 && b[i] == 0;
  return result;
}

std::int64_t count_of(const Inside& set) { return std::count(set.begin(), set.end(), std::uint8_t{1}); }

/// Of the marching-cubes surface of one part without hollows: V - E + F = 2 - 2 genus.
int genus(const Grid& grid, const Inside& object) {
  Mask mask(grid);
  mask.voxels = object;
  const TriangleMesh mesh = index_mesh(mask, inside_box(mask));
  const auto faces = static_cast<std::int64_t>(mesh.triangles.size());
  return static_cast<int>(1 - (static_cast<std::int64_t>(mesh.vertices.size()) - faces / 2) / 2);
}

class Repair {
 public:
  Repair(const Lattice& lattice, const std::vector<float>& field) : lattice_(lattice), depth_(field) {
    height_.resize(field.size());
    for (std::size_t i = 0; i < field.size(); ++i) height_[i] = -field[i];
  }

  /// Smallest ball around the deepest point that fills the object but for cuts.
  Inside cut(const Inside& object) const {
    std::size_t deepest = kNone;
    for (std::size_t i = 0; i < object.size(); ++i) {
      if (object[i] != 0 && (deepest == kNone || depth_[i] < depth_[deepest])) deepest = i;
    }
    Inside seed(object.size(), 0);
    seed[deepest] = 1;
    return grow_ball(lattice_, std::move(seed), object, depth_, true);
  }

  /// The complement of what the outside reaches while it stays in one piece without tunnels: closed handles, filled
  /// hollows.
  Inside closed(const Inside& object) const {
    Inside box(object.size(), 1);
    Inside allowed(object.size(), 0);
    for (std::size_t i = 0; i < object.size(); ++i) {
      if (lattice_.on_border(i)) {
        box[i] = 0;
      } else {
        allowed[i] = object[i] == 0;
      }
    }
    return grow_ball(lattice_, std::move(box), allowed, height_, false);
  }

 private:
  const Lattice& lattice_;
  const std::vector<float>& depth_;  ///< most negative first
  std::vector<float> height_;        ///< most positive distance first
};

}  // namespace

TopologyRepair repair_topology(Volume<float>& field) {
  const Lattice lattice(field.grid.size());
  TopologyRepair report;
  Inside object(lattice.count());
  for (std::size_t i = 0; i < object.size(); ++i) {
    object[i] = field.voxels[i] < 0;
    RADTYPE_CHECK(object[i] == 0 || !lattice.on_border(i));
  }
  const Inside before = object;

  // One part: pieces beside the largest are left out.
  auto parts = components(lattice, object, true);
  RADTYPE_CHECK(!parts.empty());
  const auto largest =
      std::max_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (part == largest) continue;
    report.lost_pieces += static_cast<std::int64_t>(part->size());
    for (const std::size_t voxel : *part) object[voxel] = 0;
  }

  // Hollows: outside that the border does not reach.
  Inside outside(object.size());
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < object.size(); ++i) {
    outside[i] = lattice.on_border(i);
  }
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (outside[i] != 0) continue;
    for (const std::size_t n : kSix) {
      const std::size_t next = lattice.neighbour(i, n);
      if (object[i] == 0 && lattice.on_border(next)) {
        outside[i] = 1;
        front.push_back(i);
        break;
      }
    }
  }
  while (!front.empty()) {
    const std::size_t voxel = front.back();
    front.pop_back();
    for (std::size_t n = 0; n < 27; ++n) {
      const std::size_t next = lattice.neighbour(voxel, n);
      // Corner neighbours of the outside are apart (18-connected).
      if (n == 0 || n == 2 || n == 6 || n == 8 || n == 18 || n == 20 || n == 24 || n == 26) continue;
      if (outside[next] == 0 && object[next] == 0) {
        outside[next] = 1;
        front.push_back(next);
      }
    }
  }
  Inside hollow(object.size());
  for (std::size_t i = 0; i < object.size(); ++i) hollow[i] = object[i] == 0 && outside[i] == 0;
  report.cavities = static_cast<int>(components(lattice, hollow, true).size());
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (hollow[i] != 0) object[i] = 1;
  }

  // Handles: each closing is weighed against the cut that it makes needless.
  const Repair repair(lattice, field.voxels);
  Inside cut = repair.cut(object);
  std::int64_t cut_cost = count_of(object) - count_of(cut);
  if (cut_cost > 0) {
    auto closings = components(lattice, difference(repair.closed(object), object), false);
    std::sort(closings.begin(), closings.end(), [](const auto& a, const auto& b) {
      return std::pair(a.size(), a.front()) < std::pair(b.size(), b.front());
    });
    report.handles = genus(field.grid, object);
    for (const auto& closing : closings) {
      if (static_cast<std::int64_t>(closing.size()) >= cut_cost) break;
      Inside tried = object;
      for (const std::size_t voxel : closing) tried[voxel] = 1;
      Inside tried_cut = repair.cut(tried);
      const std::int64_t tried_cost = count_of(tried) - count_of(tried_cut);
      if (tried_cost + static_cast<std::int64_t>(closing.size()) < cut_cost) {
        object = std::move(tried);
        cut = std::move(tried_cut);
        cut_cost = tried_cost;
      }
      if (cut_cost == 0) break;
    }
  }

  for (std::size_t i = 0; i < object.size(); ++i) {
    if (cut[i] == before[i]) continue;
    const float size = std::max(std::min(std::abs(field.voxels[i]), 1e-3F), 1e-6F);
    field.voxels[i] = cut[i] != 0 ? -size : size;
    (cut[i] != 0 ? report.added : report.removed) += 1;
  }
  report.removed -= report.lost_pieces;
  return report;
}

}  // namespace radtype::shape
