// One patient through time: lesions followed from scan to scan, what changed, and what of it is beyond the noise of
// repeated measurement. docs/methods/follow.md; the document is of kind "patient", schemas/report-patient.schema.json.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/cohort/table.h"
#include "radtype/core/error.h"
#include "radtype/subtype/model.h"

namespace radtype::report {

struct Measure {
  std::string name;       ///< feature
  std::string title;      ///< in words
  bool relative = false;  ///< a positive size: changes are ratios, and noise is estimated on the log scale
};
/// What is followed: sizes, sphericity, spectrum, heterogeneity.
const std::vector<Measure>& measures();

/// How far a measure of one lesion moves by itself when nothing has changed, from lesions measured more than once.
struct Repeatability {
  /// Half width of what 95 % of differences between two measurements stay within: 1.96 sqrt(2) SD within lesions
  /// (raunig2015); of natural logarithms where the measure is relative.
  double coefficient = std::numeric_limits<double>::quiet_NaN();
  double lower = std::numeric_limits<double>::quiet_NaN();  ///< one-sided 95 % confidence bounds of it
  double upper = std::numeric_limits<double>::quiet_NaN();
  std::size_t lesions = 0;             ///< measured more than once
  std::size_t degrees_of_freedom = 0;  ///< measurements less lesions
  std::string missing;                 ///< why there is none
};
/// Fewer degrees of freedom give no coefficient.
inline constexpr std::size_t kFewestRepeats = 3;

/// Measurements of one quantity, a list a lesion; lesions with fewer than two say nothing. Values that are not finite,
/// and for a relative measure not positive, are left out.
Repeatability repeatability(const std::vector<std::vector<double>>& measurements, bool relative);

/// By modality, then in the order of measures().
using NoiseOfModality = std::map<std::string, std::vector<Repeatability>>;
/// From a study of repeated scans without treatment between: the same lesion (cohort::match_lesions) of one patient,
/// cohort, modality and organ at several of `timepoints`; none given: at all.
Result<NoiseOfModality> estimate_noise(const cohort::FeatureTable& table, const std::vector<std::string>& timepoints);

struct CourseTimepoint {
  std::string timepoint;
  std::optional<double> day;
  std::vector<std::string> cases;
  std::string cohort;
  std::string modality;
  std::string organ;
  std::string status;  ///< of the cases: ok, partial, failed, pending; partial where they differ
  std::string reason;
};

struct CoursePoint {
  std::size_t timepoint = 0;  ///< in Course::timepoints
  std::string name;           ///< of the case, "" where the lesion is not there
  int lesion = 0;
  std::vector<double> values;  ///< by measures(); NaN where missing; empty where nothing was measured
  std::map<std::string, std::string> why_missing;  ///< of single measures, by name
  std::vector<double> probabilities;               ///< by subtype; empty without a model, or where it refuses
  std::string missing;                             ///< why nothing was measured, "" otherwise
  std::string refused;                             ///< why the model refuses, "" otherwise
  std::string note;                                ///< what to beware of in this match
  bool gone = false;                               ///< nothing outlined in its place, in a scan that was measured
};

struct CourseTrack {
  std::string name;  ///< "lesion 1"; with the modality where the patient has several
  std::string cohort;
  std::string modality;
  std::string organ;
  int number = 0;
  std::vector<CoursePoint> points;  ///< one for each timepoint of the modality, in order
};

struct CourseChange {
  std::size_t track = 0;
  std::size_t measure = 0;
  std::size_t from = 0;  ///< timepoints
  std::size_t to = 0;
  double before = 0;
  double after = 0;
  std::optional<double> percent;     ///< of relative measures
  std::optional<bool> beyond_noise;  ///< beyond the upper bound of the coefficient; none: unknown
  std::string reason;                ///< of what is not known, or not sure
};

struct DiameterSum {
  std::size_t timepoint = 0;
  std::optional<double> sum_mm;
  std::optional<double> percent_of_baseline;
  std::optional<double> percent_of_nadir;  ///< smallest sum before
  std::string missing;
};

struct Course {
  std::string patient;
  std::vector<CourseTimepoint> timepoints;
  std::vector<CourseTrack> tracks;
  std::vector<CourseChange> changes;  ///< each measurement against the one before and against the first
  std::vector<std::size_t> targets;   ///< tracks whose diameters are summed
  std::string targets_modality;       ///< "" where none
  std::vector<DiameterSum> sums;      ///< by timepoints of that modality
  std::string sums_note;              ///< which lesions, which diameter, what is not claimed
  std::vector<std::string> notes;
};

/// Lesions whose longest diameter at the first timepoint is shorter are no targets (eisenhauer2009).
inline constexpr double kShortestTargetMm = 10;
inline constexpr std::size_t kMostTargets = 5;
inline constexpr std::size_t kMostTargetsOfOrgan = 2;

struct CourseOptions {
  std::string patient;
  std::string cohort = {};                 ///< "": the only one that knows the patient
  std::map<std::string, double> day = {};  ///< by case; empty: the study's own order. Else every case has one
  const subtype::Model* model = nullptr;
  const NoiseOfModality* noise = nullptr;
};

/// kNotFound: no such patient; kUsage: a patient of several cohorts without a choice, days of some cases only;
/// kInconsistent where the model was made with other definitions of features.
Result<Course> follow_patient(const cohort::FeatureTable& table, const CourseOptions& options);

/// A line each lesion and timepoint; a line each change.
std::string course_csv(const Course& course);
std::string changes_csv(const Course& course);

struct FollowReport {
  std::filesystem::path study;
  std::string patient;
  std::string cohort;
  std::optional<std::filesystem::path> model;   ///< folder of `radtype discover`, or its model.json
  std::optional<std::filesystem::path> retest;  ///< study of repeated scans
  std::vector<std::string> retest_timepoints;
  std::optional<std::filesystem::path> days;  ///< table with a column day, and case, or timepoint (and patient)
  std::string days_column;                    ///< or a further column of the manifest
  std::string title;
  nlohmann::json config;
};

struct Followed {
  Course course;
  nlohmann::json document;
};
Result<Followed> follow_document(const FollowReport& report);

}  // namespace radtype::report
