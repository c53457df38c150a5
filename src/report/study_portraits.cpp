#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/shape/surface.h"
#include "report/encode.h"
#include "report/study_parts.h"

namespace radtype::report {
namespace {

using nlohmann::json;

constexpr double kPortraitMarginMm = 15;
constexpr std::int64_t kMostPortraitVoxels = 96;  ///< an axis
constexpr int kPortraitVertices = 6000;           ///< a closed surface of V vertices has 2 V - 4 triangles
constexpr std::size_t kMostTries = 5;

/// Places in `training` of a subtype's cases, the nearest to its centroid first.
std::vector<std::size_t> nearest_to_centroid(const ModelData& model, int subtype) {
  const std::vector<double>& centroid = model.model->subtypes[static_cast<std::size_t>(subtype - 1)].centroid;
  std::vector<std::pair<double, std::size_t>> found;
  for (const auto& [place, row] : model.prepared_row) {
    if (model.training[place].subtype != subtype) continue;
    double squares = 0;
    const double* values = model.prepared.table.row(row);
    for (std::size_t f = 0; f < centroid.size(); ++f) squares += (values[f] - centroid[f]) * (values[f] - centroid[f]);
    found.emplace_back(squares, place);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::size_t> places;
  for (const auto& [squares, place] : found) places.push_back(place);
  return places;
}

json described(const StudyData& study, std::size_t row) {
  const cohort::CaseKey& key = study.table.rows[row].key;
  const auto volume = study.feature("shape_volume_mm3");
  return {{"case", study.names[row]},
          {"patient", key.patient},
          {"organ", key.organ},
          {"modality", key.modality},
          {"volume_mm3", volume ? number_or_null(study.table.value(row, *volume)) : json()},
          {"surface", nullptr},
          {"image", nullptr},
          {"missing", nullptr}};
}

json tumour_volume(const feature::CaseData& data) {
  const Reduction by = reduction(data.tumour.grid, box_around(data.tumour, kPortraitMarginMm), kMostPortraitVoxels);
  return volume_json(reduced(*data.image, by), data.modality,
                     {{"tumour", {{1, "tumour"}}, reduced(data.tumour, by).voxels}});
}

Result<json> portrait_of(const StudyData& study, std::size_t row) {
  auto run = measure_again(study, row, {"shape"});
  if (!run) return pass_on(std::move(run));
  const auto region = region_of(*run, study.table.rows[row]);
  if (!region) return tl::unexpected(region.error());
  const feature::CaseData& data = (*region)->data;
  json portrait = described(study, row);
  std::string missing;
  if (const auto surface = shape::extract_surface(data.tumour, {.target_vertices = kPortraitVertices})) {
    portrait["surface"] = surface_json(surface->mesh);
  } else {
    missing = "no surface: " + surface.error().message();
  }
  if (data.image) {
    portrait["image"] = tumour_volume(data);
  } else {
    missing += (missing.empty() ? "" : "; ") + std::string("the study has an outline and no image of it");
  }
  if (!missing.empty()) portrait["missing"] = missing;
  return portrait;
}

json portrait_of_subtype(const StudyData& study, const ModelData& model, int subtype) {
  const std::vector<std::size_t> places = nearest_to_centroid(model, subtype);
  json portrait;
  for (std::size_t t = 0; t < std::min(places.size(), kMostTries); ++t) {
    const std::size_t row = model.training[places[t]].row;
    auto made = portrait_of(study, row);
    if (made) return std::move(*made);
    if (!portrait.is_null()) continue;
    portrait = described(study, row);
    portrait["missing"] = made.error().to_string();
  }
  return portrait;
}

}  // namespace

std::vector<json> portraits_of(const StudyData& study, const ModelData& model, int most) {
  std::vector<json> portraits(static_cast<std::size_t>(model.discovery.at("k").get<int>()));
  if (!model.model) return portraits;
  const auto made = std::min<std::int64_t>(most, static_cast<std::int64_t>(portraits.size()));
  parallel_for(0, made, [&](std::int64_t n) {
    portraits[static_cast<std::size_t>(n)] = portrait_of_subtype(study, model, static_cast<int>(n) + 1);
  });
  return portraits;
}

}  // namespace radtype::report
