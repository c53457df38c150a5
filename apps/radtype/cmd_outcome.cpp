// radtype outcome: a declared plan of survival analyses.
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "patients.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/outcome/results.h"
#include "written_folder.h"

namespace radtype::app {
namespace {

using nlohmann::json;

const ConfigSpec& outcome_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{"outcome",
                    "Survival by subtype, as a plan that was written before says: curves, tests, models beside size",
                    patient_fields()};
    append(spec.fields, {{"plan", FieldType::kPath,
                          "JSON: endpoints, groups, covariates, analyses (schemas/outcome-plan.schema.json)", nullptr},
                         {"out", FieldType::kPath, "folder for outcome.json, tables and figures", nullptr},
                         {"figures", FieldType::kChoice, "format of the figures", "svg", {"png", "svg", "none"}},
                         {"force", FieldType::kSwitch, "overwrite the files", false}});
    return spec;
  }();
  return description;
}

Result<int> run_outcome(const json& config) {
  if (config["plan"].is_null()) return fail(ErrorCode::kUsage, "--plan is missing: name the plan of the analyses");
  if (config["out"].is_null()) return fail(ErrorCode::kUsage, "--out is missing: name a folder for the results");
  const std::string plan_path = text_of(config, "plan");
  auto document = read_json_file(plan_path);
  if (!document) return pass_on(std::move(document), "plan");
  auto plan = outcome::plan_from_json(*document);
  if (!plan) return pass_on(std::move(plan));
  auto patients = read_patients(config, plan->columns(), plan->one_case);
  if (!patients) return pass_on(std::move(patients));
  auto plan_input = describe_input("plan", plan_path, {plan_path});
  if (!plan_input) return pass_on(std::move(plan_input));
  patients->inputs.push_back(std::move(*plan_input));
  auto result = outcome::run_plan(*plan, patients->records);
  if (!result) return pass_on(std::move(result));

  WrittenFolder folder(text_of(config, "out"), config["force"]);
  json report = outcome::to_json(*result);
  report["unmatched"] = to_json(patients->unmatched);
  report["notes"] = patients->notes;
  report["provenance"] = make_provenance("outcome", config, patients->inputs);
  folder.add("outcome.json", report.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  for (auto& [name, text] : outcome::tables(*result)) folder.add(name, std::move(text));
  if (const std::string format = text_of(config, "figures"); format != "none") {
    for (outcome::NamedFigure& figure : outcome::figures(*result))
      folder.add(figure.name + "." + format, std::move(figure.canvas));
  }
  if (auto written = folder.write(); !written) return tl::unexpected(output_error(written.error()));
  std::size_t failed = 0;
  for (const outcome::AnalysisResult& one : result->analyses) failed += !one.missing.empty();
  if (!quiet) {
    for (const std::string& line : outcome::headlines(*result)) fmt::print(stderr, "{}\n", line);
  }
  return failed == 0 ? kExitOk : kExitSomeFailed;
}

}  // namespace

Command outcome_command() { return {outcome_spec, {"input"}, run_outcome}; }

}  // namespace radtype::app
