#include "radtype/subtype/linkage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

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

/// Distances of the union of two clusters to all others, into row `a`.
void update(double* a, const double* b, std::size_t n, double size_a, double size_b, double between,
            const std::vector<double>& sizes, Linkage method) {
  switch (method) {
    case Linkage::kAverage:
      for (std::size_t k = 0; k < n; ++k) a[k] = (size_a * a[k] + size_b * b[k]) / (size_a + size_b);
      return;
    case Linkage::kComplete:
      for (std::size_t k = 0; k < n; ++k) a[k] = a[k] < b[k] ? b[k] : a[k];
      return;
    case Linkage::kSingle:
      for (std::size_t k = 0; k < n; ++k) a[k] = b[k] < a[k] ? b[k] : a[k];
      return;
    case Linkage::kWard:
      for (std::size_t k = 0; k < n; ++k) {
        a[k] = ((size_a + sizes[k]) * a[k] + (size_b + sizes[k]) * b[k] - sizes[k] * between) /
               (size_a + size_b + sizes[k]);
      }
      return;
  }
}

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

Tree linkage_in_order(DistanceMatrix distances, Linkage method) {
  const std::size_t n = distances.n;
  Tree tree{n, {}};
  if (n < 2) return tree;
  prepare(distances, method);
  std::vector<double>& d = distances.values;
  std::vector<double> sizes(n, 1);
  std::vector<std::size_t> name(n);
  std::iota(name.begin(), name.end(), std::size_t{0});
  // Nearest among later rows, the first of equals.
  std::vector<std::size_t> neighbour(n, n);
  std::vector<double> gap(n, kGone);
  const auto look = [&](std::size_t i) {
    const double* row = d.data() + i * n;
    gap[i] = smallest(row + i + 1, n - i - 1);
    neighbour[i] = gap[i] == kGone ? n : static_cast<std::size_t>(std::find(row + i + 1, row + n, gap[i]) - row);
  };
  for (std::size_t i = 0; i + 1 < n; ++i) look(i);
  for (std::size_t m = 0; m + 1 < n; ++m) {
    const auto a = static_cast<std::size_t>(std::min_element(gap.begin(), gap.end()) - gap.begin());
    const std::size_t b = neighbour[a];
    const double height = gap[a];
    tree.merges.push_back({std::min(name[a], name[b]), std::max(name[a], name[b]),
                           method == Linkage::kWard ? std::sqrt(std::max(0.0, height)) : height});
    name[a] = n + m;
    update(d.data() + a * n, d.data() + b * n, n, sizes[a], sizes[b], height, sizes, method);
    sizes[a] += sizes[b];
    d[a * n + a] = kGone;
    gap[b] = kGone;
    neighbour[b] = n;
    for (std::size_t k = 0; k < n; ++k) {
      d[k * n + a] = d[a * n + k];
      d[k * n + b] = d[b * n + k] = kGone;
    }
    d[a * n + b] = kGone;
    look(a);
    for (std::size_t k = 0; k < a; ++k) {
      // Nearer than before only by rounding; then it is the nearest.
      if (d[k * n + a] < gap[k]) {
        gap[k] = d[k * n + a];
        neighbour[k] = a;
      }
    }
    for (std::size_t k = 0; k < b; ++k) {
      if (k != a && (neighbour[k] == a || neighbour[k] == b)) look(k);
    }
  }
  return tree;
}

Tree linkage(DistanceMatrix distances, Linkage method) {
  const std::size_t n = distances.n;
  Tree tree{n, {}};
  if (n < 2) return tree;
  prepare(distances, method);
  std::vector<double>& d = distances.values;
  std::vector<double> sizes(n, 1);
  std::vector<bool> gone(n, false);
  struct Joined {
    std::size_t a, b;
    double height;
  };
  std::vector<Joined> joined;
  std::vector<std::size_t> chain;
  std::size_t first_alive = 0;
  while (joined.size() + 1 < n) {
    if (chain.empty()) {
      while (gone[first_alive]) ++first_alive;
      chain.push_back(first_alive);
    }
    const std::size_t top = chain.back();
    const double* row = d.data() + top * n;
    const double least = smallest(row, n);
    std::size_t nearest = 0;
    // Of equals, the one that the chain came from, or the chain would go in circles; else the first.
    if (chain.size() > 1 && row[chain[chain.size() - 2]] == least) {
      nearest = chain[chain.size() - 2];
    } else {
      nearest = static_cast<std::size_t>(std::find(row, row + n, least) - row);
    }
    if (chain.size() < 2 || nearest != chain[chain.size() - 2]) {
      chain.push_back(nearest);
      continue;
    }
    chain.resize(chain.size() - 2);
    const std::size_t a = std::min(top, nearest);
    const std::size_t b = std::max(top, nearest);
    joined.push_back({a, b, least});
    update(d.data() + a * n, d.data() + b * n, n, sizes[a], sizes[b], least, sizes, method);
    sizes[a] += sizes[b];
    gone[b] = true;
    d[a * n + a] = kGone;
    for (std::size_t k = 0; k < n; ++k) {
      d[k * n + a] = d[a * n + k];
      d[k * n + b] = kGone;  // and stays so through every update
    }
  }
  std::stable_sort(joined.begin(), joined.end(), [](const Joined& x, const Joined& y) { return x.height < y.height; });
  // By rounding a cluster may come before its parts: whatever holds the row by then is joined.
  std::vector<std::size_t> owner(n);
  std::iota(owner.begin(), owner.end(), std::size_t{0});
  std::vector<std::size_t> name = owner;
  const auto owner_of = [&](std::size_t row) {
    while (owner[row] != row) row = owner[row] = owner[owner[row]];
    return row;
  };
  for (std::size_t m = 0; m < joined.size(); ++m) {
    const std::size_t a = owner_of(joined[m].a);
    const std::size_t b = owner_of(joined[m].b);
    RADTYPE_CHECK(a != b);
    const double height = method == Linkage::kWard ? std::sqrt(std::max(0.0, joined[m].height)) : joined[m].height;
    tree.merges.push_back({std::min(name[a], name[b]), std::max(name[a], name[b]), height});
    owner[b] = a;
    name[a] = n + m;
  }
  return tree;
}

}  // namespace radtype::subtype
