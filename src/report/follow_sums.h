#pragma once

#include "radtype/report/follow.h"

namespace radtype::report {

/// Fills targets, sums and what is said of them.
void sum_diameters(Course& course);

}  // namespace radtype::report
