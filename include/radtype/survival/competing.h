// Events of several causes, of which a subject has the first only.
#pragma once

#include <string>
#include <vector>

#include "radtype/survival/cox.h"
#include "radtype/survival/curve.h"

namespace radtype::survival {

/// Time in any unit, the same for all.
struct CompetingSubject {
  double time = 0;
  int cause = 0;  ///< of the event at that time, 1, 2, ...; 0: seen without one until then
};

/// kUsage, naming the subject by its place: a time that is negative or no number, a cause below 0. kEmpty: nobody.
Result<void> check(const std::vector<CompetingSubject>& subjects);

/// At one time at which somebody had an event or was seen last.
struct IncidencePoint {
  double time = 0;
  double at_risk = 0;
  double events = 0;         ///< of the cause
  double events_of_any = 0;  ///< of all causes
  double censored = 0;
  double survival = 1;   ///< without any event, after this time
  double incidence = 0;  ///< share that has had an event of the cause (aalen1978)
  double error = 0;      ///< its standard error: of multinomial counts by the delta method (gaynor1993)
};
/// Of the incidence; between 0 and 1. NaN where it is 0, and, for kLogLog, where it is 1. kLog and kLogLog: about its
/// logarithm, and the logarithm of its negative logarithm.
Limits limits(const IncidencePoint& point, IntervalKind kind, double confidence = 0.95);

struct Incidence {
  std::vector<IncidencePoint> points;  ///< by ascending time

  /// The last point up to this time; none before the first.
  const IncidencePoint* at(double time) const;
};
/// Errors of check(); kUsage: a cause below 1. A cause that nobody had has the incidence 0.
Result<Incidence> cumulative_incidence(std::vector<CompetingSubject> subjects, int cause);

struct GrayTest {
  std::vector<double> sizes;       ///< by group
  std::vector<double> scores;      ///< events of the cause less those expected, weighted
  std::vector<double> covariance;  ///< of the scores, groups x groups
  Test test;
};
/// Do groups differ in the incidence of a cause (gray1988)? `groups`: 1..k of each subject; `strata`: any numbers,
/// within which groups are compared; empty: one. Events weigh 1 less the incidence before them, to the power rho.
/// kUsage: sizes that differ, labels that are not 1..k, a cause below 1, errors of check(). kUndefined: no event of the
/// cause while subjects of two groups were at risk.
Result<GrayTest> gray_test(const std::vector<CompetingSubject>& subjects, const std::vector<int>& groups, int cause,
                           const std::vector<int>& strata = {}, double rho = 0);

struct FineGrayFit {
  std::vector<std::string> names;
  std::size_t subjects = 0;
  std::size_t events = 0;            ///< of the cause
  std::size_t competing = 0;         ///< events of other causes
  std::vector<double> coefficients;  ///< log ratio of subdistribution hazards, of one unit
  std::vector<double> covariance;    ///< names x names; robust, counts that the censoring is estimated as well
  double log_likelihood_null = 0;    ///< of all coefficients 0; a pseudo-likelihood
  double log_likelihood = 0;
  Test wald;
  int iterations = 0;

  double error(std::size_t covariate) const;  ///< standard error
  /// Of one covariate: ratio of subdistribution hazards with limits, and the p of Wald's test. Infinite or 0 where a
  /// unit of it changes the hazard by more than a number holds: give it in another.
  Contrast hazard_ratio(std::size_t covariate, double confidence = 0.95) const;
};
/// Proportional hazards of the incidence of one cause (fine1999): who had another event stays at risk, as far as
/// censoring, of one kind for all, would have let them. Ties as by breslow1974. Errors as of cox(), and kUsage: a cause
/// below 1.
Result<FineGrayFit> fine_gray(const std::vector<CompetingSubject>& subjects, const Covariates& covariates, int cause);

}  // namespace radtype::survival
