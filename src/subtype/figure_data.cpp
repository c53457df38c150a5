#include "subtype/figure_data.h"

#include <algorithm>
#include <cmath>

namespace radtype::subtype {

std::size_t shown(const Discovery& discovery) {
  RADTYPE_CHECK(!discovery.of_k.empty());
  const DiscoveryOfK* chosen = discovery.at(discovery.k);
  return chosen == nullptr ? 0 : static_cast<std::size_t>(chosen - discovery.of_k.data());
}

std::vector<std::size_t> leaves(const Tree& tree) {
  std::vector<std::size_t> order;
  std::vector<std::size_t> open{tree.items + tree.merges.size() - 1};  // a chain of merges would be too deep to recurse
  while (!open.empty()) {
    const std::size_t name = open.back();
    open.pop_back();
    if (name < tree.items) {
      order.push_back(name);
    } else {
      open.push_back(tree.merges[name - tree.items].right);
      open.push_back(tree.merges[name - tree.items].left);
    }
  }
  return order;
}

std::vector<std::size_t> by_label(const ConsensusOfK& consensus) {
  std::vector<std::size_t> order = leaves(consensus.tree);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return consensus.labels[a] < consensus.labels[b]; });
  return order;
}

std::vector<int> carried_colours(const std::vector<int>& labels, int k, const std::vector<int>& other_labels,
                                 const std::vector<int>& other_colours) {
  const std::size_t others = other_colours.size();
  std::vector<std::size_t> overlap(static_cast<std::size_t>(k) * others, 0);
  for (std::size_t n = 0; n < labels.size(); ++n)
    ++overlap[static_cast<std::size_t>(labels[n] - 1) * others + static_cast<std::size_t>(other_labels[n] - 1)];
  std::vector<std::size_t> pairs;
  for (std::size_t pair = 0; pair < overlap.size(); ++pair) {
    if (overlap[pair] > 0) pairs.push_back(pair);
  }
  std::stable_sort(pairs.begin(), pairs.end(), [&](std::size_t a, std::size_t b) { return overlap[a] > overlap[b]; });

  std::vector<int> colours(static_cast<std::size_t>(k), -1);
  const auto used = [&](int colour) { return std::find(colours.begin(), colours.end(), colour) != colours.end(); };
  for (const std::size_t pair : pairs) {
    int& mine = colours[pair / others];
    const int passed_on = other_colours[pair % others];
    if (mine < 0 && !used(passed_on)) mine = passed_on;
  }
  for (int& colour : colours) {
    if (colour >= 0) continue;
    int lowest = 0;
    while (used(lowest)) ++lowest;
    colour = lowest;
  }
  return colours;
}

std::vector<std::vector<int>> colours_of_k(const Discovery& discovery) {
  const auto& of_k = discovery.of_k;
  const std::size_t start = shown(discovery);
  std::vector<std::vector<int>> colours(of_k.size());
  for (int label = 1; label <= of_k[start].k; ++label) colours[start].push_back(label - 1);
  const auto carry = [&](std::size_t from, std::size_t to) {
    colours[to] = carried_colours(of_k[to].consensus.labels, of_k[to].k, of_k[from].consensus.labels, colours[from]);
  };
  for (std::size_t c = start + 1; c < of_k.size(); ++c) carry(c - 1, c);
  for (std::size_t c = start; c > 0; --c) carry(c, c - 1);
  return colours;
}

Blocks mean_consensus(const PairCounts& counts, const std::vector<std::size_t>& order, std::size_t most) {
  const std::size_t n = counts.items;
  const std::size_t side = std::min(n, most);
  std::vector<std::size_t> block(n);
  std::vector<double> items(side, 0);
  for (std::size_t rank = 0; rank < n; ++rank) {
    block[order[rank]] = rank * side / n;
    ++items[rank * side / n];
  }
  Blocks blocks{side, std::vector<double>(side * side, 0)};
  for (std::size_t j = 0; j < n; ++j) {  // in the order of memory
    for (std::size_t i = 0; i < j; ++i) {
      const double value = counts.consensus(i, j);
      blocks.values[block[i] * side + block[j]] += value;
      blocks.values[block[j] * side + block[i]] += value;
    }
    ++blocks.values[block[j] * side + block[j]];
  }
  for (std::size_t r = 0; r < side; ++r) {
    for (std::size_t c = 0; c < side; ++c) blocks.values[r * side + c] /= items[r] * items[c];
  }
  return blocks;
}

std::vector<double> consensus_shares(const PairCounts& counts) {
  constexpr std::size_t kSteps = 100;
  std::vector<double> shares(kSteps + 1, 0);
  for (std::size_t j = 0; j < counts.items; ++j) {
    for (std::size_t i = 0; i < j; ++i) {
      const double step = std::ceil(counts.consensus(i, j) * kSteps - 1e-7);  // 0.07 * 100 is more than 7
      ++shares[static_cast<std::size_t>(std::clamp(step, 0.0, static_cast<double>(kSteps)))];
    }
  }
  double below = 0;
  for (double& share : shares) {
    below += share;
    share = below / static_cast<double>(counts.together.size());
  }
  return shares;
}

std::vector<double> part_means(const std::vector<double>& of_item, const std::vector<std::size_t>& order,
                               std::size_t columns) {
  std::vector<double> means;
  for (std::size_t c = 0; c < columns; ++c) {
    const std::size_t begin = c * order.size() / columns;
    const std::size_t end = (c + 1) * order.size() / columns;
    double sum = 0;
    for (std::size_t n = begin; n < end; ++n) sum += of_item[order[n]];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  return means;
}

}  // namespace radtype::subtype
