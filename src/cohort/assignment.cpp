#include "cohort/assignment.h"

#include <limits>
#include <utility>

#include "radtype/core/error.h"

namespace radtype::cohort {
namespace {

constexpr std::size_t kFree = std::numeric_limits<std::size_t>::max();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

}  // namespace

Assignment::Assignment(std::vector<double> costs, std::size_t n)
    : n_(n),
      costs_(std::move(costs)),
      row_potential_(n, 0),
      column_potential_(n, 0),
      column_of_(n, kFree),
      row_of_(n, kFree) {
  RADTYPE_CHECK(costs_.size() == n * n);
  for (std::size_t row = 0; row < n; ++row) augment(row);
}

double Assignment::total() const {
  double sum = 0;
  for (std::size_t row = 0; row < n_; ++row) sum += costs_[row * n_ + column_of_[row]];
  return sum;
}

Assignment Assignment::reassigned(std::size_t row, std::vector<double> raised_costs) const {
  RADTYPE_CHECK(raised_costs.size() == costs_.size());
  for (std::size_t other = 0; other < n_; ++other) {
    const std::size_t pair = other * n_ + column_of_[other];
    RADTYPE_CHECK(other == row || raised_costs[pair] == costs_[pair]);
  }
  Assignment changed = *this;
  changed.costs_ = std::move(raised_costs);
  // Dearer cells keep the potentials feasible, and all other pairs tight: one path from the freed row is enough.
  changed.row_of_[column_of_[row]] = kFree;
  changed.augment(row);
  return changed;
}

void Assignment::augment(std::size_t row) {
  std::vector<double> slack(n_, kInfinite);
  std::vector<std::size_t> before(n_, kFree);
  std::vector<char> reached(n_, 0);
  std::size_t at_row = row;
  std::size_t at_column = kFree;
  while (at_row != kFree) {
    double least = kInfinite;
    std::size_t next = kFree;
    for (std::size_t column = 0; column < n_; ++column) {
      if (reached[column] != 0) continue;
      const double reduced = costs_[at_row * n_ + column] - row_potential_[at_row] - column_potential_[column];
      if (reduced < slack[column]) {
        slack[column] = reduced;
        before[column] = at_column;
      }
      if (slack[column] < least) {
        least = slack[column];
        next = column;
      }
    }
    RADTYPE_CHECK(next != kFree);
    row_potential_[row] += least;
    for (std::size_t column = 0; column < n_; ++column) {
      if (reached[column] != 0) {
        row_potential_[row_of_[column]] += least;
        column_potential_[column] -= least;
      } else {
        slack[column] -= least;
      }
    }
    reached[next] = 1;
    at_column = next;
    at_row = row_of_[next];
  }
  while (true) {
    const std::size_t previous = before[at_column];
    const std::size_t taken_by = previous == kFree ? row : row_of_[previous];
    row_of_[at_column] = taken_by;
    column_of_[taken_by] = at_column;
    if (previous == kFree) return;
    at_column = previous;
  }
}

}  // namespace radtype::cohort
