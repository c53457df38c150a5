#include "radtype/subtype/stability.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/seed.h"

namespace radtype::subtype {
namespace {

struct Moments {
  double mean = 0;
  double sd = 0;
};
Moments moments(const std::vector<double>& values) {
  Moments of;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) of.mean += value / n;
  for (const double value : values) of.sd += (value - of.mean) * (value - of.mean) / (n - 1);
  of.sd = std::sqrt(of.sd);
  return of;
}

/// PAC for each number of clusters.
Result<std::vector<double>> ambiguities(const Table& table, const ClusteringOf& clustering,
                                        const StabilityOptions& options, std::uint64_t seed) {
  const auto cluster = clustering(table, seed);
  if (!cluster) return tl::unexpected(cluster.error());
  auto repetitions =
      repeat(table.rows, draw_subsets(table.rows, options.repetitions, options.share, seed), *cluster, options.numbers);
  if (!repetitions) return pass_on(std::move(repetitions));
  const auto drawn = std::make_shared<const OfPairs>(count_drawn(*repetitions));
  std::vector<double> result;
  for (int k = options.numbers.smallest; k <= options.numbers.largest; ++k)
    result.push_back(ambiguous_share(count_pairs(*repetitions, drawn, k)));
  return result;
}

}  // namespace

Result<Stability> test_stability(const Table& table, const ClusteringOf& clustering, const StabilityOptions& options) {
  if (options.references < 19 || 1.0 / (options.references + 1) > options.level) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} reference tables cannot show a level of {}: at least {}", options.references,
                            options.level, std::max(19.0, std::ceil(1 / options.level) - 1)));
  }
  const auto reference = ReferenceTables::of(table, ReferenceTables::Kind::kNormal);
  if (!reference) return tl::unexpected(reference.error());
  // The data first.
  std::vector<std::vector<double>> of_table;
  for (int b = 0; b <= options.references; ++b) {
    const std::uint64_t seed = derive_seed(options.seed, {hash_name("stability"), static_cast<std::uint64_t>(b)});
    auto found = ambiguities(b == 0 ? table : reference->draw(seed), clustering, options, seed);
    if (!found) return pass_on(std::move(found));
    of_table.push_back(std::move(*found));
  }

  Stability result;
  std::vector<double> highest(of_table.size(), -1e300);
  const double smallest_share = 2.0 / (static_cast<double>(table.rows) * (static_cast<double>(table.rows) - 1));
  for (std::size_t c = 0; c < of_table[0].size(); ++c) {
    std::vector<double> all;
    for (const auto& shares : of_table) all.push_back(shares[c]);
    const double own = all[0];
    const Moments references = moments({all.begin() + 1, all.end()});
    const auto as_certain = std::count_if(all.begin(), all.end(), [&](double value) { return value <= own; });
    StabilityOfK& of = result.of_k.emplace_back();
    of.k = options.numbers.smallest + static_cast<int>(c);
    of.ambiguous = own;
    of.expected = references.mean;
    of.spread = references.sd;
    of.p = static_cast<double>(as_certain) / static_cast<double>(all.size());
    of.index = std::log10((references.mean + smallest_share) / (own + smallest_share));
    // Data and references standardised alike: none stands out where none differs.
    const Moments together = moments(all);
    for (std::size_t t = 0; t < all.size() && together.sd > 0; ++t)
      highest[t] = std::max(highest[t], (together.mean - all[t]) / together.sd);
  }
  const auto as_high = std::count_if(highest.begin(), highest.end(), [&](double value) { return value >= highest[0]; });
  result.p = static_cast<double>(as_high) / static_cast<double>(highest.size());
  if (result.p > options.level) {
    result.reason = fmt::format(
        "no number of clusters is more stable than in tables of the same covariance without "
        "clusters (p = {:.3g}, level {:g})",
        result.p, options.level);
    return result;
  }
  const StabilityOfK* best = nullptr;
  for (const StabilityOfK& of : result.of_k) {
    if (of.p <= options.level && (best == nullptr || of.index > best->index)) best = &of;
  }
  if (best == nullptr) {
    result.reason = fmt::format(
        "more stable than without clusters when all k are looked at (p = {:.3g}), but no single "
        "k is at level {:g}",
        result.p, options.level);
    return result;
  }
  result.recommended = best->k;
  result.reason = fmt::format(
      "stable beyond chance (p = {:.3g}), most so for k = {}: {:.3g} of pairs are ambiguous where {:.3g} "
      "would be without clusters",
      result.p, best->k, best->ambiguous, best->expected);
  return result;
}

double log_within(const DistanceMatrix& distances, const std::vector<int>& labels) {
  RADTYPE_CHECK(labels.size() == distances.n);
  const auto clusters = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end()));
  std::vector<double> sums(clusters, 0), sizes(clusters, 0);
  for (std::size_t i = 0; i < distances.n; ++i) {
    const auto c = static_cast<std::size_t>(labels[i] - 1);
    ++sizes[c];
    for (std::size_t j = 0; j < i; ++j) {
      if (labels[j] == labels[i]) sums[c] += distances(i, j);
    }
  }
  double within = 0;
  for (std::size_t c = 0; c < clusters; ++c) within += sizes[c] > 0 ? sums[c] / sizes[c] / 2 : 0;
  return std::log(within);
}

Result<Gap> gap_statistic(const Table& table, Linkage method, int largest, int references, std::uint64_t seed) {
  if (largest < 2 || static_cast<std::size_t>(largest) >= table.rows || references < 2)
    return fail(ErrorCode::kUsage, "a gap statistic takes two or more clusters, fewer than cases, and two references");
  const auto reference = ReferenceTables::of(table, ReferenceTables::Kind::kUniform);
  if (!reference) return tl::unexpected(reference.error());
  const auto within = [&](const Table& of) -> Result<std::vector<double>> {
    auto matrix = distances(of, Distance::kEuclidean);
    if (!matrix) return pass_on(std::move(matrix));
    const auto hierarchy = Hierarchy::of(of, Distance::kEuclidean, method);
    if (!hierarchy) return tl::unexpected(hierarchy.error());
    const Tree tree = hierarchy->tree(all_rows(of));
    std::vector<double> logs;
    for (int k = 1; k <= largest; ++k) logs.push_back(log_within(*matrix, tree.cut(k)));
    return logs;
  };
  auto own = within(table);
  if (!own) return pass_on(std::move(own));
  std::vector<std::vector<double>> logs(own->size());
  for (int b = 0; b < references; ++b) {
    auto found = within(reference->draw(derive_seed(seed, {hash_name("gap"), static_cast<std::uint64_t>(b)})));
    if (!found) return pass_on(std::move(found));
    for (std::size_t c = 0; c < logs.size(); ++c) logs[c].push_back((*found)[c]);
  }
  Gap gap;
  for (std::size_t c = 0; c < logs.size(); ++c) {
    const Moments of = moments(logs[c]);
    gap.k.push_back(static_cast<int>(c) + 1);
    gap.log_within.push_back((*own)[c]);
    gap.expected.push_back(of.mean);
    gap.gap.push_back(of.mean - (*own)[c]);
    gap.error.push_back(of.sd * std::sqrt(1 + 1.0 / references));
  }
  gap.recommended = gap.k.back();
  for (std::size_t c = 0; c + 1 < gap.k.size(); ++c) {
    if (gap.gap[c] >= gap.gap[c + 1] - gap.error[c + 1]) {
      gap.recommended = gap.k[c];
      break;
    }
  }
  return gap;
}

}  // namespace radtype::subtype
