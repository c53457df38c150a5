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
  kExact,    ///< time is discrete: this many of those at risk, which ones by their odds (cox1972, gail1981)
};

struct CoxOptions {
  Ties ties = Ties::kEfron;
  std::vector<int> strata = {};  ///< any numbers, each with a baseline of its own; empty: one
  /// Any numbers: subjects of one are not independent. Where given, `robust_covariance` is (lin1989). Not for kExact.
  std::vector<int> clusters = {};
};

/// Cumulative hazard just after an event.
struct HazardPoint {
  int stratum = 0;  ///< 0 where there are no strata
  double time = 0;
  double cumulative = 0;
};

struct CoxFit {
  std::vector<std::string> names;
  std::size_t subjects = 0;
  std::size_t events = 0;
  std::vector<double> coefficients;       ///< log hazard ratio of one unit
  std::vector<double> covariance;         ///< of the coefficients, names x names: inverse of the information
  std::vector<double> robust_covariance;  ///< the sandwich, where clusters were given; else empty
  double log_likelihood_null = 0;         ///< of all coefficients 0; partial
  double log_likelihood = 0;
  Test likelihood_ratio;
  Test wald;   ///< by the robust covariance where there is one
  Test score;  ///< at coefficients 0, by the information
  int iterations = 0;
  std::vector<double> expected;    ///< events expected of each subject until its time
  std::vector<double> martingale;  ///< residual of each subject: event less what was expected (therneau1990)
  std::vector<double> means;       ///< of each covariate, over all subjects
  /// At the means, by ascending stratum and time, at times of events: Breslow's estimate for kBreslow and kExact, else
  /// Efron's.
  std::vector<HazardPoint> baseline;

  double error(std::size_t covariate) const;  ///< standard error, robust where there are clusters
  /// Of one covariate: hazard ratio with limits, and the p of Wald's test. Infinite or 0 where a
  /// unit of it changes the hazard by more than a number holds: give it in another.
  Contrast hazard_ratio(std::size_t covariate, double confidence = 0.95) const;
};

/// Newton's iterations with halved steps. Time: subjects x names^2 an iteration, for kExact times the largest number of
/// events at one time. kUsage: sizes that differ, a value that is not finite, clusters with kExact, units so small or
/// large that a coefficient or its variance has no number, errors of check(). kUndefined, naming the covariate: no
/// events, one that does not vary or follows from others, one whose estimate is infinite because it tells who has the
/// event; not more clusters than covariates.
Result<CoxFit> cox(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options = {});

/// The baseline of a subject with these covariates; zeros: R's `basehaz(centered = FALSE)`. kUsage: not a finite value
/// for each name. kUndefined: a hazard too large to write.
Result<std::vector<HazardPoint>> cumulative_hazard(const CoxFit& fit, const std::vector<double>& covariates);

}  // namespace radtype::survival
