// Agglomeration by chains of nearest neighbours (murtagh1983), for anything that can name the nearest cluster.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "radtype/subtype/linkage.h"

namespace radtype::subtype {

struct Nearest {
  std::size_t cluster = 0;
  double distance = 0;
};

/// The clusters of items a and b are joined, and are called a from then on; a < b.
struct Joined {
  std::size_t a = 0;
  std::size_t b = 0;
  double distance = 0;
};

/// Sorted by distance and named as Tree wants it.
Tree tree_of(std::size_t items, std::vector<Joined> joined, Linkage method);

/// Clusters::nearest(cluster, favourite) gives the nearest other cluster, of equals `favourite` where it is among them
/// (there is none where it equals the cluster itself); Clusters::join(Joined) makes a the union of a and b.
template <class Clusters>
Tree agglomerate(std::size_t items, Linkage method, Clusters&& clusters) {
  std::vector<Joined> joined;
  std::vector<bool> gone(items, false);
  std::vector<std::size_t> chain;
  std::size_t first = 0;
  while (joined.size() + 1 < items) {
    if (chain.empty()) {
      while (gone[first]) ++first;
      chain.push_back(first);
    }
    const std::size_t top = chain.back();
    const bool alone = chain.size() == 1;
    // Of equals, the one that the chain came from, or the chain would go in circles.
    const std::size_t before = alone ? top : chain[chain.size() - 2];
    const Nearest nearest = clusters.nearest(top, before);
    if (alone || nearest.cluster != before) {
      chain.push_back(nearest.cluster);
      continue;
    }
    chain.resize(chain.size() - 2);
    const Joined pair{std::min(top, before), std::max(top, before), nearest.distance};
    clusters.join(pair);
    gone[pair.b] = true;
    joined.push_back(pair);
    // By rounding a union can be nearer than its parts were, and the chain then meet a cluster that is in it already.
    chain.erase(std::find_if(chain.begin(), chain.end(),
                             [&](std::size_t cluster) { return cluster == pair.a || cluster == pair.b; }),
                chain.end());
  }
  return tree_of(items, std::move(joined), method);
}

}  // namespace radtype::subtype
