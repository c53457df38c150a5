// Against R's coxph, survival 3.5-3 (../shared/golden/survival.json).
#include <cmath>
#include <fstream>
#include <functional>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/survival/cox.h"
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

struct Case {
  const char* data;
  std::vector<Column> columns;
  Column stratum;       ///< none: one
  bool months = false;  ///< heavy ties
};

TEST(CoxOfR, FitsAreTheSame) {
  NEEDS_SHARED("golden/survival.json");
  std::ifstream file(test::shared("golden/survival.json"));
  const json golden = json::parse(file);
  const std::vector<Column> age_sex = {number("age"), number("sex")};
  const Column low_ecog = [](const CsvRow& row) {
    const auto grade = parse_double(row.at("ph.ecog"));
    return grade && *grade < 3 ? grade : std::nullopt;
  };
  const std::map<std::string, Case> cases = {
      {"lung_sex", {"lung", {number("sex")}, {}}},
      {"lung_age_sex_ecog", {"lung", {number("age"), number("sex"), number("ph.ecog")}, {}}},
      {"veteran_trt_karno_age", {"veteran", {number("trt"), number("karno"), number("age")}, {}}},
      {"veteran_cell_karno",
       {"veteran",
        {is("celltype", "smallcell"), is("celltype", "adeno"), is("celltype", "large"), number("karno")},
        {}}},
      {"lung_age_sex_strata_ecog", {"lung", age_sex, low_ecog}},
      {"lung_month_ties", {"lung", age_sex, {}, true}}};
  int compared = 0;
  for (const auto& [name, ties] :
       std::vector<std::pair<std::string, Ties>>{{"efron", Ties::kEfron}, {"breslow", Ties::kBreslow}}) {
    for (const auto& [model, of] : cases) {
      const std::string key = model + "_" + name;
      if (!golden["cox"].contains(key)) continue;
      const json& theirs = golden["cox"][key];
      std::vector<Subject> subjects;
      Covariates covariates;
      CoxOptions options{ties, {}};
      for (const auto& term : theirs["terms"]) covariates.names.push_back(term);
      const auto rows = read_csv(test::shared(std::string("golden/data_") + of.data + ".csv"));
      ASSERT_TRUE(rows);
      for (const CsvRow& row : *rows) {
        std::vector<double> values;
        for (const Column& column : of.columns) {
          if (const auto value = column(row)) values.push_back(*value);
        }
        const auto stratum = of.stratum ? of.stratum(row) : 0;
        if (values.size() < of.columns.size() || !stratum) continue;
        covariates.values.insert(covariates.values.end(), values.begin(), values.end());
        options.strata.push_back(static_cast<int>(*stratum));
        const double time = *parse_double(row.at("time"));
        subjects.push_back({of.months ? std::ceil(time / 30.4375) : time, row.at("status01") == "1"});
      }
      const auto ours = cox(subjects, covariates, options);
      ASSERT_TRUE(ours) << key << ": " << ours.error().message();
      const auto near = [&](double value, const json& expected, const char* what) {
        EXPECT_NEAR(value, expected.get<double>(), 1e-6 * std::abs(expected.get<double>())) << key << " " << what;
        ++compared;
      };
      EXPECT_EQ(ours->subjects, theirs["n"]) << key;
      EXPECT_EQ(ours->events, theirs["nevent"]) << key;
      const std::size_t p = covariates.names.size();
      for (std::size_t c = 0; c < p; ++c) {
        near(ours->coefficients[c], theirs["coef"][c], "coefficient");
        near(ours->error(c), theirs["se"][c], "error");
        const Contrast ratio = ours->hazard_ratio(c);
        near(ratio.estimate, theirs["hr"][c], "hazard ratio");
        near(ratio.lower, theirs["hr_lower95"][c], "lower");
        near(ratio.upper, theirs["hr_upper95"][c], "upper");
        near(ratio.p, theirs["p"][c], "p");
        for (std::size_t d = 0; d < p; ++d) near(ours->covariance[c * p + d], theirs["vcov"][c][d], "covariance");
      }
      near(ours->log_likelihood_null, theirs["loglik_null"], "null");
      near(ours->log_likelihood, theirs["loglik"], "likelihood");
      for (const auto& [test, expected] :
           {std::pair{&ours->likelihood_ratio, "lrt"}, {&ours->wald, "wald"}, {&ours->score, "score"}}) {
        near(test->statistic, theirs[expected]["stat"], expected);
        EXPECT_EQ(test->degrees, theirs[expected]["df"]);
        near(test->p, theirs[expected]["p"], expected);
      }
      for (std::size_t n = 0; n < 10; ++n) near(ours->martingale[n], theirs["martingale_first10"][n], "martingale");
    }
  }
  EXPECT_GT(compared, 400);
}

}  // namespace
}  // namespace radtype::survival
