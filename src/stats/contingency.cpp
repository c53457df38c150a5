#include "stats/contingency.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/stats/distribution.h"
#include "stats/noncentral.h"

namespace radtype::stats {

Result<Contingency> cross_tabulate(std::span<const int> rows, std::span<const int> columns) {
  constexpr int kMost = 10'000;
  if (rows.size() != columns.size())
    return fail(ErrorCode::kUsage,
                fmt::format("{} row labels and {} column labels: every case needs both", rows.size(), columns.size()));
  if (rows.empty()) return fail(ErrorCode::kEmpty, "no cases: there is nothing to count");
  for (std::size_t n = 0; n < rows.size(); ++n) {
    for (const int label : {rows[n], columns[n]}) {
      if (label < 1 || label > kMost)
        return fail(ErrorCode::kUsage, fmt::format("case {} has label {}: labels are 1 to {}", n + 1, label, kMost));
    }
  }
  Contingency table;
  table.rows = static_cast<std::size_t>(*std::max_element(rows.begin(), rows.end()));
  table.columns = static_cast<std::size_t>(*std::max_element(columns.begin(), columns.end()));
  table.counts.assign(table.rows * table.columns, 0);
  for (std::size_t n = 0; n < rows.size(); ++n)
    ++table.counts[static_cast<std::size_t>(rows[n] - 1) * table.columns + static_cast<std::size_t>(columns[n] - 1)];
  return table;
}

Result<Margins> margins(const Contingency& table) {
  if (table.counts.size() != table.rows * table.columns)
    return fail(ErrorCode::kUsage, fmt::format("a table of {} x {} needs {} counts, it has {}", table.rows,
                                               table.columns, table.rows * table.columns, table.counts.size()));
  std::vector<std::int64_t> rows(table.rows, 0);
  std::vector<std::int64_t> columns(table.columns, 0);
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      if (table.at(r, c) < 0)
        return fail(ErrorCode::kUsage,
                    fmt::format("row {}, column {} holds {}: counts are 0 or more", r + 1, c + 1, table.at(r, c)));
      rows[r] += table.at(r, c);
      columns[c] += table.at(r, c);
    }
  }
  Margins found;
  for (std::size_t r = 0; r < table.rows; ++r) {
    if (rows[r] == 0) continue;
    found.rows.push_back(rows[r]);
    found.n += rows[r];
    for (std::size_t c = 0; c < table.columns; ++c) {
      if (columns[c] > 0) found.table.counts.push_back(table.at(r, c));
    }
  }
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(found.columns), [](auto of) { return of > 0; });
  found.table.rows = found.rows.size();
  found.table.columns = found.columns.size();
  if (found.table.rows < 2 || found.table.columns < 2)
    return fail(ErrorCode::kUndefined,
                fmt::format("{} rows and {} columns have cases: a table needs two of each to tell of an association",
                            found.table.rows, found.table.columns));
  return found;
}

Result<ChiSquare> chi_square_test(const Contingency& given, double confidence) {
  auto checked = margins(given);
  if (!checked) return pass_on(std::move(checked));
  const Contingency& table = checked->table;
  ChiSquare result;
  result.n = static_cast<std::size_t>(checked->n);
  const auto n = static_cast<double>(checked->n);
  result.smallest_expected = n;
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      const double expected = static_cast<double>(checked->rows[r]) * static_cast<double>(checked->columns[c]) / n;
      const double off = static_cast<double>(table.at(r, c)) - expected;
      result.statistic += off * off / expected;
      result.smallest_expected = std::min(result.smallest_expected, expected);
    }
  }
  result.degrees = static_cast<double>((table.rows - 1) * (table.columns - 1));
  result.p = chi_square_tail(result.statistic, result.degrees);
  const double most = n * static_cast<double>(std::min(table.rows, table.columns) - 1);
  const Noncentrality limits = noncentrality_of_chi_square(result.statistic, result.degrees, confidence);
  result.effect = {std::sqrt(result.statistic / most), std::sqrt(limits.low / most),
                   std::min(1.0, std::sqrt(limits.high / most))};
  return result;
}

}  // namespace radtype::stats
