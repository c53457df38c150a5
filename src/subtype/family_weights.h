// Families of features made equals.
#pragma once

#include <string>
#include <vector>

namespace radtype::subtype {

/// A weight for each column, the same within a family: one over the standard deviation of the family's first principal
/// component (multiple factor analysis, escofier1994), so that no family says the same thing more loudly than another
/// for having more features that agree. 1 where a family does not vary.
std::vector<double> family_weights(const std::vector<const std::vector<double>*>& columns,
                                   const std::vector<std::string>& families);

}  // namespace radtype::subtype
