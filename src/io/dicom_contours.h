// Closed outlines of one slice to runs of pixels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "radtype/core/label_map.h"

namespace radtype::io {

/// Vertices in continuous pixel indices (column, row); integers are pixel centres; closed from the last to the first.
using Outline = std::vector<Eigen::Vector2d>;

/// Pixels of a columns x rows slice whose centre is inside by the even-odd rule over all outlines together, as runs
/// with the given k, ordered by j and i_begin. A centre on an outline belongs to the side of greater column (on a
/// horizontal edge: of greater row), so outlines that share an edge share no pixel and leave none out. An edge drawn
/// twice (a keyhole) has no effect. Coordinates must be finite. O(edges + edge crossings of rows + pixels).
std::vector<Run> fill_even_odd(std::span<const Outline> outlines, std::int64_t columns, std::int64_t rows,
                               std::int32_t k);

}  // namespace radtype::io
