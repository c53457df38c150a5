// Tables of counts, checked.
#pragma once

#include <vector>

#include "radtype/stats/association.h"

namespace radtype::stats {

/// The table without empty rows and columns, and its margins.
struct Margins {
  Contingency table;
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> columns;
  std::int64_t n = 0;
};
/// kUsage: a negative count, a size that does not fit; kUndefined: fewer than two rows or columns with cases.
Result<Margins> margins(const Contingency& table);

}  // namespace radtype::stats
