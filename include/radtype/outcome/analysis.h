// A plan carried out: survival of groups, tests, and models that say whether groups tell more than size and covariates.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "radtype/outcome/plan.h"
#include "radtype/outcome/records.h"
#include "radtype/survival/competing.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/curve.h"

namespace radtype::outcome {

/// One group described. Times are in the endpoint's unit.
struct GroupResult {
  std::string value;
  std::string label;
  std::size_t n = 0;
  std::size_t events = 0;
  survival::Curve curve;                                    ///< without competing events
  survival::Quantile median;                                ///< alike
  std::optional<survival::Mean> restricted_mean;            ///< to AnalysisResult::horizon
  std::optional<survival::Contrast> restricted_difference;  ///< less the reference group's
  std::optional<survival::Incidence> incidence;             ///< with competing events: of the event
  std::optional<survival::Incidence> incidence_of_others;
};

struct TestResult {
  std::string name;  ///< "log-rank", "log-rank trend", "1 against 2", "subtype beyond size and covariates", ...
  std::size_t n = 0;
  std::size_t events = 0;
  survival::Test test;
  std::optional<double> adjusted_p = {};  ///< of pairs of groups, among them (Holm)
  std::string missing = {};               ///< why there is none
};

struct CoefficientResult {
  std::string term;
  std::string level;  ///< of a categorical one; "per ..." of a number
  std::size_t n = 0;  ///< with that level
  std::size_t events = 0;
  bool reference = false;
  survival::Contrast ratio;  ///< of hazards
};

struct HazardsTest {
  std::string term;  ///< "all" for all together
  survival::Test test;
};

struct ModelResult {
  std::string name;  ///< "group", "base", "adjusted", "interaction", "subdistribution"
  std::string title;
  std::size_t n = 0;
  std::size_t events = 0;
  std::vector<CoefficientResult> coefficients;
  std::optional<double> log_likelihood;
  survival::Test likelihood_ratio;  ///< against no covariates; Wald's of the subdistribution, and with clusters
  std::optional<survival::Concordance> concordance;
  std::vector<HazardsTest> proportional_hazards;  ///< on the scale of Kaplan and Meier
  bool robust = false;                            ///< by clusters
  std::string missing;                            ///< why it could not be fitted
};

/// Hazard ratio of one level of the treatment in one group.
struct EffectInGroup {
  std::string group;
  std::string level;
  std::size_t n = 0;  ///< of the group, on either level
  std::size_t events = 0;
  survival::Contrast ratio;
};

struct AnalysisResult {
  Analysis analysis;
  std::size_t n = 0;  ///< described: time, event, group and strata known
  std::size_t events = 0;
  std::size_t competing = 0;
  std::size_t modelled = 0;  ///< of them with size and covariates
  std::size_t modelled_events = 0;
  std::vector<LeftOut> left_out;                      ///< of those that `where` asks for
  std::vector<LeftOut> not_modelled;                  ///< described, and without size or a covariate
  std::map<std::string, std::size_t> missing_values;  ///< by covariate, among those described
  std::vector<std::string> notes;
  std::string reference;  ///< label of the group that others are compared with
  double horizon = 0;
  std::vector<GroupResult> groups;
  std::vector<TestResult> tests;
  std::vector<ModelResult> models;
  std::vector<EffectInGroup> effects;  ///< of the interaction
  std::string primary;                 ///< name of the test that stands for the analysis
  std::optional<double> p;             ///< of it
  std::optional<double> q;             ///< adjusted within the family
  std::string missing;                 ///< why the analysis could not be done

  const TestResult* test(const std::string& name) const;
  const ModelResult* model(const std::string& name) const;
};

struct OutcomeResult {
  Plan plan;
  std::size_t patients = 0;
  std::vector<AnalysisResult> analyses;  ///< in the order of the plan
};

/// Every analysis of a plan. One that cannot be done says why, and the others go on. kUsage: a column of the plan that
/// the records lack.
Result<OutcomeResult> run_plan(const Plan& plan, const Records& records);

}  // namespace radtype::outcome
