// Hierarchical clustering from the means of clusters, without a matrix of distances.
#pragma once

#include <cstdint>
#include <vector>

#include "radtype/subtype/linkage.h"
#include "subtype/vectors.h"

namespace radtype::subtype {

/// Whether the distance of two clusters follows from their means: average linkage of correlations, where it is 1 - the
/// inner product of the mean unit rows, and Ward's method of Euclidean distances.
bool follows_from_means(Distance distance, Linkage method);

/// A table made ready to have parts of it clustered again and again.
class MeansHierarchy {
 public:
  /// `rows`: at least two; unit rows for correlations, of anything for Ward's method.
  MeansHierarchy(const Table& rows, bool ward);
  Tree tree(const std::vector<std::uint32_t>& items) const;

 private:
  friend class MeansClusters;
  bool ward_;
  double margin_ = 0;
  std::size_t items_;
  VectorRows rows_;
  std::vector<std::uint32_t> neighbours_;  ///< items x near, by distance
  std::size_t near_;
  std::vector<double> bounds_;  ///< no item that is not among the neighbours is nearer
};

}  // namespace radtype::subtype
