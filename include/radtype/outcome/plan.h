// What is going to be analysed, written down before it is seen: schemas/outcome-plan.schema.json.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/outcome/records.h"
#include "radtype/survival/cox.h"

namespace radtype::outcome {

/// Time to an event. Values of `event` that are neither an event nor a competing one mean seen without it; a missing
/// one leaves the patient out.
struct Endpoint {
  std::string name;
  std::string label;
  std::string time;  ///< column
  std::string unit = "days";
  std::string event;                        ///< column
  std::vector<std::string> events = {"1"};  ///< values of it
  std::vector<std::string> competing = {};  ///< values that end the time at risk by something else
  std::optional<double> horizon = {};  ///< restricted means run to it; none: to the last time that all groups reach
};

enum class Transform { kNone, kLog, kSquareRoot };

struct Covariate {
  std::string name;
  std::string column;
  bool categorical = false;
  std::string reference = {};  ///< of a categorical one; empty: its most frequent value
  Transform transform = Transform::kNone;
  double per = 1;  ///< units of one step of a hazard ratio, after the transform
};

struct Grouping {
  std::string name;
  std::string column;
  std::string reference = {};                      ///< value; empty: the first
  std::map<std::string, std::string> labels = {};  ///< for people, by value
  /// Of a column of numbers: groups by its quantiles among those analysed, so many of one size; 0: values are groups.
  int quantiles = 0;
};

/// Only patients whose column has one of the values.
struct Condition {
  std::string column;
  std::vector<std::string> values;
};

/// Which p of an analysis stands for it in its family.
enum class Primary { kLogRank, kAdjusted, kInteraction };

struct Analysis {
  std::string name;
  std::string endpoint;
  std::string group;
  std::vector<Condition> where = {};
  std::vector<std::string> covariates = {};  ///< beside size
  std::vector<std::string> strata = {};      ///< columns
  std::string interaction = {};              ///< a categorical covariate, as treatment; empty: none
  std::string cluster = {};                  ///< column; empty: patients are independent
  survival::Ties ties = survival::Ties::kEfron;
  double rho = 0;  ///< of the log-rank test: more than 0 weighs early events
  std::string family = "all";
  std::optional<Primary> primary = {};  ///< none: the interaction, else the adjusted model
};

struct Plan {
  std::string title;
  OneCase one_case = OneCase::kLargest;
  /// In every adjusted model; none where the plan says "size": null.
  std::optional<Covariate> size = Covariate{"log volume", "volume_mm3", false, {}, Transform::kLog, 1};
  std::vector<Endpoint> endpoints;
  std::vector<Grouping> groups;
  std::vector<Covariate> covariates;
  std::vector<Analysis> analyses;
  double confidence = 0.95;
  std::string adjustment = "BH";  ///< within a family: BH, BY, holm, hochberg, bonferroni

  const Endpoint& endpoint(const std::string& name) const;
  const Grouping& group(const std::string& name) const;
  const Covariate& covariate(const std::string& name) const;
  /// Every column that it reads.
  std::vector<std::string> columns() const;
};

/// kUsage, saying where: an unknown key, a wrong type, a name that is not declared, two of one name.
Result<Plan> plan_from_json(const nlohmann::json& document);
/// Fully resolved; plan_from_json() of it is the same plan.
nlohmann::json to_json(const Plan& plan);

}  // namespace radtype::outcome
