// Against R, run here on data made here; skips where R is missing.
#include <cmath>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/seed.h"
#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "radtype/stats/logistic.h"
#include "support/r_cases.h"
#include "support/run_command.h"

namespace radtype::stats {
namespace {

using nlohmann::json;

class OfR : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (test::run_command({"Rscript", "-e", "1"}).exit != 0) return;
    const test::TempDir folder;
    test::write(test::association_cases(), folder.path());
    const auto ran = test::run_command(
        {"Rscript", std::string(RADTYPE_SOURCE_DIR) + "/tests/r/stats_association.R", folder.path().string()});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    theirs_ = json::parse(ran.out);
  }
  void SetUp() override {
    if (theirs_.is_null()) GTEST_SKIP() << "needs Rscript";
  }
  void near(const std::string& name, const std::vector<double>& ours, double relative = 1e-10) const {
    const std::vector<double> theirs = theirs_[name];
    ASSERT_EQ(ours.size(), theirs.size()) << name;
    for (std::size_t n = 0; n < ours.size(); ++n)
      EXPECT_NEAR(ours[n], theirs[n], relative * std::abs(theirs[n])) << name << " " << n;
  }

  static json theirs_;
  const test::AssociationCases cases_ = test::association_cases();
};
json OfR::theirs_;

TEST_F(OfR, Tables) {
  const auto table = cross_tabulate(cases_.kind, cases_.level);
  ASSERT_TRUE(table);
  const auto chi = chi_square_test(*table);
  near("chi", {chi->statistic, chi->p, chi->smallest_expected});
  const auto fisher = fisher_test(*table);
  EXPECT_EQ(fisher->random_tables, 0);
  near("fisher", {fisher->p}, 1e-8);
  std::vector<int> answer;
  for (const bool yes : cases_.yes) answer.push_back(yes ? 2 : 1);
  const auto fourfold = fisher_test(*cross_tabulate(cases_.group, answer));
  const Effect& ratio = *fourfold->odds_ratio;
  // R's roots are good to four digits.
  near("fourfold", {fourfold->p, ratio.estimate, *ratio.low, *ratio.high}, 2e-4);
}

TEST_F(OfR, Groups) {
  const auto variance = anova(cases_.x, cases_.kind);
  near("anova", {variance->statistic, variance->p, variance->degrees, variance->error_degrees});
  const auto kruskal = kruskal_wallis(cases_.tied, cases_.kind);
  near("kruskal", {kruskal->statistic, kruskal->p, kruskal->degrees});
  const auto exact = rank_sum(cases_.x, cases_.group);
  const auto tied = rank_sum(cases_.tied, cases_.group);
  near("rank_sum", {exact->statistic, exact->p, tied->statistic, tied->p});
  const auto welch = welch_t(cases_.x, cases_.group);
  near("welch", {welch->statistic, welch->degrees, welch->p, *welch->effect.low, *welch->effect.high});
}

TEST_F(OfR, Correlations) {
  const auto pearson = pearson_test(cases_.x, cases_.y);
  near("pearson",
       {pearson->statistic, pearson->p, pearson->effect.estimate, *pearson->effect.low, *pearson->effect.high});
  const auto spearman = spearman_test(cases_.tied, cases_.y);
  near("spearman", {spearman->effect.estimate, spearman->p});
}

TEST_F(OfR, Logistic) {
  Regressors all{{"x", "tied", "group"}, {}};
  for (std::size_t n = 0; n < cases_.x.size(); ++n)
    all.values.insert(all.values.end(), {cases_.x[n], cases_.tied[n], static_cast<double>(cases_.group[n])});
  const auto fit = logistic(cases_.yes, all);
  const auto nested = logistic(cases_.yes, {{"x"}, cases_.x});
  ASSERT_TRUE(fit && nested);
  near("coefficients", fit->coefficients, 1e-9);
  near("covariance", fit->covariance, 1e-6);  // R's is that of the last step but one
  near("likelihood", {fit->log_likelihood});
  const auto ratio = compare(*fit, *nested);
  ASSERT_TRUE(ratio);
  near("ratio", {ratio->statistic, ratio->p}, 1e-9);
}

TEST_F(OfR, FarTails) {
  near("tails",
       {t_tail(60, 7.5), t_tail(2, 1e6), f_tail(400, 3, 90), f_tail(2, 5, 1e7), beta_below(1e-9, 2.5, 30),
        beta_above(0.999, 3, 20), binomial_below(3, 1000, 0.4), binomial_above(700, 1000, 0.4),
        chi_square_tail(900, 12), -t_quantile(1e-30, 4), t_quantile(0.9, 2.2), -normal_quantile(1e-250)},
       1e-11);
}

}  // namespace
}  // namespace radtype::stats
