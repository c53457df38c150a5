// Rows filled up to whole vectors, and what is computed from two of them. The sums are the same on every machine.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

class VectorRows {
 public:
  VectorRows() = default;
  VectorRows(std::size_t rows, std::size_t columns)
      : width_((columns + kLanes - 1) / kLanes * kLanes), values_(rows * width_, 0) {}
  explicit VectorRows(const Table& table) : VectorRows(table.rows, table.columns) {
    for (std::size_t r = 0; r < table.rows; ++r) std::copy_n(table.row(r), table.columns, row(r));
  }

  std::size_t width() const { return width_; }
  double* row(std::size_t r) { return values_.data() + r * width_; }
  const double* row(std::size_t r) const { return values_.data() + r * width_; }

  /// Doubles that are added up side by side.
  static constexpr std::size_t kLanes = 8;

 private:
  std::size_t width_ = 0;
  std::vector<double> values_;
};

/// Sum over the columns of the products, or of the squared differences, eight columns at once. Processors that add two
/// numbers at once, or four, or one, add them in the same order.
template <bool kOfDifferences>
double sum_over_columns(const double* a, const double* b, std::size_t width) {
  using Quad = double __attribute__((vector_size(4 * sizeof(double))));
  Quad sums[2] = {};
  for (std::size_t c = 0; c < width; c += VectorRows::kLanes) {
    for (std::size_t n = 0; n < 2; ++n) {
      Quad x, y;
      std::memcpy(&x, a + c + 4 * n, sizeof x);
      std::memcpy(&y, b + c + 4 * n, sizeof y);
      sums[n] += kOfDifferences ? (x - y) * (x - y) : x * y;
    }
  }
  const Quad sum = sums[0] + sums[1];
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

inline double inner_product(const double* a, const double* b, std::size_t width) {
  return sum_over_columns<false>(a, b, width);
}

inline double squared_distance(const double* a, const double* b, std::size_t width) {
  return sum_over_columns<true>(a, b, width);
}

// Of one row and many others, with wider instructions where the processor has them: the same numbers as above.
void inner_products(const double* row, const VectorRows& rows, const std::vector<std::uint32_t>& which,
                    double* products);
void squared_distances(const double* row, const VectorRows& rows, const std::vector<std::uint32_t>& which,
                       double* squared);
/// Squared distances of a row to `columns` points that stand side by side, feature by feature; width and columns
/// multiples of 4.
void squared_to_columns(const double* row, const double* points, std::size_t width, std::size_t columns,
                        double* squared);

/// How often two rows of bytes hold the same.
std::size_t equal_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t n);

/// Of rows from comparable_rows(). Rounding alone would make a correlation exceed 1.
inline double distance_between(const double* a, const double* b, std::size_t width, Distance distance) {
  if (distance == Distance::kEuclidean) return std::sqrt(squared_distance(a, b, width));
  return std::max(0.0, 1 - inner_product(a, b, width));
}

}  // namespace radtype::subtype
