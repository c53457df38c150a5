// simulate_truth [--cases N] [--survey SURVEY.csv SHARED] [--picture PNG]: what is measured of virtual tumours against
// what is known of them, by spacing; and, with a table of shape_survey, their shapes beside real ones.
//
// Prints the tables of docs/validation/simulation.md.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "radtype/core/csv.h"
#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/feature/family.h"
#include "radtype/figure/canvas.h"
#include "radtype/image/region.h"
#include "radtype/io/mask_input.h"
#include "radtype/shape/morphology.h"
#include "radtype/shape/surface.h"
#include "radtype/simulate/study.h"

namespace {

using namespace radtype;
using Eigen::Vector3d;

/// Patients of the paper preset, evenly from its cohorts, each at a phase of its own against the voxels.
std::vector<simulate::TumourParameters> tumours(int count) {
  const simulate::Study study = simulate::preset("paper");
  const double separation = simulate::calibrate(study).factor;
  std::vector<simulate::TumourParameters> all;
  for (int n = 0; n < count; ++n) {
    const std::size_t cohort = static_cast<std::size_t>(n) % study.cohorts.size();
    const auto patient =
        simulate::make_patient(study, separation, 1, cohort, static_cast<std::size_t>(n) / study.cohorts.size());
    Random random(derive_seed(patient.seed, {hash_name("phase")}));
    const Vector3d phase(random.uniform(), random.uniform(), random.uniform());
    all.push_back(simulate::traits_to_parameters(patient, study.cohorts[cohort].organ, 5 * phase));
  }
  return all;
}

Grid grid_around(const simulate::Tumour& tumour, const Vector3d& spacing_mm, double margin_mm) {
  Size3 size{};
  Vector3d origin;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const auto half = static_cast<std::int64_t>(std::ceil((tumour.reach_mm() + margin_mm + 5) / spacing_mm[a])) + 1;
    size[axis] = 2 * half + 1;
    origin[a] = -static_cast<double>(half) * spacing_mm[a];
  }
  return *make_grid(size, spacing_mm, Eigen::Matrix3d::Identity(), origin);
}

struct Measured {
  double volume = NAN;                // measured / true - 1
  double sphericity = NAN;            // measured / true - 1, of the surface smoothed at 1.2 voxels
  double margin = NAN;                // measured / true - 1
  double necrotic = NAN, soft = NAN;  // measured - true
};

double trilinear(const Image& image, const Vector3d& lps) {
  const Vector3d x = image.grid.index_from_lps()(Point<LpsMm>(lps)).v;
  const Vector3d low = x.array().floor();
  const Vector3d f = x - low;
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const std::array<std::int64_t, 3> at{static_cast<std::int64_t>(low[0]) + (corner & 1),
                                         static_cast<std::int64_t>(low[1]) + (corner >> 1 & 1),
                                         static_cast<std::int64_t>(low[2]) + (corner >> 2)};
    const double weight =
        (corner & 1 ? f[0] : 1 - f[0]) * (corner & 2 ? f[1] : 1 - f[1]) * (corner & 4 ? f[2] : 1 - f[2]);
    sum += weight * double{image.at(at[0], at[1], at[2])};
  }
  return sum;
}

Measured measure(const simulate::TumourParameters& parameters, const Vector3d& spacing_mm) {
  const simulate::Tumour tumour(parameters);
  Measured m;
  const Grid grid = grid_around(tumour, spacing_mm, 4 * parameters.margin_mm);
  const Mask mask = simulate::tumour_mask(tumour, grid);
  const auto place = grid.lps_from_index();
  double voxels = 0, necrotic = 0, soft = 0, n = 0;
  for (std::int64_t k = 0; k < grid.size()[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size()[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size()[0]; ++i) {
        if (mask.at(i, j, k) == 0) continue;
        ++voxels;
        const Vector3d p =
            place(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        const auto habitat = tumour.habitat(p);
        necrotic += habitat == simulate::Habitat::kNecrotic;
        soft += habitat == simulate::Habitat::kSoft;
        ++n;
      }
    }
  }
  m.volume = voxels * grid.voxel_volume_mm3() / tumour.volume_mm3() - 1;
  // Satellites are viable.
  const double main_share = tumour.main_volume_mm3() / tumour.volume_mm3();
  m.necrotic = necrotic / n - parameters.necrotic_share * main_share;
  m.soft = soft / n - parameters.soft_share * main_share;

  shape::SurfaceOptions options;
  options.smoothing_share = 1.2 * spacing_mm.maxCoeff() / parameters.radius_mm;
  options.target_vertices =
      static_cast<int>(std::clamp(16 * std::pow(parameters.radius_mm / spacing_mm.minCoeff(), 2), 1000.0, 60000.0));
  if (options.smoothing_share < 0.35) {
    if (const auto surface = shape::extract_surface(mask, options)) {
      const double volume = shape::enclosed_volume_mm3(surface->mesh), area = shape::surface_area_mm2(surface->mesh);
      const double truth = std::cbrt(std::pow(tumour.main_volume_mm3(), 2)) / tumour.main_area_mm2();
      m.sphericity = std::cbrt(volume * volume) / area / truth - 1;
    }
  }
  // Across the surface of the tumour's share: twice the first moment of what differs from a step is the variance of the
  // blur, less that of the voxel and of the interpolation. Where the surface is flat as far as the blur reaches: a
  // spicule or a dent has no width of its own margin.
  if (parameters.margin_mm >= 0.7 * spacing_mm.maxCoeff()) {
    const Image share = simulate::tumour_share(tumour, grid);
    std::vector<Vector3d> points, normals;
    tumour.surface_points(2000, points, normals);
    const double reach = 4 * parameters.margin_mm, step = 0.1 * parameters.margin_mm;
    std::vector<double> widths;
    const auto is_flat = [&](std::size_t p) {
      for (const double t : {-1.0, -0.5, 0.5, 1.0}) {
        if (std::abs(tumour.distance_mm(points[p] + t * reach * normals[p]) / (t * reach) - 1) > 0.1) return false;
      }
      return true;
    };
    for (std::size_t p = 0; p < points.size(); ++p) {
      if (!is_flat(p)) continue;
      double sum = 0;
      for (double t = -reach; t <= reach; t += step)
        sum += (trilinear(share, points[p] + t * normals[p]) - (t < 0 ? 1.0 : 0.0)) * t * step;
      const double voxel = normals[p].cwiseProduct(spacing_mm).squaredNorm() * (1.0 / 12 + 1.0 / 6);
      widths.push_back(2 * sum - voxel);
    }
    if (widths.size() >= 50) {
      double mean = 0;
      for (const double width : widths) mean += width / static_cast<double>(widths.size());
      m.margin = std::sqrt(std::max(mean, 0.0)) / parameters.margin_mm - 1;
    }
  }
  return m;
}

std::string cell(std::vector<double> values, double scale, const char* unit) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  if (values.size() < 5) return "";
  double mean = 0, square = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (const double v : values) square += (v - mean) * (v - mean) / static_cast<double>(values.size());
  return fmt::format("{:+.2f}, {:.2f}{} ({})", scale * mean, scale * std::sqrt(square), unit, values.size());
}

double root_mean_square(const std::vector<Measured>& all, double Measured::*what) {
  double sum = 0, count = 0;
  for (const Measured& m : all) {
    if (std::isnan(m.*what)) continue;
    sum += m.*what * (m.*what);
    ++count;
  }
  return std::sqrt(sum / count);
}

void print_truth(const std::vector<simulate::TumourParameters>& all) {
  const std::vector<Vector3d> spacings{{2, 2, 2}, {1.4, 1.4, 1.4}, {1, 1, 1}, {0.8, 0.8, 3}, {0.8, 0.8, 5}};
  const std::vector<std::pair<const char*, double Measured::*>> columns{{"volume", &Measured::volume},
                                                                        {"sphericity", &Measured::sphericity},
                                                                        {"margin width", &Measured::margin},
                                                                        {"necrotic share", &Measured::necrotic},
                                                                        {"soft share", &Measured::soft}};
  fmt::print("Measured against known on {} virtual tumours: mean error, standard deviation (tumours).\n\n| voxel, mm |",
             all.size());
  for (const auto& [name, unused] : columns) fmt::print(" {} |", name);
  fmt::print("\n|---|---|---|---|---|---|\n");
  std::vector<std::vector<Measured>> by_spacing;
  for (const Vector3d& spacing : spacings) {
    std::vector<Measured> found(all.size());
    parallel_for(0, static_cast<std::int64_t>(all.size()), [&](std::int64_t n) {
      found[static_cast<std::size_t>(n)] = measure(all[static_cast<std::size_t>(n)], spacing);
    });
    fmt::print("| {} x {} x {} |", spacing[0], spacing[1], spacing[2]);
    for (const auto& [name, what] : columns) {
      std::vector<double> values;
      for (const Measured& m : found) values.push_back(m.*what);
      fmt::print(" {} |", cell(values, 100, std::strstr(name, "share") != nullptr ? " points" : " %"));
    }
    fmt::print("\n");
    std::fflush(stdout);
    by_spacing.push_back(std::move(found));
  }
  fmt::print(
      "\nOrder of convergence, of the root mean square from 2 to 1 mm and from 1.4 to 1 mm, over tumours that have "
      "both:\n\n| quantity | 2 to 1 mm | 1.4 to 1 mm |\n|---|---|---|\n");
  for (const auto& [name, what] : columns) {
    const auto order = [&](std::size_t coarse, std::size_t fine) {
      std::vector<Measured> a, b;
      for (std::size_t n = 0; n < all.size(); ++n) {
        if (std::isnan(by_spacing[coarse][n].*what) || std::isnan(by_spacing[fine][n].*what)) continue;
        a.push_back(by_spacing[coarse][n]);
        b.push_back(by_spacing[fine][n]);
      }
      return a.size() < 5 ? std::string("too few")
                          : fmt::format("{:.1f} ({})",
                                        std::log(root_mean_square(a, what) / root_mean_square(b, what)) /
                                            std::log(spacings[coarse][0] / spacings[fine][0]),
                                        a.size());
    };
    fmt::print("| {} | {} | {} |\n", name, order(0, 2), order(1, 2));
  }
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values.empty() ? NAN : values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

using Shapes = std::map<std::string, std::map<std::string, std::vector<double>>>;  // feature, set, values

void add_virtual(const std::vector<simulate::TumourParameters>& all, const std::vector<std::string>& features,
                 Shapes& shapes) {
  std::vector<std::map<std::string, double>> found(all.size());
  parallel_for(0, static_cast<std::int64_t>(all.size()), [&](std::int64_t at) {
    const simulate::Tumour tumour(all[static_cast<std::size_t>(at)]);
    feature::CaseData data;
    data.tumour = simulate::tumour_mask(tumour, grid_around(tumour, {0.8, 0.8, at % 2 == 0 ? 1.5 : 3.0}, 2));
    const auto extraction = feature::extract(data, {"shape", "shape_spectrum"});
    auto& row = found[static_cast<std::size_t>(at)];
    for (const std::string& name : features) {
      const auto value = extraction.row.values().find(name);
      if (value != extraction.row.values().end() && value->second.number) row[name] = *value->second.number;
    }
    row["parts"] = image::connected_components(data.tumour).count;
  });
  for (const auto& row : found) {
    for (const auto& [name, value] : row) shapes[name]["virtual"].push_back(value);
  }
}

bool add_real(const std::string& survey, const std::filesystem::path& shared, const std::vector<std::string>& features,
              Shapes& shapes) {
  const auto rows = read_csv(survey);
  if (!rows) {
    fmt::print(stderr, "{}\n", rows.error().to_string());
    return false;
  }
  const std::map<std::string, std::string> sets{
      {"kits19", "KiTS19 kidney"}, {"sts", "sarcoma"}, {"lidc", "LIDC over 500 mm3"}};
  std::vector<std::pair<const CsvRow*, std::string>> kept;
  for (const CsvRow& row : *rows) {
    const auto set = sets.find(row.at("set"));
    if (set == sets.end()) continue;
    if (set->first == "lidc" && parse_double(row.at("shape_voxel_volume_mm3")).value_or(0) < 500) continue;
    for (const std::string& name : features) {
      if (const auto value = parse_double(row.at(name))) shapes[name][set->second].push_back(*value);
    }
    kept.emplace_back(&row, set->second);
  }
  std::vector<int> parts(kept.size());
  parallel_for(0, static_cast<std::int64_t>(kept.size()), [&](std::int64_t n) {
    const CsvRow& row = *kept[static_cast<std::size_t>(n)].first;
    io::MaskOptions options;
    options.regions = {row.at("label")};
    if (row.at("set") == "lidc") options.encoding = io::LabelEncoding::kBits;
    const auto mask = io::read_mask(shared / "data" / row.at("case"), std::nullopt, options);
    if (!mask || mask->map.regions.empty()) return;
    const Region& region = mask->map.regions.front();
    parts[static_cast<std::size_t>(n)] =
        image::connected_components(dense_mask(mask->map.grid, region, region.bounding_box())).count;
  });
  for (std::size_t n = 0; n < kept.size(); ++n) {
    if (parts[n] > 0) shapes["parts"][kept[n].second].push_back(parts[n]);
  }
  return true;
}

void print_shapes(const Shapes& shapes) {
  fmt::print(
      "\n| feature | set | tumours | 1 % | 25 % | median | 75 % | 99 % | outside the virtual range "
      "|\n|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [name, by_set] : shapes) {
    const auto& made = by_set.at("virtual");
    const auto [low, high] = std::minmax_element(made.begin(), made.end());
    for (const auto& [set, values] : by_set) {
      const auto outside =
          std::count_if(values.begin(), values.end(), [low, high](double v) { return v < *low || v > *high; });
      fmt::print("| `{}` | {} | {} | {:.3g} | {:.3g} | {:.3g} | {:.3g} | {:.3g} | {} |\n", name, set, values.size(),
                 quantile(values, 0.01), quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75),
                 quantile(values, 0.99),
                 set == "virtual" ? ""
                                  : fmt::format("{:.1f} %", 100.0 * static_cast<double>(outside) /
                                                                static_cast<double>(values.size())));
    }
  }
}

/// Cumulative distributions, a panel a feature.
int draw(const Shapes& shapes, const std::string& path) {
  constexpr double kWidth = 250, kHeight = 190;
  figure::Canvas canvas(2 * kWidth + 20, 2 * kHeight + 50);
  const std::vector<std::string> order{"virtual", "KiTS19 kidney", "LIDC over 500 mm3", "sarcoma"};
  int panel = 0;
  for (const auto& [name, by_set] : shapes) {
    if (name == "parts") continue;
    const double left = 40 + (panel % 2) * kWidth, top = 24 + (panel / 2) * kHeight;
    ++panel;
    double low = 1e300, high = -1e300;
    for (const auto& [set, values] : by_set) {
      low = std::min(low, quantile(values, 0.002));
      high = std::max(high, quantile(values, 0.998));
    }
    const double w = kWidth - 60, h = kHeight - 50;
    canvas.text(left, top - 8, name, {.size_pt = 10, .bold = true});
    canvas.line(left, top + h, left + w, top + h, {0, 0, 0, 1}, 0.7);
    canvas.line(left, top, left, top + h, {0, 0, 0, 1}, 0.7);
    for (const double tick : figure::nice_ticks(low, high, 4)) {
      if (tick < low || tick > high) continue;
      const double x = left + (tick - low) / (high - low) * w;
      canvas.line(x, top + h, x, top + h + 3, {0, 0, 0, 1}, 0.7);
      canvas.text(x, top + h + 13, shortest(std::round(tick * 1e6) / 1e6),
                  {.size_pt = 8, .anchor = figure::Anchor::kMiddle});
    }
    for (const double share : {0.0, 0.5, 1.0})
      canvas.text(left - 4, top + h - share * h + 3, shortest(share), {.size_pt = 8, .anchor = figure::Anchor::kEnd});
    for (std::size_t n = 0; n < order.size(); ++n) {
      const auto values = by_set.find(order[n]);
      if (values == by_set.end()) continue;
      std::vector<double> sorted = values->second;
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::pair<double, double>> line;
      for (std::size_t i = 0; i < sorted.size(); ++i)
        line.emplace_back(left + std::clamp((sorted[i] - low) / (high - low), 0.0, 1.0) * w,
                          top + h - static_cast<double>(i + 1) / static_cast<double>(sorted.size()) * h);
      canvas.polyline(line, n == 0 ? figure::Colour{0, 0, 0, 1} : figure::series_colour(static_cast<int>(n)),
                      n == 0 ? 2 : 1.2);
    }
  }
  double x = 40;
  for (std::size_t n = 0; n < order.size(); ++n) {
    const double y = canvas.height_pt() - 10;
    canvas.line(x, y - 3, x + 16, y - 3,
                n == 0 ? figure::Colour{0, 0, 0, 1} : figure::series_colour(static_cast<int>(n)), 2);
    canvas.text(x + 20, y, order[n], {.size_pt = 9});
    x += 34 + canvas.text_width_pt(order[n], {.size_pt = 9});
  }
  const auto saved = canvas.save(path, true);
  if (!saved) fmt::print(stderr, "{}\n", saved.error().to_string());
  return saved ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  int cases = 200;
  std::string survey, shared, picture;
  for (int n = 1; n < argc; ++n) {
    const std::string word = argv[n];
    if (word == "--cases" && n + 1 < argc)
      cases = std::atoi(argv[++n]);
    else if (word == "--picture" && n + 1 < argc)
      picture = argv[++n];
    else if (word == "--survey" && n + 2 < argc) {
      survey = argv[++n];
      shared = argv[++n];
    } else {
      fmt::print(stderr, "simulate_truth [--cases N] [--survey SURVEY.csv SHARED] [--picture PNG]\n");
      return 2;
    }
  }
  const auto all = tumours(cases);
  if (survey.empty()) {
    print_truth(all);
    return 0;
  }
  const std::vector<std::string> features{"shape_sphericity", "shape_elongation", "shape_flatness", "shape_slope"};
  Shapes shapes;
  add_virtual(all, features, shapes);
  if (!add_real(survey, shared, features, shapes)) return 1;
  print_shapes(shapes);
  return picture.empty() ? 0 : draw(shapes, picture);
}
