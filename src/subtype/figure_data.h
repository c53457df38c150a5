// What the figures of discovery show, before anything is drawn.
#pragma once

#include <cstddef>
#include <vector>

#include "radtype/subtype/discovery.h"

namespace radtype::subtype {

/// Place in of_k of the chosen k; of the smallest where k = 1.
std::size_t shown(const Discovery& discovery);

/// Items of the tree from left to right.
std::vector<std::size_t> leaves(const Tree& tree);

/// Items by label, within a label in the order of the leaves.
std::vector<std::size_t> by_label(const ConsensusOfK& consensus);

/// Colours (0, 1, ...) of labels 1..k, given those of another partition of the same items: pairs of labels take turns,
/// the largest overlap first, to pass a colour on; a label that got none takes the lowest colour not used.
std::vector<int> carried_colours(const std::vector<int>& labels, int k, const std::vector<int>& other_labels,
                                 const std::vector<int>& other_colours);

/// Of each of of_k: from shown(), where label l has colour l - 1, step by step to smaller and larger k.
std::vector<std::vector<int>> colours_of_k(const Discovery& discovery);

/// Consensus of the items in this order; the n-th item belongs to block n * side / items, side being at most `most`.
/// Row by row; an item's consensus with itself is 1.
struct Blocks {
  std::size_t side = 0;
  std::vector<double> values;
};
Blocks mean_consensus(const PairCounts& counts, const std::vector<std::size_t>& order, std::size_t most);

/// Shares of pairs whose consensus is at most 0, 0.01, ..., 1: consensus_distribution() in one pass.
std::vector<double> consensus_shares(const PairCounts& counts);

/// Means of the items in each of `columns` equal parts of the order.
std::vector<double> part_means(const std::vector<double>& of_item, const std::vector<std::size_t>& order,
                               std::size_t columns);

}  // namespace radtype::subtype
