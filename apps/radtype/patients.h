// What is known of patients, from a study, assignments and a clinical table.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/config.h"
#include "radtype/outcome/records.h"

namespace radtype::app {

std::vector<ConfigField> patient_fields();  ///< input, assignments, clinical, patient, timepoint, cohort, modality

struct Patients {
  outcome::Records records;
  std::vector<std::string> clinical_columns;  ///< of the clinical table
  std::vector<outcome::LeftOut> unmatched;    ///< lines without a partner in another table, cases not taken, and why
  std::vector<std::string> notes;             ///< what the study left out
  nlohmann::json inputs = nlohmann::json::array();
};

/// {"patient", "reason"} of each.
nlohmann::json to_json(const std::vector<outcome::LeftOut>& list);

/// From the patient_fields() of a verb: of the study or table `input` the case's cohort, organ, modality, volume_mm3
/// and those of `columns` that are features; of `assignments` all columns, by case; of `clinical` all columns, by
/// patient.
Result<Patients> read_patients(const nlohmann::json& config, const std::vector<std::string>& columns,
                               outcome::OneCase one_case);

}  // namespace radtype::app
