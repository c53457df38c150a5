// radtype follow: one patient's lesions through time.
#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/report/follow.h"
#include "radtype/report/page.h"

namespace radtype::app {
namespace {

using nlohmann::json;

const ConfigSpec& follow_spec() {
  static const ConfigSpec description = {
      "follow",
      "One patient's lesions through time: sizes, shape, heterogeneity and subtype, and which changes are beyond noise",
      {{"study", FieldType::kPath, "study folder", nullptr},
       {"patient", FieldType::kText, "name in the manifest's column patient", nullptr},
       {"cohort", FieldType::kText, "where patients of several cohorts have that name", nullptr},
       {"model", FieldType::kPath, "folder that radtype discover wrote, or its model.json, for subtypes", nullptr},
       {"retest", FieldType::kPath,
        "study of repeated scans without treatment between, which says how far measurements move by themselves; "
        "without "
        "it no change is called one",
        nullptr},
       {"retest_timepoints", FieldType::kText, "timepoints of that study, separated by commas; without it all of them",
        nullptr},
       {"days", FieldType::kPath,
        "table with columns day, and case or timepoint (and patient): order and distance in time; without it the order "
        "of the manifest",
        nullptr},
       {"days_column", FieldType::kText, "or the manifest's column that has the days", nullptr},
       {"out", FieldType::kPath, "HTML file; with --json-only, JSON", nullptr},
       {"csv", FieldType::kPath, "also a table, a line each lesion and timepoint", nullptr},
       {"changes", FieldType::kPath, "also a table, a line each change of a measure", nullptr},
       {"json_only", FieldType::kSwitch, "the document without the page that draws it", false},
       {"title", FieldType::kText, "of the page; without it, the patient's name", nullptr},
       {"force", FieldType::kSwitch, "overwrite the files", false}}};
  return description;
}

std::optional<std::filesystem::path> named_path(const json& config, const char* key) {
  if (config[key].is_null()) return std::nullopt;
  return std::filesystem::path(text_of(config, key));
}

Result<int> run_follow(const json& config) {
  for (const char* key : {"study", "patient"}) {
    if (config[key].is_null())
      return fail(ErrorCode::kUsage, fmt::format("--{} is missing: radtype follow STUDY --patient NAME", key));
  }
  if (config["out"].is_null() && config["csv"].is_null() && config["changes"].is_null())
    return fail(ErrorCode::kUsage, "name what to write: --out for the page, --csv or --changes for tables");
  for (const char* key : {"out", "csv", "changes"}) {
    if (config[key].is_null()) continue;
    if (auto allowed = check_output(text_of(config, key), config["force"]); !allowed)
      return tl::unexpected(output_error(allowed.error()));
  }
  const bool html = !config["out"].is_null() && !config["json_only"].get<bool>();
  if (html) {  // said before the work is done
    if (auto page = report::fetching_page(""); !page) return pass_on(std::move(page));
  }
  report::FollowReport request;
  request.study = text_of(config, "study");
  request.patient = text_of(config, "patient");
  request.cohort = text_of(config, "cohort");
  request.model = named_path(config, "model");
  request.retest = named_path(config, "retest");
  request.retest_timepoints = comma_words(text_of(config, "retest_timepoints"));
  request.days = named_path(config, "days");
  request.days_column = text_of(config, "days_column");
  request.title = text_of(config, "title");
  request.config = config;
  auto followed = report::follow_document(request);
  if (!followed) return pass_on(std::move(followed));

  const auto write = [&](const char* key, const std::string& text) -> Result<void> {
    if (config[key].is_null()) return {};
    if (auto written = write_text_file(text_of(config, key), text, config["force"]); !written)
      return tl::unexpected(output_error(written.error()));
    return {};
  };
  if (html) {
    auto page = report::page_of(followed->document);
    if (!page) return pass_on(std::move(page));
    if (auto written = write("out", *page); !written) return pass_on(std::move(written));
  } else if (!config["out"].is_null()) {
    const std::string text = followed->document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
    if (auto written = write("out", text); !written) return pass_on(std::move(written));
  }
  if (auto written = write("csv", report::course_csv(followed->course)); !written) return pass_on(std::move(written));
  if (auto written = write("changes", report::changes_csv(followed->course)); !written)
    return pass_on(std::move(written));
  if (!quiet) {
    std::size_t beyond = 0;
    std::size_t known = 0;
    for (const report::CourseChange& change : followed->course.changes) {
      known += change.beyond_noise.has_value();
      beyond += change.beyond_noise.value_or(false);
    }
    fmt::print(stderr, "lesions: {}; timepoints: {}; of {} changes {} can be told from noise, {} are beyond it\n",
               followed->course.tracks.size(), followed->course.timepoints.size(), followed->course.changes.size(),
               known, beyond);
    for (const std::string& note : followed->course.notes) fmt::print(stderr, "note: {}\n", note);
  }
  return kExitOk;
}

}  // namespace

Command follow_command() { return {follow_spec, {"study"}, run_follow}; }

}  // namespace radtype::app
