#include "radtype/subtype/preparation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "subtype/preparation_parts.h"

namespace radtype::subtype {
namespace {

/// The first few, so that a sentence stays one.
std::string listed(const std::vector<std::string_view>& names) {
  constexpr std::size_t kMost = 5;
  const std::size_t shown = std::min(names.size(), kMost);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

/// Column of each feature of the preparation in the table; none where the table lacks it.
Result<std::vector<std::optional<std::size_t>>> columns_of(const Preparation& preparation, const CaseTable& table) {
  std::map<std::string_view, std::size_t> place;
  for (std::size_t f = 0; f < table.features.size(); ++f) place[table.features[f].name] = f;
  std::vector<std::optional<std::size_t>> columns;
  for (const FrozenFeature& feature : preparation.features) {
    const auto found = place.find(feature.column.name);
    if (found == place.end()) {
      columns.push_back(std::nullopt);
      continue;
    }
    const int version = table.features[found->second].version;
    if (version != feature.column.version)
      return fail(ErrorCode::kInconsistent,
                  fmt::format("{} is of version {} in the table and of version {} in the model: measure the cases with "
                              "the program that measured the model's, or fit a new model",
                              feature.column.name, version, feature.column.version));
    columns.push_back(found->second);
  }
  return columns;
}

}  // namespace

Result<void> check_options(const PreparationOptions& options) {
  const auto share = [](double value) { return value >= 0 && value < 1; };
  if (!share(options.most_missing_of_case) || !share(options.most_missing_of_feature))
    return fail(ErrorCode::kUsage, fmt::format("shares of missing values of {} and {} are not in [0, 1)",
                                               options.most_missing_of_case, options.most_missing_of_feature));
  if (options.smallest_group < 2)
    return fail(ErrorCode::kUsage, "the smallest group must have 2 cases or more: one case has no spread");
  if (!(std::isfinite(options.clip) && options.clip > 0))
    return fail(ErrorCode::kUsage, fmt::format("clip at {} is not a finite number above 0", options.clip));
  if (!(options.near_duplicate > 0 && options.near_duplicate <= 1))
    return fail(ErrorCode::kUsage, fmt::format("a limit of {} for |rho| is not in (0, 1]", options.near_duplicate));
  return {};
}

bool refuses(NoticeKind kind) { return kind != NoticeKind::kImputed && kind != NoticeKind::kClipped; }

std::string_view notice_word(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kTooManyMissing:
      return "too_many_missing";
    case NoticeKind::kGroupNotInTraining:
      return "group_not_in_training";
    case NoticeKind::kGroupTooSmall:
      return "group_too_small";
    case NoticeKind::kCohortNotInTraining:
      return "cohort_not_in_training";
    case NoticeKind::kCohortTooSmall:
      return "cohort_too_small";
    case NoticeKind::kNoVolume:
      return "no_volume";
    case NoticeKind::kImputed:
      return "imputed";
    case NoticeKind::kClipped:
      return "clipped";
  }
  internal_error("a kind of notice", __FILE__, __LINE__);
}

Group group_of(const Case& one, Grouping grouping) {
  Group group;
  if (grouping == Grouping::kOrganModality) {
    group.organ = one.organ;
    group.modality = one.modality;
  } else if (grouping == Grouping::kCohort) {
    group.cohort = one.cohort;
  }
  return group;
}

bool same_group(const Group& a, const Group& b) {
  return a.organ == b.organ && a.modality == b.modality && a.cohort == b.cohort;
}

bool group_before(const Group& a, const Group& b) {
  return std::tie(a.organ, a.modality, a.cohort) < std::tie(b.organ, b.modality, b.cohort);
}

std::string described(const Group& group, Grouping grouping) {
  if (grouping == Grouping::kOrganModality)
    return fmt::format("organ '{}' with modality '{}'", group.organ, group.modality);
  if (grouping == Grouping::kCohort) return fmt::format("cohort '{}'", group.cohort);
  return "the whole study";
}

std::optional<Notice> no_volume(const Case& one, std::size_t row) {
  if (std::isfinite(one.volume_mm3) && one.volume_mm3 > 0) return std::nullopt;
  return Notice{row, NoticeKind::kNoVolume,
                "the volume is not known, and the part of the features that it explains is to be removed"};
}

Membership membership(const Preparation& preparation, const Case& one, std::size_t row) {
  Membership found;
  const PreparationOptions& options = preparation.options;
  const auto refuse = [&](NoticeKind kind, std::string sentence) {
    found.refusals.push_back({row, kind, std::move(sentence)});
  };
  const Group wanted = group_of(one, options.grouping);
  const auto is_wanted = [&](const Group& group) { return same_group(group, wanted); };
  const auto& groups = preparation.groups;
  const auto group = std::find_if(groups.begin(), groups.end(), is_wanted);
  found.group = static_cast<std::size_t>(group - groups.begin());
  if (group == groups.end()) {
    const std::string name = described(wanted, options.grouping);
    const auto& small = preparation.groups_too_small;
    if (const auto at = std::find_if(small.begin(), small.end(), is_wanted); at != small.end())
      refuse(NoticeKind::kGroupTooSmall, fmt::format("{} has {} training cases; {} are needed to scale by", name,
                                                     at->cases, options.smallest_group));
    else
      refuse(NoticeKind::kGroupNotInTraining, name + " was not in training, so that there is nothing to scale it by");
  }
  if (options.combat) {
    const auto is_cohort = [&](const Cohort& cohort) { return cohort.name == one.cohort; };
    const auto& cohorts = preparation.cohorts;
    const auto cohort = std::find_if(cohorts.begin(), cohorts.end(), is_cohort);
    found.cohort = static_cast<std::size_t>(cohort - cohorts.begin());
    if (cohort == cohorts.end()) {
      const auto& small = preparation.cohorts_too_small;
      if (const auto at = std::find_if(small.begin(), small.end(), is_cohort); at != small.end())
        refuse(NoticeKind::kCohortTooSmall, fmt::format("cohort '{}' has {} training cases; ComBat needs {}",
                                                        one.cohort, at->cases, options.smallest_group));
      else
        refuse(NoticeKind::kCohortNotInTraining,
               fmt::format("cohort '{}' was not in training, so that ComBat does not know its shift", one.cohort));
    }
  }
  if (options.remove_size) {
    if (auto refusal = no_volume(one, row)) found.refusals.push_back(std::move(*refusal));
  }
  return found;
}

std::optional<Notice> too_many_missing(const std::vector<std::string_view>& missing, std::size_t features,
                                       const PreparationOptions& options, std::size_t row) {
  // A division, because a share times a count may round past a whole number.
  if (static_cast<double>(missing.size()) / static_cast<double>(features) <= options.most_missing_of_case)
    return std::nullopt;
  return Notice{row, NoticeKind::kTooManyMissing,
                fmt::format("{} of {} features are missing ({}), more than the share of {}", missing.size(), features,
                            listed(missing), options.most_missing_of_case)};
}

Result<PreparedTable> Preparation::apply(const CaseTable& source) const {
  if (auto checked = check_case_table(source); !checked) return pass_on(std::move(checked));
  auto columns = columns_of(*this, source);
  if (!columns) return pass_on(std::move(columns));
  PreparedTable prepared;
  prepared.table.columns = features.size();
  prepared.imputed_of_feature.resize(features.size());
  for (std::size_t row = 0; row < source.cases.size(); ++row) {
    const Case& one = source.cases[row];
    Membership member = membership(*this, one, row);
    std::vector<std::string_view> missing;
    for (std::size_t f = 0; f < features.size(); ++f) {
      if (!(*columns)[f] || std::isnan(source.value(row, *(*columns)[f]))) missing.push_back(features[f].column.name);
    }
    if (auto refusal = too_many_missing(missing, features.size(), options, row))
      member.refusals.push_back(std::move(*refusal));
    if (!member.refusals.empty()) {
      std::move(member.refusals.begin(), member.refusals.end(), std::back_inserter(prepared.notices));
      continue;
    }
    const double log_volume = options.remove_size ? std::log(one.volume_mm3) - groups[member.group].mean_log_volume : 0;
    std::vector<std::string_view> clipped;
    for (std::size_t f = 0; f < features.size(); ++f) {
      const FrozenFeature& feature = features[f];
      const double raw = (*columns)[f] ? source.value(row, *(*columns)[f]) : std::nan("");
      if (std::isnan(raw)) {
        prepared.table.values.push_back(0);
        ++prepared.imputed_of_feature[f];
        continue;
      }
      const double scaled = feature.scales[member.group].of(raw);
      if (std::abs(scaled) > options.clip) clipped.push_back(feature.column.name);
      double value = std::clamp(scaled, -options.clip, options.clip);
      if (options.combat) value = feature.batch.removed(value, member.cohort);
      if (options.remove_size) value -= feature.size_slope * log_volume;
      prepared.table.values.push_back(feature.weight * value);
    }
    ++prepared.table.rows;
    prepared.source_rows.push_back(row);
    prepared.imputed_of_case.push_back(missing.size());
    if (!missing.empty())
      prepared.notices.push_back({row, NoticeKind::kImputed,
                                  fmt::format("{} of {} features were missing and are set to the group's centre: {}",
                                              missing.size(), features.size(), listed(missing))});
    if (!clipped.empty())
      prepared.notices.push_back(
          {row, NoticeKind::kClipped,
           fmt::format("{} of {} features lie more than {} from the group's centre and end there: {}", clipped.size(),
                       features.size(), options.clip, listed(clipped))});
  }
  return prepared;
}

}  // namespace radtype::subtype
