// shape_survey SHARED OUT.csv [--picture PNG] [--only SET] [--families A,B]: every real tumour outline of
// ../shared/data through the shape families.
//
// OUT.csv holds a line an outline: set, case, label, seconds, status, reason, quality of the surface and its map, every
// feature. Printed: outcomes and refusals by rule, distortion, repairs, time and memory. PNG shows the ten worst maps.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/core/text.h"
#include "radtype/feature/case_run.h"
#include "radtype/feature/catalogue.h"
#include "radtype/figure/render.h"
#include "radtype/shape/pose.h"

namespace {

using namespace radtype;
namespace fs = std::filesystem;

// Nodules under this volume are too small for a shape: the acceptance asks for those above. --least-mm3 sets another.
double least_nodule_mm3 = 100;

struct Job {
  std::string set;
  feature::CaseRequest request;
};

struct Line {
  std::string set;
  std::string file;
  double seconds = 0;
  feature::CaseRow row;
};

std::vector<fs::path> files_below(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> found;
  if (!fs::exists(folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(ending)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<Job> jobs_below(const fs::path& data, const std::string& only, const std::vector<std::string>& families) {
  struct Set {
    const char* name;
    const char* folder;
    const char* ending;
    const char* region;  // "" = every one
    bool bits;
  };
  const std::vector<Set> sets = {{"kits19", "kits19/masks", "_tumor.nii.gz", "2", false},
                                 {"sts", "sts", "_mask.nii.gz", "", false},
                                 {"glioma", "glioma", ".nii.gz", "", false},
                                 {"lung", "lung_ct", "_labels_crop.nii.gz", "1", false},
                                 {"lung", "decathlon", "_mask.nii.gz", "", false},
                                 {"lung", "pyradiomics", "lung1_label.nrrd", "", false},
                                 {"breast", "pyradiomics", "breast1_label.nrrd", "", false},
                                 {"breast", "breast_dce", "_ftv_mask.nii.gz", "", false},
                                 {"brain", "pyradiomics", "brain1_label.nrrd", "", false},
                                 {"lidc", "lidc/nodules", ".nii.gz", "", true}};
  std::vector<Job> jobs;
  for (const Set& set : sets) {
    if (!only.empty() && only != set.name) continue;
    for (const fs::path& file : files_below(data / set.folder, set.ending)) {
      const std::string name = file.filename().string();
      if (std::strcmp(set.name, "glioma") == 0 && !name.starts_with("seg_") && !name.starts_with("fusion_")) continue;
      Job job{set.name, {}};
      job.request.mask = file;
      job.request.case_id = fs::relative(file, data).string();
      if (set.region[0] != '\0') job.request.mask_options.regions = {set.region};
      if (set.bits) {
        job.request.mask_options.encoding = io::LabelEncoding::kBits;
      }
      job.request.families = families;
      jobs.push_back(std::move(job));
    }
  }
  return jobs;
}

/// The labels of one file, each timed on its own.
std::vector<Line> run(const Job& job) {
  std::vector<Line> lines;
  std::vector<std::string> labels = job.request.mask_options.regions;
  if (labels.empty()) {
    io::MaskOptions options = job.request.mask_options;
    const auto mask = io::read_mask(job.request.mask, std::nullopt, options);
    if (!mask) {
      fmt::print(stderr, "{}: {}\n", job.request.case_id, mask.error().to_string());
      return lines;
    }
    for (const Region& region : mask->map.regions) {
      if (job.set == "lidc") {
        if (region.label > 4) continue;  // bits 4 to 7: the drawn outlines themselves
        const double volume = static_cast<double>(region.voxel_count()) * mask->map.grid.voxel_volume_mm3();
        if (volume < least_nodule_mm3) continue;
      }
      labels.push_back(std::to_string(region.label));
    }
  }
  for (const std::string& label : labels) {
    feature::CaseRequest request = job.request;
    request.mask_options.regions = {label};
    const auto start = std::chrono::steady_clock::now();
    feature::CaseRun done = feature::run_case(request);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (feature::CaseRow& row : done.rows) lines.push_back({job.set, job.request.case_id, seconds, std::move(row)});
  }
  return lines;
}

std::string quality_cell(const feature::CaseRow& row, const char* key) {
  if (!row.quality.contains("surface")) return "";
  const auto& value = row.quality["surface"][key];
  return value.is_number_integer() ? std::to_string(value.get<long>()) : shortest(value.get<double>());
}

constexpr auto kQuality = std::to_array<const char*>({"vertices", "handles", "cavities", "repaired_share",
                                                      "lost_pieces_share", "flipped_triangles", "area_distortion",
                                                      "trimmed_area_distortion", "worst_area_distortion",
                                                      "angle_distortion", "worst_angle_distortion", "resolved_degree"});

void write_table(const std::vector<Line>& lines, const fs::path& path) {
  std::ofstream file(path);
  file << "set,case,label,seconds,status,reason";
  for (const char* key : kQuality) file << ',' << key;
  for (const auto& entry : feature::catalogue()) {
    if (entry.name.starts_with("shape")) file << ',' << entry.name;
  }
  file << '\n';
  for (const Line& line : lines) {
    file << fmt::format("{},{},{},{:.3f},{},{}", line.set, csv_cell(line.file), line.row.label, line.seconds,
                        feature::status_word(line.row.extraction.status), csv_cell(line.row.extraction.reason));
    for (const char* key : kQuality) file << ',' << quality_cell(line.row, key);
    for (const auto& entry : feature::catalogue()) {
      if (!entry.name.starts_with("shape")) continue;
      const auto& number = line.row.extraction.row.values().at(entry.name).number;
      file << ',' << (number ? shortest(*number) : "");
    }
    file << '\n';
  }
}

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto nth = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + nth, values.end());
  return values[static_cast<std::size_t>(nth)];
}

bool has_map(const Line& line) { return line.row.quality.contains("surface"); }

double surface_number(const Line& line, const char* key) { return line.row.quality["surface"][key].get<double>(); }

void print_summary(const std::vector<Line>& lines, double wall) {
  std::map<std::string, std::vector<const Line*>> by_set;
  for (const Line& line : lines) {
    by_set[line.set].push_back(&line);
    by_set["~all"].push_back(&line);
  }
  fmt::print(
      "| set | outlines | mapped | too small | refused | flipped triangles | area distortion without its worst 0.5 %: "
      "median, "
      "99 %, most; worst vertex | angle distortion: median, worst | handles | cavities | s: median, 99 %, most |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [set, members] : by_set) {
    int mapped = 0, small = 0, refused = 0;
    double flipped = 0, handles = 0, cavities = 0, worst_area = 1;
    std::vector<double> area, angle, seconds;
    for (const Line* line : members) {
      seconds.push_back(line->seconds);
      if (!has_map(*line)) {
        const auto& reports = line->row.extraction.families;
        const bool allowed = std::none_of(reports.begin(), reports.end(), [](const feature::FamilyReport& report) {
          return report.family == "shape_spectrum" && report.outcome == "not allowed";
        });
        ++(allowed ? refused : small);
        continue;
      }
      ++mapped;
      flipped += surface_number(*line, "flipped_triangles");
      handles += surface_number(*line, "handles");
      cavities += surface_number(*line, "cavities");
      worst_area = std::max(worst_area, surface_number(*line, "worst_area_distortion"));
      area.push_back(surface_number(*line, "trimmed_area_distortion"));
      angle.push_back(surface_number(*line, "angle_distortion"));
    }
    fmt::print(
        "| {} | {} | {} | {} | {} ({:.2f} %) | {} | {:.4f}, {:.4f}, {:.4f}; {:.1f} | {:.3f}, {:.3f} | {} | {} | "
        "{:.2f}, "
        "{:.2f}, {:.2f} |\n",
        set == "~all" ? "all" : set, members.size(), mapped, small, refused,
        100.0 * refused / static_cast<double>(members.size()), flipped, at_share(area, 0.5), at_share(area, 0.99),
        at_share(area, 1), worst_area, at_share(angle, 0.5), at_share(angle, 1), handles, cavities,
        at_share(seconds, 0.5), at_share(seconds, 0.99), at_share(seconds, 1));
  }
  fmt::print("\nRefused, with the rule:\n");
  for (const Line& line : lines) {
    if (line.row.extraction.reason.empty()) continue;
    fmt::print("- {} label {}: {}\n", line.file, line.row.label, line.row.extraction.reason);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("\n{} outlines in {:.1f} s of wall time on {} threads; peak memory {} MiB\n", lines.size(), wall,
             thread_count(), usage.ru_maxrss / 1024);
}

void draw_worst(const std::vector<Job>& jobs, const std::vector<Line>& lines, const fs::path& path) {
  std::vector<const Line*> mapped;
  for (const Line& line : lines) {
    if (has_map(line)) mapped.push_back(&line);
  }
  std::sort(mapped.begin(), mapped.end(), [](const Line* a, const Line* b) {
    return surface_number(*a, "trimmed_area_distortion") > surface_number(*b, "trimmed_area_distortion");
  });
  mapped.resize(std::min<std::size_t>(10, mapped.size()));
  constexpr double kWidth = 560;
  constexpr double kRow = 122;
  constexpr int kPixels = 240;
  constexpr double kSide = 100;
  figure::Canvas canvas(kWidth, kRow * static_cast<double>((mapped.size() + 1) / 2) + 8);
  fmt::print("\nThe ten worst maps:\n");
  for (std::size_t n = 0; n < mapped.size(); ++n) {
    const auto job = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const Job& other) { return other.request.case_id == mapped[n]->file; });
    feature::CaseRequest request = job->request;
    request.families = {"shape_spectrum"};
    request.mask_options.regions = {std::to_string(mapped[n]->row.label)};
    request.keep_data = true;
    const feature::CaseRun done = feature::run_case(request);
    const shape::Spectrum& spectrum = *done.rows.front().extraction.spectrum;
    const shape::TriangleMesh& mesh = spectrum.surface.mesh;
    const auto pose = shape::canonical_pose(spectrum);
    const Eigen::VectorXd shrunk = shape::vertex_distortion(mesh, spectrum.conformal).log_area;
    std::vector<figure::Colour> colours;
    for (const double value : shrunk) colours.push_back(figure::sequential_colour(value / 8));
    const Eigen::Vector3d centre = spectrum.fit.coefficients.row(0).transpose() * (0.5 / std::sqrt(M_PI));
    double reach = 0;
    for (const Eigen::Vector3d& vertex : mesh.vertices) reach = std::max(reach, (vertex - centre).norm());
    const double x = n % 2 == 0 ? 6 : kWidth / 2 + 6;
    const double y = kRow * static_cast<double>(n / 2);
    const auto label =
        fmt::format("{}. {} label {}: area {:.3f}, angle {:.2f}", n + 1, fs::path(mapped[n]->file).filename().string(),
                    mapped[n]->row.label, surface_number(*mapped[n], "trimmed_area_distortion"),
                    surface_number(*mapped[n], "angle_distortion"));
    canvas.text(x, y + 14, label, {.size_pt = 7});
    // Seen along the shortest and along the middle axis: a thin part shows in one of them.
    Eigen::Matrix3d side;
    side << pose.object_axes.col(0).transpose(), pose.object_axes.col(2).transpose(),
        -pose.object_axes.col(1).transpose();
    int panel = 0;
    for (const Eigen::Matrix3d& axes : {Eigen::Matrix3d(pose.object_axes.transpose()), side}) {
      const auto rgb =
          figure::render_mesh(mesh.vertices, mesh.triangles, colours, {axes, centre, 1.05 * reach}, kPixels);
      canvas.image(x + 130 * panel++, y + 20, kSide, kSide, kPixels, kPixels, rgb, true);
    }
    fmt::print("{} (worst vertex {:.1f})\n", label, surface_number(*mapped[n], "worst_area_distortion"));
  }
  if (const auto saved = canvas.save(path, true); !saved) fmt::print(stderr, "{}\n", saved.error().to_string());
}

}  // namespace

int main(int argc, char** argv) {
  std::string only;
  fs::path picture;
  std::vector<std::string> families;
  std::vector<std::string> words;
  for (int n = 1; n < argc; ++n) {
    if (std::strcmp(argv[n], "--only") == 0 && n + 1 < argc) {
      only = argv[++n];
    } else if (std::strcmp(argv[n], "--picture") == 0 && n + 1 < argc) {
      picture = argv[++n];
    } else if (std::strcmp(argv[n], "--least-mm3") == 0 && n + 1 < argc) {
      least_nodule_mm3 = parse_double(argv[++n]).value_or(least_nodule_mm3);
    } else if (std::strcmp(argv[n], "--families") == 0 && n + 1 < argc) {
      for (const std::string_view name : split(argv[++n], ",")) families.emplace_back(name);
    } else {
      words.emplace_back(argv[n]);
    }
  }
  if (words.size() != 2) {
    fmt::print(stderr, "shape_survey SHARED OUT.csv [--picture PNG] [--only SET] [--families A,B] [--least-mm3 V]\n");
    return 2;
  }
  if (families.empty()) {
    for (const feature::Family& family : feature::families()) {
      if (family.by_default && family.name.starts_with("shape")) families.push_back(family.name);
    }
  }
  const auto jobs = jobs_below(fs::path(words[0]) / "data", only, families);
  std::vector<std::vector<Line>> found(jobs.size());
  const auto start = std::chrono::steady_clock::now();
  parallel_for(0, static_cast<std::int64_t>(jobs.size()),
               [&](std::int64_t n) { found[static_cast<std::size_t>(n)] = run(jobs[static_cast<std::size_t>(n)]); });
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::vector<Line> lines;
  for (auto& some : found) std::move(some.begin(), some.end(), std::back_inserter(lines));
  write_table(lines, words[1]);
  print_summary(lines, wall);
  if (!picture.empty()) draw_worst(jobs, lines, picture);
  return lines.empty() ? 1 : 0;
}
