#include <algorithm>
#include <limits>
#include <utility>

#include "shape/cube_table.h"
#include "shape/index_mesh.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

/// Sweeps the lattice of box, padded by one voxel of outside, slice by slice; each slab of cubes remembers the vertices
/// of its own edges only.
class Sweep {
 public:
  Sweep(const Mask& mask, const Box& box, Hubs hubs)
      : mask_(mask),
        box_(box),
        longest_flat_(hubs == Hubs::kEveryQuad ? 3 : 4),
        nx_(box.size()[0] + 2),
        ny_(box.size()[1] + 2) {
    const auto slice = static_cast<std::size_t>(nx_ * ny_);
    for (auto& level : levels_) {
      level.inside.assign(slice, 0);
      level.along_x.assign(slice, kNone);
      level.along_y.assign(slice, kNone);
    }
    along_z_.assign(slice, kNone);
  }

  TriangleMesh run() {
    const std::int64_t nz = box_.size()[2];
    for (std::int64_t k = -1; k < nz; ++k) {
      std::swap(levels_[0], levels_[1]);
      load(levels_[1], k + 1);
      std::fill(along_z_.begin(), along_z_.end(), kNone);
      visit_slab(k);
    }
    return std::move(mesh_);
  }

 private:
  static constexpr std::int32_t kNone = -1;

  struct Level {
    std::vector<std::uint8_t> inside;   // padded slice of the mask
    std::vector<std::int32_t> along_x;  // vertex on the edge from this lattice point along x
    std::vector<std::int32_t> along_y;
  };

  void load(Level& level, std::int64_t k) {
    std::fill(level.inside.begin(), level.inside.end(), std::uint8_t{0});
    std::fill(level.along_x.begin(), level.along_x.end(), kNone);
    std::fill(level.along_y.begin(), level.along_y.end(), kNone);
    if (k >= box_.size()[2]) return;
    for (std::int64_t j = 0; j < ny_ - 2; ++j) {
      const std::uint8_t* row = mask_.voxels.data() + mask_.offset(box_.lo[0], box_.lo[1] + j, box_.lo[2] + k);
      std::uint8_t* padded = level.inside.data() + (j + 1) * nx_ + 1;
      for (std::int64_t i = 0; i < nx_ - 2; ++i) padded[i] = row[i] != 0 ? 1 : 0;
    }
  }

  void visit_slab(std::int64_t k) {
    for (std::int64_t j = 0; j + 1 < ny_; ++j) {
      const std::array<const std::uint8_t*, 4> rows = {
          levels_[0].inside.data() + j * nx_, levels_[0].inside.data() + (j + 1) * nx_,
          levels_[1].inside.data() + j * nx_, levels_[1].inside.data() + (j + 1) * nx_};
      const auto column = [&](std::int64_t i) {
        return static_cast<unsigned>(rows[0][i] | rows[1][i] << 2 | rows[2][i] << 4 | rows[3][i] << 6);
      };
      unsigned inside = column(0) << 1;
      for (std::int64_t i = 0; i + 1 < nx_; ++i) {
        inside = (inside >> 1 & 0x55u) | column(i + 1) << 1;
        if (inside != 0 && inside != 255) add_cube(kCubeTable[inside], i, j, k);
      }
    }
  }

  void add_cube(const CubeLoops& loops, std::int64_t i, std::int64_t j, std::int64_t k) {
    for (std::size_t at = 0; loops[at] != 0; at += loops[at] + std::size_t{1}) {
      const std::size_t length = loops[at];
      std::array<std::int32_t, 12> loop{};
      for (std::size_t n = 0; n < length; ++n) loop[n] = vertex(loops[at + 1 + n], i, j, k);
      if (length <= longest_flat_) {
        mesh_.triangles.push_back({loop[0], loop[1], loop[2]});
        if (length == 4) mesh_.triangles.push_back({loop[0], loop[2], loop[3]});
        continue;
      }
      const std::int32_t hub = add_vertex(hub_of(loop, length));
      for (std::size_t n = 0; n < length; ++n) mesh_.triangles.push_back({hub, loop[n], loop[(n + 1) % length]});
    }
  }

  /// Where a fan meets. A loop of five folds along the line between the ends of its three parallel edges, into a
  /// triangle and a planar trapezoid: a hub in the middle of the fold adds no fold of its own. Other loops take their
  /// mean.
  Vector3d hub_of(const std::array<std::int32_t, 12>& loop, std::size_t length) const {
    const auto at = [&](std::size_t n) -> const Vector3d& { return mesh_.vertices[static_cast<std::size_t>(loop[n])]; };
    if (length == 5) return (at(0) + at(2)) / 2;
    Vector3d sum = Vector3d::Zero();
    for (std::size_t n = 0; n < length; ++n) sum += at(n);
    return sum / static_cast<double>(length);
  }

  std::int32_t vertex(std::uint8_t edge, std::int64_t i, std::int64_t j, std::int64_t k) {
    const unsigned corner = kEdgeCorner[edge];
    const std::int64_t x = i + (corner & 1u);
    const std::int64_t y = j + (corner >> 1 & 1u);
    const unsigned z = corner >> 2;
    const int axis = edge / 4;
    auto& slots = axis == 0 ? levels_[z].along_x : axis == 1 ? levels_[z].along_y : along_z_;
    std::int32_t& slot = slots[static_cast<std::size_t>(y * nx_ + x)];
    if (slot == kNone) {
      Vector3d position(static_cast<double>(x - 1), static_cast<double>(y - 1), static_cast<double>(k + z));
      position[axis] += 0.5;
      slot = add_vertex(position);
    }
    return slot;
  }

  std::int32_t add_vertex(const Vector3d& position) {
    RADTYPE_CHECK(mesh_.vertices.size() < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
    mesh_.vertices.push_back(position);
    return static_cast<std::int32_t>(mesh_.vertices.size() - 1);
  }

  const Mask& mask_;
  const Box box_;
  const std::size_t longest_flat_;
  const std::int64_t nx_;
  const std::int64_t ny_;
  std::array<Level, 2> levels_;
  std::vector<std::int32_t> along_z_;
  TriangleMesh mesh_;
};

}  // namespace

TriangleMesh index_mesh(const Mask& mask, const Box& box, Hubs hubs) {
  if (box.empty()) return {};
  return Sweep(mask, box, hubs).run();
}

void map_vertices(const Affine<LpsMm, Index>& lps_from_index, TriangleMesh& mesh) {
  for (Vector3d& vertex : mesh.vertices) vertex = lps_from_index(Point<Index>(vertex)).v;
  if (lps_from_index.linear.determinant() >= 0) return;
  for (auto& triangle : mesh.triangles) std::swap(triangle[1], triangle[2]);
}

TriangleMesh marching_cubes(const Mask& mask) {
  const Box box = inside_box(mask);
  TriangleMesh mesh = index_mesh(mask, box);
  map_vertices(mask.grid.cropped(box).lps_from_index(), mesh);
  return mesh;
}

}  // namespace radtype::shape
