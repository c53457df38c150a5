// Sets of genes that correlate: how often does enrichment find one that no gene of which differs?
#include <cstdio>

#include <fmt/format.h>

#include "monte_carlo_genes.h"
#include "radtype/stats/distribution.h"

namespace radtype::monte_carlo {
namespace {

constexpr std::size_t kSamples = 20;
constexpr std::size_t kAllGenes = 500;

std::vector<molecular::SetRows> first_rows(std::size_t count) {
  molecular::SetRows set{"set", count, {}};
  for (std::size_t row = 0; row < count; ++row) set.rows.push_back(row);
  return {set};
}

/// What is asked: plain enrichment is right of independent genes, for which a preset is too careful; camera that
/// estimates the correlation finds no more than it should whatever that is.
Experiment enrich(std::size_t set, double correlation) {
  Experiment experiment{fmt::format("enrichment {} {}", set, correlation), {}, {}};
  const bool independent = correlation == 0;
  const Asked if_independent = independent ? Asked::kNominal : Asked::kNothing;
  const Asked if_preset = independent ? Asked::kAtMost : Asked::kNothing;
  experiment.rows = {{"preranked", set, if_independent},
                     {"camera, preset", set, if_preset},
                     {"camera, estimated", set, Asked::kAtMost}};
  experiment.trial = [set, correlation](Random& random, std::span<double> found) {
    const molecular::ExpressionMatrix matrix = draw_genes(kAllGenes, kSamples, 4, random, set, correlation);
    const auto design = molecular::group_design(even_groups(kSamples, 2), {"a", "b"});
    const molecular::Contrasts contrasts = molecular::one_against_rest(*design, 2);
    const auto fit = molecular::moderated_fit(matrix, *design, contrasts);
    if (!answered(fit)) return;
    std::vector<double> z;
    for (std::size_t g = 0; g < kAllGenes; ++g) z.push_back(stats::z_from_t(fit->test(g, 0).t, fit->total_degrees[g]));
    const std::vector<molecular::SetRows> sets = first_rows(set);
    const auto plain = molecular::preranked(z, sets);
    const auto preset = molecular::preranked(z, sets, 0.01);  // which is what camera does with it
    const auto estimated = molecular::camera(matrix, *design, contrasts, 0, sets);
    found[0] = plain->sets[0].p;
    found[1] = preset->sets[0].p;
    found[2] = estimated->sets[0].p;
  };
  return experiment;
}

}  // namespace

bool enrichment(const Settings& settings) {
  fmt::print(
      "{} genes, two groups of {} samples, no gene differs. Share of trials, in %, with p <= 0.05 and p <= 0.01.\n",
      kAllGenes, kSamples / 2);
  print_bounds({0.05, 0.01}, settings);
  fmt::print("| correlation | genes |");
  for (const char* method : {"preranked", "camera, preset 0.01", "camera, estimated"})
    fmt::print(" {}: 0.05 | 0.01 |", method);
  fmt::print(" as asked |\n|---|---|---|---|---|---|---|---|---|\n");
  bool right = true;
  for (const double correlation : {0.0, 0.1, 0.2, 0.3}) {
    for (const std::size_t set : {10U, 25U, 50U}) {
      const Experiment experiment = enrich(set, correlation);
      const std::vector<double> found = run(experiment, settings);
      fmt::print("| {} | {} |", correlation, set);
      bool fine = true;
      for (std::size_t r = 0; r < experiment.rows.size(); ++r) {
        for (const double level : {0.05, 0.01}) {
          const Share share = rejected(found, r, experiment.rows.size(), level, settings.band);
          fmt::print(" {:.2f} |", 100 * share.share());
          fine &= share.holds(experiment.rows[r].asked);
        }
      }
      fmt::print(" {} |\n", fine ? "yes" : "NO");
      std::fflush(stdout);
      right &= fine;
    }
  }
  return right;
}

}  // namespace radtype::monte_carlo
