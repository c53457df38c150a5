// What fitting and applying a preparation share, so that both say and do the same.
#pragma once

#include <optional>
#include <span>

#include "radtype/subtype/preparation.h"

namespace radtype::subtype {

/// kUsage: out of range.
Result<void> check_options(const PreparationOptions& options);

/// The group of a case, with a count of 0.
Group group_of(const Case& one, Grouping grouping);
bool same_group(const Group& a, const Group& b);
/// Ascending by organ, modality, cohort.
bool group_before(const Group& a, const Group& b);
/// "organ lung, modality CT"
std::string described(const Group& group, Grouping grouping);

/// Set where there is no volume.
std::optional<Notice> no_volume(const Case& one, std::size_t row);

/// Where a case belongs; refusals where it belongs nowhere.
struct Membership {
  std::size_t group = 0;
  std::size_t cohort = 0;
  std::vector<Notice> refusals;
};
Membership membership(const Preparation& preparation, const Case& one, std::size_t row);

/// Set where more are missing than may be.
std::optional<Notice> too_many_missing(const std::vector<std::string_view>& missing, std::size_t features,
                                       const PreparationOptions& options, std::size_t row);

}  // namespace radtype::subtype
