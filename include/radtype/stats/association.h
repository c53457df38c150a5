// Is one column of a table of cases related to another? Every test says how many cases, how strong and how surely.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::stats {

/// How strong, on a scale that does not grow with the number of cases; limits where there are standard ones.
struct Effect {
  double estimate = 0;
  std::optional<double> low = std::nullopt;
  std::optional<double> high = std::nullopt;
};

struct Association {
  std::size_t n = 0;  ///< cases
  double statistic = 0;
  double degrees = 0;        ///< of freedom; 0 where the reference distribution has none
  double error_degrees = 0;  ///< of the denominator of F
  double p = 1;              ///< two-sided
  Effect effect;
};

// Of two labels.

/// Counts of cases, row by row.
struct Contingency {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<std::int64_t> counts;

  std::int64_t at(std::size_t row, std::size_t column) const { return counts[row * columns + column]; }
};
/// Labels are 1..k. kUsage: sizes that differ, a label below 1 or above 10,000; kEmpty: no case.
Result<Contingency> cross_tabulate(std::span<const int> rows, std::span<const int> columns);

/// Pearson's chi-square without correction. Rows and columns without cases take no part. Effect: Cramer's V, sqrt(X^2 /
/// (n (min(r, c) - 1))), with limits from the noncentral chi-square distributions in whose outer tails X^2 would lie
/// (smithson2003): the lower is 0 where X^2 is no larger than chance gives. `smallest_expected` tells whether
/// the approximation can be trusted (from 5 on). kUsage: a negative count, a size that does not fit; kUndefined: fewer
/// than two rows or columns with cases.
struct ChiSquare : Association {
  double smallest_expected = 0;
};
Result<ChiSquare> chi_square_test(const Contingency& table, double confidence = 0.95);

struct FisherOptions {
  std::int64_t exact_work = 20'000'000;  ///< steps of the exact count, a second or so; past them, random tables
  std::int64_t random_tables = 100'000;
  std::uint64_t seed = 0;  ///< of the random tables
  double confidence = 0.95;
};
struct FisherTest {
  std::size_t n = 0;
  double p = 1;  ///< chance, margins given, of a table at most as likely as this one (1e-7 more is counted as likely)
  std::int64_t random_tables = 0;    ///< 0: p is exact; else p = (1 + tables as rare) / (1 + tables)
  std::optional<Effect> odds_ratio;  ///< of a 2 x 2 table: conditional maximum likelihood and exact limits (fisher1935)
};
/// Fisher's exact test of an r x c table, by the network algorithm (mehta1983). Odds ratios may be infinite or 0.
/// Errors of chi_square_test.
Result<FisherTest> fisher_test(const Contingency& table, const FisherOptions& options = {});

// Of a number and a label 1..k. kUsage: sizes that differ, a value that is not finite, a label below 1; kUndefined:
// fewer than two groups with cases, or nothing varies.

/// One-way analysis of variance. Effect: eta squared, the share of the sum of squares between groups, with limits
/// from noncentral F distributions (smithson2003). kUndefined also where values do not vary within groups.
Result<Association> anova(std::span<const double> values, std::span<const int> groups, double confidence = 0.95);

/// kruskal1952, corrected for ties, by its chi-square approximation. Effect: epsilon squared, H / (n - 1)
/// (tomczak2014).
Result<Association> kruskal_wallis(std::span<const double> values, std::span<const int> groups);

/// Wilcoxon's rank sum (wilcoxon1945, mann1947) of two groups. Statistic: pairs in which the first group is the higher,
/// ties half. p: exact where no two values are equal and both groups have fewer than 50 cases, else by the normal
/// distribution, corrected for ties and continuity. Effect: probability that a case of the first group is the higher,
/// ties half, with the limits of newcombe2006. kUsage also: a label above 2.
Result<Association> rank_sum(std::span<const double> values, std::span<const int> groups, double confidence = 0.95);

/// Welch's t (welch1947) of two groups. Effect: mean of the first less that of the second, with limits. kUsage also: a
/// label above 2; kUndefined also: a group of one.
Result<Association> welch_t(std::span<const double> values, std::span<const int> groups, double confidence = 0.95);

// Of two numbers. kUsage: sizes that differ, a value that is not finite; kUndefined: fewer than 3 cases, or one side
// does not vary. Limits by Fisher's z, from 4 cases on.

/// Statistic: t of n - 2 degrees, infinite where the correlation is 1 or -1 (p is 0). Effect: the correlation.
Result<Association> pearson_test(std::span<const double> x, std::span<const double> y, double confidence = 0.95);
/// Effect: Spearman's correlation, ties by mean rank, its limits with the variance of bonett2000. p: over all n! orders
/// where n <= 9 (ties too), else by t.
Result<Association> spearman_test(std::span<const double> x, std::span<const double> y, double confidence = 0.95);

}  // namespace radtype::stats
