// Logistic regression: what changes the odds of a yes.
#pragma once

#include <string>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::stats {

/// Of cases, without the constant, which every model has.
struct Regressors {
  std::vector<std::string> names;
  std::vector<double> values;  ///< cases x names, row by row, all finite

  double value(std::size_t row, std::size_t column) const { return values[row * names.size() + column]; }
};

struct OddsRatio {
  double estimate = 0;
  double low = 0;
  double high = 0;
  double p = 1;  ///< Wald's test
};

struct LikelihoodRatio {
  double statistic = 0;  ///< chi-square
  int degrees = 0;
  double p = 1;
};

struct LogisticFit {
  std::vector<std::string> names;  ///< "(constant)" first
  std::size_t cases = 0;
  std::size_t yes = 0;
  std::vector<double> coefficients;  ///< log odds ratio of one unit
  std::vector<double> covariance;    ///< of the coefficients, names x names
  double log_likelihood = 0;         ///< with Firth's penalty where it was asked for
  std::vector<double> fitted;        ///< probability of yes, by case
  /// By covariate, without the constant: that its coefficient is 0. With Firth's penalty only (heinze2002), where
  /// Wald's test misleads; else empty.
  std::vector<LikelihoodRatio> profile;
  bool firth = false;
  int iterations = 0;

  double error(std::size_t coefficient) const;  ///< standard error
  OddsRatio odds_ratio(std::size_t coefficient, double confidence = 0.95) const;
};

struct LogisticOptions {
  bool firth = false;  ///< penalise by Jeffreys' prior (firth1993): finite where the plain estimate is not
};

/// Iteratively reweighted least squares with halved steps. No regressors: the constant alone. kUsage: sizes that
/// differ, a value that is not finite; kEmpty: no case; kUndefined, naming the covariate: one that does not vary or
/// follows from those before it, and, without the penalty, one that tells yes from no (its estimate is infinite), or
/// cases that are all yes or all no.
Result<LogisticFit> logistic(const std::vector<bool>& yes, const Regressors& regressors,
                             const LogisticOptions& options = {});

/// Does the larger model say more than the nested one? kUsage: not of the same cases, not nested by the names of
/// covariates, or penalised (see LogisticFit::profile).
Result<LikelihoodRatio> compare(const LogisticFit& larger, const LogisticFit& nested);

}  // namespace radtype::stats
