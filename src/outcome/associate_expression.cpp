#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "radtype/outcome/associate.h"
#include "radtype/stats/distribution.h"
#include "sample.h"

namespace radtype::outcome {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

using molecular::ExpressionMatrix;
using NamedColumns = std::vector<std::pair<std::string, std::vector<double>>>;

/// Patients of a group with expression and all covariates; the covariates' columns beside.
struct Chosen {
  std::vector<std::size_t> rows;
  std::vector<int> groups;
  std::vector<std::string> names;
  NamedColumns covariates;
};

Result<Chosen> choose(const Records& records, const GroupedPatients& grouped, const ExpressionMatrix& matrix,
                      const std::vector<Covariate>& covariates, std::vector<LeftOut>& left_out) {
  const auto samples = molecular::places(matrix.samples);
  Sample all;
  all.rows = grouped.rows;
  std::vector<DesignBlock> blocks;
  for (const Covariate& covariate : covariates) {
    auto block = design_block(covariate, records, all);
    if (!block) return pass_on(std::move(block));
    blocks.push_back(std::move(*block));
  }
  std::vector<std::size_t> places;
  for (std::size_t n = 0; n < grouped.rows.size(); ++n) {
    const std::string& patient = records.patients[grouped.rows[n]];
    std::string why = samples.contains(patient) ? "" : "no expression";
    for (std::size_t b = 0; b < blocks.size() && why.empty(); ++b) {
      const std::size_t wide = blocks[b].columns.size();
      if (wide > 0 && !std::isfinite(blocks[b].values[n * wide])) why = "no " + covariates[b].name;
    }
    if (why.empty()) {
      places.push_back(n);
    } else {
      left_out.push_back({patient, why});
    }
  }
  if (places.empty()) {
    return fail(ErrorCode::kInconsistent,
                "no patient with a group has expression: samples must be called as patients are");
  }
  Chosen chosen;
  Sample sample;
  for (const std::size_t n : places) {
    chosen.rows.push_back(grouped.rows[n]);
    chosen.groups.push_back(grouped.groups[n]);
    chosen.names.push_back(records.patients[grouped.rows[n]]);
  }
  sample.rows = chosen.rows;
  for (const Covariate& covariate : covariates) {  // again: levels that nobody is left of are none
    auto block = design_block(covariate, records, sample);
    if (!block) return pass_on(std::move(block));
    const std::size_t wide = block->columns.size();
    for (std::size_t c = 0; c < wide; ++c) {
      const DesignColumn& column = block->columns[c];
      std::vector<double> values;
      for (std::size_t n = 0; n < chosen.rows.size(); ++n) values.push_back(block->values[n * wide + c]);
      chosen.covariates.emplace_back(column.level.empty() ? column.term : column.term + " " + column.level,
                                     std::move(values));
    }
  }
  return chosen;
}

/// Group numbers without those that nobody is of.
std::vector<std::string> renumber(std::vector<int>& groups, const std::vector<std::string>& labels) {
  std::vector<std::string> kept;
  std::vector<int> number(labels.size(), 0);
  for (std::size_t g = 0; g < labels.size(); ++g) {
    if (std::find(groups.begin(), groups.end(), static_cast<int>(g) + 1) == groups.end()) continue;
    kept.push_back(labels[g]);
    number[g] = static_cast<int>(kept.size());
  }
  for (int& group : groups) group = number[static_cast<std::size_t>(group - 1)];
  return kept;
}

std::vector<double> adjusted(const std::vector<double>& p) {
  return stats::adjust(p, stats::Adjustment::kBenjaminiHochberg);
}

ScoreAssociation score_of(const std::string& name, const std::vector<double>& values, const std::vector<int>& groups,
                          std::size_t number) {
  ScoreAssociation score;
  score.name = name;
  score.values.resize(number);
  std::vector<double> known;
  std::vector<int> of;
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (!std::isfinite(values[n])) continue;
    known.push_back(values[n]);
    of.push_back(groups[n]);
    score.values[static_cast<std::size_t>(groups[n] - 1)].push_back(values[n]);
  }
  if (auto found = stats::kruskal_wallis(known, of)) {
    score.kruskal_wallis = *found;
  } else {
    score.undefined = found.error().message();
  }
  return score;
}

Result<void> enrich(ExpressionAssociation& found, const ExpressionMatrix& matrix, const molecular::Design& design,
                    const molecular::Contrasts& contrasts, const std::vector<molecular::SetRows>& sets,
                    double confidence) {
  molecular::EnrichmentOptions options;
  options.confidence = confidence;
  molecular::EnrichmentOptions independent = options;
  independent.correlation = 0.0;
  for (std::size_t c = 0; c < contrasts.names.size(); ++c) {
    auto one = molecular::camera(matrix, design, contrasts, c, sets, options);
    if (!one) return pass_on(std::move(one), "gene sets");
    auto plain = molecular::camera(matrix, design, contrasts, c, sets, independent);
    if (!plain) return pass_on(std::move(plain), "gene sets");
    found.sets_left_out = one->too_small;
    found.sets.clear();
    for (const molecular::Enrichment& set : one->sets) found.sets.push_back(set.name);
    found.enrichment.insert(found.enrichment.end(), one->sets.begin(), one->sets.end());
    std::map<std::string, double> p_of;  // of genes with gaps the two do not take the same sets
    for (const molecular::Enrichment& set : plain->sets) p_of[set.name] = set.p;
    for (const molecular::Enrichment& set : one->sets) {
      const auto there = p_of.find(set.name);
      found.p_as_independent.push_back(there == p_of.end() ? kNoValue : there->second);
    }
  }
  std::vector<double> p;
  for (const molecular::Enrichment& one : found.enrichment) p.push_back(one.p);
  found.set_q = adjusted(p);
  return {};
}

void score(ExpressionAssociation& found, const ExpressionMatrix& matrix, const std::vector<molecular::SetRows>& sets,
           molecular::ExpressionUnit unit) {
  const std::size_t number = found.labels.size();
  std::vector<molecular::SetRows> there;
  for (const molecular::SetRows& set : sets) {
    if (!set.rows.empty()) there.push_back(set);
  }
  if (!there.empty()) {
    auto scores = molecular::singscore(matrix, there);
    if (!scores) {
      found.scores_missing = scores.error().message();
    } else {
      found.set_scores = std::move(*scores);
      for (std::size_t s = 0; s < found.set_scores.sets.size(); ++s) {
        const auto first = found.set_scores.values.begin() + static_cast<std::ptrdiff_t>(s * matrix.samples.size());
        found.scores.push_back(score_of(found.set_scores.sets[s],
                                        {first, first + static_cast<std::ptrdiff_t>(matrix.samples.size())},
                                        found.groups, number));
      }
    }
  }
  if (auto cytolytic = molecular::cytolytic_activity(matrix, unit)) {
    found.scores.push_back(score_of("cytolytic activity", *cytolytic, found.groups, number));
    found.cytolytic = std::move(*cytolytic);
  } else {
    found.cytolytic_missing = cytolytic.error().message();
  }
  std::vector<double> p;
  for (const ScoreAssociation& one : found.scores) p.push_back(one.undefined.empty() ? one.kruskal_wallis.p : kNoValue);
  const auto q = adjusted(p);
  for (std::size_t s = 0; s < p.size(); ++s) {
    if (std::isfinite(q[s])) found.scores[s].q = q[s];
  }
}

}  // namespace

Result<ExpressionAssociation> associate_expression(const Records& records, const GroupedPatients& grouped,
                                                   const ExpressionMatrix& matrix,
                                                   const std::vector<molecular::GeneSet>& sets,
                                                   const ExpressionOptionsOfGroups& options) {
  ExpressionAssociation found;
  auto chosen = choose(records, grouped, matrix, options.covariates, found.left_out);
  if (!chosen) return pass_on(std::move(chosen));
  found.rows = chosen->rows;
  found.groups = chosen->groups;
  found.labels = renumber(found.groups, grouped.labels);
  if (found.labels.size() < 2)
    return fail(ErrorCode::kUndefined, "all patients with expression are of one group, " + found.labels.front());
  for (const auto& [name, values] : chosen->covariates) found.covariates.push_back(name);
  auto part = molecular::select_samples(matrix, chosen->names);
  if (!part) return pass_on(std::move(part));
  found.genes = part->genes;
  auto design = molecular::group_design(found.groups, found.labels, chosen->covariates);
  if (!design) return pass_on(std::move(design));
  const molecular::Contrasts contrasts = molecular::one_against_rest(*design, found.labels.size());
  auto fit = molecular::moderated_fit(*part, *design, contrasts, options.confidence);
  if (!fit) return pass_on(std::move(fit), "expression");
  found.fit = std::move(*fit);
  auto overall = molecular::moderated_fit(*part, *design, molecular::against_first(*design, found.labels.size()),
                                          options.confidence);
  if (!overall) return pass_on(std::move(overall), "expression");
  found.overall = std::move(*overall);
  found.f_q = adjusted(found.overall.f_p);
  const std::size_t tests = contrasts.names.size();
  found.q.assign(found.genes.size() * tests, kNoValue);
  for (std::size_t c = 0; c < tests; ++c) {
    std::vector<double> p;
    for (std::size_t g = 0; g < found.genes.size(); ++g)
      p.push_back(found.fit.status[g] == molecular::GeneStatus::kTested ? found.fit.test(g, c).p : kNoValue);
    const auto q = adjusted(p);
    for (std::size_t g = 0; g < q.size(); ++g) found.q[g * tests + c] = q[g];
  }
  const std::vector<molecular::SetRows> set_rows = molecular::find_sets(part->genes, sets);
  if (!sets.empty()) {
    if (auto done = enrich(found, *part, *design, contrasts, set_rows, options.confidence); !done)
      return pass_on(std::move(done));
  }
  score(found, *part, set_rows, options.unit);
  return found;
}

}  // namespace radtype::outcome
