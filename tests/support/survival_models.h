// The patients and models of ../shared/golden/survival.json and ../shared/data/survival/reference_R.
#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/survival/cox.h"
#include "radtype/survival/residuals.h"

namespace radtype::test {

/// A number of a row; none: the row is left out.
using Column = std::function<std::optional<double>(const CsvRow&)>;

inline Column number(const std::string& name) {
  return [name](const CsvRow& row) { return parse_double(row.at(name)); };
}
inline Column is(const std::string& name, const std::string& value) {
  return [=](const CsvRow& row) { return row.at(name) == value ? 1.0 : 0.0; };
}
/// 1, 2, ... in the order given.
inline Column one_of(const std::string& name, const std::vector<std::string>& values) {
  return [=](const CsvRow& row) -> std::optional<double> {
    for (std::size_t n = 0; n < values.size(); ++n) {
      if (row.at(name) == values[n]) return static_cast<double>(n + 1);
    }
    return std::nullopt;
  };
}

inline const std::string kLung = "golden/data_lung.csv";
inline const std::string kVeteran = "golden/data_veteran.csv";
inline const std::string kLung1 = "data/survival/lung1_radiomics_clinical.csv";
inline const std::vector<std::string> kCells = {"squamous", "smallcell", "adeno", "large"};

/// 3 is one patient, whom R's run left out.
inline std::optional<double> low_ecog(const CsvRow& row) {
  const auto grade = parse_double(row.at("ph.ecog"));
  return grade && *grade < 3 ? grade : std::nullopt;
}
/// By quartiles of type 7.
inline std::optional<double> quarter_of_age(const CsvRow& row) {
  const double age = parse_double(row.at("age")).value();
  return age <= 56 ? 1 : age <= 63 ? 2 : age <= 69 ? 3 : 4;
}
/// Many events at one time.
inline std::optional<double> months(const CsvRow& row) {
  return std::ceil(parse_double(row.at("time")).value() / 30.4375);
}

struct NamedColumn {
  std::string name;
  Column column;
};
inline NamedColumn own(const std::string& name) { return {name, number(name)}; }
/// Cells after the first, between others.
inline std::vector<NamedColumn> with_cells(std::vector<NamedColumn> before, const std::vector<NamedColumn>& after) {
  for (std::size_t n = 1; n < kCells.size(); ++n) before.push_back({"celltype" + kCells[n], is("celltype", kCells[n])});
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

struct SurvivalModel {
  std::string data;  ///< in ../shared
  std::vector<NamedColumn> columns;
  Column stratum = {};  ///< none: one
  std::vector<survival::Term> terms = {};
  Column time = number("time");
  Column event = number("status01");
};

/// Of survival.json, by name without the rule of ties.
inline std::map<std::string, SurvivalModel> golden_models() {
  return {
      {"lung_sex", {kLung, {own("sex")}}},
      {"lung_age_sex_ecog", {kLung, {own("age"), own("sex"), own("ph.ecog")}}},
      {"veteran_trt_karno_age", {kVeteran, {own("trt"), own("karno"), own("age")}}},
      {"veteran_cell_karno", {kVeteran, with_cells({}, {own("karno")}), {}, {{"celltype", {0, 1, 2}}, {"karno", {3}}}}},
      {"lung_age_sex_strata_ecog", {kLung, {own("age"), own("sex")}, low_ecog}},
      {"lung_month_ties", {kLung, {own("age"), own("sex")}, {}, {}, months}}};
}

/// Of reference_R, by what its tables call them.
inline std::map<std::string, std::pair<SurvivalModel, survival::Ties>> reference_models() {
  const SurvivalModel lung = {kLung, {own("age"), own("sex"), own("ph.ecog")}};
  const SurvivalModel veteran = {kVeteran,
                                 with_cells({own("trt"), own("karno")}, {own("age")}),
                                 {},
                                 {{"trt", {0}}, {"karno", {1}}, {"celltype", {2, 3, 4}}, {"age", {5}}}};
  const SurvivalModel by_cell = {kVeteran, {own("trt"), own("karno")}, one_of("celltype", kCells)};
  const SurvivalModel lung1 = {
      kLung1,
      {own("age"), {"major", number("original_shape_MajorAxisLength")}, {"flat", number("original_shape_Flatness")}},
      {},
      {},
      number("Survival.time"),
      number("deadstatus.event")};
  using survival::Ties;
  return {{"lung age+sex+ph.ecog efron", {lung, Ties::kEfron}},
          {"lung age+sex+ph.ecog breslow", {lung, Ties::kBreslow}},
          {"veteran trt+karno+celltype+age efron", {veteran, Ties::kEfron}},
          {"veteran trt+karno+strata(celltype) efron", {by_cell, Ties::kEfron}},
          {"lung1 age+MajorAxisLength+Flatness efron (rows with missing age dropped)", {lung1, Ties::kEfron}},
          {"lung1 age+MajorAxisLength+Flatness", {lung1, Ties::kEfron}}};
}

struct FittedModel {
  std::vector<survival::Subject> subjects;
  survival::Covariates covariates;
  survival::CoxOptions options;
  survival::CoxFit fit;

  /// Log hazard of each subject.
  std::vector<double> risks() const {
    std::vector<double> sums(subjects.size(), 0);
    for (std::size_t n = 0; n < subjects.size(); ++n) {
      for (std::size_t c = 0; c < fit.names.size(); ++c) sums[n] += fit.coefficients[c] * covariates.value(n, c);
    }
    return sums;
  }
};

inline Result<FittedModel> fit_model(const std::filesystem::path& shared, const SurvivalModel& model,
                                     survival::Ties ties) {
  FittedModel made;
  made.options.ties = ties;
  for (const NamedColumn& one : model.columns) made.covariates.names.push_back(one.name);
  auto rows = read_csv(shared / model.data);
  if (!rows) return pass_on(std::move(rows));
  for (const CsvRow& row : *rows) {
    std::vector<double> values;
    for (const NamedColumn& one : model.columns) {
      if (const auto value = one.column(row)) values.push_back(*value);
    }
    const auto stratum = model.stratum ? model.stratum(row) : 0;
    if (values.size() < model.columns.size() || !stratum) continue;
    made.covariates.values.insert(made.covariates.values.end(), values.begin(), values.end());
    if (model.stratum) made.options.strata.push_back(static_cast<int>(*stratum));
    made.subjects.push_back({model.time(row).value(), model.event(row).value() == 1});
  }
  auto fit = survival::cox(made.subjects, made.covariates, made.options);
  if (!fit) return pass_on(std::move(fit));
  made.fit = *std::move(fit);
  return made;
}

/// Patients with labels 1..k.
struct LabelledSubjects {
  std::vector<survival::Subject> subjects;
  std::vector<int> groups;
  std::vector<int> strata;
};
/// `stratum` none: one.
inline Result<LabelledSubjects> read_groups(const std::filesystem::path& shared, const std::string& data,
                                            const Column& group, const Column& stratum = {},
                                            const Column& time = number("time"),
                                            const Column& event = number("status01")) {
  LabelledSubjects made;
  auto rows = read_csv(shared / data);
  if (!rows) return pass_on(std::move(rows));
  for (const CsvRow& row : *rows) {
    const auto label = group(row);
    const auto in = stratum ? stratum(row) : 0;
    if (!label || !in) continue;
    made.subjects.push_back({time(row).value(), event(row).value() == 1});
    made.groups.push_back(static_cast<int>(*label));
    if (stratum) made.strata.push_back(static_cast<int>(*in));
  }
  return made;
}
/// By group.
inline Result<std::vector<survival::Curve>> curves(const LabelledSubjects& of) {
  std::vector<std::vector<survival::Subject>> members;
  for (std::size_t n = 0; n < of.groups.size(); ++n) {
    const auto group = static_cast<std::size_t>(of.groups[n]);
    if (group > members.size()) members.resize(group);
    members[group - 1].push_back(of.subjects[n]);
  }
  std::vector<survival::Curve> made;
  for (const auto& group : members) {
    auto curve = survival::kaplan_meier(group);
    if (!curve) return pass_on(std::move(curve));
    made.push_back(*std::move(curve));
  }
  return made;
}

}  // namespace radtype::test
