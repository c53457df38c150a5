// The sections of a study's document.
#pragma once

#include "report/study_data.h"

namespace radtype::report {

/// What other verbs wrote about the study; null where not given.
struct ResultFiles {
  nlohmann::json validation;
  nlohmann::json outcome;
  nlohmann::json associate;
  nlohmann::json curves;  ///< columns of outcome/curves.csv
  nlohmann::json genes;
  nlohmann::json scores;
  nlohmann::json inputs = nlohmann::json::array();
};

struct ResultPaths {
  std::optional<std::filesystem::path> validation;
  std::optional<std::filesystem::path> outcome;
  std::optional<std::filesystem::path> associate;
};
/// kInconsistent where they are not of this model (nullptr: not asked); kCorrupt for what the verb did not write.
Result<ResultFiles> read_results(const ResultPaths& paths, const ModelData* model);

inline constexpr std::size_t kMostGenes = 25000;
inline constexpr std::size_t kMostHeatmapRows = 400;

// study_flow.cpp: who is in, and who is not.
nlohmann::json flow_of(const StudyData& study, const ModelData* model, const ResultFiles& results);
nlohmann::json left_out_of(const StudyData& study, const ModelData* model, const ResultFiles& results);
nlohmann::json cohorts_of(const StudyData& study, const ModelData* model);
/// Columns, one entry a row of the study.
nlohmann::json cases_of(const StudyData& study, const ModelData* model);

// study_subtypes.cpp
/// Prepared values by their family's weight: standard deviations, or what stands for them, of the case's own kind.
double score_of(const ModelData& model, std::size_t prepared_row, std::size_t feature);
/// Without portraits.
nlohmann::json subtypes_of(const ModelData& model);
nlohmann::json axes_of(const ModelData& model);
nlohmann::json heatmap_of(const ModelData& model);
/// Of consensus.json: {"consensus", "cdf"}, both null without it. kCorrupt, kInconsistent where it is of another run.
Result<nlohmann::json> consensus_of(const ModelData& model);

/// study_portraits.cpp: one a subtype, `most` of them; the rest, and those that cannot be made, say why.
std::vector<nlohmann::json> portraits_of(const StudyData& study, const ModelData& model, int most);

/// study_methods.cpp: [{"heading", "text"}] from what was recorded.
nlohmann::json methods_of(const StudyData& study, const ModelData* model, const ResultFiles& results, bool portraits);

}  // namespace radtype::report
