#include "report/study_data.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "radtype/core/config.h"
#include "radtype/core/csv.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"

namespace radtype::report {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr const char* kVolumeFeature = "shape_volume_mm3";
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

Result<void> add_file(json& inputs, const char* role, const fs::path& path) {
  auto described = describe_input(role, path, {path});
  if (!described) return pass_on(std::move(described));
  inputs.push_back(std::move(*described));
  return {};
}

/// Like "17" or "0.25"; NaN where the cell is empty.
Result<double> number_of(const std::string& cell, const std::string& where) {
  if (cell.empty()) return kNothing;
  const auto value = parse_double(cell);
  if (!value) return fail(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" is no number", where, cell));
  return *value;
}

Result<void> same_words(const cohort::CaseKey& key, const CsvRow& line, const std::string& name, const fs::path& file) {
  const std::pair<const char*, const std::string*> words[] = {
      {"patient", &key.patient}, {"cohort", &key.cohort}, {"organ", &key.organ}, {"modality", &key.modality}};
  for (const auto& [column, in_study] : words) {
    const auto cell = line.find(column);
    if (cell == line.end() || cell->second == *in_study) continue;
    return fail(
        ErrorCode::kInconsistent,
        fmt::format("{}: case {} has {} \"{}\" there and \"{}\" in the study: the model is of another study, or "
                    "the study has changed since; run radtype discover on this study",
                    file.string(), name, column, cell->second, *in_study));
  }
  return {};
}

Result<std::vector<TrainingCase>> read_assignments(const fs::path& file, const StudyData& study) {
  auto lines = read_csv(file);
  if (!lines) return pass_on(std::move(lines));
  std::map<std::string, std::size_t> rows;
  for (std::size_t r = 0; r < study.names.size(); ++r) rows.emplace(study.names[r], r);
  std::vector<TrainingCase> training;
  std::set<std::size_t> seen;
  for (const CsvRow& line : *lines) {
    const auto cell = [&](const char* column) {
      const auto found = line.find(column);
      return found == line.end() ? std::string() : found->second;
    };
    const std::string name = cell("case");
    const auto row = rows.find(name);
    if (row == rows.end()) {
      return fail(
          ErrorCode::kInconsistent,
          fmt::format("{}: the study has no case {}: the model is of another study; run radtype discover on this "
                      "one, or name the study that it was made from",
                      file.string(), name));
    }
    if (!study.measured(row->second) || !seen.insert(row->second).second) {
      return fail(ErrorCode::kInconsistent,
                  fmt::format("{}: case {} {}", file.string(), name,
                              study.measured(row->second) ? "stands there twice" : "has no features in the study"));
    }
    const cohort::CaseKey& key = study.table.rows[row->second].key;
    if (auto same = same_words(key, line, name, file); !same) return pass_on(std::move(same));
    const auto subtype = parse_integer(cell("subtype"));
    auto consensus = number_of(cell("item_consensus"), file.string());
    auto silhouette = number_of(cell("silhouette"), file.string());
    if (!consensus) return pass_on(std::move(consensus));
    if (!silhouette) return pass_on(std::move(silhouette));
    if (!subtype || *subtype < 1) {
      return fail(ErrorCode::kCorrupt, fmt::format("{}: case {} has subtype \"{}\", which is no number from 1",
                                                   file.string(), name, cell("subtype")));
    }
    training.push_back({row->second, static_cast<int>(*subtype), *consensus, *silhouette});
  }
  if (training.empty()) return fail(ErrorCode::kEmpty, file.string() + " has no case");
  return training;
}

Result<void> prepare(ModelData& data, const StudyData& study) {
  std::vector<subtype::FeatureColumn> columns;
  for (const subtype::FrozenFeature& feature : data.model->preparation.features) columns.push_back(feature.column);
  std::vector<std::size_t> rows;
  for (const TrainingCase& one : data.training) rows.push_back(one.row);
  auto prepared = data.model->preparation.apply(case_table(study, rows, columns));
  if (!prepared) return pass_on(std::move(prepared), data.folder.string());
  data.prepared = std::move(*prepared);
  const std::size_t refused = rows.size() - data.prepared.source_rows.size();
  if (refused > 0) {
    data.notes.push_back(
        fmt::format("{} of the cases that the model was made from can no longer be prepared by it: their features have "
                    "changed since",
                    refused));
  }
  for (std::size_t p = 0; p < data.prepared.source_rows.size(); ++p)
    data.prepared_row[data.prepared.source_rows[p]] = p;
  if (data.prepared.source_rows.empty()) return {};
  auto embedding = principal_components(data.prepared.table);
  if (!embedding) return pass_on(std::move(embedding));
  data.embedding = std::move(*embedding);
  return {};
}

/// What the files of a folder say of each other and of the study.
Result<void> check_folder(ModelData& data, const StudyData& study) {
  const int largest =
      std::max_element(data.training.begin(), data.training.end(), [](const TrainingCase& a, const TrainingCase& b) {
        return a.subtype < b.subtype;
      })->subtype;
  const auto k = data.discovery.find("k");
  if (k == data.discovery.end() || !k->is_number_integer() || k->get<int>() < largest) {
    return fail(
        ErrorCode::kInconsistent,
        fmt::format("{}: assignments.csv has subtype {}, discovery.json another number of them: the files are of "
                    "two runs; run radtype discover again",
                    data.folder.string(), largest));
  }
  if (data.model && static_cast<int>(data.model->subtypes.size()) != k->get<int>()) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{}: model.json has {} subtypes, discovery.json {}: the files are of two runs; run radtype "
                            "discover again",
                            data.folder.string(), data.model->subtypes.size(), k->get<int>()));
  }
  const auto& inputs = data.discovery.value("/provenance/inputs"_json_pointer, json::array());
  for (const json& input : inputs) {
    if (input.value("role", "") == "study" && input.value("sha256", "") != study.input.value("sha256", ""))
      data.notes.emplace_back("the study's database has changed since the subtypes were found");
  }
  return {};
}

}  // namespace

bool StudyData::measured(std::size_t row) const {
  const cohort::TableRow& one = table.rows[row];
  return one.lesion > 0 && one.status != "failed" && one.status != "pending";
}

std::optional<std::size_t> StudyData::row_of(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<std::size_t> StudyData::feature(const std::string& name) const {
  const auto found = std::find(table.features.begin(), table.features.end(), name);
  if (found == table.features.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.features.begin());
}

Result<StudyData> read_study(const fs::path& folder, const fs::path& scans) {
  const fs::path file = cohort::study_file(folder);
  auto store = cohort::Store::open(file, cohort::Store::Access::kRead);
  if (!store) return pass_on(std::move(store));
  auto table = store->load();
  if (!table) return pass_on(std::move(table));
  auto details = store->details();
  if (!details) return pass_on(std::move(details));
  auto runs = store->runs();
  if (!runs) return pass_on(std::move(runs));
  if (table->rows.empty()) return fail(ErrorCode::kEmpty, folder.string() + " has no cases");
  StudyData study;
  study.scans = scans;
  study.table = std::move(*table);
  study.details = std::move(*details);
  study.runs = std::move(*runs);
  study.used = cohort::used_settings(study.table, study.details, study.runs);
  std::map<std::string, int> lesions_of;
  for (const cohort::TableRow& row : study.table.rows) ++lesions_of[row.key.name];
  for (const cohort::TableRow& row : study.table.rows) {
    study.names.push_back(lesions_of[row.key.name] > 1 ? fmt::format("{}/{}", row.key.name, row.lesion) : row.key.name);
  }
  auto input = describe_input("study", folder, {file});
  if (!input) return pass_on(std::move(input));
  study.input = std::move(*input);
  return study;
}

subtype::CaseTable case_table(const StudyData& study, const std::vector<std::size_t>& rows,
                              const std::vector<subtype::FeatureColumn>& features) {
  subtype::CaseTable table;
  table.features = features;
  const auto volume = study.feature(kVolumeFeature);
  std::vector<std::optional<std::size_t>> columns;
  for (const subtype::FeatureColumn& feature : features) columns.push_back(study.feature(feature.name));
  for (const std::size_t row : rows) {
    const cohort::CaseKey& key = study.table.rows[row].key;
    table.cases.push_back({study.names[row], key.patient, key.cohort, key.organ, key.modality,
                           volume ? study.table.value(row, *volume) : kNothing});
    for (const auto& column : columns) table.values.push_back(column ? study.table.value(row, *column) : kNothing);
  }
  return table;
}

Result<ModelData> read_model_folder(const fs::path& folder, const StudyData& study) {
  ModelData data;
  data.folder = folder;
  auto discovery = read_json_file((folder / "discovery.json").string());
  if (!discovery) return pass_on(std::move(discovery), "the folder of radtype discover");
  data.discovery = std::move(*discovery);
  auto training = read_assignments(folder / "assignments.csv", study);
  if (!training) return pass_on(std::move(training));
  data.training = std::move(*training);
  for (const char* name : {"discovery", "assignments"}) {
    const fs::path file = folder / (std::string(name) + (std::string_view(name) == "discovery" ? ".json" : ".csv"));
    if (auto added = add_file(data.inputs, name, file); !added) return pass_on(std::move(added));
  }
  data.assignments_sha256 = data.inputs.back().at("sha256").get<std::string>();
  std::error_code ignored;
  if (const fs::path file = folder / "model.json"; fs::exists(file, ignored)) {
    auto document = read_json_file(file.string());
    if (!document) return pass_on(std::move(document));
    auto model = subtype::model_from_json(*document);
    if (!model) return pass_on(std::move(model), file.string());
    data.model = std::move(*model);
    if (auto added = add_file(data.inputs, "model", file); !added) return pass_on(std::move(added));
    data.model_sha256 = data.inputs.back().at("sha256").get<std::string>();
  }
  if (const fs::path file = folder / "consensus.json"; fs::exists(file, ignored)) {
    auto consensus = read_json_file(file.string());
    if (!consensus) return pass_on(std::move(consensus));
    data.consensus = std::move(*consensus);
    if (auto added = add_file(data.inputs, "consensus", file); !added) return pass_on(std::move(added));
  }
  if (auto checked = check_folder(data, study); !checked) return pass_on(std::move(checked));
  if (data.model) {
    if (auto done = prepare(data, study); !done) return pass_on(std::move(done));
  }
  return data;
}

Result<feature::CaseRun> measure_again(const StudyData& study, std::size_t row,
                                       const std::vector<std::string>& families) {
  const cohort::CaseKey& key = study.table.rows[row].key;
  if (study.used.settings.empty()) return fail(ErrorCode::kNotFound, "the study says not what it was measured with");
  const auto place = study.used.of_case.find(key.name);
  const json& settings = study.used.settings[place == study.used.of_case.end() ? 0 : place->second - 1];
  const bool tissue_word =
      key.tissue.empty() || image::tissue_kind_from_word(key.tissue) || key.tissue == "auto" || key.tissue == "none";
  for (const std::string* path : {&key.image, &key.mask, &key.tissue}) {
    if (path->empty() || !study.scans.empty() || fs::path(*path).is_absolute()) continue;
    if (path == &key.tissue && tissue_word) continue;
    return fail(
        ErrorCode::kNotFound,
        "the manifest names the files from its own folder, which the study does not record: name it by --scans");
  }
  auto request = cohort::make_request(key, study.scans, settings);
  if (!request) return pass_on(std::move(request));
  if (!families.empty()) request->families = families;
  request->keep_data = true;
  feature::CaseRun run = feature::run_case(*request);
  if (run.error && run.rows.size() <= 1) return tl::unexpected(*run.error);
  const auto stored = study.details.find(key.name);
  const json before = stored == study.details.end() ? json() : json::parse(stored->second.inputs, nullptr, false);
  if (before.is_array()) {
    for (const json& one : before) {
      for (const json& now : run.inputs) {
        if (now.value("role", "") != one.value("role", "") || now.value("sha256", "") == one.value("sha256", ""))
          continue;
        return fail(ErrorCode::kInconsistent,
                    fmt::format("the {} is not the file that was measured (another SHA-256): run the cohort again",
                                one.value("role", "")));
      }
    }
  }
  return run;
}

Result<const feature::CaseRow*> region_of(const feature::CaseRun& run, const cohort::TableRow& row) {
  for (std::size_t r = 0; r < run.rows.size(); ++r) {
    if (static_cast<int>(r) + 1 != row.lesion) continue;
    const feature::CaseRow& region = run.rows[r];
    if (region.data.tumour.voxels.empty()) return fail(ErrorCode::kNotFound, region.extraction.reason);
    return &region;
  }
  return fail(ErrorCode::kNotFound, fmt::format("the outline has no region {} any more", row.lesion));
}

}  // namespace radtype::report
