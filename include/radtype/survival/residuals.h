// What Cox's model leaves over, and whether hazards are proportional. Arguments are those of the fit, and the fit.
#pragma once

#include <string>
#include <vector>

#include "radtype/survival/cox.h"

namespace radtype::survival {

/// Of each subject: the martingale residual on a scale on which few and many expected events look alike
/// (therneau1990).
std::vector<double> deviance_residuals(const std::vector<Subject>& subjects, const CoxFit& fit);

/// Of each subject, subjects x names: its share of the score (therneau1990); they add up to 0. kUsage: Ties::kExact.
Result<std::vector<double>> score_residuals(const std::vector<Subject>& subjects, const Covariates& covariates,
                                            const CoxOptions& options, const CoxFit& fit);

/// Of each event: its covariates less those expected among the subjects at risk (schoenfeld1982).
struct SchoenfeldResiduals {
  std::vector<std::size_t> subjects;  ///< who had the event: by ascending stratum, time and place in the input
  std::vector<double> plain;          ///< events x names
  std::vector<double> scaled;         ///< coefficient + events * covariance * plain: its mean over time is that of the
                                      ///< coefficient at that time (grambsch1994)
};
/// kUsage: Ties::kExact.
Result<SchoenfeldResiduals> schoenfeld_residuals(const std::vector<Subject>& subjects, const Covariates& covariates,
                                                 const CoxOptions& options, const CoxFit& fit);

/// The function of time that a coefficient may change with.
enum class TimeScale {
  kKaplanMeier,  ///< 1 - survival before the event, of all strata together
  kIdentity,
  kRank,  ///< of the time among those of all subjects, ties by their mean rank
  kLog,
};

/// Covariates that belong together, such as the indicators of one factor.
struct Term {
  std::string name;
  std::vector<std::size_t> covariates;  ///< their places
};

struct ProportionalHazards {
  std::vector<Test> terms;
  Test global;
};

/// Score test of coefficients that change with time (grambsch1994), each event's own information taken as it is
/// (cox.zph of R's survival since 3.0). `terms` empty: each covariate is one. kUsage: Ties::kExact, a term without
/// covariates or with one that is not there, an event at time 0 with kLog. kUndefined: events at one time only.
Result<ProportionalHazards> proportional_hazards(const std::vector<Subject>& subjects, const Covariates& covariates,
                                                 const CoxOptions& options, const CoxFit& fit,
                                                 TimeScale scale = TimeScale::kKaplanMeier,
                                                 const std::vector<Term>& terms = {});

}  // namespace radtype::survival
