#include "report/patient_parts.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/core/config.h"
#include "radtype/core/provenance.h"
#include "radtype/feature/catalogue.h"
#include "report/encode.h"
#include "report/words.h"

namespace radtype::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json probabilities_json(const std::vector<double>& posterior) {
  if (posterior.empty()) return nullptr;
  json list = json::array();
  for (std::size_t c = 0; c < posterior.size(); ++c)
    list.push_back({{"subtype", fmt::format("{}", c + 1)}, {"p", posterior[c]}});
  return list;
}

json point_json(const CoursePoint& point) {
  json values = json::object();
  const auto value_of = [&](const char* name) -> json {
    for (std::size_t m = 0; m < point.values.size(); ++m) {
      if (measures()[m].name == name) return number_or_null(point.values[m]);
    }
    return nullptr;
  };
  for (std::size_t m = 0; m < point.values.size(); ++m) values[measures()[m].name] = number_or_null(point.values[m]);
  return {{"timepoint", point.timepoint},
          {"case", text_or_null(point.name)},
          {"lesion", point.lesion > 0 ? json(point.lesion) : json()},
          {"volume_mm3", value_of("shape_volume_mm3")},
          {"max_diameter_mm", value_of("shape_max_diameter_mm")},
          {"values", values},
          {"values_missing", point.why_missing},
          {"probabilities", probabilities_json(point.probabilities)},
          {"refused", text_or_null(point.refused)},
          {"missing", text_or_null(point.missing)},
          {"gone", point.gone},
          {"note", text_or_null(point.note)}};
}

json interval_json(const Repeatability& found, bool relative) {
  if (!found.missing.empty()) return nullptr;
  // A factor f on the log scale is +100 (f - 1) % up and -100 (1 - 1/f) % down.
  const auto size = [&](double coefficient) { return relative ? std::exp(coefficient) - 1 : coefficient; };
  json interval = {{"relative", relative},
                   {"half_width", size(found.upper)},
                   {"coefficient", size(found.coefficient)},
                   {"coefficient_lower", size(found.lower)},
                   {"coefficient_upper", size(found.upper)},
                   {"lesions", found.lesions},
                   {"repeats", found.degrees_of_freedom}};
  if (relative) interval["factor"] = std::exp(found.upper);
  return interval;
}

std::string source_of(const Repeatability& found, const Measure& measure, const std::string& modality) {
  if (!found.missing.empty()) return "no interval: " + found.missing;
  const auto shown = [&](double coefficient) {
    return measure.relative ? fmt::format("factor {:.3g}", std::exp(coefficient))
                            : fmt::format("± {:.3g}", coefficient);
  };
  return fmt::format(
      "the one-sided 95 % upper bound, {}, of the repeatability coefficient, 1.96 sqrt(2) SD within lesions{}: {} "
      "(lower "
      "bound {}); from {} and {}{}",
      shown(found.upper), measure.relative ? " of the logarithm" : "", shown(found.coefficient), shown(found.lower),
      counted(found.lesions, "lesion", "lesions"),
      counted(found.degrees_of_freedom, "repeated measurement", "repeated measurements"),
      modality.empty() ? "" : " on " + modality);
}

}  // namespace

Result<FrozenModel> read_frozen_model(const fs::path& folder_or_file) {
  fs::path file = folder_or_file;
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) file /= "model.json";
  auto document = read_json_file(file.string());
  if (!document) return pass_on(std::move(document), "model");
  auto model = subtype::model_from_json(*document);
  if (!model) return pass_on(std::move(model), file.string());
  auto input = describe_input("model", file, {file});
  if (!input) return pass_on(std::move(input));
  return FrozenModel{std::move(*model), std::move(*input)};
}

std::vector<subtype::FeatureColumn> columns_of(const subtype::Model& model) {
  std::vector<subtype::FeatureColumn> columns;
  for (const subtype::FrozenFeature& feature : model.preparation.features) {
    subtype::FeatureColumn& column = columns.emplace_back(feature.column);
    if (const feature::Entry* entry = feature::find_feature(column.name)) column.version = entry->version;
  }
  return columns;
}

json timepoints_json(const Course& course) {
  json list = json::array();
  for (const CourseTimepoint& one : course.timepoints) {
    list.push_back({{"timepoint", one.timepoint},
                    {"day", one.day ? json(*one.day) : json()},
                    {"case", fmt::format("{}", fmt::join(one.cases, ", "))},
                    {"cases", one.cases},
                    {"organ", one.organ},
                    {"modality", one.modality},
                    {"status", one.status},
                    {"reason", text_or_null(one.reason)}});
  }
  return list;
}

json tracks_json(const Course& course, std::optional<std::size_t> only) {
  json list = json::array();
  for (std::size_t t = 0; t < course.tracks.size(); ++t) {
    if (only && *only != t) continue;
    const CourseTrack& track = course.tracks[t];
    json points = json::array();
    for (const CoursePoint& point : track.points) points.push_back(point_json(point));
    list.push_back(
        {{"lesion", track.name}, {"organ", track.organ}, {"modality", track.modality}, {"points", std::move(points)}});
  }
  return list;
}

json changes_json(const Course& course, std::optional<std::size_t> only) {
  json list = json::array();
  for (const CourseChange& one : course.changes) {
    if (only && *only != one.track) continue;
    list.push_back({{"lesion", course.tracks[one.track].name},
                    {"measure", measures()[one.measure].name},
                    {"from", one.from},
                    {"to", one.to},
                    {"value_from", one.before},
                    {"value_to", one.after},
                    {"percent", one.percent ? json(*one.percent) : json()},
                    {"beyond_noise", one.beyond_noise ? json(*one.beyond_noise) : json()},
                    {"reason", text_or_null(one.reason)}});
  }
  return list;
}

json measures_json(const NoiseOfModality* noise, const std::string& modality) {
  json list = json::array();
  for (std::size_t m = 0; m < measures().size(); ++m) {
    const Measure& measure = measures()[m];
    const feature::Entry* entry = feature::find_feature(measure.name);
    json one = {{"name", measure.name},
                {"title", measure.title},
                {"unit", entry == nullptr ? "" : entry->unit},
                {"relative", measure.relative},
                {"interval", nullptr},
                {"interval_source", "no repeated measurements were given: change cannot be told from noise"},
                {"by_modality", json::object()}};
    if (noise != nullptr) {
      for (const auto& [of_modality, found] : *noise) {
        json interval = interval_json(found[m], measure.relative);
        const std::string source = source_of(found[m], measure, of_modality);
        if (of_modality == modality) {
          one["interval"] = interval;
          one["interval_source"] = source;
        }
        one["by_modality"][of_modality] = {{"interval", std::move(interval)}, {"interval_source", source}};
      }
      if (!noise->contains(modality)) {
        one["interval_source"] = fmt::format("no repeated measurements{}: change cannot be told from noise",
                                             modality.empty() ? " of scans without a modality" : " on " + modality);
      }
    }
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace radtype::report
