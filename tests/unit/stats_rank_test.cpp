#include "radtype/stats/rank.h"

#include <cmath>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/stats/reliability.h"

namespace radtype::stats {
namespace {

TEST(Ranks, TiesShareTheirMean) {
  EXPECT_EQ(ranks({3, 1, 3, 2, 3}), (std::vector<double>{4, 1, 4, 2, 4}));
  EXPECT_TRUE(ranks({}).empty());
}

TEST(Spearman, FollowsOrderAlone) {
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3, 4}, {1, 8, 27, 64}), 1);
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
  // cor.test(c(106,86,100,101,99,103,97,113,112,110), c(7,0,27,50,28,29,20,12,6,17), method = "spearman"): -29/165.
  EXPECT_NEAR(spearman({106, 86, 100, 101, 99, 103, 97, 113, 112, 110}, {7, 0, 27, 50, 28, 29, 20, 12, 6, 17}),
              -29.0 / 165, 1e-12);
  EXPECT_TRUE(std::isnan(spearman({1, 1, 1}, {1, 2, 3})));
}

TEST(Spearman, WhatTheThirdExplainsGoesAway) {
  Random random(3);
  std::vector<double> x, y, z;
  for (int n = 0; n < 4000; ++n) {
    z.push_back(random.normal());
    x.push_back(z.back() + 0.5 * random.normal());
    y.push_back(z.back() + 0.5 * random.normal());
  }
  EXPECT_GT(spearman(x, y), 0.7);
  EXPECT_NEAR(partial_spearman(x, y, z), 0, 0.05);
}

TEST(AreaUnderCurve, CountsPairs) {
  const std::vector<double> score{0.1, 0.4, 0.35, 0.8, 0.4};
  const std::vector<bool> positive{false, false, true, true, true};
  // Of six pairs: 0.35 beats 0.1; 0.8 and 0.4 beat 0.1; 0.8 beats 0.4; 0.4 ties: 4.5.
  EXPECT_DOUBLE_EQ(area_under_curve(score, positive), 4.5 / 6);
  EXPECT_TRUE(std::isnan(area_under_curve({1, 2}, {true, true})));
}

TEST(Icc, ExampleOfShroutAndFleiss) {
  // Table 2 of shrout1979: four judges, six targets; ICC(1,1) = 0.17.
  const std::vector<std::vector<double>> ratings = {{9, 2, 5, 8}, {6, 1, 3, 2},  {8, 4, 6, 8},
                                                    {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}};
  // Mean squares 11.24 and 6.26.
  EXPECT_NEAR(icc_1_1(ratings), 0.1657, 5e-5);
  // Table 4: ICC(3,1) = 0.71; mean squares 11.24 and 1.02.
  EXPECT_NEAR(icc_3_1(ratings), 0.7148, 5e-5);
}

TEST(Icc, ConsistencyForgivesWhatOneRaterAddsAndNotItsScale) {
  EXPECT_NEAR(icc_3_1({{1, 11}, {2, 12}, {5, 15}, {9, 19}}), 1, 1e-12);
  EXPECT_NEAR(icc_3_1({{1, -1}, {2, -2}, {5, -5}}), -1, 1e-12);
  // The second rater doubles: with variances v and 4 v and covariance 2 v, 2 * 2 / (1 + 4).
  EXPECT_NEAR(icc_3_1({{1, 2}, {2, 4}, {5, 10}, {9, 18}}), 0.8, 1e-12);
  EXPECT_TRUE(std::isnan(icc_3_1({{1, 2}})));
  EXPECT_TRUE(std::isnan(icc_3_1({{1, 2}, {1, 2}})));
  EXPECT_TRUE(std::isnan(icc_3_1({{1}, {2}})));
  const std::vector<std::vector<double>> ratings = {{1, 1.2}, {2, 2.1}, {5, 4.8}, {7, 7.4}, {3, 2.2}};
  const auto interval = icc_3_1_interval(ratings, 1, 200);
  EXPECT_EQ(interval.estimate, icc_3_1(ratings));
  EXPECT_LT(interval.low, interval.estimate);
  EXPECT_EQ(interval.low, icc_3_1_interval(ratings, 1, 200).low);
}

TEST(Icc, UnbalancedAndDegenerate) {
  EXPECT_NEAR(icc_1_1({{1, 1, 1}, {2, 2}, {5, 5, 5, 5}, {7}}), 1, 1e-12);
  EXPECT_TRUE(std::isnan(icc_1_1({{1, 2}, {3}})));
  const auto interval = icc_1_1_interval({{1, 1.2, 0.9}, {2, 2.1}, {5, 5.3, 4.8, 5}, {7, 7.2}}, 1, 200);
  EXPECT_LE(interval.low, interval.estimate);
  EXPECT_GE(interval.high, interval.estimate);
  const auto again = icc_1_1_interval({{1, 1.2, 0.9}, {2, 2.1}, {5, 5.3, 4.8, 5}, {7, 7.2}}, 1, 200);
  EXPECT_EQ(interval.low, again.low);
}

TEST(Bootstrap, CoversTheMean) {
  Random random(11);
  int covered = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> sample(40);
    for (double& value : sample) value = random.normal();
    const auto interval = bootstrap(
        sample.size(),
        [&](const std::vector<std::size_t>& drawn) {
          double sum = 0;
          for (const std::size_t n : drawn) sum += sample[n];
          return sum / static_cast<double>(drawn.size());
        },
        static_cast<std::uint64_t>(trial), 300);
    covered += interval.low <= 0 && interval.high >= 0;
  }
  EXPECT_GT(covered, 176);  // 95 % of 200 is 190; 176 is five standard deviations below
}

}  // namespace
}  // namespace radtype::stats
