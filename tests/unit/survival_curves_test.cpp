#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"

namespace radtype::survival {
namespace {

TEST(Survival, CurveByHand) {
  // Five subjects: an event at 2, one seen last at 2, events at 3 and 3, one seen last at 5.
  const auto curve = kaplan_meier({{3, true}, {2, false}, {5, false}, {2, true}, {3, true}});
  ASSERT_TRUE(curve);
  ASSERT_EQ(curve->points.size(), 3u);
  EXPECT_EQ(curve->points[0].at_risk, 5);
  EXPECT_EQ(curve->points[0].censored, 1);
  EXPECT_DOUBLE_EQ(curve->points[0].survival, 0.8);
  EXPECT_EQ(curve->points[1].at_risk, 3);
  EXPECT_DOUBLE_EQ(curve->points[1].survival, 0.8 / 3);
  EXPECT_DOUBLE_EQ(curve->points[2].cumulative_hazard, 0.2 + 2.0 / 3);
  EXPECT_EQ(curve->at(1.9), nullptr);
  EXPECT_EQ(curve->at(2)->time, 2);
  EXPECT_EQ(curve->at(4.5)->time, 3);
  const auto mean = restricted_mean(*curve, 4);
  ASSERT_TRUE(mean);
  EXPECT_DOUBLE_EQ(mean->mean, 2 + 0.8 + 0.8 / 3);
  EXPECT_FALSE(quantile(*curve, 0.9, IntervalKind::kLog).time);
  EXPECT_EQ(*quantile(*curve, 0.5, IntervalKind::kLog).time, 3);
}

TEST(Survival, MedianOfAFlatHalfIsItsMiddle) {
  const auto curve = kaplan_meier({{1, true}, {2, true}, {6, true}, {9, true}});
  EXPECT_EQ(*quantile(*curve, 0.5, IntervalKind::kPlain).time, 4);
}

TEST(Survival, WhatCannotBeKnownIsSaid) {
  EXPECT_EQ(kaplan_meier({}).error().code(), ErrorCode::kEmpty);
  for (const double time : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_EQ(kaplan_meier({{1, true}, {time, true}}).error().code(), ErrorCode::kUsage);
  const auto none = kaplan_meier({{1, false}, {2, false}});
  EXPECT_EQ(none->points.back().survival, 1);
  EXPECT_FALSE(quantile(*none, 0.5, IntervalKind::kLog).time);
  EXPECT_EQ(restricted_mean(*none, 3).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(restricted_mean(*none, 2)->mean, 2);
  EXPECT_EQ(restricted_mean(*none, 2)->error, 0);
  EXPECT_EQ(restricted_mean(*none, 0).error().code(), ErrorCode::kUsage);
  const auto all = kaplan_meier({{1, true}, {2, true}});
  EXPECT_EQ(all->points.back().survival, 0);
  EXPECT_TRUE(std::isnan(limits(all->points.back(), IntervalKind::kLog).lower));
  EXPECT_EQ(restricted_mean(*all, 10)->mean, 1.5);

  const std::vector<Subject> four = {{1, true}, {2, true}, {3, true}, {4, true}};
  EXPECT_EQ(log_rank(four, {1, 1, 2}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(log_rank(four, {1, 1, 1, 1}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(log_rank(four, {0, 1, 2, 2}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(log_rank({{1, false}, {2, false}}, {1, 2}).error().code(), ErrorCode::kUndefined);
  // Each stratum holds one group: nothing is compared.
  EXPECT_EQ(log_rank(four, {1, 1, 2, 2}, {1, 1, 2, 2}).error().code(), ErrorCode::kUndefined);
  // A group that is empty takes no part.
  const auto with_gap = log_rank(four, {1, 3, 1, 3});
  const auto without = log_rank(four, {1, 2, 1, 2});
  ASSERT_TRUE(with_gap && without);
  EXPECT_EQ(with_gap->degrees, 1);
  EXPECT_DOUBLE_EQ(with_gap->chi_square, without->chi_square);
}

TEST(Survival, ConcordanceIsThatOfAllPairs) {
  Random random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<Subject> subjects;
    std::vector<double> risk;
    for (int n = 0; n < 25; ++n) {
      subjects.push_back({static_cast<double>(random.below(8)), random.below(3) > 0});
      risk.push_back(static_cast<double>(random.below(6)));
    }
    double concordant = 0, discordant = 0, tied = 0, time = 0, both = 0;
    for (std::size_t i = 0; i < 25; ++i) {
      for (std::size_t j = 0; j < 25; ++j) {
        if (!subjects[i].event) continue;
        const bool first =
            subjects[i].time < subjects[j].time || (subjects[i].time == subjects[j].time && !subjects[j].event);
        if (first) ++(risk[i] > risk[j] ? concordant : risk[i] < risk[j] ? discordant : tied);
        if (i < j && subjects[j].event && subjects[i].time == subjects[j].time) ++(risk[i] == risk[j] ? both : time);
      }
    }
    const auto found = concordance(subjects, risk);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->concordant, concordant);
    EXPECT_EQ(found->discordant, discordant);
    EXPECT_EQ(found->tied_risk, tied);
    EXPECT_EQ(found->tied_time, time);
    EXPECT_EQ(found->tied_both, both);
  }
  EXPECT_EQ(concordance({{1, false}, {2, true}}, {1, 2}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(concordance({{1, true}}, {1, 2}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(concordance({{1, true}, {2, true}}, {1, std::nan("")}).error().code(), ErrorCode::kUsage);
}

TEST(Survival, LogRankKeepsItsLevelAndSeesADifference) {
  // 2,000 trials of 60: rejections at 0.05 lie within 99.9 % of the binomial distribution, 0.034 to 0.066.
  Random random(8);
  const auto share_below = [&](double hazard) {
    int below = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      std::vector<Subject> subjects;
      std::vector<int> groups;
      for (int n = 0; n < 60; ++n) {
        groups.push_back(n % 2 + 1);
        const double event = -std::log(1 - random.uniform()) / (n % 2 == 0 ? 1 : hazard);
        const double censoring = 2 * random.uniform();
        subjects.push_back({std::min(event, censoring), event <= censoring});
      }
      below += log_rank(subjects, groups)->p < 0.05;
    }
    return below / 2000.0;
  };
  EXPECT_NEAR(share_below(1), 0.05, 0.016);
  EXPECT_GT(share_below(3), 0.8);
}

}  // namespace
}  // namespace radtype::survival
