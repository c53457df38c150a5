// How well does a score order who has the event first?
#pragma once

#include <vector>

#include "radtype/survival/curve.h"

namespace radtype::survival {

/// Pairs of subjects of which it is known who had the event first (harrell1996).
struct Concordance {
  double concordant = 0;  ///< the one of higher risk had it first
  double discordant = 0;
  double tied_risk = 0;
  double tied_time = 0;  ///< both had it at one time: no such pair, counted for itself
  double tied_both = 0;  ///< of one risk as well
  double c = 0;          ///< (concordant + tied_risk / 2) over the first three
  double error = 0;      ///< its standard error, by the infinitesimal jackknife (therneau2023)
};

/// O(n log n). kUsage: sizes that differ, a risk that is not a number, errors of check(). kUndefined: no pair.
Result<Concordance> concordance(const std::vector<Subject>& subjects, const std::vector<double>& risk);

}  // namespace radtype::survival
