// tests/r/stats_association.R, fisher_odds_ratio.R and molecular_limma.R.
#include <cmath>

#include <nlohmann/json.hpp>

#include "digits_r.h"
#include "radtype/molecular/enrichment.h"
#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "radtype/stats/logistic.h"

namespace radtype::digits {

using nlohmann::json;

namespace {

void labels_and_groups(const test::AssociationCases& cases, const json& theirs, const json& roots, Table& table) {
  using namespace stats;
  const Contingency levels = must(cross_tabulate(cases.kind, cases.level));
  const auto chi = must(chi_square_test(levels));
  std::vector<int> answer;
  for (const bool yes : cases.yes) answer.push_back(yes ? 2 : 1);
  const auto fourfold = must(fisher_test(must(cross_tabulate(cases.group, answer))));
  const Effect& odds = fourfold.odds_ratio.value();
  Answers labels{&table.closed("Chi-square and Fisher's exact test", "stats")};
  labels.add_all({chi.statistic, chi.p, chi.smallest_expected}, theirs.at("chi"), "chi-square");
  labels.add_all({must(fisher_test(levels)).p}, theirs.at("fisher"), "Fisher's p");
  labels.add(fourfold.p, theirs.at("fourfold").at(0), "Fisher's p of four cells");
  Answers ratio{&table.fitted("Fisher's odds ratio and limits (R stops at 1e-4)", "stats", 2e-4)};
  Answers exact_ratio{&table.fitted("The same, roots to 1e-14", "stats")};
  const double odds_of[] = {odds.estimate, odds.low.value(), odds.high.value()};
  for (std::size_t n = 0; n < 3; ++n) {
    ratio.add(odds_of[n], theirs.at("fourfold").at(n + 1), "odds ratio");
    exact_ratio.add(odds_of[n], roots.at(n), "odds ratio");
  }

  const auto variance = must(anova(cases.x, cases.kind));
  const auto kruskal = must(kruskal_wallis(cases.tied, cases.kind));
  const auto exact = must(rank_sum(cases.x, cases.group));
  const auto tied = must(rank_sum(cases.tied, cases.group));
  const auto welch = must(welch_t(cases.x, cases.group));
  Answers groups{&table.closed("ANOVA, Kruskal-Wallis, rank sum, Welch's t", "stats")};
  groups.add_all({variance.statistic, variance.p, variance.degrees, variance.error_degrees}, theirs.at("anova"), "F");
  groups.add_all({kruskal.statistic, kruskal.p, kruskal.degrees}, theirs.at("kruskal"), "Kruskal-Wallis");
  groups.add_all({exact.statistic, exact.p, tied.statistic, tied.p}, theirs.at("rank_sum"), "rank sum");
  groups.add_all({welch.statistic, welch.degrees, welch.p, welch.effect.low.value(), welch.effect.high.value()},
                 theirs.at("welch"), "Welch's t");
}

void numbers(const test::AssociationCases& cases, const json& theirs, Table& table) {
  using namespace stats;
  const auto pearson = must(pearson_test(cases.x, cases.y));
  const auto spearman = must(spearman_test(cases.tied, cases.y));
  Answers correlations{&table.closed("Pearson's and Spearman's correlations", "stats")};
  correlations.add_all(
      {pearson.statistic, pearson.p, pearson.effect.estimate, pearson.effect.low.value(), pearson.effect.high.value()},
      theirs.at("pearson"), "Pearson");
  correlations.add_all({spearman.effect.estimate, spearman.p}, theirs.at("spearman"), "Spearman");

  Answers tails{&table.closed("Tails and quantiles, some below 1e-100", "stats")};
  tails.add_all({t_tail(60, 7.5), t_tail(2, 1e6), f_tail(400, 3, 90), f_tail(2, 5, 1e7), beta_below(1e-9, 2.5, 30),
                 beta_above(0.999, 3, 20), binomial_below(3, 1000, 0.4), binomial_above(700, 1000, 0.4),
                 chi_square_tail(900, 12), -t_quantile(1e-30, 4), t_quantile(0.9, 2.2), -normal_quantile(1e-250)},
                theirs.at("tails"), "tail");

  Regressors all{{"x", "tied", "group"}, {}};
  for (std::size_t n = 0; n < cases.x.size(); ++n)
    all.values.insert(all.values.end(), {cases.x[n], cases.tied[n], static_cast<double>(cases.group[n])});
  const LogisticFit fit = must(logistic(cases.yes, all));
  const auto gain = must(compare(fit, must(logistic(cases.yes, {{"x"}, cases.x}))));
  Answers regression{&table.fitted("Logistic regression: coefficients, covariance, likelihood", "stats")};
  const auto errors = [&](std::size_t n) { return fit.error(n / 4) * fit.error(n % 4); };
  regression.add_all(fit.coefficients, theirs.at("coefficients"), "coefficient");
  regression.add_all(fit.covariance, theirs.at("covariance"), "covariance", errors);
  regression.add_all({fit.log_likelihood}, theirs.at("likelihood"), "likelihood");
  regression.add_all({gain.statistic, gain.p}, theirs.at("ratio"), "likelihood ratio");
}

void moderated(const molecular::ExpressionMatrix& matrix, const test::ExpressionStudy& study, const json& theirs,
               Table& table) {
  const auto fit = must(molecular::moderated_fit(matrix, study.design, study.contrasts));
  Answers variance{&table.closed("Linear models of genes: coefficient, variance", "limma")};
  Answers tests{&table.fitted("Moderated t and F: prior, t, p, limits, F", "limma")};
  tests.quantity->add_absent(std::isfinite(fit.prior_degrees), !theirs.at("prior_degrees").is_string(),
                             "prior degrees");
  if (std::isfinite(fit.prior_degrees)) tests.add(fit.prior_degrees, theirs.at("prior_degrees"), "prior degrees");
  tests.add(fit.prior_variance, theirs.at("prior_variance"), "prior variance");
  for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
    const molecular::GeneTest& one = fit.test(g, 0);
    const std::string& gene = matrix.genes[g];
    const double half = (one.high - one.low) / 2;
    variance.add(one.estimate, theirs.at("coefficient").at(g), gene + " estimate", half);
    variance.add(std::sqrt(fit.variance[g]), theirs.at("sigma").at(g), gene + " sigma");
    tests.add(one.t, theirs.at("t").at(g), gene + " t", 1);
    tests.add(one.p, theirs.at("p").at(g), gene + " p");
    tests.add(one.low, theirs.at("low").at(g), gene + " low", half);
    tests.add(one.high, theirs.at("high").at(g), gene + " high", half);
    tests.add(fit.moderated_variance[g], theirs.at("post").at(g), gene + " moderated variance");
    tests.add(fit.total_degrees[g], theirs.at("total").at(g), gene + " degrees");
    // Of genes with gaps limma takes F from the covariance of the complete design.
    if (fit.samples[g] < matrix.samples.size()) continue;
    tests.add(fit.f[g], theirs.at("f").at(g), gene + " F");
    // Ours has the degrees that t has; limma's may pass all residual ones.
    tests.add(stats::f_tail(fit.f[g], 2, fit.degrees[g] + fit.prior_degrees), theirs.at("f_p").at(g), gene + " p of F");
  }
}

void sets_of_genes(const test::ExpressionStudy& study, const json& theirs, Table& table) {
  using namespace molecular;
  const auto rows = find_sets(study.plain.genes, study.sets);
  Answers cameras{&table.closed("CAMERA: p (limma's z is Hill's approximation)", "limma", 1e-7)};
  Answers correlations{&table.closed("CAMERA: correlation between genes of a set", "limma")};
  for (const std::string kind : {"estimated", "negative", "preset"}) {
    EnrichmentOptions options;
    options.negative_correlation = kind == "negative";
    if (kind == "preset") options.correlation = 0.01;
    const auto ours = must(camera(study.plain, study.design, study.contrasts, 0, rows, options));
    for (std::size_t n = 0; n < theirs.at(kind).at("p").size(); ++n) {
      cameras.add(ours.sets.at(n).p, theirs.at(kind).at("p").at(n), kind + " p");
      if (kind != "negative") continue;  // else 0 where it is below
      correlations.add(ours.sets[n].correlation, theirs.at("pair_correlation").at(n), "correlation");
    }
  }
  Answers ranks{&table.closed("CAMERA of given numbers: p", "limma")};
  const std::vector<double> z = theirs.at("z");
  for (const auto& [kind, correlation] : {std::pair{"ranked", 0.05}, {"independent", 0.0}}) {
    const auto ours = must(preranked(z, rows, correlation));
    for (std::size_t n = 0; n < theirs.at(kind).at("p").size(); ++n)
      ranks.add(ours.sets.at(n).p, theirs.at(kind).at("p").at(n), kind);
  }
}

}  // namespace

void compare_association(const test::AssociationCases& cases, const json& theirs, const json& roots, Table& table) {
  labels_and_groups(cases, theirs, roots, table);
  numbers(cases, theirs, table);
}

void compare_expression(const test::ExpressionStudy& study, const json& theirs, Table& table) {
  moderated(study.plain, study, theirs.at("complete"), table);
  moderated(study.gaps, study, theirs.at("gaps"), table);
  moderated(study.even, study, theirs.at("even"), table);
  const auto fit = must(molecular::moderated_fit(study.plain, study.design, study.contrasts));
  Answers deviates{&table.fitted("Normal deviates of moderated t", "limma")};
  for (std::size_t g = 0; g < study.plain.genes.size(); ++g)
    deviates.add(stats::z_from_t(fit.test(g, 0).t, fit.total_degrees[g]), theirs.at("z").at(g), "z", 1);
  sets_of_genes(study, theirs, table);
}

}  // namespace radtype::digits
