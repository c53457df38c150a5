#include "subtype/rows.h"

#include <cmath>

#include <fmt/format.h>

#include "radtype/stats/rank.h"

namespace radtype::subtype {

Result<void> check_finite(const Table& table) {
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      if (!std::isfinite(table.row(r)[c]))
        return fail(ErrorCode::kUsage, fmt::format("row {}, column {} is no finite number", r + 1, c + 1));
    }
  }
  return {};
}

Result<Table> unit_rows(const Table& table, bool of_ranks) {
  if (auto finite = check_finite(table); !finite) return pass_on(std::move(finite));
  Table rows = table;
  for (std::size_t r = 0; r < rows.rows; ++r) {
    double* row = rows.values.data() + r * rows.columns;
    if (of_ranks) {
      const std::vector<double> ranks = stats::ranks(std::vector<double>(row, row + rows.columns));
      std::copy(ranks.begin(), ranks.end(), row);
    }
    double mean = 0;
    for (std::size_t c = 0; c < rows.columns; ++c) mean += row[c];
    mean /= static_cast<double>(rows.columns);
    double squares = 0;
    double largest = 0;
    for (std::size_t c = 0; c < rows.columns; ++c) {
      largest = std::max(largest, std::abs(row[c]));
      row[c] -= mean;
      squares += row[c] * row[c];
    }
    // What rounding leaves of equal numbers is no variation.
    if (!(std::sqrt(squares) > 1e-14 * largest * static_cast<double>(rows.columns)))
      return fail(ErrorCode::kUndefined,
                  fmt::format("row {} does not vary: it has no correlation with another", r + 1));
    const double length = std::sqrt(squares);
    for (std::size_t c = 0; c < rows.columns; ++c) row[c] /= length;
  }
  return rows;
}

Result<Table> comparable_rows(const Table& table, Distance distance) {
  if (table.values.size() != table.rows * table.columns)
    return fail(ErrorCode::kUsage, "the table's values are not rows x columns");
  if (distance != Distance::kEuclidean) return unit_rows(table, distance == Distance::kSpearman);
  if (auto finite = check_finite(table); !finite) return pass_on(std::move(finite));
  return table;
}

}  // namespace radtype::subtype
