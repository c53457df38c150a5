// Are the subtypes found again when a part of what they came from is missing?
#pragma once

#include <string>
#include <vector>

#include "radtype/subtype/discovery.h"

namespace radtype::subtype {

struct RobustnessOptions {
  int draws = 20;                  ///< of features, and of cases, that are left out by chance
  double share_of_features = 0.1;  ///< left out
  double share_of_cases = 0.2;
  int repetitions = 100;  ///< of the clustering of what is left
};

/// Discovery repeated without something, k as found. Labels are matched one to one with those of the discovery.
struct Robustness {
  std::string without;        ///< "features", "cases", "cohort", "organ", "modality"
  std::string name;           ///< of the cohort, organ or modality
  int draws = 0;              ///< those that could be clustered; figures are means over them
  double cases = 0;           ///< clustered both times
  double kappa = 0;           ///< cohen1960 of both labels of these cases; NaN where nothing could be clustered
  double least_kappa = 0;     ///< over the draws
  double cases_assigned = 0;  ///< left out, and assigned by the model of the others
  double kappa_assigned =
      0;               ///< of their assignment and their labels; weighted by cases; NaN where none could be assigned
  std::string reason;  ///< of the first draw that could not be clustered or assigned
};

/// Without a tenth of the features, a fifth of the cases, each cohort, each organ, each modality; the only
/// one, and one without a name, is not left out. `found` has two to nine subtypes (kUsage otherwise).
Result<std::vector<Robustness>> robustness(const Discovery& found, const RobustnessOptions& options);

}  // namespace radtype::subtype
