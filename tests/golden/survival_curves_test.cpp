// Against R: survival 3.5-3 and survRM2 (../shared/golden/survival.json).
#include <cmath>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/stats/distribution.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"
#include "support/shared_data.h"

namespace radtype::survival {
namespace {

using nlohmann::json;

/// A closed form; golden numbers have 15 digits.
constexpr double kClosed = 1e-10;

struct Group {
  std::vector<Subject> subjects;
  std::vector<int> groups;
  std::vector<int> strata;
};

class SurvivalOfR : public testing::Test {
 protected:
  void SetUp() override {
    NEEDS_SHARED("golden/survival.json");
    std::ifstream file(test::shared("golden/survival.json"));
    golden = json::parse(file);
    for (const char* name : {"lung", "veteran"})
      rows[name] = *read_csv(test::shared(std::string("golden/data_") + name + ".csv"));
  }

  /// Subjects by the number that `group` gives a row; 0 leaves it out.
  template <class Number, class Stratum>
  Group of(const std::string& data, const Number& group, const Stratum& stratum) const {
    Group result;
    for (const CsvRow& row : rows.at(data)) {
      const int number = group(row);
      const int in = stratum(row);
      if (number == 0 || in < 0) continue;
      result.subjects.push_back({*parse_double(row.at("time")), row.at("status01") == "1"});
      result.groups.push_back(number);
      result.strata.push_back(in);
    }
    return result;
  }
  template <class Number>
  Group of(const std::string& data, const Number& group) const {
    return of(data, group, [](const CsvRow&) { return 0; });
  }
  static void near(double ours, const json& theirs, const std::string& what) {
    if (theirs.is_null()) {
      EXPECT_FALSE(std::isfinite(ours)) << what;
      return;
    }
    const double value = theirs.get<double>();
    EXPECT_NEAR(ours, value, kClosed * std::max(1e-3, std::abs(value))) << what;
  }

  json golden;
  std::map<std::string, std::vector<CsvRow>> rows;
};

int sex(const CsvRow& row) { return static_cast<int>(*parse_integer(row.at("sex"))); }
int cell(const CsvRow& row) {
  const std::map<std::string, int> number = {{"squamous", 1}, {"smallcell", 2}, {"adeno", 3}, {"large", 4}};
  return number.at(row.at("celltype"));
}
/// The golden run left out who has none, and the only one with 3.
int ecog(const CsvRow& row) {
  const auto grade = parse_integer(row.at("ph.ecog"));
  return grade && *grade < 3 ? static_cast<int>(*grade) : -1;
}

std::vector<Curve> curves(const Group& of) {
  std::vector<Curve> result;
  for (int g = 1; g <= *std::max_element(of.groups.begin(), of.groups.end()); ++g) {
    std::vector<Subject> members;
    for (std::size_t n = 0; n < of.groups.size(); ++n) {
      if (of.groups[n] == g) members.push_back(of.subjects[n]);
    }
    result.push_back(*kaplan_meier(members));
  }
  return result;
}

TEST_F(SurvivalOfR, WholeCurves) {
  const std::map<std::string, Group> groups = {{"lung_overall", of("lung", [](const CsvRow&) { return 1; })},
                                               {"lung_by_sex", of("lung", sex)},
                                               {"veteran_by_cell", of("veteran", cell)}};
  int compared = 0;
  for (const auto& [name, group] : groups) {
    const json& theirs = golden["km_full_curve"][name];
    std::size_t at = 0;
    for (const Curve& curve : curves(group)) {
      for (const CurvePoint& point : curve.points) {
        const std::string what = name + " at " + shortest(point.time);
        near(point.time, theirs["time"][at], what);
        near(point.at_risk, theirs["n_risk"][at], what);
        near(point.events, theirs["n_event"][at], what);
        near(point.censored, theirs["n_censor"][at], what);
        near(point.survival, theirs["surv"][at], what);
        near(point.log_error, theirs["std_err_log"][at], what);
        near(point.cumulative_hazard, theirs["cumhaz"][at], what);
        near(point.hazard_error, theirs["std_chaz"][at], what);
        ++at;
        ++compared;
      }
    }
    EXPECT_EQ(at, theirs["time"].size());
  }
  EXPECT_GT(compared, 500);
}

TEST_F(SurvivalOfR, IntervalsAndMedians) {
  const std::map<std::string, IntervalKind> kinds = {
      {"plain", IntervalKind::kPlain}, {"log", IntervalKind::kLog}, {"log-log", IntervalKind::kLogLog}};
  const std::map<std::string, Group> groups = {{"lung_overall", of("lung", [](const CsvRow&) { return 1; })},
                                               {"lung_by_sex", of("lung", sex)},
                                               {"veteran_overall", of("veteran", [](const CsvRow&) { return 1; })},
                                               {"veteran_by_cell", of("veteran", cell)}};
  int compared = 0;
  for (const auto& [name, group] : groups) {
    const std::vector<Curve> ours = curves(group);
    for (const json& theirs : golden["km"][name]) {
      const IntervalKind kind = kinds.at(theirs["conf_type"].get<std::string>());
      const std::size_t times = theirs["times"].size();
      for (std::size_t g = 0; g < ours.size(); ++g) {
        for (std::size_t t = 0; t < times; ++t) {
          const std::size_t at = g * times + t;
          const std::string what = name + " " + theirs["conf_type"].get<std::string>() + " " + std::to_string(at);
          const CurvePoint* point = ours[g].at(theirs["times"][t]);
          if (point == nullptr) {
            EXPECT_EQ(theirs["surv"][at], 1) << what;
            continue;
          }
          near(point->survival, theirs["surv"][at], what);
          if (theirs["std_err"][at].is_null()) continue;  // survival is 0
          near(point->survival * point->log_error, theirs["std_err"][at], what);
          if (point->survival == 1) continue;  // R's log-log has none, the others a point
          const Limits ends = limits(*point, kind);
          near(ends.lower, theirs["lower"][at], what);
          near(ends.upper, theirs["upper"][at], what);
          ++compared;
        }
        const Quantile median = quantile(ours[g], 0.5, kind);
        const auto said = [](const std::optional<double>& time) { return time.value_or(std::nan("")); };
        near(said(median.time), theirs["median"][g], name + " median");
        near(said(median.lower), theirs["median_lower"][g], name + " median's lower limit");
        near(said(median.upper), theirs["median_upper"][g], name + " median's upper limit");
      }
    }
  }
  EXPECT_GT(compared, 120);
}

TEST_F(SurvivalOfR, LogRankTests) {
  const auto age4 = [&](const CsvRow& row) {
    const double age = *parse_double(row.at("age"));
    return age <= 56 ? 1 : age <= 63 ? 2 : age <= 69 ? 3 : 4;  // quartiles of type 7
  };
  const std::map<std::string, Group> groups = {
      {"lung_sex_2grp", of("lung", sex)},
      {"lung_age4_4grp", of("lung", age4)},
      {"veteran_trt_2grp",
       of("veteran", [](const CsvRow& row) { return static_cast<int>(*parse_integer(row.at("trt"))); })},
      {"veteran_cell_4grp", of("veteran", cell)},
      {"lung_sex_2grp_petoRho1", of("lung", sex)},
      {"veteran_cell_4grp_petoRho1", of("veteran", cell)},
      {"lung_sex_strat_ecog", of("lung", sex, ecog)}};
  for (const auto& [name, group] : groups) {
    const json& theirs = golden["logrank"][name];
    const auto ours = log_rank(group.subjects, group.groups, group.strata, theirs["rho"].get<double>());
    ASSERT_TRUE(ours) << name;
    const std::size_t k = ours->sizes.size();
    ASSERT_EQ(theirs["n"].size(), k);
    for (std::size_t g = 0; g < k; ++g) {
      near(ours->sizes[g], theirs["n"][g], name);
      near(ours->observed[g], theirs["observed"][g], name);
      near(ours->expected[g], theirs["expected"][g], name);
      for (std::size_t h = 0; h < k; ++h) near(ours->covariance[g * k + h], theirs["var"][g][h], name);
    }
    near(ours->chi_square, theirs["chisq"], name);
    EXPECT_EQ(ours->degrees, theirs["df"]);
    near(ours->p, theirs["p"], name);
  }
}

TEST_F(SurvivalOfR, PairsWithAdjustedPs) {
  const json& theirs = golden["logrank_pairwise"]["veteran_cell"];
  const std::vector<std::string> names = {"squamous", "smallcell", "adeno", "large"};
  std::vector<double> p;
  for (int a = 1; a <= 4; ++a) {
    for (int b = a + 1; b <= 4; ++b) {
      const Group pair = of("veteran", [&](const CsvRow& row) { return cell(row) == a ? 1 : cell(row) == b ? 2 : 0; });
      const auto ours = log_rank(pair.subjects, pair.groups);
      const std::string name = names[static_cast<std::size_t>(a - 1)] + " vs " + names[static_cast<std::size_t>(b - 1)];
      near(ours->chi_square, theirs["pairs"][name]["chisq"], name);
      near(ours->p, theirs["pairs"][name]["p"], name);
      p.push_back(ours->p);
    }
  }
  const std::vector<std::pair<const char*, stats::Adjustment>> ways = {{"p_bonferroni", stats::Adjustment::kBonferroni},
                                                                       {"p_holm", stats::Adjustment::kHolm},
                                                                       {"p_BH", stats::Adjustment::kBenjaminiHochberg}};
  for (const auto& [key, way] : ways) {
    const std::vector<double> adjusted = stats::adjust(p, way);
    for (std::size_t n = 0; n < adjusted.size(); ++n) near(adjusted[n], theirs[key][n], key);
  }
}

TEST_F(SurvivalOfR, AdjustedPs) {
  const json& theirs = golden["association"]["padjust"];
  const std::vector<double> p = theirs["p"];
  const std::vector<std::pair<const char*, stats::Adjustment>> ways = {{"BH", stats::Adjustment::kBenjaminiHochberg},
                                                                       {"BY", stats::Adjustment::kBenjaminiYekutieli},
                                                                       {"holm", stats::Adjustment::kHolm},
                                                                       {"bonferroni", stats::Adjustment::kBonferroni},
                                                                       {"hochberg", stats::Adjustment::kHochberg}};
  for (const auto& [key, way] : ways) {
    const std::vector<double> adjusted = stats::adjust(p, way);
    for (std::size_t n = 0; n < p.size(); ++n) near(adjusted[n], theirs[key][n], key);
  }
}

TEST_F(SurvivalOfR, Concordances) {
  for (const auto& [name, data, column, sign] : {std::tuple{"lung_age_higher_is_riskier", "lung", "age", 1},
                                                 {"veteran_karno_lower_is_riskier", "veteran", "karno", -1}}) {
    std::vector<double> risk;
    for (const CsvRow& row : rows[data]) risk.push_back(sign * *parse_double(row.at(column)));
    const auto ours = concordance(of(data, [](const CsvRow&) { return 1; }).subjects, risk);
    ASSERT_TRUE(ours);
    const json& theirs = golden["concordance"][name];
    near(ours->c, theirs["C"], name);
    near(ours->error, theirs["se"], name);
    near(ours->concordant, theirs["counts"]["concordant"], name);
    near(ours->discordant, theirs["counts"]["discordant"], name);
    near(ours->tied_risk, theirs["counts"]["tied.x"], name);
    near(ours->tied_time, theirs["counts"]["tied.y"], name);
    near(ours->tied_both, theirs["counts"]["tied.xy"], name);
  }
}

TEST_F(SurvivalOfR, RestrictedMeans) {
  const auto mean_of = [&](const std::string& data, int group, double tau) {
    const Group members = of(data, [&](const CsvRow& row) { return group == 0 || sex(row) == group ? 1 : 0; });
    return *restricted_mean(curves(members).front(), tau);
  };
  const std::vector<std::pair<std::string, Mean>> ours = {{"lung_all_365", mean_of("lung", 0, 365)},
                                                          {"lung_sex1_365", mean_of("lung", 1, 365)},
                                                          {"lung_sex2_365", mean_of("lung", 2, 365)},
                                                          {"veteran_180", mean_of("veteran", 0, 180)}};
  for (const auto& [name, mean] : ours) {
    near(mean.mean, golden["rmst"][name]["rmst"], name);
    near(mean.error, golden["rmst"][name]["se"], name);
  }
  const MeanContrasts contrasts = compare_means(ours[2].second, ours[1].second, 365);
  const json& theirs = golden["rmst_survRM2"]["lung_sex2_vs_sex1_tau365"]["unadjusted"];
  std::size_t at = 0;
  for (const Contrast* one : {&contrasts.difference, &contrasts.ratio, &contrasts.ratio_of_lost}) {
    near(one->estimate, theirs[at]["Est."], "contrast");
    near(one->lower, theirs[at]["lower .95"], "contrast");
    near(one->upper, theirs[at]["upper .95"], "contrast");
    near(one->p, theirs[at]["p"], "contrast");
    ++at;
  }
}

}  // namespace
}  // namespace radtype::survival
