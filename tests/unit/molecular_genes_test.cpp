#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/molecular/enrichment.h"
#include "radtype/stats/distribution.h"

namespace radtype::molecular {
namespace {

ExpressionMatrix noise(std::size_t genes, std::size_t samples, std::uint64_t seed, double together = 0,
                       std::size_t members = 0) {
  ExpressionMatrix matrix;
  Random random(seed);
  for (std::size_t g = 0; g < genes; ++g) matrix.genes.push_back("g" + std::to_string(g));
  for (std::size_t s = 0; s < samples; ++s) matrix.samples.push_back("s" + std::to_string(s));
  std::vector<double> shared(samples);
  for (double& value : shared) value = random.normal();
  for (std::size_t g = 0; g < genes; ++g) {
    for (std::size_t s = 0; s < samples; ++s) {
      const double own = random.normal();
      matrix.values.push_back(g < members ? std::sqrt(together) * shared[s] + std::sqrt(1 - together) * own : own);
    }
  }
  return matrix;
}

std::vector<int> halves(std::size_t samples) {
  std::vector<int> groups;
  for (std::size_t s = 0; s < samples; ++s) groups.push_back(s % 2 == 0 ? 1 : 2);
  return groups;
}

SetRows first(std::size_t members) {
  SetRows set{"set", members, {}};
  for (std::size_t g = 0; g < members; ++g) set.rows.push_back(g);
  return set;
}

TEST(Moderated, KeepsItsLevelAndFindsWhatIsPlanted) {
  ExpressionMatrix matrix = noise(4000, 10, 3);
  for (std::size_t g = 0; g < 200; ++g) {
    for (std::size_t s = 0; s < 10; s += 2) matrix.values[g * 10 + s] += 3;
  }
  const auto design = group_design(halves(10), {"a", "b"});
  ASSERT_TRUE(design);
  const auto fit = moderated_fit(matrix, *design, one_against_rest(*design, 2));
  ASSERT_TRUE(fit) << fit.error().message();
  EXPECT_EQ(fit->contrasts, std::vector<std::string>{"a vs b"});
  int below = 0, covered = 0, found = 0;
  for (std::size_t g = 0; g < 4000; ++g) {
    const GeneTest& test = fit->test(g, 0);
    if (g >= 200) {
      below += test.p < 0.05;
      covered += test.low <= 0 && 0 <= test.high;
    } else {
      found += test.p < 0.001;
      EXPECT_NEAR(fit->f[g], test.t * test.t, 1e-9 * fit->f[g]);
    }
  }
  EXPECT_NEAR(below / 3800.0, 0.05, 0.012);
  EXPECT_NEAR(covered / 3800.0, 0.95, 0.012);
  EXPECT_GT(found, 150);
}

TEST(Moderated, FOfAllContrastsWhateverTheirBasis) {
  const ExpressionMatrix matrix = noise(50, 12, 5);
  std::vector<int> groups;
  for (int s = 0; s < 12; ++s) groups.push_back(s % 3 + 1);
  std::vector<double> size(12);
  Random random(9);
  for (double& value : size) value = 1000 * random.uniform();
  const auto design = group_design(groups, {"a", "b", "c"}, {{"size", size}});
  ASSERT_TRUE(design);
  const auto rest = moderated_fit(matrix, *design, one_against_rest(*design, 3));
  const auto against = moderated_fit(matrix, *design, against_first(*design, 3));
  ASSERT_TRUE(rest && against);
  EXPECT_EQ(rest->f_degrees, 2);
  for (std::size_t g = 0; g < 50; ++g) {
    EXPECT_NEAR(rest->f[g], against->f[g], 1e-10 * rest->f[g]);
    // b - (a + c) / 2 = (b - a) - (c - a) / 2.
    EXPECT_NEAR(rest->test(g, 1).estimate, against->test(g, 0).estimate - against->test(g, 1).estimate / 2, 1e-10);
  }
}

TEST(Moderated, GenesThatCannotBeTestedSayWhy) {
  ExpressionMatrix matrix = noise(30, 8, 7);
  const double missing = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t s = 0; s < 8; ++s) {
    matrix.values[s] = missing;
    if (s > 1) matrix.values[8 + s] = missing;        // two samples left
    if (s % 2 == 1) matrix.values[16 + s] = missing;  // one group left
  }
  matrix.values[24] = missing;
  const auto design = group_design(halves(8), {"a", "b"});
  const auto fit = moderated_fit(matrix, *design, one_against_rest(*design, 2));
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->status[0], GeneStatus::kTooFewSamples);
  EXPECT_EQ(fit->status[1], GeneStatus::kTooFewSamples);
  EXPECT_EQ(fit->status[2], GeneStatus::kNotEstimable);
  EXPECT_EQ(fit->status[3], GeneStatus::kTested);
  EXPECT_EQ(fit->samples[3], 7u);
  EXPECT_EQ(fit->degrees[3], 5);
  EXPECT_TRUE(std::isnan(fit->test(2, 0).p) && std::isnan(fit->f_p[0]));
  for (std::size_t g = 3; g < 30; ++g) EXPECT_TRUE(std::isfinite(fit->test(g, 0).t) && fit->test(g, 0).p > 0);
}

TEST(Moderated, WhatIsWrongIsSaid) {
  const ExpressionMatrix matrix = noise(20, 8, 7);
  const auto design = group_design(halves(8), {"a", "b"});
  const Contrasts contrasts = one_against_rest(*design, 2);
  const auto message = [](const auto& result) { return result ? std::string() : result.error().message(); };
  const auto twice = group_design(halves(8), {"a", "b"}, {{"again", {2, 0, 2, 0, 2, 0, 2, 0}}});
  EXPECT_NE(message(moderated_fit(matrix, *twice, one_against_rest(*twice, 2))).find("again"), std::string::npos);
  const auto empty = group_design(halves(8), {"a", "b", "none"});
  EXPECT_NE(message(moderated_fit(matrix, *empty, one_against_rest(*empty, 3))).find("none"), std::string::npos);
  EXPECT_EQ(group_design({1, 3}, {"a", "b"}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(moderated_fit(matrix, {{"a"}, {1}}, contrasts).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(moderated_fit(matrix, *design, {{"zero"}, {0, 0}}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(moderated_fit(matrix, *design, {{"a"}, {1}}).error().code(), ErrorCode::kUsage);
  ExpressionMatrix still = matrix;
  std::fill(still.values.begin(), still.values.end(), 3.0);
  EXPECT_EQ(moderated_fit(still, *design, contrasts).error().code(), ErrorCode::kUndefined);
  // One gene that does not vary is no obstacle.
  ExpressionMatrix one = matrix;
  std::fill(one.values.begin(), one.values.begin() + 8, 3.0);
  const auto fit = moderated_fit(one, *design, contrasts);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->lifted, 1u);
  EXPECT_NEAR(fit->test(0, 0).p, 1, 1e-6);
}

TEST(Moderated, ThreadsDoNotMatter) {
  const ExpressionMatrix matrix = noise(300, 9, 4);
  const auto design = group_design(halves(9), {"a", "b"});
  const Contrasts contrasts = one_against_rest(*design, 2);
  set_thread_count(1);
  const auto one = moderated_fit(matrix, *design, contrasts);
  const auto one_set = camera(matrix, *design, contrasts, 0, {first(20)});
  const auto one_score = ssgsea(matrix, {first(20)});
  set_thread_count(5);
  const auto five = moderated_fit(matrix, *design, contrasts);
  const auto five_set = camera(matrix, *design, contrasts, 0, {first(20)});
  const auto five_score = ssgsea(matrix, {first(20)});
  set_thread_count(0);
  ASSERT_TRUE(one && five && one_set && five_set && one_score && five_score);
  for (std::size_t g = 0; g < 300; ++g) EXPECT_EQ(one->test(g, 0).p, five->test(g, 0).p);
  EXPECT_EQ(one_set->sets[0].p, five_set->sets[0].p);
  EXPECT_EQ(one_score->values, five_score->values);
}

TEST(VariancePriorOfGenes, IsThatWhichTheyWereDrawnFrom) {
  // s^2 = s0^2 F(8, 6): chi-square variables as sums of squares.
  Random random(2);
  std::vector<double> variances;
  const auto chi = [&](int degrees) {
    double sum = 0;
    for (int n = 0; n < degrees; ++n) sum += std::pow(random.normal(), 2);
    return sum;
  };
  for (int g = 0; g < 40000; ++g) variances.push_back(0.3 * (chi(8) / 8) / (chi(6) / 6));
  const auto prior = variance_prior(variances, std::vector<double>(variances.size(), 8));
  ASSERT_TRUE(prior);
  EXPECT_NEAR(prior->degrees, 6, 0.25);
  EXPECT_NEAR(prior->variance, 0.3, 0.01);
  EXPECT_EQ(variance_prior({1, 0, 0}, {4, 4, 4}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(variance_prior({1}, {4}).error().code(), ErrorCode::kUndefined);
}

TEST(Camera, KeepsItsLevelWhereGenesGoTogetherAndIndependenceDoesNot) {
  int camera_below = 0, plain_below = 0;
  constexpr int kTrials = 400;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const ExpressionMatrix matrix = noise(200, 20, 100 + trial, 0.3, 30);
    const auto design = group_design(halves(20), {"a", "b"});
    const Contrasts contrasts = one_against_rest(*design, 2);
    const auto counted = camera(matrix, *design, contrasts, 0, {first(30)});
    EnrichmentOptions options;
    options.correlation = 0;
    const auto plain = camera(matrix, *design, contrasts, 0, {first(30)}, options);
    ASSERT_TRUE(counted && plain);
    camera_below += counted->sets[0].p < 0.05;
    plain_below += plain->sets[0].p < 0.05;
  }
  EXPECT_LT(camera_below, 0.09 * kTrials);
  EXPECT_GT(plain_below, 0.3 * kTrials);
}

TEST(Camera, SetsThatAreTooSmallOrTooLargeAreLeftOut) {
  const ExpressionMatrix matrix = noise(10, 8, 3);
  const auto design = group_design(halves(8), {"a", "b"});
  const Contrasts contrasts = one_against_rest(*design, 2);
  const auto found = camera(matrix, *design, contrasts, 0, {first(1), first(9), first(10), first(4), first(0)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sets.size(), 1u);
  EXPECT_EQ(found->too_small.size(), 4u);
  EXPECT_EQ(camera(matrix, *design, contrasts, 1, {}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(preranked({1, 2}, {}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(preranked({2, 2, 2}, {}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(preranked({1, 2, std::nan("")}, {}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(preranked({1, 2, 3, 4}, {first(2)}, 2).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(preranked({1, 2, 3, 4}, {first(5)}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(preranked({1, 2, 3, 4, 5, 7}, {first(4)}, -0.5).error().code(), ErrorCode::kUsage);
}

/// The two walks, step by step.
double walk(const ExpressionMatrix& matrix, std::size_t sample, const SetRows& set, double weight) {
  std::vector<std::size_t> order(matrix.genes.size());
  for (std::size_t g = 0; g < order.size(); ++g) order[g] = g;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return matrix.value(a, sample) > matrix.value(b, sample); });
  const auto n = static_cast<double>(order.size());
  const auto in_set = [&](std::size_t g) { return std::binary_search(set.rows.begin(), set.rows.end(), g); };
  double all = 0;
  for (std::size_t at = 0; at < order.size(); ++at)
    all += in_set(order[at]) ? std::pow(n - static_cast<double>(at), weight) : 0;
  double inside = 0, outside = 0, area = 0;
  for (std::size_t at = 0; at < order.size(); ++at) {
    if (in_set(order[at])) {
      inside += std::pow(n - static_cast<double>(at), weight) / all;
    } else {
      outside += 1 / (n - static_cast<double>(set.rows.size()));
    }
    area += inside - outside;
  }
  return area;
}

TEST(SetScores, SsgseaIsTheAreaBetweenTheWalks) {
  const ExpressionMatrix matrix = noise(120, 6, 12);
  SetRows spread{"spread", 4, {3, 17, 60, 119}};
  for (const double weight : {0.25, 0.0, 1.0}) {
    const auto scores = ssgsea(matrix, {first(15), spread}, {weight, false});
    ASSERT_TRUE(scores);
    for (std::size_t s = 0; s < 6; ++s) {
      EXPECT_NEAR(scores->value(0, s), walk(matrix, s, first(15), weight), 1e-10);
      EXPECT_NEAR(scores->value(1, s), walk(matrix, s, spread, weight), 1e-10);
    }
    const auto normalised = ssgsea(matrix, {first(15), spread}, {weight, true});
    const auto [least, most] = std::minmax_element(normalised->values.begin(), normalised->values.end());
    EXPECT_NEAR(*most - *least, 1, 1e-12);
  }
}

TEST(SetScores, SingscoreByHand) {
  // Genes a to e of ranks 1 to 5: up {d, e} is as high as can be, down {a} as low as can be.
  const ExpressionMatrix matrix{{"a", "b", "c", "d", "e"}, {"s"}, {1, 2, 3, 4, 5}};
  const SetRows top{"top", 2, {3, 4}}, bottom{"bottom", 1, {0}}, none{"", 0, {}};
  EXPECT_DOUBLE_EQ(singscore(matrix, {top})->value(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(singscore(matrix, {bottom})->value(0, 0), -0.5);
  EXPECT_DOUBLE_EQ(singscore(matrix, {top}, {bottom})->value(0, 0), 1);
  EXPECT_DOUBLE_EQ(singscore(matrix, {top}, {none})->value(0, 0), 0.5);
  EXPECT_DOUBLE_EQ(singscore(matrix, {{"mid", 2, {1, 3}}})->value(0, 0), 0);
  EXPECT_EQ(singscore(matrix, {top}, {bottom, none}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(singscore(matrix, {none}).error().code(), ErrorCode::kUndefined);
}

TEST(SetScores, MonotoneMapsGeneOrderAndMissingValues) {
  ExpressionMatrix matrix = noise(50, 3, 1);
  matrix.values[0] = std::nan("");
  const auto plain = ssgsea(matrix, {first(8)});
  ExpressionMatrix mapped = matrix;
  for (double& value : mapped.values) value = std::exp(3 * value);
  EXPECT_EQ(ssgsea(mapped, {first(8)})->values, plain->values);
  // Missing is as if the gene were not there.
  ExpressionMatrix without = matrix;
  without.genes.erase(without.genes.begin());
  without.values.erase(without.values.begin(), without.values.begin() + 3);
  EXPECT_NEAR(ssgsea(without, {first(7)})->value(0, 0), plain->value(0, 0), 1e-12);
  // Nothing of the set in a sample: undefined there, and counted.
  for (std::size_t g = 0; g < 8; ++g) matrix.values[g * 3 + 1] = std::nan("");
  const auto gap = ssgsea(matrix, {first(8)});
  EXPECT_TRUE(std::isnan(gap->value(0, 1)));
  EXPECT_EQ(gap->undefined, 1u);
  EXPECT_EQ(gap->value(0, 2), plain->value(0, 2));
}

TEST(SetScores, CytolyticActivity) {
  const ExpressionMatrix linear{{"GZMA", "X", "PRF1"}, {"s", "t"}, {4, std::nan(""), 0, 0, 9, 1}};
  const auto activity = cytolytic_activity(linear, ExpressionUnit::kLinear);
  ASSERT_TRUE(activity);
  EXPECT_NEAR((*activity)[0], std::sqrt(4.01 * 9.01), 1e-14);
  EXPECT_TRUE(std::isnan((*activity)[1]));
  ExpressionMatrix logged = linear;
  for (double& value : logged.values) value = std::log2(value + 1);
  EXPECT_NEAR((*cytolytic_activity(logged, ExpressionUnit::kLog2PlusOne))[0], (*activity)[0], 1e-13);
  logged.values[0] = -1;
  EXPECT_EQ(cytolytic_activity(logged, ExpressionUnit::kLinear).error().code(), ErrorCode::kUsage);
  logged.genes[0] = "Y";
  EXPECT_EQ(cytolytic_activity(logged, ExpressionUnit::kLinear).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace radtype::molecular
