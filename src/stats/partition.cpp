#include "radtype/stats/partition.h"

#include <cmath>
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

double MutualInformation::over_mean() const {
  const double mean = (entropy_a + entropy_b) / 2;
  return mean > 0 ? information / mean : 1;
}

double MutualInformation::over_geometric_mean() const { return information / std::sqrt(entropy_a * entropy_b); }

MutualInformation mutual_information(std::span<const int> a, std::span<const int> b) {
  RADTYPE_CHECK(a.size() == b.size() && !a.empty());
  std::map<std::pair<int, int>, double> both;
  std::map<int, double> of_a, of_b;
  const double share = 1 / static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    both[{a[i], b[i]}] += share;
    of_a[a[i]] += share;
    of_b[b[i]] += share;
  }
  MutualInformation result;
  for (const auto& [pair, p] : both) result.information += p * std::log(p / (of_a[pair.first] * of_b[pair.second]));
  for (const auto& [group, p] : of_a) result.entropy_a -= p * std::log(p);
  for (const auto& [group, p] : of_b) result.entropy_b -= p * std::log(p);
  return result;
}

}  // namespace radtype::stats
