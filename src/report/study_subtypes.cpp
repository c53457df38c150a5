#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "report/encode.h"
#include "report/study_parts.h"

namespace radtype::report {
namespace {

using nlohmann::json;

constexpr std::size_t kTellingFeatures = 10;
constexpr double kStepsOfScore = 25;
constexpr double kLargestStep = 127;

int number_of_subtypes(const ModelData& model) { return model.discovery.at("k").get<int>(); }

/// Places in `training` by subtype, then from the highest silhouette, then by case; those that are prepared.
std::vector<std::size_t> heatmap_order(const ModelData& model) {
  std::vector<std::size_t> order;
  for (const auto& [place, row] : model.prepared_row) order.push_back(place);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const TrainingCase& left = model.training[a];
    const TrainingCase& right = model.training[b];
    if (left.subtype != right.subtype) return left.subtype < right.subtype;
    const double first = std::isfinite(left.silhouette) ? left.silhouette : -2;
    const double second = std::isfinite(right.silhouette) ? right.silhouette : -2;
    return first > second;
  });
  return order;
}

/// Features by family, families in the order of their first feature.
std::vector<std::size_t> by_family(const ModelData& model) {
  const auto& features = model.model->preparation.features;
  std::vector<std::string> families;
  std::vector<std::size_t> family(features.size());
  for (std::size_t f = 0; f < features.size(); ++f) {
    const auto found = std::find(families.begin(), families.end(), features[f].column.family);
    family[f] = static_cast<std::size_t>(found - families.begin());
    if (found == families.end()) families.push_back(features[f].column.family);
  }
  std::vector<std::size_t> order(features.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return family[a] < family[b]; });
  return order;
}

}  // namespace

double score_of(const ModelData& model, std::size_t prepared_row, std::size_t feature) {
  const double weight = model.model->preparation.features[feature].weight;
  const double value = model.prepared.table.row(prepared_row)[feature];
  return weight > 0 ? value / weight : value;
}

json subtypes_of(const ModelData& model) {
  json list = json::array();
  for (int number = 1; number <= number_of_subtypes(model); ++number) {
    std::size_t cases = 0;
    std::vector<std::size_t> prepared;
    for (std::size_t t = 0; t < model.training.size(); ++t) {
      if (model.training[t].subtype != number) continue;
      ++cases;
      if (const auto row = model.prepared_row.find(t); row != model.prepared_row.end()) prepared.push_back(row->second);
    }
    json features = json::array();
    if (model.model && !prepared.empty()) {
      const auto& frozen = model.model->preparation.features;
      std::vector<double> means(frozen.size(), 0);
      for (std::size_t f = 0; f < frozen.size(); ++f) {
        for (const std::size_t row : prepared) means[f] += score_of(model, row, f);
        means[f] /= static_cast<double>(prepared.size());
      }
      std::vector<std::size_t> order(frozen.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return std::abs(means[a]) > std::abs(means[b]); });
      order.resize(std::min(order.size(), kTellingFeatures));
      for (const std::size_t f : order) features.push_back({{"name", frozen[f].column.name}, {"mean_score", means[f]}});
    }
    list.push_back({{"subtype", std::to_string(number)},
                    {"name", fmt::format("subtype {}", number)},
                    {"cases", cases},
                    {"features", std::move(features)},
                    {"portrait", nullptr}});
  }
  return list;
}

json axes_of(const ModelData& model) {
  if (!model.embedding) return nullptr;
  return {{"x", {{"explained", model.embedding->explained[0]}}}, {"y", {{"explained", model.embedding->explained[1]}}}};
}

json heatmap_of(const ModelData& model) {
  if (!model.model || model.prepared_row.empty()) return nullptr;
  const std::vector<std::size_t> cases = heatmap_order(model);
  const std::vector<std::size_t> features = by_family(model);
  const std::size_t rows = std::min(cases.size(), kMostHeatmapRows);
  std::vector<std::int8_t> scores;
  json subtypes = json::array();
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t begin = r * cases.size() / rows;
    const std::size_t end = (r + 1) * cases.size() / rows;
    for (const std::size_t f : features) {
      double sum = 0;
      for (std::size_t c = begin; c < end; ++c) sum += score_of(model, model.prepared_row.at(cases[c]), f);
      const double mean = sum / static_cast<double>(end - begin);
      scores.push_back(
          static_cast<std::int8_t>(std::clamp(std::round(kStepsOfScore * mean), -kLargestStep, kLargestStep)));
    }
    subtypes.push_back(std::to_string(model.training[cases[(begin + end - 1) / 2]].subtype));
  }
  json names = json::array();
  for (const std::size_t f : features) names.push_back(model.model->preparation.features[f].column.name);
  return {{"rows", rows}, {"features", names}, {"scores", base64_of(scores)}, {"subtype", subtypes}};
}

Result<json> consensus_of(const ModelData& model) {
  if (model.consensus.is_null()) return json{{"consensus", nullptr}, {"cdf", nullptr}};
  const std::string file = (model.folder / "consensus.json").string();
  const json& from = model.consensus;
  try {
    if (from.at("cases").get<std::size_t>() != model.training.size()) {
      return fail(
          ErrorCode::kInconsistent,
          fmt::format("{} is of {} cases, assignments.csv of {}: the files are of two runs; run radtype discover "
                      "again",
                      file, from.at("cases").get<std::size_t>(), model.training.size()));
    }
    const auto values = from.at("consensus").at("values").get<std::vector<std::uint8_t>>();
    const auto size = from.at("consensus").at("size").get<std::size_t>();
    if (values.size() != size * size || from.at("consensus").at("subtype").size() != size)
      return fail(ErrorCode::kCorrupt, file + ": values are not size by size");
    return json{{"consensus",
                 {{"k", from.at("consensus").at("k")},
                  {"size", size},
                  {"values", base64_of(values)},
                  {"subtype", from.at("consensus").at("subtype")}}},
                {"cdf",
                 {{"k", from.at("distribution").at("k")},
                  {"x", from.at("distribution").at("x")},
                  {"curves", from.at("distribution").at("curves")}}}};
  } catch (const json::exception& wrong) {
    return fail(ErrorCode::kCorrupt, fmt::format("{} is not what radtype discover writes ({})", file, wrong.what()));
  }
}

}  // namespace radtype::report
