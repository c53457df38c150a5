// Tables as a table would be if it held no clusters.
#pragma once

#include <cstdint>
#include <vector>

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

/// Along the principal components of a table, so that correlations of features remain.
class ReferenceTables {
 public:
  enum class Kind {
    kNormal,   ///< normal with the component's variance: the table's mean and covariance (john2020)
    kUniform,  ///< uniform over the component's range (tibshirani2001)
  };
  /// kUsage for a table that is empty or holds a value that is not finite.
  static Result<ReferenceTables> of(const Table& table, Kind kind);
  /// As many rows and columns. Depends on the seed alone.
  Table draw(std::uint64_t seed) const;

 private:
  Kind kind_ = Kind::kNormal;
  std::size_t rows_ = 0;
  std::vector<double> mean_;
  std::vector<double> axes_;   ///< component x feature
  std::vector<double> low_;    ///< of each component: lower end; 0 for normal
  std::vector<double> width_;  ///< range, or standard deviation
};

}  // namespace radtype::subtype
