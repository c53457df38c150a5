#include "radtype/subtype/distance.h"

#include <cmath>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "subtype/rows.h"

namespace radtype::subtype {

DistanceMatrix DistanceMatrix::of(const std::vector<std::uint32_t>& items) const {
  DistanceMatrix part{items.size(), std::vector<double>(items.size() * items.size())};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double* from = values.data() + items[i] * n;
    double* to = part.values.data() + i * items.size();
    for (std::size_t j = 0; j < items.size(); ++j) to[j] = from[items[j]];
  }
  return part;
}

Result<DistanceMatrix> distances(const Table& table, Distance distance) {
  if (table.values.size() != table.rows * table.columns)
    return fail(ErrorCode::kUsage, "the table's values are not rows x columns");
  Table rows = table;
  if (distance == Distance::kEuclidean) {
    if (auto finite = check_finite(table); !finite) return pass_on(std::move(finite));
  } else {
    auto scaled = unit_rows(table, distance == Distance::kSpearman);
    if (!scaled) return pass_on(std::move(scaled));
    rows = std::move(*scaled);
  }
  DistanceMatrix result{rows.rows, std::vector<double>(rows.rows * rows.rows)};
  const std::size_t n = rows.rows;
  parallel_for(0, static_cast<std::int64_t>(n), [&](std::int64_t at) {
    const auto i = static_cast<std::size_t>(at);
    const double* a = rows.row(i);
    for (std::size_t j = 0; j < i; ++j) {
      const double* b = rows.row(j);
      double sum = 0;
      if (distance == Distance::kEuclidean) {
        for (std::size_t c = 0; c < rows.columns; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
        sum = std::sqrt(sum);
      } else {
        for (std::size_t c = 0; c < rows.columns; ++c) sum += a[c] * b[c];
        sum = 1 - sum;
      }
      result.values[i * n + j] = sum;
      result.values[j * n + i] = sum;
    }
  });
  return result;
}

}  // namespace radtype::subtype
