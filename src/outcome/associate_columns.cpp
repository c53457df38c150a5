#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/outcome/associate.h"
#include "radtype/stats/distribution.h"
#include "words.h"

namespace radtype::outcome {
namespace {

constexpr double kTrusted = 5;  // least expected count from which the chi-square approximation is taken (cochran1954)

struct Column {
  std::vector<std::string> words;  ///< by patient of the groups; empty: missing
  std::vector<std::string> distinct;
  bool numbers = false;
};

Column column_of(const std::vector<std::string>& cells, const GroupedPatients& grouped) {
  Column column;
  std::vector<std::string> present;
  for (const std::size_t row : grouped.rows) {
    column.words.push_back(canonical_word(cells[row]));
    if (!column.words.back().empty()) present.push_back(column.words.back());
  }
  column.distinct = distinct_words(std::move(present));
  column.numbers = std::all_of(column.distinct.begin(), column.distinct.end(), [](const std::string& one) {
    const auto number = parse_double(one);
    return number && std::isfinite(*number);
  });
  return column;
}

void compare_numbers(ColumnAssociation& one, const Column& column, const GroupedPatients& grouped,
                     const AssociationOptions& options) {
  std::vector<double> values;
  std::vector<int> groups;
  one.values.resize(grouped.labels.size());
  for (std::size_t n = 0; n < column.words.size(); ++n) {
    if (column.words[n].empty()) continue;
    values.push_back(*parse_double(column.words[n]));
    groups.push_back(grouped.groups[n]);
    one.values[static_cast<std::size_t>(groups.back() - 1)].push_back(values.back());
  }
  one.test = "Kruskal-Wallis";
  one.effect = "epsilon squared";
  if (auto found = stats::kruskal_wallis(values, groups)) {
    one.result = *found;
  } else {
    one.undefined = found.error().message();
  }
  if (auto found = stats::anova(values, groups, options.confidence)) one.variance_analysis = *found;
}

void compare_categories(ColumnAssociation& one, const Column& column, const GroupedPatients& grouped,
                        const AssociationOptions& options) {
  one.test = "Fisher";
  one.effect = "Cramér's V";
  one.categories = column.distinct;
  one.counts.assign(grouped.labels.size() * one.categories.size(), 0);
  if (one.categories.size() > kMostCategories) {
    one.undefined = fmt::format("{} different texts are no categories", one.categories.size());
    return;
  }
  std::vector<int> groups;
  std::vector<int> categories;
  for (std::size_t n = 0; n < column.words.size(); ++n) {
    if (column.words[n].empty()) continue;
    const auto place = std::find(one.categories.begin(), one.categories.end(), column.words[n]);
    const auto category = static_cast<std::size_t>(place - one.categories.begin());
    groups.push_back(grouped.groups[n]);
    categories.push_back(static_cast<int>(category) + 1);
    ++one.counts[static_cast<std::size_t>(groups.back() - 1) * one.categories.size() + category];
  }
  const auto table = stats::cross_tabulate(groups, categories);
  if (!table) {
    one.undefined = table.error().message();
    return;
  }
  const auto found = stats::chi_square_test(*table, options.confidence);
  if (!found) {
    one.undefined = found.error().message();
    return;
  }
  one.result = *found;
  if (found->smallest_expected >= kTrusted) {
    one.test = "chi-square";
    return;
  }
  stats::FisherOptions fisher;
  fisher.seed = options.seed;
  fisher.confidence = options.confidence;
  const auto exact = stats::fisher_test(*table, fisher);
  if (!exact) {
    one.undefined = exact.error().message();
    return;
  }
  one.result.p = exact->p;
  one.random_tables = exact->random_tables;
}

}  // namespace

Result<GroupedPatients> grouped_patients(const Records& records, const std::string& column) {
  const auto cells = records.texts(column);
  if (!cells) return tl::unexpected(cells.error());
  GroupedPatients grouped;
  grouped.column = column;
  std::vector<std::string> present;
  for (std::size_t r = 0; r < records.size(); ++r) {
    if ((*cells)[r].empty()) {
      grouped.left_out.push_back({records.patients[r], "no " + column});
      continue;
    }
    grouped.rows.push_back(r);
    present.push_back(canonical_word((*cells)[r]));
  }
  const std::vector<std::string> values = distinct_words(present);
  for (const std::string& value : values) grouped.labels.push_back(parse_double(value) ? column + " " + value : value);
  for (const std::string& word : present)
    grouped.groups.push_back(static_cast<int>(std::find(values.begin(), values.end(), word) - values.begin()) + 1);
  if (values.size() < 2)
    return fail(ErrorCode::kUndefined, values.empty() ? "nobody has a \"" + column + "\""
                                                      : "everybody's \"" + column + "\" is " + values.front() +
                                                            ": there is nothing to compare");
  if (values.size() > kMostCategories)
    return fail(ErrorCode::kUsage,
                fmt::format("\"{}\" has {} different values, which are no groups", column, values.size()));
  return grouped;
}

Result<std::vector<ColumnAssociation>> associate_columns(const Records& records, const GroupedPatients& grouped,
                                                         const std::vector<std::string>& columns,
                                                         const AssociationOptions& options) {
  std::vector<std::vector<std::string>> cells;
  for (const std::string& column : columns) {
    auto texts = records.texts(column);
    if (!texts) return pass_on(std::move(texts));
    cells.push_back(std::move(*texts));
  }
  std::vector<ColumnAssociation> all(columns.size());
  parallel_for(0, static_cast<std::int64_t>(columns.size()), [&](std::int64_t c) {
    const auto at = static_cast<std::size_t>(c);
    ColumnAssociation& one = all[at];
    one.column = columns[at];
    const Column column = column_of(cells[at], grouped);
    for (const std::string& word : column.words) {
      ++(word.empty() ? one.missing : one.n);
    }
    one.categorical = !column.numbers || column.distinct.size() <= ColumnAssociation::kFewValues;
    if (column.distinct.size() < 2) {
      one.undefined = column.distinct.empty() ? "no value" : "everybody has " + column.distinct.front();
      return;
    }
    AssociationOptions own = options;
    own.seed = derive_seed(options.seed, {at});
    (one.categorical ? compare_categories : compare_numbers)(one, column, grouped, own);
  });
  std::vector<double> p;
  for (const ColumnAssociation& one : all)
    p.push_back(one.undefined.empty() ? one.result.p : std::numeric_limits<double>::quiet_NaN());
  const auto q = stats::adjust(p, stats::Adjustment::kBenjaminiHochberg);
  for (std::size_t c = 0; c < all.size(); ++c) {
    if (std::isfinite(q[c])) all[c].q = q[c];
  }
  return all;
}

}  // namespace radtype::outcome
