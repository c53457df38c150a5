// One-to-one assignment of least total cost.
#pragma once

#include <cstddef>
#include <vector>

namespace radtype::cohort {

/// Rows to columns of a square matrix, all of them, by shortest augmenting paths with potentials (kuhn1955,
/// jonker1987): O(n^3). Equal costs are settled by the order of rows and columns.
class Assignment {
 public:
  /// `costs` by rows, n x n, finite.
  Assignment(std::vector<double> costs, std::size_t n);

  std::size_t column_of(std::size_t row) const { return column_of_[row]; }
  std::size_t row_of(std::size_t column) const { return row_of_[column]; }
  const std::vector<double>& costs() const { return costs_; }
  double total() const;

  /// The best assignment after costs were raised anywhere but in the cells of the other rows' pairs: O(n^2).
  Assignment reassigned(std::size_t row, std::vector<double> raised_costs) const;

 private:
  void augment(std::size_t row);

  std::size_t n_;
  std::vector<double> costs_;
  std::vector<double> row_potential_;
  std::vector<double> column_potential_;
  std::vector<std::size_t> column_of_;
  std::vector<std::size_t> row_of_;
};

}  // namespace radtype::cohort
