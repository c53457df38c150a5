#include <algorithm>
#include <numeric>

#include "radtype/image/region.h"

namespace radtype::image {
namespace {

/// Runs in sets; a set's root is its first run.
class Sets {
 public:
  explicit Sets(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }
  std::size_t root(std::size_t n) {
    while (parent_[n] != n) n = parent_[n] = parent_[parent_[n]];
    return n;
  }
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

Components connected_components(const Mask& mask) {
  const Size3& size = mask.grid.size();
  const std::vector<Run> runs = runs_of(mask);
  // Runs of row (j, k): first[row] to first[row + 1].
  std::vector<std::size_t> first(static_cast<std::size_t>(size[1] * size[2]) + 1, 0);
  const auto row_of = [&](std::int64_t j, std::int64_t k) { return static_cast<std::size_t>(k * size[1] + j); };
  for (const Run& run : runs) ++first[row_of(run.j, run.k) + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());

  Sets sets(runs.size());
  const auto join_rows = [&](std::size_t row, std::size_t other) {
    std::size_t a = first[row];
    std::size_t b = first[other];
    while (a < first[row + 1] && b < first[other + 1]) {
      if (runs[a].i_begin <= runs[b].i_end && runs[b].i_begin <= runs[a].i_end) sets.join(a, b);
      (runs[a].i_end < runs[b].i_end ? a : b) += 1;
    }
  };
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::size_t row = row_of(j, k);
      if (first[row] == first[row + 1]) continue;
      if (j > 0) join_rows(row, row_of(j - 1, k));
      if (k == 0) continue;
      for (std::int64_t v = std::max<std::int64_t>(j - 1, 0); v <= std::min(j + 1, size[1] - 1); ++v)
        join_rows(row, row_of(v, k - 1));
    }
  }

  std::vector<std::int64_t> voxels;
  std::vector<std::size_t> part_of(runs.size());
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const std::size_t root = sets.root(n);
    if (root == n) {
      part_of[n] = voxels.size();
      voxels.push_back(0);
    } else {
      part_of[n] = part_of[root];
    }
    voxels[part_of[n]] += runs[n].i_end - runs[n].i_begin;
  }
  std::vector<std::size_t> order(voxels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return voxels[a] > voxels[b]; });
  std::vector<std::size_t> rank_of(voxels.size());
  Components result;
  result.count = static_cast<int>(voxels.size());
  result.parts.resize(voxels.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    rank_of[order[rank]] = rank;
    result.voxels.push_back(voxels[order[rank]]);
  }
  for (std::size_t n = 0; n < runs.size(); ++n) result.parts[rank_of[part_of[n]]].runs.push_back(runs[n]);
  return result;
}

}  // namespace radtype::image
