#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "shape/cube_table.h"
#include "shape/index_mesh.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

/// Every cube of the lattice of `box`, padded by one voxel of outside, that the surface crosses: visit(case, i, j, k)
/// slab by slab along k, next_slab() before each.
template <class NextSlab, class Visit>
void visit_cubes(const Mask& mask, const Box& box, const NextSlab& next_slab, const Visit& visit) {
  const std::int64_t nx = box.size()[0] + 2;
  const std::int64_t ny = box.size()[1] + 2;
  const std::int64_t nz = box.size()[2];
  // Two slices of the mask with the border of outside, and a few bytes that are read past the last row.
  constexpr std::int64_t kAtOnce = 8;
  std::array<std::vector<std::uint8_t>, 2> slices;
  for (auto& slice : slices) slice.assign(static_cast<std::size_t>(nx * ny + kAtOnce), 0);
  for (std::int64_t k = -1; k < nz; ++k) {
    std::swap(slices[0], slices[1]);
    for (std::int64_t j = 0; j < ny - 2; ++j) {
      std::uint8_t* padded = slices[1].data() + (j + 1) * nx + 1;
      if (k + 1 < nz) {
        const std::uint8_t* row = mask.voxels.data() + mask.offset(box.lo[0], box.lo[1] + j, box.lo[2] + k + 1);
        for (std::int64_t i = 0; i < nx - 2; ++i) padded[i] = row[i] != 0 ? 1 : 0;
      } else {
        std::fill_n(padded, nx - 2, std::uint8_t{0});
      }
    }
    next_slab();
    for (std::int64_t j = 0; j + 1 < ny; ++j) {
      const std::array<const std::uint8_t*, 4> rows = {slices[0].data() + j * nx, slices[0].data() + (j + 1) * nx,
                                                       slices[1].data() + j * nx, slices[1].data() + (j + 1) * nx};
      const auto column = [&](std::int64_t i) {
        return static_cast<unsigned>(rows[0][i] | rows[1][i] << 2 | rows[2][i] << 4 | rows[3][i] << 6);
      };
      const auto eight = [&](std::size_t row, std::int64_t i) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, rows[row] + i, sizeof bytes);
        return bytes;
      };
      for (std::int64_t i = 0; i + 1 < nx;) {
        // Seven cubes between eight columns: most lie all inside or all outside.
        constexpr std::uint64_t kOnes = 0x0101010101010101;
        const std::uint64_t any = eight(0, i) | eight(1, i) | eight(2, i) | eight(3, i);
        const std::uint64_t all = eight(0, i) & eight(1, i) & eight(2, i) & eight(3, i);
        const std::int64_t end = std::min(i + kAtOnce - 1, nx - 1);
        if (any != 0 && all != kOnes) {
          unsigned inside = column(i) << 1;
          for (std::int64_t cube = i; cube < end; ++cube) {
            inside = (inside >> 1 & 0x55u) | column(cube + 1) << 1;
            if (inside != 0 && inside != 255) visit(inside, cube, j, k);
          }
        }
        i = end;
      }
    }
  }
}

/// Makes the mesh slab by slab, remembering the vertices of the slab's own edges only.
class Sweep {
 public:
  Sweep(const Mask& mask, const Box& box, Hubs hubs)
      : mask_(mask), box_(box), longest_flat_(hubs == Hubs::kEveryQuad ? 3 : 4), nx_(box.size()[0] + 2) {
    const auto slice = static_cast<std::size_t>(nx_ * (box.size()[1] + 2));
    for (auto& level : levels_) {
      level.along_x.assign(slice, kNone);
      level.along_y.assign(slice, kNone);
    }
    along_z_.assign(slice, kNone);
  }

  TriangleMesh run() {
    const auto next_slab = [this] {
      std::swap(levels_[0], levels_[1]);
      std::fill(levels_[1].along_x.begin(), levels_[1].along_x.end(), kNone);
      std::fill(levels_[1].along_y.begin(), levels_[1].along_y.end(), kNone);
      std::fill(along_z_.begin(), along_z_.end(), kNone);
    };
    visit_cubes(mask_, box_, next_slab, [this](unsigned inside, std::int64_t i, std::int64_t j, std::int64_t k) {
      add_cube(kCubeTable[inside], i, j, k);
    });
    return std::move(mesh_);
  }

 private:
  static constexpr std::int32_t kNone = -1;

  struct Level {
    std::vector<std::int32_t> along_x;  // vertex on the edge from this lattice point along x
    std::vector<std::int32_t> along_y;
  };

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

TriangleMesh marching_cubes_at_origin(const Mask& mask) {
  Affine<LpsMm, Index> mm_from_index = mask.grid.lps_from_index();
  mm_from_index.offset.setZero();
  TriangleMesh mesh = index_mesh(mask, inside_box(mask));
  map_vertices(mm_from_index, mesh);
  return mesh;
}

TriangleMesh marching_cubes(const Mask& mask) {
  const Box box = inside_box(mask);
  TriangleMesh mesh = index_mesh(mask, box);
  map_vertices(mask.grid.cropped(box).lps_from_index(), mesh);
  return mesh;
}

}  // namespace radtype::shape
