#include "patients.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cases.h"
#include "cli.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"

namespace radtype::app {
namespace {

using nlohmann::json;
using outcome::Records;

/// Cases of a study, by their names.
Records records_of(const CasesRead& read, const std::string& source) {
  Records records{source, {}, {}, {}};
  std::vector<std::string> patient, cohort, organ, modality, volume;
  for (const subtype::Case& one : read.table.cases) {
    records.patients.push_back(one.name);
    patient.push_back(one.patient);
    cohort.push_back(one.cohort);
    organ.push_back(one.organ);
    modality.push_back(one.modality);
    volume.push_back(std::isfinite(one.volume_mm3) ? shortest(one.volume_mm3) : "");
  }
  records.set("case", records.patients);
  records.set("patient", std::move(patient));
  records.set("cohort", std::move(cohort));
  records.set("organ", std::move(organ));
  records.set("modality", std::move(modality));
  records.set("volume_mm3", std::move(volume));
  for (std::size_t f = 0; f < read.table.features.size(); ++f) {
    std::vector<std::string> cells(records.size());
    for (std::size_t r = 0; r < cells.size(); ++r) {
      if (const double value = read.table.value(r, f); std::isfinite(value)) cells[r] = shortest(value);
    }
    records.set(read.table.features[f].name, std::move(cells));
  }
  return records;
}

Result<void> describe(Patients& patients, const std::string& role, const std::string& path) {
  auto described = describe_input(role, path, {path});
  if (!described) return pass_on(std::move(described));
  patients.inputs.push_back(std::move(*described));
  return {};
}

}  // namespace

json to_json(const std::vector<outcome::LeftOut>& list) {
  json all = json::array();
  for (const outcome::LeftOut& one : list) all.push_back({{"patient", one.patient}, {"reason", one.reason}});
  return all;
}

std::vector<ConfigField> patient_fields() {
  return {
      {"input", FieldType::kPath,
       "study folder, or a CSV table as radtype cohort export writes it: volumes, cohorts, organs, modalities, and "
       "features by name",
       nullptr},
      {"assignments", FieldType::kPath, "assignments.csv of radtype discover, or what radtype classify wrote", nullptr},
      {"clinical", FieldType::kPath, "CSV table with a line a patient", nullptr},
      {"patient", FieldType::kText, "column of the clinical table that names the patient", nullptr},
      {"cohort", FieldType::kText, "of the study only these cohorts, separated by commas", nullptr},
      {"modality", FieldType::kText, "of the study only these modalities, separated by commas", nullptr},
      {"timepoint", FieldType::kText, "of the study only these timepoints, separated by commas", nullptr}};
}

Result<Patients> read_patients(const json& config, const std::vector<std::string>& columns, outcome::OneCase one_case) {
  const std::string input = text_of(config, "input");
  const std::string assignments = text_of(config, "assignments");
  const std::string clinical = text_of(config, "clinical");
  Patients patients;
  std::optional<Records> cases;
  if (!assignments.empty()) {
    auto read = outcome::read_records(assignments, "case");
    if (!read) return pass_on(std::move(read), "assignments");
    cases = std::move(*read);
    if (auto done = describe(patients, "assignments", assignments); !done) return pass_on(std::move(done));
  }
  if (!input.empty()) {
    std::vector<std::string> features;
    for (const std::string& column : columns) {
      if (feature::find_feature(column) != nullptr) features.push_back(column);
    }
    auto read =
        read_cases(input, {std::move(features), comma_words(text_of(config, "cohort")),
                           comma_words(text_of(config, "modality")), comma_words(text_of(config, "timepoint"))});
    if (!read) return pass_on(std::move(read));
    for (const json& one : read->inputs) patients.inputs.push_back(one);
    patients.notes = read->notes;
    for (const std::string& note : read->notes) {
      if (!quiet) fmt::print(stderr, "note: {}\n", note);
    }
    Records measured = records_of(*read, "the study");
    if (measured.size() == 0) return fail(ErrorCode::kEmpty, input + " has no measured case of that kind");
    if (cases) {
      auto both = outcome::joined(std::move(*cases), measured, outcome::Join::kBoth, patients.unmatched);
      if (!both) return pass_on(std::move(both));
      cases = std::move(*both);
    } else {
      cases = std::move(measured);
    }
  }
  if (cases) {
    auto names = cases->texts("patient");
    if (!names) return pass_on(std::move(names), "assignments");
    cases->patients = std::move(*names);
    if (std::find(cases->patients.begin(), cases->patients.end(), "") != cases->patients.end())
      return fail(ErrorCode::kCorrupt, "a case has no patient: fill the column \"patient\" of " + cases->source);
    auto one = outcome::one_case_a_patient(std::move(*cases), one_case, patients.unmatched);
    if (!one) return pass_on(std::move(one));
    cases = std::move(*one);
  }
  if (!clinical.empty()) {
    auto read = outcome::read_records(clinical, text_of(config, "patient"));
    if (!read) return pass_on(std::move(read), "clinical table");
    if (auto done = describe(patients, "clinical", clinical); !done) return pass_on(std::move(done));
    patients.clinical_columns = read->columns;
    if (cases) {
      auto both = outcome::joined(std::move(*cases), *read, outcome::Join::kFirst, patients.unmatched);
      if (!both) return pass_on(std::move(both));
      cases = std::move(*both);
    } else {
      cases = std::move(*read);
    }
  }
  if (!cases)
    return fail(ErrorCode::kUsage,
                "name who is analysed: a study or table, --assignments, --clinical, or several of them");
  patients.records = std::move(*cases);
  return patients;
}

}  // namespace radtype::app
