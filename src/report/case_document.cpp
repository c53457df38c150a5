// The document of one case, from the study's database, its files and a model.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/provenance.h"
#include "radtype/feature/catalogue.h"
#include "radtype/report/case.h"
#include "radtype/report/follow.h"
#include "report/case_pictures.h"
#include "report/case_standing.h"
#include "report/case_warnings.h"
#include "report/encode.h"
#include "report/references.h"
#include "report/words.h"

namespace radtype::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// The row of a case and lesion; of lesion 0 the largest that was measured, else the first.
Result<std::size_t> find_lesion(const StudyData& study, const std::string& name, int lesion) {
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < study.table.rows.size(); ++r) {
    if (study.table.rows[r].key.name == name) rows.push_back(r);
  }
  if (rows.empty() && lesion == 0) {
    if (const auto row = study.row_of(name)) return *row;
  }
  if (rows.empty()) return fail(ErrorCode::kNotFound, "the study has no case of that name");
  const auto volume = study.feature("shape_volume_mm3");
  std::optional<std::size_t> found;
  for (const std::size_t row : rows) {
    if (lesion > 0) {
      if (study.table.rows[row].lesion == lesion) return row;
      continue;
    }
    if (!study.measured(row)) continue;
    if (!found || (volume && study.table.value(row, *volume) > study.table.value(*found, *volume))) found = row;
  }
  if (lesion > 0) {
    return fail(ErrorCode::kNotFound,
                fmt::format("the case has no lesion {}: it has {}", lesion, counted(rows.size(), "lesion", "lesions")));
  }
  return found.value_or(rows.front());
}

/// A model, with its training cases where the study has them.
struct GivenModel {
  std::optional<ModelData> data;
  std::optional<FrozenModel> alone;
  std::string apart;  ///< why `data` is missing

  const subtype::Model* model() const {
    if (data && data->model) return &*data->model;
    return alone ? &alone->model : nullptr;
  }
};

Result<GivenModel> read_given(const fs::path& path, const StudyData& study) {
  GivenModel given;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    auto data = read_model_folder(path, study);
    if (data) {
      given.data = std::move(*data);
      if (!given.data->model) given.apart = "one group was found: there is no model of subtypes";
      return given;
    }
    if (data.error().code() != ErrorCode::kInconsistent && data.error().code() != ErrorCode::kUnreadable &&
        data.error().code() != ErrorCode::kNotFound)
      return pass_on(std::move(data));
    given.apart = data.error().to_string();
  } else {
    given.apart = "a model's file by itself says nothing of the cases that it was made from";
  }
  auto alone = read_frozen_model(path);
  if (!alone) return pass_on(std::move(alone));
  given.alone = std::move(*alone);
  return given;
}

json inputs_without_paths(const std::string& stored) {
  json list = json::array();
  const json inputs = json::parse(stored, nullptr, false);
  if (!inputs.is_array()) return list;
  for (const json& one : inputs) {
    list.push_back(
        {{"role", one.value("role", "")}, {"bytes", one.value("bytes", json())}, {"sha256", one.value("sha256", "")}});
  }
  return list;
}

/// The patient's other timepoints, and what became of this lesion.
struct History {
  json course;
  json missing;
};
History history_of(const StudyData& study, const cohort::TableRow& own) {
  History history;
  CourseOptions options;
  options.patient = own.key.patient;
  options.cohort = own.key.cohort;
  const auto course = follow_patient(study.table, options);
  if (!course) {
    history.missing = course.error().to_string();
    return history;
  }
  if (course->timepoints.size() < 2) {
    history.missing = "the study has no other timepoint of the patient";
    return history;
  }
  std::optional<std::size_t> track;
  for (std::size_t t = 0; t < course->tracks.size(); ++t) {
    const auto& points = course->tracks[t].points;
    const bool this_one = std::any_of(points.begin(), points.end(), [&](const CoursePoint& point) {
      return point.name == own.key.name && point.lesion == own.lesion && own.lesion > 0;
    });
    if (this_one) track = t;
  }
  history.course = {{"timepoints", timepoints_json(*course)},
                    {"tracks", track ? tracks_json(*course, track) : json::array()},
                    {"measures", measures_json(nullptr, own.key.modality)},
                    {"changes", track ? changes_json(*course, track) : json::array()}};
  return history;
}

json case_methods(const StudyData& study, const Peers& peers, const GivenModel* given) {
  json methods = json::array();
  const auto add = [&](const char* heading, const std::string& text) {
    methods.push_back({{"heading", heading}, {"text", text}});
  };
  std::string program = study.runs.empty() ? "" : study.runs.back().program;
  add("Measurement",
      fmt::format("The numbers are those of the study's database{}; image, layers and surface were made again from the "
                  "files with the settings that the study recorded, where the files are still those that were measured "
                  "(SHA-256). Definitions: {}.",
                  program.empty() ? "" : " (" + program + ")", feature::catalogue_id()));
  add("Shape",
      "The surface is mapped to a sphere and described by spherical harmonics; a degree is shown where its wavelength "
      "is at "
      "least two of the coarsest voxel spacings. Energies by degree are shares of the whole [@wu2021].");
  if (peers.described.at("missing").is_null()) {
    add("Percentiles",
        fmt::format("Among {} of {} of the same organ and modality, without this patient's; ties count half.",
                    counted(peers.rows.size(), "lesion", "lesions"),
                    peers.described.at("of") == "training" ? "the cases that the model was made from" : "the study"));
  }
  if (given != nullptr && given->model() != nullptr) {
    add("Subtype",
        "Probabilities come from a linear discriminant with a shrunken covariance, calibrated by cross-validation on "
        "the "
        "training cases [@schaefer2005]. What speaks for the subtype are the parts of its log odds against the second. "
        "The "
        "model was made on groups of tumours; what it says of one patient has not been tested in care.");
  }
  return methods;
}

}  // namespace

Result<json> case_document(const CaseReport& report) {
  auto study = read_study(report.study, report.scans);
  if (!study) return pass_on(std::move(study), "study " + report.study.string());
  const auto found = find_lesion(*study, report.name, report.lesion);
  if (!found) return tl::unexpected(found.error());
  const std::size_t row = *found;
  const cohort::TableRow& own = study->table.rows[row];
  json inputs = json::array({study->input});
  std::optional<GivenModel> given;
  if (report.model) {
    auto read = read_given(*report.model, *study);
    if (!read) return pass_on(std::move(read));
    given = std::move(*read);
    if (given->data) inputs.insert(inputs.end(), given->data->inputs.begin(), given->data->inputs.end());
    if (given->alone) inputs.push_back(given->alone->input);
  }
  const ModelData* data = given && given->data ? &*given->data : nullptr;
  const subtype::Model* model = given ? given->model() : nullptr;
  const bool measured = study->measured(row);
  const auto details = study->details.find(own.key.name);
  json quality = json::object();
  json notes = json::array();
  if (details != study->details.end()) {
    const auto of_lesion = details->second.lesions.find(own.lesion);
    if (of_lesion != details->second.lesions.end()) {
      quality = json::parse(of_lesion->second.quality, nullptr, false);
      notes = json::parse(of_lesion->second.notes, nullptr, false);
    }
  }
  const std::string reason = own.reason.empty() && own.status == "pending" ? "not measured yet" : own.reason;

  Judged judged;
  const Peers peers = peers_of(*study, row, data);
  json standing_missing;
  if (model == nullptr) {
    judged.assignment_missing = given ? json(given->apart) : json("no model was given");
  } else if (measured) {
    judged = judge(*study, row, *model);
  } else {
    judged.assignment_missing = "not measured: " + reason;
  }
  json standing = data != nullptr ? standing_of(*study, *data, judged) : json();
  if (standing.is_null()) {
    standing_missing = !given                                 ? json("no model was given")
                       : data == nullptr || model == nullptr  ? json(given->apart)
                       : !judged.assignment_missing.is_null() ? judged.assignment_missing
                       : judged.prepared.empty()              ? json("the model refuses the case")
                                                              : json("none of the model's cases can be prepared");
  }
  CasePictures pictures;
  if (measured) {
    pictures = picture_case(*study, row);
  } else {
    const std::string why = "not measured: " + reason;
    pictures.image_missing = pictures.surface_missing = pictures.reconstructions_missing = why;
  }
  History history = history_of(*study, own);
  std::vector<std::string> warnings = warnings_of(quality, notes, own.status, reason);
  if (data != nullptr) warnings.insert(warnings.end(), data->notes.begin(), data->notes.end());
  const bool in_training = data != nullptr && std::any_of(data->training.begin(), data->training.end(),
                                                          [&](const TrainingCase& one) { return one.row == row; });
  json spectrum = spectrum_of(*study, row, peers);
  json rows = rows_of(*study, row, peers, model, judged);
  json spectrum_missing;
  for (const json& one : rows) {
    if (spectrum.is_null() && one.at("name") == "shape_share_01") spectrum_missing = one.at("missing");
  }
  std::vector<std::string> names;
  for (const feature::Entry& entry : feature::catalogue()) names.push_back(entry.name);
  json methods = case_methods(*study, peers, given ? &*given : nullptr);
  json references = references_of(methods);
  return json{{"format", "radtype report"},
              {"version", 1},
              {"kind", "case"},
              {"title", report.title.empty() ? "Case " + study->names[row] : report.title},
              {"notice", research_notice()},
              {"provenance", make_provenance("report", report.config, inputs)},
              {"features", feature_words(names)},
              {"methods", std::move(methods)},
              {"references", std::move(references)},
              {"case",
               {{"case", own.key.name},
                {"patient", own.key.patient},
                {"cohort", own.key.cohort},
                {"organ", own.key.organ},
                {"modality", own.key.modality},
                {"timepoint", own.key.timepoint},
                {"lesion", own.lesion > 0 ? json(fmt::format("{}", own.lesion)) : json()},
                {"roi", own.roi},
                {"status", own.status},
                {"reason", reason.empty() ? json() : json(reason)},
                {"inputs", inputs_without_paths(details == study->details.end() ? "[]" : details->second.inputs)}}},
              {"image", std::move(pictures.image)},
              {"image_missing", std::move(pictures.image_missing)},
              {"layers_missing", std::move(pictures.layers_missing)},
              {"surface", std::move(pictures.surface)},
              {"surface_missing", std::move(pictures.surface_missing)},
              {"reconstructions", std::move(pictures.reconstructions)},
              {"reconstruction_triangles", std::move(pictures.reconstruction_triangles)},
              {"reconstructions_missing", std::move(pictures.reconstructions_missing)},
              {"spectrum", std::move(spectrum)},
              {"spectrum_missing", spectrum_missing},
              {"rows", std::move(rows)},
              {"compared_with", peers.described},
              {"assignment", std::move(judged.assignment)},
              {"assignment_missing", std::move(judged.assignment_missing)},
              {"in_training", in_training},
              {"standing", std::move(standing)},
              {"standing_missing", standing_missing},
              {"warnings", warnings},
              {"quality", quality.is_discarded() ? json::object() : quality},
              {"history", std::move(history.course)},
              {"history_missing", std::move(history.missing)}};
}

}  // namespace radtype::report
