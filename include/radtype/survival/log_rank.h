// Do groups differ in survival?
#pragma once

#include <vector>

#include "radtype/survival/curve.h"

namespace radtype::survival {

struct LogRank {
  std::vector<double> sizes;     ///< by group
  std::vector<double> observed;  ///< events, weighted
  std::vector<double> expected;
  std::vector<double> covariance;  ///< of observed less expected, groups x groups
  double chi_square = 0;
  int degrees = 0;  ///< groups that events are expected in, less one
  double p = 1;
};

/// The log-rank test (mantel1966), and those that weigh early events more: by the survival before them to the power rho
/// (harrington1982). `groups`: 1..k of each subject; `strata`: any numbers, within which groups are compared; empty:
/// one. kUsage: sizes that differ, labels that are not 1..k, errors of check(). kUndefined: no events, or events in one
/// group's time at risk only.
Result<LogRank> log_rank(const std::vector<Subject>& subjects, const std::vector<int>& groups,
                         const std::vector<int>& strata = {}, double rho = 0);

/// Does survival rise or fall with the groups' scores (tarone1975)? A score for each group; only differences between
/// scores count. kUsage: sizes that differ, a score that is not finite. kUndefined: scores that do not vary over the
/// groups compared.
Result<Test> trend(const LogRank& compared, const std::vector<double>& scores);

}  // namespace radtype::survival
