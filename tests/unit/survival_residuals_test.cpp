#include <cmath>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"
#include "radtype/survival/residuals.h"

namespace radtype::survival {
namespace {

struct ResidualTrial {
  std::vector<Subject> subjects;
  Covariates covariates{{"x", "y"}, {}};
};

/// Log hazard `early` times x until time 1/2, `late` times x after it; some censored. `steps` > 0: times are rounded up
/// to one of so many.
ResidualTrial trial(std::size_t n, double early, double late, std::uint64_t seed, double steps = 0) {
  Random random(derive_seed(seed, {n}));
  ResidualTrial made;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = random.normal(), y = random.normal();
    double left = -std::log(1 - random.uniform());
    double time = left / std::exp(early * x);
    if (time > 0.5) time = 0.5 + (left - 0.5 * std::exp(early * x)) / std::exp(late * x);
    const double censoring = 3 * random.uniform();
    const bool event = time <= censoring;
    time = std::min(time, censoring);
    made.subjects.push_back({steps > 0 ? std::ceil(steps * time / 3) : time, event});
    made.covariates.values.insert(made.covariates.values.end(), {x, y});
  }
  return made;
}

/// log of the sum of the weights of all choices of so many.
double log_choices(const std::vector<double>& weights, std::size_t size) {
  double sum = 0;
  for (std::uint32_t choice = 0; choice < (1u << weights.size()); ++choice) {
    double product = 1;
    std::size_t chosen = 0;
    for (std::size_t n = 0; n < weights.size(); ++n) {
      if ((choice >> n & 1) == 0) continue;
      product *= weights[n];
      ++chosen;
    }
    if (chosen == size) sum += product;
  }
  return std::log(sum);
}

TEST(CoxExact, LikelihoodIsThatOfAllChoices) {
  const ResidualTrial made = trial(12, 0.5, 0.5, 2, 3);
  const auto fit = cox(made.subjects, made.covariates, {Ties::kExact});
  ASSERT_TRUE(fit);
  const auto likelihood = [&](double bx, double by) {
    double sum = 0;
    for (double time = 0; time <= 3; ++time) {
      std::vector<double> weights;
      std::size_t events = 0;
      for (std::size_t n = 0; n < made.subjects.size(); ++n) {
        if (made.subjects[n].time < time) continue;
        const double eta = bx * made.covariates.value(n, 0) + by * made.covariates.value(n, 1);
        weights.push_back(std::exp(eta));
        if (made.subjects[n].time > time || !made.subjects[n].event) continue;
        ++events;
        sum += eta;
      }
      if (events > 0) sum -= log_choices(weights, events);
    }
    return sum;
  };
  const double x = fit->coefficients[0], y = fit->coefficients[1];
  EXPECT_NEAR(fit->log_likelihood_null, likelihood(0, 0), 1e-12);
  EXPECT_NEAR(fit->log_likelihood, likelihood(x, y), 1e-12);
  constexpr double h = 1e-4;
  EXPECT_NEAR((likelihood(x + h, y) - likelihood(x - h, y)) / (2 * h), 0, 1e-7);
  // The information is the curvature.
  const double xx = -(likelihood(x + h, y) - 2 * likelihood(x, y) + likelihood(x - h, y)) / (h * h);
  const double yy = -(likelihood(x, y + h) - 2 * likelihood(x, y) + likelihood(x, y - h)) / (h * h);
  const double xy =
      -(likelihood(x + h, y + h) - likelihood(x + h, y - h) - likelihood(x - h, y + h) + likelihood(x - h, y - h)) /
      (4 * h * h);
  EXPECT_NEAR(fit->covariance[0], yy / (xx * yy - xy * xy), 1e-6 * fit->covariance[0]);
  EXPECT_NEAR(fit->covariance[1], -xy / (xx * yy - xy * xy), 1e-6 * fit->covariance[0]);
}

TEST(CoxExact, HoldsWithHundredsOfTies) {
  const ResidualTrial made = trial(600, 0.5, 0.5, 3, 2);
  const auto fit = cox(made.subjects, made.covariates, {Ties::kExact});
  ASSERT_TRUE(fit);
  EXPECT_TRUE(std::isfinite(fit->log_likelihood));
  EXPECT_GT(fit->coefficients[0], 0.3);
}

TEST(CoxExact, WithoutTiesIsEfron) {
  const ResidualTrial made = trial(90, 0.5, 0.5, 4);
  const auto exact = cox(made.subjects, made.covariates, {Ties::kExact});
  const auto efron = cox(made.subjects, made.covariates);
  ASSERT_TRUE(exact && efron);
  EXPECT_NEAR(exact->coefficients[0], efron->coefficients[0], 1e-10);
  EXPECT_NEAR(exact->log_likelihood, efron->log_likelihood, 1e-9);
}

TEST(CoxResiduals, AddUpToNothing) {
  const ResidualTrial made = trial(150, 0.5, 0.5, 5, 20);
  std::vector<int> strata;
  for (int n = 0; n < 150; ++n) strata.push_back(n % 3);
  for (const Ties ties : {Ties::kEfron, Ties::kBreslow}) {
    const CoxOptions options{ties, strata};
    const auto fit = cox(made.subjects, made.covariates, options);
    ASSERT_TRUE(fit);
    const auto scores = score_residuals(made.subjects, made.covariates, options, *fit);
    const auto events = schoenfeld_residuals(made.subjects, made.covariates, options, *fit);
    ASSERT_TRUE(scores && events);
    EXPECT_EQ(events->subjects.size(), fit->events);
    double sums[4] = {};
    for (std::size_t n = 0; n < scores->size(); ++n) sums[n % 2] += (*scores)[n];
    for (std::size_t n = 0; n < events->plain.size(); ++n) sums[2 + n % 2] += events->plain[n];
    for (const double sum : sums) EXPECT_NEAR(sum, 0, 1e-9);
  }
}

TEST(CoxResiduals, ClustersOfCopiesUndoTheCopying) {
  const ResidualTrial made = trial(100, 0.5, 0.5, 6);
  ResidualTrial twice = made;
  twice.subjects.insert(twice.subjects.end(), made.subjects.begin(), made.subjects.end());
  twice.covariates.values.insert(twice.covariates.values.end(), made.covariates.values.begin(),
                                 made.covariates.values.end());
  std::vector<int> own, pairs;
  for (int n = 0; n < 100; ++n) own.push_back(n);
  pairs = own;
  pairs.insert(pairs.end(), own.begin(), own.end());
  const auto once = cox(made.subjects, made.covariates, {Ties::kBreslow, {}, own});
  const auto both = cox(twice.subjects, twice.covariates, {Ties::kBreslow, {}, pairs});
  ASSERT_TRUE(once && both);
  EXPECT_NEAR(both->error(0), once->error(0), 1e-9);
  EXPECT_NEAR(both->covariance[0], once->covariance[0] / 2, 1e-9);
  EXPECT_NEAR(both->wald.statistic, once->wald.statistic, 1e-8 * once->wald.statistic);
}

TEST(ProportionalHazardsTest, KeepsItsLevelAndSeesAChange) {
  const auto share_below = [](double early, double late) {
    int below = 0;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      const ResidualTrial made = trial(150, early, late, seed);
      const auto fit = cox(made.subjects, made.covariates);
      const auto test = proportional_hazards(made.subjects, made.covariates, {}, *fit);
      below += test->terms[0].p < 0.05;
    }
    return below / 1000.0;
  };
  EXPECT_NEAR(share_below(0.5, 0.5), 0.05, 0.023);  // 99.9 % of the binomial distribution
  EXPECT_GT(share_below(0.8, -0.4), 0.8);
}

TEST(ProportionalHazardsTest, DoesNotDependOnUnitsOfTimeOrCovariates) {
  const ResidualTrial made = trial(120, 0.5, 0.1, 8);
  ResidualTrial other = made;
  for (Subject& one : other.subjects) one.time *= 365.25;
  for (std::size_t n = 0; n < 120; ++n) other.covariates.values[2 * n] = 1e5 + 1e-3 * made.covariates.value(n, 0);
  const auto a = cox(made.subjects, made.covariates), b = cox(other.subjects, other.covariates);
  ASSERT_TRUE(a && b);
  for (const TimeScale scale : {TimeScale::kKaplanMeier, TimeScale::kIdentity, TimeScale::kRank, TimeScale::kLog}) {
    const auto one = proportional_hazards(made.subjects, made.covariates, {}, *a, scale);
    const auto two = proportional_hazards(other.subjects, other.covariates, {}, *b, scale);
    ASSERT_TRUE(one && two);
    EXPECT_NEAR(one->global.statistic, two->global.statistic, 1e-6);
    EXPECT_NEAR(one->terms[1].statistic, two->terms[1].statistic, 1e-6);
  }
}

TEST(CoxErrors, WhatCannotBeDoneIsSaid) {
  const ResidualTrial made = trial(60, 0.5, 0.5, 9);
  const auto code = [](const auto& result) { return result.error().code(); };
  const std::vector<int> pairs(60, 1), short_by_one(59, 1);
  std::vector<int> each;
  for (int n = 0; n < 60; ++n) each.push_back(n);
  EXPECT_EQ(code(cox(made.subjects, made.covariates, {Ties::kExact, {}, each})), ErrorCode::kUsage);
  EXPECT_EQ(code(cox(made.subjects, made.covariates, {Ties::kEfron, {}, short_by_one})), ErrorCode::kUsage);
  EXPECT_EQ(code(cox(made.subjects, made.covariates, {Ties::kEfron, {}, pairs})), ErrorCode::kUndefined);
  const CoxOptions exact{Ties::kExact};
  const auto fit = cox(made.subjects, made.covariates, exact);
  ASSERT_TRUE(fit);
  EXPECT_EQ(code(score_residuals(made.subjects, made.covariates, exact, *fit)), ErrorCode::kUsage);
  EXPECT_EQ(code(schoenfeld_residuals(made.subjects, made.covariates, exact, *fit)), ErrorCode::kUsage);
  EXPECT_EQ(code(proportional_hazards(made.subjects, made.covariates, exact, *fit)), ErrorCode::kUsage);
  const auto terms = [&](std::vector<std::size_t> of) {
    return proportional_hazards(made.subjects, made.covariates, {}, *fit, TimeScale::kLog, {{"t", std::move(of)}});
  };
  EXPECT_EQ(code(terms({})), ErrorCode::kUsage);
  EXPECT_EQ(code(terms({2})), ErrorCode::kUsage);
  EXPECT_TRUE(terms({0, 1}));
  ResidualTrial tied = made;
  for (Subject& one : tied.subjects) one.time = 0;
  const auto at_once = cox(tied.subjects, tied.covariates);
  ASSERT_TRUE(at_once);
  EXPECT_EQ(code(proportional_hazards(tied.subjects, tied.covariates, {}, *at_once)), ErrorCode::kUndefined);
  EXPECT_EQ(code(proportional_hazards(tied.subjects, tied.covariates, {}, *at_once, TimeScale::kLog)),
            ErrorCode::kUsage);
  EXPECT_EQ(code(cumulative_hazard(*fit, {1})), ErrorCode::kUsage);
  EXPECT_EQ(code(cumulative_hazard(*fit, {1, std::nan("")})), ErrorCode::kUsage);
  EXPECT_EQ(code(cumulative_hazard(*fit, {1e6 / fit->coefficients[0], 0})), ErrorCode::kUndefined);
}

TEST(CoxErrors, ScalesOfCovariatesAsFarAsNumbersGo) {
  const ResidualTrial made = trial(100, 0.5, 0.5, 10);
  const auto plain = cox(made.subjects, made.covariates);
  ASSERT_TRUE(plain);
  for (const double unit : {1e-150, 1e-30, 1e-9, 1e9, 1e30, 1e150}) {
    ResidualTrial other = made;
    for (std::size_t n = 0; n < 100; ++n) other.covariates.values[2 * n] *= unit;
    const auto fit = cox(other.subjects, other.covariates);
    ASSERT_TRUE(fit) << unit;
    EXPECT_NEAR(fit->coefficients[0] * unit, plain->coefficients[0], 1e-9) << unit;
    EXPECT_NEAR(fit->error(0) * unit, plain->error(0), 1e-9) << unit;
    EXPECT_NEAR(fit->coefficients[1], plain->coefficients[1], 1e-9) << unit;
  }
  for (const double unit : {1e-300, 1e300}) {
    ResidualTrial other = made;
    for (std::size_t n = 0; n < 100; ++n) other.covariates.values[2 * n] *= unit;
    EXPECT_EQ(cox(other.subjects, other.covariates).error().code(), ErrorCode::kUsage) << unit;
  }
}

TEST(CoxErrors, FewSubjectsAndExtremeOutcomes) {
  const auto code = [](const auto& result) { return result.error().code(); };
  EXPECT_EQ(code(cox({{1, true}}, {{"x"}, {1}})), ErrorCode::kUndefined);
  EXPECT_EQ(code(cox({{1, true}, {2, false}}, {{"x"}, {1, 0}})), ErrorCode::kUndefined);  // separates
  EXPECT_EQ(code(cox({{-1, true}, {2, false}}, {{"x"}, {1, 0}})), ErrorCode::kUsage);
  EXPECT_EQ(code(cox({{1, true}, {2, false}}, {{}, {}})), ErrorCode::kUsage);
  // A constant whose mean is not itself to the last digit.
  EXPECT_EQ(code(cox({{1, true}, {2, true}, {3, true}}, {{"x"}, {0.1, 0.1, 0.1}})), ErrorCode::kUndefined);
  // All have the event, one of them at time 0.
  const auto all = cox({{0, true}, {2, true}, {3, true}, {4, true}}, {{"x"}, {1, 3, 0, 2}});
  ASSERT_TRUE(all);
  EXPECT_TRUE(std::isfinite(all->coefficients[0]) && all->error(0) > 0);
  // A stratum of one subject, or without events, tells nothing.
  const ResidualTrial made = trial(40, 0.5, 0.5, 12);
  ResidualTrial more = made;
  std::vector<int> strata(40, 1);
  more.subjects.insert(more.subjects.end(), {{1, true}, {1, false}, {2, false}});
  more.covariates.values.insert(more.covariates.values.end(), {9, 9, 8, 1, 7, 3});
  strata.insert(strata.end(), {2, 3, 3});
  const auto plain = cox(made.subjects, made.covariates),
             with = cox(more.subjects, more.covariates, {Ties::kEfron, strata});
  ASSERT_TRUE(plain && with);
  EXPECT_NEAR(plain->coefficients[0], with->coefficients[0], 1e-9);
  for (const HazardPoint& point : with->baseline) EXPECT_NE(point.stratum, 3);
}

TEST(Trend, OfTwoGroupsIsTheLogRankTest) {
  const ResidualTrial made = trial(70, 0.5, 0.5, 13, 12);
  std::vector<int> groups;
  for (int n = 0; n < 70; ++n) groups.push_back(n % 2 + 1);
  const auto two = log_rank(made.subjects, groups);
  ASSERT_TRUE(two);
  const auto one = trend(*two, {3, 5});
  ASSERT_TRUE(one);
  EXPECT_NEAR(one->statistic, two->chi_square, 1e-10);
  EXPECT_EQ(trend(*two, {1}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(trend(*two, {1, std::nan("")}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(trend(*two, {2, 2}).error().code(), ErrorCode::kUndefined);
}

TEST(UnoConcordance, WithoutCensoringIsThatOfAllPairs) {
  ResidualTrial made = trial(60, 0.5, 0.5, 14, 15);
  for (Subject& one : made.subjects) one.event = true;
  std::vector<double> risk;
  for (std::size_t n = 0; n < 60; ++n) risk.push_back(std::round(made.covariates.value(n, 0)));
  const auto all = concordance(made.subjects, risk), uno = uno_concordance(made.subjects, risk);
  ASSERT_TRUE(all && uno);
  EXPECT_EQ(uno->c, all->c);
  EXPECT_EQ(uno->error, all->error);
  EXPECT_EQ(uno_concordance(made.subjects, risk, 0).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(uno_concordance(made.subjects, risk, 0.5).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(concordance(made.subjects, risk, {1}).error().code(), ErrorCode::kUsage);
}

TEST(UnoConcordance, IsNotMovedByCensoring) {
  // Risks tell of early events only: plain concordance rises as censoring hides the late ones.
  const ResidualTrial made = trial(4000, 1.5, 0, 15);
  std::vector<double> risk;
  for (std::size_t n = 0; n < 4000; ++n) risk.push_back(made.covariates.value(n, 0));
  const auto before = uno_concordance(made.subjects, risk, 1);
  ResidualTrial censored = made;
  Random random(derive_seed(16, {1}));
  for (Subject& one : censored.subjects) {
    const double until = -std::log(1 - random.uniform()) / 1.5;
    if (until < one.time) one = {until, false};
  }
  const auto after = uno_concordance(censored.subjects, risk, 1);
  const auto plain = concordance(censored.subjects, risk);
  ASSERT_TRUE(before && after && plain);
  EXPECT_NEAR(before->c, after->c, 3 * std::hypot(before->error, after->error));
  EXPECT_GT(std::abs(plain->c - before->c), 3 * std::hypot(before->error, plain->error));
}

}  // namespace
}  // namespace radtype::survival
