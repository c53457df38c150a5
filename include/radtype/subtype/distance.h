// Distances between cases, from a table of features.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::subtype {

/// Cases x features, row by row. No value may be missing here.
struct Table {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;

  const double* row(std::size_t r) const { return values.data() + r * columns; }
};

/// 0, 1, ..., rows - 1
std::vector<std::uint32_t> all_rows(const Table& table);

enum class Distance {
  kPearson,    ///< 1 - correlation of the two rows
  kSpearman,   ///< 1 - correlation of the ranks within each row, ties by mean rank
  kEuclidean,  ///< root of the summed squares of differences
};

/// Symmetric, whole: n x n, zero on the diagonal.
struct DistanceMatrix {
  std::size_t n = 0;
  std::vector<double> values;

  double operator()(std::size_t i, std::size_t j) const { return values[i * n + j]; }
  /// Of these items only, in their order.
  DistanceMatrix of(const std::vector<std::uint32_t>& items) const;
};

/// kUsage for a table whose size is not rows x columns, or with a value that is not finite; kUndefined, naming the row,
/// for a correlation with a row that does not vary. The same bytes for any number of threads.
Result<DistanceMatrix> distances(const Table& table, Distance distance);

}  // namespace radtype::subtype
