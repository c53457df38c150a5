#include "subtype/means_linkage.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "radtype/core/parallel.h"
#include "subtype/chain.h"
#include "subtype/vectors.h"

namespace radtype::subtype {
namespace {

constexpr std::size_t kNear = 16;
constexpr std::size_t kBlock = 16;
/// More than rounding can bring a cluster nearer than its parts were, of the largest squared length of a row.
constexpr double kRounding = 1e-12;

using Candidate = std::pair<double, std::uint32_t>;

/// Keeps the `most` nearest, by distance; those left out are not nearer than the last.
void offer(std::vector<Candidate>& nearest, std::size_t most, const Candidate& candidate) {
  if (nearest.size() == most) {
    if (!(candidate < nearest.back())) return;
    nearest.pop_back();
  }
  nearest.insert(std::upper_bound(nearest.begin(), nearest.end(), candidate), candidate);
}

}  // namespace

bool follows_from_means(Distance distance, Linkage method) {
  return distance == Distance::kEuclidean ? method == Linkage::kWard : method == Linkage::kAverage;
}

/// Every cluster remembers some that are near, and a bound: no other is nearer than that. What is joined is not nearer
/// than its nearer part was, so the bound holds until the cluster itself is joined; and that of the union is the mean
/// of the two, weighted by size, for both methods. Only where all that is near has gone must all clusters be looked at.
class MeansClusters {
 public:
  MeansClusters(const MeansHierarchy& all, const std::vector<std::uint32_t>& items)
      : width_(all.rows_.width()),
        ward_(all.ward_),
        margin_(all.margin_),
        means_(items.size(), width_),
        sizes_(items.size(), 1),
        owners_(items.size()),
        alive_(items.size()),
        place_(items.size()),
        near_(items.size()),
        bounds_(items.size()),
        seen_(items.size(), 0) {
    constexpr auto kAbsent = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::uint32_t> here(all.items_, kAbsent);
    for (std::size_t i = 0; i < items.size(); ++i) here[items[i]] = static_cast<std::uint32_t>(i);
    std::iota(owners_.begin(), owners_.end(), 0U);
    alive_ = place_ = owners_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::copy_n(all.rows_.row(items[i]), width_, means_.row(i));
      bounds_[i] = all.bounds_[items[i]];
      for (std::size_t n = 0; n < all.near_; ++n) {
        const std::uint32_t other = here[all.neighbours_[items[i] * all.near_ + n]];
        if (other != kAbsent) near_[i].push_back(other);
      }
    }
  }

  Nearest nearest(std::size_t cluster, std::size_t favourite) {
    rename(cluster);
    Nearest found = among_near(cluster);
    if (!(found.distance < bounds_[cluster] - margin_)) {
      look_at_all(cluster);
      found = among_near(cluster);
    }
    if (favourite != cluster && distance(cluster, favourite) == found.distance) found.cluster = favourite;
    return found;
  }

  void join(const Joined& pair) {
    const auto a = static_cast<std::uint32_t>(pair.a);
    const auto b = static_cast<std::uint32_t>(pair.b);
    const double size = sizes_[a] + sizes_[b];
    double* mean = means_.row(a);
    for (std::size_t c = 0; c < width_; ++c) mean[c] = (mean[c] * sizes_[a] + means_.row(b)[c] * sizes_[b]) / size;
    bounds_[a] = (bounds_[a] * sizes_[a] + bounds_[b] * sizes_[b]) / size;
    sizes_[a] = size;
    owners_[b] = a;
    alive_[place_[b]] = alive_.back();
    place_[alive_.back()] = place_[b];
    alive_.pop_back();
    near_[a].insert(near_[a].end(), near_[b].begin(), near_[b].end());
    std::vector<std::uint32_t>().swap(near_[b]);
    rename(a);
    if (near_[a].size() <= 2 * kNear) return;
    candidates_.clear();
    const std::vector<double>& apart = distances(a, near_[a]);
    for (std::size_t n = 0; n < apart.size(); ++n) offer(candidates_, 2 * kNear, {apart[n], near_[a][n]});
    remember(a);
    bounds_[a] = std::min(bounds_[a], candidates_.back().first);
  }

 private:
  /// From the inner product of the means, or for Ward's method their squared distance.
  double between(std::size_t a, std::size_t b, double of_means) const {
    if (!ward_) return std::max(0.0, 1 - of_means);
    return of_means * (2 * (sizes_[a] * sizes_[b]) / (sizes_[a] + sizes_[b]));
  }
  double distance(std::size_t a, std::size_t b) const {
    return between(a, b,
                   ward_ ? squared_distance(means_.row(a), means_.row(b), width_)
                         : inner_product(means_.row(a), means_.row(b), width_));
  }

  /// What was joined since goes by its present name, once.
  void rename(std::size_t cluster) {
    ++looks_;
    seen_[cluster] = looks_;
    std::vector<std::uint32_t>& near = near_[cluster];
    std::size_t kept = 0;
    for (std::uint32_t other : near) {
      while (owners_[other] != other) other = owners_[other] = owners_[owners_[other]];
      if (seen_[other] == looks_) continue;
      seen_[other] = looks_;
      near[kept++] = other;
    }
    near.resize(kept);
  }

  /// Distances of a cluster to others, in their order.
  const std::vector<double>& distances(std::size_t cluster, const std::vector<std::uint32_t>& others) {
    apart_.resize(others.size());
    const auto of_means = ward_ ? squared_distances : inner_products;
    of_means(means_.row(cluster), means_, others, apart_.data());
    for (std::size_t n = 0; n < others.size(); ++n) apart_[n] = between(cluster, others[n], apart_[n]);
    return apart_;
  }

  Nearest among_near(std::size_t cluster) {
    const std::vector<std::uint32_t>& near = near_[cluster];
    const std::vector<double>& apart = distances(cluster, near);
    const auto least = std::min_element(apart.begin(), apart.end());
    if (least == apart.end()) return {cluster, std::numeric_limits<double>::infinity()};
    return {near[static_cast<std::size_t>(least - apart.begin())], *least};
  }

  void look_at_all(std::size_t cluster) {
    distances(cluster, alive_);
    apart_[place_[cluster]] = std::numeric_limits<double>::infinity();
    // The smallest of so many blocks are so many distances: the nearest lie within the largest of those.
    double within = std::numeric_limits<double>::infinity();
    if (apart_.size() >= kNear * kBlock) {
      least_.clear();
      for (std::size_t n = 0; n + kBlock <= apart_.size(); n += kBlock) least_.push_back(smallest(apart_.data() + n));
      std::nth_element(least_.begin(), least_.begin() + kNear - 1, least_.end());
      within = least_[kNear - 1];
    }
    candidates_.clear();
    for (std::size_t n = 0; n < alive_.size(); ++n) {
      if (apart_[n] <= within && alive_[n] != cluster) candidates_.emplace_back(apart_[n], alive_[n]);
    }
    const std::size_t kept = std::min(kNear, candidates_.size());
    std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end());
    candidates_.resize(kept);
    remember(cluster);
    bounds_[cluster] = candidates_.back().first;
  }

  static double smallest(const double* values) {
    std::array<double, 4> least;
    std::copy_n(values, least.size(), least.begin());
    for (std::size_t n = least.size(); n < kBlock; n += least.size()) {
      for (std::size_t lane = 0; lane < least.size(); ++lane)
        least[lane] = values[n + lane] < least[lane] ? values[n + lane] : least[lane];
    }
    return *std::min_element(least.begin(), least.end());
  }

  void remember(std::size_t cluster) {
    near_[cluster].clear();
    for (const auto& [apart, other] : candidates_) near_[cluster].push_back(other);
  }

  std::size_t width_;
  bool ward_;
  double margin_;
  VectorRows means_;
  std::vector<double> sizes_;
  std::vector<std::uint32_t> owners_;
  std::vector<std::uint32_t> alive_;
  std::vector<std::uint32_t> place_;  ///< in alive_
  std::vector<std::vector<std::uint32_t>> near_;
  std::vector<double> bounds_;
  std::vector<std::uint32_t> seen_;
  std::uint32_t looks_ = 0;
  std::vector<Candidate> candidates_;
  std::vector<double> apart_;
  std::vector<double> least_;
};

MeansHierarchy::MeansHierarchy(const Table& rows, bool ward)
    : ward_(ward), items_(rows.rows), rows_(rows), near_(std::min(kNear, rows.rows - 1)), bounds_(rows.rows) {
  RADTYPE_CHECK(items_ >= 2);
  const std::size_t width = rows_.width();
  for (std::size_t i = 0; i < items_; ++i)
    margin_ = std::max(margin_, kRounding * inner_product(rows_.row(i), rows_.row(i), width));
  neighbours_.resize(items_ * near_);
  parallel_for(0, static_cast<std::int64_t>(items_), [&](std::int64_t at) {
    const auto i = static_cast<std::size_t>(at);
    const double* row = rows_.row(i);
    std::vector<Candidate> others;
    for (std::size_t j = 0; j < items_; ++j) {
      if (j == i) continue;
      const double apart = ward_ ? squared_distance(row, rows_.row(j), width)
                                 : std::max(0.0, 1 - inner_product(row, rows_.row(j), width));
      offer(others, near_, {apart, static_cast<std::uint32_t>(j)});
    }
    for (std::size_t n = 0; n < near_; ++n) neighbours_[i * near_ + n] = others[n].second;
    bounds_[i] = others.back().first;
  });
}

Tree MeansHierarchy::tree(const std::vector<std::uint32_t>& items) const {
  return agglomerate(items.size(), ward_ ? Linkage::kWard : Linkage::kAverage, MeansClusters(*this, items));
}

}  // namespace radtype::subtype
