#include "radtype/stats/partition.h"

#include <map>
#include <utility>

#include "radtype/core/error.h"

namespace radtype::stats {

double adjusted_rand_index(std::span<const int> a, std::span<const int> b) {
  RADTYPE_CHECK(a.size() == b.size());
  std::map<std::pair<int, int>, double> cells;
  std::map<int, double> rows, columns;
  for (std::size_t n = 0; n < a.size(); ++n) {
    ++cells[{a[n], b[n]}];
    ++rows[a[n]];
    ++columns[b[n]];
  }
  const auto pairs = [](double count) { return count * (count - 1) / 2; };
  double together = 0, in_a = 0, in_b = 0;
  for (const auto& [key, count] : cells) together += pairs(count);
  for (const auto& [key, count] : rows) in_a += pairs(count);
  for (const auto& [key, count] : columns) in_b += pairs(count);
  const double all = pairs(static_cast<double>(a.size()));
  const double expected = all > 0 ? in_a * in_b / all : 0;
  const double most = (in_a + in_b) / 2;
  return most == expected ? 1 : (together - expected) / (most - expected);
}

}  // namespace radtype::stats
