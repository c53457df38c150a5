#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "radtype/core/seed.h"
#include "radtype/subtype/partition.h"
#include "subtype/vectors.h"

namespace radtype::subtype {
namespace {

constexpr int kMostIterations = 100;

/// Centres side by side, feature by feature, so that a row meets several at once.
class Centres {
 public:
  Centres(const VectorRows& rows, std::size_t count)
      : count_(count),
        width_(rows.width()),
        stride_((count + kTogether - 1) / kTogether * kTogether),
        values_(stride_ * width_, 0) {
    for (std::size_t c = 0; c < count; ++c) put(c, rows.row(c));
  }

  std::size_t size() const { return count_; }
  std::size_t stride() const { return stride_; }
  double value(std::size_t c, std::size_t f) const { return values_[f * stride_ + c]; }
  double& value(std::size_t c, std::size_t f) { return values_[f * stride_ + c]; }
  void put(std::size_t c, const double* row) {
    for (std::size_t f = 0; f < width_; ++f) value(c, f) = row[f];
  }
  /// Squared distances of a row to the centres, stride() of them: those past size() mean nothing.
  void squared_distances(const double* row, double* squared) const {
    squared_to_columns(row, values_.data(), width_, stride_, squared);
  }

  static constexpr std::size_t kTogether = 4;

 private:
  std::size_t count_;
  std::size_t width_;
  std::size_t stride_;
  std::vector<double> values_;
};

/// Clusters in the making. For every item a bound above on the distance to its centre, and one below on that to any
/// other (hamerly2010), which show most items to be where they belong without a distance.
class Run {
 public:
  Run(const VectorRows& rows, const std::vector<std::uint32_t>& items, Centres centres)
      : rows_(rows),
        items_(items),
        k_(centres.size()),
        width_(rows.width()),
        centres_(std::move(centres)),
        squared_(centres_.stride()),
        sums_(k_, width_),
        counted_(items.size(), 0),
        labels_(items.size(), 0),
        above_(items.size(), std::numeric_limits<double>::infinity()),
        below_(items.size(), 0),
        sizes_(k_, 0) {
    for (const std::uint32_t item : items)
      margin_ = std::max(margin_, kRounding * inner_product(rows.row(item), rows.row(item), width_));
  }

  /// Lloyd's iterations, at most so many; how many there were.
  int lloyd(int most_iterations);
  /// Moves single items while that lowers the sum of squares (hartigan1979): a centre follows an item that joins or
  /// leaves, which Lloyd's iterations do not foresee.
  void exchange();

  const Centres& centres() const { return centres_; }
  bool converged() const { return converged_; }
  std::vector<int> labels() const { return {labels_.begin(), labels_.end()}; }
  std::vector<double> within() {
    std::vector<double> sums(k_, 0);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      measure(i);
      sums[own(i)] += squared_[own(i)];
    }
    return sums;
  }

 private:
  const double* row(std::size_t i) const { return rows_.row(items_[i]); }
  std::size_t own(std::size_t i) const { return static_cast<std::size_t>(labels_[i] - 1); }
  void measure(std::size_t i) { centres_.squared_distances(row(i), squared_.data()); }
  bool belongs(std::size_t i) const { return above_[i] < below_[i] * (1 - kRounding); }
  bool assign(std::size_t i);
  void fill_empty();
  void move_centres();
  /// After centre c went so far.
  void widen(const std::vector<double>& moved);

  static constexpr double kRounding = 1e-12;
  double margin_ = 0;  ///< gains below it are rounding
  const VectorRows& rows_;
  const std::vector<std::uint32_t>& items_;
  std::size_t k_;
  std::size_t width_;
  Centres centres_;
  std::vector<double> squared_;  ///< distances of the item last measured to the centres
  VectorRows sums_;              ///< of the clusters' rows, when their centres were moved last
  std::vector<int> counted_;     ///< the labels then
  std::vector<int> labels_;
  std::vector<double> above_;
  std::vector<double> below_;
  std::vector<double> sizes_;
  bool converged_ = false;
};

/// To the nearest centre, of equals the first; whether that is another than before.
bool Run::assign(std::size_t i) {
  measure(i);
  double nearest = std::numeric_limits<double>::infinity();
  double second = nearest;
  int label = 0;
  for (std::size_t c = 0; c < k_; ++c) {
    const double distance = squared_[c];
    if (distance < nearest) {
      second = nearest;
      nearest = distance;
      label = static_cast<int>(c) + 1;
    } else {
      second = std::min(second, distance);
    }
  }
  RADTYPE_CHECK(label > 0);
  above_[i] = std::sqrt(nearest);
  below_[i] = std::sqrt(second);
  return std::exchange(labels_[i], label) != label;
}

void Run::fill_empty() {
  for (std::size_t c = 0; c < k_; ++c) {
    if (sizes_[c] > 0) continue;
    // From a cluster that can spare it.
    std::size_t taken = items_.size();
    double farthest = -1;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (sizes_[own(i)] < 2) continue;
      measure(i);
      if (squared_[own(i)] <= farthest) continue;
      farthest = squared_[own(i)];
      taken = i;
    }
    --sizes_[own(taken)];
    labels_[taken] = static_cast<int>(c) + 1;
    above_[taken] = std::numeric_limits<double>::infinity();
    below_[taken] = 0;
    centres_.put(c, row(taken));
    std::fill(below_.begin(), below_.end(), 0.0);  // the centre may now be near to any
    sizes_[c] = 1;
    converged_ = false;
  }
}

void Run::widen(const std::vector<double>& moved) {
  const double most = *std::max_element(moved.begin(), moved.end());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    above_[i] += moved[own(i)];
    below_[i] -= most;
  }
}

void Run::move_centres() {
  const Centres before = centres_;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const int counted = std::exchange(counted_[i], labels_[i]);
    if (counted == labels_[i]) continue;
    double* joined = sums_.row(own(i));
    for (std::size_t f = 0; f < width_; ++f) joined[f] += row(i)[f];
    if (counted == 0) continue;
    double* left = sums_.row(static_cast<std::size_t>(counted - 1));
    for (std::size_t f = 0; f < width_; ++f) left[f] -= row(i)[f];
  }
  std::vector<double> moved(k_, 0);
  for (std::size_t c = 0; c < k_; ++c) {
    for (std::size_t f = 0; f < width_; ++f) {
      centres_.value(c, f) = sums_.row(c)[f] / sizes_[c];
      moved[c] += std::pow(centres_.value(c, f) - before.value(c, f), 2);
    }
    moved[c] = std::sqrt(moved[c]);
  }
  widen(moved);
}

int Run::lloyd(int most_iterations) {
  for (int iteration = 1; iteration <= most_iterations; ++iteration) {
    converged_ = true;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (belongs(i)) continue;
      converged_ &= !assign(i);
    }
    std::fill(sizes_.begin(), sizes_.end(), 0.0);
    for (std::size_t i = 0; i < items_.size(); ++i) ++sizes_[own(i)];
    fill_empty();
    if (converged_) return iteration;
    move_centres();
  }
  return most_iterations;
}

void Run::exchange() {
  std::vector<double> moved(k_, 0);
  std::size_t settled = 0;
  std::size_t left_to_move = kMostIterations * items_.size();
  for (std::size_t i = 0; settled < items_.size() && left_to_move > 0; i = (i + 1) % items_.size()) {
    ++settled;
    const std::size_t from = own(i);
    if (sizes_[from] < 2) continue;
    const double least_size = *std::min_element(sizes_.begin(), sizes_.end());
    const double leaving = sizes_[from] / (sizes_[from] - 1);
    const auto stays = [&](double above) {
      return below_[i] > 0 && above * above * leaving < below_[i] * below_[i] * (least_size / (least_size + 1));
    };
    if (stays(above_[i])) continue;
    measure(i);
    above_[i] = std::sqrt(squared_[from]);
    double least = squared_[from] * leaving - margin_;
    double other = std::numeric_limits<double>::infinity();
    std::size_t to = from;
    for (std::size_t c = 0; c < k_; ++c) {
      if (c == from) continue;
      other = std::min(other, squared_[c]);
      if (const double cost = squared_[c] * (sizes_[c] / (sizes_[c] + 1)); cost < least) {
        least = cost;
        to = c;
      }
    }
    below_[i] = std::sqrt(other);
    if (to == from) continue;
    moved[from] = std::sqrt(squared_[from]) / (sizes_[from] - 1);
    moved[to] = std::sqrt(squared_[to]) / (sizes_[to] + 1);
    for (std::size_t f = 0; f < width_; ++f) {
      centres_.value(from, f) += (centres_.value(from, f) - row(i)[f]) / (sizes_[from] - 1);
      centres_.value(to, f) += (row(i)[f] - centres_.value(to, f)) / (sizes_[to] + 1);
    }
    --sizes_[from];
    ++sizes_[to];
    labels_[i] = static_cast<int>(to) + 1;
    above_[i] = std::numeric_limits<double>::infinity();
    below_[i] = 0;
    widen(moved);
    moved[from] = moved[to] = 0;
    settled = 0;
    --left_to_move;
  }
}

/// The first by chance, each next one by its squared distance to the nearest before.
VectorRows far_apart(const VectorRows& rows, const std::vector<std::uint32_t>& items, std::size_t k, Random& random) {
  VectorRows centres(k, rows.width());
  std::vector<double> nearest(items.size(), std::numeric_limits<double>::infinity());
  std::size_t chosen = random.below(items.size());
  for (std::size_t c = 0;; ++c) {
    std::copy_n(rows.row(items[chosen]), rows.width(), centres.row(c));
    if (c + 1 == k) return centres;
    double sum = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      nearest[i] = std::min(nearest[i], squared_distance(rows.row(items[i]), centres.row(c), rows.width()));
      sum += nearest[i];
    }
    double left = random.uniform() * sum;
    for (chosen = 0; chosen + 1 < items.size() && left >= nearest[chosen]; ++chosen) left -= nearest[chosen];
  }
}

}  // namespace

KMeans k_means(const Table& table, const Table& centres, int most_iterations) {
  RADTYPE_CHECK(table.columns == centres.columns && centres.rows >= 1 && table.rows >= centres.rows &&
                most_iterations >= 1);
  const VectorRows rows(table);
  const std::vector<std::uint32_t> items = all_rows(table);
  Run run(rows, items, Centres(VectorRows(centres), centres.rows));
  const int iterations = run.lloyd(most_iterations);
  KMeans result{run.labels(), {centres.rows, centres.columns, {}}, run.within(), iterations, run.converged()};
  for (std::size_t c = 0; c < centres.rows; ++c) {
    for (std::size_t f = 0; f < centres.columns; ++f) result.centres.values.push_back(run.centres().value(c, f));
  }
  return result;
}

Clustering k_means_runs(const Table& table, ClusterNumbers numbers, int starts, std::uint64_t seed) {
  RADTYPE_CHECK(starts >= 1);
  return [rows = VectorRows(table), numbers, starts, seed](const std::vector<std::uint32_t>& items,
                                                           std::size_t repetition) {
    std::vector<std::vector<std::uint8_t>> labels;
    for (int k = numbers.smallest; k <= numbers.largest; ++k) {
      Random random(derive_seed(seed, {hash_name("k-means"), repetition, static_cast<std::uint64_t>(k)}));
      std::vector<int> best;
      double least = std::numeric_limits<double>::infinity();
      for (int start = 0; start < starts; ++start) {
        const auto clusters = static_cast<std::size_t>(k);
        Run run(rows, items, Centres(far_apart(rows, items, clusters, random), clusters));
        run.lloyd(kMostIterations);
        run.exchange();
        const std::vector<double> within = run.within();
        const double total = std::accumulate(within.begin(), within.end(), 0.0);
        if (start > 0 && !(total < least)) continue;
        least = total;
        best = run.labels();
      }
      labels.emplace_back(best.begin(), best.end());
    }
    return labels;
  };
}

}  // namespace radtype::subtype
