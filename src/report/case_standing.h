// Where one case stands among others: percentiles, the model's subtype and its reasons, principal components.
#pragma once

#include "report/patient_parts.h"
#include "report/study_data.h"

namespace radtype::report {

/// Fewer cases to compare with give no percentile and no quartile.
inline constexpr std::size_t kFewestToCompare = 10;

/// Other patients' cases of the same organ and modality.
struct Peers {
  std::vector<std::size_t> rows;  ///< of the study's table
  nlohmann::json described;       ///< {"of": "training" | "study", "cases", "organ", "modality", "missing"}
};
/// Of the model's training where that has enough, else of all of the study.
Peers peers_of(const StudyData& study, std::size_t row, const ModelData* data);

/// One lesion as the model sees it.
struct Judged {
  nlohmann::json assignment;          ///< null where there is none
  nlohmann::json assignment_missing;  ///< why
  std::vector<double> prepared;       ///< by feature of the model; empty where it refuses
};
/// kInconsistent where the model was made with other definitions of features is a reason, too.
Judged judge(const StudyData& study, std::size_t row, const subtype::Model& model);

nlohmann::json rows_of(const StudyData& study, std::size_t row, const Peers& peers, const subtype::Model* model,
                       const Judged& judged);
nlohmann::json spectrum_of(const StudyData& study, std::size_t row, const Peers& peers);
/// null where the model refuses the case, or has no training cases in the study.
nlohmann::json standing_of(const StudyData& study, const ModelData& data, const Judged& judged);

}  // namespace radtype::report
