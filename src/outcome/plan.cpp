#include "radtype/outcome/plan.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace radtype::outcome {
using nlohmann::json;
namespace {

/// An object whose keys are taken one by one; the first thing that is wrong stays, and says where it is.
class Keys {
 public:
  Keys(const json& object, std::string where, std::optional<Error>& wrong)
      : object_(object), where_(std::move(where)), wrong_(wrong) {
    if (!object.is_object()) complain("must be an object");
  }

  const json* find(const char* key) {
    known_.insert(key);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  void text(const char* key, std::string& value, bool needed = false) {
    const json* found = find(key);
    if (found == nullptr) {
      if (needed) complain(fmt::format("\"{}\" is missing", key));
    } else if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
      complain(fmt::format("\"{}\" must be a text", key));
    } else {
      value = *found;
    }
  }
  void number(const char* key, double& value, double above, double to = 1e300) {
    const json* found = find(key);
    if (found == nullptr) return;
    if (!found->is_number() || !(found->get<double>() > above) || !(found->get<double>() <= to)) {
      complain(to < 1e300 ? fmt::format("\"{}\" must be a number above {} and up to {}", key, above, to)
                          : fmt::format("\"{}\" must be a number above {}", key, above));
    } else {
      value = *found;
    }
  }
  /// Texts, or numbers as texts: values of a column.
  void texts(const char* key, std::vector<std::string>& values) {
    const json* found = find(key);
    if (found == nullptr) return;
    values.clear();
    if (!found->is_array()) {
      values.push_back(value_of(*found, key));
      return;
    }
    for (const json& one : *found) values.push_back(value_of(one, key));
    if (values.empty()) complain(fmt::format("\"{}\" is an empty list", key));
  }
  template <class T>
  void choice(const char* key, T& value, const std::vector<std::pair<const char*, T>>& words) {
    std::string word;
    text(key, word);
    if (word.empty()) return;
    std::vector<std::string> known;
    for (const auto& [name, meaning] : words) {
      known.emplace_back(name);
      if (word != name) continue;
      value = meaning;
      return;
    }
    complain(fmt::format("\"{}\" is \"{}\", which is none of {}", key, word, fmt::join(known, ", ")));
  }
  std::string value_of(const json& one, const char* key) {
    if (one.is_string()) return one;
    if (one.is_number_integer()) return one.dump();
    complain(fmt::format("\"{}\" must hold texts or whole numbers", key));
    return {};
  }
  void complain(const std::string& what) {
    if (!wrong_)
      wrong_ = Error(ErrorCode::kUsage, fmt::format("plan: {}{}{}", where_, where_.empty() ? "" : ": ", what));
  }
  /// Keys that nobody asked for.
  void done() {
    if (!object_.is_object()) return;
    for (const auto& [key, value] : object_.items()) {
      if (known_.contains(key)) continue;
      complain(fmt::format("\"{}\" is not known; there are {}", key, fmt::join(known_, ", ")));
      return;
    }
  }
  const std::string& where() const { return where_; }

 private:
  const json& object_;
  std::string where_;
  std::optional<Error>& wrong_;
  std::set<std::string> known_;
};

const std::vector<std::pair<const char*, Transform>> kTransforms = {
    {"none", Transform::kNone}, {"log", Transform::kLog}, {"square_root", Transform::kSquareRoot}};
const std::vector<std::pair<const char*, survival::Ties>> kTies = {
    {"efron", survival::Ties::kEfron}, {"breslow", survival::Ties::kBreslow}, {"exact", survival::Ties::kExact}};
const std::vector<std::pair<const char*, Primary>> kPrimaries = {
    {"log_rank", Primary::kLogRank}, {"adjusted", Primary::kAdjusted}, {"interaction", Primary::kInteraction}};
const std::vector<std::pair<const char*, OneCase>> kOneCase = {
    {"only", OneCase::kOnly}, {"first", OneCase::kFirst}, {"largest", OneCase::kLargest}};
const std::vector<std::pair<const char*, bool>> kKinds = {{"continuous", false}, {"categorical", true}};
const std::vector<std::pair<const char*, const char*>> kAdjustments = {
    {"BH", "BH"}, {"BY", "BY"}, {"holm", "holm"}, {"hochberg", "hochberg"}, {"bonferroni", "bonferroni"}};

template <class T>
const char* word_of(const std::vector<std::pair<const char*, T>>& words, const T& value) {
  for (const auto& [name, meaning] : words) {
    if (meaning == value) return name;
  }
  internal_error("a word", __FILE__, __LINE__);
}

Endpoint read_endpoint(Keys& keys) {
  Endpoint endpoint;
  keys.text("name", endpoint.name, true);
  endpoint.label = endpoint.name;
  keys.text("label", endpoint.label);
  keys.text("time", endpoint.time, true);
  keys.text("unit", endpoint.unit);
  keys.text("event", endpoint.event, true);
  keys.texts("events", endpoint.events);
  keys.texts("competing", endpoint.competing);
  for (const std::string& value : endpoint.competing) {
    if (std::find(endpoint.events.begin(), endpoint.events.end(), value) != endpoint.events.end())
      keys.complain(fmt::format("\"{}\" cannot be an event and a competing one", value));
  }
  double horizon = 0;
  keys.number("horizon", horizon, 0);
  if (horizon > 0) endpoint.horizon = horizon;
  return endpoint;
}

void read_covariate(Keys& keys, Covariate& covariate) {
  keys.text("name", covariate.name, covariate.name.empty());
  if (covariate.column.empty()) covariate.column = covariate.name;
  keys.text("column", covariate.column);
  keys.choice("kind", covariate.categorical, kKinds);
  keys.choice("transform", covariate.transform, kTransforms);
  keys.number("per", covariate.per, 0);
  if (const json* found = keys.find("reference")) covariate.reference = keys.value_of(*found, "reference");
  if (covariate.categorical && (covariate.transform != Transform::kNone || covariate.per != 1))
    keys.complain("\"transform\" and \"per\" are of numbers, and this is categorical");
  if (!covariate.categorical && !covariate.reference.empty())
    keys.complain("\"reference\" is of a categorical one: say \"kind\": \"categorical\"");
}

Grouping read_group(Keys& keys) {
  Grouping group;
  keys.text("name", group.name, true);
  group.column = group.name;
  keys.text("column", group.column);
  if (const json* found = keys.find("reference")) group.reference = keys.value_of(*found, "reference");
  double quantiles = 0;
  keys.number("quantiles", quantiles, 1, 10);
  group.quantiles = static_cast<int>(quantiles);
  if (group.quantiles != quantiles) keys.complain("\"quantiles\" must be a whole number");
  if (const json* found = keys.find("labels")) {
    if (!found->is_object()) keys.complain("\"labels\" must be an object: value to text");
    for (const auto& [value, label] : found->items()) group.labels[value] = keys.value_of(label, "labels");
  }
  return group;
}

Analysis read_analysis(Keys& keys, const Plan& plan) {
  Analysis analysis;
  keys.text("name", analysis.name, true);
  keys.text("endpoint", analysis.endpoint, plan.endpoints.size() != 1);
  if (analysis.endpoint.empty() && !plan.endpoints.empty()) analysis.endpoint = plan.endpoints.front().name;
  keys.text("group", analysis.group, plan.groups.size() != 1);
  if (analysis.group.empty() && !plan.groups.empty()) analysis.group = plan.groups.front().name;
  if (const json* where = keys.find("where")) {
    if (!where->is_object()) {
      keys.complain("\"where\" must be an object: column to values");
    } else {
      for (const auto& [column, values] : where->items()) {
        Condition condition{column, {}};
        if (values.is_array()) {
          for (const json& value : values) condition.values.push_back(keys.value_of(value, column.c_str()));
        } else {
          condition.values.push_back(keys.value_of(values, column.c_str()));
        }
        analysis.where.push_back(std::move(condition));
      }
    }
  }
  keys.texts("covariates", analysis.covariates);
  keys.texts("strata", analysis.strata);
  keys.text("interaction", analysis.interaction);
  keys.text("cluster", analysis.cluster);
  keys.choice("ties", analysis.ties, kTies);
  keys.number("rho", analysis.rho, -1e-300);
  keys.text("family", analysis.family);
  Primary primary = analysis.interaction.empty() ? Primary::kAdjusted : Primary::kInteraction;
  keys.choice("primary", primary, kPrimaries);
  if (primary == Primary::kInteraction && analysis.interaction.empty())
    keys.complain("\"primary\" is the interaction, and none is asked for");
  analysis.primary = primary;
  return analysis;
}

template <class T>
bool has(const std::vector<T>& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(), [&](const T& one) { return one.name == name; });
}
template <class T>
const T& named(const std::vector<T>& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const T& one) { return one.name == name; });
  RADTYPE_CHECK(found != list.end());
  return *found;
}
template <class T>
std::string names_of(const std::vector<T>& list) {
  std::vector<std::string> names;
  for (const T& one : list) names.push_back(one.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Reads every object of a list.
template <class T, class Read>
void read_list(Keys& keys, const char* key, std::vector<T>& list, std::optional<Error>& wrong, const Read& read) {
  const json* found = keys.find(key);
  if (found == nullptr) return;
  if (!found->is_array()) {
    keys.complain(fmt::format("\"{}\" must be a list", key));
    return;
  }
  for (std::size_t n = 0; n < found->size(); ++n) {
    Keys one((*found)[n], fmt::format("{}[{}]", key, n), wrong);
    T value = read(one);
    one.done();
    if (has(list, value.name)) one.complain(fmt::format("there are two of the name \"{}\"", value.name));
    list.push_back(std::move(value));
  }
}

void check_names(Keys& keys, const Plan& plan) {
  for (const Analysis& analysis : plan.analyses) {
    const auto needs = [&](bool there, const std::string& name, const char* what, const std::string& known) {
      if (!there)
        keys.complain(fmt::format("analysis \"{}\": no {} is called \"{}\"; declared are: {}", analysis.name, what,
                                  name, known.empty() ? "none" : known));
    };
    needs(has(plan.endpoints, analysis.endpoint), analysis.endpoint, "endpoint", names_of(plan.endpoints));
    needs(has(plan.groups, analysis.group), analysis.group, "group", names_of(plan.groups));
    std::set<std::string> seen;
    for (const std::string& name : analysis.covariates) {
      needs(has(plan.covariates, name), name, "covariate", names_of(plan.covariates));
      if (!seen.insert(name).second)
        keys.complain(fmt::format("analysis \"{}\" has \"{}\" twice", analysis.name, name));
    }
    if (analysis.interaction.empty()) continue;
    needs(has(plan.covariates, analysis.interaction), analysis.interaction, "covariate", names_of(plan.covariates));
    if (has(plan.covariates, analysis.interaction) && !plan.covariate(analysis.interaction).categorical)
      keys.complain(fmt::format("analysis \"{}\": the interaction \"{}\" must be categorical, as a treatment is",
                                analysis.name, analysis.interaction));
    if (seen.contains(analysis.interaction))
      keys.complain(fmt::format("analysis \"{}\": \"{}\" is a covariate already where it is the interaction",
                                analysis.name, analysis.interaction));
  }
}

json covariate_json(const Covariate& covariate) {
  json one = {{"name", covariate.name}, {"column", covariate.column}, {"kind", word_of(kKinds, covariate.categorical)}};
  if (covariate.categorical) {
    if (!covariate.reference.empty()) one["reference"] = covariate.reference;
  } else {
    one["transform"] = word_of(kTransforms, covariate.transform);
    one["per"] = covariate.per;
  }
  return one;
}

}  // namespace

const Endpoint& Plan::endpoint(const std::string& name) const { return named(endpoints, name); }
const Grouping& Plan::group(const std::string& name) const { return named(groups, name); }
const Covariate& Plan::covariate(const std::string& name) const { return named(covariates, name); }

std::vector<std::string> Plan::columns() const {
  std::set<std::string> all;
  if (size) all.insert(size->column);
  for (const Endpoint& one : endpoints) all.insert({one.time, one.event});
  for (const Grouping& one : groups) all.insert(one.column);
  for (const Covariate& one : covariates) all.insert(one.column);
  for (const Analysis& one : analyses) {
    all.insert(one.strata.begin(), one.strata.end());
    if (!one.cluster.empty()) all.insert(one.cluster);
    for (const Condition& condition : one.where) all.insert(condition.column);
  }
  return {all.begin(), all.end()};
}

Result<Plan> plan_from_json(const json& document) {
  std::optional<Error> wrong;
  Plan plan;
  Keys keys(document, "", wrong);
  keys.text("title", plan.title);
  keys.choice("one_case", plan.one_case, kOneCase);
  keys.number("confidence", plan.confidence, 0.5, 0.9999);
  const char* adjustment = plan.adjustment == "BH" ? "BH" : "";
  keys.choice("adjustment", adjustment, kAdjustments);
  plan.adjustment = adjustment;
  if (const json* size = keys.find("size"); size != nullptr && size->is_null()) {
    plan.size.reset();
  } else if (size != nullptr) {
    Keys of_size(*size, "size", wrong);
    if (size->contains("column") && !size->contains("name")) plan.size->name = "size";
    read_covariate(of_size, *plan.size);
    of_size.done();
    if (plan.size->categorical) of_size.complain("size must be continuous");
  }
  read_list(keys, "endpoints", plan.endpoints, wrong, read_endpoint);
  read_list(keys, "groups", plan.groups, wrong, read_group);
  if (keys.find("groups") == nullptr) plan.groups = {{"subtype", "subtype"}};
  read_list(keys, "covariates", plan.covariates, wrong, [](Keys& one) {
    Covariate covariate;
    read_covariate(one, covariate);
    return covariate;
  });
  read_list(keys, "analyses", plan.analyses, wrong, [&](Keys& one) { return read_analysis(one, plan); });
  keys.done();
  if (plan.endpoints.empty()) keys.complain("\"endpoints\" has none: name a time and an event");
  if (plan.analyses.empty()) keys.complain("\"analyses\" has none");
  check_names(keys, plan);
  if (wrong) return tl::unexpected(*wrong);
  return plan;
}

json to_json(const Plan& plan) {
  json document = {{"title", plan.title},
                   {"one_case", word_of(kOneCase, plan.one_case)},
                   {"size", plan.size ? covariate_json(*plan.size) : json()},
                   {"confidence", plan.confidence},
                   {"adjustment", plan.adjustment},
                   {"endpoints", json::array()},
                   {"groups", json::array()},
                   {"covariates", json::array()},
                   {"analyses", json::array()}};
  if (plan.title.empty()) document.erase("title");
  for (const Endpoint& one : plan.endpoints) {
    json endpoint = {{"name", one.name}, {"label", one.label}, {"time", one.time},
                     {"unit", one.unit}, {"event", one.event}, {"events", one.events}};
    if (!one.competing.empty()) endpoint["competing"] = one.competing;
    if (one.horizon) endpoint["horizon"] = *one.horizon;
    document["endpoints"].push_back(std::move(endpoint));
  }
  for (const Grouping& one : plan.groups) {
    json group = {{"name", one.name}, {"column", one.column}};
    if (!one.reference.empty()) group["reference"] = one.reference;
    if (one.quantiles > 0) group["quantiles"] = one.quantiles;
    if (!one.labels.empty()) group["labels"] = one.labels;
    document["groups"].push_back(std::move(group));
  }
  for (const Covariate& one : plan.covariates) document["covariates"].push_back(covariate_json(one));
  for (const Analysis& one : plan.analyses) {
    json analysis = {{"name", one.name},     {"endpoint", one.endpoint}, {"group", one.group},
                     {"family", one.family}, {"rho", one.rho},           {"ties", word_of(kTies, one.ties)}};
    for (const Condition& condition : one.where) analysis["where"][condition.column] = condition.values;
    if (!one.covariates.empty()) analysis["covariates"] = one.covariates;
    if (!one.strata.empty()) analysis["strata"] = one.strata;
    if (!one.interaction.empty()) analysis["interaction"] = one.interaction;
    if (!one.cluster.empty()) analysis["cluster"] = one.cluster;
    if (one.primary) analysis["primary"] = word_of(kPrimaries, *one.primary);
    document["analyses"].push_back(std::move(analysis));
  }
  return document;
}

}  // namespace radtype::outcome
