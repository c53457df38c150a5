#include "radtype/outcome/records.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"

namespace radtype::outcome {
namespace {

constexpr std::size_t kNamesInMessage = 40;

std::string listed(std::vector<std::string> names) {
  const bool more = names.size() > kNamesInMessage;
  if (more) names.resize(kNamesInMessage);
  return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

Result<Records> read_table(const std::filesystem::path& path, const std::string& patient) {
  auto table = read_csv_table(path);
  if (!table) return pass_on(std::move(table));
  Records records;
  records.source = path.filename().string();
  for (const std::string& column : table->columns) {
    const std::string name(trimmed(column));
    if (!name.empty() && records.find(name))
      return fail(ErrorCode::kInconsistent, fmt::format("{} has two columns \"{}\"", records.source, name));
    records.columns.push_back(name);
    records.cells.emplace_back();
  }
  std::optional<std::size_t> key;
  std::vector<std::string> keys = {"patient", "patient_id", "PatientID", "Patient", "id", "ID", "sample"};
  if (!patient.empty()) keys = {patient};
  for (const std::string& name : keys) {
    if (!key) key = records.find(name);
  }
  if (!key) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} has no column {} that says who a line is of; its columns are: {}", records.source,
                            patient.empty() ? "\"patient\"" : "\"" + patient + "\"", listed(records.columns)));
  }
  for (const CsvLine& line : table->rows) {
    if (line.cells.size() != records.columns.size()) {
      return fail(ErrorCode::kCorrupt, fmt::format("{}, line {}: {} cells under a header of {}", records.source,
                                                   line.line, line.cells.size(), records.columns.size()));
    }
    for (std::size_t c = 0; c < line.cells.size(); ++c) records.cells[c].emplace_back(trimmed(line.cells[c]));
    records.patients.emplace_back(trimmed(line.cells[*key]));
    if (is_missing(records.patients.back())) {
      return fail(ErrorCode::kCorrupt, fmt::format("{}, line {}: the column \"{}\" does not say who it is of",
                                                   records.source, line.line, records.columns[*key]));
    }
  }
  if (records.patients.empty()) return fail(ErrorCode::kEmpty, records.source + " has no line below its header");
  return records;
}

/// Rows by patient; the first one whose patient has one already is left in `twice`.
std::unordered_map<std::string, std::size_t> rows_of(const Records& records, std::optional<std::size_t>& twice) {
  std::unordered_map<std::string, std::size_t> rows;
  for (std::size_t r = 0; r < records.size(); ++r) {
    if (!rows.emplace(records.patients[r], r).second && !twice) twice = r;
  }
  return rows;
}

/// "3.0" and "3" are alike, and so are two missing cells.
bool alike(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = parse_double(a);
  const auto y = parse_double(b);
  return x && y && *x == *y;
}

}  // namespace

bool is_missing(const std::string& cell) {
  if (cell.size() > 16) return false;
  const std::string word = lower_case(cell);
  for (const char* code : {"[not available]", "[not applicable]", "[not evaluated]", "[unknown]", "[discrepancy]"}) {
    if (word == code) return true;
  }
  if (const auto number = parse_double(word); number && std::isnan(*number)) return true;
  return word.empty() || word == "na" || word == "n/a" || word == "nan" || word == "null" || word == "." || word == "?";
}

std::optional<std::size_t> Records::find(const std::string& column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

Result<std::vector<std::string>> Records::texts(const std::string& column) const {
  const auto found = find(column);
  if (!found) {
    return fail(ErrorCode::kUsage, fmt::format("no column is called \"{}\"; there are: {}", column, listed(columns)));
  }
  std::vector<std::string> list = cells[*found];
  for (std::string& cell : list) {
    if (is_missing(cell)) cell.clear();
  }
  return list;
}

Result<std::vector<std::optional<double>>> Records::numbers(const std::string& column) const {
  const auto all = texts(column);
  if (!all) return tl::unexpected(all.error());
  std::vector<std::optional<double>> list(size());
  for (std::size_t r = 0; r < size(); ++r) {
    if ((*all)[r].empty()) continue;
    list[r] = parse_double((*all)[r]);
    if (!list[r] || !std::isfinite(*list[r])) {
      return fail(ErrorCode::kUsage,
                  fmt::format("\"{}\" in the column \"{}\" is not a number; leave a cell without one empty", (*all)[r],
                              column));
    }
  }
  return list;
}

void Records::set(const std::string& column, std::vector<std::string> by_patient) {
  RADTYPE_CHECK(by_patient.size() == size());
  if (const auto there = find(column)) {
    cells[*there] = std::move(by_patient);
    return;
  }
  columns.push_back(column);
  cells.push_back(std::move(by_patient));
}

Records Records::of(const std::vector<std::size_t>& rows) const {
  Records part{source, {}, columns, std::vector<std::vector<std::string>>(columns.size())};
  for (const std::size_t row : rows) {
    part.patients.push_back(patients[row]);
    for (std::size_t c = 0; c < columns.size(); ++c) part.cells[c].push_back(cells[c][row]);
  }
  return part;
}

Result<Records> read_records(const std::filesystem::path& path, const std::string& patient) {
  auto records = read_table(path, patient);
  if (!records) return records;
  std::optional<std::size_t> twice;
  rows_of(*records, twice);
  if (twice) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{} has several lines of one patient, line {} of the table for one; it must have one",
                            records->source, *twice + 2));
  }
  return records;
}

Result<Records> one_case_a_patient(Records cases, OneCase rule, std::vector<LeftOut>& left_out) {
  std::optional<std::size_t> twice;
  rows_of(cases, twice);
  if (!twice) return cases;
  if (rule == OneCase::kOnly) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("a patient has several cases in {}: name a timepoint, or say \"one_case\": \"largest\" or "
                            "\"first\"",
                            cases.source));
  }
  std::vector<std::optional<double>> volumes(cases.size());
  if (rule == OneCase::kLargest) {
    auto read = cases.numbers("volume_mm3");
    if (!read) {
      return fail(ErrorCode::kUsage,
                  "a patient has several cases, and the largest cannot be told without volume_mm3: name the study that "
                  "the cases are from, or say \"one_case\": \"first\"");
    }
    volumes = std::move(*read);
  }
  const auto name = cases.find("case");
  std::unordered_map<std::string, std::size_t> kept;
  for (std::size_t r = 0; r < cases.size(); ++r) {
    const auto [there, is_new] = kept.emplace(cases.patients[r], r);
    if (!is_new && volumes[r].value_or(-1) > volumes[there->second].value_or(-1)) there->second = r;
  }
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < cases.size(); ++r) {
    const std::size_t stays = kept.at(cases.patients[r]);
    if (stays != r) {
      left_out.push_back({cases.patients[r], fmt::format("case {} is not the {} of this patient",
                                                         name ? cases.cells[*name][r] : std::to_string(r + 1),
                                                         rule == OneCase::kLargest ? "largest" : "first")});
      continue;
    }
    rows.push_back(r);
  }
  return cases.of(rows);
}

Result<Records> joined(Records first, const Records& second, Join join, std::vector<LeftOut>& unmatched) {
  std::optional<std::size_t> twice;
  const auto rows = rows_of(second, twice);
  RADTYPE_CHECK(!twice);
  std::vector<std::optional<std::size_t>> row_of(first.size());
  std::vector<bool> matched(second.size());
  std::size_t together = 0;
  for (std::size_t r = 0; r < first.size(); ++r) {
    const auto found = rows.find(first.patients[r]);
    if (found == rows.end()) {
      unmatched.push_back({first.patients[r], "no line in " + second.source});
    } else {
      row_of[r] = found->second;
      matched[found->second] = true;
      ++together;
    }
  }
  for (std::size_t r = 0; r < second.size(); ++r) {
    if (!matched[r]) unmatched.push_back({second.patients[r], "no line in " + first.source});
  }
  if (together == 0) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{} and {} have no name in common: patients must be called the same in both", first.source,
                            second.source));
  }
  for (std::size_t c = 0; c < second.columns.size(); ++c) {
    const std::string& column = second.columns[c];
    const auto both = first.find(column);
    std::vector<std::string> cells = both ? first.cells[*both] : std::vector<std::string>(first.size());
    for (std::size_t r = 0; r < first.size(); ++r) {
      if (!row_of[r]) continue;
      const std::string& other = second.cells[c][*row_of[r]];
      if (is_missing(other)) continue;
      if (both && !is_missing(cells[r]) && !alike(cells[r], other)) {
        return fail(
            ErrorCode::kInconsistent,
            fmt::format("of one patient the column \"{}\" says \"{}\" in {} and \"{}\" in {}; rename or mend one",
                        column, cells[r], first.source, other, second.source));
      }
      cells[r] = other;
    }
    first.set(column, std::move(cells));
  }
  if (join == Join::kFirst) return first;
  std::vector<std::size_t> of_both;
  for (std::size_t r = 0; r < first.size(); ++r) {
    if (row_of[r]) of_both.push_back(r);
  }
  return first.of(of_both);
}

}  // namespace radtype::outcome
