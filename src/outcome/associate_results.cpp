#include "radtype/outcome/associate_results.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::outcome {
using nlohmann::json;
namespace {

json number(double value) { return std::isfinite(value) ? json(value) : json(); }
json number(const std::optional<double>& value) { return value ? number(*value) : json(); }
std::string cell(double value) { return std::isfinite(value) ? shortest(value) : ""; }
std::string cell(const std::optional<double>& value) { return value ? cell(*value) : ""; }

json effect_json(const stats::Effect& effect) {
  return {{"estimate", number(effect.estimate)}, {"lower", number(effect.low)}, {"upper", number(effect.high)}};
}

json column_json(const ColumnAssociation& one, const std::vector<std::string>& labels) {
  json document = {{"column", one.column},
                   {"kind", one.categorical ? "categorical" : "continuous"},
                   {"n", one.n},
                   {"missing_values", one.missing}};
  if (!one.undefined.empty()) {
    document["missing"] = one.undefined;
    return document;
  }
  document["test"] = one.test;
  document["statistic"] = number(one.result.statistic);
  document["degrees"] = one.result.degrees;
  document["p"] = number(one.result.p);
  document["q"] = number(one.q);
  document["effect"] = effect_json(one.result.effect);
  document["effect_name"] = one.effect;
  if (one.random_tables > 0) document["random_tables"] = one.random_tables;
  if (one.variance_analysis) {
    document["anova"] = {{"f", number(one.variance_analysis->statistic)},
                         {"degrees", one.variance_analysis->degrees},
                         {"error_degrees", one.variance_analysis->error_degrees},
                         {"p", number(one.variance_analysis->p)},
                         {"eta_squared", effect_json(one.variance_analysis->effect)}};
  }
  json groups = json::array();
  for (std::size_t g = 0; g < labels.size(); ++g) {
    json group = {{"group", labels[g]}};
    if (one.categorical) {
      json counts = json::object();
      for (std::size_t c = 0; c < one.categories.size(); ++c)
        counts[one.categories[c]] = one.counts[g * one.categories.size() + c];
      group["counts"] = std::move(counts);
    } else {
      std::vector<double> sorted = one.values[g];
      std::sort(sorted.begin(), sorted.end());
      group["n"] = sorted.size();
      for (const auto& [name, share] : {std::pair{"lower_quartile", 0.25}, {"median", 0.5}, {"upper_quartile", 0.75}}) {
        if (sorted.empty()) break;
        const double place = share * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const double above = sorted[std::min(below + 1, sorted.size() - 1)];
        group[name] = number(sorted[below] + (place - std::floor(place)) * (above - sorted[below]));
      }
    }
    groups.push_back(std::move(group));
  }
  document["groups"] = std::move(groups);
  return document;
}

std::size_t below(const std::vector<double>& q, double level) {
  return static_cast<std::size_t>(std::count_if(q.begin(), q.end(), [&](double one) { return one < level; }));
}

json expression_json(const ExpressionAssociation& found) {
  json sets = json::array();
  const std::size_t wide = found.sets.size();
  for (std::size_t c = 0; c < found.fit.contrasts.size(); ++c) {
    for (std::size_t s = 0; s < wide; ++s) {
      const molecular::Enrichment& one = found.enrichment[c * wide + s];
      sets.push_back({{"contrast", found.fit.contrasts[c]},
                      {"set", one.name},
                      {"genes", one.genes},
                      {"correlation", number(one.correlation)},
                      {"inflation", number(one.inflation)},
                      {"difference", number(one.difference)},
                      {"lower", number(one.low)},
                      {"upper", number(one.high)},
                      {"p", number(one.p)},
                      {"q", number(found.set_q[c * wide + s])},
                      {"p_as_independent", number(found.p_as_independent[c * wide + s])}});
    }
  }
  json scores = json::array();
  for (const ScoreAssociation& one : found.scores) {
    json score = {{"score", one.name}};
    if (one.undefined.empty()) {
      score.update({{"n", one.kruskal_wallis.n},
                    {"chi_square", number(one.kruskal_wallis.statistic)},
                    {"degrees", one.kruskal_wallis.degrees},
                    {"p", number(one.kruskal_wallis.p)},
                    {"q", number(one.q)},
                    {"epsilon_squared", number(one.kruskal_wallis.effect.estimate)}});
    } else {
      score["missing"] = one.undefined;
    }
    scores.push_back(std::move(score));
  }
  json left_out = json::object();
  for (const LeftOut& one : found.left_out) left_out[one.reason] = left_out.value(one.reason, 0) + 1;
  return {{"patients", found.rows.size()},
          {"left_out", left_out},
          {"genes", found.genes.size()},
          {"covariates", found.covariates},
          {"prior_degrees", number(found.fit.prior_degrees)},
          {"prior_variance", number(found.fit.prior_variance)},
          {"contrasts", found.fit.contrasts},
          {"genes_that_differ", {{"q_below", 0.05}, {"number", below(found.f_q, 0.05)}}},
          {"sets", sets},
          {"sets_left_out", found.sets_left_out},
          {"scores", scores},
          {"scores_missing", found.scores_missing.empty() ? json() : json(found.scores_missing)},
          {"cytolytic_missing", found.cytolytic_missing.empty() ? json() : json(found.cytolytic_missing)}};
}

std::string columns_csv(const std::vector<ColumnAssociation>& columns) {
  std::string text = "column,kind,n,missing_values,test,statistic,degrees,p,q,effect,estimate,lower,upper,missing\n";
  for (const ColumnAssociation& one : columns) {
    text += csv_cell(one.column) + (one.categorical ? ",categorical," : ",continuous,") +
            fmt::format("{},{},", one.n, one.missing);
    if (one.undefined.empty()) {
      text += csv_cell(one.test) + "," + cell(one.result.statistic) + "," + cell(one.result.degrees) + "," +
              cell(one.result.p) + "," + cell(one.q) + "," + csv_cell(one.effect) + "," +
              cell(one.result.effect.estimate) + "," + cell(one.result.effect.low) + "," +
              cell(one.result.effect.high) + ",\n";
    } else {
      text += ",,,,,,,,," + csv_cell(one.undefined) + "\n";
    }
  }
  return text;
}

std::string genes_csv(const ExpressionAssociation& found) {
  const std::size_t tests = found.fit.contrasts.size();
  std::string text = "gene,n,mean,f,p,q";
  for (const std::string& name : found.fit.contrasts) {
    for (const char* what : {"log2_fold_change", "lower", "upper", "t", "p", "q"})
      text += "," + csv_cell(name + ": " + what);
  }
  text += ",missing\n";
  for (std::size_t g = 0; g < found.genes.size(); ++g) {
    text += csv_cell(found.genes[g]) + "," + std::to_string(found.fit.samples[g]) + "," + cell(found.fit.mean[g]) +
            "," + cell(found.overall.f[g]) + "," + cell(found.overall.f_p[g]) + "," + cell(found.f_q[g]);
    for (std::size_t c = 0; c < tests; ++c) {
      const molecular::GeneTest& one = found.fit.test(g, c);
      const bool tested = found.fit.status[g] == molecular::GeneStatus::kTested;
      for (const double value : {one.estimate, one.low, one.high, one.t, one.p, found.q[g * tests + c]})
        text += "," + (tested ? cell(value) : std::string());
    }
    text += found.fit.status[g] == molecular::GeneStatus::kTested          ? ",\n"
            : found.fit.status[g] == molecular::GeneStatus::kTooFewSamples ? ",too few samples\n"
                                                                           : ",not estimable\n";
  }
  return text;
}

std::string sets_csv(const ExpressionAssociation& found) {
  std::string text = "contrast,set,genes,correlation,inflation,difference,lower,upper,t,p,q,p_as_independent\n";
  const std::size_t wide = found.sets.size();
  for (std::size_t n = 0; n < found.enrichment.size(); ++n) {
    const molecular::Enrichment& one = found.enrichment[n];
    text += csv_cell(found.fit.contrasts[n / wide]) + "," + csv_cell(one.name) + "," + std::to_string(one.genes);
    for (const double value : {one.correlation, one.inflation, one.difference, one.low, one.high, one.t, one.p,
                               found.set_q[n], found.p_as_independent[n]})
      text += "," + cell(value);
    text += "\n";
  }
  return text;
}

std::string scores_csv(const ExpressionAssociation& found, const Records& records) {
  std::string text = "patient,group";
  for (const std::string& name : found.set_scores.sets) text += "," + csv_cell(name);
  text += found.cytolytic ? ",cytolytic activity\n" : "\n";
  for (std::size_t n = 0; n < found.rows.size(); ++n) {
    text += csv_cell(records.patients[found.rows[n]]) + "," +
            csv_cell(found.labels[static_cast<std::size_t>(found.groups[n] - 1)]);
    for (std::size_t s = 0; s < found.set_scores.sets.size(); ++s) text += "," + cell(found.set_scores.value(s, n));
    text += found.cytolytic ? "," + cell((*found.cytolytic)[n]) + "\n" : std::string("\n");
  }
  return text;
}

}  // namespace

json to_json(const AssociationResult& result) {
  json columns = json::array();
  for (const ColumnAssociation& one : result.columns) columns.push_back(column_json(one, result.grouped.labels));
  json mutations = json::array();
  for (const ColumnAssociation& one : result.mutations) mutations.push_back(column_json(one, result.grouped.labels));
  json groups = json::array();
  for (std::size_t g = 0; g < result.grouped.labels.size(); ++g) {
    groups.push_back(
        {{"group", result.grouped.labels[g]},
         {"n", std::count(result.grouped.groups.begin(), result.grouped.groups.end(), static_cast<int>(g) + 1)}});
  }
  json left_out = json::array();
  for (const LeftOut& one : result.grouped.left_out)
    left_out.push_back({{"patient", one.patient}, {"reason", one.reason}});
  json document = {{"group", result.grouped.column},
                   {"groups", groups},
                   {"left_out", left_out},
                   {"columns", columns},
                   {"mutations", mutations},
                   {"expression", result.expression ? expression_json(*result.expression) : json()}};
  if (!result.expression_missing.empty()) document["expression_missing"] = result.expression_missing;
  return document;
}

std::vector<std::pair<std::string, std::string>> tables(const AssociationResult& result, const Records& records) {
  std::vector<std::pair<std::string, std::string>> all;
  if (!result.columns.empty()) all.emplace_back("columns.csv", columns_csv(result.columns));
  if (!result.mutations.empty()) all.emplace_back("mutations.csv", columns_csv(result.mutations));
  if (result.expression) {
    all.emplace_back("genes.csv", genes_csv(*result.expression));
    if (!result.expression->sets.empty()) all.emplace_back("sets.csv", sets_csv(*result.expression));
    if (!result.expression->scores.empty()) all.emplace_back("scores.csv", scores_csv(*result.expression, records));
  }
  return all;
}

std::vector<std::string> headlines(const AssociationResult& result) {
  std::vector<std::string> lines;
  const auto strongest = [&](const std::vector<ColumnAssociation>& columns, const char* what) {
    const ColumnAssociation* best = nullptr;
    std::size_t tested = 0;
    std::size_t small = 0;
    for (const ColumnAssociation& one : columns) {
      if (!one.undefined.empty()) continue;
      ++tested;
      small += one.q && *one.q < 0.05;
      if (best == nullptr || one.result.p < best->result.p) best = &one;
    }
    if (best == nullptr) return;
    lines.push_back(fmt::format("{}: {} of {} differ between groups (q < 0.05); first {}: {} p {}{}", what, small,
                                tested, best->column, best->test, best->result.p < 0.0001 ? "" : "= ",
                                p_text(best->result.p)));
  };
  strongest(result.columns, "columns");
  strongest(result.mutations, "mutations");
  if (!result.expression_missing.empty()) lines.push_back("expression: " + result.expression_missing);
  if (!result.expression) return lines;
  const ExpressionAssociation& found = *result.expression;
  lines.push_back(fmt::format("genes: {} of {} differ between groups (q < 0.05), {} patients", below(found.f_q, 0.05),
                              found.genes.size(), found.rows.size()));
  if (!found.sets.empty()) {
    std::size_t plain = 0;
    for (const double p : found.p_as_independent) plain += p < 0.05;
    std::size_t counted = 0;
    for (const molecular::Enrichment& one : found.enrichment) counted += one.p < 0.05;
    lines.push_back(
        fmt::format("gene sets: {} of {} pairs of set and group at q < 0.05 ({} at p < 0.05; {} if genes "
                    "were taken as independent)",
                    below(found.set_q, 0.05), found.enrichment.size(), counted, plain));
  }
  return lines;
}

}  // namespace radtype::outcome
