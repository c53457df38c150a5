#include "sample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "radtype/core/text.h"
#include "words.h"

namespace radtype::outcome {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Result<std::vector<std::string>> words_of(const Records& records, const std::string& column) {
  auto cells = records.texts(column);
  if (cells) std::transform(cells->begin(), cells->end(), cells->begin(), canonical_word);
  return cells;
}
std::vector<std::string> canonical(std::vector<std::string> values) {
  std::transform(values.begin(), values.end(), values.begin(), canonical_word);
  return values;
}

/// Every combination of the columns that occurs is a number; -1 where one is missing.
Result<std::vector<int>> combined(const Records& records, const std::vector<std::string>& columns,
                                  const std::vector<std::size_t>& rows) {
  std::vector<std::string> keys(rows.size());
  std::vector<bool> missing(rows.size());
  for (const std::string& column : columns) {
    const auto cells = words_of(records, column);
    if (!cells) return tl::unexpected(cells.error());
    for (std::size_t n = 0; n < rows.size(); ++n) {
      const std::string& cell = (*cells)[rows[n]];
      if (cell.empty()) missing[n] = true;
      keys[n] += cell + '\x1f';
    }
  }
  const std::vector<std::string> known = distinct_words(keys);
  std::vector<int> numbers(rows.size());
  for (std::size_t n = 0; n < rows.size(); ++n) {
    numbers[n] = missing[n] ? -1 : static_cast<int>(std::find(known.begin(), known.end(), keys[n]) - known.begin());
  }
  return numbers;
}

struct Labelled {
  std::vector<std::string> words;  ///< by row of the records; empty: none
  std::vector<std::string> order;  ///< of what occurs
  std::map<std::string, std::string> labels;
};

/// Groups of equal size by a column of numbers, among these rows.
Result<Labelled> by_quantiles(const Grouping& group, const Records& records, const std::vector<std::size_t>& rows) {
  const auto numbers = records.numbers(group.column);
  if (!numbers) return tl::unexpected(numbers.error());
  std::vector<double> sorted;
  for (const std::size_t row : rows) {
    if ((*numbers)[row]) sorted.push_back(*(*numbers)[row]);
  }
  std::sort(sorted.begin(), sorted.end());
  Labelled labelled{std::vector<std::string>(records.size()), {}, group.labels};
  if (sorted.empty()) return labelled;
  std::vector<double> cuts;
  for (int q = 1; q < group.quantiles; ++q) {
    const double place = static_cast<double>(q) / group.quantiles * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const double above = sorted[std::min(below + 1, sorted.size() - 1)];
    cuts.push_back(sorted[below] + (place - std::floor(place)) * (above - sorted[below]));
  }
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  for (const std::size_t row : rows) {
    const auto& number = (*numbers)[row];
    if (!number) continue;
    const auto part = std::lower_bound(cuts.begin(), cuts.end(), *number) - cuts.begin();
    labelled.words[row] = std::to_string(part + 1);
  }
  for (std::size_t q = 0; q <= cuts.size(); ++q) {
    const std::string value = std::to_string(q + 1);
    labelled.order.push_back(value);
    std::string label = q == 0             ? fmt::format("up to {:.4g}", cuts[0])
                        : q == cuts.size() ? fmt::format("above {:.4g}", cuts[q - 1])
                                           : fmt::format("{:.4g} to {:.4g}", cuts[q - 1], cuts[q]);
    labelled.labels.emplace(value, group.column + " " + label);
  }
  return labelled;
}

Result<Labelled> labelled_by(const Grouping& group, const Records& records, const std::vector<std::size_t>& rows) {
  if (group.quantiles > 0) return by_quantiles(group, records, rows);
  auto words = words_of(records, group.column);
  if (!words) return pass_on(std::move(words));
  std::vector<std::string> present;
  for (const std::size_t row : rows) {
    if (!(*words)[row].empty()) present.push_back((*words)[row]);
  }
  return Labelled{std::move(*words), distinct_words(std::move(present)), group.labels};
}

/// The reference comes first.
Result<void> put_first(std::vector<std::string>& order, const std::string& reference, const std::string& what) {
  if (reference.empty()) return {};
  const auto found = std::find(order.begin(), order.end(), canonical_word(reference));
  if (found == order.end()) {
    std::string all;
    for (const std::string& one : order) all += (all.empty() ? "" : ", ") + one;
    return fail(ErrorCode::kUsage, fmt::format("nobody here has the reference \"{}\" of {}; there are: {}", reference,
                                               what, all.empty() ? "none" : all));
  }
  std::rotate(order.begin(), found, found + 1);
  return {};
}

Result<std::vector<std::size_t>> rows_where(const Analysis& analysis, const Records& records,
                                            std::vector<LeftOut>& left_out) {
  std::vector<std::size_t> rows(records.size());
  std::iota(rows.begin(), rows.end(), 0U);
  for (const Condition& condition : analysis.where) {
    const auto cells = words_of(records, condition.column);
    if (!cells) return tl::unexpected(cells.error());
    const std::vector<std::string> values = canonical(condition.values);
    for (const std::size_t row : rows) {
      if ((*cells)[row].empty()) left_out.push_back({records.patients[row], "no " + condition.column});
    }
    std::erase_if(rows, [&](std::size_t row) { return !holds(values, (*cells)[row]); });
    if (rows.empty())
      return fail(
          ErrorCode::kEmpty,
          fmt::format("nobody is left by the condition on \"{}\": no patient has such a value", condition.column));
  }
  return rows;
}

}  // namespace

std::size_t Sample::events() const {
  return static_cast<std::size_t>(
      std::count_if(causes.begin(), causes.end(), [](const auto& one) { return one.cause == 1; }));
}
std::size_t Sample::competing() const {
  return static_cast<std::size_t>(
      std::count_if(causes.begin(), causes.end(), [](const auto& one) { return one.cause == 2; }));
}

namespace {

/// Numbers the groups that somebody is of; `values` and `labels` are those of the numbers so far.
void number_groups(Sample& sample, const std::vector<std::string>& values, const std::vector<std::string>& labels) {
  std::vector<int> number(values.size(), 0);
  for (std::size_t g = 0; g < values.size(); ++g) {
    if (std::find(sample.groups.begin(), sample.groups.end(), static_cast<int>(g) + 1) == sample.groups.end()) continue;
    sample.values.push_back(values[g]);
    sample.labels.push_back(labels[g]);
    number[g] = static_cast<int>(sample.values.size());
  }
  for (int& one : sample.groups) one = number[static_cast<std::size_t>(one - 1)];
}

}  // namespace

Sample Sample::of(const std::vector<std::size_t>& places) const {
  Sample part;
  for (const std::size_t place : places) {
    part.rows.push_back(rows[place]);
    part.causes.push_back(causes[place]);
    part.subjects.push_back(subjects[place]);
    part.groups.push_back(groups[place]);
    if (!strata.empty()) part.strata.push_back(strata[place]);
    if (!clusters.empty()) part.clusters.push_back(clusters[place]);
  }
  number_groups(part, values, labels);
  return part;
}

Result<Sample> described_sample(const Plan& plan, const Analysis& analysis, const Records& records,
                                std::vector<LeftOut>& left_out) {
  const Endpoint& endpoint = plan.endpoint(analysis.endpoint);
  const Grouping& group = plan.group(analysis.group);
  const auto rows = rows_where(analysis, records, left_out);
  const auto times = records.numbers(endpoint.time);
  const auto events = words_of(records, endpoint.event);
  if (!rows) return tl::unexpected(rows.error());
  if (!times) return tl::unexpected(times.error());
  if (!events) return tl::unexpected(events.error());
  const auto groups = labelled_by(group, records, *rows);
  const auto strata = combined(records, analysis.strata, *rows);
  const auto clusters =
      analysis.cluster.empty() ? combined(records, {}, *rows) : combined(records, {analysis.cluster}, *rows);
  if (!groups) return tl::unexpected(groups.error());
  if (!strata) return tl::unexpected(strata.error());
  if (!clusters) return tl::unexpected(clusters.error());

  Sample sample;
  std::vector<std::string> order = groups->order;
  if (order.size() > kMostCategories)
    return fail(ErrorCode::kUsage, fmt::format("\"{}\" has {} different values, which are no groups; of a number, make "
                                               "groups by \"quantiles\"",
                                               group.column, order.size()));
  if (auto there = put_first(order, group.reference, "\"" + group.name + "\""); !there)
    return pass_on(std::move(there));
  const std::vector<std::string> of_event = canonical(endpoint.events);
  const std::vector<std::string> of_others = canonical(endpoint.competing);
  for (std::size_t n = 0; n < rows->size(); ++n) {
    const std::size_t row = (*rows)[n];
    const auto& time = (*times)[row];
    const std::string& event = (*events)[row];
    const std::string& word = groups->words[row];
    const std::string why = !time                ? "no " + endpoint.time
                            : *time < 0          ? fmt::format("{} {:g} is negative", endpoint.time, *time)
                            : event.empty()      ? "no " + endpoint.event
                            : word.empty()       ? "no " + group.column
                            : (*strata)[n] < 0   ? "no value of a stratum"
                            : (*clusters)[n] < 0 ? "no " + analysis.cluster
                                                 : "";
    if (!why.empty()) {
      left_out.push_back({records.patients[row], why});
      continue;
    }
    const int cause = holds(of_event, event) ? 1 : holds(of_others, event) ? 2 : 0;
    if (cause == 0) ++sample.no_event[event];
    sample.rows.push_back(row);
    sample.causes.push_back({*time, cause});
    sample.subjects.push_back({*time, cause == 1});
    sample.groups.push_back(static_cast<int>(std::find(order.begin(), order.end(), word) - order.begin()) + 1);
    if (!analysis.strata.empty()) sample.strata.push_back((*strata)[n]);
    if (!analysis.cluster.empty()) sample.clusters.push_back((*clusters)[n]);
  }
  if (sample.rows.empty())
    return fail(ErrorCode::kEmpty, "nobody has a time, an event and a group: " + left_out.back().reason +
                                       " (the last one); see the list of who is left out");
  for (const std::vector<std::string>* list : {&of_event, &of_others}) {
    for (const std::string& value : *list) {
      if (std::find(events->begin(), events->end(), value) == events->end()) sample.unseen_events.push_back(value);
    }
  }
  std::vector<std::string> labels;
  for (const std::string& value : order) {
    const auto label = groups->labels.find(value);
    labels.push_back(label != groups->labels.end() ? label->second
                     : parse_double(value)         ? group.name + " " + value
                                                   : value);
  }
  number_groups(sample, order, labels);
  return sample;
}

Result<DesignBlock> design_block(const Covariate& covariate, const Records& records, const Sample& sample) {
  DesignBlock block;
  if (!covariate.categorical) {
    const auto numbers = records.numbers(covariate.column);
    if (!numbers) return tl::unexpected(numbers.error());
    block.columns.push_back({covariate.name, covariate.per == 1 ? "" : fmt::format("per {:g}", covariate.per), 0});
    for (const std::size_t row : sample.rows) {
      double value = (*numbers)[row].value_or(kMissing);
      if (covariate.transform == Transform::kLog) value = value > 0 ? std::log(value) : kMissing;
      if (covariate.transform == Transform::kSquareRoot) value = value >= 0 ? std::sqrt(value) : kMissing;
      block.values.push_back(value / covariate.per);
    }
    return block;
  }
  const auto words = words_of(records, covariate.column);
  if (!words) return tl::unexpected(words.error());
  std::vector<std::string> present;
  for (const std::size_t row : sample.rows) {
    if (!(*words)[row].empty()) present.push_back((*words)[row]);
  }
  std::vector<std::string> order = distinct_words(present);
  if (order.size() > kMostCategories)
    return fail(ErrorCode::kUsage,
                fmt::format("\"{}\" has {} different values, which are no categories; a number is \"continuous\"",
                            covariate.column, order.size()));
  std::string reference = covariate.reference;
  if (reference.empty() && !order.empty()) {
    reference = *std::max_element(order.begin(), order.end(), [&](const std::string& a, const std::string& b) {
      return std::count(present.begin(), present.end(), a) < std::count(present.begin(), present.end(), b);
    });
  }
  if (auto there = put_first(order, reference, "\"" + covariate.name + "\""); !there) return pass_on(std::move(there));
  block.reference = order.empty() ? "" : order.front();
  for (std::size_t level = 1; level < order.size(); ++level)
    block.columns.push_back({covariate.name, order[level], static_cast<int>(level) + 1});
  for (const std::size_t row : sample.rows) {
    const std::string& word = (*words)[row];
    const auto level = word.empty() ? 0 : std::find(order.begin(), order.end(), word) - order.begin() + 1;
    block.levels.push_back(static_cast<int>(level));
    for (const DesignColumn& column : block.columns)
      block.values.push_back(level == 0 ? kMissing : column.number == level ? 1.0 : 0.0);
  }
  return block;
}

DesignBlock group_block(const std::string& term, const Sample& sample) {
  DesignBlock block;
  block.reference = sample.labels.front();
  for (std::size_t g = 1; g < sample.labels.size(); ++g)
    block.columns.push_back({term, sample.labels[g], static_cast<int>(g) + 1});
  block.levels = sample.groups;
  for (const int group : sample.groups) {
    for (const DesignColumn& column : block.columns) block.values.push_back(column.number == group ? 1 : 0);
  }
  return block;
}

DesignBlock product_block(const DesignBlock& first, const DesignBlock& second) {
  DesignBlock block;
  for (const DesignColumn& a : first.columns) {
    for (const DesignColumn& b : second.columns)
      block.columns.push_back({a.term + " : " + b.term, a.level + " : " + b.level, 0});
  }
  const std::size_t wide = first.columns.size();
  const std::size_t more = second.columns.size();
  if (block.columns.empty()) return block;
  for (std::size_t n = 0; n < first.values.size() / wide; ++n) {
    for (std::size_t a = 0; a < wide; ++a) {
      for (std::size_t b = 0; b < more; ++b)
        block.values.push_back(first.values[n * wide + a] * second.values[n * more + b]);
    }
  }
  return block;
}

DesignMatrix design_matrix(const std::vector<const DesignBlock*>& blocks, std::size_t subjects) {
  DesignMatrix matrix;
  for (const DesignBlock* block : blocks) {
    if (block->columns.empty()) continue;
    survival::Term term{block->columns.front().term, {}};
    for (const DesignColumn& column : block->columns) {
      term.covariates.push_back(matrix.columns.size());
      matrix.columns.push_back(column);
      matrix.covariates.names.push_back(column.level.empty() ? column.term : column.term + " " + column.level);
    }
    matrix.terms.push_back(std::move(term));
  }
  for (std::size_t n = 0; n < subjects; ++n) {
    for (const DesignBlock* block : blocks) {
      const std::size_t wide = block->columns.size();
      for (std::size_t c = 0; c < wide; ++c) matrix.covariates.values.push_back(block->values[n * wide + c]);
    }
  }
  return matrix;
}

}  // namespace radtype::outcome
