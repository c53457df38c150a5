// What a report reads: a study, and the folder that `radtype discover` wrote for it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/cohort/export.h"
#include "radtype/cohort/store.h"
#include "radtype/feature/case_run.h"
#include "radtype/subtype/model.h"
#include "report/embedding.h"

namespace radtype::report {

struct StudyData {
  cohort::FeatureTable table;
  std::vector<std::string> names;  ///< of each row, as discover has it: CASE, or CASE/LESION of a case with several
  std::map<std::string, cohort::Store::Details> details;
  std::vector<cohort::RunRecord> runs;
  cohort::UsedSettings used;
  std::filesystem::path scans;  ///< where relative paths of the manifest start; "" where not known
  nlohmann::json input;         ///< the database, as provenance has it

  /// Whether a row is a lesion that was measured.
  bool measured(std::size_t row) const;
  std::optional<std::size_t> row_of(const std::string& name) const;
  std::optional<std::size_t> feature(const std::string& name) const;
};
Result<StudyData> read_study(const std::filesystem::path& folder, const std::filesystem::path& scans);

/// Rows of a study as cases with these features; one that the study does not have is missing in every case.
subtype::CaseTable case_table(const StudyData& study, const std::vector<std::size_t>& rows,
                              const std::vector<subtype::FeatureColumn>& features);

struct TrainingCase {
  std::size_t row = 0;  ///< of the study's table
  int subtype = 0;      ///< 1..k
  double item_consensus = std::numeric_limits<double>::quiet_NaN();
  double silhouette = std::numeric_limits<double>::quiet_NaN();
};

struct ModelData {
  std::filesystem::path folder;
  nlohmann::json discovery;
  nlohmann::json consensus;             ///< consensus.json; null where the folder has none
  std::optional<subtype::Model> model;  ///< none where one group was found
  std::vector<TrainingCase> training;   ///< as in assignments.csv
  /// The rest only where there is a model.
  subtype::PreparedTable prepared;                  ///< of `training`; source_rows are places there
  std::optional<Embedding> embedding;               ///< of `prepared`
  std::map<std::size_t, std::size_t> prepared_row;  ///< by place in `training`
  std::string assignments_sha256;
  std::string model_sha256;  ///< of the file; "" without
  nlohmann::json inputs = nlohmann::json::array();
  std::vector<std::string> notes;  ///< what to beware of
};
/// kInconsistent, naming the first case, where the study does not know a case or knows it as another patient's, of
/// another cohort, organ or modality.
Result<ModelData> read_model_folder(const std::filesystem::path& folder, const StudyData& study);

/// A case measured again by the settings that the study recorded for it; `families` in place of the recorded ones where
/// given. kNotFound, kInconsistent with the reason: a relative path and no `scans`, a file that is not there, or that
/// is not the one that was measured (SHA-256).
Result<feature::CaseRun> measure_again(const StudyData& study, std::size_t row,
                                       const std::vector<std::string>& families = {});
/// The region of that row in what measure_again() gave; kNotFound, with its reason where it failed.
Result<const feature::CaseRow*> region_of(const feature::CaseRun& run, const cohort::TableRow& row);

}  // namespace radtype::report
