// Folded triangles of a map to the sphere straightened locally.
#pragma once

#include "shape/surface_operators.h"

namespace radtype::shape {

/// Moves the vertices of flipped triangles, and of rings around them that widen while it is needed, to the mean of
/// their neighbours (tutte1963) until no triangle is flipped. Everything farther away stays. False when that does not
/// succeed.
bool unfold(Points& points, const Triangles& triangles);

}  // namespace radtype::shape
