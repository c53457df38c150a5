#include <cmath>

#include <gtest/gtest.h>

#include "radtype/stats/distribution.h"

namespace radtype::stats {
namespace {

TEST(Distribution, NormalQuantilesAreThoseOfTables) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.9599639845400545, 1e-14);
  EXPECT_NEAR(normal_quantile(0.025), -1.9599639845400545, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-13);
  for (double p = 0.001; p < 1; p += 0.001)
    EXPECT_NEAR(0.5 * std::erfc(-normal_quantile(p) / std::sqrt(2.0)), p, 2e-16 + 1e-15 * p);
}

TEST(Distribution, TailsKeepTheirDigits) {
  // R: pchisq(x, df, lower.tail = FALSE), 2 * pnorm(-z).
  const auto near = [](double ours, double theirs) { EXPECT_NEAR(ours, theirs, 1e-12 * theirs); };
  near(chi_square_tail(3.841458820694124, 1), 0.05);
  near(chi_square_tail(100, 1), 1.523970604832105e-23);
  near(chi_square_tail(0.5, 3), 0.9188914116546235);
  EXPECT_EQ(chi_square_tail(0, 4), 1);
  near(normal_two_sided(-10), 1.523970604832105e-23);
  // With two degrees of freedom it is an exponential.
  for (const double x : {0.1, 1.0, 10.0, 100.0, 1000.0}) near(chi_square_tail(x, 2), std::exp(-x / 2));
}

TEST(Distribution, AdjustedPsAreAtLeastTheirOwnAndMissingOnesDoNotCount) {
  const std::vector<double> p = {0.01, std::nan(""), 0.04, 0.03, 0.9};
  for (const Adjustment adjustment : {Adjustment::kBonferroni, Adjustment::kHolm, Adjustment::kHochberg,
                                      Adjustment::kBenjaminiHochberg, Adjustment::kBenjaminiYekutieli}) {
    const std::vector<double> adjusted = adjust(p, adjustment);
    EXPECT_TRUE(std::isnan(adjusted[1]));
    for (const std::size_t n : {0U, 2U, 3U, 4U}) {
      EXPECT_GE(adjusted[n], p[n]);
      EXPECT_LE(adjusted[n], 1);
    }
  }
  EXPECT_DOUBLE_EQ(adjust(p, Adjustment::kBonferroni)[0], 0.04);
  EXPECT_DOUBLE_EQ(adjust(p, Adjustment::kHolm)[2], 0.09);
  EXPECT_DOUBLE_EQ(adjust(p, Adjustment::kBenjaminiHochberg)[3], 0.04 * 4 / 3);
  EXPECT_TRUE(adjust({}, Adjustment::kHolm).empty());
}

}  // namespace
}  // namespace radtype::stats
