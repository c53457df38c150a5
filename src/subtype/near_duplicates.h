#pragma once

#include <vector>

namespace radtype::subtype {

struct NearDuplicate {
  std::size_t column = 0;
  std::size_t kept = 0;  ///< of the kept columns before it, the one of highest |rho|, of equals the first
  double rho = 0;        ///< Spearman
};

/// Columns in their order: one is kept unless its |rho| with a column kept before it is above the limit. Ascending.
/// Every column varies.
std::vector<NearDuplicate> near_duplicates(const std::vector<std::vector<double>>& columns, double limit);

}  // namespace radtype::subtype
