#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "radtype/subtype/combat.h"

namespace radtype::subtype {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Batch b of 2: every feature shifted by `shift` and stretched by `stretch` in the first. Features of their own centre
/// and spread.
Table two_batches(std::size_t rows, std::size_t columns, double shift, double stretch, std::uint64_t seed) {
  Random random(seed);
  Table table{rows, columns, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double value = random.normal();
      table.values.push_back(10.0 * static_cast<double>(c) +
                             static_cast<double>(c + 1) * (2 * r < rows ? shift + stretch * value : value));
    }
  }
  return table;
}

std::vector<std::size_t> halves(std::size_t rows) {
  std::vector<std::size_t> batch(rows, 1);
  std::fill(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(rows / 2), 0);
  return batch;
}

TEST(Combat, NumbersOfSva) {
  // sva 3.46.0, ComBat(x, batch), its it.sol iterated until nothing changes by 1e-14.
  const double x[3][10] = {{1.0, 2.5, 3.0, 0.5, 4.0, 5.5, 7.0, 2.0, 3.5, 2.5},
                           {10, 12, 9, 14, 20, 16, 25, 11, 13, 18},
                           {-1, 0.5, 0.25, -2, -1.5, 1, 3, 4, 2, 0.5}};
  const double expected[3][10] = {
      {2.2037341121240761, 3.7360633407369077, 4.2468397502745177, 1.6929577025864659, 2.390543662188914,
       3.3554408973143262, 4.3203381324397387, 2.3154979866062573, 3.7662484261351845, 2.7990814664492332},
      {13.206422270146653, 15.48846841768165, 12.065399196379156, 17.770514565216644, 14.896007059032623,
       12.323129237740872, 18.112104335647313, 11.706812129822408, 13.530917120488626, 18.09117959715417},
      {0.53730785296391459, 2.2202811055776457, 1.9397855634753571, -0.58467431544523951, -1.275412942640501,
       0.3323317972987398, 1.6185275892501325, 2.7960166358632685, 0.97942996195152221, -0.38301004348228751}};
  const std::vector<std::size_t> batch = {0, 0, 0, 0, 1, 1, 1, 2, 2, 2};
  Table table{10, 3, {}};
  for (std::size_t r = 0; r < 10; ++r) {
    for (const auto& feature : x) table.values.push_back(feature[r]);
  }
  const auto effects = fit_combat(table, batch, 3);
  ASSERT_TRUE(effects) << effects.error().to_string();
  for (std::size_t f = 0; f < 3; ++f) {
    for (std::size_t r = 0; r < 10; ++r)
      EXPECT_NEAR((*effects)[f].removed(x[f][r], batch[r]), expected[f][r], 1e-12) << f << " " << r;
  }
}

TEST(Combat, PlantedShiftAndScaleAreRemovedAtTheRateOfTheirErrors) {
  for (const std::size_t rows : {100U, 1600U}) {
    const Table table = two_batches(rows, 20, 3, 2, 1);
    const auto effects = fit_combat(table, halves(rows), 2);
    ASSERT_TRUE(effects);
    double worst_shift = 0, worst_ratio = 0;
    for (std::size_t c = 0; c < 20; ++c) {
      const BatchEffect& effect = (*effects)[c];
      // Units of the feature: shift of the first batch less that of the second, and the ratio of their spreads.
      const double shift = (effect.shift[0] - effect.shift[1]) * effect.pooled_sd / static_cast<double>(c + 1);
      worst_shift = std::max(worst_shift, std::abs(shift - 3));
      worst_ratio = std::max(worst_ratio, std::abs(std::sqrt(effect.variance[0] / effect.variance[1]) - 2));
    }
    // Four standard errors of a difference of means and of a ratio of deviations, unshrunk.
    const double half = static_cast<double>(rows) / 2;
    EXPECT_LT(worst_shift, 4 * std::sqrt((4 + 1) / half));
    EXPECT_LT(worst_ratio, 4 * 2 * std::sqrt(1 / half));
  }
}

TEST(Combat, WhatIsTheSameInAllFeaturesIsTakenWhole) {
  // The same numbers in every feature: no spread over the features, so that the posterior is the batch's own mean; and
  // the priors' own divisions by zero.
  Table table{8, 3, {}};
  const double x[] = {1, 2, 3, 4, 11, 13, 15, 17};
  for (const double value : x) table.values.insert(table.values.end(), 3, value);
  const auto effects = fit_combat(table, halves(8), 2);
  ASSERT_TRUE(effects);
  for (const BatchEffect& effect : *effects) {
    EXPECT_DOUBLE_EQ(effect.grand_mean, 8.25);
    EXPECT_DOUBLE_EQ(effect.pooled_sd, std::sqrt((5.0 + 20.0) / 8));
    EXPECT_DOUBLE_EQ(effect.shift[0], (2.5 - 8.25) / effect.pooled_sd);
    EXPECT_DOUBLE_EQ(effect.variance[1], 20.0 / 3 / (effect.pooled_sd * effect.pooled_sd));
    EXPECT_NEAR(effect.removed(2.5, 0), effect.removed(14, 1), 1e-12);
    EXPECT_NEAR(effect.removed(4, 0), effect.removed(17, 1), 1e-12);
  }
}

TEST(Combat, MissingValuesTakeNoPart) {
  // A row with nothing but missing values changes no mean: only the batches' shares, equal here.
  Table table = two_batches(40, 5, 1, 1.5, 2);
  const auto plain = fit_combat(table, halves(40), 2);
  Table more = table;
  more.rows += 2;
  more.values.insert(more.values.end(), 10, kNone);
  std::vector<std::size_t> batch = halves(40);
  batch.insert(batch.end(), {0, 1});
  const auto with = fit_combat(more, batch, 2);
  ASSERT_TRUE(plain && with);
  for (std::size_t c = 0; c < 5; ++c) {
    EXPECT_EQ((*plain)[c].shift, (*with)[c].shift);
    EXPECT_EQ((*plain)[c].variance, (*with)[c].variance);
    EXPECT_EQ((*plain)[c].grand_mean, (*with)[c].grand_mean);
  }
  EXPECT_TRUE(std::isnan((*with)[0].removed(kNone, 1)));
}

TEST(Combat, TablesThatHaveNoAnswer) {
  const Table good = two_batches(10, 3, 1, 1, 3);
  const auto code = [](const Table& table, const std::vector<std::size_t>& batch, std::size_t batches) {
    const auto effects = fit_combat(table, batch, batches);
    EXPECT_FALSE(effects);
    return effects ? ErrorCode::kUnreadable : effects.error().code();
  };
  ASSERT_TRUE(fit_combat(good, halves(10), 2));
  EXPECT_EQ(code(good, halves(8), 2), ErrorCode::kUsage);
  EXPECT_EQ(code(good, halves(10), 1), ErrorCode::kUsage);
  EXPECT_EQ(code(good, {0, 0, 0, 0, 0, 1, 1, 1, 1, 2}, 2), ErrorCode::kUsage);
  EXPECT_EQ(code(good, halves(10), 3), ErrorCode::kUndefined);  // the third has no row
  EXPECT_EQ(code({10, 1, std::vector<double>(10, 1)}, halves(10), 2), ErrorCode::kUsage);
  Table bad = good;
  bad.values.pop_back();
  EXPECT_EQ(code(bad, halves(10), 2), ErrorCode::kUsage);
  bad = good;
  bad.values[4] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(code(bad, halves(10), 2), ErrorCode::kUsage);
  bad = good;
  for (std::size_t r = 5; r < 10; ++r) bad.values[r * 3 + 1] = 0.1;
  EXPECT_EQ(code(bad, halves(10), 2), ErrorCode::kUndefined);
  const auto named = fit_combat(bad, halves(10), 2);
  EXPECT_EQ(named.error().message(), "column 2 has fewer than two different values in batch 2");
}

}  // namespace
}  // namespace radtype::subtype
