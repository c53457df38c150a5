#include "report/case_standing.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>

#include <fmt/format.h>

#include "radtype/feature/catalogue.h"
#include "radtype/shape/harmonics.h"
#include "report/encode.h"

namespace radtype::report {
namespace {

using nlohmann::json;

constexpr std::size_t kReasonsShown = 10;

/// Linear between the two values around it: hyndman1996, type 7.
json quantile_of(const std::vector<double>& sorted, double share) {
  if (sorted.size() < kFewestToCompare) return nullptr;
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> values_of(const StudyData& study, const std::vector<std::size_t>& rows, std::size_t feature) {
  std::vector<double> values;
  for (const std::size_t row : rows) {
    const double value = study.table.value(row, feature);
    if (std::isfinite(value)) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// Share of the others that are lower, ties half.
json percentile_of(double value, const std::vector<double>& sorted) {
  if (sorted.size() < kFewestToCompare || !std::isfinite(value)) return nullptr;
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  const double below = static_cast<double>(first - sorted.begin()) + static_cast<double>(last - first) / 2;
  return 100 * below / static_cast<double>(sorted.size());
}

double weightless(double prepared, const subtype::FrozenFeature& feature) {
  return feature.weight > 0 ? prepared / feature.weight : prepared;
}

/// The parts of the log odds of the first subtype against the second; subtype::Assignment keeps the largest five.
json why_of(const subtype::Model& model, const subtype::Assignment& one, const std::vector<double>& prepared) {
  const auto p = static_cast<Eigen::Index>(model.features());
  const auto centroid = [&](int subtype) {
    return Eigen::Map<const Eigen::VectorXd>(model.subtypes[static_cast<std::size_t>(subtype - 1)].centroid.data(), p);
  };
  const Eigen::Map<const Eigen::MatrixXd> inverse(model.inverse.data(), p, p);
  const Eigen::Map<const Eigen::VectorXd> x(prepared.data(), p);
  const Eigen::VectorXd difference = centroid(one.subtype) - centroid(one.second);
  const Eigen::VectorXd middle = (centroid(one.subtype) + centroid(one.second)) / 2;
  const Eigen::VectorXd parts = (inverse * difference).cwiseProduct(x - middle) / model.temperature;
  std::vector<std::size_t> order(model.features());
  for (std::size_t f = 0; f < order.size(); ++f) order[f] = f;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(parts[static_cast<Eigen::Index>(a)]) > std::abs(parts[static_cast<Eigen::Index>(b)]);
  });
  json why = json::array();
  for (std::size_t n = 0; n < std::min(order.size(), kReasonsShown); ++n) {
    const double part = parts[static_cast<Eigen::Index>(order[n])];
    const subtype::FrozenFeature& feature = model.preparation.features[order[n]];
    why.push_back(
        {{"name", feature.column.name}, {"score", weightless(prepared[order[n]], feature)}, {"toward", part}});
  }
  return why;
}

}  // namespace

Peers peers_of(const StudyData& study, std::size_t row, const ModelData* data) {
  const cohort::CaseKey& own = study.table.rows[row].key;
  const auto alike = [&](std::size_t other) {
    const cohort::CaseKey& key = study.table.rows[other].key;
    return key.organ == own.organ && key.modality == own.modality &&
           !(key.cohort == own.cohort && key.patient == own.patient);
  };
  Peers peers;
  std::string of = "training";
  if (data != nullptr) {
    for (const TrainingCase& one : data->training) {
      if (alike(one.row)) peers.rows.push_back(one.row);
    }
  }
  if (peers.rows.size() < kFewestToCompare) {
    of = "study";
    peers.rows.clear();
    for (std::size_t other = 0; other < study.table.rows.size(); ++other) {
      if (study.measured(other) && alike(other)) peers.rows.push_back(other);
    }
  }
  json missing;
  if (peers.rows.size() < kFewestToCompare) {
    missing = fmt::format("the study has {} other lesions of the same organ and modality; {} are needed",
                          peers.rows.size(), kFewestToCompare);
  }
  peers.described = {
      {"of", of}, {"cases", peers.rows.size()}, {"organ", own.organ}, {"modality", own.modality}, {"missing", missing}};
  return peers;
}

Judged judge(const StudyData& study, std::size_t row, const subtype::Model& model) {
  Judged judged;
  const subtype::CaseTable table = case_table(study, {row}, columns_of(model));
  const auto prepared = model.preparation.apply(table);
  if (!prepared) {
    judged.assignment_missing = prepared.error().to_string();
    return judged;
  }
  const subtype::Assignment one = subtype::classify(model, table, *prepared).front();
  const bool refused = one.state == subtype::AssignmentState::kRefused;
  json reasons = json::array();
  for (const auto& [word, sentence] : one.reasons) reasons.push_back(sentence);
  json probabilities = json::array();
  for (std::size_t c = 0; c < one.posterior.size(); ++c)
    probabilities.push_back({{"subtype", fmt::format("{}", c + 1)}, {"p", one.posterior[c]}});
  if (!refused) {
    const double* values = prepared->table.row(0);
    judged.prepared.assign(values, values + model.features());
  }
  judged.assignment = {{"subtype", refused ? json() : json(fmt::format("{}", one.subtype))},
                       {"second", refused ? json() : json(fmt::format("{}", one.second))},
                       {"probabilities", probabilities},
                       {"margin", refused ? json() : json(one.margin)},
                       {"distance", refused ? json() : json(one.distance)},
                       {"outside", model.outside},
                       {"flagged", one.state == subtype::AssignmentState::kFlagged},
                       {"refused", refused},
                       {"reasons", reasons},
                       {"why", refused ? json::array() : why_of(model, one, judged.prepared)}};
  return judged;
}

json rows_of(const StudyData& study, std::size_t row, const Peers& peers, const subtype::Model* model,
             const Judged& judged) {
  const cohort::TableRow& own = study.table.rows[row];
  const json why = own.missing.empty() ? json::object() : json::parse(own.missing, nullptr, false);
  const auto reason_for = [&](const feature::Entry& entry) -> std::string {
    for (const std::string* key : {&entry.name, &entry.family}) {
      const auto found = why.is_object() ? why.find(*key) : why.end();
      if (found != why.end() && found->is_string()) return found->get<std::string>();
    }
    return own.reason.empty() ? "not measured" : own.reason;
  };
  std::map<std::string, double> scores;
  for (std::size_t f = 0; f < judged.prepared.size(); ++f) {
    const subtype::FrozenFeature& feature = model->preparation.features[f];
    scores[feature.column.name] = weightless(judged.prepared[f], feature);
  }
  json rows = json::array();
  for (const feature::Entry& entry : feature::catalogue()) {
    const auto column = study.feature(entry.name);
    const double value = column ? study.table.value(row, *column) : std::numeric_limits<double>::quiet_NaN();
    const auto score = scores.find(entry.name);
    rows.push_back({{"name", entry.name},
                    {"value", number_or_null(value)},
                    {"missing", std::isfinite(value) ? json() : json(reason_for(entry))},
                    {"score", score == scores.end() ? json() : number_or_null(score->second)},
                    {"percentile", column ? percentile_of(value, values_of(study, peers.rows, *column)) : json()}});
  }
  return rows;
}

json spectrum_of(const StudyData& study, std::size_t row, const Peers& peers) {
  json degrees = json::array();
  json shares = json::array();
  json q1 = json::array();
  json median = json::array();
  json q3 = json::array();
  bool any = false;
  for (int degree = 1; degree <= shape::kMaxDegree; ++degree) {
    const auto column = study.feature(fmt::format("shape_share_{:02}", degree));
    if (!column) continue;
    const double share = study.table.value(row, *column);
    any = any || std::isfinite(share);
    degrees.push_back(degree);
    shares.push_back(number_or_null(share));
    const std::vector<double> others = values_of(study, peers.rows, *column);
    q1.push_back(quantile_of(others, 0.25));
    median.push_back(quantile_of(others, 0.5));
    q3.push_back(quantile_of(others, 0.75));
  }
  if (!any) return nullptr;
  json training;
  if (peers.rows.size() >= kFewestToCompare) training = {{"q1", q1}, {"median", median}, {"q3", q3}};
  return {{"degree", degrees}, {"share", shares}, {"training", training}};
}

json standing_of(const StudyData& study, const ModelData& data, const Judged& judged) {
  if (!data.embedding || judged.prepared.empty()) return nullptr;
  const std::array<double, 2> own = data.embedding->place(judged.prepared.data());
  json x = json::array();
  json y = json::array();
  json subtypes = json::array();
  json cases = json::array();
  for (const auto& [place, prepared] : data.prepared_row) {
    const std::array<double, 2> there = data.embedding->place(data.prepared.table.row(prepared));
    x.push_back(there[0]);
    y.push_back(there[1]);
    subtypes.push_back(fmt::format("{}", data.training[place].subtype));
    cases.push_back(study.names[data.training[place].row]);
  }
  return {
      {"x", own[0]},
      {"y", own[1]},
      {"training", {{"x", x}, {"y", y}, {"subtype", subtypes}, {"case", cases}}},
      {"axes",
       {{"x", {{"explained", data.embedding->explained[0]}}}, {"y", {{"explained", data.embedding->explained[1]}}}}}};
}

}  // namespace radtype::report
