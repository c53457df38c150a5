// heterogeneity_tables --resolution|--rotation|--size [--families A,B] [--cases N] [--csv OUT] [SHARED]: how far
// features move when nothing about the tumour does.
//
// Virtual CT of tumours of the paper preset. Each is drawn once by the library, without noise, on voxels of 0.7 mm;
// that drawing is the object. A scan of it is the mean over the box of each voxel, on a grid of any spacing and
// orientation, plus white noise whose variance goes with the inverse of the voxel's volume (fewer photons). The outline
// is the true surface at voxel centres.
//
//   --resolution  0.7 x 0.7 x 1 mm against 1 x 1 x 3, 1 x 1 x 5 and 2 x 2 x 2 mm
//   --rotation    1 x 1 x 3 mm, grids turned and shifted at random, against the upright one
//   --size        rank correlation with log volume: the 26 sarcomas, and virtual tumours of random size
//
// Differences are in standard deviations between tumours, on the grid compared with. Ours that the catalogue should
// mark as not for clustering by --resolution or --size are listed after the table.
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include <fmt/format.h>
#include <Eigen/Geometry>

#include "feature_vectors.h"
#include "radtype/core/files.h"
#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/feature/case_run.h"
#include "radtype/simulate/study.h"
#include "radtype/stats/rank.h"

namespace {

using namespace radtype;
using bench::kNone;
using Eigen::Matrix3d;
using Eigen::Vector3d;
namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 20261122;
constexpr double kObjectMm = 0.7;
constexpr double kAroundMm = 20;
// 15 HU at 0.7 x 0.7 x 3 mm.
constexpr double kNoiseHu = 15, kNoiseVoxelMm3 = 1.47;
constexpr int kRotations = 8;

struct Options {
  std::string mode, csv;
  std::string families = bench::kOurFamilies;
  int cases = 60;
  fs::path shared = std::getenv("RADTYPE_SHARED") ? std::getenv("RADTYPE_SHARED") : "../shared";
};

/// One virtual tumour and its drawing around it.
struct Object {
  std::unique_ptr<simulate::Tumour> tumour;
  std::string organ;
  Image drawing;
};

Image cut_out(const Image& image, const Vector3d& centre, double half_mm) {
  const Vector3d middle = image.grid.index_from_lps()(Point<LpsMm>(centre)).v;
  Box box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const double half = half_mm / image.grid.spacing_mm()[a];
    box.lo[axis] = static_cast<std::int64_t>(std::floor(middle[a] - half));
    box.hi[axis] = static_cast<std::int64_t>(std::ceil(middle[a] + half)) + 1;
  }
  box = intersection(box, image.grid.box());
  Image part(image.grid.cropped(box));
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      const float* from = image.voxels.data() + image.offset(box.lo[0], j, k);
      std::copy(from, from + box.size()[0], part.voxels.data() + part.offset(0, j - box.lo[1], k - box.lo[2]));
    }
  }
  return part;
}

/// What varies in size only where asked: the pattern's correlation length in proportion to the radius, or 4 mm.
enum class SizeOf { kPatient, kRandomPatternInProportion, kRandomPatternFixed };

Object make_object(const simulate::Study& study, double separation, int number, SizeOf size) {
  const auto n = static_cast<std::size_t>(number);
  const std::size_t cohort = n % study.cohorts.size();
  const simulate::Organ organ = study.cohorts[cohort].organ;
  simulate::Patient patient = simulate::make_patient(study, separation, 1, cohort, n / study.cohorts.size());
  Random random(derive_seed(kSeed, {hash_name("size"), n}));
  if (size != SizeOf::kPatient) patient.radius_mm = 8 * std::pow(26.0 / 8, random.uniform());
  const simulate::Body body(organ, derive_seed(patient.seed, {hash_name("body")}));
  const Vector3d centre = body.place(derive_seed(patient.seed, {hash_name("place")}), patient.radius_mm);
  simulate::TumourParameters parameters = simulate::traits_to_parameters(patient, organ, centre);
  if (size == SizeOf::kRandomPatternFixed) parameters.correlation_mm = 4;
  Object object;
  object.tumour = std::make_unique<simulate::Tumour>(parameters);
  object.organ = simulate::organ_name(organ);
  simulate::Scanner scanner;
  scanner.pixel_mm = scanner.slice_mm = kObjectMm;
  scanner.enhancement_hu = study.cohorts[cohort].enhancement_hu;
  object.drawing =
      cut_out(simulate::noiseless(body, *object.tumour, scanner), centre, object.tumour->reach_mm() + kAroundMm + 5);
  return object;
}

struct Sampling {
  std::string name;
  Vector3d spacing_mm = Vector3d::Ones();
  Matrix3d direction = Matrix3d::Identity();
  Vector3d shift_voxels = Vector3d::Zero();
};

Grid grid_of(const Object& object, const Sampling& sampling) {
  const double half_mm = object.tumour->reach_mm() + kAroundMm;
  Size3 size{};
  Vector3d first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const double half = std::ceil(half_mm / sampling.spacing_mm[a]);
    size[axis] = 2 * static_cast<std::int64_t>(half) + 1;
    first[a] = (sampling.shift_voxels[a] - half) * sampling.spacing_mm[a];
  }
  const auto grid = make_grid(size, sampling.spacing_mm, sampling.direction,
                              object.tumour->parameters().centre_lps_mm + sampling.direction * first);
  RADTYPE_CHECK(grid.has_value());
  return *grid;
}

/// Linear between voxels; beyond the border the border's value.
double value_at(const Image& image, const Vector3d& index) {
  const Size3& size = image.grid.size();
  std::array<std::int64_t, 3> low{};
  Vector3d part;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const double at = std::clamp(index[a], 0.0, static_cast<double>(size[axis] - 1));
    low[axis] = std::min(static_cast<std::int64_t>(at), std::max<std::int64_t>(size[axis] - 2, 0));
    part[a] = at - static_cast<double>(low[axis]);
  }
  const float* v = image.voxels.data() + image.offset(low[0], low[1], low[2]);
  const std::int64_t row = size[0], slice = size[0] * size[1];
  const auto along = [&](std::int64_t at) { return double{v[at]} + part[0] * (double{v[at + 1]} - double{v[at]}); };
  const auto plane = [&](std::int64_t at) { return along(at) + part[1] * (along(at + row) - along(at)); };
  return plane(0) + part[2] * (plane(slice) - plane(0));
}

Image sampled(const Object& object, const Grid& grid) {
  const auto object_from_grid = object.drawing.grid.index_from_lps() * grid.lps_from_index();
  std::vector<Vector3d> points;
  std::array<int, 3> parts{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    parts[axis] = static_cast<int>(std::ceil(grid.spacing_mm()[static_cast<Eigen::Index>(axis)] / kObjectMm - 1e-9));
  for (int k = 0; k < parts[2]; ++k) {
    for (int j = 0; j < parts[1]; ++j) {
      for (int i = 0; i < parts[0]; ++i)
        points.emplace_back(object_from_grid.linear * Vector3d((i + 0.5) / parts[0] - 0.5, (j + 0.5) / parts[1] - 0.5,
                                                               (k + 0.5) / parts[2] - 0.5));
    }
  }
  Image image(grid);
  const Size3& size = grid.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const Vector3d centre =
            object_from_grid(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        double sum = 0;
        for (const Vector3d& point : points) sum += value_at(object.drawing, centre + point);
        image.at(i, j, k) = static_cast<float>(sum / static_cast<double>(points.size()));
      }
    }
  }
  return image;
}

Mask outline(const simulate::Tumour& tumour, const Grid& grid) {
  Mask mask(grid);
  const auto place = grid.lps_from_index();
  const Size3& size = grid.size();
  const Vector3d& centre = tumour.parameters().centre_lps_mm;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const Vector3d p =
            place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        if ((p - centre).norm() > tumour.reach_mm()) continue;
        mask.at(i, j, k) = tumour.distance_mm(p) < 0 ? 1 : 0;
      }
    }
  }
  return mask;
}

void add_noise(std::uint64_t seed, Image& image) {
  Random random(seed);
  const double spread = kNoiseHu * std::sqrt(kNoiseVoxelMm3 / image.grid.voxel_volume_mm3());
  for (float& value : image.voxels) value += static_cast<float>(spread * random.normal());
}

struct Features {
  std::vector<std::string> families, names;
  std::size_t ours = 0;  ///< of the names, first

  explicit Features(const std::string& list)
      : families(bench::existing_families(list)), names(bench::features_of(families)), ours(names.size()) {
    names.insert(names.end(), texture::standard_names().begin(), texture::standard_names().end());
  }
  std::vector<double> measure(const feature::CaseData& data) const {
    std::vector<double> values;
    if (!families.empty())
      values = bench::values_of(feature::extract(data, families),
                                std::vector(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(ours)));
    const auto standard = bench::standard_values(data);
    values.insert(values.end(), standard.begin(), standard.end());
    return values;
  }
};

/// Feature values by sampling: without noise, with noise.
using Row = std::vector<std::array<std::vector<double>, 2>>;

Row measure_samplings(const Object& object, int number, const std::vector<Sampling>& samplings,
                      const Features& features) {
  Row row;
  for (std::size_t s = 0; s < samplings.size(); ++s) {
    const Grid grid = grid_of(object, samplings[s]);
    feature::CaseData data;
    data.tumour = outline(*object.tumour, grid);
    data.modality = io::Modality::kCt;
    data.organ = object.organ;
    data.image = sampled(object, grid);
    row.emplace_back();
    row.back()[0] = features.measure(data);
    add_noise(derive_seed(kSeed, {hash_name("noise"), static_cast<std::uint64_t>(number), s}), *data.image);
    row.back()[1] = features.measure(data);
  }
  return row;
}

struct Drift {
  double bias = kNone, absolute = kNone;
  std::size_t tumours = 0;
};

/// Of several samplings against the first, in standard deviations between tumours at the first.
Drift drift_of(const std::vector<Row>& rows, const std::vector<std::size_t>& samplings, std::size_t noise,
               std::size_t feature) {
  std::vector<double> at_first;
  for (const Row& row : rows) {
    if (!std::isnan(row[0][noise][feature])) at_first.push_back(row[0][noise][feature]);
  }
  Drift drift;
  if (at_first.size() < 5 || !bench::varies(at_first)) return drift;
  const auto count = static_cast<double>(at_first.size());
  const double mean = std::accumulate(at_first.begin(), at_first.end(), 0.0) / count;
  double square = 0;
  for (const double value : at_first) square += (value - mean) * (value - mean) / (count - 1);
  double sum = 0, absolute = 0, compared = 0;
  for (const Row& row : rows) {
    bool any = false;
    for (const std::size_t s : samplings) {
      const double difference = (row[s][noise][feature] - row[0][noise][feature]) / std::sqrt(square);
      if (std::isnan(difference)) continue;
      sum += difference;
      absolute += std::abs(difference);
      ++compared;
      any = true;
    }
    drift.tumours += any;
  }
  if (compared > 0) drift = {sum / compared, absolute / compared, drift.tumours};
  return drift;
}

std::string cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f}", value); }
std::string signed_cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:+.2f}", value); }

// Not for clustering: a drift (without noise) over so many standard deviations, or a rank correlation with the volume
// of virtual tumours of both kinds from here on.
constexpr double kMostDrift = 0.5, kMostWithSize = 0.7;

/// The printed table and its CSV.
struct Output {
  std::string markdown, csv;
};

std::string listed(const std::string& title, const std::vector<std::string>& names) {
  std::string text = "\n" + title + ": ";
  for (std::size_t n = 0; n < names.size(); ++n) text += (n > 0 ? ", `" : "`") + names[n] + "`";
  return text + (names.empty() ? "none.\n" : ".\n");
}

bool is_for_clustering(const std::string& name) {
  const feature::Entry* entry = feature::find_feature(name);
  return entry != nullptr && entry->for_clustering;
}

/// A column of medians of the features of a set that it has.
struct Medians {
  std::string name;
  std::vector<std::vector<double>> columns;

  Medians(std::string of, std::size_t count) : name(std::move(of)), columns(count) {}
  std::string line(const std::string& what) const {
    std::string text = "| " + what + ", " + name + " |";
    for (const auto& column : columns) text += fmt::format(" {} |", cell(bench::median(column)));
    return text + "\n";
  }
};

/// One column a comparison, without and with noise; medians over features of a set in the last lines.
Output drift_table(const std::vector<Row>& rows, const Features& features,
                   const std::vector<std::pair<std::string, std::vector<std::size_t>>>& comparisons) {
  Output out;
  out.markdown = "| feature |";
  std::string rule = "|---|";
  for (const auto& [name, samplings] : comparisons) {
    out.markdown += fmt::format(" {0} | {0}, noise |", name);
    rule += "---|---|";
  }
  out.markdown += "\n" + rule + "\n";
  out.csv = "set,feature,comparison,noise,tumours,mean_absolute,bias\n";
  const std::size_t count = 2 * comparisons.size();
  Medians all("ours", count), clustering("ours for clustering", count), standard("standard", count);
  std::vector<std::string> drifting;
  for (std::size_t f = 0; f < features.names.size(); ++f) {
    const bool ours = f < features.ours;
    double most = 0;
    out.markdown += fmt::format("| `{}` |", features.names[f]);
    for (std::size_t c = 0; c < comparisons.size(); ++c) {
      for (std::size_t noise = 0; noise < 2; ++noise) {
        const Drift drift = drift_of(rows, comparisons[c].second, noise, f);
        if (noise == 0 && drift.absolute > most) most = drift.absolute;
        out.markdown += fmt::format(" {} ({}) |", cell(drift.absolute), signed_cell(drift.bias));
        out.csv += fmt::format("{},{},{},{},{},{},{}\n", ours ? "ours" : "standard", features.names[f],
                               comparisons[c].first, noise, drift.tumours, cell(drift.absolute), cell(drift.bias));
        (ours ? all : standard).columns[2 * c + noise].push_back(drift.absolute);
        if (is_for_clustering(features.names[f])) clustering.columns[2 * c + noise].push_back(drift.absolute);
      }
    }
    if (ours && most > kMostDrift) drifting.push_back(features.names[f]);
    out.markdown += "\n";
  }
  for (const Medians* set : {&all, &clustering, &standard}) out.markdown += set->line("median");
  out.markdown += listed(fmt::format("Over {} without noise", kMostDrift), drifting);
  return out;
}

std::vector<Row> measure_all(const Options& options, const std::vector<Sampling>& samplings, const Features& features) {
  const simulate::Study study = simulate::preset("paper");
  const double separation = simulate::calibrate(study).factor;
  std::vector<Row> rows(static_cast<std::size_t>(options.cases));
  parallel_for(0, options.cases, [&](std::int64_t n) {
    const int number = static_cast<int>(n);
    rows[static_cast<std::size_t>(n)] =
        measure_samplings(make_object(study, separation, number, SizeOf::kPatient), number, samplings, features);
  });
  return rows;
}

Output resolution(const Options& options, const Features& features) {
  const std::vector<Sampling> samplings = {{.name = "0.7 x 0.7 x 1", .spacing_mm = {0.7, 0.7, 1}},
                                           {.name = "1 x 1 x 3", .spacing_mm = {1, 1, 3}},
                                           {.name = "1 x 1 x 5", .spacing_mm = {1, 1, 5}},
                                           {.name = "2 x 2 x 2", .spacing_mm = {2, 2, 2}}};
  const auto rows = measure_all(options, samplings, features);
  fmt::print("{} virtual tumours, against 0.7 x 0.7 x 1 mm.\n\n", options.cases);
  return drift_table(rows, features, {{"1 x 1 x 3 mm", {1}}, {"1 x 1 x 5 mm", {2}}, {"2 x 2 x 2 mm", {3}}});
}

Output rotation(const Options& options, const Features& features) {
  std::vector<Sampling> samplings = {{.name = "upright", .spacing_mm = {1, 1, 3}}};
  std::vector<std::size_t> turned;
  for (int n = 0; n < kRotations; ++n) {
    Random random(derive_seed(kSeed, {hash_name("rotation"), static_cast<std::uint64_t>(n)}));
    // Four normal numbers are a direction of the sphere of rotations.
    const double w = random.normal(), x = random.normal(), y = random.normal(), z = random.normal();
    const double a = random.uniform(), b = random.uniform(), c = random.uniform();
    samplings.push_back({fmt::format("rotation {}", n),
                         {1, 1, 3},
                         Eigen::Quaterniond(w, x, y, z).normalized().toRotationMatrix(),
                         Vector3d(a - 0.5, b - 0.5, c - 0.5)});
    turned.push_back(samplings.size() - 1);
  }
  const auto rows = measure_all(options, samplings, features);
  fmt::print("{} virtual tumours, {} grids of 1 x 1 x 3 mm turned and shifted, against the upright one.\n\n",
             options.cases, kRotations);
  return drift_table(rows, features, {{"turned grids", turned}});
}

/// Rank correlation of every feature with the volume, of rows of features with the volume before them.
std::vector<double> size_correlations(const std::vector<std::vector<double>>& rows, std::size_t features) {
  std::vector<double> result;
  for (std::size_t f = 0; f < features; ++f) {
    std::vector<double> volume, value;
    for (const auto& row : rows) {
      if (row.empty() || std::isnan(row[f + 1])) continue;
      volume.push_back(row[0]);
      value.push_back(row[f + 1]);
    }
    result.push_back(value.size() >= 8 && bench::varies(value) ? stats::spearman(volume, value) : kNone);
  }
  return result;
}

std::vector<double> with_volume(const feature::CaseData& data, const Features& features) {
  const auto voxels = std::count(data.tumour.voxels.begin(), data.tumour.voxels.end(), 1);
  std::vector<double> row{static_cast<double>(voxels) * data.tumour.grid.voxel_volume_mm3()};
  const auto values = features.measure(data);
  row.insert(row.end(), values.begin(), values.end());
  return row;
}

std::vector<double> sarcoma_correlations(const Options& options, const Features& features, const std::string& word,
                                         io::Modality modality) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options.shared / "data/sts", ignored)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  std::vector<std::vector<double>> rows(folders.size());
  parallel_for(0, static_cast<std::int64_t>(folders.size()), [&](std::int64_t n) {
    feature::CaseRequest request;
    request.image = folders[static_cast<std::size_t>(n)] / (word + "_image.nii.gz");
    request.mask = folders[static_cast<std::size_t>(n)] / (word + "_mask.nii.gz");
    request.modality = modality;
    request.families = {"shape"};
    request.keep_data = true;
    const feature::CaseRun run = feature::run_case(request);
    if (!run.error) rows[static_cast<std::size_t>(n)] = with_volume(run.rows.front().data, features);
  });
  return size_correlations(rows, features.names.size());
}

std::vector<double> virtual_correlations(const Options& options, const Features& features, SizeOf size) {
  const simulate::Study study = simulate::preset("paper");
  const double separation = simulate::calibrate(study).factor;
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(options.cases));
  parallel_for(0, options.cases, [&](std::int64_t n) {
    const Object object = make_object(study, separation, static_cast<int>(n), size);
    const Grid grid = grid_of(object, {.name = "", .spacing_mm = {1, 1, 3}});
    feature::CaseData data;
    data.tumour = outline(*object.tumour, grid);
    data.modality = io::Modality::kCt;
    data.organ = object.organ;
    data.image = sampled(object, grid);
    add_noise(derive_seed(kSeed, {hash_name("size noise"), static_cast<std::uint64_t>(n)}), *data.image);
    rows[static_cast<std::size_t>(n)] = with_volume(data, features);
  });
  return size_correlations(rows, features.names.size());
}

Output size_table(const Options& options, const Features& features) {
  const std::vector<std::pair<std::string, std::vector<double>>> columns = {
      {"sarcoma CT", sarcoma_correlations(options, features, "CT", io::Modality::kCt)},
      {"sarcoma MR", sarcoma_correlations(options, features, "MR_T1", io::Modality::kMr)},
      {"sarcoma PET", sarcoma_correlations(options, features, "PET", io::Modality::kPet)},
      {"virtual, pattern in proportion", virtual_correlations(options, features, SizeOf::kRandomPatternInProportion)},
      {"virtual, pattern of 4 mm", virtual_correlations(options, features, SizeOf::kRandomPatternFixed)}};
  fmt::print("Spearman with log volume; {} virtual tumours of 8 to 26 mm radius, 1 x 1 x 3 mm, with noise.\n\n",
             options.cases);
  Output out;
  out.markdown = "| feature |";
  out.csv = "set,feature";
  std::string rule = "|---|";
  for (const auto& [name, values] : columns) {
    out.markdown += " " + name + " |";
    out.csv += "," + csv_cell(name);
    rule += "---|";
  }
  out.markdown += " largest |\n" + rule + "---|\n";
  out.csv += ",largest\n";
  Medians all("ours", columns.size() + 1), clustering("ours for clustering", columns.size() + 1),
      standard("standard", columns.size() + 1);
  std::vector<std::string> of_size;
  for (std::size_t f = 0; f < features.names.size(); ++f) {
    const bool ours = f < features.ours;
    out.markdown += fmt::format("| `{}` |", features.names[f]);
    out.csv += fmt::format("{},{}", ours ? "ours" : "standard", features.names[f]);
    double largest = kNone;
    std::vector<double> row;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double rho = columns[c].second[f];
      if (!std::isnan(rho)) largest = std::isnan(largest) ? std::abs(rho) : std::max(largest, std::abs(rho));
      out.markdown += " " + signed_cell(rho) + " |";
      out.csv += "," + cell(rho);
      row.push_back(std::abs(rho));
    }
    // The virtual tumours come last.
    if (ours && row[columns.size() - 2] >= kMostWithSize && row[columns.size() - 1] >= kMostWithSize)
      of_size.push_back(features.names[f]);
    row.push_back(largest);
    for (std::size_t c = 0; c < row.size(); ++c) {
      (ours ? all : standard).columns[c].push_back(row[c]);
      if (is_for_clustering(features.names[f])) clustering.columns[c].push_back(row[c]);
    }
    out.markdown += " " + cell(largest) + " |\n";
    out.csv += "," + cell(largest) + "\n";
  }
  for (const Medians* set : {&all, &clustering, &standard}) out.markdown += set->line("median of absolute");
  out.markdown += listed(fmt::format("{} and more in both kinds of virtual tumours", kMostWithSize), of_size);
  return out;
}

int usage() {
  fmt::print(stderr,
             "heterogeneity_tables --resolution|--rotation|--size [--families A,B] [--cases N] [--csv OUT] [SHARED]\n");
  return 2;
}

bool parse(int argc, char** argv, Options& options) {
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    const bool has_value = n + 1 < argc;
    if (word == "--resolution" || word == "--rotation" || word == "--size") {
      options.mode = word;
    } else if (word == "--families" && has_value) {
      options.families = argv[++n];
    } else if (word == "--csv" && has_value) {
      options.csv = argv[++n];
    } else if (word == "--cases" && has_value) {
      const auto count = parse_integer(argv[++n]);
      if (!count || *count < 1 || *count > 10000) return false;
      options.cases = static_cast<int>(*count);
    } else if (!word.starts_with("--")) {
      options.shared = word;
    } else {
      return false;
    }
  }
  return !options.mode.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage();
  const Features features(options.families);
  const Output out = options.mode == "--resolution" ? resolution(options, features)
                     : options.mode == "--rotation" ? rotation(options, features)
                                                    : size_table(options, features);
  fmt::print("{}", out.markdown);
  if (options.csv.empty()) return 0;
  const auto written = write_text_file(options.csv, out.csv, true);
  if (!written) fmt::print(stderr, "{}\n", written.error().to_string());
  return written ? 0 : 1;
}
