#include "radtype/subtype/discovery.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/subtype/partition.h"
#include "radtype/subtype/validity.h"
#include "subtype/rows.h"

namespace radtype::subtype {
namespace {

std::optional<Linkage> linkage_of(Method method) {
  switch (method) {
    case Method::kAverage:
      return Linkage::kAverage;
    case Method::kComplete:
      return Linkage::kComplete;
    case Method::kWard:
      return Linkage::kWard;
    case Method::kKMeans:
    case Method::kMedoids:
      break;
  }
  return std::nullopt;
}

CaseTable by_name(const CaseTable& table) {
  std::vector<std::size_t> rows(table.cases.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::sort(rows.begin(), rows.end(),
            [&](std::size_t a, std::size_t b) { return table.cases[a].name < table.cases[b].name; });
  return table.of(rows);
}

void rename(std::vector<int>& labels, const std::vector<int>& names) {
  for (int& label : labels) label = names[static_cast<std::size_t>(label - 1)];
}

/// Labels, and what is listed by label, by the rule of names.
void rename(ConsensusOfK& consensus, const std::vector<int>& names) {
  rename(consensus.labels, names);
  std::vector<double> sorted(names.size());
  for (std::size_t c = 0; c < names.size(); ++c)
    sorted[static_cast<std::size_t>(names[c] - 1)] = consensus.cluster_consensus[c];
  consensus.cluster_consensus = std::move(sorted);
}

}  // namespace

std::string_view method_word(Method method) {
  switch (method) {
    case Method::kAverage:
      return "average";
    case Method::kComplete:
      return "complete";
    case Method::kWard:
      return "ward";
    case Method::kKMeans:
      return "kmeans";
    case Method::kMedoids:
      return "medoids";
  }
  internal_error("a method", __FILE__, __LINE__);
}

std::string_view distance_word(Distance distance) {
  switch (distance) {
    case Distance::kPearson:
      return "pearson";
    case Distance::kSpearman:
      return "spearman";
    case Distance::kEuclidean:
      return "euclidean";
  }
  internal_error("a distance", __FILE__, __LINE__);
}

ClusteringOf clustering_of(Method method, Distance distance, ClusterNumbers numbers, int starts) {
  return [=](const Table& table, std::uint64_t seed) -> Result<Clustering> {
    if (method == Method::kMedoids) {
      auto matrix = distances(table, distance);
      if (!matrix) return pass_on(std::move(matrix));
      return medoid_runs(std::move(*matrix), numbers);
    }
    if (method == Method::kAverage || method == Method::kComplete) {
      auto hierarchy = Hierarchy::of(table, distance, *linkage_of(method));
      if (!hierarchy) return pass_on(std::move(hierarchy));
      return cut_trees(std::move(*hierarchy), numbers);
    }
    auto rows = comparable_rows(table, distance);
    if (!rows) return pass_on(std::move(rows));
    if (method == Method::kKMeans) return k_means_runs(*rows, numbers, starts, seed);
    auto hierarchy = Hierarchy::of(*rows, Distance::kEuclidean, Linkage::kWard);
    if (!hierarchy) return pass_on(std::move(hierarchy));
    return cut_trees(std::move(*hierarchy), numbers);
  };
}

const DiscoveryOfK* Discovery::at(int clusters) const {
  const auto found = std::find_if(of_k.begin(), of_k.end(), [&](const DiscoveryOfK& of) { return of.k == clusters; });
  return found == of_k.end() ? nullptr : &*found;
}

std::vector<int> order_subtypes(const Table& prepared, const std::vector<FeatureColumn>& features,
                                const std::vector<int>& labels, int k) {
  constexpr std::array<std::pair<std::string_view, int>, 4> kRule = {
      {{"shape_smooth_sphericity", -1}, {"shape_roughness", 1}, {"shape_bending_energy", 1}, {"texture_moran_r8", -1}}};
  std::size_t feature = 0;
  int sign = 1;
  for (const auto& [name, direction] : kRule) {
    const auto found = std::find_if(features.begin(), features.end(),
                                    [&](const FeatureColumn& column) { return column.name == name; });
    if (found == features.end()) continue;
    feature = static_cast<std::size_t>(found - features.begin());
    sign = direction;
    break;
  }
  std::vector<double> sums(static_cast<std::size_t>(k), 0), sizes(static_cast<std::size_t>(k), 0);
  for (std::size_t r = 0; r < prepared.rows; ++r) {
    const auto c = static_cast<std::size_t>(labels[r] - 1);
    sums[c] += sign * prepared.row(r)[feature];
    ++sizes[c];
  }
  std::vector<int> order(static_cast<std::size_t>(k));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const auto i = static_cast<std::size_t>(a);
    const auto j = static_cast<std::size_t>(b);
    return sums[i] / sizes[i] < sums[j] / sizes[j];
  });
  std::vector<int> names(static_cast<std::size_t>(k));
  for (int place = 0; place < k; ++place)
    names[static_cast<std::size_t>(order[static_cast<std::size_t>(place)])] = place + 1;
  return names;
}

Result<Discovery> discover(const CaseTable& table, const DiscoveryOptions& options) {
  if (options.k == 0 && options.references == 0)
    return fail(ErrorCode::kUsage, "without reference tables the number of subtypes cannot be chosen: give one");
  if (options.k != 0 && (options.k < options.numbers.smallest || options.k > options.numbers.largest)) {
    return fail(ErrorCode::kUsage, fmt::format("{} subtypes are asked for, and {} to {} are looked at", options.k,
                                               options.numbers.smallest, options.numbers.largest));
  }
  if (auto checked = check_case_table(table); !checked) return pass_on(std::move(checked));
  Discovery found;
  found.options = options;
  found.cases = by_name(table);
  auto fitted = fit_preparation(found.cases, options.preparation);
  if (!fitted) return pass_on(std::move(fitted));
  found.fitted = std::move(*fitted);
  const Table& prepared = found.prepared();
  const ClusteringOf clustering = clustering_of(options.method, options.distance, options.numbers);

  if (options.references > 0) {
    auto stability = test_stability(prepared, clustering_of(options.method, options.distance, options.numbers, 1),
                                    {options.numbers, options.reference_repetitions, options.share, options.references,
                                     options.level, options.seed});
    if (!stability) return pass_on(std::move(stability));
    found.stability = std::move(*stability);
  }
  const auto cluster = clustering(prepared, options.seed);
  if (!cluster) return tl::unexpected(cluster.error());
  auto repetitions =
      repeat(prepared.rows, draw_subsets(prepared.rows, options.repetitions, options.share, options.seed), *cluster,
             options.numbers);
  if (!repetitions) return pass_on(std::move(repetitions));
  std::vector<double> areas;
  std::vector<FeatureColumn> columns;
  for (const FrozenFeature& feature : found.fitted.preparation.features) columns.push_back(feature.column);
  std::vector<std::vector<int>> labels;
  for (ConsensusOfK& of : consensus(*repetitions, Linkage::kAverage)) {
    rename(of, order_subtypes(prepared, columns, of.labels, of.k));
    areas.push_back(of.area);
    labels.push_back(of.labels);
    DiscoveryOfK& kept = found.of_k.emplace_back();
    kept.k = of.k;
    kept.consensus = std::move(of);
  }
  const std::vector<double> growth = delta_area(areas);
  auto widths = silhouettes(prepared, options.distance, labels);
  if (!widths) return pass_on(std::move(widths));
  for (std::size_t c = 0; c < found.of_k.size(); ++c) {
    DiscoveryOfK& of = found.of_k[c];
    of.delta_area = growth[c];
    of.silhouette = std::move((*widths)[c]);
    of.mean_silhouette =
        std::accumulate(of.silhouette.begin(), of.silhouette.end(), 0.0) / static_cast<double>(prepared.rows);
  }

  found.k = options.k != 0 ? options.k : found.stability->recommended;
  found.reason = options.k != 0 ? "given by the user" : found.stability->reason;
  found.labels.assign(prepared.rows, 1);
  if (found.k == 1) return found;
  found.labels = found.at(found.k)->consensus.labels;
  auto model = fit_model(found.fitted, found.cases, found.labels, found.k);
  if (!model) return pass_on(std::move(model));
  found.model = std::move(*model);
  return found;
}

}  // namespace radtype::subtype
