#include "radtype/subtype/linkage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "subtype/chain.h"

namespace radtype::subtype {
namespace {

constexpr double kGone = std::numeric_limits<double>::infinity();
constexpr std::size_t kLanes = 8;

/// Smallest of a row; several at once, which compilers turn into vector instructions.
double smallest(const double* row, std::size_t n) {
  std::array<double, kLanes> least;
  least.fill(kGone);
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double value = row[j + lane];
      least[lane] = value < least[lane] ? value : least[lane];
    }
  }
  double best = *std::min_element(least.begin(), least.end());
  for (; j < n; ++j) best = std::min(best, row[j]);
  return best;
}

/// Squared where the method wants it. A row that is gone is infinitely far from all, as every row is from itself.
void prepare(DistanceMatrix& distances, Linkage method) {
  RADTYPE_CHECK(distances.values.size() == distances.n * distances.n);
  if (method == Linkage::kWard) {
    for (double& value : distances.values) value *= value;
  }
  for (std::size_t i = 0; i < distances.n; ++i) distances.values[i * distances.n + i] = kGone;
}

/// Where a row is smallest, at the first of equals, and its value there. The search ends at the first value that is at
/// most `least`.
std::pair<std::size_t, double> first_smallest(const double* row, std::size_t n, double least) {
  constexpr std::size_t kAtOnce = 16 * kLanes;
  double best = kGone;
  std::size_t block = 0;
  for (std::size_t begin = 0; begin < n && !(best <= least); begin += kAtOnce) {
    const double here = smallest(row + begin, std::min(kAtOnce, n - begin));
    if (!(here < best)) continue;
    best = here;
    block = begin;
  }
  // The block may hold an earlier value that ends the search without being its smallest.
  const double* end = row + std::min(block + kAtOnce, n);
  const double* at = std::find_if(row + block, end, [&](double value) { return value <= std::max(best, least); });
  return {static_cast<std::size_t>(at - row), at == end ? kGone : *at};
}

/// Lance and Williams: distance of the union of a and b to another cluster.
double updated(double to_a, double to_b, double size_a, double size_b, double size, double between, Linkage method) {
  switch (method) {
    case Linkage::kAverage:
      return (size_a * to_a + size_b * to_b) / (size_a + size_b);
    case Linkage::kComplete:
      return to_a < to_b ? to_b : to_a;
    case Linkage::kSingle:
      return to_b < to_a ? to_b : to_a;
    case Linkage::kWard:
      return ((size_a + size) * to_a + (size_b + size) * to_b - size * between) / (size_a + size_b + size);
  }
  internal_error("a linkage", __FILE__, __LINE__);
}

/// The same for all other clusters, into row `a`.
void update(double* a, const double* b, std::size_t n, double size_a, double size_b, double between,
            const std::vector<double>& sizes, Linkage method) {
  const auto update_by = [&](auto rule) {
    for (std::size_t k = 0; k < n; ++k) a[k] = rule(a[k], b[k], sizes[k]);
  };
  switch (method) {
    case Linkage::kAverage:
      return update_by([&](double to_a, double to_b, double size) {
        return updated(to_a, to_b, size_a, size_b, size, between, Linkage::kAverage);
      });
    case Linkage::kComplete:
      return update_by([&](double to_a, double to_b, double size) {
        return updated(to_a, to_b, size_a, size_b, size, between, Linkage::kComplete);
      });
    case Linkage::kSingle:
      return update_by([&](double to_a, double to_b, double size) {
        return updated(to_a, to_b, size_a, size_b, size, between, Linkage::kSingle);
      });
    case Linkage::kWard:
      return update_by([&](double to_a, double to_b, double size) {
        return updated(to_a, to_b, size_a, size_b, size, between, Linkage::kWard);
      });
  }
}

/// A whole matrix, whose row and column of a cluster are written anew when it grows.
class MatrixClusters {
 public:
  MatrixClusters(DistanceMatrix prepared, Linkage method)
      : n_(prepared.n), method_(method), d_(std::move(prepared.values)), sizes_(n_, 1) {}

  Nearest nearest(std::size_t cluster, std::size_t favourite) const {
    const double* row = d_.data() + cluster * n_;
    const double least = smallest(row, n_);
    if (favourite != cluster && row[favourite] == least) return {favourite, least};
    return {static_cast<std::size_t>(std::find(row, row + n_, least) - row), least};
  }

  void join(const Joined& pair) {
    double* a = d_.data() + pair.a * n_;
    update(a, d_.data() + pair.b * n_, n_, sizes_[pair.a], sizes_[pair.b], pair.distance, sizes_, method_);
    sizes_[pair.a] += sizes_[pair.b];
    a[pair.a] = kGone;
    for (std::size_t k = 0; k < n_; ++k) {
      d_[k * n_ + pair.a] = a[k];
      d_[k * n_ + pair.b] = kGone;  // and stays so through every update
    }
  }

 private:
  std::size_t n_;
  Linkage method_;
  std::vector<double> d_;
  std::vector<double> sizes_;
};

}  // namespace

std::vector<int> Tree::cut(int k) const {
  RADTYPE_CHECK(k >= 1 && static_cast<std::size_t>(k) <= items);
  const std::size_t kept = items - static_cast<std::size_t>(k);
  // Which merge each cluster goes into; those above the cut are left out.
  std::vector<std::size_t> parent(items + kept);
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  for (std::size_t m = 0; m < kept; ++m) parent[merges[m].left] = parent[merges[m].right] = items + m;
  for (std::size_t node = parent.size(); node-- > 0;) parent[node] = parent[parent[node]];
  std::vector<int> labels(items);
  std::vector<int> label_of(parent.size(), 0);
  int next = 0;
  for (std::size_t item = 0; item < items; ++item) {
    int& label = label_of[parent[item]];
    if (label == 0) label = ++next;
    labels[item] = label;
  }
  return labels;
}

Tree tree_of(std::size_t items, std::vector<Joined> joined, Linkage method) {
  std::stable_sort(joined.begin(), joined.end(),
                   [](const Joined& x, const Joined& y) { return x.distance < y.distance; });
  // By rounding a cluster may come before its parts: whatever holds the item by then is joined.
  std::vector<std::size_t> owner(items);
  std::iota(owner.begin(), owner.end(), std::size_t{0});
  std::vector<std::size_t> name = owner;
  const auto owner_of = [&](std::size_t item) {
    while (owner[item] != item) item = owner[item] = owner[owner[item]];
    return item;
  };
  Tree tree{items, {}};
  for (std::size_t m = 0; m < joined.size(); ++m) {
    const std::size_t a = owner_of(joined[m].a);
    const std::size_t b = owner_of(joined[m].b);
    RADTYPE_CHECK(a != b);
    const double distance = joined[m].distance;
    tree.merges.push_back({std::min(name[a], name[b]), std::max(name[a], name[b]),
                           method == Linkage::kWard ? std::sqrt(std::max(0.0, distance)) : distance});
    owner[b] = a;
    name[a] = items + m;
  }
  return tree;
}

Tree linkage_in_order(PairDistances distances, Linkage method) {
  const std::size_t n = distances.items;
  Tree tree{n, {}};
  if (n < 2) return tree;
  if (method == Linkage::kWard) {
    for (double& value : distances.values) value *= value;
  }
  std::vector<double> sizes(n, 1);
  std::vector<std::size_t> name(n);
  std::iota(name.begin(), name.end(), std::size_t{0});
  std::vector<std::size_t> alive = name;
  // Nearest among later items, the first of equals.
  std::vector<std::size_t> neighbour(n, n);
  std::vector<double> gap(n, kGone);
  const auto look = [&](std::size_t i, double least) {
    const auto [at, value] = first_smallest(distances.after(i), n - i - 1, least);
    gap[i] = value;
    neighbour[i] = value == kGone ? n : i + 1 + at;
  };
  for (std::size_t i = 0; i + 1 < n; ++i) look(i, -kGone);
  while (alive.size() > 1) {
    const auto a = static_cast<std::size_t>(std::min_element(gap.begin(), gap.end()) - gap.begin());
    const std::size_t b = neighbour[a];
    RADTYPE_CHECK(b < n);  // distances are finite
    const double height = gap[a];
    tree.merges.push_back({std::min(name[a], name[b]), std::max(name[a], name[b]),
                           method == Linkage::kWard ? std::sqrt(std::max(0.0, height)) : height});
    name[a] = n + tree.merges.size() - 1;
    alive.erase(std::lower_bound(alive.begin(), alive.end(), b));
    for (const std::size_t k : alive) {
      if (k == a) continue;
      double& to_a = k < a ? distances.at(k, a) : distances.at(a, k);
      double& to_b = k < b ? distances.at(k, b) : distances.at(b, k);
      to_a = updated(to_a, to_b, sizes[a], sizes[b], sizes[k], height, method);
      to_b = kGone;
    }
    distances.at(a, b) = kGone;
    sizes[a] += sizes[b];
    gap[b] = kGone;
    look(a, -kGone);
    for (const std::size_t k : alive) {
      if (k >= b) break;
      if (k == a) continue;
      // Nearer than before only by rounding; then it is the nearest.
      if (k < a && distances.at(k, a) < gap[k]) {
        gap[k] = distances.at(k, a);
        neighbour[k] = a;
      } else if (neighbour[k] == a || neighbour[k] == b) {
        look(k, gap[k]);
      }
    }
  }
  return tree;
}

Tree linkage_in_order(const DistanceMatrix& distances, Linkage method) {
  PairDistances pairs(distances.n);
  for (std::size_t i = 0; i + 1 < distances.n; ++i)
    std::copy_n(distances.values.data() + i * distances.n + i + 1, distances.n - i - 1, pairs.after(i));
  return linkage_in_order(std::move(pairs), method);
}

Tree linkage(DistanceMatrix distances, Linkage method) {
  if (distances.n < 2) return {distances.n, {}};
  prepare(distances, method);
  const std::size_t items = distances.n;
  return agglomerate(items, method, MatrixClusters(std::move(distances), method));
}

}  // namespace radtype::subtype
