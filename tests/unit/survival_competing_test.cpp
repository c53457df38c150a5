#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/survival/competing.h"

namespace radtype::survival {
namespace {

struct Trial {
  std::vector<CompetingSubject> subjects;
  Covariates covariates{{"x"}, {}};
  std::vector<int> groups;
};

/// Incidence of cause 1 up to infinity: 1 - (1 - p)^ratio, ratio of group 2 (fine1999's way to plant a ratio of
/// subdistribution hazards); cause 2 else; censored uniformly.
Trial trial(std::size_t n, double ratio, Random& random) {
  constexpr double p = 0.5;
  Trial made;
  for (std::size_t i = 0; i < n; ++i) {
    const int group = i % 2 == 0 ? 1 : 2;
    const double power = group == 2 ? ratio : 1;
    const double of_cause = 1 - std::pow(1 - p, power);
    const double u = random.uniform();
    CompetingSubject one{-std::log(1 - random.uniform()), 2};
    if (u < of_cause) one = {-std::log(1 - (1 - std::pow(1 - u, 1 / power)) / p), 1};
    const double censoring = 4 * random.uniform();
    if (censoring < one.time) one = {censoring, 0};
    made.subjects.push_back(one);
    made.groups.push_back(group);
    made.covariates.values.push_back(group - 1);
  }
  return made;
}

TEST(Competing, IncidenceByHand) {
  // At 1 cause 1, at 2 cause 2, at 3 one seen last, at 4 both causes.
  const auto curve = cumulative_incidence({{4, 1}, {1, 1}, {3, 0}, {2, 2}, {4, 2}}, 1);
  ASSERT_TRUE(curve);
  ASSERT_EQ(curve->points.size(), 4u);
  EXPECT_DOUBLE_EQ(curve->points[0].incidence, 0.2);
  EXPECT_DOUBLE_EQ(curve->points[0].error, std::sqrt(0.2 * 0.8 / 5));
  EXPECT_DOUBLE_EQ(curve->points[1].incidence, 0.2);
  EXPECT_DOUBLE_EQ(curve->points[1].survival, 0.6);
  EXPECT_DOUBLE_EQ(curve->points[3].incidence, 0.2 + 0.6 / 2);
  EXPECT_EQ(curve->points[3].survival, 0);
  EXPECT_EQ(curve->at(0.5), nullptr);
  EXPECT_EQ(curve->at(3.5)->time, 3);
}

TEST(Competing, WithOneCauseIncidenceIsOneLessSurvival) {
  Random random(3);
  std::vector<CompetingSubject> subjects;
  std::vector<Subject> plain;
  for (int n = 0; n < 200; ++n) {
    subjects.push_back({static_cast<double>(random.below(40)), random.below(3) > 0 ? 1 : 0});
    plain.push_back({subjects.back().time, subjects.back().cause == 1});
  }
  const auto incidence = cumulative_incidence(subjects, 1);
  const auto curve = kaplan_meier(plain);
  ASSERT_TRUE(incidence && curve);
  for (std::size_t n = 0; n < curve->points.size(); ++n) {
    const CurvePoint& point = curve->points[n];
    EXPECT_NEAR(incidence->points[n].incidence, 1 - point.survival, 1e-12);
    if (point.survival > 0) {
      EXPECT_NEAR(incidence->points[n].error, point.survival * point.log_error, 1e-12);
    }
  }
}

TEST(Competing, IncidencesAndSurvivalAddUpToOne) {
  Random random(9);
  const Trial made = trial(300, 2, random);
  const auto first = cumulative_incidence(made.subjects, 1);
  const auto second = cumulative_incidence(made.subjects, 2);
  const auto nobody = cumulative_incidence(made.subjects, 7);
  ASSERT_TRUE(first && second && nobody);
  for (std::size_t n = 0; n < first->points.size(); ++n)
    EXPECT_NEAR(first->points[n].incidence + second->points[n].incidence + first->points[n].survival, 1, 1e-12);
  EXPECT_EQ(nobody->points.back().incidence, 0);
  EXPECT_EQ(nobody->points.back().error, 0);
  EXPECT_TRUE(std::isnan(limits(nobody->points.back(), IntervalKind::kLog).lower));
}

TEST(Competing, FineGrayFindsThePlantedRatioAndItsIntervalsHoldIt) {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(derive_seed(seed, {1}));
    const Trial made = trial(200, 2, random);
    const auto fit = fine_gray(made.subjects, made.covariates, 1);
    ASSERT_TRUE(fit);
    const Contrast ratio = fit->hazard_ratio(0);
    covered += ratio.lower <= 2 && 2 <= ratio.upper;
  }
  EXPECT_NEAR(covered / 300.0, 0.95, 0.042);  // 99.9 % of the binomial distribution
}

TEST(Competing, FineGrayWithOneCauseIsCox) {
  Random random(5);
  Trial made = trial(120, 1.5, random);
  std::vector<Subject> plain;
  for (CompetingSubject& one : made.subjects) {
    if (one.cause == 2) one.cause = 0;
    plain.push_back({one.time, one.cause == 1});
  }
  std::vector<int> each;
  for (int n = 0; n < 120; ++n) each.push_back(n);
  const auto fit = fine_gray(made.subjects, made.covariates, 1);
  const auto same = cox(plain, made.covariates, {Ties::kBreslow, {}, each});
  ASSERT_TRUE(fit && same);
  EXPECT_NEAR(fit->coefficients[0], same->coefficients[0], 1e-10);
  EXPECT_NEAR(fit->error(0), same->error(0), 1e-10);
  EXPECT_NEAR(fit->log_likelihood, same->log_likelihood, 1e-9);
}

TEST(Competing, GrayKeepsItsLevelAndSeesADifference) {
  // 2,000 trials: rejections at 0.05 lie within 99.9 % of the binomial distribution, 0.034 to 0.066.
  const auto share_below = [](double ratio) {
    int below = 0;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
      Random random(derive_seed(seed, {2}));
      const Trial made = trial(100, ratio, random);
      below += gray_test(made.subjects, made.groups, 1)->test.p < 0.05;
    }
    return below / 2000.0;
  };
  EXPECT_NEAR(share_below(1), 0.05, 0.016);
  EXPECT_GT(share_below(3), 0.8);
}

TEST(Competing, GrayDoesNotDependOnTheOrderOfGroups) {
  Random random(6);
  const Trial made = trial(90, 1.5, random);
  std::vector<int> groups, swapped, with_gap;
  for (std::size_t n = 0; n < 90; ++n) {
    groups.push_back(static_cast<int>(n % 3) + 1);
    swapped.push_back(4 - groups.back());
    with_gap.push_back(groups.back() == 3 ? 5 : groups.back());
  }
  const auto one = gray_test(made.subjects, groups, 1);
  const auto two = gray_test(made.subjects, swapped, 1);
  const auto gap = gray_test(made.subjects, with_gap, 1);
  ASSERT_TRUE(one && two && gap);
  EXPECT_NEAR(one->test.statistic, two->test.statistic, 1e-10);
  EXPECT_NEAR(one->test.statistic, gap->test.statistic, 1e-10);
  EXPECT_EQ(gap->test.degrees, 2);
  EXPECT_NEAR(one->scores[0] + one->scores[1] + one->scores[2], 0, 1e-10);
}

TEST(Competing, WhatCannotBeKnownIsSaid) {
  const std::vector<CompetingSubject> four = {{1, 1}, {2, 2}, {3, 1}, {4, 0}};
  const auto code = [](const auto& result) { return result.error().code(); };
  EXPECT_EQ(code(cumulative_incidence({}, 1)), ErrorCode::kEmpty);
  EXPECT_EQ(code(cumulative_incidence(four, 0)), ErrorCode::kUsage);
  for (const CompetingSubject bad : {CompetingSubject{-1, 1}, {std::nan(""), 1}, {1, -1}})
    EXPECT_EQ(code(cumulative_incidence({{1, 1}, bad}, 1)), ErrorCode::kUsage);
  EXPECT_EQ(code(gray_test(four, {1, 1, 2}, 1)), ErrorCode::kUsage);
  EXPECT_EQ(code(gray_test(four, {1, 1, 1, 1}, 1)), ErrorCode::kUsage);
  EXPECT_EQ(code(gray_test(four, {1, 2, 1, 2}, 1, {1, 1})), ErrorCode::kUsage);
  EXPECT_EQ(code(gray_test(four, {1, 2, 1, 2}, 3)), ErrorCode::kUndefined);
  EXPECT_EQ(code(gray_test(four, {1, 1, 2, 2}, 1, {1, 1, 2, 2})), ErrorCode::kUndefined);
  const Covariates x{{"x"}, {0.1, -2, 1, 0.5}};
  EXPECT_EQ(code(fine_gray(four, x, 0)), ErrorCode::kUsage);
  EXPECT_EQ(code(fine_gray(four, x, 3)), ErrorCode::kUndefined);
  EXPECT_EQ(code(fine_gray(four, {{"x"}, {1, 2}}, 1)), ErrorCode::kUsage);
  EXPECT_EQ(code(fine_gray(four, {{"x"}, {1, 1, 1, 1}}, 1)), ErrorCode::kUndefined);
  EXPECT_EQ(code(fine_gray(four, {{"x"}, {1, 1, 1, std::nan("")}}, 1)), ErrorCode::kUsage);
  // The one with the highest value always has the event.
  EXPECT_EQ(code(fine_gray({{1, 1}, {2, 1}, {3, 1}, {4, 0}}, {{"x"}, {4, 3, 2, 1}}, 1)), ErrorCode::kUndefined);
  EXPECT_EQ(code(fine_gray({{1, 1}}, {{"x"}, {1}}, 1)), ErrorCode::kUndefined);
  // All at one time.
  std::vector<CompetingSubject> tied;
  Covariates values{{"x"}, {}};
  Random random(2);
  for (int n = 0; n < 40; ++n) {
    tied.push_back({0, n % 3});
    values.values.push_back(random.normal());
  }
  const auto fit = fine_gray(tied, values, 1);
  ASSERT_TRUE(fit);
  EXPECT_TRUE(std::isfinite(fit->coefficients[0]) && fit->error(0) > 0);
}

}  // namespace
}  // namespace radtype::survival
