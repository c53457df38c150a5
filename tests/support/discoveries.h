// A discovery put together from its parts on made cases, so that what shows one can be tested by itself.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "radtype/core/error.h"
#include "radtype/core/seed.h"
#include "radtype/subtype/discovery.h"
#include "radtype/subtype/partition.h"
#include "radtype/subtype/validity.h"

namespace radtype::test {

struct MadeStudy {
  std::size_t cases = 180;
  std::size_t features = 12;
  int groups = 3;  ///< planted, by turns
  std::vector<std::string> cohorts = {"Amsterdam", "Kyoto University Hospital, retrospective series", "TCIA"};
  std::vector<std::string> families = {"shape", "texture"};
  double apart = 1.2;  ///< of the groups' means, in standard deviations
  int largest_k = 5;
  int repetitions = 30;
};

inline subtype::CaseTable made_cases(const MadeStudy& made) {
  Random random(derive_seed(1, {hash_name("made study")}));
  subtype::CaseTable table;
  for (std::size_t f = 0; f < made.features; ++f) {
    const std::string& family = made.families[f * made.families.size() / made.features];
    table.features.push_back({fmt::format("{}_feature_{:02}", family, f), 1, family});
  }
  std::vector<double> means(made.features * static_cast<std::size_t>(made.groups));
  for (double& mean : means) mean = made.apart * random.normal();
  const std::vector<std::string> organs = {"lung", "breast", "brain"};
  for (std::size_t n = 0; n < made.cases; ++n) {
    const std::size_t organ = random.below(organs.size());
    table.cases.push_back({.name = fmt::format("case{:05}", n),
                           .patient = fmt::format("p{}", n),
                           .cohort = made.cohorts[random.below(made.cohorts.size())],
                           .organ = organs[organ],
                           .modality = organ == 0 ? "CT" : "MR",
                           .volume_mm3 = std::exp(9 + random.normal())});
    const std::size_t group = n % static_cast<std::size_t>(made.groups);
    const double common = random.normal();
    for (std::size_t f = 0; f < made.features; ++f)
      table.values.push_back(means[group * made.features + f] + (f % 3 == 0 ? common : 0) + random.normal());
  }
  return table;
}

/// k = the planted groups is chosen; `chosen` = 1: none were found.
inline subtype::Discovery made_discovery(const MadeStudy& made, int chosen) {
  using namespace subtype;
  Discovery discovery;
  discovery.options.numbers = {2, made.largest_k};
  discovery.options.repetitions = made.repetitions;
  discovery.cases = made_cases(made);
  auto fitted = fit_preparation(discovery.cases, {});
  RADTYPE_CHECK(fitted.has_value());
  discovery.fitted = std::move(*fitted);
  const Table& table = discovery.prepared();
  const Clustering clustering = k_means_runs(table, discovery.options.numbers, 1, 1);
  auto repetitions =
      repeat(table.rows, draw_subsets(table.rows, made.repetitions, 0.8, 1), clustering, discovery.options.numbers);
  RADTYPE_CHECK(repetitions.has_value());
  std::vector<double> areas;
  discovery.stability.emplace();
  for (ConsensusOfK& consensus : consensus(*repetitions, Linkage::kAverage)) {
    DiscoveryOfK of_k;
    of_k.k = consensus.k;
    auto widths = silhouettes(table, Distance::kPearson, {consensus.labels});
    RADTYPE_CHECK(widths.has_value());
    of_k.silhouette = std::move(widths->front());
    for (const double value : of_k.silhouette) of_k.mean_silhouette += value / static_cast<double>(table.rows);
    areas.push_back(consensus.area);
    const double expected = 0.5 / of_k.k + 0.15;
    discovery.stability->of_k.push_back({of_k.k, consensus.ambiguous, expected, 0.04,
                                         consensus.ambiguous < expected ? 0.0099 : 0.4,
                                         std::log10(expected / (consensus.ambiguous + 0.01))});
    of_k.consensus = std::move(consensus);
    discovery.of_k.push_back(std::move(of_k));
  }
  const std::vector<double> growth = delta_area(areas);
  for (std::size_t c = 0; c < growth.size(); ++c) discovery.of_k[c].delta_area = growth[c];
  discovery.k = chosen;
  discovery.labels.assign(table.rows, 1);
  if (chosen > 1) discovery.labels = discovery.of_k[static_cast<std::size_t>(chosen - 2)].consensus.labels;
  discovery.stability->p = chosen > 1 ? 0.0099 : 0.43;
  discovery.stability->recommended = chosen;
  discovery.reason =
      chosen > 1 ? fmt::format(
                       "The cases are less ambiguous than 100 references without clusters (p = 0.0099, level "
                       "0.01); of the numbers of clusters with p at the level, k = {} has the highest relative "
                       "cluster stability index.",
                       chosen)
                 : "The cases are no less ambiguous than 100 references without clusters (p = 0.43, level 0.01).";
  return discovery;
}

}  // namespace radtype::test
