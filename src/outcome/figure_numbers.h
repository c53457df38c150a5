// Numbers and words that figures print.
#pragma once

#include <string>
#include <vector>

#include "radtype/outcome/figures.h"

namespace radtype::outcome {

/// Subjects still under observation just before this time.
double at_risk(const StepCurve& curve, double time);
/// Up to and at this time.
double events_until(const StepCurve& curve, double time);
/// With its limits: "512 (430–640)"; NR: not reached.
std::string median_text(const survival::Quantile& median);

/// "1.43 (1.07–1.92)": two decimals, and more where the limits would look alike.
std::string estimate_text(double estimate, double lower, double upper);

struct BoxNumbers {
  double median = 0, lower = 0, upper = 0;  ///< quartiles: linear between order statistics (type 7 of hyndman1996)
  double low = 0, high = 0;                 ///< ends of the whiskers (tukey1977)
};
/// Of at least one value, ascending.
BoxNumbers box_numbers(const std::vector<double>& sorted);

}  // namespace radtype::outcome
