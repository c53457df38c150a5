// Several lesions of one patient: a row for the patient by a stated rule, and the same lesion found again in the next
// scan. Methods and the reasons for every default: docs/methods/lesions.md.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "radtype/cohort/table.h"
#include "radtype/core/error.h"

namespace radtype::cohort {

enum class PatientRule {
  kLargest,         ///< the lesion of greatest shape_volume_mm3
  kVolumeWeighted,  ///< means weighted by shape_volume_mm3; volumes and areas are summed
  kWorst,           ///< the lesion with the highest (or lowest) value of one feature
};
enum class Worst { kHighest, kLowest };

/// "largest", "volume-weighted", "worst".
std::string_view patient_rule_word(PatientRule rule);
/// kUsage, naming the three, for any other word.
Result<PatientRule> parse_patient_rule(std::string_view word);

struct PatientOptions {
  PatientRule rule = PatientRule::kLargest;
  std::string by;  ///< feature that kWorst goes by; empty otherwise
  Worst worst = Worst::kHighest;
};

/// One row for each patient, cohort, modality and timepoint that the table has, ordered by cohort, patient, time and
/// modality. TableRow::derived says what each row stands for.
/// - largest, worst: the row of that lesion as it is, with its case and number. Equal lesions: the first by case name,
///   then number.
/// - volume-weighted: key.name is the patient, lesion is 0 and what belongs to one file is empty. A feature is missing,
///   with the reason, where no lesion has it; a sum already where one lesion lacks it.
/// Rows without a lesion (failed, pending), and lesions that the rule cannot judge, are left out, which makes the
/// patient's row partial and is said in its reason. Where nothing else is there, the first of them is carried over.
/// kUsage: the table lacks a feature that the rule needs, or `by` and rule contradict each other.
Result<FeatureTable> patient_rows(const FeatureTable& table, const PatientOptions& options);

/// Costs are minus twice a log likelihood: 2 more is e times less likely.
struct MatchOptions {
  double distance_scale_mm = 6;  ///< standard deviation, by axis, of a lesion's place once the scans are shifted
  double volume_factor = 2.9;    ///< one standard deviation of change in volume between scans
  double leave_cost = 18.47;     ///< of calling a pair two lesions, one gone and one new; half each
  double shift_scale_mm = 30;    ///< standard deviation, by axis, of where the patient lies in the scanner's frame
  double unrelated_frames_cost = 37.;  ///< a shift of any length costs no more than this
};

enum class LesionVerdict {
  kFirst,         ///< in the first measured scan: nothing to compare with
  kMatched,       ///< from and to are one lesion
  kNew,           ///< to is in no lesion's place
  kGone,          ///< nothing is in from's place
  kNotMatchable,  ///< the lesion (`to`) has no place or no volume; reason says which
  kNotMeasured,   ///< a case (`to`, lesion 0) failed or is pending; its lesions are unknown
};
/// "first", "matched", "new", "gone", "not_matchable", "not_measured".
std::string_view verdict_word(LesionVerdict verdict);

struct LesionRef {
  std::string name;  ///< of the case
  int lesion = 0;
  bool operator==(const LesionRef&) const = default;
};

struct LesionMatch {
  std::string cohort;
  std::string patient;
  std::string modality;
  std::string organ;
  int track = 0;  ///< the lesion's number through time, from 1 within patient and modality; 0 where it has none
  std::string from_timepoint;
  std::string to_timepoint;
  std::optional<LesionRef> from;
  std::optional<LesionRef> to;
  LesionVerdict verdict = LesionVerdict::kFirst;
  std::optional<double> distance_mm;   ///< between the two places, after the shift
  std::optional<double> volume_ratio;  ///< to over from
  std::optional<std::array<double, 3>>
      shift_lps_mm;              ///< of the patient from scan to scan: to_place = from_place + shift
  std::optional<double> cost;    ///< of this pair; half of leave_cost where gone or new
  std::optional<double> margin;  ///< cost of the best account of the scans with another verdict here, less the chosen
  std::string reason;            ///< what to beware of, or why there is no verdict
};

/// "doubtful" below 2, "fair" below 6, "strong" below 10, then "very strong" (kass1995).
std::string_view margin_word(double margin);

/// Lesions of a patient, cohort, modality and organ followed through the measured timepoints, whose order is that of
/// TableRow::position. Between two successive ones: one shift of the patient, and the one-to-one assignment of least
/// total cost. Every lesion of the table is `to` exactly once; gone lesions come on top. Ordered by cohort, patient,
/// modality, organ, time, track. The order of the table's rows does not matter.
/// kUsage: no shape_volume_mm3 in the table, or options that are not positive.
Result<std::vector<LesionMatch>> match_lesions(const FeatureTable& table, const MatchOptions& options = {});

}  // namespace radtype::cohort
