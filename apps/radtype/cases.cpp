#include "cases.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/cohort/store.h"
#include "radtype/core/csv.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"

namespace radtype::app {
namespace {

constexpr const char* kVolume = "shape_volume_mm3";
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool wants(const std::vector<std::string>& list, const std::string& word) {
  return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
}

subtype::FeatureColumn column_of(const std::string& name) {
  const feature::Entry* entry = feature::find_feature(name);
  if (entry == nullptr) return {name, 1, "given"};
  return {name, entry->version, entry->family};
}

/// What can be clustered: a lesion's own row, with features.
bool measured(int lesion, const std::string& status) { return lesion > 0 && status != "failed" && status != "pending"; }

/// A lesion's name does not depend on which others are looked at.
std::string lesion_name(const std::string& name, int lesion, const std::map<std::string, int>& lesions_of) {
  return lesions_of.at(name) > 1 ? fmt::format("{}/{}", name, lesion) : name;
}

Result<CasesRead> from_study(const std::filesystem::path& folder, const CasesWanted& wanted) {
  auto store = cohort::Store::open(cohort::study_file(folder), cohort::Store::Access::kRead);
  if (!store) return pass_on(std::move(store));
  std::int64_t older = 0;
  auto rows = store->load({}, &older);
  if (!rows) return pass_on(std::move(rows));
  CasesRead read;
  read.features_id = cohort::features_id();
  std::vector<std::size_t> columns;
  for (const std::string& name : wanted.features) {
    const auto found = std::find(rows->features.begin(), rows->features.end(), name);
    if (found == rows->features.end())
      return fail(ErrorCode::kUsage, fmt::format("no feature is called {}; radtype features lists them", name));
    columns.push_back(static_cast<std::size_t>(found - rows->features.begin()));
    read.table.features.push_back(column_of(name));
  }
  const auto volume = static_cast<std::size_t>(std::find(rows->features.begin(), rows->features.end(), kVolume) -
                                               rows->features.begin());
  std::map<std::string, int> lesions_of;
  for (const cohort::TableRow& row : rows->rows) ++lesions_of[row.key.name];
  std::size_t without = 0;
  for (std::size_t r = 0; r < rows->rows.size(); ++r) {
    const cohort::TableRow& row = rows->rows[r];
    if (!wants(wanted.cohorts, row.key.cohort) || !wants(wanted.modalities, row.key.modality) ||
        !wants(wanted.timepoints, row.key.timepoint))
      continue;
    if (!measured(row.lesion, row.status)) {
      ++without;
      continue;
    }
    read.table.cases.push_back({lesion_name(row.key.name, row.lesion, lesions_of), row.key.patient, row.key.cohort,
                                row.key.organ, row.key.modality, rows->value(r, volume)});
    for (const std::size_t column : columns) read.table.values.push_back(rows->value(r, column));
  }
  if (without > 0)
    read.notes.push_back(
        fmt::format("{} of the study's rows have no features (failed or not measured) and are left out", without));
  if (older > 0)
    read.notes.push_back(fmt::format("{} cases have features of other definitions: run the cohort again", older));
  return read;
}

Result<CasesRead> from_table(const std::filesystem::path& file, const CasesWanted& wanted) {
  auto csv = read_csv_table(file);
  if (!csv) return pass_on(std::move(csv));
  const auto place = [&](const std::string& name) -> std::optional<std::size_t> {
    const auto found = std::find(csv->columns.begin(), csv->columns.end(), name);
    if (found == csv->columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - csv->columns.begin());
  };
  const auto case_column = place("case");
  if (!case_column) return fail(ErrorCode::kCorrupt, file.string() + " has no column case: name the cases by it");
  CasesRead read;
  std::vector<std::size_t> columns;
  std::vector<std::string> absent;
  for (const std::string& name : wanted.features) {
    const auto column = place(name);
    if (!column) {
      absent.push_back(name);
      continue;
    }
    columns.push_back(*column);
    read.table.features.push_back(column_of(name));
  }
  if (columns.empty() && !wanted.features.empty())
    return fail(ErrorCode::kCorrupt,
                fmt::format("{} has none of the {} features of the set; it has columns {}", file.string(),
                            wanted.features.size(),
                            fmt::join(csv->columns.begin(),
                                      csv->columns.begin() +
                                          static_cast<std::ptrdiff_t>(std::min<std::size_t>(csv->columns.size(), 12)),
                                      ", ")));
  if (!absent.empty())
    read.notes.push_back(fmt::format("{} of the {} features of the set are no columns of the table, {} for one",
                                     absent.size(), wanted.features.size(), absent.front()));
  const auto lesion_column = place("lesion");
  std::map<std::string, int> lesions_of;
  for (const CsvLine& line : csv->rows) {
    if (line.cells.size() != csv->columns.size()) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} line {} has {} cells, the header {}: a comma within a cell (a decimal comma, too) "
                              "needs quotes around the cell",
                              file.string(), line.line, line.cells.size(), csv->columns.size()));
    }
    if (lesion_column) ++lesions_of[line.cells[*case_column]];
  }
  std::size_t without = 0;
  for (const CsvLine& line : csv->rows) {
    const auto text = [&](const std::optional<std::size_t>& column) {
      return column ? line.cells[*column] : std::string();
    };
    subtype::Case one{text(case_column),       text(place("patient")),
                      text(place("cohort")),   text(place("organ")),
                      text(place("modality")), parse_double(text(place(kVolume))).value_or(kMissing)};
    if (!wants(wanted.cohorts, one.cohort) || !wants(wanted.modalities, one.modality) ||
        !wants(wanted.timepoints, text(place("timepoint"))))
      continue;
    const int lesion = lesion_column ? static_cast<int>(parse_integer(text(lesion_column)).value_or(0)) : 1;
    if (!measured(lesion, text(place("status")))) {
      ++without;
      continue;
    }
    for (const std::size_t column : columns) {
      const std::string cell = text(column);
      const auto value = parse_double(cell);
      if (!cell.empty() && (!value || !std::isfinite(*value))) {
        return fail(ErrorCode::kCorrupt,
                    fmt::format("{} line {}: {} is \"{}\", which is no number; leave missing values empty",
                                file.string(), line.line, csv->columns[column], cell));
      }
      read.table.values.push_back(value.value_or(kMissing));
    }
    if (lesion_column) one.name = lesion_name(one.name, lesion, lesions_of);
    read.table.cases.push_back(std::move(one));
  }
  if (without > 0)
    read.notes.push_back(fmt::format("{} rows are of no lesion, failed, or are pending, and are left out", without));
  return read;
}

}  // namespace

Result<std::vector<std::string>> feature_set(const std::string& word_or_file) {
  std::vector<std::string> names;
  if (word_or_file == "default") {
    for (const feature::Entry& entry : feature::catalogue()) {
      if (entry.for_clustering) names.push_back(entry.name);
    }
    return names;
  }
  std::ifstream file(word_or_file);
  if (!file) {
    return fail(ErrorCode::kNotFound,
                word_or_file + " is neither \"default\" nor a file that lists features, one name a line");
  }
  for (std::string line; std::getline(file, line);) {
    const std::string_view name = trimmed(line);
    if (name.empty() || name.front() == '#') continue;
    if (std::find(names.begin(), names.end(), name) != names.end())
      return fail(ErrorCode::kUsage, fmt::format("{} lists {} twice: remove one line", word_or_file, name));
    names.emplace_back(name);
  }
  if (names.empty()) return fail(ErrorCode::kEmpty, word_or_file + " lists no feature");
  return names;
}

Result<CasesRead> read_cases(const std::filesystem::path& input, const CasesWanted& wanted) {
  std::error_code ignored;
  const bool study = std::filesystem::is_directory(input, ignored);
  auto read = study ? from_study(input, wanted) : from_table(input, wanted);
  if (!read) return read;
  if (read->table.cases.empty())
    return fail(ErrorCode::kEmpty, input.string() + " has no case with features that the filters let through");
  auto described = describe_input(study ? "study" : "table", input, {study ? cohort::study_file(input) : input});
  if (!described) return pass_on(std::move(described));
  read->inputs = nlohmann::json::array({*described});
  return read;
}

Result<CasesRead> measure_cases(feature::CaseRequest request, const std::string& cohort,
                                const std::vector<std::string>& features) {
  CasesRead read;
  read.features_id = cohort::features_id();
  std::set<std::string> families = {feature::find_feature(kVolume)->family};
  for (const std::string& name : features) {
    const feature::Entry* entry = feature::find_feature(name);
    if (entry == nullptr) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{} is no feature that this program measures: classify a table that holds it", name));
    }
    families.insert(entry->family);
    read.table.features.push_back(column_of(name));
  }
  request.families.assign(families.begin(), families.end());
  request.keep_data = true;  // with the modality that the image states
  const feature::CaseRun run = feature::run_case(request);
  read.inputs = run.inputs;
  for (std::size_t r = 0; r < run.rows.size(); ++r) {
    const feature::CaseRow& row = run.rows[r];
    const std::string region = row.roi.empty() ? std::to_string(row.label) : row.roi;
    for (const std::string& note : row.notes) read.notes.push_back(fmt::format("region {}: {}", region, note));
    if (row.extraction.status == feature::Status::kFailed)
      read.not_measured[r] = fmt::format("region {} could not be measured: {}", region, row.extraction.reason);
    const auto number = [&](const std::string& name) {
      const auto& values = row.extraction.row.values();
      const auto found = values.find(name);
      return found == values.end() ? kMissing : found->second.number.value_or(kMissing);
    };
    read.table.cases.push_back(
        {run.rows.size() > 1 ? fmt::format("{}/{}", request.case_id, r + 1) : request.case_id, "", cohort,
         request.organ, row.data.modality ? std::string(io::modality_word(*row.data.modality)) : "", number(kVolume)});
    for (const std::string& name : features) read.table.values.push_back(number(name));
  }
  if (read.not_measured.size() == run.rows.size()) {
    if (run.error) return tl::unexpected(*run.error);
    return fail(ErrorCode::kUndefined, read.not_measured.begin()->second);
  }
  return read;
}

}  // namespace radtype::app
