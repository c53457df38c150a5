#pragma once

#include <map>
#include <string>
#include <vector>

#include "radtype/cohort/store.h"

namespace radtype::cohort {

/// Positions of cases that come to a study: lines keep the order of the manifest (their positions so far); where the
/// study holds other cases, too, known ones keep their places and new ones come after all.
void place_cases(std::vector<CaseState>& cases, const std::map<std::string, CaseState>& study);

/// How often the study itself was run: parts measured before are older than what such a run stored.
std::int64_t count_runs(const std::vector<RunRecord>& runs);

}  // namespace radtype::cohort
