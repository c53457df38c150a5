// Kernels that use wider instructions where there are some: the same bits as without, where there are both.
#include <cstdint>
#include <numeric>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "subtype/vectors.h"

namespace radtype::subtype {
namespace {

TEST(Vectors, ManyAtOnceAreBitForBitEachByItself) {
  Random random(1);
  for (const std::size_t columns : {1U, 7U, 8U, 30U, 73U}) {
    Table table{23, columns, {}};
    for (std::size_t n = 0; n < table.rows * columns; ++n) table.values.push_back(std::exp(3 * random.normal()));
    const VectorRows rows(table);
    const std::vector<std::uint32_t> which = {5, 0, 22, 22, 9};
    std::vector<double> products(which.size()), squared(which.size());
    inner_products(rows.row(3), rows, which, products.data());
    squared_distances(rows.row(3), rows, which, squared.data());
    for (std::size_t n = 0; n < which.size(); ++n) {
      EXPECT_EQ(products[n], inner_product(rows.row(3), rows.row(which[n]), rows.width()));
      EXPECT_EQ(squared[n], squared_distance(rows.row(3), rows.row(which[n]), rows.width()));
      const double* a = table.row(3);
      const double* b = table.row(which[n]);
      EXPECT_NEAR(products[n], std::inner_product(a, a + columns, b, 0.0), 1e-12 * products[n]);
    }
  }
}

TEST(Vectors, ColumnsSideBySideAreTheirDistances) {
  Random random(2);
  for (const std::size_t columns : {4U, 8U, 12U}) {
    constexpr std::size_t kWidth = 16;
    std::vector<double> row(kWidth), points(kWidth * columns), squared(columns);
    for (double& value : row) value = random.normal();
    for (double& value : points) value = random.normal();
    squared_to_columns(row.data(), points.data(), kWidth, columns, squared.data());
    for (std::size_t c = 0; c < columns; ++c) {
      double expected = 0;
      for (std::size_t f = 0; f < kWidth; ++f) expected += std::pow(row[f] - points[f * columns + c], 2);
      EXPECT_NEAR(squared[c], expected, 1e-13 * expected);
    }
  }
}

TEST(Vectors, EqualBytesAreCountedPastWhatALaneHolds) {
  Random random(3);
  for (const std::size_t n : {0U, 5U, 32U, 1000U, 40000U}) {
    std::vector<std::uint8_t> a(n), b(n);
    std::size_t expected = 0;
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = static_cast<std::uint8_t>(random.below(3));
      b[i] = static_cast<std::uint8_t>(random.below(3));
      expected += a[i] == b[i];
    }
    EXPECT_EQ(equal_bytes(a.data(), b.data(), n), expected);
    EXPECT_EQ(equal_bytes(a.data(), a.data(), n), n);
  }
}

}  // namespace
}  // namespace radtype::subtype
