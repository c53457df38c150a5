// The document of one patient, from files.
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/cohort/store.h"
#include "radtype/core/csv.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/report/follow.h"
#include "report/patient_parts.h"
#include "report/references.h"
#include "report/words.h"

namespace radtype::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<cohort::FeatureTable> read_table(const fs::path& study, const char* role, json& inputs,
                                        std::vector<std::string>& notes) {
  const fs::path file = cohort::study_file(study);
  auto store = cohort::Store::open(file, cohort::Store::Access::kRead);
  if (!store) return pass_on(std::move(store));
  std::int64_t older = 0;
  auto table = store->load({}, &older);
  if (!table) return pass_on(std::move(table));
  if (older > 0) {
    notes.push_back(
        fmt::format("{} cases of the {} have features of other definitions: run the cohort again", older, role));
  }
  auto input = describe_input(role, study, {file});
  if (!input) return pass_on(std::move(input));
  inputs.push_back(std::move(*input));
  return table;
}

Result<double> day_of(const std::string& cell, const std::string& where) {
  const auto day = parse_double(trimmed(cell));
  if (day && std::isfinite(*day)) return *day;
  return fail(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" is no day: give days as numbers", where, cell));
}

using Days = std::map<std::string, double>;

Result<Days> days_of_column(const cohort::FeatureTable& table, const FollowReport& report) {
  const auto& columns = table.clinical_columns;
  const auto found = std::find(columns.begin(), columns.end(), report.days_column);
  if (found == columns.end()) {
    return fail(ErrorCode::kUsage, fmt::format("the manifest had no further column {}; it had {}", report.days_column,
                                               columns.empty() ? "none" : fmt::format("{}", fmt::join(columns, ", "))));
  }
  const auto place = static_cast<std::size_t>(found - columns.begin());
  Days days;
  for (const cohort::TableRow& row : table.rows) {
    if (row.key.patient != report.patient || place >= row.key.clinical.size()) continue;
    if (trimmed(row.key.clinical[place]).empty()) continue;
    auto day = day_of(row.key.clinical[place], "column " + report.days_column);
    if (!day) return pass_on(std::move(day));
    days[row.key.name] = *day;
  }
  return days;
}

Result<Days> days_of_table(const cohort::FeatureTable& table, const FollowReport& report) {
  auto lines = read_csv_table(*report.days);
  if (!lines) return pass_on(std::move(lines));
  const auto place = [&](const char* name) -> std::optional<std::size_t> {
    const auto found = std::find(lines->columns.begin(), lines->columns.end(), name);
    if (found == lines->columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - lines->columns.begin());
  };
  const auto day = place("day");
  const auto by_case = place("case");
  const auto by_timepoint = place("timepoint");
  const auto by_patient = place("patient");
  if (!day || (!by_case && !by_timepoint)) {
    return fail(ErrorCode::kUsage, report.days->string() +
                                       " needs a column day, and a column case, or timepoint (with patient, where the "
                                       "table is of several)");
  }
  Days days;
  for (const CsvLine& line : lines->rows) {
    const std::string where = fmt::format("{} line {}", report.days->string(), line.line);
    if (line.cells.size() != lines->columns.size())
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} has {} cells, the header {}", where, line.cells.size(), lines->columns.size()));
    if (by_patient && line.cells[*by_patient] != report.patient) continue;
    if (trimmed(line.cells[*day]).empty()) continue;
    for (const cohort::TableRow& row : table.rows) {
      if (row.key.patient != report.patient) continue;
      if (by_case ? row.key.name != line.cells[*by_case] : row.key.timepoint != line.cells[*by_timepoint]) continue;
      auto number = day_of(line.cells[*day], where);
      if (!number) return pass_on(std::move(number));
      const auto [known, fresh] = days.try_emplace(row.key.name, *number);
      if (!fresh && known->second != *number)
        return fail(ErrorCode::kInconsistent, where + ": another line gives the same scan another day");
    }
  }
  return days;
}

json sums_json(const Course& course) {
  json list = json::array();
  const auto or_null = [](const std::optional<double>& value) { return value ? json(*value) : json(); };
  for (const DiameterSum& sum : course.sums) {
    list.push_back({{"timepoint", sum.timepoint},
                    {"sum_mm", or_null(sum.sum_mm)},
                    {"percent_of_baseline", or_null(sum.percent_of_baseline)},
                    {"percent_of_nadir", or_null(sum.percent_of_nadir)},
                    {"missing", sum.missing.empty() ? json() : json(sum.missing)}});
  }
  return list;
}

std::string main_modality(const Course& course) {
  if (!course.targets_modality.empty() || course.timepoints.empty()) return course.targets_modality;
  return course.timepoints.front().modality;
}

json course_methods(const Course& course, const FollowReport& report, bool with_noise, bool with_model) {
  json methods = json::array();
  const auto add = [&](const char* heading, const std::string& text) {
    methods.push_back({{"heading", heading}, {"text", text}});
  };
  add("The same lesion in every scan",
      "Lesions of one modality and organ are matched between successive measured scans by a shift of the patient and "
      "the "
      "one-to-one assignment of least cost, in which places and volumes count. Scans are not registered; a match whose "
      "margin is below 2 is called doubtful [@kass1995]. Timepoints are in the order " +
          std::string(report.days || !report.days_column.empty() ? "of the days given." : "of the study's manifest."));
  if (with_noise) {
    std::string timepoints;
    if (!report.retest_timepoints.empty())
      timepoints = fmt::format(" at the timepoints {}", fmt::join(report.retest_timepoints, ", "));
    add("What counts as change",
        fmt::format(
            "From repeated scans of the same lesions{}, between which nothing was done, the repeatability coefficient "
            "is "
            "1.96 times the square root of 2 times the standard deviation within lesions [@raunig2015], for each "
            "modality "
            "by itself; of the logarithm for volumes and lengths, where it is a factor. 95 % of the differences "
            "between "
            "two measurements of an unchanged lesion are smaller. A change is called beyond noise where it exceeds the "
            "coefficient's one-sided 95 % upper bound. {} measures are looked at, so that one in twenty exceeds its "
            "coefficient by chance.",
            timepoints, measures().size()));
  } else {
    add("What counts as change",
        "No repeated scans were given, so that no change can be told from the noise of measuring.");
  }
  if (with_model) {
    add("Subtypes",
        "Probabilities are those of the frozen model, at each timepoint by itself. The model was made of scans before "
        "treatment unless its makers say otherwise; what treatment does to a tumour is not in it.");
  }
  if (!course.targets.empty()) add("Sum of diameters", course.sums_note + " [@eisenhauer2009]");
  return methods;
}

}  // namespace

Result<Followed> follow_document(const FollowReport& report) {
  if (report.days && !report.days_column.empty())
    return fail(ErrorCode::kUsage, "--days and --days-column both give days: name one of them");
  if (!report.retest && !report.retest_timepoints.empty())
    return fail(ErrorCode::kUsage, "--retest-timepoints is of use with --retest only");
  json inputs = json::array();
  std::vector<std::string> notes;
  auto table = read_table(report.study, "study", inputs, notes);
  if (!table) return pass_on(std::move(table));

  CourseOptions options;
  options.patient = report.patient;
  options.cohort = report.cohort;
  std::optional<FrozenModel> model;
  if (report.model) {
    auto read = read_frozen_model(*report.model);
    if (!read) return pass_on(std::move(read));
    inputs.push_back(read->input);
    model = std::move(*read);
    options.model = &model->model;
  }
  std::optional<NoiseOfModality> noise;
  if (report.retest) {
    auto repeats = read_table(*report.retest, "retest study", inputs, notes);
    if (!repeats) return pass_on(std::move(repeats), "--retest");
    auto found = estimate_noise(*repeats, report.retest_timepoints);
    if (!found) return pass_on(std::move(found), "--retest");
    noise = std::move(*found);
    options.noise = &*noise;
  }
  if (report.days || !report.days_column.empty()) {
    auto days = report.days ? days_of_table(*table, report) : days_of_column(*table, report);
    if (!days) return pass_on(std::move(days));
    if (report.days) {
      auto input = describe_input("days", *report.days, {*report.days});
      if (!input) return pass_on(std::move(input));
      inputs.push_back(std::move(*input));
    }
    if (days->empty()) {
      return fail(ErrorCode::kUsage, "no case of the patient has a day there");
    }
    options.day = std::move(*days);
  }
  auto course = follow_patient(*table, options);
  if (!course) return pass_on(std::move(course));
  course->notes.insert(course->notes.begin(), notes.begin(), notes.end());

  Followed followed{std::move(*course), {}};
  const Course& found = followed.course;
  std::set<std::string> organs;
  for (const CourseTimepoint& one : found.timepoints) {
    if (!one.organ.empty()) organs.insert(one.organ);
  }
  std::vector<std::string> names;
  for (const Measure& measure : measures()) names.push_back(measure.name);
  json targets = json::array();
  for (const std::size_t track : found.targets) targets.push_back(found.tracks[track].name);
  followed.document = {{"format", "radtype report"},
                       {"version", 1},
                       {"kind", "patient"},
                       {"title", report.title.empty() ? fmt::format("Patient {}", report.patient) : report.title},
                       {"notice", research_notice()},
                       {"provenance", make_provenance("follow", report.config, inputs)},
                       {"features", feature_words(names)},
                       {"methods", course_methods(found, report, noise.has_value(), model.has_value())},
                       {"patient", report.patient},
                       {"organ", fmt::format("{}", fmt::join(organs, ", "))},
                       {"timepoints", timepoints_json(found)},
                       {"tracks", tracks_json(found)},
                       {"measures", measures_json(noise ? &*noise : nullptr, main_modality(found))},
                       {"changes", changes_json(found)},
                       {"recist", sums_json(found)},
                       {"recist_targets", targets},
                       {"recist_note", found.sums_note},
                       {"notes", found.notes}};
  followed.document["references"] = references_of(followed.document["methods"]);
  return followed;
}

}  // namespace radtype::report
