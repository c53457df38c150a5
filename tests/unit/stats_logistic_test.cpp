#include <cmath>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/stats/logistic.h"

namespace radtype::stats {
namespace {

struct Study {
  std::vector<bool> yes;
  Regressors x;
};

Study study(std::size_t cases, double effect, std::uint64_t seed) {
  Study made{{}, {{"x0", "x1"}, {}}};
  Random random(seed);
  for (std::size_t n = 0; n < cases; ++n) {
    const double a = random.normal(), b = random.uniform() < 0.4 ? 1 : 0;
    made.x.values.insert(made.x.values.end(), {a, b});
    made.yes.push_back(random.uniform() < 1 / (1 + std::exp(0.5 - effect * a - 0.7 * b)));
  }
  return made;
}

TEST(Logistic, FourfoldTableByHand) {
  // Yes in 12 of 20 exposed and 5 of 25 others: ln odds ratio ln(12 * 20 / (8 * 5)), variance the sum of 1 / counts.
  Study made{{}, {{"exposed"}, {}}};
  for (int n = 0; n < 45; ++n) {
    made.x.values.push_back(n < 20 ? 1 : 0);
    made.yes.push_back(n < 12 || (n >= 20 && n < 25));
  }
  const auto fit = logistic(made.yes, made.x);
  ASSERT_TRUE(fit) << fit.error().message();
  EXPECT_NEAR(fit->coefficients[0], std::log(5.0 / 20), 1e-12);
  EXPECT_NEAR(fit->coefficients[1], std::log(12.0 * 20 / (8 * 5)), 1e-12);
  EXPECT_NEAR(fit->error(1), std::sqrt(1.0 / 12 + 1.0 / 8 + 1.0 / 5 + 1.0 / 20), 1e-12);
  EXPECT_NEAR(fit->fitted[0], 0.6, 1e-12);
  EXPECT_NEAR(fit->odds_ratio(1).estimate, 6, 1e-11);
  const auto constant = logistic(made.yes, {{}, {}});
  ASSERT_TRUE(constant);
  const auto ratio = compare(*fit, *constant);
  ASSERT_TRUE(ratio);
  const auto entropy = [](double yes, double all) {
    return yes * std::log(yes / all) + (all - yes) * std::log(1 - yes / all);
  };
  EXPECT_NEAR(ratio->statistic, 2 * (entropy(12, 20) + entropy(5, 25) - entropy(17, 45)), 1e-12);
  EXPECT_EQ(ratio->degrees, 1);
  // Firth's penalty of a saturated table is half a case more in each cell.
  const auto penalised = logistic(made.yes, made.x, {true});
  ASSERT_TRUE(penalised) << penalised.error().message();
  EXPECT_NEAR(penalised->coefficients[1], std::log(12.5 * 20.5 / (8.5 * 5.5)), 1e-9);
}

TEST(Logistic, UnitsAndOriginsChangeNothingElse) {
  const Study made = study(120, 0.8, 3);
  Study other = made;
  for (std::size_t n = 0; n < 120; ++n) other.x.values[2 * n] = 1e6 + 1000 * made.x.value(n, 0);
  for (const bool firth : {false, true}) {
    const auto a = logistic(made.yes, made.x, {firth});
    const auto b = logistic(other.yes, other.x, {firth});
    ASSERT_TRUE(a && b);
    EXPECT_NEAR(b->coefficients[1] * 1000, a->coefficients[1], 1e-8);
    EXPECT_NEAR(b->error(1) * 1000, a->error(1), 1e-8);
    EXPECT_NEAR(b->coefficients[2], a->coefficients[2], 1e-8);
    if (!firth) {
      EXPECT_NEAR(b->log_likelihood, a->log_likelihood, 1e-8);
    } else {
      EXPECT_NEAR(b->profile[0].statistic, a->profile[0].statistic, 1e-6);
    }
  }
}

TEST(Logistic, LimitsCoverTheTruth) {
  int covered = 0;
  for (std::uint64_t trial = 0; trial < 1000; ++trial) {
    const Study made = study(150, 0.5, 100 + trial);
    const auto fit = logistic(made.yes, made.x);
    ASSERT_TRUE(fit);
    const OddsRatio ratio = fit->odds_ratio(1);
    covered += ratio.low <= std::exp(0.5) && std::exp(0.5) <= ratio.high;
  }
  EXPECT_NEAR(covered / 1000.0, 0.95, 0.023);
}

TEST(Logistic, SeparationIsSaidByNameAndFirthMendsIt) {
  Study made = study(60, 0.5, 5);
  for (std::size_t n = 0; n < 60; ++n) made.x.values[2 * n + 1] = made.yes[n] ? 1 : 0;
  const auto plain = logistic(made.yes, made.x);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code(), ErrorCode::kUndefined);
  EXPECT_NE(plain.error().message().find("x1"), std::string::npos) << plain.error().message();
  const auto firth = logistic(made.yes, made.x, {true});
  ASSERT_TRUE(firth) << firth.error().message();
  EXPECT_TRUE(std::isfinite(firth->coefficients[2]) && std::isfinite(firth->error(2)));
  EXPECT_LT(firth->profile[1].p, 1e-6);
  // A category that is all yes separates by itself (quasi-complete), and so does a threshold.
  made = study(60, 0.5, 6);
  for (std::size_t n = 0; n < 60; ++n) made.x.values[2 * n + 1] = made.yes[n] && n % 3 == 0 ? 1 : 0;
  EXPECT_NE(logistic(made.yes, made.x).error().message().find("x1"), std::string::npos);
  for (std::size_t n = 0; n < 60; ++n)
    made.x.values[2 * n + 1] = (made.yes[n] ? 1e-6 : -1e-6) * (1 + static_cast<double>(n));
  EXPECT_NE(logistic(made.yes, made.x).error().message().find("x1"), std::string::npos);
}

TEST(Logistic, WhatCannotBeEstimatedIsSaid) {
  const Study made = study(40, 0.5, 7);
  Study bad = made;
  for (std::size_t n = 0; n < 40; ++n) bad.x.values[2 * n + 1] = 3 - 2 * bad.x.values[2 * n];
  EXPECT_NE(logistic(bad.yes, bad.x).error().message().find("x1"), std::string::npos) << "follows from the other";
  for (std::size_t n = 0; n < 40; ++n) bad.x.values[2 * n + 1] = 0.1;
  EXPECT_NE(logistic(bad.yes, bad.x).error().message().find("x1"), std::string::npos) << "does not vary";
  bad = made;
  bad.x.values[3] = std::nan("");
  EXPECT_EQ(logistic(bad.yes, bad.x).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(logistic({}, {{"x"}, {}}).error().code(), ErrorCode::kEmpty);
  EXPECT_EQ(logistic(made.yes, {{"x"}, {1}}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(logistic(std::vector<bool>(40, true), made.x).error().code(), ErrorCode::kUndefined);
  const auto fit = logistic(made.yes, made.x);
  const auto constant = logistic(made.yes, {{}, {}});
  ASSERT_TRUE(fit && constant);
  EXPECT_EQ(compare(*constant, *fit).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(compare(*fit, *fit).error().code(), ErrorCode::kUsage);
}

}  // namespace
}  // namespace radtype::stats
