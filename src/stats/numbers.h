// Limits of a double by short names.
#pragma once

#include <limits>

namespace radtype::stats {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  ///< missing
inline constexpr double kEps = std::numeric_limits<double>::epsilon();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace radtype::stats
