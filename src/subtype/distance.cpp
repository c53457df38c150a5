#include "radtype/subtype/distance.h"

#include <numeric>

#include "radtype/core/parallel.h"
#include "subtype/rows.h"
#include "subtype/vectors.h"

namespace radtype::subtype {

std::vector<std::uint32_t> all_rows(const Table& table) {
  std::vector<std::uint32_t> rows(table.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

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
  auto comparable = comparable_rows(table, distance);
  if (!comparable) return pass_on(std::move(comparable));
  const VectorRows rows(*comparable);
  DistanceMatrix result{table.rows, std::vector<double>(table.rows * table.rows)};
  parallel_for(0, static_cast<std::int64_t>(table.rows), [&](std::int64_t at) {
    const auto i = static_cast<std::size_t>(at);
    for (std::size_t j = 0; j < i; ++j) {
      result.values[i * table.rows + j] = result.values[j * table.rows + i] =
          distance_between(rows.row(i), rows.row(j), rows.width(), distance);
    }
  });
  return result;
}

}  // namespace radtype::subtype
