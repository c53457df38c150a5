// What documents of one case and of one patient have in common.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"
#include "radtype/report/follow.h"
#include "radtype/subtype/model.h"

namespace radtype::report {

struct FrozenModel {
  subtype::Model model;
  nlohmann::json input;  ///< the file, as provenance has it
};
/// The model by itself, from a folder of `radtype discover` or the file; its training cases need not be of the study.
Result<FrozenModel> read_frozen_model(const std::filesystem::path& folder_or_file);

/// Features of a model as this program defines them: another version than the model's is then refused by it.
std::vector<subtype::FeatureColumn> columns_of(const subtype::Model& model);

/// [{"timepoint", "day", "case", "cases", "modality", "status", "reason"}]
nlohmann::json timepoints_json(const Course& course);
/// Of one lesion, or of all.
nlohmann::json tracks_json(const Course& course, std::optional<std::size_t> only = {});
nlohmann::json changes_json(const Course& course, std::optional<std::size_t> only = {});
/// [{"name", "title", "unit", "relative", "interval", "interval_source", "by_modality"}]; `noise` null: none was
/// estimated.
nlohmann::json measures_json(const NoiseOfModality* noise, const std::string& modality);

}  // namespace radtype::report
