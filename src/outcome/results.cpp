#include "radtype/outcome/results.h"

#include <cmath>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::outcome {
using nlohmann::json;
namespace {

json number(double value) { return std::isfinite(value) ? json(value) : json(); }
json number(const std::optional<double>& value) { return value ? number(*value) : json(); }
json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json contrast_json(const survival::Contrast& contrast) {
  return {{"estimate", number(contrast.estimate)},
          {"lower", number(contrast.lower)},
          {"upper", number(contrast.upper)},
          {"p", number(contrast.p)}};
}
json test_json(const survival::Test& test) {
  return {{"chi_square", number(test.statistic)}, {"degrees", test.degrees}, {"p", number(test.p)}};
}

json group_json(const GroupResult& group) {
  json one = {{"value", group.value},
              {"label", group.label},
              {"n", group.n},
              {"events", group.events},
              {"median",
               {{"time", number(group.median.time)},
                {"lower", number(group.median.lower)},
                {"upper", number(group.median.upper)}}}};
  if (group.restricted_mean) {
    one["restricted_mean"] = {{"mean", number(group.restricted_mean->mean)},
                              {"standard_error", number(group.restricted_mean->error)}};
  }
  if (group.restricted_difference) one["restricted_mean_difference"] = contrast_json(*group.restricted_difference);
  return one;
}

json model_json(const ModelResult& model) {
  json coefficients = json::array();
  for (const CoefficientResult& line : model.coefficients) {
    json one = {{"term", line.term},
                {"level", text_or_null(line.level)},
                {"n", line.n},
                {"events", line.events},
                {"reference", line.reference}};
    if (!line.reference) one["hazard_ratio"] = contrast_json(line.ratio);
    coefficients.push_back(std::move(one));
  }
  json hazards = json::array();
  for (const HazardsTest& test : model.proportional_hazards) {
    json one = test_json(test.test);
    one["term"] = test.term;
    hazards.push_back(std::move(one));
  }
  json one = {{"name", model.name},     {"title", model.title},         {"n", model.n},
              {"events", model.events}, {"coefficients", coefficients}, {"missing", text_or_null(model.missing)}};
  if (!model.missing.empty()) return one;
  one[model.log_likelihood && !model.robust ? "likelihood_ratio" : "wald"] = test_json(model.likelihood_ratio);
  one["robust"] = model.robust;
  if (model.log_likelihood) one["log_likelihood"] = number(model.log_likelihood);
  if (model.concordance) {
    one["concordance"] = {{"c", number(model.concordance->c)}, {"standard_error", number(model.concordance->error)}};
  }
  one["proportional_hazards"] = hazards;
  return one;
}

json analysis_json(const AnalysisResult& result) {
  json groups = json::array();
  for (const GroupResult& group : result.groups) groups.push_back(group_json(group));
  json tests = json::array();
  for (const TestResult& test : result.tests) {
    json one = {{"name", test.name}, {"n", test.n}, {"events", test.events}, {"missing", text_or_null(test.missing)}};
    if (test.missing.empty()) one.update(test_json(test.test));
    if (test.adjusted_p) one["p_holm"] = number(test.adjusted_p);
    tests.push_back(std::move(one));
  }
  json models = json::array();
  for (const ModelResult& model : result.models) models.push_back(model_json(model));
  json effects = json::array();
  for (const EffectInGroup& effect : result.effects) {
    effects.push_back({{"group", effect.group},
                       {"level", effect.level},
                       {"n", effect.n},
                       {"events", effect.events},
                       {"hazard_ratio", contrast_json(effect.ratio)}});
  }
  json left_out = json::array();
  std::map<std::string, std::size_t> reasons;
  for (const LeftOut& one : result.left_out) ++reasons[one.reason];
  for (const auto& [reason, count] : reasons) left_out.push_back({{"reason", reason}, {"patients", count}});
  return {{"name", result.analysis.name},
          {"endpoint", result.analysis.endpoint},
          {"group", result.analysis.group},
          {"family", result.analysis.family},
          {"n", result.n},
          {"events", result.events},
          {"competing", result.competing},
          {"modelled", {{"n", result.modelled}, {"events", result.modelled_events}}},
          {"left_out", left_out},
          {"missing_values", result.missing_values},
          {"reference", text_or_null(result.reference)},
          {"horizon", result.horizon > 0 ? number(result.horizon) : json()},
          {"groups", groups},
          {"tests", tests},
          {"models", models},
          {"effects_in_groups", effects},
          {"primary", {{"test", result.primary}, {"p", number(result.p)}, {"q", number(result.q)}}},
          {"notes", result.notes},
          {"missing", text_or_null(result.missing)}};
}

std::string cell(double value) { return std::isfinite(value) ? shortest(value) : ""; }
std::string cell(const std::optional<double>& value) { return value ? cell(*value) : ""; }

std::string tests_csv(const OutcomeResult& result) {
  std::string text = "analysis,family,test,n,events,left_out,chi_square,degrees,p,p_holm,q,primary,missing\n";
  for (const AnalysisResult& one : result.analyses) {
    for (const TestResult& test : one.tests) {
      const bool primary = test.name == one.primary;
      const bool there = test.missing.empty();
      text +=
          csv_cell(one.analysis.name) + "," + csv_cell(one.analysis.family) + "," + csv_cell(test.name) +
          fmt::format(",{},{},{},", test.n, test.events, one.left_out.size()) +
          (there ? fmt::format("{},{},{}", cell(test.test.statistic), test.test.degrees, cell(test.test.p)) : ",,") +
          "," + cell(test.adjusted_p) + "," + (primary ? cell(one.q) : "") + "," + (primary ? "yes" : "no") + "," +
          csv_cell(test.missing) + "\n";
    }
    if (!one.missing.empty()) {
      text += csv_cell(one.analysis.name) + "," + csv_cell(one.analysis.family) +
              fmt::format(",,{},{},{},,,,,,,", one.n, one.events, one.left_out.size()) + csv_cell(one.missing) + "\n";
    }
  }
  return text;
}

std::string models_csv(const OutcomeResult& result) {
  std::string text = "analysis,model,term,level,n,events,ratio,lower,upper,p,reference,missing\n";
  for (const AnalysisResult& one : result.analyses) {
    for (const ModelResult& model : one.models) {
      const std::string front = csv_cell(one.analysis.name) + "," + csv_cell(model.name) + ",";
      for (const CoefficientResult& line : model.coefficients) {
        text += front + csv_cell(line.term) + "," + csv_cell(line.level) + fmt::format(",{},{},", line.n, line.events) +
                (line.reference ? std::string("1,,,")
                                : fmt::format("{},{},{},{}", cell(line.ratio.estimate), cell(line.ratio.lower),
                                              cell(line.ratio.upper), cell(line.ratio.p))) +
                (line.reference ? ",yes,\n" : ",no,\n");
      }
      if (!model.missing.empty())
        text += front + fmt::format(",,{},{},,,,,,", model.n, model.events) + csv_cell(model.missing) + "\n";
    }
  }
  return text;
}

std::string groups_csv(const OutcomeResult& result) {
  std::string text =
      "analysis,group,n,events,median,median_lower,median_upper,horizon,restricted_mean,restricted_mean_error,"
      "difference,difference_lower,difference_upper,difference_p\n";
  for (const AnalysisResult& one : result.analyses) {
    for (const GroupResult& group : one.groups) {
      text += csv_cell(one.analysis.name) + "," + csv_cell(group.label) +
              fmt::format(",{},{},", group.n, group.events) + cell(group.median.time) + "," + cell(group.median.lower) +
              "," + cell(group.median.upper) + "," + cell(one.horizon) + ",";
      text +=
          group.restricted_mean ? cell(group.restricted_mean->mean) + "," + cell(group.restricted_mean->error) : ",";
      const auto& less = group.restricted_difference;
      text += less ? fmt::format(",{},{},{},{}\n", cell(less->estimate), cell(less->lower), cell(less->upper),
                                 cell(less->p))
                   : ",,,,\n";
    }
  }
  return text;
}

std::string curves_csv(const OutcomeResult& result) {
  std::string text = "analysis,group,curve,time,at_risk,events,censored,estimate,standard_error,lower,upper\n";
  for (const AnalysisResult& one : result.analyses) {
    for (const GroupResult& group : one.groups) {
      const std::string front = csv_cell(one.analysis.name) + "," + csv_cell(group.label) + ",";
      const auto line = [&](const char* curve, double time, double at_risk, double events, double censored,
                            double estimate, double error, const survival::Limits& limits) {
        text += front + curve + "," + cell(time) + "," + cell(at_risk) + "," + cell(events) + "," + cell(censored) +
                "," + cell(estimate) + "," + cell(error) + "," + cell(limits.lower) + "," + cell(limits.upper) + "\n";
      };
      for (const auto& [name, incidence] :
           {std::pair{"incidence", &group.incidence}, {"incidence of other events", &group.incidence_of_others}}) {
        if (!*incidence) continue;
        for (const survival::IncidencePoint& point : (*incidence)->points)
          line(name, point.time, point.at_risk, point.events, point.censored, point.incidence, point.error,
               survival::limits(point, survival::IntervalKind::kLogLog, result.plan.confidence));
      }
      if (group.incidence) continue;
      for (const survival::CurvePoint& point : group.curve.points)
        line("survival", point.time, point.at_risk, point.events, point.censored, point.survival,
             point.survival * point.log_error,
             survival::limits(point, survival::IntervalKind::kLogLog, result.plan.confidence));
    }
  }
  return text;
}

std::string left_out_csv(const OutcomeResult& result) {
  std::string text = "analysis,from,patient,reason\n";
  for (const AnalysisResult& one : result.analyses) {
    for (const auto& [from, list] : {std::pair{"all", &one.left_out}, {"adjusted models", &one.not_modelled}}) {
      for (const LeftOut& who : *list)
        text +=
            csv_cell(one.analysis.name) + "," + from + "," + csv_cell(who.patient) + "," + csv_cell(who.reason) + "\n";
    }
  }
  return text;
}

}  // namespace

json to_json(const OutcomeResult& result) {
  json analyses = json::array();
  for (const AnalysisResult& one : result.analyses) analyses.push_back(analysis_json(one));
  return {{"patients", result.patients}, {"plan", to_json(result.plan)}, {"analyses", analyses}};
}

std::vector<std::pair<std::string, std::string>> tables(const OutcomeResult& result) {
  return {{"tests.csv", tests_csv(result)},
          {"models.csv", models_csv(result)},
          {"groups.csv", groups_csv(result)},
          {"curves.csv", curves_csv(result)},
          {"left_out.csv", left_out_csv(result)}};
}

std::string p_text(double p) {
  if (!std::isfinite(p)) return "";
  return p < 0.0001  ? "< 0.0001"
         : p < 0.001 ? fmt::format("{:.4f}", p)
         : p < 0.1   ? fmt::format("{:.3f}", p)
                     : fmt::format("{:.2f}", p);
}

std::vector<std::string> headlines(const OutcomeResult& result) {
  std::vector<std::string> lines;
  for (const AnalysisResult& one : result.analyses) {
    std::string line = one.analysis.name + ": ";
    if (!one.missing.empty()) {
      lines.push_back(line + "not done: " + one.missing);
      continue;
    }
    line += fmt::format("{} patients, {} events", one.n, one.events);
    if (one.p) {
      line += fmt::format("; {}: p {}{}", one.primary, *one.p < 0.0001 ? "" : "= ", p_text(*one.p));
      if (one.q) line += fmt::format(" (q {}{})", *one.q < 0.0001 ? "" : "= ", p_text(*one.q));
    } else {
      line += "; " + one.primary + ": no p";
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace radtype::outcome
