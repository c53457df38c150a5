// Against R's survival and cmprsk, run here (tests/r/survival_oracle.R) on subjects with ties that are made here.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/seed.h"
#include "radtype/survival/competing.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"
#include "radtype/survival/residuals.h"
#include "support/r_cases.h"
#include "support/run_command.h"

namespace radtype::survival {
namespace {

using nlohmann::json;

constexpr double kClosedForm = 1e-9;  // a closed form
constexpr double kFitted = 1e-6;

class SurvivalByR : public testing::TestWithParam<std::pair<std::size_t, double>> {
 protected:
  void SetUp() override {
    made = test::survival_sample(GetParam().first, GetParam().second, 11);
    const test::TempDir folder;
    test::write(made, folder.path());
    const auto script = std::filesystem::path(RADTYPE_SOURCE_DIR) / "tests/r/survival_oracle.R";
    const test::Outcome done = test::run_command({"Rscript", script.string(), (folder / "subjects.csv").string()});
    if (done.exit == 77 || done.exit == 127) GTEST_SKIP() << "needs Rscript, r-cran-survival and r-cran-cmprsk";
    ASSERT_EQ(done.exit, 0) << done.err;
    theirs = json::parse(done.out);
  }

  /// `least`: the size below which differences are absolute.
  static void near(double ours, const json& expected, double relative, const std::string& what, double least = 1e-6) {
    if (expected.is_null()) {
      EXPECT_TRUE(std::isnan(ours)) << what;
      return;
    }
    const double value = expected.get<double>();
    EXPECT_NEAR(ours, value, relative * std::max(least, std::abs(value))) << what;
  }
  static void near(const std::vector<double>& ours, const json& expected, double relative, const std::string& what,
                   double least = 1e-6) {
    ASSERT_EQ(ours.size(), expected.size()) << what;
    for (std::size_t n = 0; n < ours.size(); ++n)
      near(ours[n], expected[n], relative, fmt::format("{} {}", what, n), least);
  }

  void incidence();
  void gray();
  void subdistribution_hazards();
  void uno();
  void robust_variance_and_residuals();
  void exact_ties();
  void trend_of_groups();

  test::SurvivalSample made;
  json theirs;
};

/// One run of R.
TEST_P(SurvivalByR, AllIsTheSame) {
  incidence();
  gray();
  subdistribution_hazards();
  uno();
  robust_variance_and_residuals();
  exact_ties();
  trend_of_groups();
}

void SurvivalByR::incidence() {
  const auto ours = cumulative_incidence(made.competing, 1);
  ASSERT_TRUE(ours);
  for (const auto& [name, kind] :
       {std::pair{"plain", IntervalKind::kPlain}, {"log", IntervalKind::kLog}, {"log-log", IntervalKind::kLogLog}}) {
    const json& expected = theirs[std::string("incidence ") + name];
    ASSERT_EQ(ours->points.size(), expected["time"].size());
    for (std::size_t n = 0; n < ours->points.size(); ++n) {
      const IncidencePoint& point = ours->points[n];
      const std::string what = fmt::format("{} at {}", name, point.time);
      EXPECT_EQ(point.time, expected["time"][n]);
      near(point.incidence, expected["incidence"][n], kClosedForm, what);
      near(point.error, expected["error"][n], kClosedForm, what + " error");
      if (point.incidence == 0) continue;
      near(limits(point, kind).lower, expected["lower"][n], kClosedForm, what + " lower");
      near(limits(point, kind).upper, expected["upper"][n], kClosedForm, what + " upper");
    }
  }
}

void SurvivalByR::gray() {
  for (int rho = 0; rho <= 1; ++rho) {
    const json& expected = theirs[fmt::format("gray {}", rho)];
    for (int cause = 1; cause <= 2; ++cause) {
      const auto at = static_cast<std::size_t>(cause - 1);
      const auto plain = gray_test(made.competing, made.groups, cause, {}, rho);
      const auto strata = gray_test(made.competing, made.groups, cause, made.strata, rho);
      ASSERT_TRUE(plain && strata);
      near(plain->test.statistic, expected["chisq"][at], kClosedForm, "Gray");
      near(plain->test.p, expected["p"][at], kClosedForm, "Gray's p");
      EXPECT_EQ(plain->test.degrees, expected["df"][at]);
      near(strata->test.statistic, expected["strata_chisq"][at], kClosedForm, "Gray within strata");
    }
  }
}

void SurvivalByR::subdistribution_hazards() {
  for (int cause = 1; cause <= 2; ++cause) {
    const auto ours = fine_gray(made.competing, made.covariates, cause);
    ASSERT_TRUE(ours);
    const json& expected = theirs[fmt::format("crr {}", cause)];
    near(ours->coefficients, expected["coef"], kFitted, "coefficient");
    near(ours->covariance, expected["var"], kFitted, "covariance", 1e-3);
    near(ours->log_likelihood, expected["loglik"][0], kFitted, "likelihood");
    near(ours->log_likelihood_null, expected["loglik_null"][0], kFitted, "null");
  }
}

void SurvivalByR::uno() {
  std::vector<double> risk;
  for (std::size_t n = 0; n < made.any.size(); ++n) risk.push_back(made.covariates.value(n, 0));
  const auto compare = [&](const Result<Concordance>& ours, const json& expected) {
    ASSERT_TRUE(ours);
    near(ours->c, expected[0], kClosedForm, "c");
    near(ours->error, expected[1], kClosedForm, "error");
    near(ours->concordant, expected[2], kClosedForm, "concordant");
    near(ours->discordant, expected[3], kClosedForm, "discordant");
    near(ours->tied_risk, expected[4], kClosedForm, "tied");
  };
  compare(uno_concordance(made.any, risk), theirs["uno"]["all"]);
  compare(uno_concordance(made.any, risk, theirs["uno"]["tau_time"][0].get<double>()), theirs["uno"]["tau"]);
}

void SurvivalByR::robust_variance_and_residuals() {
  for (const auto& [name, ties] : {std::pair{"efron", Ties::kEfron}, {"breslow", Ties::kBreslow}}) {
    for (const bool strata : {false, true}) {
      const std::string key = fmt::format("cox {} {}", name, strata ? "strata" : "all");
      const json& expected = theirs[key];
      const CoxOptions options{ties, strata ? made.strata : std::vector<int>{}, made.clusters};
      const auto fit = cox(made.any, made.covariates, options);
      ASSERT_TRUE(fit);
      near(fit->coefficients, expected["coef"], kFitted, key);
      near(fit->covariance, expected["naive"], kFitted, key + " covariance", 1e-4);
      near(fit->robust_covariance, expected["robust"], kFitted, key + " robust covariance", 1e-4);
      near(fit->wald.statistic, expected["wald"][0], kFitted, key + " Wald's test");
      near(fit->martingale, expected["martingale"], kFitted, key + " martingale", 1e-3);
      near(deviance_residuals(made.any, *fit), expected["deviance"], kFitted, key + " deviance", 1e-2);
      const auto scores = score_residuals(made.any, made.covariates, options, *fit);
      const auto events = schoenfeld_residuals(made.any, made.covariates, options, *fit);
      ASSERT_TRUE(scores && events);
      near(*scores, expected["score_residuals"], kFitted, key + " score residual", 1e-2);
      std::vector<double> plain(3, 0), scaled(3, 0);
      for (std::size_t n = 0; n < events->plain.size(); ++n) {
        plain[n % 3] += std::abs(events->plain[n]);
        scaled[n % 3] += std::abs(events->scaled[n]);
      }
      near(plain, expected["schoenfeld"], kFitted, key + " Schoenfeld");
      near(scaled, expected["scaled"], kFitted, key + " scaled Schoenfeld");
    }
  }
}

void SurvivalByR::exact_ties() {
  const json& expected = theirs["exact"];
  const auto fit = cox(made.any, made.covariates, {Ties::kExact, made.strata});
  ASSERT_TRUE(fit);
  near(fit->coefficients, expected["coef"], kFitted, "coefficient");
  near(fit->covariance, expected["var"], kFitted, "covariance", 1e-4);
  near(fit->log_likelihood_null, expected["loglik"][0], kClosedForm, "null");
  near(fit->log_likelihood, expected["loglik"][1], kClosedForm, "likelihood");
  near(fit->martingale, expected["martingale"], kFitted, "martingale", 1e-3);
}

void SurvivalByR::trend_of_groups() {
  for (const bool strata : {false, true}) {
    const auto groups = log_rank(made.any, made.groups, strata ? made.strata : std::vector<int>{});
    ASSERT_TRUE(groups);
    const auto ours = trend(*groups, {1, 2, 4});
    ASSERT_TRUE(ours);
    near(ours->statistic, theirs[strata ? "trend strata" : "trend"][0], kClosedForm, "trend");
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, SurvivalByR,
                         testing::Values(std::pair{std::size_t{80}, 1e6}, std::pair{std::size_t{300}, 12.0},
                                         std::pair{std::size_t{200}, 3.0}));

}  // namespace
}  // namespace radtype::survival
