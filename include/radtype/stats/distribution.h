// Tails and quantiles of distributions, and p values of several tests at once.
#pragma once

#include <vector>

namespace radtype::stats {

/// P(|Z| >= |z|) of a standard normal Z; small values keep their digits.
double normal_two_sided(double z);
/// The x that a standard normal variable stays below with probability p, 0 < p < 1.
double normal_quantile(double p);
/// P(X >= x) of chi-square with these degrees of freedom, x >= 0; small values keep their digits.
double chi_square_tail(double x, double degrees);

enum class Adjustment { kBonferroni, kHolm, kHochberg, kBenjaminiHochberg, kBenjaminiYekutieli };
/// As R's p.adjust (holm1979, hochberg1988, benjamini1995, benjamini2001). NaN stays NaN, and does not count.
std::vector<double> adjust(const std::vector<double>& p, Adjustment adjustment);

}  // namespace radtype::stats
