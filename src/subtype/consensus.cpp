#include "radtype/subtype/consensus.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "subtype/vectors.h"

namespace radtype::subtype {
namespace {

constexpr int kBins = 100;
/// Up to so many, the distances of all pairs (100 MB) may be there once for each thread.
constexpr std::size_t kFewItems = 5000;

std::size_t place(std::size_t i, std::size_t j) { return i < j ? j * (j - 1) / 2 + i : i * (i - 1) / 2 + j; }

/// An item's labels together; where it was not drawn, `absent`.
std::vector<std::uint8_t> by_item(const Repetitions& repetitions,
                                  const std::function<std::uint8_t(std::size_t r, std::size_t m)>& label,
                                  std::uint8_t absent) {
  const std::size_t times = repetitions.drawn.size();
  std::vector<std::uint8_t> labels(repetitions.items * times, absent);
  for (std::size_t r = 0; r < times; ++r) {
    for (std::size_t m = 0; m < repetitions.drawn[r].size(); ++m)
      labels[repetitions.drawn[r][m] * times + r] = label(r, m);
  }
  return labels;
}

/// How often the two items of each pair have the same label. Absence has two names, so that it is never the same.
OfPairs count_equal(const Repetitions& repetitions,
                    const std::function<std::uint8_t(std::size_t r, std::size_t m)>& label) {
  const std::size_t times = repetitions.drawn.size();
  const std::vector<std::uint8_t> left = by_item(repetitions, label, 0);
  const std::vector<std::uint8_t> right = by_item(repetitions, label, 255);
  OfPairs counts(repetitions.items * (repetitions.items - 1) / 2);
  parallel_for(0, static_cast<std::int64_t>(repetitions.items), [&](std::int64_t at) {
    const auto j = static_cast<std::size_t>(at);
    for (std::size_t i = 0; i < j; ++i)
      counts[place(i, j)] = static_cast<std::uint16_t>(equal_bytes(&left[i * times], &right[j * times], times));
  });
  return counts;
}

}  // namespace

double PairCounts::consensus(std::size_t i, std::size_t j) const {
  const std::size_t at = place(i, j);
  return (*drawn)[at] == 0 ? 0 : static_cast<double>(together[at]) / static_cast<double>((*drawn)[at]);
}

OfPairs count_drawn(const Repetitions& repetitions) {
  return count_equal(repetitions, [](std::size_t, std::size_t) -> std::uint8_t { return 1; });
}

PairCounts count_pairs(const Repetitions& repetitions, std::shared_ptr<const OfPairs> drawn, int k) {
  const auto c = static_cast<std::size_t>(k - repetitions.numbers.smallest);
  return {repetitions.items, std::move(drawn),
          count_equal(repetitions, [&](std::size_t r, std::size_t m) { return repetitions.labels[r][c][m]; })};
}

std::vector<std::vector<std::uint32_t>> draw_subsets(std::size_t items, int repetitions, double share,
                                                     std::uint64_t seed) {
  const auto size = static_cast<std::size_t>(std::floor(static_cast<double>(items) * share));
  std::vector<std::vector<std::uint32_t>> subsets(static_cast<std::size_t>(repetitions));
  for (std::size_t r = 0; r < subsets.size(); ++r) {
    Random random(derive_seed(seed, {hash_name("consensus subset"), r}));
    std::vector<std::uint32_t> order(items);
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t n = 0; n < size; ++n) std::swap(order[n], order[n + random.below(items - n)]);
    order.resize(size);
    std::sort(order.begin(), order.end());
    subsets[r] = std::move(order);
  }
  return subsets;
}

ConsensusOfK consensus(PairCounts pairs_of, int k, Linkage final) {
  ConsensusOfK result;
  result.k = k;
  result.counts = std::move(pairs_of);
  const PairCounts& counts = result.counts;
  const std::size_t n = counts.items;
  PairDistances apart(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) apart.at(i, j) = 1 - counts.consensus(i, j);
  }
  result.tree = linkage_in_order(std::move(apart), final);  // equal values abound
  result.labels = result.tree.cut(k);

  const auto clusters = static_cast<std::size_t>(k);
  std::vector<double> sum(clusters, 0), pairs(clusters, 0), item_sum(n, 0), item_pairs(n, 0);
  std::vector<double> bins(kBins, 0);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      const double value = counts.consensus(i, j);
      // Bins (a, b], the first with its lower end, with the tolerance of R's hist().
      const double bin = std::ceil(value * kBins - 1e-7);
      ++bins[static_cast<std::size_t>(std::clamp(bin - 1, 0.0, kBins - 1.0))];
      if (result.labels[i] != result.labels[j]) continue;
      const auto cluster = static_cast<std::size_t>(result.labels[i] - 1);
      sum[cluster] += value;
      ++pairs[cluster];
      for (const std::size_t item : {i, j}) {
        item_sum[item] += value;
        ++item_pairs[item];
      }
    }
  }
  const double all = static_cast<double>(n) * (static_cast<double>(n) - 1) / 2;
  result.ambiguous = ambiguous_share(counts);
  double below = 0;
  for (const double bin : bins) {
    below += bin;
    result.area += below / all / kBins;
  }
  for (std::size_t c = 0; c < clusters; ++c) result.cluster_consensus.push_back(sum[c] / pairs[c]);
  for (std::size_t i = 0; i < n; ++i) result.item_consensus.push_back(item_sum[i] / item_pairs[i]);
  return result;
}

Clustering cut_trees(Hierarchy hierarchy, ClusterNumbers numbers) {
  return [hierarchy = std::move(hierarchy), numbers](const std::vector<std::uint32_t>& items, std::size_t) {
    const Tree tree = hierarchy.tree(items);
    std::vector<std::vector<std::uint8_t>> labels;
    for (int k = numbers.smallest; k <= numbers.largest; ++k) {
      const std::vector<int> cut = tree.cut(k);
      labels.emplace_back(cut.begin(), cut.end());
    }
    return labels;
  };
}

Result<Repetitions> repeat(std::size_t items, std::vector<std::vector<std::uint32_t>> subsets,
                           const Clustering& clustering, ClusterNumbers numbers) {
  if (numbers.smallest < 2 || numbers.largest < numbers.smallest || numbers.largest > 254)
    return fail(ErrorCode::kUsage, "numbers of clusters go from 2 to 254");
  if (subsets.empty() || subsets.size() > 65535) return fail(ErrorCode::kUsage, "repetitions go from 1 to 65,535");
  for (const auto& subset : subsets) {
    if (subset.size() < static_cast<std::size_t>(numbers.largest)) {
      return fail(ErrorCode::kUsage, fmt::format("a subset of {} cases cannot be cut into {} clusters: more cases, or "
                                                 "fewer clusters",
                                                 subset.size(), numbers.largest));
    }
  }
  Repetitions repetitions{items, numbers, std::move(subsets), {}};
  repetitions.labels.resize(repetitions.drawn.size());
  parallel_for(0, static_cast<std::int64_t>(repetitions.drawn.size()), [&](std::int64_t at) {
    const auto r = static_cast<std::size_t>(at);
    repetitions.labels[r] = clustering(repetitions.drawn[r], r);
  });
  return repetitions;
}

std::vector<ConsensusOfK> consensus(const Repetitions& repetitions, Linkage final) {
  const auto drawn = std::make_shared<const OfPairs>(count_drawn(repetitions));
  std::vector<PairCounts> counts;
  for (int k = repetitions.numbers.smallest; k <= repetitions.numbers.largest; ++k)
    counts.push_back(count_pairs(repetitions, drawn, k));
  std::vector<ConsensusOfK> results(counts.size());
  const auto finish = [&](std::int64_t c) {
    const auto n = static_cast<std::size_t>(c);
    results[n] = consensus(std::move(counts[n]), repetitions.numbers.smallest + static_cast<int>(c), final);
  };
  const auto numbers = static_cast<std::int64_t>(counts.size());
  if (repetitions.items <= kFewItems) {
    parallel_for(0, numbers, finish);
  } else {
    for (std::int64_t c = 0; c < numbers; ++c) finish(c);
  }
  return results;
}

std::vector<double> delta_area(const std::vector<double>& areas) {
  std::vector<double> delta = areas;
  for (std::size_t n = 1; n < areas.size(); ++n) delta[n] = (areas[n] - areas[n - 1]) / areas[n - 1];
  return delta;
}

double ambiguous_share(const PairCounts& counts) {
  return consensus_distribution(counts, 0.9) - consensus_distribution(counts, 0.1);
}

double consensus_distribution(const PairCounts& counts, double x) {
  std::size_t below = 0;
  for (std::size_t at = 0; at < counts.together.size(); ++at) {
    const double value = (*counts.drawn)[at] == 0 ? 0 : static_cast<double>(counts.together[at]) / (*counts.drawn)[at];
    below += value <= x;
  }
  return static_cast<double>(below) / static_cast<double>(counts.together.size());
}

}  // namespace radtype::subtype
