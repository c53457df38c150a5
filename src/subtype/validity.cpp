#include "radtype/subtype/validity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "radtype/core/parallel.h"
#include "subtype/rows.h"
#include "subtype/vectors.h"

namespace radtype::subtype {

namespace {

/// Of one item, from its distances to all items (0 to itself).
double width(const std::vector<double>& distances, std::size_t item, const std::vector<int>& labels,
             const std::vector<double>& sizes) {
  std::vector<double> sums(sizes.size(), 0);
  for (std::size_t j = 0; j < labels.size(); ++j) sums[static_cast<std::size_t>(labels[j] - 1)] += distances[j];
  const auto own = static_cast<std::size_t>(labels[item] - 1);
  if (sizes[own] < 2) return 0;
  const double a = sums[own] / (sizes[own] - 1);
  double b = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    if (c != own && sizes[c] > 0) b = std::min(b, sums[c] / sizes[c]);
  }
  return std::max(a, b) > 0 ? (b - a) / std::max(a, b) : 0;
}

std::vector<double> sizes_of(const std::vector<int>& labels) {
  std::vector<double> sizes(static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())), 0);
  for (const int label : labels) ++sizes[static_cast<std::size_t>(label - 1)];
  return sizes;
}

}  // namespace

Result<std::vector<std::vector<double>>> silhouettes(const Table& table, Distance distance,
                                                     const std::vector<std::vector<int>>& partitions) {
  const auto comparable = comparable_rows(table, distance);
  if (!comparable) return tl::unexpected(comparable.error());
  const VectorRows rows(*comparable);
  std::vector<std::vector<double>> sizes;
  for (const std::vector<int>& labels : partitions) {
    RADTYPE_CHECK(labels.size() == table.rows);
    sizes.push_back(sizes_of(labels));
  }
  std::vector<std::vector<double>> result(partitions.size(), std::vector<double>(table.rows));
  parallel_for(0, static_cast<std::int64_t>(table.rows), [&](std::int64_t at) {
    const auto i = static_cast<std::size_t>(at);
    std::vector<double> apart(table.rows, 0);
    for (std::size_t j = 0; j < table.rows; ++j) {
      if (j == i) continue;
      apart[j] = distance_between(rows.row(i), rows.row(j), rows.width(), distance);
    }
    for (std::size_t n = 0; n < partitions.size(); ++n) result[n][i] = width(apart, i, partitions[n], sizes[n]);
  });
  return result;
}

}  // namespace radtype::subtype
