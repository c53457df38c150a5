// Proportional hazards: how covariates change the rate of an event (cox1972).
#pragma once

#include <string>
#include <vector>

#include "radtype/survival/curve.h"

namespace radtype::survival {

struct Covariates {
  std::vector<std::string> names;
  std::vector<double> values;  ///< subjects x names, row by row, all finite

  double value(std::size_t subject, std::size_t covariate) const { return values[subject * names.size() + covariate]; }
};

/// Events at one time.
enum class Ties {
  kEfron,    ///< as if they came one after the other, averaged (efron1977)
  kBreslow,  ///< all of them at the risk of the first (breslow1974)
};

struct Test {
  double statistic = 0;  ///< chi-square
  int degrees = 0;
  double p = 1;
};

struct CoxFit {
  std::vector<std::string> names;
  std::size_t subjects = 0;
  std::size_t events = 0;
  std::vector<double> coefficients;  ///< log hazard ratio of one unit
  std::vector<double> covariance;    ///< of the coefficients, names x names
  double log_likelihood_null = 0;    ///< of all coefficients 0; partial
  double log_likelihood = 0;
  Test likelihood_ratio;
  Test wald;
  Test score;
  int iterations = 0;
  std::vector<double> martingale;  ///< residual of each subject: event less what was expected (therneau1990)

  double error(std::size_t covariate) const;  ///< standard error
  /// Of one covariate: hazard ratio with limits, and the p of Wald's test.
  Contrast hazard_ratio(std::size_t covariate, double confidence = 0.95) const;
};

struct CoxOptions {
  Ties ties = Ties::kEfron;
  std::vector<int> strata;  ///< any numbers, each with a baseline of its own; empty: one
};

/// Newton's iterations with halved steps. kUsage: sizes that differ, a value that is not finite, errors of check().
/// kUndefined, naming the covariate: no events, one that does not vary or follows from others, one whose estimate is
/// infinite because it tells who has the event.
Result<CoxFit> cox(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options = {});

}  // namespace radtype::survival
