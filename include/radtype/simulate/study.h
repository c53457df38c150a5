// A virtual study: cohorts of patients with planted subtypes, and everything known about them.
// docs/methods/simulation.md.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"
#include "radtype/simulate/scan.h"

namespace radtype::simulate {

/// What subtypes differ in. Each trait of a patient is a normal number; traits_to_parameters() says what it does.
inline constexpr std::array<const char*, 12> kTraits = {"elongation", "flatness", "roughness", "spectral_slope",
                                                        "spicules",   "lobes",    "necrosis",  "softness",
                                                        "coarseness", "layering", "margin",    "bend"};
using Traits = std::array<double, kTraits.size()>;

inline constexpr std::array<const char*, 10> kGeneSets = {
    "VIRTUAL_PROLIFERATION",   "VIRTUAL_HYPOXIA",    "VIRTUAL_ANGIOGENESIS", "VIRTUAL_INVASION",  "VIRTUAL_INTERFERON",
    "VIRTUAL_CYTOTOXIC_CELLS", "VIRTUAL_METABOLISM", "VIRTUAL_MATRIX",       "VIRTUAL_NEUTRAL_1", "VIRTUAL_NEUTRAL_2"};
inline constexpr std::array<const char*, 4> kMutations = {"mutation_a", "mutation_b", "mutation_c", "mutation_d"};
inline constexpr int kGenesPerSet = 20;
inline constexpr int kFreeGenes = 200;

struct Subtype {
  std::string name;
  double share = 0.25;
  Traits traits{};                      ///< means in units of the spread within a subtype, before `separation`
  double log_hazard = 0;                ///< under conventional treatment
  double log_hazard_immunotherapy = 0;  ///< added under immunotherapy
  double til_logit = 0;                 ///< added to the logit of the share of infiltrating lymphocytes
  double receptor_logit = 0;            ///< added to the logit of a positive receptor
  std::array<double, kGeneSets.size()> expression{};  ///< added to a set's activity, in its standard deviations
  std::array<double, kMutations.size()> mutation_logit{};
};

/// One series of scans that every patient of a cohort has.
struct Visit {
  std::string name;  ///< "baseline", "retest", "followup"
  double day = 0;
  Modality modality = Modality::kCt;
  Sequence sequence = Sequence::kT1Contrast;
  double slice_mm = 3;  ///< 0: each patient one of the cohort's
  int readers = 0;      ///< further outlines
  double growth = 1;    ///< of the volume, median; its log varies by 0.25 between patients where it is not 1
};

struct Cohort {
  std::string name;
  std::string region;
  std::string role;  ///< "discovery" or "validation"
  Organ organ = Organ::kLung;
  int patients = 10;
  std::vector<double> slice_mm{3};
  std::vector<Visit> visits{{}};
  double radius_mm = 15;  ///< median
  double noise = 1;       ///< of the scanner, relative to the usual
  double point_spread_mm = 0.6;
  double enhancement_hu = 120;
  double immunotherapy_share = 0;  ///< of the patients treated with it
  double followup_years = 5;
};

struct Study {
  std::string name;
  std::vector<Subtype> subtypes;
  std::vector<Cohort> cohorts;
  double oracle_ari = 0.75;         ///< what the best assignment from the true traits reaches; sets `separation`
  double size_spread = 0.4;         ///< standard deviation of the log radius
  double log_hazard_volume = 0.35;  ///< per standard deviation of the log volume
  double log_hazard_age = 0.02;     ///< per year
  double log_hazard_stage = 0.3;    ///< per stage
  double log_hazard_immunotherapy = -0.2;
  double weibull_shape = 1.3;
  double median_days = 900;         ///< of somebody with no risk factor
  double reader_dice = 0.757;       ///< between two readers, mean over patients (armato2011)
  double retest_volume_spread = 0;  ///< standard deviation of the log volume between two scans of a day
  double missing_share = 0.04;      ///< of clinical values
};

/// "demo", "paper", "pairs", "null".
const std::vector<std::string>& preset_names();
Study preset(const std::string& name);

nlohmann::json to_json(const Study& study);
/// kUsage for unknown keys, wrong types and values out of range, each by name.
Result<Study> study_from_json(const nlohmann::json& json);

struct Patient {
  std::string id;
  std::size_t cohort = 0;
  std::size_t index = 0;  ///< within the cohort
  std::uint64_t seed = 0;
  std::size_t subtype = 0;
  Traits traits{};
  double radius_mm = 0;
  double log_volume_z = 0;
  double age = 0;
  bool female = false;
  int stage = 1;
  bool immunotherapy = false;
  double log_hazard = 0;
  double time_days = 0;
  bool event = false;
  bool receptor = false;
  std::array<bool, kMutations.size()> mutations{};
  double til_share = 0;
  std::vector<float> expression;  ///< log2, by gene_names(); empty unless asked for
};

/// How far apart the subtypes' means lie so that the best assignment from the traits reaches the study's ARI on 20,000
/// patients; and what it reaches.
struct Separation {
  double factor = 1;
  double oracle_ari = 0;
};
Separation calibrate(const Study& study);
/// The most probable subtype of a patient with these traits.
std::size_t oracle_subtype(const Study& study, double separation, const Traits& traits);

/// The same patient for the same study and seed, whoever else is made.
Patient make_patient(const Study& study, double separation, std::uint64_t seed, std::size_t cohort, std::size_t index,
                     bool with_expression = false);
std::vector<std::string> gene_names();

/// What a patient's traits make of a tumour of the patient's size, at a place in the body.
TumourParameters traits_to_parameters(const Patient& patient, Organ organ, const Eigen::Vector3d& centre_lps_mm);

/// A second outline: the surface moved by a smooth random field of this amplitude (mm).
Mask second_reader(const Tumour& tumour, const Mask& first, std::uint64_t seed, double amplitude_mm);
/// The amplitude at which readers drawn from these seeds agree with a mean pairwise Dice of `dice`.
double reader_amplitude(const Tumour& tumour, const Mask& first, const std::vector<std::uint64_t>& seeds, double dice);
double dice(const Mask& a, const Mask& b);

struct WriteStudyOptions {
  std::filesystem::path folder;
  std::uint64_t seed = 1;
  int cases = 0;       ///< patients at most, spread over the cohorts; 0: all
  bool dicom = false;  ///< also a DICOM series and an RTSTRUCT of each scan
  bool force = false;
  std::function<void(std::size_t done, std::size_t all)> progress;
};
struct StudySummary {
  std::size_t patients = 0;
  std::size_t scans = 0;
  std::size_t resumed = 0;  ///< scans that an earlier run had finished
};
/// Writes <folder>/{study.json,manifest.csv,clinical.csv,expression.csv,gene_sets.gmt,truth.csv,truth.json,
/// contact_sheet.png} and scans/<case>/*.nii.gz. A scan that an earlier run of the same study finished is kept. The
/// same bytes for any number of threads. kExists when the folder holds another study, unless `force`.
Result<StudySummary> write_study(const Study& study, const WriteStudyOptions& options);

}  // namespace radtype::simulate
