// shape_lidc SURVEY.csv SHARED: how well shape features agree between readers of one nodule, and what they say of the
// radiologists' ratings. SURVEY.csv comes from shape_survey. Prints the tables of docs/validation/shape_lidc.md.
//
// Nodules over 500 mm3 (mean of their readers) with at least three readers whose outline has the feature.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <Eigen/Cholesky>

#include "radtype/core/csv.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "radtype/stats/rank.h"
#include "radtype/stats/reliability.h"

namespace {

using namespace radtype;

constexpr std::uint64_t kSeed = 20261122;
constexpr double kLeastVolume = 500;
constexpr std::size_t kFewestReaders = 3;

std::vector<CsvRow> read_table(const std::string& path) {
  auto rows = read_csv(path);
  if (!rows) fmt::print(stderr, "{}\n", rows.error().to_string());
  return rows ? std::move(*rows) : std::vector<CsvRow>();
}

struct Nodule {
  std::string patient;
  std::map<std::string, std::vector<double>> feature;  ///< by reader
  std::map<std::string, double> rating;                ///< mean of the readers
};

std::string name_of(const std::string& path) {
  const auto begin = path.rfind('/') + 1;
  return path.substr(begin, path.find('.', begin) - begin);
}

std::map<std::string, Nodule> read_nodules(const std::string& survey, const std::string& shared) {
  std::map<std::string, Nodule> nodules;
  for (const CsvRow& row : read_table(survey)) {
    if (row.at("set") != "lidc") continue;
    Nodule& nodule = nodules[name_of(row.at("case"))];
    for (const auto& [name, cell] : row) {
      if (!name.starts_with("shape_")) continue;
      if (const auto number = parse_double(cell)) nodule.feature[name].push_back(*number);
    }
  }
  for (const CsvRow& row : read_table(shared + "/data/lidc/lidc_nodules.csv")) {
    const auto found = nodules.find(row.at("nodule_id"));
    if (found == nodules.end()) continue;
    found->second.patient = row.at("patient_id");
    for (const auto& [name, cell] : row) {
      if (!name.starts_with("mean_")) continue;
      if (const auto number = parse_double(cell)) found->second.rating[name.substr(5)] = *number;
    }
  }
  std::erase_if(nodules, [](const auto& item) {
    const auto volume = item.second.rating.find("volume_mm3");
    return volume == item.second.rating.end() || volume->second <= kLeastVolume;
  });
  return nodules;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::string shown(const stats::Interval& i) {
  if (i.estimate == 0 && i.low == 0 && i.high == 0) return "held";
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", i.estimate, i.low, i.high);
}

/// Columns of the nodules that have a feature.
struct Columns {
  std::vector<double> value, volume;
  std::vector<const Nodule*> nodule;
};
Columns columns_of(const std::map<std::string, Nodule>& nodules, const std::string& feature) {
  Columns columns;
  for (const auto& [id, nodule] : nodules) {
    const auto found = nodule.feature.find(feature);
    if (found == nodule.feature.end() || found->second.size() < kFewestReaders) continue;
    columns.value.push_back(mean(found->second));
    columns.volume.push_back(nodule.rating.at("volume_mm3"));
    columns.nodule.push_back(&nodule);
  }
  return columns;
}

std::vector<double> drawn_from(const std::vector<double>& values, const std::vector<std::size_t>& drawn) {
  std::vector<double> some;
  some.reserve(drawn.size());
  for (const std::size_t n : drawn) some.push_back(values[n]);
  return some;
}

stats::Interval association(const Columns& columns, const std::string& rating) {
  if (columns.value == columns.volume) return {};
  std::vector<double> rated;
  for (const Nodule* nodule : columns.nodule) rated.push_back(nodule->rating.at(rating));
  return stats::bootstrap(
      rated.size(),
      [&](const std::vector<std::size_t>& drawn) {
        return stats::partial_spearman(drawn_from(columns.value, drawn), drawn_from(rated, drawn),
                                       drawn_from(columns.volume, drawn));
      },
      kSeed);
}

/// Malignancy rated over 3 against under 3; the direction that is over 0.5.
stats::Interval malignancy(const Columns& columns, const std::vector<double>& score) {
  std::vector<double> kept;
  std::vector<double> malignant;
  for (std::size_t n = 0; n < score.size(); ++n) {
    const double rated = columns.nodule[n]->rating.at("malignancy");
    if (rated == 3) continue;
    kept.push_back(score[n]);
    malignant.push_back(rated > 3 ? 1 : 0);
  }
  const auto auc = [&](const std::vector<std::size_t>& drawn) {
    std::vector<bool> positive;
    for (const std::size_t n : drawn) positive.push_back(malignant[n] > 0);
    return stats::area_under_curve(drawn_from(kept, drawn), positive);
  };
  stats::Interval interval = stats::bootstrap(kept.size(), auc, kSeed);
  if (interval.estimate < 0.5) interval = {1 - interval.estimate, 1 - interval.high, 1 - interval.low};
  return interval;
}

/// Ridge regression on ranks, tenfold by patient: predictions for nodules of patients that were not seen.
std::vector<double> out_of_fold(const std::vector<std::vector<double>>& features, const std::vector<double>& rated,
                                const std::vector<std::string>& patient) {
  constexpr std::uint64_t kFolds = 10;
  constexpr double kRidge = 10;
  const auto count = static_cast<Eigen::Index>(rated.size());
  Eigen::MatrixXd x(count, static_cast<Eigen::Index>(features.size()) + 1);
  for (std::size_t f = 0; f < features.size(); ++f) {
    const auto rank = stats::ranks(features[f]);
    for (Eigen::Index i = 0; i < count; ++i)
      x(i, static_cast<Eigen::Index>(f)) =
          (rank[static_cast<std::size_t>(i)] / static_cast<double>(count) - 0.5) * std::sqrt(12.0);
  }
  x.col(x.cols() - 1).setOnes();
  std::vector<double> predicted(rated.size());
  for (std::uint64_t fold = 0; fold < kFolds; ++fold) {
    Eigen::MatrixXd normal = kRidge * Eigen::MatrixXd::Identity(x.cols(), x.cols());
    normal(x.cols() - 1, x.cols() - 1) = 0;
    Eigen::VectorXd right = Eigen::VectorXd::Zero(x.cols());
    const auto held_out = [&](Eigen::Index i) {
      return derive_seed(kSeed, {hash_name(patient[static_cast<std::size_t>(i)])}) % kFolds == fold;
    };
    for (Eigen::Index i = 0; i < count; ++i) {
      if (held_out(i)) continue;
      normal += x.row(i).transpose() * x.row(i);
      right += rated[static_cast<std::size_t>(i)] * x.row(i).transpose();
    }
    const Eigen::VectorXd weights = normal.ldlt().solve(right);
    for (Eigen::Index i = 0; i < count; ++i) {
      if (held_out(i)) predicted[static_cast<std::size_t>(i)] = x.row(i).dot(weights);
    }
  }
  return predicted;
}

void print_models(const std::map<std::string, Nodule>& nodules) {
  const std::map<std::string, std::vector<std::string>> models = {
      {"1 volume", {"shape_voxel_volume_mm3"}},
      {"2 volume, IBSI sphericity", {"shape_voxel_volume_mm3", "shape_sphericity"}},
      {"3 volume, IBSI morphology",
       {"shape_voxel_volume_mm3", "shape_sphericity", "shape_convexity", "shape_convexity_area", "shape_elongation",
        "shape_flatness"}},
      {"4 volume, spectrum",
       {"shape_voxel_volume_mm3", "shape_energy_01", "shape_energy_02", "shape_energy_03", "shape_energy_04",
        "shape_axis_1", "shape_axis_2", "shape_axis_3"}},
      {"5 volume, surface and lobes",
       {"shape_voxel_volume_mm3", "shape_smooth_sphericity", "shape_smooth_convexity", "shape_bending_energy_coarse",
        "shape_curvedness_coarse", "shape_curvedness_sd_coarse", "shape_index_cup_coarse", "shape_index_rut_coarse",
        "shape_index_saddle_coarse", "shape_index_ridge_coarse", "shape_area_distortion", "shape_angle_distortion",
        "shape_area_peaks_count", "shape_area_peaks_height", "shape_angle_peaks_count", "shape_angle_peaks_height",
        "shape_spicules_count", "shape_protrusion_sharpness"}},
      {"6 all of 3 to 5", {}}};
  std::vector<std::string> every;
  for (const auto& [name, features] : models) {
    for (const std::string& feature : features) {
      if (std::find(every.begin(), every.end(), feature) == every.end()) every.push_back(feature);
    }
  }
  // The same nodules for every model.
  std::vector<const Nodule*> complete;
  for (const auto& [id, nodule] : nodules) {
    if (std::all_of(every.begin(), every.end(), [&, &n = nodule](const std::string& feature) {
          const auto found = n.feature.find(feature);
          return found != n.feature.end() && found->second.size() >= kFewestReaders;
        })) {
      complete.push_back(&nodule);
    }
  }
  fmt::print(
      "\n## Several features at once\n\nRidge regression on ranks, tenfold by patient; Spearman between the "
      "rating and the prediction for patients that the model had not seen, {} nodules that have every feature. Gain: "
      "over volume and IBSI sphericity, in the same draws.\n\n"
      "| model | sphericity | lobulation | spiculation | malignancy over 3 against under 3: AUC "
      "|\n|---|---|---|---|---|\n",
      complete.size());
  std::map<std::string, std::vector<double>> by_sphericity;  // predictions of the second model
  for (const auto& [name, chosen] : models) {
    const auto& features = chosen.empty() ? every : chosen;
    std::vector<std::vector<double>> values;
    for (const std::string& feature : features) {
      values.emplace_back();
      for (const Nodule* nodule : complete) values.back().push_back(mean(nodule->feature.at(feature)));
    }
    std::vector<std::string> patient;
    for (const Nodule* nodule : complete) patient.push_back(nodule->patient);
    fmt::print("| {} |", name.substr(2));
    for (const std::string rating : {"sphericity", "lobulation", "spiculation", "malignancy"}) {
      std::vector<double> rated;
      for (const Nodule* nodule : complete) rated.push_back(nodule->rating.at(rating));
      const auto predicted = out_of_fold(values, rated, patient);
      if (rating == "malignancy") {
        Columns columns;
        columns.nodule = complete;
        fmt::print(" {} |", shown(malignancy(columns, predicted)));
      } else {
        fmt::print(" {}{}",
                   shown(stats::bootstrap(
                       rated.size(),
                       [&](const std::vector<std::size_t>& drawn) {
                         return stats::spearman(drawn_from(predicted, drawn), drawn_from(rated, drawn));
                       },
                       kSeed)),
                   name > "3" ? ";" : " |");
        if (name.starts_with("2")) by_sphericity[rating] = predicted;
        if (name > "3") {
          const auto& base = by_sphericity.at(rating);
          const auto gain = stats::bootstrap(
              rated.size(),
              [&](const std::vector<std::size_t>& drawn) {
                const auto seen = drawn_from(rated, drawn);
                return stats::spearman(drawn_from(predicted, drawn), seen) -
                       stats::spearman(drawn_from(base, drawn), seen);
              },
              kSeed);
          fmt::print(" gain {:+.2f} ({:+.2f} to {:+.2f}) |", gain.estimate, gain.low, gain.high);
        }
      }
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "shape_lidc SURVEY.csv SHARED\n");
    return 2;
  }
  const auto nodules = read_nodules(argv[1], argv[2]);
  if (nodules.empty()) {
    fmt::print(stderr, "shape_lidc: no LIDC nodules in {}\n", argv[1]);
    return 1;
  }
  fmt::print(
      "{} nodules over {} mm3.\n\n## Each feature\n\n"
      "| feature | nodules | ICC(1,1) | sphericity | lobulation | spiculation | malignancy: AUC | for clustering |\n"
      "|---|---|---|---|---|---|---|---|\n",
      nodules.size(), kLeastVolume);
  int weak = 0, unmarked = 0;
  std::string wrong;
  for (const auto& entry : feature::catalogue()) {
    if (!entry.name.starts_with("shape_")) continue;
    std::vector<std::vector<double>> ratings;
    for (const auto& [id, nodule] : nodules) {
      const auto found = nodule.feature.find(entry.name);
      if (found != nodule.feature.end() && found->second.size() >= kFewestReaders) ratings.push_back(found->second);
    }
    if (ratings.size() < 20) {
      fmt::print("| `{}` | {} | too few | | | | | {} |\n", entry.name, ratings.size(),
                 entry.for_clustering ? "yes" : "no");
      continue;
    }
    const auto icc = stats::icc_1_1_interval(ratings, kSeed);
    const Columns columns = columns_of(nodules, entry.name);
    fmt::print("| `{}` | {} | {} | {} | {} | {} | {} | {} |\n", entry.name, ratings.size(), shown(icc),
               shown(association(columns, "sphericity")), shown(association(columns, "lobulation")),
               shown(association(columns, "spiculation")), shown(malignancy(columns, columns.value)),
               entry.for_clustering ? "yes" : "no");
    if (!(icc.estimate >= 0.5)) {
      ++weak;
      if (entry.for_clustering) {
        ++unmarked;
        wrong += fmt::format("{} {:.2f}\n", entry.name, icc.estimate);
      }
    }
  }
  print_models(nodules);
  fmt::print("\n{} features have an ICC under 0.5; {} of them are for clustering.\n", weak, unmarked);
  if (unmarked > 0) fmt::print(stderr, "to mark as not for clustering:\n{}", wrong);
  return unmarked > 0 ? 1 : 0;
}
