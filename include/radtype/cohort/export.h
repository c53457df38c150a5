// A study's table as text. The same study gives the same bytes, however it was measured.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "radtype/cohort/lesions.h"
#include "radtype/cohort/store.h"
#include "radtype/cohort/table.h"

namespace radtype::cohort {

/// What the cases of a table were measured with: a study may have been run with several settings.
struct UsedSettings {
  std::vector<nlohmann::json> settings;
  std::map<std::string, std::size_t> of_case;  ///< name -> number in `settings`, from 1; empty where all have the same

  nlohmann::json to_json() const;  ///< the only settings, or {"settings": [...]}
};
/// Settings of runs that no case of the table was measured with are left out.
UsedSettings used_settings(const FeatureTable& table, const std::map<std::string, Store::Details>& details,
                           const std::vector<RunRecord>& runs);

/// Takes the next piece of the text.
using Sink = std::function<Result<void>(std::string_view)>;

/// A line each lesion: case, lesion, patient, cohort, organ, modality, timepoint, roi, label, status, reason, clinical
/// columns, features, missing, image_sha256, mask_sha256; and, where rows stand for patients, derived. Missing values
/// are empty cells, their reasons in "missing".
Result<void> export_csv(const FeatureTable& table, const Sink& sink);
/// A line each value: case, lesion, patient, cohort, organ, modality, timepoint, status, feature, value, unit, reason.
Result<void> export_tidy(const FeatureTable& table, const Sink& sink);
/// A line each match: cohort, patient, modality, organ, track, verdict, timepoints, cases and lesions, distance_mm,
/// volume_ratio, shift, cost, margin, margin_words, reason.
Result<void> export_matches(const std::vector<LesionMatch>& matches, const Sink& sink);
/// {"cases": [...], "catalogue", "provenance"}: schemas/cohort-export.schema.json. `details` adds families, quality,
/// notes and inputs; `used` which settings a case was measured with.
Result<void> export_json(const FeatureTable& table, const std::map<std::string, Store::Details>& details,
                         const UsedSettings& used, const nlohmann::json& provenance, const Sink& sink);

}  // namespace radtype::cohort
