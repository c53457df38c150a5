// cross_modality [OUT.csv] [SHARED] [options]: do features say the same of one tumour in CT, MR and PET?
//
// The 26 sarcomas of data/sts; or, with --pairs FOLDER, the virtual patients of the preset `pairs` in CT and two MR
// sequences, written to FOLDER where it holds no study yet. For every feature of our heterogeneity families and of the
// standard set: agreement of each two modalities over patients, and its floor. The outline is nearly the same in all
// modalities, so features that follow it agree for nothing; the floor is the agreement left when one of the two images
// is replaced by noise inside the same outline on the same grid.
//
// The noise keeps of the image its correlation length, per axis, within the outline. Its histogram, inside and around
// the tumour, is that of another patient in the same modality (a new one each draw): the image's own histogram is
// information about the tumour, and a floor that kept it would take from every first-order feature all that it has.
// --own-histogram keeps it, and --other-length takes the length from the other patient too, for comparison: the first
// leaves only the arrangement to agree on, the second nothing but the outline. The floor is the mean over draws and
// over which of the two is replaced.
//
// Rings lie in tissue: of a sarcoma the body as found in each image by itself (--no-tissue: everything), of a virtual
// patient the organ as planted. The noise has the same tissue, which is part of the outline that agrees for nothing.
// OUT.csv holds every figure; what is printed is what docs/validation/cross_modality.md holds.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "feature_vectors.h"
#include "noise_floor.h"
#include "radtype/core/csv.h"
#include "radtype/core/files.h"
#include "radtype/core/parallel.h"
#include "radtype/feature/case_run.h"
#include "radtype/simulate/study.h"
#include "radtype/stats/rank.h"
#include "radtype/stats/reliability.h"

namespace {

using namespace radtype;
using bench::kNone;
namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 20261122;
constexpr std::size_t kFewestPatients = 8;

struct Options {
  std::string out;
  fs::path shared = std::getenv("RADTYPE_SHARED") ? std::getenv("RADTYPE_SHARED") : "../shared";
  fs::path pairs;
  std::string families = bench::kOurFamilies;
  int draws = 5;
  int resamples = 1000;
  std::size_t cases = 1000;
  bool own_histogram = false;
  bool other_length = false;
  bool no_tissue = false;
  bool markdown = false;
};

/// One image of one patient. All patients have the same modalities in the same order.
struct Scan {
  std::string patient;
  std::string modality;
  fs::path image, mask, tissue;  ///< tissue: empty where it is to be found
  io::Modality kind = io::Modality::kCt;
  feature::CaseData data;
  std::string problem;
};

struct Feature {
  std::string name;
  const feature::Entry* entry = nullptr;  ///< of ours; the standard set is not in the catalogue
};

std::vector<Scan> sarcomas(const Options& options) {
  std::vector<std::string> patients;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options.shared / "data/sts", ignored)) {
    if (entry.is_directory()) patients.push_back(entry.path().filename().string());
  }
  std::sort(patients.begin(), patients.end());
  if (patients.size() > options.cases) patients.resize(options.cases);
  std::vector<Scan> scans;
  for (const std::string& patient : patients) {
    const fs::path folder = options.shared / "data/sts" / patient;
    for (const auto& [word, kind] :
         {std::pair{"CT", io::Modality::kCt}, {"MR_T1", io::Modality::kMr}, {"PET", io::Modality::kPet}}) {
      scans.push_back({patient,
                       std::string(word).substr(0, std::strcspn(word, "_")),
                       folder / fmt::format("{}_image.nii.gz", word),
                       folder / fmt::format("{}_mask.nii.gz", word),
                       {},
                       kind,
                       {},
                       {}});
    }
  }
  return scans;
}

constexpr std::array<std::pair<const char*, io::Modality>, 3> kVisits = {
    {{"ct-3mm", io::Modality::kCt}, {"mr-3mm", io::Modality::kMr}, {"mr-t2", io::Modality::kMr}}};

/// The preset's patients with no more than the visits that are compared.
Result<void> make_virtual_patients(const fs::path& folder) {
  simulate::Study study = simulate::preset("pairs");
  study.name = "pairs-cross-modality";
  for (simulate::Cohort& cohort : study.cohorts) {
    std::erase_if(cohort.visits, [](const simulate::Visit& visit) {
      return std::none_of(kVisits.begin(), kVisits.end(), [&](const auto& kept) { return visit.name == kept.first; });
    });
  }
  simulate::WriteStudyOptions options;
  options.folder = folder;
  const auto written = simulate::write_study(study, options);
  if (!written) return tl::unexpected(written.error());
  return {};
}

std::vector<Scan> virtual_patients(const Options& options) {
  if (!fs::exists(options.pairs / "manifest.csv")) {
    if (const auto made = make_virtual_patients(options.pairs); !made) {
      fmt::print(stderr, "{}\n", made.error().to_string());
      return {};
    }
  }
  const auto rows = read_csv(options.pairs / "manifest.csv");
  if (!rows) {
    fmt::print(stderr, "{}\n", rows.error().to_string());
    return {};
  }
  std::vector<Scan> scans;
  std::set<std::string> patients;
  for (const auto& [visit, kind] : kVisits) {
    for (const CsvRow& row : *rows) {
      if (row.at("timepoint") != visit || row.at("mask").find("tumour") == std::string::npos) continue;
      if (patients.size() >= options.cases && !patients.contains(row.at("patient"))) continue;
      patients.insert(row.at("patient"));
      scans.push_back({row.at("patient"),
                       visit,
                       options.pairs / row.at("image"),
                       options.pairs / row.at("mask"),
                       options.pairs / row.at("tissue"),
                       kind,
                       {},
                       {}});
    }
  }
  std::stable_sort(scans.begin(), scans.end(), [](const Scan& a, const Scan& b) { return a.patient < b.patient; });
  return scans;
}

/// The tissue without the tumour; without tissue, all that is not tumour.
Mask surroundings(const feature::CaseData& data) {
  Mask around(data.tumour.grid);
  for (std::size_t n = 0; n < around.voxels.size(); ++n)
    around.voxels[n] = data.tumour.voxels[n] == 0 && (!data.tissue || data.tissue->voxels[n] != 0) ? 1 : 0;
  return around;
}

class Study {
 public:
  Study(const Options& options, std::vector<Scan> scans)
      : options_(options), scans_(std::move(scans)), families_(bench::existing_families(options.families)) {
    for (const std::string& name : bench::features_of(families_))
      features_.push_back({name, feature::find_feature(name)});
    for (const std::string& name : texture::standard_names()) features_.push_back({name, nullptr});
    while (modalities_.size() < scans_.size() && scans_[modalities_.size()].patient == scans_[0].patient)
      modalities_.push_back(scans_[modalities_.size()].modality);
    RADTYPE_CHECK(scans_.size() % modalities_.size() == 0);
  }

  const std::vector<Feature>& features() const { return features_; }
  const std::vector<std::string>& modalities() const { return modalities_; }
  std::size_t patients() const { return scans_.size() / modalities_.size(); }
  const std::vector<Scan>& scans() const { return scans_; }
  /// Half lags of the noise over those of the image, every scan, axis and draw.
  const std::vector<double>& lag_ratios() const { return lag_ratios_; }

  void measure();
  /// A feature over patients; draw -1: of the image itself.
  std::vector<double> column(int draw, std::size_t modality, std::size_t feature) const {
    std::vector<double> values;
    for (std::size_t p = 0; p < patients(); ++p)
      values.push_back(values_[static_cast<std::size_t>(draw + 1)][p * modalities_.size() + modality][feature]);
    return values;
  }

 private:
  std::vector<double> vector_of(const feature::Extraction* extraction, const feature::CaseData& data) const;
  void load(std::size_t scan);
  void replace(std::size_t scan);
  void replace(std::size_t scan, int draw, const std::array<double, 3>& sigma, const std::array<double, 3>& lags);
  std::size_t other_patient(std::size_t scan, int draw) const;
  std::array<double, 3> lags_of(std::size_t scan, std::size_t length_of) const;

  const Options& options_;
  std::vector<Scan> scans_;
  std::vector<std::string> families_, modalities_;
  std::vector<Feature> features_;
  std::vector<std::vector<std::vector<double>>> values_;       // by draw + 1, scan, feature
  std::vector<std::array<std::vector<float>, 2>> histograms_;  // by scan: around the tumour, inside; ascending
  std::vector<std::array<double, 3>> lags_mm_;                 // by scan
  std::vector<double> lag_ratios_;
};

std::vector<double> Study::vector_of(const feature::Extraction* extraction, const feature::CaseData& data) const {
  std::vector<double> values;
  if (extraction != nullptr) values = bench::values_of(*extraction, bench::features_of(families_));
  const auto standard = bench::standard_values(data);
  values.insert(values.end(), standard.begin(), standard.end());
  return values;
}

void Study::load(std::size_t at) {
  Scan& scan = scans_[at];
  feature::CaseRequest request;
  request.case_id = scan.patient;
  request.image = scan.image;
  request.mask = scan.mask;
  request.modality = scan.kind;
  if (!options_.no_tissue && scan.tissue.empty())
    request.tissue_to_find = feature::TissueChoice{image::TissueKind::kBody};
  if (!options_.no_tissue && !scan.tissue.empty()) request.tissue = scan.tissue;
  request.families = families_.empty() ? std::vector<std::string>{"shape"} : families_;
  request.keep_data = true;
  feature::CaseRun run = feature::run_case(request);
  if (run.error) scan.problem = run.error->to_string();
  auto& values = values_[0][at];
  if (run.error || !run.rows.front().data.image) {
    values.assign(features_.size(), kNone);
    return;
  }
  scan.data = std::move(run.rows.front().data);
  values = vector_of(families_.empty() ? nullptr : &run.rows.front().extraction, scan.data);
  const Mask around = surroundings(scan.data);
  for (const bool inside : {false, true}) {
    auto& histogram = histograms_[at][inside ? 1 : 0];
    histogram = bench::values_in(*scan.data.image, inside ? scan.data.tumour : around);
    std::sort(histogram.begin(), histogram.end());
  }
  lags_mm_[at] = bench::half_lags(*scan.data.image, scan.data.tumour);
  for (std::size_t axis = 0; axis < 3; ++axis)
    lags_mm_[at][axis] *= scan.data.tumour.grid.spacing_mm()[static_cast<Eigen::Index>(axis)];
}

/// In the same modality; each patient is that of one other in every draw.
std::size_t Study::other_patient(std::size_t scan, int draw) const {
  if (patients() < 2) return scan;
  const std::size_t patient = scan / modalities_.size();
  const std::size_t shift = 1 + static_cast<std::size_t>(draw) * 5 % (patients() - 1);
  return (patient + shift) % patients() * modalities_.size() + scan % modalities_.size();
}

/// In voxels of the scan.
std::array<double, 3> Study::lags_of(std::size_t scan, std::size_t length_of) const {
  std::array<double, 3> lags = lags_mm_[length_of];
  for (std::size_t axis = 0; axis < 3; ++axis)
    lags[axis] /= scans_[scan].data.tumour.grid.spacing_mm()[static_cast<Eigen::Index>(axis)];
  return lags;
}

void Study::replace(std::size_t at, int draw, const std::array<double, 3>& sigma, const std::array<double, 3>& lags) {
  const Scan& scan = scans_[at];
  feature::CaseData data = scan.data;
  const std::uint64_t seed = derive_seed(
      kSeed, {hash_name(scan.patient), hash_name(scan.modality), hash_name("floor"), static_cast<std::uint64_t>(draw)});
  data.image = bench::smooth_noise(data.tumour.grid, sigma, seed);
  const auto found = bench::half_lags(*data.image, data.tumour);
  for (std::size_t axis = 0; axis < 3; ++axis)
    lag_ratios_[(at * static_cast<std::size_t>(options_.draws) + static_cast<std::size_t>(draw)) * 3 + axis] =
        found[axis] / lags[axis];
  const auto& histogram = histograms_[options_.own_histogram ? at : other_patient(at, draw)];
  bench::give_histogram(histogram[0], surroundings(data), *data.image);
  bench::give_histogram(histogram[1], data.tumour, *data.image);
  auto& values = values_[static_cast<std::size_t>(draw + 1)][at];
  if (families_.empty()) {
    values = vector_of(nullptr, data);
    return;
  }
  const feature::Extraction extraction = feature::extract(data, families_);
  values = vector_of(&extraction, data);
}

void Study::replace(std::size_t at) {
  const Scan& scan = scans_[at];
  if (!scan.data.image) return;
  const auto sigma_for = [&](const std::array<double, 3>& lags) {
    return bench::matching_sigma(
        scan.data.tumour, lags,
        derive_seed(kSeed, {hash_name(scan.patient), hash_name(scan.modality), hash_name("length")}));
  };
  const auto own_lags = lags_of(at, at);
  const auto own_sigma = sigma_for(own_lags);
  for (int draw = 0; draw < options_.draws; ++draw) {
    const std::size_t other = other_patient(at, draw);
    if (options_.other_length && scans_[other].data.image) {
      const auto lags = lags_of(at, other);
      replace(at, draw, sigma_for(lags), lags);
    } else {
      replace(at, draw, own_sigma, own_lags);
    }
  }
}

void Study::measure() {
  const auto draws = static_cast<std::size_t>(options_.draws);
  values_.assign(draws + 1,
                 std::vector<std::vector<double>>(scans_.size(), std::vector<double>(features_.size(), kNone)));
  histograms_.resize(scans_.size());
  lags_mm_.resize(scans_.size());
  lag_ratios_.assign(scans_.size() * draws * 3, kNone);
  const auto count = static_cast<std::int64_t>(scans_.size());
  parallel_for(0, count, [&](std::int64_t at) { load(static_cast<std::size_t>(at)); });
  parallel_for(0, count, [&](std::int64_t at) { replace(static_cast<std::size_t>(at)); });
}

/// ICC(3,1) as it is; of features standardised within each modality; and of ranks. Features in HU, z-scores and SUV
/// cannot agree by the first, whatever they say: the second and third compare the two sets fairly.
enum class Kind { kIcc, kStandardisedIcc, kSpearman };
constexpr std::array<Kind, 3> kKinds = {Kind::kIcc, Kind::kStandardisedIcc, Kind::kSpearman};
constexpr std::array<const char*, 3> kKindNames = {"icc", "icc_standardised", "spearman"};

double agreement(Kind kind, const std::vector<double>& a, const std::vector<double>& b,
                 const std::vector<std::size_t>& drawn) {
  std::vector<double> x, y;
  for (const std::size_t n : drawn) {
    if (std::isnan(a[n]) || std::isnan(b[n])) continue;
    x.push_back(a[n]);
    y.push_back(b[n]);
  }
  if (x.size() < kFewestPatients || !bench::varies(x) || !bench::varies(y)) return kNone;
  if (kind == Kind::kSpearman) return stats::spearman(x, y);
  if (kind == Kind::kStandardisedIcc) return stats::correlation(x, y);  // what ICC(3,1) is of equal variances
  std::vector<std::vector<double>> ratings;
  ratings.reserve(x.size());
  for (std::size_t n = 0; n < x.size(); ++n) ratings.push_back({x[n], y[n]});
  return stats::icc_3_1(ratings);
}

struct Pair {
  std::size_t a, b;
};

/// Agreement, floor and excess of one feature in one pair; [0] of all patients, then of resampled ones.
struct Series {
  std::size_t patients = 0;
  std::vector<double> value, floor, excess;
};

stats::Interval interval_of(const std::vector<double>& series) {
  std::vector<double> values(series.begin() + 1, series.end());
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (std::isnan(series[0]) || values.empty()) return {series[0], kNone, kNone};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {series[0], at(0.025), at(0.975)};
}

/// Features that medians are taken over.
struct FeatureSet {
  std::string name;
  std::vector<std::size_t> features;
};

template <class Predicate>
FeatureSet features_where(const Study& study, std::string name, Predicate&& belongs) {
  FeatureSet set{std::move(name), {}};
  for (std::size_t f = 0; f < study.features().size(); ++f) {
    if (belongs(study.features()[f].entry)) set.features.push_back(f);
  }
  return set;
}

FeatureSet standard_features(const Study& study) {
  return features_where(study, "standard set", [](const auto* entry) { return entry == nullptr; });
}

/// Ours by what they are for, by family and by what a reversal of intensity does to them; only features that it leaves
/// unchanged can agree where two modalities order tissues differently.
std::vector<FeatureSet> our_features(const Study& study, const Options& options) {
  std::vector<FeatureSet> sets;
  const auto add = [&](std::string name, auto&& belongs) {
    sets.push_back(features_where(study, std::move(name), [&](const auto* entry) { return entry && belongs(*entry); }));
  };
  add("ours, for clustering", [](const auto& entry) { return entry.for_clustering; });
  for (const std::string& family : bench::existing_families(options.families)) {
    add(family + ", for clustering", [&](const auto& entry) { return entry.family == family && entry.for_clustering; });
    add(family + ", all unchanged",
        [&](const auto& entry) { return entry.family == family && entry.under_reversal == "unchanged"; });
  }
  for (const char* word : {"unchanged", "sign", "exchanged"})
    add(std::string("ours, all ") + word, [&](const auto& entry) { return entry.under_reversal == word; });
  add("ours, all", [](const auto&) { return true; });
  const auto same = [](const FeatureSet& a, const FeatureSet& b) { return a.features == b.features; };
  sets.erase(std::unique(sets.begin(), sets.end(), same), sets.end());
  std::erase_if(sets, [](const FeatureSet& set) { return set.features.empty(); });
  return sets;
}

class Analysis {
 public:
  Analysis(const Study& study, const Options& options) : study_(study) {
    const std::size_t m = study.modalities().size();
    for (std::size_t a = 0; a < m; ++a) {
      for (std::size_t b = a + 1; b < m; ++b) pairs_.push_back({a, b});
    }
    draw_patients(options.resamples);
    series_.resize(kKinds.size() * pairs_.size() * study.features().size());
    parallel_for(0, static_cast<std::int64_t>(pairs_.size() * study.features().size()), [&](std::int64_t n) {
      const auto at = static_cast<std::size_t>(n);
      compute(at / study.features().size(), at % study.features().size(), options.draws);
    });
  }

  const std::vector<Pair>& pairs() const { return pairs_; }
  std::string pair_name(std::size_t pair) const {
    return study_.modalities()[pairs_[pair].a] + "/" + study_.modalities()[pairs_[pair].b];
  }
  const Series& series(std::size_t kind, std::size_t pair, std::size_t feature) const {
    return series_[(kind * pairs_.size() + pair) * study_.features().size() + feature];
  }
  /// Medians over the features of a set; `pair` past the last: over all pairs. By resample.
  std::vector<double> medians(std::size_t kind, std::size_t pair, const FeatureSet& set,
                              std::vector<double> Series::*what) const {
    std::vector<double> result;
    for (std::size_t r = 0; r < drawn_.size(); ++r) {
      std::vector<double> values;
      for (std::size_t p = 0; p < pairs_.size(); ++p) {
        if (pair < pairs_.size() && p != pair) continue;
        for (const std::size_t f : set.features) values.push_back((series(kind, p, f).*what)[r]);
      }
      result.push_back(bench::median(values));
    }
    return result;
  }
  /// Features of a set that have an excess.
  std::size_t count(std::size_t kind, std::size_t pair, const FeatureSet& set) const {
    std::size_t found = 0;
    for (std::size_t p = 0; p < pairs_.size(); ++p) {
      if (pair < pairs_.size() && p != pair) continue;
      for (const std::size_t f : set.features) found += !std::isnan(series(kind, p, f).excess[0]);
    }
    return found;
  }

 private:
  void draw_patients(int resamples) {
    for (int r = 0; r <= resamples; ++r) {
      std::vector<std::size_t> drawn(study_.patients());
      std::iota(drawn.begin(), drawn.end(), std::size_t{0});
      Random random(derive_seed(kSeed, {hash_name("bootstrap"), static_cast<std::uint64_t>(r)}));
      for (std::size_t n = 0; r > 0 && n < drawn.size(); ++n) drawn[n] = random.below(drawn.size());
      drawn_.push_back(std::move(drawn));
    }
  }

  void compute(std::size_t pair, std::size_t feature, int draws) {
    const auto [a, b] = pairs_[pair];
    std::vector<std::pair<std::vector<double>, std::vector<double>>> replaced;
    const auto real_a = study_.column(-1, a, feature), real_b = study_.column(-1, b, feature);
    for (int draw = 0; draw < draws; ++draw) {
      replaced.emplace_back(study_.column(draw, a, feature), real_b);
      replaced.emplace_back(real_a, study_.column(draw, b, feature));
    }
    std::size_t patients = 0;
    for (std::size_t p = 0; p < real_a.size(); ++p) patients += !std::isnan(real_a[p]) && !std::isnan(real_b[p]);
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      Series& s = series_[(kind * pairs_.size() + pair) * study_.features().size() + feature];
      s.patients = patients;
      for (const auto& drawn : drawn_) {
        s.value.push_back(agreement(kKinds[kind], real_a, real_b, drawn));
        double floor = 0, count = 0;
        for (const auto& [x, y] : replaced) {
          const double found = agreement(kKinds[kind], x, y, drawn);
          if (std::isnan(found)) continue;
          floor += found;
          ++count;
        }
        s.floor.push_back(count > 0 ? floor / count : kNone);
        s.excess.push_back(s.value.back() - s.floor.back());
      }
    }
  }

  const Study& study_;
  std::vector<Pair> pairs_;
  std::vector<std::vector<std::size_t>> drawn_;
  std::vector<Series> series_;
};

std::string number(double value) { return std::isnan(value) ? "" : fmt::format("{:.3f}", value); }

std::string csv_of(const Study& study, const Analysis& analysis) {
  std::string text = "set,feature,pair,measure,patients,value,low,high,floor,excess,excess_low,excess_high\n";
  for (std::size_t f = 0; f < study.features().size(); ++f) {
    for (std::size_t pair = 0; pair < analysis.pairs().size(); ++pair) {
      for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        const Series& s = analysis.series(kind, pair, f);
        const auto value = interval_of(s.value), excess = interval_of(s.excess);
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", study.features()[f].entry ? "ours" : "standard",
                            study.features()[f].name, analysis.pair_name(pair), kKindNames[kind], s.patients,
                            number(value.estimate), number(value.low), number(value.high), number(s.floor[0]),
                            number(excess.estimate), number(excess.low), number(excess.high));
      }
    }
  }
  return text;
}

/// Rows of cells, aligned or as Markdown.
class Table {
 public:
  explicit Table(bool markdown) : markdown_(markdown) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const {
    std::vector<std::size_t> width(rows_.front().size());
    for (const auto& row : rows_) {
      for (std::size_t n = 0; n < row.size(); ++n) width[n] = std::max(width[n], row[n].size());
    }
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      std::string line = markdown_ ? "|" : "";
      for (std::size_t n = 0; n < rows_[r].size(); ++n)
        line += markdown_ ? fmt::format(" {} |", rows_[r][n]) : fmt::format("{:<{}}  ", rows_[r][n], width[n]);
      fmt::print("{}\n", line);
      if (r > 0 || !markdown_) continue;
      fmt::print("|");
      for (std::size_t n = 0; n < width.size(); ++n) fmt::print("---|");
      fmt::print("\n");
    }
    fmt::print("\n");
  }

 private:
  bool markdown_;
  std::vector<std::vector<std::string>> rows_;
};

std::string shown(const stats::Interval& i) {
  if (std::isnan(i.estimate)) return "-";
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", i.estimate, i.low, i.high);
}

std::string cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f}", value); }
std::string signed_cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:+.2f}", value); }
std::string signed_cell(const stats::Interval& i) {
  if (std::isnan(i.estimate)) return "-";
  return fmt::format("{:+.2f} ({:+.2f} to {:+.2f})", i.estimate, i.low, i.high);
}

constexpr std::size_t kIcc = 0, kSpearman = 2;  // of kKinds

void print_features(const Study& study, const Analysis& analysis, bool markdown) {
  Table table(markdown);
  std::vector<std::string> head{"feature"};
  for (std::size_t pair = 0; pair < analysis.pairs().size(); ++pair) {
    for (const char* what : {"ICC", "Spearman", "excess"}) head.push_back(analysis.pair_name(pair) + " " + what);
  }
  table.add(head);
  for (std::size_t f = 0; f < study.features().size(); ++f) {
    const Feature& of = study.features()[f];
    const std::string name = markdown ? "`" + of.name + "`" : of.name;
    std::vector<std::string> row{of.entry ? name : "standard: " + name};
    for (std::size_t pair = 0; pair < analysis.pairs().size(); ++pair) {
      const Series& spearman = analysis.series(kSpearman, pair, f);
      row.push_back(cell(analysis.series(kIcc, pair, f).value[0]));
      row.push_back(shown(interval_of(spearman.value)));
      row.push_back(signed_cell(interval_of(spearman.excess)));
    }
    table.add(row);
  }
  table.print();
}

/// Medians over sets of features: agreement and excess by pair; excess over all pairs, and how far above the standard
/// set's it is.
void print_sets(const Study& study, const Analysis& analysis, std::size_t kind, const Options& options) {
  Table table(options.markdown);
  std::vector<std::string> head{"features", "number"};
  const std::size_t all = analysis.pairs().size();
  for (std::size_t pair = 0; pair < all; ++pair) head.push_back(analysis.pair_name(pair) + ": agreement, excess");
  for (const char* what : {"excess, all pairs", "above the standard set's"}) head.emplace_back(what);
  table.add(head);
  const FeatureSet standard = standard_features(study);
  const auto standard_excess = analysis.medians(kind, all, standard, &Series::excess);
  auto sets = our_features(study, options);
  sets.push_back(standard);
  for (const FeatureSet& set : sets) {
    std::vector<std::string> row{set.name, std::to_string(set.features.size())};
    for (std::size_t pair = 0; pair < all; ++pair) {
      row.push_back(cell(analysis.medians(kind, pair, set, &Series::value)[0]) + ", " +
                    signed_cell(analysis.medians(kind, pair, set, &Series::excess)[0]));
    }
    auto excess = analysis.medians(kind, all, set, &Series::excess);
    row.push_back(signed_cell(interval_of(excess)));
    for (std::size_t r = 0; r < excess.size(); ++r) excess[r] -= standard_excess[r];
    row.push_back(set.name == standard.name ? "-" : signed_cell(interval_of(excess)));
    table.add(row);
  }
  table.print();
}

/// Ours that are for clustering against the standard set, by measure and pair.
void print_medians(const Study& study, const Analysis& analysis, const Options& options) {
  const FeatureSet standard = standard_features(study);
  const auto sets = our_features(study, options);
  if (sets.empty()) return;
  const FeatureSet& ours = sets.front();
  Table table(options.markdown);
  table.add({"measure", "pair", "features ours/standard", "agreement ours", "agreement standard", "floor ours",
             "floor standard", "excess ours", "excess standard", "difference of excess"});
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (std::size_t pair = 0; pair <= analysis.pairs().size(); ++pair) {
      std::vector<std::string> row{
          kKindNames[kind], pair < analysis.pairs().size() ? analysis.pair_name(pair) : "all",
          fmt::format("{}/{}", analysis.count(kind, pair, ours), analysis.count(kind, pair, standard))};
      for (const auto what : {&Series::value, &Series::floor}) {
        for (const auto* set : {&ours, &standard}) row.push_back(cell(analysis.medians(kind, pair, *set, what)[0]));
      }
      const auto of_ours = analysis.medians(kind, pair, ours, &Series::excess);
      const auto of_standard = analysis.medians(kind, pair, standard, &Series::excess);
      std::vector<double> difference;
      for (std::size_t r = 0; r < of_ours.size(); ++r) difference.push_back(of_ours[r] - of_standard[r]);
      for (const std::vector<double>* series : {&of_ours, &of_standard, &std::as_const(difference)})
        row.push_back(signed_cell(interval_of(*series)));
      table.add(row);
    }
  }
  table.print();
}

int usage() {
  fmt::print(stderr,
             "cross_modality [OUT.csv] [SHARED] [--pairs FOLDER] [--families A,B] [--draws N] [--resamples N]\n"
             "               [--cases N] [--own-histogram] [--other-length] [--no-tissue] [--markdown]\n");
  return 2;
}

bool parse(int argc, char** argv, Options& options) {
  int plain = 0;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    const bool has_value = n + 1 < argc;
    if (word == "--markdown") {
      options.markdown = true;
    } else if (word == "--no-tissue") {
      options.no_tissue = true;
    } else if (word == "--own-histogram") {
      options.own_histogram = true;
    } else if (word == "--other-length") {
      options.other_length = true;
    } else if (word == "--pairs" && has_value) {
      options.pairs = argv[++n];
    } else if (word == "--families" && has_value) {
      options.families = argv[++n];
    } else if ((word == "--draws" || word == "--resamples" || word == "--cases") && has_value) {
      const auto count = parse_integer(argv[++n]);
      if (!count || *count < 1 || *count > 100000) return false;
      if (word == "--draws") options.draws = static_cast<int>(*count);
      if (word == "--resamples") options.resamples = static_cast<int>(*count);
      if (word == "--cases") options.cases = static_cast<std::size_t>(*count);
    } else if (!word.starts_with("--") && plain < 2) {
      if (plain++ == 0) {
        options.out = word;
      } else {
        options.shared = word;
      }
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage();
  auto scans = options.pairs.empty() ? sarcomas(options) : virtual_patients(options);
  if (scans.empty()) {
    fmt::print(stderr, "cross_modality: no scans in {}\n",
               (options.pairs.empty() ? options.shared : options.pairs).string());
    return 1;
  }
  Study study(options, std::move(scans));
  study.measure();
  for (const Scan& scan : study.scans()) {
    if (!scan.problem.empty()) fmt::print(stderr, "{} {}: {}\n", scan.patient, scan.modality, scan.problem);
  }
  const Analysis analysis(study, options);
  fmt::print(
      "{} patients, {} draws of noise with {} histogram and {} length; half lag of noise / wanted: median {:.2f}.\n\n",
      study.patients(), options.draws, options.own_histogram ? "the image's own" : "another patient's",
      options.other_length ? "another patient's" : "its own", bench::median(study.lag_ratios()));
  fmt::print("Medians over features, Spearman.\n\n");
  print_sets(study, analysis, kSpearman, options);
  fmt::print("Medians over features, ICC(3,1).\n\n");
  print_sets(study, analysis, kIcc, options);
  fmt::print("Medians over ours that are for clustering and over the standard set.\n\n");
  print_medians(study, analysis, options);
  fmt::print("Every feature: ICC(3,1), Spearman with interval, excess of Spearman over its floor with interval.\n\n");
  print_features(study, analysis, options.markdown);
  if (options.out.empty()) return 0;
  const auto written = write_text_file(options.out, csv_of(study, analysis), true);
  if (!written) fmt::print(stderr, "{}\n", written.error().to_string());
  return written ? 0 : 1;
}
