#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "stats/fisher_network.h"
#include "stats/noncentral.h"

namespace radtype::stats {
namespace {

Contingency random_table(Random& random, std::size_t rows, std::size_t columns, std::uint64_t most) {
  Contingency table{rows, columns, {}};
  for (std::size_t n = 0; n < rows * columns; ++n)
    table.counts.push_back(static_cast<std::int64_t>(random.below(most)));
  return table;
}

/// Every table of the margins, one after another.
double fisher_by_hand(const Contingency& table) {
  std::vector<std::int64_t> rows(table.rows, 0), columns(table.columns, 0);
  for (std::size_t r = 0; r < table.rows; ++r) {
    for (std::size_t c = 0; c < table.columns; ++c) {
      rows[r] += table.at(r, c);
      columns[c] += table.at(r, c);
    }
  }
  const auto weight = [](const std::vector<std::int64_t>& counts) {
    double sum = 0;
    for (const std::int64_t count : counts) sum -= std::lgamma(static_cast<double>(count) + 1);
    return sum;
  };
  const double observed = weight(table.counts);
  double rare = 0, all = 0;
  std::vector<std::int64_t> cells(table.counts.size(), 0);
  const std::function<void(std::size_t)> fill = [&](std::size_t at) {
    if (at == cells.size()) {
      for (const std::int64_t left : rows) {
        if (left != 0) return;
      }
      for (const std::int64_t left : columns) {
        if (left != 0) return;
      }
      all += std::exp(weight(cells) - observed);
      if (weight(cells) <= observed + 1e-7) rare += std::exp(weight(cells) - observed);
      return;
    }
    std::int64_t& row = rows[at / table.columns];
    std::int64_t& column = columns[at % table.columns];
    for (std::int64_t count = 0, most = std::min(row, column); count <= most; ++count) {
      cells[at] = count;
      row -= count;
      column -= count;
      fill(at + 1);
      row += count;
      column += count;
    }
  };
  fill(0);
  return rare / all;
}

TEST(Association, FisherIsTheSumOverAllTables) {
  Random random(3);
  for (int round = 0; round < 40; ++round) {
    const Contingency table = random_table(random, 2 + random.below(2), 2 + random.below(3), 4);
    const auto ours = fisher_test(table);
    if (!ours) continue;
    EXPECT_NEAR(ours->p, fisher_by_hand(table), 1e-12);
    EXPECT_EQ(ours->random_tables, 0);
  }
}

TEST(Association, RandomTablesAgreeWithTheExactChance) {
  Random random(5);
  const Contingency table = random_table(random, 4, 5, 7);
  const auto exact = fisher_test(table);
  FisherOptions options;
  options.exact_work = 0;
  options.seed = 11;
  set_thread_count(1);
  const auto one = fisher_test(table, options);
  set_thread_count(4);
  const auto four = fisher_test(table, options);
  set_thread_count(0);
  ASSERT_TRUE(exact && one && four);
  EXPECT_EQ(exact->random_tables, 0);
  EXPECT_EQ(one->random_tables, 100'000);
  EXPECT_EQ(one->p, four->p);
  EXPECT_NEAR(one->p, exact->p, 4 * std::sqrt(exact->p * (1 - exact->p) / 1e5));
  // A table that no draw reaches is still not impossible.
  options.random_tables = 99;
  const auto rare = fisher_test({2, 2, {200, 0, 0, 200}}, options);
  EXPECT_DOUBLE_EQ(rare->p, 0.01);
}

TEST(Association, OddsRatiosOfFoursquareTables) {
  // Fisher's tea, its equations solved by mpmath (R's fisher.test stops at 621.93 on the way to the upper limit).
  const auto tea = fisher_test({2, 2, {3, 1, 1, 3}});
  ASSERT_TRUE(tea && tea->odds_ratio);
  EXPECT_NEAR(tea->p, 34.0 / 70, 1e-14);
  EXPECT_NEAR(tea->odds_ratio->estimate, 6.40831965819967432, 1e-12);
  EXPECT_NEAR(*tea->odds_ratio->low, 0.211735595446578567, 1e-13);
  EXPECT_NEAR(*tea->odds_ratio->high, 626.243530588814042, 1e-10);
  const auto all = fisher_test({2, 2, {5, 0, 0, 5}});
  EXPECT_TRUE(std::isinf(all->odds_ratio->estimate));
  EXPECT_TRUE(std::isinf(*all->odds_ratio->high));
  EXPECT_GT(*all->odds_ratio->low, 1);
  const auto none = fisher_test({2, 2, {0, 5, 5, 0}});
  EXPECT_EQ(none->odds_ratio->estimate, 0);
  EXPECT_EQ(*none->odds_ratio->low, 0);
  EXPECT_FALSE(fisher_test({2, 3, {1, 2, 3, 4, 5, 6}})->odds_ratio);
}

TEST(Association, EmptyRowsTakeNoPart) {
  const Contingency full{2, 2, {8, 3, 2, 9}};
  const Contingency gaps{3, 4, {8, 0, 3, 0, 0, 0, 0, 0, 2, 0, 9, 0}};
  EXPECT_DOUBLE_EQ(chi_square_test(full)->statistic, chi_square_test(gaps)->statistic);
  EXPECT_EQ(chi_square_test(gaps)->degrees, 1);
  EXPECT_DOUBLE_EQ(fisher_test(full)->p, fisher_test(gaps)->p);
  EXPECT_EQ(chi_square_test({2, 2, {3, 0, 4, 0}}).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(chi_square_test({2, 2, {3, 0, 4}}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(fisher_test({2, 2, {3, -1, 4, 2}}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(cross_tabulate({}, {}).error().code(), ErrorCode::kEmpty);
  const std::vector<int> a = {1, 2, 2, 3}, b = {2, 1, 2, 2}, zero = {0, 1, 1, 1};
  const auto table = cross_tabulate(a, b);
  EXPECT_EQ(table->counts, (std::vector<std::int64_t>{0, 1, 1, 1, 0, 1}));
  EXPECT_EQ(cross_tabulate(a, zero).error().code(), ErrorCode::kUsage);
}

TEST(Association, LimitsOfEffectsPutTheStatisticAtTheirEdges) {
  // The noncentral chi-square of one degree is the square of a shifted normal variable.
  const auto upper = [](double x, double lambda) {
    const double root = std::sqrt(x), shift = std::sqrt(lambda);
    return 0.5 * std::erfc((root - shift) / std::sqrt(2.0)) + 0.5 * std::erfc((root + shift) / std::sqrt(2.0));
  };
  for (const double x : {6.0, 25.0, 400.0}) {
    const Noncentrality limits = noncentrality_of_chi_square(x, 1, 0.95);
    EXPECT_NEAR(upper(x, limits.low), 0.025, 1e-12);
    EXPECT_NEAR(upper(x, limits.high), 0.975, 1e-12);
  }
  EXPECT_EQ(noncentrality_of_chi_square(0.5, 2, 0.95).low, 0);
  EXPECT_EQ(noncentrality_of_chi_square(0, 2, 0.95).high, 0);
  // With many cases in the denominator F is chi-square over its degrees.
  EXPECT_NEAR(noncentrality_of_f(5, 3, 1e9, 0.9).low, noncentrality_of_chi_square(15, 3, 0.9).low, 1e-6);
  const auto v = chi_square_test({2, 2, {30, 10, 12, 28}});
  EXPECT_LT(*v->effect.low, v->effect.estimate);
  EXPECT_GT(*v->effect.high, v->effect.estimate);
}

TEST(Association, RankSumIsThatOfAllChoices) {
  // By hand: of the 10 ways to choose two ranks of five, {1, 2} and {4, 5} are as far out as {1, 2}.
  const std::vector<double> values = {1, 2, 3, 4, 5};
  const std::vector<int> groups = {1, 1, 2, 2, 2};
  const auto ours = rank_sum(values, groups);
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->statistic, 0);
  EXPECT_NEAR(ours->p, 0.2, 1e-15);
  EXPECT_EQ(ours->effect.estimate, 0);
  EXPECT_EQ(*ours->effect.low, 0);
  EXPECT_GT(*ours->effect.high, 0.3);
  EXPECT_LT(*ours->effect.high, 0.8);
  const std::vector<int> other = {2, 2, 1, 1, 1};
  EXPECT_NEAR(*rank_sum(values, other)->effect.low, 1 - *ours->effect.high, 1e-9);
}

TEST(Association, LimitsCover) {
  // 95 % limits of the probability of superiority, 2,000 trials of 15 and 20 normal cases: within 99.9 % of binomial.
  Random random(21);
  const double truth = 0.5 * std::erfc(-0.8 / 2);  // of a shift by 0.8
  int covered = 0, spearman_covered = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> values, x, y;
    std::vector<int> groups;
    for (int n = 0; n < 35; ++n) {
      groups.push_back(n < 15 ? 1 : 2);
      values.push_back(random.normal() + (n < 15 ? 0.8 : 0));
      x.push_back(random.normal());
      y.push_back(0.6 * x.back() + 0.8 * random.normal());
    }
    const auto found = rank_sum(values, groups);
    covered += *found->effect.low <= truth && truth <= *found->effect.high;
    const auto rho = spearman_test(x, y);
    const double true_rho = 6 / 3.141592653589793 * std::asin(0.3);
    spearman_covered += *rho->effect.low <= true_rho && true_rho <= *rho->effect.high;
  }
  EXPECT_NEAR(covered / 2000.0, 0.95, 0.016);
  EXPECT_NEAR(spearman_covered / 2000.0, 0.95, 0.016);
}

TEST(Association, SmallSpearmanCountsOrders) {
  const std::vector<double> x = {1, 2, 3, 4}, y = {1, 2, 3, 4}, tied = {1, 1, 2, 3};
  EXPECT_NEAR(spearman_test(x, y)->p, 2.0 / 24, 1e-15);
  EXPECT_NEAR(spearman_test(x, tied)->p, 4.0 / 24, 1e-15);
  EXPECT_EQ(spearman_test(x, y)->effect.high, 1);
}

TEST(Association, WhatCannotBeTestedIsSaid) {
  const std::vector<double> values = {1, 2, 3, 4}, equal = {2, 2, 2, 2}, bad = {1, std::nan(""), 2, 3};
  const std::vector<double> tenths = {0.1, 0.1, 0.1, 0.1};
  const std::vector<int> groups = {1, 1, 2, 2}, one = {1, 1, 1, 1}, three = {1, 2, 3, 3}, zero = {0, 1, 1, 2};
  for (const auto test : {&anova, &rank_sum, &welch_t}) {
    EXPECT_EQ(test(values, one, 0.95).error().code(), ErrorCode::kUndefined);
    EXPECT_EQ(test(equal, groups, 0.95).error().code(), ErrorCode::kUndefined);
    EXPECT_EQ(test(tenths, groups, 0.95).error().code(), ErrorCode::kUndefined);
    EXPECT_EQ(test(bad, groups, 0.95).error().code(), ErrorCode::kUsage);
    EXPECT_EQ(test(values, zero, 0.95).error().code(), ErrorCode::kUsage);
    EXPECT_EQ(test(values, std::vector<int>{1, 2}, 0.95).error().code(), ErrorCode::kUsage);
    EXPECT_EQ(test({}, {}, 0.95).error().code(), ErrorCode::kUndefined);
  }
  EXPECT_EQ(kruskal_wallis(equal, groups).error().code(), ErrorCode::kUndefined);
  EXPECT_EQ(rank_sum(values, three).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(welch_t(values, three).error().code(), ErrorCode::kUsage);
  for (const auto test : {&pearson_test, &spearman_test}) {
    EXPECT_EQ(test(values, tenths, 0.95).error().code(), ErrorCode::kUndefined);
    EXPECT_EQ(test(values, bad, 0.95).error().code(), ErrorCode::kUsage);
    EXPECT_EQ(test({values.data(), 2}, {values.data(), 2}, 0.95).error().code(), ErrorCode::kUndefined);
  }
}

}  // namespace
}  // namespace radtype::stats
