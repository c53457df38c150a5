// How well does a score order who has the event first?
#pragma once

#include <optional>
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

/// O(n log n). `strata`: any numbers, within which pairs are formed; empty: one. kUsage: sizes that differ, a risk that
/// is not a number, errors of check(). kUndefined: no pair.
Result<Concordance> concordance(const std::vector<Subject>& subjects, const std::vector<double>& risk,
                                const std::vector<int>& strata = {});

/// As if nobody were censored before tau (uno2011): a pair counts 1 / G(t)^2, t the time of its event and G(t) the
/// share not censored before t (Kaplan and Meier's); events after tau are left out. Without tau: none are. The standard
/// error holds G fixed, as R's `concordance(timewt = "n/G2")` does. Further errors: kUsage: a tau that is not positive.
Result<Concordance> uno_concordance(const std::vector<Subject>& subjects, const std::vector<double>& risk,
                                    std::optional<double> tau = std::nullopt);

}  // namespace radtype::survival
