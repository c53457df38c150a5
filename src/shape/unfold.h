// Folded triangles of a map to the sphere straightened locally.
#pragma once

#include "shape/surface_operators.h"

namespace radtype::shape {

/// Moves the vertices of flipped triangles, and of rings around them that widen while it is needed, to the weighted
/// mean of their neighbours (tutte1963) until no triangle is flipped. Everything farther away stays. The weights are
/// the mean value coordinates (floater2003) of each vertex in `reference`, a map without folds of the same triangles or
/// the surface itself: where the surroundings have only been moved, turned or scaled since, so is what is relaxed,
/// however small its triangles are. False when that does not succeed.
bool unfold(Points& points, const Triangles& triangles, const Points& reference);
/// The same, also false when more vertices would have to be moved than `moves_left`, which what is done is taken from.
bool unfold(Points& points, const Triangles& triangles, const Points& reference, std::int64_t& moves_left);

}  // namespace radtype::shape
