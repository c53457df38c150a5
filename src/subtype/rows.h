#pragma once

#include "radtype/subtype/distance.h"

namespace radtype::subtype {

Result<void> check_finite(const Table& table);
/// Rows of mean 0 and length 1, so that a scalar product is a correlation; of their ranks, where asked. kUndefined,
/// naming the row, for one that does not vary.
Result<Table> unit_rows(const Table& table, bool of_ranks);
/// As the distance compares them: unit rows for correlations. Errors of distances().
Result<Table> comparable_rows(const Table& table, Distance distance);

}  // namespace radtype::subtype
