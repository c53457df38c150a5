#include "radtype/subtype/consensus.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"

namespace radtype::subtype {
namespace {

constexpr int kBins = 100;

std::size_t place(std::size_t i, std::size_t j) { return i < j ? j * (j - 1) / 2 + i : i * (i - 1) / 2 + j; }

/// How often two rows of bytes hold the same. Counts of a block fit into a byte, which lets compilers add 16 at once.
std::size_t equal_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t n) {
  constexpr std::size_t kBlock = 16;
  std::size_t count = 0;
  std::size_t r = 0;
  while (r + kBlock <= n) {
    std::uint8_t equal[kBlock] = {};
    const std::size_t stop = std::min(n - n % kBlock, r + kBlock * 255);
    for (; r < stop; r += kBlock) {
      for (std::size_t lane = 0; lane < kBlock; ++lane)
        equal[lane] = static_cast<std::uint8_t>(equal[lane] + (a[r + lane] == b[r + lane]));
    }
    count = std::accumulate(equal, equal + kBlock, count);
  }
  for (; r < n; ++r) count += a[r] == b[r];
  return count;
}

void describe(ConsensusOfK& result, const ConsensusOptions& options) {
  const PairCounts& counts = result.counts;
  const std::size_t n = counts.items;
  DistanceMatrix apart{n, std::vector<double>(n * n, 0)};
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < j; ++i) apart.values[i * n + j] = apart.values[j * n + i] = 1 - counts.consensus(i, j);
  }
  result.tree = linkage_in_order(std::move(apart), options.final);  // equal values abound
  result.labels = result.tree.cut(result.k);

  const auto clusters = static_cast<std::size_t>(result.k);
  std::vector<double> sum(clusters, 0), pairs(clusters, 0), item_sum(n, 0), item_pairs(n, 0);
  std::vector<double> bins(kBins, 0);
  double ambiguous = 0;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      const double value = counts.consensus(i, j);
      // Bins (a, b], the first with its lower end, with the tolerance of R's hist().
      const double bin = std::ceil(value * kBins - 1e-7);
      ++bins[static_cast<std::size_t>(std::clamp(bin - 1, 0.0, kBins - 1.0))];
      ambiguous += value > 0.1 && value <= 0.9;
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
  result.ambiguous = ambiguous / all;
  double below = 0;
  for (const double bin : bins) {
    below += bin;
    result.area += below / all / kBins;
  }
  for (std::size_t c = 0; c < clusters; ++c) result.cluster_consensus.push_back(sum[c] / pairs[c]);
  for (std::size_t i = 0; i < n; ++i) result.item_consensus.push_back(item_sum[i] / item_pairs[i]);
}

}  // namespace

double PairCounts::consensus(std::size_t i, std::size_t j) const {
  const std::size_t at = place(i, j);
  return drawn[at] == 0 ? 0 : static_cast<double>(together[at]) / static_cast<double>(drawn[at]);
}

PairCounts count_pairs(const Repetitions& repetitions, std::size_t c) {
  const std::size_t n = repetitions.items;
  const std::size_t times = repetitions.drawn.size();
  RADTYPE_CHECK(times <= 65535 && repetitions.labels.size() == times);
  // Label of each item in each repetition, an item's together; 0 where it was not drawn.
  std::vector<std::uint8_t> label(n * times, 0);
  std::vector<std::uint8_t> absent(n * times, 1);
  for (std::size_t r = 0; r < times; ++r) {
    for (std::size_t m = 0; m < repetitions.drawn[r].size(); ++m) {
      const std::size_t item = repetitions.drawn[r][m];
      RADTYPE_CHECK(item < n && repetitions.labels[r].at(c).at(m) > 0);
      label[item * times + r] = repetitions.labels[r][c][m];
      absent[item * times + r] = 0;
    }
  }
  std::vector<std::size_t> times_absent(n);
  for (std::size_t i = 0; i < n; ++i) {
    times_absent[i] = static_cast<std::size_t>(
        std::accumulate(absent.begin() + static_cast<std::ptrdiff_t>(i * times),
                        absent.begin() + static_cast<std::ptrdiff_t>((i + 1) * times), std::size_t{0}));
  }
  PairCounts counts{n, std::vector<std::uint16_t>(n * (n - 1) / 2), std::vector<std::uint16_t>(n * (n - 1) / 2)};
  parallel_for(0, static_cast<std::int64_t>(n), [&](std::int64_t at) {
    const auto j = static_cast<std::size_t>(at);
    for (std::size_t i = 0; i < j; ++i) {
      // Alike in being drawn or not: times = both + neither + one of them.
      const std::size_t alike = equal_bytes(&absent[i * times], &absent[j * times], times);
      const std::size_t neither = (times_absent[i] + times_absent[j] + alike - times) / 2;
      counts.drawn[place(i, j)] = static_cast<std::uint16_t>(alike - neither);
      counts.together[place(i, j)] =
          static_cast<std::uint16_t>(equal_bytes(&label[i * times], &label[j * times], times) - neither);
    }
  });
  return counts;
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

Result<std::vector<ConsensusOfK>> consensus(const DistanceMatrix& distances,
                                            const std::vector<std::vector<std::uint32_t>>& subsets,
                                            const ConsensusOptions& options) {
  if (options.smallest < 2 || options.largest < options.smallest || options.largest > 255)
    return fail(ErrorCode::kUsage, "numbers of clusters go from 2 to 255");
  if (subsets.empty() || subsets.size() > 65535) return fail(ErrorCode::kUsage, "repetitions go from 1 to 65,535");
  for (const auto& subset : subsets) {
    if (subset.size() < static_cast<std::size_t>(options.largest)) {
      return fail(ErrorCode::kUsage, fmt::format("a subset of {} cases cannot be cut into {} clusters: more cases, or "
                                                 "fewer clusters",
                                                 subset.size(), options.largest));
    }
  }
  Repetitions repetitions{distances.n, subsets, {}};
  repetitions.labels.resize(subsets.size());
  parallel_for(0, static_cast<std::int64_t>(subsets.size()), [&](std::int64_t at) {
    const auto r = static_cast<std::size_t>(at);
    const Tree tree = linkage(distances.of(subsets[r]), options.inner);
    for (int k = options.smallest; k <= options.largest; ++k) {
      const std::vector<int> labels = tree.cut(k);
      repetitions.labels[r].emplace_back(labels.begin(), labels.end());
    }
  });
  std::vector<ConsensusOfK> results;
  for (int k = options.smallest; k <= options.largest; ++k) {
    ConsensusOfK& result = results.emplace_back();
    result.k = k;
    result.counts = count_pairs(repetitions, static_cast<std::size_t>(k - options.smallest));
    describe(result, options);
    const double before = results.size() > 1 ? results[results.size() - 2].area : 0;
    result.delta_area = results.size() > 1 ? (result.area - before) / before : result.area;
  }
  return results;
}

double consensus_distribution(const PairCounts& counts, double x) {
  std::size_t below = 0;
  for (std::size_t at = 0; at < counts.drawn.size(); ++at) {
    const double value = counts.drawn[at] == 0 ? 0 : static_cast<double>(counts.together[at]) / counts.drawn[at];
    below += value <= x;
  }
  return static_cast<double>(below) / static_cast<double>(counts.drawn.size());
}

}  // namespace radtype::subtype
