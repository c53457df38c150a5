#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/survival/cox.h"

namespace radtype::survival {
namespace {

struct CoxTrial {
  std::vector<Subject> subjects;
  Covariates covariates;
};

/// Exponential times, whose log hazard is `slope` times each covariate; a third or so are not seen to the end.
CoxTrial trial(std::size_t n, std::size_t covariates, double slope, std::uint64_t seed) {
  Random random(seed);
  CoxTrial made;
  for (std::size_t c = 0; c < covariates; ++c) made.covariates.names.push_back("x" + std::to_string(c));
  for (std::size_t i = 0; i < n; ++i) {
    double log_hazard = 0;
    for (std::size_t c = 0; c < covariates; ++c) {
      made.covariates.values.push_back(random.normal());
      log_hazard += slope * made.covariates.values.back();
    }
    const double event = -std::log(1 - random.uniform()) / std::exp(log_hazard);
    const double censoring = 2.5 * random.uniform();
    made.subjects.push_back({std::min(event, censoring), event <= censoring});
  }
  return made;
}

TEST(Cox, FindsSlopesAndItsIntervalsHoldThem) {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const CoxTrial made = trial(120, 2, 0.5, seed);
    const auto fit = cox(made.subjects, made.covariates);
    ASSERT_TRUE(fit);
    const Contrast ratio = fit->hazard_ratio(0);
    covered += ratio.lower <= std::exp(0.5) && std::exp(0.5) <= ratio.upper;
    double sum = 0;
    for (const double residual : fit->martingale) sum += residual;
    EXPECT_NEAR(sum, 0, 1e-9);
  }
  EXPECT_NEAR(covered / 300.0, 0.95, 0.042);  // 99.9 % of the binomial distribution
}

TEST(Cox, UnitsAndOriginsOfCovariatesChangeNothingElse) {
  const CoxTrial made = trial(150, 3, 0.4, 7);
  CoxTrial other = made;
  for (std::size_t n = 0; n < made.subjects.size(); ++n)
    other.covariates.values[3 * n] = 1e6 + 1000 * made.covariates.value(n, 0);
  const auto a = cox(made.subjects, made.covariates);
  const auto b = cox(other.subjects, other.covariates);
  ASSERT_TRUE(a && b);
  EXPECT_NEAR(b->coefficients[0] * 1000, a->coefficients[0], 1e-8);
  EXPECT_NEAR(b->error(0) * 1000, a->error(0), 1e-8);
  EXPECT_NEAR(b->coefficients[2], a->coefficients[2], 1e-8);
  EXPECT_NEAR(b->log_likelihood, a->log_likelihood, 1e-7);
}

TEST(Cox, WithoutTiesBothRulesAgreeAndStrataOfOneAreNone) {
  const CoxTrial made = trial(80, 2, 0.3, 3);
  const auto efron = cox(made.subjects, made.covariates);
  const auto breslow = cox(made.subjects, made.covariates, {Ties::kBreslow, {}});
  const auto stratum = cox(made.subjects, made.covariates, {Ties::kEfron, std::vector<int>(80, 4)});
  ASSERT_TRUE(efron && breslow && stratum);
  EXPECT_NEAR(efron->coefficients[0], breslow->coefficients[0], 1e-12);
  EXPECT_EQ(efron->coefficients, stratum->coefficients);
}

TEST(Cox, WhatCannotBeEstimatedIsSaidByName) {
  const CoxTrial made = trial(60, 2, 0.3, 5);
  const auto message = [](const Result<CoxFit>& fit) { return fit ? std::string() : fit.error().message(); };
  CoxTrial bad = made;
  for (std::size_t n = 0; n < 60; ++n) bad.covariates.values[2 * n + 1] = 3 - 2 * bad.covariates.values[2 * n];
  EXPECT_NE(message(cox(bad.subjects, bad.covariates)).find("x1"), std::string::npos) << "follows from the other";
  for (std::size_t n = 0; n < 60; ++n) bad.covariates.values[2 * n + 1] = 1e-30;
  EXPECT_NE(message(cox(bad.subjects, bad.covariates)).find("x1"), std::string::npos) << "does not vary";
  // Who has the event has the higher value, always: the ratio is infinite.
  for (std::size_t n = 0; n < 60; ++n) bad.covariates.values[2 * n + 1] = made.subjects[n].event ? 1 : 0;
  EXPECT_NE(message(cox(bad.subjects, bad.covariates)).find("x1"), std::string::npos) << "separates";
  bad = made;
  bad.covariates.values[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(cox(bad.subjects, bad.covariates).error().code(), ErrorCode::kUsage);
  bad = made;
  for (Subject& one : bad.subjects) one.event = false;
  EXPECT_EQ(cox(bad.subjects, bad.covariates).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(cox({}, bad.covariates).error().code(), ErrorCode::kEmpty);
  EXPECT_EQ(cox({{1, true}}, {{"x"}, {2}}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(cox(made.subjects, {{"x"}, {2}}).error().code(), ErrorCode::kUsage);
  // All at one time.
  bad = made;
  for (Subject& one : bad.subjects) one.time = 1;
  const auto tied = cox(bad.subjects, bad.covariates);
  ASSERT_TRUE(tied);
  EXPECT_TRUE(std::isfinite(tied->coefficients[0]) && std::isfinite(tied->error(0)));
}

}  // namespace
}  // namespace radtype::survival
