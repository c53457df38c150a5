#include "stats/fisher_network.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace radtype::stats {
namespace {

using Counts = std::vector<std::int64_t>;

constexpr double kSamePast = 1e-9;  // pasts that differ by less come from the same cells in another order

/// Columns are dealt with one after the other; a node is what is left of the rows, in descending order (the tables that
/// complete it do not depend on which row is which), and its pasts are sums of ln(cell!) with their weights.
class Network {
 public:
  Network(std::span<const std::int64_t> rows, std::span<const std::int64_t> columns, double observed, std::int64_t work)
      : columns_(columns.begin(), columns.end()), observed_(observed - kAsLikely), work_(work) {
    first_.assign(rows.begin(), rows.end());
    std::sort(first_.rbegin(), first_.rend());
    std::sort(columns_.rbegin(), columns_.rend());  // the last columns are small, and the last nodes few
    std::int64_t n = 0;
    for (const std::int64_t row : first_) n += row;
    log_factorial_ = log_factorials(n);
  }

  std::optional<double> chance() {
    Stage stage;
    all_ = completions(first_, 0);
    stage.emplace(first_, Node{{{0, {0, 1}}}, bounds(first_, 0), all_});
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      Stage next;
      for (const auto& [left, node] : stage) {
        if (!expand(left, node, column, next)) return std::nullopt;
      }
      stage = std::move(next);
    }
    return std::min(1.0, counted_);
  }

 private:
  struct Past {
    double sum = 0;   ///< of ln(cell!)
    double ways = 0;  ///< that lead to it
  };
  struct Bounds {
    double least = 0;  ///< of the sum that a completion adds
    double most = 0;
  };
  struct Node {
    std::map<std::int64_t, Past> pasts;  ///< by their sum in steps of kSamePast
    Bounds bounds;
    double completions = 0;  ///< ln of the sum over completions of exp(-sum)
  };
  using Stage = std::map<Counts, Node>;

  double of(std::int64_t n) const { return log_factorial_[static_cast<std::size_t>(n)]; }

  /// ln of n! / (prod rows! prod columns!), which the sum over all tables of 1 / prod cell! is.
  double completions(const Counts& left, std::size_t column) const {
    double sum = 0;
    std::int64_t n = 0;
    for (const std::int64_t row : left) {
      sum -= of(row);
      n += row;
    }
    for (std::size_t c = column; c < columns_.size(); ++c) sum -= of(columns_[c]);
    return sum + of(n);
  }

  /// Of each row by itself, spread evenly over the columns or heaped into the largest; and of each column.
  Bounds bounds(const Counts& left, std::size_t column) const {
    const Counts rest(columns_.begin() + static_cast<std::ptrdiff_t>(column), columns_.end());
    if (rest.empty()) return {};
    const Bounds by_row = one_way(left, rest);
    const Bounds by_column = one_way(rest, left);
    return {std::max(by_row.least, by_column.least), std::min(by_row.most, by_column.most)};
  }
  Bounds one_way(const Counts& lines, const Counts& caps_descending) const {
    Bounds sum;
    const auto cells = static_cast<std::int64_t>(caps_descending.size());
    for (const std::int64_t line : lines) {
      const std::int64_t each = line / cells;
      const std::int64_t more = line % cells;
      sum.least += static_cast<double>(cells - more) * of(each) + static_cast<double>(more) * of(each + 1);
      std::int64_t rest = line;
      for (const std::int64_t cap : caps_descending) {
        const std::int64_t here = std::min(rest, cap);
        sum.most += of(here);
        rest -= here;
        if (rest == 0) break;
      }
    }
    return sum;
  }

  /// All ways to take the column from what is left of the rows.
  bool expand(const Counts& left, const Node& node, std::size_t column, Stage& next) {
    Counts after = left;
    return deal(after, node, column, 0, columns_[column], 0, next);
  }
  bool deal(Counts& after, const Node& node, std::size_t column, std::size_t row, std::int64_t rest, double sum,
            Stage& next) {
    if (row + 1 == after.size()) {
      if (rest > after[row]) return true;
      after[row] -= rest;
      const bool enough = arrive(after, node, column + 1, sum + of(rest), next);
      after[row] += rest;
      return enough;
    }
    std::int64_t below = 0;  // room in the rows that follow
    for (std::size_t r = row + 1; r < after.size(); ++r) below += after[r];
    const std::int64_t most = std::min(rest, after[row]);
    const std::int64_t had = after[row];
    for (std::int64_t cell = std::max<std::int64_t>(0, rest - below); cell <= most; ++cell) {
      after[row] = had - cell;
      const bool enough = deal(after, node, column, row + 1, rest - cell, sum + of(cell), next);
      after[row] = had;
      if (!enough) return false;
    }
    return true;
  }

  bool arrive(const Counts& after, const Node& from, std::size_t column, double step, Stage& next) {
    Counts key = after;
    std::sort(key.rbegin(), key.rend());
    auto found = next.find(key);
    if (found == next.end()) {
      const Bounds reach = bounds(key, column);
      const double ways = completions(key, column);
      work_ -= static_cast<std::int64_t>(key.size() * columns_.size());
      found = next.emplace(std::move(key), Node{{}, reach, ways}).first;
    }
    Node& node = found->second;
    work_ -= static_cast<std::int64_t>(from.pasts.size() + after.size());
    if (work_ < 0) return false;
    for (const auto& [ignored, past] : from.pasts) {
      const double sum = past.sum + step;
      if (sum + node.bounds.least >= observed_) {
        counted_ += past.ways * std::exp(node.completions - sum - all_);
      } else if (sum + node.bounds.most >= observed_) {
        Past& here = node.pasts[std::llround(sum / kSamePast)];
        here.sum = sum;
        here.ways += past.ways;
      }
    }
    return true;
  }

  Counts first_;
  Counts columns_;
  double observed_;
  std::int64_t work_;
  std::vector<double> log_factorial_;
  double all_ = 0;  ///< ln of the sum over all tables of exp(-sum)
  double counted_ = 0;
};

}  // namespace

std::vector<double> log_factorials(std::int64_t most) {
  std::vector<double> table(static_cast<std::size_t>(most) + 1, 0);
  for (std::size_t n = 2; n < table.size(); ++n) table[n] = table[n - 1] + std::log(static_cast<double>(n));
  return table;
}

std::optional<double> chance_of_rare_tables(std::span<const std::int64_t> rows, std::span<const std::int64_t> columns,
                                            double observed, std::int64_t work) {
  // Nodes are fewest where the rows are the shorter side.
  return rows.size() <= columns.size() ? Network(rows, columns, observed, work).chance()
                                       : Network(columns, rows, observed, work).chance();
}

}  // namespace radtype::stats
