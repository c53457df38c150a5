#include "radtype/texture/habitats.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "radtype/image/region.h"

namespace radtype::texture {
namespace {

using Eigen::Vector3d;

constexpr double kPooledOfRadius = 1.0 / 16;
constexpr double kSupervoxelOfRadius = 1.0 / 4;
constexpr std::int64_t kFewestPooledAcross = 2;
// Difference of rank (of a range from -1 to 1) that weighs as much as a supervoxel's side.
constexpr double kRankOfSide = 0.3;
constexpr int kRounds = 6;
constexpr double kEqualRanks = 1e-9;

/// Blocks of `factor` voxels along each axis.
struct Pooled {
  Grid grid;
  Size3 size{};
  std::vector<std::uint8_t> inside;
  std::vector<double> rank;   // mean, -1..1
  std::vector<double> depth;  // mean, 0..1
  std::int64_t voxels = 0;

  std::size_t offset(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return static_cast<std::size_t>((k * size[1] + j) * size[0] + i);
  }
};

Pooled pool(const Neighbourhood& around, std::int64_t factor) {
  const Box box = tumour_box(around);
  Pooled pooled;
  Size3 shift{};  // centres the blocks on the tumour's box
  Point<Index> first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    pooled.size[axis] = (box.size()[axis] + factor - 1) / factor;
    shift[axis] = (pooled.size[axis] * factor - box.size()[axis]) / 2 - box.lo[axis];
    first.v[static_cast<Eigen::Index>(axis)] = 0.5 * static_cast<double>(factor - 1) - static_cast<double>(shift[axis]);
  }
  Affine<LpsMm, Index> lps_from_index = around.grid.lps_from_index();
  const Point<LpsMm> origin = lps_from_index(first);
  lps_from_index.linear *= static_cast<double>(factor);
  lps_from_index.offset = origin.v;
  const auto grid = make_grid(pooled.size, lps_from_index);
  RADTYPE_CHECK(grid.has_value());
  pooled.grid = *grid;

  const auto blocks = static_cast<std::size_t>(pooled.grid.voxel_count());
  std::vector<std::int64_t> count(blocks, 0), rank(blocks, 0), depth(blocks, 0);
  const Size3 from = around.grid.size();
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      auto n = static_cast<std::size_t>((k * from[1] + j) * from[0] + box.lo[0]);
      for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i, ++n) {
        const Zone zone = around.zones[n];
        if (!in_tumour(zone)) continue;
        const std::size_t block =
            pooled.offset((i + shift[0]) / factor, (j + shift[1]) / factor, (k + shift[2]) / factor);
        ++count[block];
        rank[block] += around.ranks[n].inside;
        depth[block] += 2 * zone - 1;
      }
    }
  }
  pooled.inside.assign(blocks, 0);
  pooled.rank.assign(blocks, 0);
  pooled.depth.assign(blocks, 0);
  for (std::size_t block = 0; block < blocks; ++block) {
    if (2 * count[block] < factor * factor * factor) continue;
    pooled.inside[block] = 1;
    const auto voxels = static_cast<double>(count[block]);
    pooled.rank[block] = static_cast<double>(rank[block]) / voxels / kRankScale;
    pooled.depth[block] = static_cast<double>(depth[block]) / voxels / (2 * kDepthZones);
    ++pooled.voxels;
  }
  return pooled;
}

/// Supervoxels: compact groups of voxels of like rank, from cells of `side` pooled voxels.
class Supervoxels {
 public:
  Supervoxels(const Pooled& pooled, std::int64_t side) : pooled_(pooled), side_(side), of_(pooled.inside.size(), 0) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      cells_[axis] = (pooled.size[axis] + side - 1) / side;
      shift_[axis] = (cells_[axis] * side - pooled.size[axis]) / 2;
    }
    seeds_.resize(static_cast<std::size_t>(cells_[0] * cells_[1] * cells_[2]));
    for_each_inside([&](std::size_t n, const Size3& at) {
      const Size3 cell = cell_of(at);
      of_[n] = static_cast<std::int32_t>((cell[2] * cells_[1] + cell[1]) * cells_[0] + cell[0]);
    });
    for (int round = 0; round < kRounds; ++round) {
      update_seeds();
      assign();
    }
    update_seeds();
  }

  struct Seed {
    Vector3d at = Vector3d::Zero();
    double rank = 0;
    std::int64_t voxels = 0;
  };
  const std::vector<Seed>& seeds() const { return seeds_; }  ///< some may be empty
  std::int32_t of(std::size_t n) const { return of_[n]; }
  std::int64_t side() const { return side_; }

 private:
  template <class Visit>
  void for_each_inside(Visit&& visit) const {
    std::size_t n = 0;
    for (std::int64_t k = 0; k < pooled_.size[2]; ++k) {
      for (std::int64_t j = 0; j < pooled_.size[1]; ++j) {
        for (std::int64_t i = 0; i < pooled_.size[0]; ++i, ++n) {
          if (pooled_.inside[n] != 0) visit(n, Size3{i, j, k});
        }
      }
    }
  }

  Size3 cell_of(const Size3& at) const {
    return {(at[0] + shift_[0]) / side_, (at[1] + shift_[1]) / side_, (at[2] + shift_[2]) / side_};
  }
  static Vector3d place(const Size3& at) {
    return {static_cast<double>(at[0]), static_cast<double>(at[1]), static_cast<double>(at[2])};
  }

  void update_seeds() {
    seeds_.assign(seeds_.size(), {});
    for_each_inside([&](std::size_t n, const Size3& at) {
      Seed& seed = seeds_[static_cast<std::size_t>(of_[n])];
      seed.at += place(at);
      seed.rank += pooled_.rank[n];
      ++seed.voxels;
    });
    for (Seed& seed : seeds_) {
      if (seed.voxels == 0) continue;
      seed.at /= static_cast<double>(seed.voxels);
      seed.rank /= static_cast<double>(seed.voxels);
    }
  }

  struct Candidate {
    Vector3d at;
    double rank;
    std::int32_t supervoxel;
  };

  /// Seeds of the 27 cells around a cell, those without voxels left out.
  std::vector<Candidate> candidates_around(const Size3& cell) const {
    std::vector<Candidate> candidates;
    for (std::int64_t c = std::max<std::int64_t>(0, cell[2] - 1); c <= std::min(cells_[2] - 1, cell[2] + 1); ++c) {
      for (std::int64_t b = std::max<std::int64_t>(0, cell[1] - 1); b <= std::min(cells_[1] - 1, cell[1] + 1); ++b) {
        for (std::int64_t a = std::max<std::int64_t>(0, cell[0] - 1); a <= std::min(cells_[0] - 1, cell[0] + 1); ++a) {
          const std::int64_t n = (c * cells_[1] + b) * cells_[0] + a;
          const Seed& seed = seeds_[static_cast<std::size_t>(n)];
          if (seed.voxels > 0) candidates.push_back({seed.at, seed.rank, static_cast<std::int32_t>(n)});
        }
      }
    }
    return candidates;
  }

  /// To the best of the seeds of the 27 cells around.
  void assign() {
    const double per_side = 1 / (static_cast<double>(side_) * static_cast<double>(side_));
    const double per_rank = 1 / (kRankOfSide * kRankOfSide);
    std::vector<std::vector<Candidate>> around(seeds_.size());
    for_each_inside([&](std::size_t n, const Size3& at) {
      const Size3 cell = cell_of(at);
      auto& candidates = around[static_cast<std::size_t>((cell[2] * cells_[1] + cell[1]) * cells_[0] + cell[0])];
      if (candidates.empty()) candidates = candidates_around(cell);
      const Vector3d here = place(at);
      double best = std::numeric_limits<double>::infinity();
      for (const Candidate& candidate : candidates) {
        const double apart = pooled_.rank[n] - candidate.rank;
        const double cost = (here - candidate.at).squaredNorm() * per_side + apart * apart * per_rank;
        if (cost < best) {
          best = cost;
          of_[n] = candidate.supervoxel;
        }
      }
    });
  }

  const Pooled& pooled_;
  std::int64_t side_;
  Size3 cells_{};
  std::array<std::int64_t, 3> shift_{};
  std::vector<std::int32_t> of_;
  std::vector<Seed> seeds_;
};

/// Weighted one-dimensional k-means, exact by dynamic programming: the group 0..groups-1 of each of the ascending
/// values.
std::vector<int> split(const std::vector<double>& values, const std::vector<double>& weights, int groups) {
  const std::size_t n = values.size();
  std::vector<double> weight(n + 1, 0), first(n + 1, 0), second(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    weight[i + 1] = weight[i] + weights[i];
    first[i + 1] = first[i] + weights[i] * values[i];
    second[i + 1] = second[i] + weights[i] * values[i] * values[i];
  }
  const auto cost = [&](std::size_t from, std::size_t to) {  // of values from..to-1 as one group
    const double sum = first[to] - first[from];
    return second[to] - second[from] - sum * sum / (weight[to] - weight[from]);
  };
  const auto count = static_cast<std::size_t>(groups);
  std::vector<std::vector<double>> best(count + 1, std::vector<double>(n + 1, std::numeric_limits<double>::infinity()));
  std::vector<std::vector<std::size_t>> cut(count + 1, std::vector<std::size_t>(n + 1, 0));
  best[0][0] = 0;
  for (std::size_t g = 1; g <= count; ++g) {
    for (std::size_t to = g; to <= n; ++to) {
      for (std::size_t from = g - 1; from < to; ++from) {
        const double total = best[g - 1][from] + cost(from, to);
        if (total < best[g][to]) {
          best[g][to] = total;
          cut[g][to] = from;
        }
      }
    }
  }
  std::vector<int> group(n);
  std::size_t to = n;
  for (std::size_t g = count; g > 0; --g) {
    const std::size_t from = cut[g][to];
    std::fill(group.begin() + static_cast<std::ptrdiff_t>(from), group.begin() + static_cast<std::ptrdiff_t>(to),
              static_cast<int>(g) - 1);
    to = from;
  }
  return group;
}

/// One of each pair of opposite neighbours, with the share of all directions that it stands for (legland2007).
struct Direction {
  Size3 step;
  double share;
  double length;
};
std::vector<Direction> directions() {
  constexpr std::array<double, 4> kShare = {0, 0.09155578, 0.07396126,
                                            0.07039127};  // by the number of axes it moves on
  std::vector<Direction> list;
  for (std::int64_t c = -1; c <= 1; ++c) {
    for (std::int64_t b = -1; b <= 1; ++b) {
      for (std::int64_t a = -1; a <= 1; ++a) {
        if (c < 0 || (c == 0 && (b < 0 || (b == 0 && a <= 0)))) continue;
        const auto axes = static_cast<std::size_t>(std::abs(a) + std::abs(b) + std::abs(c));
        list.push_back({{a, b, c}, kShare[axes], std::sqrt(static_cast<double>(axes))});
      }
    }
  }
  return list;
}

/// Contacts of voxels by the habitats (0 outside) on either side.
struct Neighbours {
  std::vector<std::vector<double>> area;  // in squared voxels, i <= j; i = j: no area, summed alike
};

Neighbours count_neighbours(const Pooled& pooled, const std::vector<std::uint8_t>& habitat, int count) {
  const auto kinds = static_cast<std::size_t>(count) + 1;
  Neighbours result{std::vector<std::vector<double>>(kinds, std::vector<double>(kinds, 0))};
  const Size3& size = pooled.size;
  for (const Direction& direction : directions()) {
    std::vector<std::vector<std::int64_t>> pairs(kinds, std::vector<std::int64_t>(kinds, 0));
    // One voxel beyond the grid on each side, which is outside.
    for (std::int64_t k = -1; k <= size[2]; ++k) {
      for (std::int64_t j = -1; j <= size[1]; ++j) {
        for (std::int64_t i = -1; i <= size[0]; ++i) {
          const auto at = [&](std::int64_t x, std::int64_t y, std::int64_t z) -> std::size_t {
            const bool within = x >= 0 && y >= 0 && z >= 0 && x < size[0] && y < size[1] && z < size[2];
            return within ? habitat[pooled.offset(x, y, z)] : 0U;
          };
          const std::size_t a = at(i, j, k);
          const std::size_t b = at(i + direction.step[0], j + direction.step[1], k + direction.step[2]);
          ++pairs[std::min(a, b)][std::max(a, b)];
        }
      }
    }
    // Cauchy and Crofton: area = 2 * mean over directions of crossings times the area that one line stands for.
    for (std::size_t a = 0; a < kinds; ++a) {
      for (std::size_t b = a; b < kinds; ++b) {
        result.area[a][b] += 2 * direction.share * static_cast<double>(pairs[a][b]) / direction.length;
      }
    }
  }
  return result;
}

void measure_contacts(Habitats& result, const Pooled& pooled, double radius_mm) {
  const auto count = static_cast<std::size_t>(result.count);
  const Neighbours neighbours = count_neighbours(pooled, result.habitat, result.count);
  const auto& area = neighbours.area;
  double outer = 0, inner = 0, same = 0, squares = 0, alike = 0;
  for (std::size_t i = 1; i <= count; ++i) {
    outer += area[0][i];
    same += area[i][i];
    alike += area[i][i];
    for (std::size_t j = i + 1; j <= count; ++j) {
      const auto apart = static_cast<double>(j - i);
      inner += area[i][j];
      squares += area[i][j] * apart * apart;
      alike += area[i][j] / (1 + apart);
    }
  }
  result.contact.assign(count + 1, std::vector<double>(count + 1, 0));
  for (std::size_t i = 0; i <= count; ++i) {
    for (std::size_t j = i + 1; j <= count; ++j) {
      const double share = area[i][j] / (outer + inner);
      result.contact[i][j] = share;
      if (share > 0) result.entropy -= share * std::log(share);
    }
  }
  result.entropy /= std::log(static_cast<double>(count * (count + 1) / 2));
  for (std::size_t i = 1; i <= count; ++i) result.surface.push_back(area[0][i] / outer);
  const double steps = static_cast<double>(count) - 1;
  if (same + inner > 0) {
    result.contrast = squares / (same + inner) / (steps * steps);
    result.homogeneity = alike / (same + inner);
  }
  const double spacing_mm = pooled.grid.spacing_mm()[0];
  result.interface = inner / static_cast<double>(pooled.voxels) / spacing_mm * radius_mm;
}

Habitats describe(const Pooled& pooled, std::vector<std::uint8_t> habitat, int count, std::int64_t supervoxel_voxels,
                  const Neighbourhood& around) {
  Habitats result;
  result.grid = pooled.grid;
  result.habitat = std::move(habitat);
  result.count = count;
  const auto groups = static_cast<std::size_t>(count);
  std::vector<std::int64_t> voxels(groups, 0);
  std::vector<double> depths(groups, 0);
  for (std::size_t n = 0; n < result.habitat.size(); ++n) {
    if (result.habitat[n] == 0) continue;
    ++voxels[result.habitat[n] - 1U];
    depths[result.habitat[n] - 1U] += pooled.depth[n];
  }
  for (std::size_t g = 0; g < groups; ++g) {
    result.fraction.push_back(static_cast<double>(voxels[g]) / static_cast<double>(pooled.voxels));
    if (around.deepest_mm > 0) result.depth.push_back(depths[g] / static_cast<double>(voxels[g]));
    Mask mask(pooled.grid);
    for (std::size_t n = 0; n < mask.voxels.size(); ++n) mask.voxels[n] = result.habitat[n] == g + 1 ? 1 : 0;
    const image::Components parts = image::connected_components(mask);
    result.components.push_back(static_cast<double>(std::count_if(
        parts.voxels.begin(), parts.voxels.end(), [&](std::int64_t size) { return 2 * size >= supervoxel_voxels; })));
  }
  measure_contacts(result, pooled, around.radius_mm);
  return result;
}

/// Supervoxels in the order of their ranks.
struct Ordered {
  std::vector<std::size_t> supervoxel;
  std::vector<double> rank;
  std::vector<double> voxels;
  int distinct = 0;
};

Ordered in_order(const Supervoxels& supervoxels) {
  const auto& seeds = supervoxels.seeds();
  Ordered ordered;
  for (std::size_t s = 0; s < seeds.size(); ++s) {
    if (seeds[s].voxels > 0) ordered.supervoxel.push_back(s);
  }
  std::stable_sort(ordered.supervoxel.begin(), ordered.supervoxel.end(),
                   [&](std::size_t a, std::size_t b) { return seeds[a].rank < seeds[b].rank; });
  for (const std::size_t s : ordered.supervoxel) {
    // Means of equal ranks differ by rounding.
    if (ordered.rank.empty() || seeds[s].rank - ordered.rank.back() > kEqualRanks) ++ordered.distinct;
    ordered.rank.push_back(seeds[s].rank);
    ordered.voxels.push_back(static_cast<double>(seeds[s].voxels));
  }
  return ordered;
}

/// Share of the pooled voxels' rank variance between groups of supervoxels.
double explained(const Pooled& pooled, const Ordered& ordered, const std::vector<int>& group, int count) {
  std::vector<double> sums(static_cast<std::size_t>(count), 0), voxels(sums);
  for (std::size_t n = 0; n < group.size(); ++n) {
    sums[static_cast<std::size_t>(group[n])] += ordered.voxels[n] * ordered.rank[n];
    voxels[static_cast<std::size_t>(group[n])] += ordered.voxels[n];
  }
  double sum = 0, squares = 0, between = 0;
  for (std::size_t n = 0; n < pooled.rank.size(); ++n) {
    sum += pooled.rank[n];
    squares += pooled.rank[n] * pooled.rank[n];
  }
  for (std::size_t g = 0; g < sums.size(); ++g) between += sums[g] * sums[g] / voxels[g];
  const double centred = sum * sum / static_cast<double>(pooled.voxels);
  return (between - centred) / (squares - centred);
}

}  // namespace

std::optional<HabitatSet> find_habitats(const Neighbourhood& around, int count) {
  RADTYPE_CHECK(count >= kFewestHabitats && count <= kMostHabitats);
  if (around.tumour_voxels < kFewestVoxels) return std::nullopt;
  const double radius_voxels = around.radius_mm / around.grid.spacing_mm()[0];
  const std::int64_t factor = std::max<std::int64_t>(1, std::llround(kPooledOfRadius * radius_voxels));
  const Pooled pooled = pool(around, factor);
  const std::int64_t side = std::max<std::int64_t>(
      kFewestPooledAcross, std::llround(kSupervoxelOfRadius * radius_voxels / static_cast<double>(factor)));
  const Supervoxels supervoxels(pooled, side);
  const Ordered ordered = in_order(supervoxels);

  HabitatSet result;
  for (int groups = kFewestHabitats; groups <= std::min(kMostHabitats, ordered.distinct); ++groups) {
    const std::vector<int> group = split(ordered.rank, ordered.voxels, groups);
    result.explained[static_cast<std::size_t>(groups - kFewestHabitats)] = explained(pooled, ordered, group, groups);
    if (groups != count) continue;
    std::vector<std::uint8_t> of_supervoxel(supervoxels.seeds().size(), 0);
    for (std::size_t n = 0; n < group.size(); ++n) {
      of_supervoxel[ordered.supervoxel[n]] = static_cast<std::uint8_t>(group[n] + 1);
    }
    std::vector<std::uint8_t> habitat(pooled.inside.size(), 0);
    for (std::size_t n = 0; n < habitat.size(); ++n) {
      if (pooled.inside[n] != 0) habitat[n] = of_supervoxel[static_cast<std::size_t>(supervoxels.of(n))];
    }
    result.habitats = describe(pooled, std::move(habitat), count, side * side * side, around);
  }
  return result;
}

}  // namespace radtype::texture
