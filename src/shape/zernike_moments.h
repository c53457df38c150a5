// Zernike invariants of a body whose geometric moments are known: the limit of fine voxels, for tests.
#pragma once

#include <functional>

#include "radtype/shape/zernike.h"

namespace radtype::shape {

/// `moment(p, q, r)` is the integral of x^p y^q z^r over the body, in units of the ball's radius.
ZernikeInvariants zernike_from_moments(const std::function<double(int, int, int)>& moment, int order);

}  // namespace radtype::shape
