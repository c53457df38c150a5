#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "radtype/core/text.h"
#include "report/encode.h"
#include "report/study_parts.h"

namespace radtype::report {
namespace {

using nlohmann::json;

// Stages of the flow; who is left out is left out on the way to one.
constexpr const char* kInStudy = "scans in the study";
constexpr const char* kScansMeasured = "scans measured";
constexpr const char* kTumoursMeasured = "tumours measured";
constexpr const char* kChosen = "tumours chosen for discovery";
constexpr const char* kClustered = "tumours clustered";
constexpr const char* kInOutcome = "patients in the survival analyses";
constexpr const char* kInAssociate = "patients in the associations";

struct Choice {
  const char* key;
  std::string words;  ///< as given: "lung-a,breast-a"
  std::set<std::string> wanted;
};

/// Which cases discovery was told to look at.
std::vector<Choice> choices_of(const ModelData& model) {
  std::vector<Choice> choices;
  const json config = model.discovery.value("/provenance/config"_json_pointer, json::object());
  for (const char* key : {"cohort", "modality", "timepoint"}) {
    if (!config.contains(key) || !config[key].is_string()) continue;
    Choice choice{key, config[key].get<std::string>(), {}};
    for (const std::string_view word : split(choice.words, ",")) {
      if (!trimmed(word).empty()) choice.wanted.emplace(trimmed(word));
    }
    if (!choice.wanted.empty()) choices.push_back(std::move(choice));
  }
  return choices;
}

/// The first choice that leaves a case out; nullptr where none does.
const Choice* left_out_by(const std::vector<Choice>& choices, const cohort::CaseKey& key) {
  for (const Choice& choice : choices) {
    const std::string_view name = choice.key;
    const std::string& word = name == "cohort" ? key.cohort : name == "modality" ? key.modality : key.timepoint;
    if (!choice.wanted.contains(word)) return &choice;
  }
  return nullptr;
}

json volume_spread(std::vector<double> volumes) {
  std::erase_if(volumes, [](double volume) { return !std::isfinite(volume); });
  if (volumes.empty()) return nullptr;
  std::sort(volumes.begin(), volumes.end());
  // Linear between the two values around it: hyndman1996, type 7.
  const auto quantile = [&](double share) {
    const double place = share * static_cast<double>(volumes.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, volumes.size() - 1);
    return volumes[below] + (place - static_cast<double>(below)) * (volumes[above] - volumes[below]);
  };
  return {{"minimum", volumes.front()},
          {"q1", quantile(0.25)},
          {"median", quantile(0.5)},
          {"q3", quantile(0.75)},
          {"maximum", volumes.back()}};
}

std::map<std::size_t, int> subtype_of_row(const ModelData* model) {
  std::map<std::size_t, int> subtypes;
  if (model == nullptr) return subtypes;
  for (const TrainingCase& one : model->training) subtypes[one.row] = one.subtype;
  return subtypes;
}

}  // namespace

json flow_of(const StudyData& study, const ModelData* model, const ResultFiles& results) {
  std::set<std::string> scans;
  std::set<std::string> measured_scans;
  std::size_t lesions = 0;
  for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
    scans.insert(study.table.rows[r].key.name);
    if (!study.measured(r)) continue;
    measured_scans.insert(study.table.rows[r].key.name);
    ++lesions;
  }
  json flow = {{{"stage", kInStudy}, {"n", scans.size()}},
               {{"stage", kScansMeasured}, {"n", measured_scans.size()}},
               {{"stage", kTumoursMeasured}, {"n", lesions}}};
  if (model != nullptr) {
    if (const std::vector<Choice> choices = choices_of(*model); !choices.empty()) {
      std::size_t looked_at = 0;
      for (std::size_t r = 0; r < study.table.rows.size(); ++r)
        looked_at += study.measured(r) && left_out_by(choices, study.table.rows[r].key) == nullptr;
      flow.push_back({{"stage", kChosen}, {"n", looked_at}});
    }
    flow.push_back({{"stage", kClustered}, {"n", model->training.size()}});
  }
  if (results.outcome.contains("patients")) flow.push_back({{"stage", kInOutcome}, {"n", results.outcome["patients"]}});
  if (results.associate.contains("groups")) {
    std::size_t patients = 0;
    for (const json& group : results.associate["groups"]) patients += group.value("n", std::size_t{0});
    flow.push_back({{"stage", kInAssociate}, {"n", patients}});
  }
  return flow;
}

json left_out_of(const StudyData& study, const ModelData* model, const ResultFiles& results) {
  json list = json::array();
  const auto add = [&](const std::string& name, const std::string& patient, const char* stage,
                       const std::string& reason) {
    list.push_back({{"case", name}, {"patient", patient}, {"stage", stage}, {"reason", reason}});
  };
  std::set<std::string> measured_scans;
  for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
    if (study.measured(r)) measured_scans.insert(study.table.rows[r].key.name);
  }
  for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
    const cohort::TableRow& row = study.table.rows[r];
    if (study.measured(r)) continue;
    add(study.names[r], row.key.patient, measured_scans.contains(row.key.name) ? kTumoursMeasured : kScansMeasured,
        !row.reason.empty()       ? row.reason
        : row.status == "pending" ? "not measured yet"
                                  : "could not be measured");
  }
  if (model != nullptr) {
    std::map<std::string, std::string> refused;  // a case may be refused for several reasons
    for (const json& notice : model->discovery.value("notices", json::array())) {
      if (!notice.value("refused", false)) continue;
      std::string& sentence = refused[notice.value("case", "")];
      sentence += (sentence.empty() ? "" : "; ") + notice.value("sentence", "");
    }
    const std::vector<Choice> choices = choices_of(*model);
    const std::map<std::size_t, int> subtypes = subtype_of_row(model);
    for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
      if (!study.measured(r) || subtypes.contains(r)) continue;
      const cohort::CaseKey& key = study.table.rows[r].key;
      if (const Choice* choice = left_out_by(choices, key)) {
        add(study.names[r], key.patient, kChosen,
            fmt::format("discovery looked at {} {} only", choice->key, choice->words));
      } else if (const auto why = refused.find(study.names[r]); why != refused.end()) {
        add(study.names[r], key.patient, kClustered, why->second);
      } else {
        add(study.names[r], key.patient, kClustered, "no part of the run of radtype discover");
      }
    }
  }
  for (const auto& [result, stage] :
       {std::pair{&results.outcome, kInOutcome}, std::pair{&results.associate, kInAssociate}}) {
    if (!result->is_object()) continue;
    const json unmatched = result->value("unmatched", json::array());
    std::set<std::pair<std::string, std::string>> told;  // a patient is named by his case, too, in another table
    for (const bool by_case : {true, false}) {
      for (const json& one : unmatched) {
        const std::string name = one.value("patient", "");
        const std::string reason = one.value("reason", "");
        const auto row = study.row_of(name);
        if (row.has_value() != by_case) continue;
        const std::string& patient = row ? study.table.rows[*row].key.patient : name;
        if (told.emplace(patient, reason).second || by_case) add(by_case ? name : "", patient, stage, reason);
      }
    }
  }
  return list;
}

json cohorts_of(const StudyData& study, const ModelData* model) {
  struct Counts {
    std::set<std::string> cases;
    std::set<std::string> patients;
    std::size_t lesions = 0;
    std::set<std::string> failed;
    std::vector<double> volumes;
    std::map<std::string, std::size_t> subtypes;
  };
  const auto volume = study.feature("shape_volume_mm3");
  const std::map<std::size_t, int> subtypes = subtype_of_row(model);
  std::map<std::array<std::string, 3>, Counts> by_cohort;
  for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
    const cohort::TableRow& row = study.table.rows[r];
    Counts& counts = by_cohort[{row.key.cohort, row.key.organ, row.key.modality}];
    counts.cases.insert(row.key.name);
    counts.patients.insert(row.key.patient);
    if (row.status == "failed") counts.failed.insert(row.key.name);
    if (!study.measured(r)) continue;
    ++counts.lesions;
    if (volume) counts.volumes.push_back(study.table.value(r, *volume));
    if (const auto subtype = subtypes.find(r); subtype != subtypes.end())
      ++counts.subtypes[std::to_string(subtype->second)];
  }
  json list = json::array();
  for (const auto& [key, counts] : by_cohort) {
    list.push_back({{"cohort", key[0]},
                    {"organ", key[1]},
                    {"modality", key[2]},
                    {"cases", counts.cases.size()},
                    {"patients", counts.patients.size()},
                    {"lesions", counts.lesions},
                    {"failed", counts.failed.size()},
                    {"volume_mm3", volume_spread(counts.volumes)},
                    {"subtypes", model == nullptr ? json() : json(counts.subtypes)}});
  }
  return list;
}

json cases_of(const StudyData& study, const ModelData* model) {
  std::map<std::size_t, std::size_t> training;  // by row
  if (model != nullptr) {
    for (std::size_t t = 0; t < model->training.size(); ++t) training[model->training[t].row] = t;
  }
  const auto volume = study.feature("shape_volume_mm3");
  json columns = json::object();
  for (const char* name : {"case", "patient", "cohort", "organ", "modality", "timepoint", "status", "reason", "subtype",
                           "silhouette", "item_consensus", "volume_mm3", "x", "y"})
    columns[name] = json::array();
  for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
    const cohort::TableRow& row = study.table.rows[r];
    columns["case"].push_back(study.names[r]);
    columns["patient"].push_back(row.key.patient);
    columns["cohort"].push_back(row.key.cohort);
    columns["organ"].push_back(row.key.organ);
    columns["modality"].push_back(row.key.modality);
    columns["timepoint"].push_back(row.key.timepoint);
    columns["status"].push_back(row.status);
    columns["reason"].push_back(row.reason);
    columns["volume_mm3"].push_back(volume && study.measured(r) ? number_or_null(study.table.value(r, *volume))
                                                                : json());
    json subtype;
    json silhouette;
    json consensus;
    json x;
    json y;
    if (const auto found = training.find(r); found != training.end()) {
      const TrainingCase& one = model->training[found->second];
      subtype = std::to_string(one.subtype);
      silhouette = number_or_null(one.silhouette);
      consensus = number_or_null(one.item_consensus);
      const auto prepared = model->prepared_row.find(found->second);
      if (model->embedding && prepared != model->prepared_row.end()) {
        const auto place = model->embedding->place(model->prepared.table.row(prepared->second));
        x = place[0];
        y = place[1];
      }
    }
    columns["subtype"].push_back(std::move(subtype));
    columns["silhouette"].push_back(std::move(silhouette));
    columns["item_consensus"].push_back(std::move(consensus));
    columns["x"].push_back(std::move(x));
    columns["y"].push_back(std::move(y));
  }
  return columns;
}

}  // namespace radtype::report
