#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "radtype/core/provenance.h"
#include "radtype/report/study.h"
#include "report/references.h"
#include "report/study_parts.h"
#include "report/words.h"

namespace radtype::report {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

fs::path folder_of(const fs::path& given) {
  std::error_code ignored;
  return fs::is_regular_file(given, ignored) ? given.parent_path() : given;
}
std::optional<fs::path> folder_of(const std::optional<fs::path>& given) {
  return given ? std::optional(folder_of(*given)) : std::nullopt;
}

std::string title_of(const StudyData& study, const ModelData* model) {
  if (model == nullptr) {
    std::set<std::string> scans;
    for (const cohort::TableRow& row : study.table.rows) scans.insert(row.key.name);
    return "Tumours in " + counted(scans.size(), "scan", "scans");
  }
  return fmt::format("{} of {}",
                     counted(model->discovery.at("k").get<std::size_t>(), "imaging subtype", "imaging subtypes"),
                     counted(model->training.size(), "tumour", "tumours"));
}

std::vector<std::string> mentioned(const ModelData* model) {
  std::vector<std::string> names;
  if (model == nullptr) return names;
  for (const json& name : model->discovery.value("features", json::array())) names.push_back(name.get<std::string>());
  for (const json& one : model->discovery.value("dropped_features", json::array())) {
    names.push_back(one.value("feature", ""));
    if (const std::string stays = one.value("stays", ""); !stays.empty()) names.push_back(stays);
  }
  if (model->model) {
    for (const subtype::FrozenFeature& feature : model->model->preparation.features)
      names.push_back(feature.column.name);
  }
  return names;
}

Result<json> assemble(const StudyReport& report) {
  auto study = read_study(report.study, report.scans);
  if (!study) return pass_on(std::move(study), "study " + report.study.string());
  std::optional<ModelData> found;
  if (report.model) {
    auto read = read_model_folder(folder_of(*report.model), *study);
    if (!read) return pass_on(std::move(read));
    found = std::move(*read);
  }
  const ModelData* model = found ? &*found : nullptr;
  auto results = read_results({report.validation, folder_of(report.outcome), folder_of(report.associate)}, model);
  if (!results) return pass_on(std::move(results));

  json inputs = json::array({study->input});
  if (model != nullptr) inputs.insert(inputs.end(), model->inputs.begin(), model->inputs.end());
  inputs.insert(inputs.end(), results->inputs.begin(), results->inputs.end());
  const bool portraits = model != nullptr && model->model && report.portraits > 0;
  json document = {{"format", "radtype report"},
                   {"version", 1},
                   {"kind", "study"},
                   {"title", report.title.empty() ? title_of(*study, model) : report.title},
                   {"notice", research_notice()},
                   {"provenance", make_provenance("report", report.config, std::move(inputs))},
                   {"features", feature_words(mentioned(model))},
                   {"methods", methods_of(*study, model, *results, portraits)},
                   {"flow", flow_of(*study, model, *results)},
                   {"left_out", left_out_of(*study, model, *results)},
                   {"cohorts", cohorts_of(*study, model)},
                   {"cases", cases_of(*study, model)},
                   {"subtypes", nullptr},
                   {"axes", nullptr},
                   {"discovery", nullptr},
                   {"consensus", nullptr},
                   {"cdf", nullptr},
                   {"heatmap", nullptr}};
  document["references"] = references_of(document["methods"]);
  if (model != nullptr) {
    auto figures = consensus_of(*model);
    if (!figures) return pass_on(std::move(figures));
    document["consensus"] = std::move((*figures)["consensus"]);
    document["cdf"] = std::move((*figures)["cdf"]);
    document["discovery"] = model->discovery;
    document["axes"] = axes_of(*model);
    document["heatmap"] = heatmap_of(*model);
    document["subtypes"] = subtypes_of(*model);
    if (portraits) {
      const std::vector<json> made = portraits_of(*study, *model, report.portraits);
      for (std::size_t s = 0; s < made.size(); ++s) document["subtypes"][s]["portrait"] = made[s];
    }
  }
  document["validation"] = std::move(results->validation);
  document["outcome"] = std::move(results->outcome);
  document["associate"] = std::move(results->associate);
  document["curves"] = std::move(results->curves);
  document["genes"] = std::move(results->genes);
  document["scores"] = std::move(results->scores);
  return document;
}

}  // namespace

Result<json> study_document(const StudyReport& report) {
  try {
    return assemble(report);
  } catch (const json::exception& wrong) {  // valid JSON that radtype did not write
    return fail(ErrorCode::kCorrupt,
                fmt::format("an input is not what radtype writes ({}): make the results again", wrong.what()));
  }
}

}  // namespace radtype::report
