// Tails and quantiles of distributions, and p values of several tests at once.
#pragma once

#include <cstdint>
#include <vector>

namespace radtype::stats {

/// P(|Z| >= |z|) of a standard normal Z; small values keep their digits.
double normal_two_sided(double z);
/// The x that a standard normal variable stays below with probability p, 0 < p < 1.
double normal_quantile(double p);
/// P(X >= x) of chi-square with these degrees of freedom, x >= 0; small values keep their digits.
double chi_square_tail(double x, double degrees);

/// Of a beta variable: the chance that it is at most x, or at least x; 0 <= x <= 1, a, b > 0. Each keeps its digits
/// where it is small, about 13 of them (fewer where a + b passes 1e6).
double beta_below(double x, double a, double b);
double beta_above(double x, double a, double b);
/// The natural logarithm of beta_below, also where that is below the smallest double.
double log_beta_below(double x, double a, double b);
/// The x that a beta variable stays below with probability p, 0 <= p <= 1.
double beta_quantile(double p, double a, double b);

/// P(T >= t) of Student's t. Degrees of freedom are positive, any number, or infinite: the normal distribution.
double t_tail(double t, double degrees);
/// P(|T| >= |t|).
double t_two_sided(double t, double degrees);
/// The t that stays above T with probability p, 0 < p < 1.
double t_quantile(double p, double degrees);
/// The z of a standard normal variable that is as far out as t: P(Z >= z) = P(T >= t), also where both are below the
/// smallest double.
double z_from_t(double t, double degrees);

/// P(F >= f) of an F variable, f >= 0; the second degrees may be infinite.
double f_tail(double f, double numerator_degrees, double denominator_degrees);

/// P(X <= k) and P(X >= k) of `trials` with this probability of success.
double binomial_below(std::int64_t k, std::int64_t trials, double probability);
double binomial_above(std::int64_t k, std::int64_t trials, double probability);

enum class Adjustment { kBonferroni, kHolm, kHochberg, kBenjaminiHochberg, kBenjaminiYekutieli };
/// As R's p.adjust (holm1979, hochberg1988, benjamini1995, benjamini2001). NaN stays NaN, and does not count.
std::vector<double> adjust(const std::vector<double>& p, Adjustment adjustment);

}  // namespace radtype::stats
