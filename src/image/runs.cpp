#include "image/runs.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "radtype/core/parallel.h"
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

/// Calls visit(a, b) for every run of one row and every run of another that meet: by voxels of the same i or, with
/// `corners`, of neighbouring ones.
template <class Visit>
void for_meeting_runs(const std::vector<Run>& runs, std::size_t a, std::size_t a_end, std::size_t b, std::size_t b_end,
                      bool corners, const Visit& visit) {
  const std::int32_t reach = corners ? 1 : 0;
  while (a < a_end && b < b_end) {
    if (runs[a].i_begin < runs[b].i_end + reach && runs[b].i_begin < runs[a].i_end + reach) visit(a, b);
    (runs[a].i_end < runs[b].i_end ? a : b) += 1;
  }
}

/// Where the runs of each slice begin, and of a slice past the last.
std::vector<std::size_t> slice_starts(const std::vector<Run>& runs, std::int64_t slices) {
  std::vector<std::size_t> starts(static_cast<std::size_t>(slices) + 1, 0);
  for (const Run& run : runs) ++starts[static_cast<std::size_t>(run.k) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  return starts;
}

}  // namespace

RunSets connected_runs(const std::vector<Run>& runs, const Size3& size, Neighbours neighbours) {
  // Runs of row (j, k): first[row] to first[row + 1].
  std::vector<std::size_t> first(static_cast<std::size_t>(size[1] * size[2]) + 1, 0);
  const auto row_of = [&](std::int64_t j, std::int64_t k) { return static_cast<std::size_t>(k * size[1] + j); };
  for (const Run& run : runs) ++first[row_of(run.j, run.k) + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());

  const bool corners = neighbours == Neighbours::kCorners26;
  Sets sets(runs.size());
  const auto join_rows = [&](std::size_t row, std::size_t other) {
    for_meeting_runs(runs, first[row], first[row + 1], first[other], first[other + 1], corners,
                     [&](std::size_t a, std::size_t b) { sets.join(a, b); });
  };
  const std::int64_t reach = corners ? 1 : 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const std::size_t row = row_of(j, k);
      if (first[row] == first[row + 1]) continue;
      if (j > 0) join_rows(row, row_of(j - 1, k));
      if (k == 0 || neighbours == Neighbours::kSlice4) continue;
      for (std::int64_t v = std::max<std::int64_t>(j - reach, 0); v <= std::min(j + reach, size[1] - 1); ++v)
        join_rows(row, row_of(v, k - 1));
    }
  }

  RunSets result;
  result.set_of.resize(runs.size());
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const std::size_t root = sets.root(n);
    result.set_of[n] = root == n ? result.count++ : result.set_of[root];
  }
  return result;
}

std::vector<Run> complement(const std::vector<Run>& runs, const Size3& size) {
  std::vector<Run> result;
  const auto end = static_cast<std::int32_t>(size[0]);
  std::size_t n = 0;
  for (std::int32_t k = 0; k < size[2]; ++k) {
    for (std::int32_t j = 0; j < size[1]; ++j) {
      std::int32_t from = 0;
      for (; n < runs.size() && runs[n].k == k && runs[n].j == j; ++n) {
        if (runs[n].i_begin > from) result.push_back({from, runs[n].i_begin, j, k});
        from = runs[n].i_end;
      }
      if (from < end) result.push_back({from, end, j, k});
    }
  }
  return result;
}

std::vector<Run> united(const std::vector<Run>& a, const std::vector<Run>& b) {
  std::vector<Run> both(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), both.begin(), [](const Run& left, const Run& right) {
    return std::array{left.k, left.j, left.i_begin} < std::array{right.k, right.j, right.i_begin};
  });
  std::vector<Run> result;
  for (const Run& run : both) {
    const bool joins =
        !result.empty() && result.back().k == run.k && result.back().j == run.j && run.i_begin <= result.back().i_end;
    if (joins) {
      result.back().i_end = std::max(result.back().i_end, run.i_end);
    } else {
      result.push_back(run);
    }
  }
  return result;
}

std::vector<Run> common(const std::vector<Run>& a, const std::vector<Run>& b, const Size3& size) {
  return complement(united(complement(a, size), complement(b, size)), size);
}

std::vector<Run> each_slice(const Grid& grid, const std::vector<Run>& runs, double margin_mm,
                            const std::function<Mask(const Mask&)>& change) {
  const std::int64_t slices = grid.size()[2];
  const std::vector<std::size_t> starts = slice_starts(runs, slices);
  std::vector<std::vector<Run>> changed(static_cast<std::size_t>(slices));
  parallel_for(0, slices, [&](std::int64_t k) {
    const auto s = static_cast<std::size_t>(k);
    if (starts[s] == starts[s + 1]) return;
    Region slice;
    slice.runs.assign(runs.begin() + static_cast<std::ptrdiff_t>(starts[s]),
                      runs.begin() + static_cast<std::ptrdiff_t>(starts[s + 1]));
    Box box = slice.bounding_box();
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const auto margin = static_cast<std::int64_t>(margin_mm / grid.spacing_mm()[static_cast<Eigen::Index>(axis)]) + 1;
      box.lo[axis] -= margin;
      box.hi[axis] += margin;
    }
    box = intersection(box, grid.box());
    changed[s] = runs_of(change(dense_mask(grid, slice, box)), box.lo);
  });
  std::vector<Run> result;
  for (const auto& slice : changed) result.insert(result.end(), slice.begin(), slice.end());
  return result;
}

namespace {

bool any_inside(const Mask& mask) {
  return std::any_of(mask.voxels.begin(), mask.voxels.end(), [](std::uint8_t voxel) { return voxel != 0; });
}

/// 1 where the distance to the nearest voxel inside is within radius_mm.
Mask within(const Mask& mask, double radius_mm) {
  Mask result(mask.grid);
  if (!any_inside(mask)) return result;
  const Volume<float> distance = distance_mm(mask);
  for (std::size_t n = 0; n < result.voxels.size(); ++n) {
    result.voxels[n] = distance.voxels[n] <= static_cast<float>(radius_mm) ? 1 : 0;
  }
  return result;
}

Mask inverted(Mask mask) {
  for (auto& voxel : mask.voxels) voxel = voxel != 0 ? 0 : 1;
  return mask;
}

}  // namespace

Mask dilated(const Mask& mask, double radius_mm) { return within(mask, radius_mm); }
Mask eroded(const Mask& mask, double radius_mm) { return inverted(within(inverted(mask), radius_mm)); }

}  // namespace radtype::image
