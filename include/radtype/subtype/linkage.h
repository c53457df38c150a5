// Agglomerative hierarchical clustering.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

enum class Linkage {
  kAverage,   ///< mean distance of the pairs between two clusters (sokal1958)
  kComplete,  ///< their largest
  kSingle,    ///< their smallest
  kWard,  ///< growth of the within-cluster sum of squares; distances are squared within, heights are roots (ward.D2,
          ///< murtagh2014)
};

/// n - 1 merges by ascending height. A cluster is named by an item (0..n-1) or by n + the merge that made it.
struct Tree {
  struct Merge {
    std::size_t left = 0;  ///< the smaller name
    std::size_t right = 0;
    double height = 0;
  };
  std::size_t items = 0;
  std::vector<Merge> merges;

  /// The partition into k clusters, 1 <= k <= items: labels 1..k in the order in which the items first meet them.
  std::vector<int> cut(int k) const;
};

/// Of every pair once: half a matrix.
struct PairDistances {
  explicit PairDistances(std::size_t count) : items(count), values(count * (count - 1) / 2) {}
  /// Distances of item i to the later ones; j > i.
  double* after(std::size_t i) { return values.data() + i * (2 * items - i - 1) / 2; }
  double& at(std::size_t i, std::size_t j) { return after(i)[j - i - 1]; }

  std::size_t items;
  std::vector<double> values;  ///< (0, 1), (0, 2), ..., (1, 2), ...
};

/// Nearest-neighbour chains (murtagh1983): O(n^2) time, in the memory of the matrix, which is used up. Where distances
/// are equal there are several trees, and this gives one of them.
Tree linkage(DistanceMatrix distances, Linkage method);

/// The closest two clusters are joined first, of equals those whose first items come first, with a list of nearest
/// later neighbours (murtagh1983): the same tree as above where no distances are equal, and that of R's hclust where
/// some are, as among consensus values. Several times slower.
Tree linkage_in_order(PairDistances distances, Linkage method);
Tree linkage_in_order(const DistanceMatrix& distances, Linkage method);

/// One table, of which parts are clustered again and again. Average linkage of correlations and Ward's method of
/// Euclidean distances need O(cases x features) memory and, by lists of neighbours, a fraction of the time of the
/// above; the others keep all distances, and a part's on top. The trees are those of linkage() where no
/// distances are equal.
class Hierarchy {
 public:
  /// Errors of distances().
  static Result<Hierarchy> of(const Table& table, Distance distance, Linkage method);
  std::size_t items() const;
  /// `items` are different rows of the table.
  Tree tree(const std::vector<std::uint32_t>& items) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace radtype::subtype
