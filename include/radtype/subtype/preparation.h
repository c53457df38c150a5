// A feature table made ready for clustering, with every parameter frozen at discovery, so that one new patient years
// later gets the numbers that he would have had then. Definitions and rules: docs/methods/preparation.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/subtype/case_table.h"
#include "radtype/subtype/combat.h"
#include "radtype/subtype/distance.h"
#include "radtype/subtype/scaling.h"

namespace radtype::subtype {

/// Among which cases a feature is scaled.
enum class Grouping { kOrganModality, kCohort, kNone };

struct PreparationOptions {
  double most_missing_of_case = 0.2;  ///< share of the features; a case with more is left out
  double most_missing_of_feature =
      0.2;  ///< share of the cases, of all and of each group; a feature with more is dropped
  Scaling scaling = Scaling::kRobust;
  Grouping grouping = Grouping::kOrganModality;
  std::size_t smallest_group = 10;  ///< cases of a group, and of a cohort under ComBat; smaller ones are left out
  double clip = 5;                  ///< scaled values end at -clip and clip
  bool combat = false;              ///< by cohort
  bool remove_size = false;         ///< the part of each feature that log volume explains within groups
  double near_duplicate = 0.95;     ///< |Spearman's rho| of two features above which the later one is dropped; 1: none
  bool balance_families = false;    ///< each family weighs the same, however many features it has
};

/// Cases that are scaled together. Organ and modality, or cohort, or nothing is filled in, as the grouping says.
struct Group {
  std::string organ;
  std::string modality;
  std::string cohort;
  std::size_t cases = 0;
  double mean_log_volume = 0;  ///< of mm3, natural logarithm; 0 unless size is removed
};
struct Cohort {
  std::string name;
  std::size_t cases = 0;
};

struct FrozenFeature {
  FeatureColumn column;
  std::vector<Scale> scales;  ///< one a group
  BatchEffect batch;          ///< its lists have one entry a cohort; empty without ComBat
  double size_slope = 0;      ///< scaled units per unit of log volume
  double weight = 1;          ///< of its family; 1 unless families are balanced
};

enum class NoticeKind {
  // The case is refused:
  kTooManyMissing,
  kGroupNotInTraining,
  kGroupTooSmall,
  kCohortNotInTraining,
  kCohortTooSmall,
  kNoVolume,
  // The case is accepted:
  kImputed,  ///< values were missing and are the group's centre
  kClipped,  ///< values were farther than the clip
};
bool refuses(NoticeKind kind);
/// "too_many_missing", ...: stable words for machine-readable output.
std::string_view notice_word(NoticeKind kind);

struct Notice {
  std::size_t row = 0;  ///< of the source table
  NoticeKind kind{};
  std::string sentence;
};

/// Accepted cases in the order of the source table; no value is missing.
struct PreparedTable {
  Table table;                                  ///< accepted cases x features of the preparation
  std::vector<std::size_t> source_rows;         ///< of the source table, ascending
  std::vector<Notice> notices;                  ///< by source row; a refused case has every reason
  std::vector<std::size_t> imputed_of_case;     ///< of each accepted case
  std::vector<std::size_t> imputed_of_feature;  ///< accepted cases, of each feature
};

struct Preparation {
  PreparationOptions options;
  std::vector<Group> groups;  ///< ascending, as are the lists below
  std::vector<Group> groups_too_small;
  std::vector<Cohort> cohorts;  ///< empty without ComBat
  std::vector<Cohort> cohorts_too_small;
  std::vector<FrozenFeature> features;  ///< in the order of the training table

  /// Each case by itself: alone or among others, the same bytes. Features are found by name; one that the table lacks
  /// is missing in every case. kInconsistent, naming feature and versions, where a version is not that of training;
  /// also the errors of check_case_table.
  Result<PreparedTable> apply(const CaseTable& table) const;
};

enum class DropReason {
  kMissing,            ///< in too many cases
  kMissingInGroup,     ///< in too many cases of one group
  kConstant,           ///< no spread in one group
  kConstantInCohort,   ///< fewer than two different values in one cohort: ComBat has no scale for it
  kDuplicate,          ///< every value equals that of an earlier feature
  kNothingBesideSize,  ///< log volume explains all of it
  kNearDuplicate,      ///< of a feature before it that stays
};
/// "missing", "missing_in_group", ...
std::string_view drop_word(DropReason reason);

struct DroppedFeature {
  FeatureColumn column;
  DropReason reason{};
  std::string sentence;
  std::string other;                                      ///< name of the feature that stays; "" where none is meant
  double rho = std::numeric_limits<double>::quiet_NaN();  ///< of near duplicates
};

struct FittedPreparation {
  Preparation preparation;
  /// preparation.apply() of the cases that took part; the notices also tell of those that did not.
  PreparedTable training;
  std::vector<DroppedFeature> dropped;          ///< in the order of the table
  std::vector<std::size_t> missing_of_feature;  ///< cases, of each feature of the table
};

/// The frozen parameters do not depend on the order of the cases, which are taken by name. kUsage: options out of
/// range, ComBat with one cohort; kEmpty: no case or no feature is left; kUndefined: volume does not vary and is to be
/// removed; also the errors of check_case_table.
Result<FittedPreparation> fit_preparation(const CaseTable& table, const PreparationOptions& options);

/// Doubles survive to the bit.
nlohmann::json to_json(const Preparation& preparation);
/// kCorrupt, with the key: missing or unknown keys, wrong types or sizes, numbers that no fit gives. kUnsupported:
/// another version of the format.
Result<Preparation> preparation_from_json(const nlohmann::json& json);

}  // namespace radtype::subtype
