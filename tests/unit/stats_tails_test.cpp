// Tails of Student's t, F, beta, chi-square and binomial against mpmath 1.2, 60 digits.
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "radtype/stats/distribution.h"

namespace radtype::stats {
namespace {

/// A small number is the exponential of one that has its digits.
void near(double ours, double theirs, double relative = 1e-13) {
  EXPECT_NEAR(ours, theirs, (relative + 1e-15 * std::abs(std::log(theirs))) * theirs);
}

TEST(Tails, Beta) {
  struct Row {
    double x, a, b, below, above;
  };
  const std::vector<Row> rows = {
      {0.3, 2, 3, 0.34829999999999998, 0.65170000000000002},
      {0.01, 0.5, 0.5, 0.063768560858519849, 0.93623143914148015},
      {0.5, 0.25, 7.5, 0.99948367688788183, 0.00051632311211816978},
      {0.999, 50, 0.5, 0.75236901996537668, 0.24763098003462332},
      {1e-10, 3, 4, 1.9999999995500002e-29, 1.0},
      {0.45, 500, 500, 0.00076367893952650011, 0.9992363210604735},
      {0.4999, 50000, 50000, 0.47478554827595072, 0.52521445172404928},
      {0.7, 0.1, 0.2, 0.71632698299586115, 0.28367301700413885},
      {0.02, 12.5, 10000, 1.0, 4.1167219925217758e-70},
      {0.9, 3, 40, 1.0, 7.0119999999999381e-38},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.x << " " << row.a << " " << row.b);
    near(beta_below(row.x, row.a, row.b), row.below);
    near(beta_above(row.x, row.a, row.b), row.above, 1e-12);  // 1 - x is not a double
    near(std::exp(log_beta_below(row.x, row.a, row.b)), row.below);
    if (row.below < 0.999) near(beta_quantile(row.below, row.a, row.b), row.x, 1e-11);
  }
  EXPECT_NEAR(log_beta_below(0.2, 1000, 3), std::log(3.4408391544828044e-300) - 394 * std::log(10.0), 1e-9);
  EXPECT_EQ(beta_below(0.2, 1000, 3), 0);
  EXPECT_EQ(beta_below(0, 2, 3), 0);
  EXPECT_EQ(beta_above(0, 2, 3), 1);
  EXPECT_EQ(beta_quantile(0, 2, 3), 0);
  EXPECT_EQ(beta_quantile(1, 2, 3), 1);
  near(beta_quantile(1e-100, 0.5, 2), std::pow(1e-100 / 1.5, 2), 1e-11);
}

TEST(Tails, StudentsT) {
  struct Row {
    double t, degrees, tail;
  };
  const std::vector<Row> rows = {
      {0.5, 1, 0.35241638234956673},       {2, 3.5, 0.063069261287956767},  {12.7, 1, 0.02501216384467208},
      {40, 10, 1.1404288715428773e-12},    {1e5, 2, 4.99999999925e-11},     {6, 120, 1.0741519096530204e-8},
      {30, 1000, 7.6873437220217411e-142}, {0.001, 7, 0.49961500862249942}, {1e60, 4, 3.0000000000000006e-240},
      {3, 1e6, 0.0013499312707108985},     {2, 1e10, 0.022750131961676949}, {8, 0.7, 0.072329682430367794}};
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.t << " " << row.degrees);
    near(t_tail(row.t, row.degrees), row.tail);
    near(t_two_sided(-row.t, row.degrees), 2 * row.tail);
    near(t_tail(-row.t, row.degrees), 1 - row.tail);
    if (row.tail < 0.4) near(-t_quantile(row.tail, row.degrees), row.t, 1e-12);
  }
  const double infinity = std::numeric_limits<double>::infinity();
  near(t_tail(3, infinity), 0.0013498980316300946);
  EXPECT_EQ(t_tail(infinity, 4), 0);
  EXPECT_EQ(t_tail(0, 4), 0.5);
  EXPECT_EQ(t_quantile(0.5, 4), 0);
  near(t_quantile(0.975, infinity), 1.9599639845400545);
  near(t_quantile(0.975, 5), 2.5705818356363142);
  near(t_tail(1e200, 1), 1 / 3.141592653589793 * 1e-200);
}

TEST(Tails, F) {
  struct Row {
    double f, a, b, tail;
  };
  const std::vector<Row> rows = {{2.1433792972406, 3, 133, 0.097765074451708659},
                                 {50, 2, 20, 1.6538171687920202e-8},
                                 {0.001, 4, 9, 0.99999756025749564},
                                 {300, 5, 400, 6.9201472559152428e-133},
                                 {1.2, 1000, 2000, 0.00038112751654018499},
                                 {4, 2.5, 1e8, 0.011608039787929555}};
  for (const Row& row : rows) near(f_tail(row.f, row.a, row.b), row.tail);
  EXPECT_EQ(f_tail(0, 2, 3), 1);
  near(f_tail(2, 3, std::numeric_limits<double>::infinity()), chi_square_tail(6, 3));
  for (const double t : {0.01, 1.0, 30.0}) near(f_tail(t * t, 1, 8), t_two_sided(t, 8));
}

TEST(Tails, ChiSquare) {
  struct Row {
    double x, degrees, tail;
  };
  const std::vector<Row> rows = {{300, 7, 6.0496418565563195e-61},      {1200, 1000, 1.2255942330622904e-5},
                                 {1600, 1000, 1.742039824439163e-30},   {0.01, 0.5, 0.70691910527898041},
                                 {20000, 19000, 2.2561934942312607e-7}, {40, 33.5, 0.20378015407223448}};
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.x << " " << row.degrees);
    near(chi_square_tail(row.x, row.degrees), row.tail);
  }
}

TEST(Tails, NormalQuantilesHoweverSmall) {
  near(-normal_quantile(1e-300), 37.047096299361199);
  near(-normal_quantile(1e-100), 21.273453560965324);
  near(-normal_quantile(1e-20), 9.2623400897984076);
  near(-normal_quantile(1e-5), 4.2648907939228246);
  near(-normal_quantile(0.3), 0.52440051270804082);
  near(-normal_quantile(0.49999), 2.5066282748960009e-5, 1e-10);
}

TEST(Tails, NormalDeviateOfT) {
  struct Row {
    double t, degrees, z;
  };
  const std::vector<Row> rows = {{1, 3, 0.85780125084095694},    {40, 10, 7.016137394477692},
                                 {1e5, 2, 6.4669510872631921},   {100, 1000, 48.958407262720094},
                                 {1e4, 500, 78.105940657119137}, {1e-4, 5, 9.5153286148096546e-5},
                                 {5, 1e6, 4.9999675004337427}};
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.t << " " << row.degrees);
    near(z_from_t(row.t, row.degrees), row.z, row.t < 0.1 ? 1e-11 : 1e-13);
    EXPECT_EQ(z_from_t(-row.t, row.degrees), -z_from_t(row.t, row.degrees));
  }
  EXPECT_EQ(z_from_t(0, 3), 0);
}

TEST(Tails, BinomialIsTheSumOfItsTerms) {
  for (const double p : {0.0, 0.1, 0.5, 0.99, 1.0}) {
    double below = 0;
    for (int k = 0; k <= 12; ++k) {
      EXPECT_NEAR(binomial_above(k, 12, p), 1 - below, 1e-14);
      below +=
          std::tgamma(13.0) / std::tgamma(k + 1.0) / std::tgamma(13.0 - k) * std::pow(p, k) * std::pow(1 - p, 12 - k);
      EXPECT_NEAR(binomial_below(k, 12, p), below, 1e-13);
    }
  }
  near(binomial_above(100, 100, 0.01), 1e-200, 1e-12);
  EXPECT_EQ(binomial_below(-1, 5, 0.5), 0);
  EXPECT_EQ(binomial_above(6, 5, 0.5), 0);
}

}  // namespace
}  // namespace radtype::stats
