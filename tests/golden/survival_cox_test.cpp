// Against R's coxph, cox.zph and residuals, survival 3.5-3 (../shared/golden/survival.json and
// ../shared/data/survival/reference_R).
#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/residuals.h"
#include "support/shared_data.h"

namespace radtype::survival {
namespace {

using nlohmann::json;

using Column = std::function<std::optional<double>(const CsvRow&)>;

Column number(const std::string& name) {
  return [name](const CsvRow& row) { return parse_double(row.at(name)); };
}
Column is(const std::string& name, const std::string& value) {
  return [=](const CsvRow& row) { return row.at(name) == value ? 1.0 : 0.0; };
}

struct Named {
  std::string name;
  Column column;
};
struct Case {
  std::string data;  ///< in ../shared
  std::vector<Named> columns;
  Column stratum = {};  ///< none: one
  std::vector<Term> terms = {};
  Column time = number("time");
  Column event = number("status01");
};

const std::string kLung = "golden/data_lung.csv", kVeteran = "golden/data_veteran.csv";
const std::vector<Named> kCells = {{"celltypesmallcell", is("celltype", "smallcell")},
                                   {"celltypeadeno", is("celltype", "adeno")},
                                   {"celltypelarge", is("celltype", "large")}};
Named own(const std::string& name) { return {name, number(name)}; }
std::vector<Named> with_cells(std::vector<Named> before, const std::vector<Named>& after) {
  before.insert(before.end(), kCells.begin(), kCells.end());
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

struct Fitted {
  std::vector<Subject> subjects;
  Covariates covariates;
  CoxOptions options;
  CoxFit fit;
};

Fitted fitted(const Case& of, Ties ties) {
  Fitted made;
  made.options.ties = ties;
  for (const Named& one : of.columns) made.covariates.names.push_back(one.name);
  const auto rows = read_csv(test::shared(of.data));
  EXPECT_TRUE(rows) << of.data;
  for (const CsvRow& row : *rows) {
    std::vector<double> values;
    for (const Named& one : of.columns) {
      if (const auto value = one.column(row)) values.push_back(*value);
    }
    const auto stratum = of.stratum ? of.stratum(row) : 0;
    if (values.size() < of.columns.size() || !stratum) continue;
    made.covariates.values.insert(made.covariates.values.end(), values.begin(), values.end());
    if (of.stratum) made.options.strata.push_back(static_cast<int>(*stratum));
    made.subjects.push_back({*of.time(row), *of.event(row) == 1});
  }
  auto fit = cox(made.subjects, made.covariates, made.options);
  EXPECT_TRUE(fit) << (fit ? "" : fit.error().to_string());
  if (fit) made.fit = *fit;
  return made;
}

std::vector<double> risks(const Fitted& of) {
  std::vector<double> risks;
  const std::size_t p = of.fit.names.size();
  for (std::size_t n = 0; n < of.subjects.size(); ++n) {
    double risk = 0;
    for (std::size_t c = 0; c < p; ++c) risk += of.fit.coefficients[c] * of.covariates.value(n, c);
    risks.push_back(risk);
  }
  return risks;
}

class CoxOfR : public testing::Test {
 protected:
  void near(double value, double expected, const std::string& what, double relative = 1e-6) {
    EXPECT_NEAR(value, expected, relative * std::abs(expected)) << what;
    ++compared;
  }
  void near(double value, const json& expected, const std::string& what) { near(value, expected.get<double>(), what); }

  void compare_fit(const CoxFit& fit, const json& theirs, const std::string& key) {
    EXPECT_EQ(fit.subjects, theirs["n"]) << key;
    EXPECT_EQ(fit.events, theirs["nevent"]) << key;
    const std::size_t p = fit.names.size();
    for (std::size_t c = 0; c < p; ++c) {
      EXPECT_EQ(fit.names[c], theirs["terms"][c].get<std::string>()) << key;
      near(fit.coefficients[c], theirs["coef"][c], key + " coefficient");
      near(fit.error(c), theirs["se"][c], key + " error");
      const Contrast ratio = fit.hazard_ratio(c);
      near(ratio.estimate, theirs["hr"][c], key + " hazard ratio");
      near(ratio.lower, theirs["hr_lower95"][c], key + " lower");
      near(ratio.upper, theirs["hr_upper95"][c], key + " upper");
      near(ratio.p, theirs["p"][c], key + " p");
      for (std::size_t d = 0; d < p; ++d) near(fit.covariance[c * p + d], theirs["vcov"][c][d], key + " covariance");
    }
    near(fit.log_likelihood_null, theirs["loglik_null"], key + " null");
    near(fit.log_likelihood, theirs["loglik"], key + " likelihood");
    for (const auto& [test, expected] :
         {std::pair{&fit.likelihood_ratio, "lrt"}, {&fit.wald, "wald"}, {&fit.score, "score"}}) {
      near(test->statistic, theirs[expected]["stat"], key + " " + expected);
      EXPECT_EQ(test->degrees, theirs[expected]["df"]);
      near(test->p, theirs[expected]["p"], key + " " + expected);
    }
  }

  /// R's rows are some of its times, within each stratum ascending.
  void compare_baseline(const CoxFit& fit, const json& theirs, const std::string& key) {
    const auto ours = cumulative_hazard(fit, std::vector<double>(fit.names.size(), 0));
    ASSERT_TRUE(ours) << key;
    std::size_t at = 0;
    for (std::size_t n = 0; n < theirs["time"].size(); ++n) {
      const double time = theirs["time"][n];
      const auto here = [&] {  // the last event up to this time, before the next
        return (*ours)[at].time <= time && (at + 1 == ours->size() || (*ours)[at + 1].time > time ||
                                            (*ours)[at + 1].stratum != (*ours)[at].stratum);
      };
      if (n > 0 && time < theirs["time"][n - 1].get<double>()) {
        const int stratum = (*ours)[at].stratum;
        while (at < ours->size() && (*ours)[at].stratum == stratum) ++at;
      }
      while (at < ours->size() && !here()) ++at;
      ASSERT_LT(at, ours->size()) << key << " at " << time;
      near((*ours)[at].cumulative, theirs["cumhaz"][n], key + " baseline at " + shortest(time));
    }
  }

  void compare_concordance(const Fitted& made, const json& theirs, const std::string& key) {
    const auto ours = concordance(made.subjects, risks(made), made.options.strata);
    ASSERT_TRUE(ours) << key;
    near(ours->c, theirs["C"], key + " concordance");
    near(ours->error, theirs["se"], key + " its error");
    const json& counts = theirs["counts"];
    const double all[] = {ours->concordant, ours->discordant, ours->tied_risk, ours->tied_time, ours->tied_both};
    const char* names[] = {"concordant", "discordant", "tied.x", "tied.y", "tied.xy"};
    for (std::size_t k = 0; k < 5; ++k) {
      double expected = 0;
      if (counts.is_array()) {  // by column: strata within kinds
        for (std::size_t s = 0; s < 3; ++s) expected += counts[3 * k + s].get<double>();
      } else {
        expected = counts[names[k]];
      }
      EXPECT_EQ(all[k], expected) << key << " " << names[k];
    }
  }

  void compare_proportionality(const Fitted& made, const json& theirs, const std::vector<Term>& terms,
                               const std::string& key) {
    const std::map<std::string, TimeScale> scales = {{"km", TimeScale::kKaplanMeier},
                                                     {"identity", TimeScale::kIdentity},
                                                     {"rank", TimeScale::kRank},
                                                     {"log", TimeScale::kLog}};
    for (const auto& [name, scale] : scales) {
      const auto ours = proportional_hazards(made.subjects, made.covariates, made.options, made.fit, scale, terms);
      ASSERT_TRUE(ours) << key;
      std::vector<survival::Test> tests = ours->terms;
      tests.push_back(ours->global);
      const json& expected = theirs[name];
      ASSERT_EQ(tests.size(), expected["chisq"].size()) << key;
      for (std::size_t t = 0; t < tests.size(); ++t) {
        near(tests[t].statistic, expected["chisq"][t], key + " proportionality by " + name);
        EXPECT_EQ(tests[t].degrees, expected["df"][t]) << key;
        near(tests[t].p, expected["p"][t], key + " p of proportionality by " + name);
      }
    }
  }

  int compared = 0;
};

const std::map<std::string, Case>& cases() {
  static const Column low_ecog = [](const CsvRow& row) {
    const auto grade = parse_double(row.at("ph.ecog"));
    return grade && *grade < 3 ? grade : std::nullopt;
  };
  static const Column months = [](const CsvRow& row) -> std::optional<double> {  // heavy ties
    return std::ceil(*parse_double(row.at("time")) / 30.4375);
  };
  static const std::map<std::string, Case> all = {
      {"lung_sex", {kLung, {own("sex")}}},
      {"lung_age_sex_ecog", {kLung, {own("age"), own("sex"), own("ph.ecog")}}},
      {"veteran_trt_karno_age", {kVeteran, {own("trt"), own("karno"), own("age")}}},
      {"veteran_cell_karno", {kVeteran, with_cells({}, {own("karno")}), {}, {{"celltype", {0, 1, 2}}, {"karno", {3}}}}},
      {"lung_age_sex_strata_ecog", {kLung, {own("age"), own("sex")}, low_ecog}},
      {"lung_month_ties", {kLung, {own("age"), own("sex")}, {}, {}, months}}};
  return all;
}

TEST_F(CoxOfR, EveryQuantityOfEveryModel) {
  NEEDS_SHARED("golden/survival.json");
  std::ifstream file(test::shared("golden/survival.json"));
  const json golden = json::parse(file);
  const std::map<std::string, Ties> rules = {
      {"efron", Ties::kEfron}, {"breslow", Ties::kBreslow}, {"exact", Ties::kExact}};
  std::size_t models = 0;
  for (const auto& [rule, ties] : rules) {
    for (const auto& [model, of] : cases()) {
      const std::string key = model + "_" + rule;
      if (!golden["cox"].contains(key)) continue;
      ++models;
      const json& theirs = golden["cox"][key];
      const Fitted made = fitted(of, ties);
      compare_fit(made.fit, theirs, key);
      compare_baseline(made.fit, theirs["basehaz_uncentered"], key);
      compare_concordance(made, theirs["concordance"], key);
      const std::vector<double> deviance = deviance_residuals(made.subjects, made.fit);
      for (std::size_t n = 0; n < 10; ++n) {
        near(made.fit.martingale[n], theirs["martingale_first10"][n], key + " martingale");
        near(deviance[n], theirs["deviance_first10"][n], key + " deviance");
      }
      if (theirs.contains("zph")) compare_proportionality(made, theirs["zph"], of.terms, key);
      if (!theirs.contains("schoenfeld_sum_abs")) continue;
      const auto residuals = schoenfeld_residuals(made.subjects, made.covariates, made.options, made.fit);
      ASSERT_TRUE(residuals) << key;
      double sum = 0;
      for (const double value : residuals->plain) sum += std::abs(value);
      near(sum, theirs["schoenfeld_sum_abs"], key + " Schoenfeld");
    }
  }
  EXPECT_EQ(models, golden["cox"].size());
  EXPECT_GT(compared, 1200);
}

/// 10 digits are given.
TEST_F(CoxOfR, ReferenceTables) {
  NEEDS_SHARED("data/survival/reference_R");
  static const Column cell = [](const CsvRow& row) -> std::optional<double> {
    return row.at("celltype")[1];  // in which all differ
  };
  const std::string lung1 = "data/survival/lung1_radiomics_clinical.csv";
  const Case large = {
      lung1,
      {own("age"), {"major", number("original_shape_MajorAxisLength")}, {"flat", number("original_shape_Flatness")}},
      {},
      {},
      number("Survival.time"),
      number("deadstatus.event")};
  const Case veteran = {kVeteran,
                        with_cells({own("trt"), own("karno")}, {own("age")}),
                        {},
                        {{"trt", {0}}, {"karno", {1}}, {"celltype", {2, 3, 4}}, {"age", {5}}}};
  const Case lung = {kLung, {own("age"), own("sex"), own("ph.ecog")}};
  const std::map<std::string, std::pair<Case, Ties>> models = {
      {"lung age+sex+ph.ecog efron", {lung, Ties::kEfron}},
      {"lung age+sex+ph.ecog breslow", {lung, Ties::kBreslow}},
      {"veteran trt+karno+celltype+age efron", {veteran, Ties::kEfron}},
      {"veteran trt+karno+strata(celltype) efron", {{kVeteran, {own("trt"), own("karno")}, cell}, Ties::kEfron}},
      {"lung1 age+MajorAxisLength+Flatness efron (rows with missing age dropped)", {large, Ties::kEfron}},
      {"lung1 age+MajorAxisLength+Flatness", {large, Ties::kEfron}}};
  const std::string folder = "data/survival/reference_R/";
  for (const std::string table : {"cox.csv", "lung1_cox.csv", "cox_zph.csv", "lung1_cox_zph.csv"}) {
    const auto rows = read_csv(test::shared(folder + table));
    ASSERT_TRUE(rows);
    for (const CsvRow& row : *rows) {
      const std::string what = row.at("model") + " " + row.at("term");
      const auto value = [&](const char* column) { return *parse_double(row.at(column)); };
      ASSERT_TRUE(models.contains(row.at("model"))) << what;
      const auto& [of, ties] = models.at(row.at("model"));
      const Fitted made = fitted(of, ties);
      const CoxFit& fit = made.fit;
      if (row.contains("df")) {
        const auto tests =
            proportional_hazards(made.subjects, made.covariates, made.options, fit, TimeScale::kKaplanMeier, of.terms);
        ASSERT_TRUE(tests) << what;
        survival::Test test = tests->global;
        for (std::size_t t = 0; t < tests->terms.size(); ++t) {
          if (row.at("term") == (of.terms.empty() ? fit.names[t] : of.terms[t].name)) test = tests->terms[t];
        }
        near(test.statistic, value("chisq"), what);
        EXPECT_EQ(test.degrees, value("df")) << what;
        near(test.p, value("p"), what);
        continue;
      }
      const auto found = std::find(fit.names.begin(), fit.names.end(), row.at("term"));
      ASSERT_NE(found, fit.names.end()) << what;
      const auto c = static_cast<std::size_t>(found - fit.names.begin());
      const Contrast ratio = fit.hazard_ratio(c);
      near(fit.coefficients[c], value("coef"), what);
      near(fit.error(c), value("se"), what);
      near(ratio.estimate, value("exp_coef"), what);
      near(ratio.lower, value("hr_lower95"), what);
      near(ratio.upper, value("hr_upper95"), what);
      near(ratio.p, value("p"), what);
      near(fit.log_likelihood_null, value("loglik_null"), what);
      near(fit.log_likelihood, value("loglik"), what);
      near(fit.likelihood_ratio.statistic, value("lrt"), what);
      near(fit.wald.statistic, value("wald"), what, 1e-3);  // 4 digits are given
      near(fit.score.statistic, value("score"), what);
      const auto order = concordance(made.subjects, risks(made), made.options.strata);
      ASSERT_TRUE(order);
      near(order->c, value("concordance"), what);
      near(order->error, value("concordance_se"), what);
    }
  }
  EXPECT_GT(compared, 200);
}

}  // namespace
}  // namespace radtype::survival
