// Feature tables made up for tests.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/subtype/case_table.h"
#include "radtype/subtype/distance.h"

namespace radtype::test {

/// Lung CT and breast MR in turns, cohorts a and b by halves; features f0, f1, ... independent and normal, with another
/// centre and spread in each group; volumes log-normal. Names do not ascend with the rows.
inline subtype::CaseTable random_cases(std::size_t cases, std::size_t features, std::uint64_t seed) {
  Random random(seed);
  subtype::CaseTable table;
  for (std::size_t f = 0; f < features; ++f) table.features.push_back({fmt::format("f{}", f), 1, "made"});
  for (std::size_t n = 0; n < cases; ++n) {
    const bool lung = n % 2 == 0;
    table.cases.push_back({.name = fmt::format("case{:03}", (n * 37) % 1000),
                           .patient = fmt::format("p{}", n),
                           .cohort = n < cases / 2 ? "a" : "b",
                           .organ = lung ? "lung" : "breast",
                           .modality = lung ? "CT" : "MR",
                           .volume_mm3 = std::exp(9 + random.normal())});
    for (std::size_t f = 0; f < features; ++f)
      table.values.push_back((lung ? 100 : -3) + (lung ? 20 : 0.5) * random.normal());
  }
  return table;
}

/// One column.
inline std::vector<double> column(const subtype::Table& table, std::size_t c) {
  std::vector<double> values;
  for (std::size_t r = 0; r < table.rows; ++r) values.push_back(table.row(r)[c]);
  return values;
}

}  // namespace radtype::test
