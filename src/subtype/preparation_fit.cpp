// Fitting, in the order of the steps of docs/methods/preparation.md.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "subtype/family_weights.h"
#include "subtype/near_duplicates.h"
#include "subtype/preparation_parts.h"

namespace radtype::subtype {
namespace {

/// What is left of a variance of about 1 is rounding.
constexpr double kNoSpread = 1e-9;

class Fitting {
 public:
  Fitting(const CaseTable& table, const PreparationOptions& options) : table_(table), rows_(table.cases.size()) {
    fitted_.preparation.options = options;
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
    std::sort(rows_.begin(), rows_.end(),
              [&](std::size_t a, std::size_t b) { return table.cases[a].name < table.cases[b].name; });
  }

  Result<FittedPreparation> run() {
    if (rows_.empty() || table_.features.empty())
      return fail(ErrorCode::kEmpty, "the table has no cases or no features");
    for (const auto step : {&Fitting::drop_missing, &Fitting::leave_out_incomplete, &Fitting::leave_out_small_groups,
                            &Fitting::drop_uninformative, &Fitting::scale, &Fitting::remove_batches,
                            &Fitting::remove_size, &Fitting::drop_near_duplicates, &Fitting::balance_families}) {
      if (auto done = (this->*step)(); !done) return pass_on(std::move(done));
      if (rows_.empty()) return no_case_left(left_out_);
      if (columns_.empty()) return no_feature_left();
    }
    return finish();
  }

 private:
  struct Column {
    std::size_t feature = 0;     ///< of the table
    std::vector<double> values;  ///< of rows_, as far as they are prepared; NaN where missing
    FrozenFeature frozen;
  };
  struct Why {
    DropReason reason{};
    std::string sentence;
    std::string other = {};
    double rho = std::numeric_limits<double>::quiet_NaN();
  };

  Preparation& preparation() { return fitted_.preparation; }
  const Preparation& preparation() const { return fitted_.preparation; }
  const PreparationOptions& options() const { return fitted_.preparation.options; }

  /// Drops every column for which `why` gives a reason.
  template <class Judge>
  void drop_where(const Judge& why) {
    std::vector<Column> kept;
    for (Column& column : columns_) {
      std::optional<Why> reason = why(column);
      if (!reason) {
        kept.push_back(std::move(column));
        continue;
      }
      dropped_[column.feature] = DroppedFeature{table_.features[column.feature], reason->reason,
                                                std::move(reason->sentence), std::move(reason->other), reason->rho};
    }
    columns_ = std::move(kept);
  }

  tl::unexpected<Error> no_feature_left() const {
    const DroppedFeature& one = dropped_.begin()->second;
    return fail(ErrorCode::kEmpty,
                fmt::format("no feature is left; {}, for one, was dropped: {}", one.column.name, one.sentence));
  }

  tl::unexpected<Error> no_case_left(const std::vector<Notice>& notices) const {
    const Notice& one = *std::find_if(notices.begin(), notices.end(), [](const Notice& n) { return refuses(n.kind); });
    return fail(ErrorCode::kEmpty, fmt::format("no case is left; {}, for one, was left out: {}",
                                               table_.cases[one.row].name, one.sentence));
  }

  bool too_many(std::size_t missing, std::size_t cases) const {
    return static_cast<double>(missing) / static_cast<double>(cases) > options().most_missing_of_feature;
  }

  Result<void> drop_missing() {
    for (std::size_t f = 0; f < table_.features.size(); ++f) {
      std::size_t missing = 0;
      for (std::size_t row = 0; row < table_.cases.size(); ++row) missing += std::isnan(table_.value(row, f)) ? 1 : 0;
      fitted_.missing_of_feature.push_back(missing);
      columns_.push_back({f, {}, {table_.features[f], {}, {}, 0, 1}});
    }
    drop_where([&](const Column& column) -> std::optional<Why> {
      const std::size_t missing = fitted_.missing_of_feature[column.feature];
      if (!too_many(missing, table_.cases.size())) return std::nullopt;
      return Why{DropReason::kMissing, fmt::format("missing in {} of {} cases", missing, table_.cases.size())};
    });
    return {};
  }

  Result<void> leave_out_incomplete() {
    std::vector<std::size_t> kept;
    for (const std::size_t row : rows_) {
      std::vector<std::string_view> missing;
      for (const Column& column : columns_) {
        if (std::isnan(table_.value(row, column.feature))) missing.push_back(column.frozen.column.name);
      }
      const auto incomplete = too_many_missing(missing, columns_.size(), options(), row);
      const auto sizeless = options().remove_size ? no_volume(table_.cases[row], row) : std::nullopt;
      if (incomplete) left_out_.push_back(*incomplete);
      if (sizeless) left_out_.push_back(*sizeless);
      if (!incomplete && !sizeless) kept.push_back(row);
    }
    rows_ = std::move(kept);
    return {};
  }

  /// A small cohort may take a group below the limit and the other way round: until both are large enough.
  Result<void> leave_out_small_groups() {
    std::vector<std::size_t> rows = rows_;
    for (std::size_t before = rows.size() + 1; rows.size() < before;) {
      before = rows.size();
      preparation().cohorts.clear();
      preparation().groups.clear();
      if (options().combat) {
        std::map<std::string, std::size_t> cases;
        for (const std::size_t row : rows) ++cases[table_.cases[row].cohort];
        for (const auto& [name, count] : cases)
          (count < options().smallest_group ? preparation().cohorts_too_small : preparation().cohorts)
              .push_back({name, count});
        std::erase_if(rows,
                      [&](std::size_t row) { return cases[table_.cases[row].cohort] < options().smallest_group; });
      }
      std::map<Group, std::size_t, decltype(&group_before)> cases(&group_before);
      for (const std::size_t row : rows) ++cases[group_of(table_.cases[row], options().grouping)];
      for (const auto& [key, count] : cases) {
        Group group = key;
        group.cases = count;
        (count < options().smallest_group ? preparation().groups_too_small : preparation().groups).push_back(group);
      }
      std::erase_if(rows, [&](std::size_t row) {
        return cases[group_of(table_.cases[row], options().grouping)] < options().smallest_group;
      });
    }
    std::sort(preparation().groups_too_small.begin(), preparation().groups_too_small.end(), group_before);
    std::sort(preparation().cohorts_too_small.begin(), preparation().cohorts_too_small.end(),
              [](const Cohort& a, const Cohort& b) { return a.name < b.name; });
    rows.clear();
    for (const std::size_t row : rows_) {
      Membership member = membership(preparation(), table_.cases[row], row);
      std::move(member.refusals.begin(), member.refusals.end(), std::back_inserter(left_out_));
      if (!member.refusals.empty()) continue;
      rows.push_back(row);
      group_.push_back(member.group);
      cohort_.push_back(member.cohort);
    }
    rows_ = std::move(rows);
    return {};
  }

  /// Features that say nothing in some group, and those that say what another says.
  Result<void> drop_uninformative() {
    for (Column& column : columns_) {
      for (const std::size_t row : rows_) column.values.push_back(table_.value(row, column.feature));
    }
    const std::vector<Group>& groups = preparation().groups;
    drop_where([&](Column& column) -> std::optional<Why> {
      for (std::size_t g = 0; g < groups.size(); ++g) {
        const std::string name = described(groups[g], options().grouping);
        const std::vector<double> present = present_in(column, group_, g);
        const std::size_t missing = groups[g].cases - present.size();
        if (too_many(missing, groups[g].cases))
          return Why{DropReason::kMissingInGroup,
                     fmt::format("missing in {} of {} cases of {}", missing, groups[g].cases, name)};
        std::optional<Scale> scale = fit_scale(present, options().scaling);
        if (!scale) return Why{DropReason::kConstant, fmt::format("no spread to scale by in {}", name)};
        column.frozen.scales.push_back(std::move(*scale));
      }
      return std::nullopt;
    });

    const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    std::map<std::size_t, std::string> first_of;
    for (auto later = columns_.begin(); later != columns_.end(); ++later) {
      const auto first = std::find_if(columns_.begin(), later, [&](const Column& earlier) {
        return std::equal(earlier.values.begin(), earlier.values.end(), later->values.begin(), same);
      });
      if (first != later) first_of[later->feature] = first->frozen.column.name;
    }
    drop_where([&](const Column& column) -> std::optional<Why> {
      const auto found = first_of.find(column.feature);
      if (found == first_of.end()) return std::nullopt;
      return Why{DropReason::kDuplicate, fmt::format("every value equals that of {}", found->second), found->second};
    });
    return {};
  }

  Result<void> scale() {
    for (Column& column : columns_) {
      for (std::size_t n = 0; n < rows_.size(); ++n) {
        double& value = column.values[n];
        if (!std::isnan(value))
          value = std::clamp(column.frozen.scales[group_[n]].of(value), -options().clip, options().clip);
      }
    }
    return {};
  }

  Result<void> remove_batches() {
    if (!options().combat) return {};
    const std::vector<Cohort>& cohorts = preparation().cohorts;
    if (cohorts.size() < 2)
      return fail(ErrorCode::kUsage,
                  fmt::format("ComBat brings cohorts together, and '{}' alone has enough cases: turn ComBat off",
                              cohorts.front().name));
    drop_where([&](const Column& column) -> std::optional<Why> {
      for (std::size_t c = 0; c < cohorts.size(); ++c) {
        if (range(present_in(column, cohort_, c)) <= kNoSpread)
          return Why{DropReason::kConstantInCohort,
                     fmt::format("fewer than two different values in cohort '{}'", cohorts[c].name)};
      }
      return std::nullopt;
    });
    if (columns_.empty()) return {};
    Table table{rows_.size(), columns_.size(), {}};
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      for (const Column& column : columns_) table.values.push_back(column.values[n]);
    }
    auto effects = fit_combat(table, cohort_, cohorts.size());
    if (!effects) return pass_on(std::move(effects));
    for (std::size_t f = 0; f < columns_.size(); ++f) {
      columns_[f].frozen.batch = std::move((*effects)[f]);
      for (std::size_t n = 0; n < rows_.size(); ++n)
        columns_[f].values[n] = columns_[f].frozen.batch.removed(columns_[f].values[n], cohort_[n]);
    }
    return {};
  }

  Result<void> remove_size() {
    if (!options().remove_size) return {};
    std::vector<Group>& groups = preparation().groups;
    std::vector<double> log_volume;
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      log_volume.push_back(std::log(table_.cases[rows_[n]].volume_mm3));
      groups[group_[n]].mean_log_volume += log_volume.back();
    }
    for (Group& group : groups) group.mean_log_volume /= static_cast<double>(group.cases);
    double largest = 0;
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      log_volume[n] -= groups[group_[n]].mean_log_volume;
      largest = std::max(largest, std::abs(log_volume[n]));
    }
    if (largest <= kNoSpread)
      return fail(ErrorCode::kUndefined, "volume is the same in all cases of each group: leave its part in");
    for (Column& column : columns_) {
      column.frozen.size_slope = slope_within_groups(column, log_volume);
      for (std::size_t n = 0; n < rows_.size(); ++n) column.values[n] -= column.frozen.size_slope * log_volume[n];
    }
    drop_where([&](const Column& column) -> std::optional<Why> {
      for (std::size_t g = 0; g < groups.size(); ++g) {
        if (range(present_in(column, group_, g)) > kNoSpread) return std::nullopt;
      }
      return Why{DropReason::kNothingBesideSize, "log volume explains all of it"};
    });
    return {};
  }

  /// Of the cases that have the feature, each from the means of its group.
  double slope_within_groups(const Column& column, const std::vector<double>& log_volume) const {
    struct Sums {
      double count = 0, volume = 0, value = 0;
    };
    std::vector<Sums> sums(preparation().groups.size());
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      if (std::isnan(column.values[n])) continue;
      Sums& group = sums[group_[n]];
      ++group.count;
      group.volume += log_volume[n];
      group.value += column.values[n];
    }
    double squares = 0, products = 0;
    for (std::size_t n = 0; n < rows_.size(); ++n) {
      if (std::isnan(column.values[n])) continue;
      const Sums& group = sums[group_[n]];
      const double volume = log_volume[n] - group.volume / group.count;
      squares += volume * volume;
      products += volume * (column.values[n] - group.value / group.count);
    }
    return squares > 0 ? products / squares : 0;
  }

  Result<void> drop_near_duplicates() {
    const std::vector<std::vector<double>> filled = imputed();
    std::map<std::size_t, Why> near;
    for (const NearDuplicate& found : near_duplicates(filled, options().near_duplicate)) {
      const std::string& other = columns_[found.kept].frozen.column.name;
      near[columns_[found.column].feature] = {DropReason::kNearDuplicate,
                                              fmt::format("Spearman's rho with {} is {:.4f}", other, found.rho), other,
                                              found.rho};
    }
    drop_where([&](const Column& column) -> std::optional<Why> {
      const auto found = near.find(column.feature);
      return found == near.end() ? std::nullopt : std::optional(found->second);
    });
    return {};
  }

  Result<void> balance_families() {
    if (!options().balance_families) return {};
    const std::vector<std::vector<double>> filled = imputed();
    std::vector<const std::vector<double>*> columns;
    std::vector<std::string> families;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      columns.push_back(&filled[c]);
      families.push_back(columns_[c].frozen.column.family);
    }
    const std::vector<double> weights = family_weights(columns, families);
    for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].frozen.weight = weights[c];
    return {};
  }

  /// Columns with the groups' centre where a value is missing.
  std::vector<std::vector<double>> imputed() const {
    std::vector<std::vector<double>> filled;
    for (const Column& column : columns_) {
      filled.push_back(column.values);
      for (double& value : filled.back()) value = std::isnan(value) ? 0 : value;
    }
    return filled;
  }

  Result<FittedPreparation> finish() {
    for (Column& column : columns_) preparation().features.push_back(std::move(column.frozen));
    for (auto& [feature, dropped] : dropped_) fitted_.dropped.push_back(std::move(dropped));
    std::sort(rows_.begin(), rows_.end());
    auto training = preparation().apply(table_.of(rows_));
    if (!training) return pass_on(std::move(training));
    for (std::size_t& row : training->source_rows) row = rows_[row];
    for (Notice& notice : training->notices) notice.row = rows_[notice.row];
    training->notices.insert(training->notices.end(), left_out_.begin(), left_out_.end());
    std::stable_sort(training->notices.begin(), training->notices.end(),
                     [](const Notice& a, const Notice& b) { return a.row < b.row; });
    if (training->table.rows == 0) return no_case_left(training->notices);
    fitted_.training = std::move(*training);
    return std::move(fitted_);
  }

  /// The values that are not missing in one part of the cases.
  static std::vector<double> present_in(const Column& column, const std::vector<std::size_t>& part_of,
                                        std::size_t part) {
    std::vector<double> present;
    for (std::size_t n = 0; n < part_of.size(); ++n) {
      if (part_of[n] == part && !std::isnan(column.values[n])) present.push_back(column.values[n]);
    }
    return present;
  }
  static double range(const std::vector<double>& values) {
    if (values.empty()) return 0;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return *high - *low;
  }

  const CaseTable& table_;
  std::vector<std::size_t> rows_;  ///< of the table, by name of the case: those that take part
  std::vector<std::size_t> group_;
  std::vector<std::size_t> cohort_;
  std::vector<Column> columns_;                    ///< those not dropped
  std::map<std::size_t, DroppedFeature> dropped_;  ///< by their place in the table
  std::vector<Notice> left_out_;
  FittedPreparation fitted_;
};

}  // namespace

std::string_view drop_word(DropReason reason) {
  switch (reason) {
    case DropReason::kMissing:
      return "missing";
    case DropReason::kMissingInGroup:
      return "missing_in_group";
    case DropReason::kConstant:
      return "constant";
    case DropReason::kConstantInCohort:
      return "constant_in_cohort";
    case DropReason::kDuplicate:
      return "duplicate";
    case DropReason::kNothingBesideSize:
      return "nothing_beside_size";
    case DropReason::kNearDuplicate:
      return "near_duplicate";
  }
  internal_error("a reason to drop a feature", __FILE__, __LINE__);
}

Result<FittedPreparation> fit_preparation(const CaseTable& table, const PreparationOptions& options) {
  if (auto checked = check_options(options); !checked) return pass_on(std::move(checked));
  if (auto checked = check_case_table(table); !checked) return pass_on(std::move(checked));
  return Fitting(table, options).run();
}

}  // namespace radtype::subtype
