// plot_cost BENCH.csv OUT.png: time of bench_shape's MaskToFeatures against the number of vertices, both logarithmic.
//   bench_shape --benchmark_filter=MaskToFeatures --benchmark_format=csv > BENCH.csv
#include <algorithm>
#include <cmath>
#include <fstream>

#include <fmt/format.h>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/figure/canvas.h"

int main(int argc, char** argv) {
  using namespace radtype;
  if (argc != 3) {
    fmt::print(stderr, "plot_cost BENCH.csv OUT.png\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::string line;
  std::vector<std::string> names;
  std::vector<std::pair<double, double>> points;  // vertices, ms
  while (std::getline(file, line)) {
    const auto cells = csv_cells(line);
    if (cells[0] == "name") {
      names = cells;
      continue;
    }
    if (names.empty() || !cells[0].starts_with("MaskToFeatures")) continue;
    const auto cell = [&](const char* name) {
      const auto at = std::find(names.begin(), names.end(), name);
      return at == names.end() ? std::nullopt : parse_double(cells[static_cast<std::size_t>(at - names.begin())]);
    };
    const auto vertices = cell("vertices");
    const auto time = cell("cpu_time");
    if (vertices && time) points.emplace_back(*vertices, *time);
  }
  if (points.size() < 2) {
    fmt::print(stderr, "plot_cost: no lines of MaskToFeatures in {}\n", argv[1]);
    return 1;
  }
  constexpr double kLeft = 60, kTop = 30, kWidth = 380, kHeight = 240;
  figure::Canvas canvas(kLeft + kWidth + 20, kTop + kHeight + 50);
  const auto x = [&](double vertices) { return kLeft + (std::log10(vertices) - 3) / 2.2 * kWidth; };
  const auto y = [&](double ms) { return kTop + kHeight - (std::log10(ms) - 1) / 3 * kHeight; };
  for (const double ms : {10.0, 100.0, 1000.0, 10000.0}) {
    canvas.line(kLeft, y(ms), kLeft + kWidth, y(ms), {0.85, 0.85, 0.85, 1}, 0.6);
    canvas.text(kLeft - 6, y(ms) + 3, fmt::format("{:g} s", ms / 1000), {.size_pt = 9, .anchor = figure::Anchor::kEnd});
  }
  for (const double vertices : {1000.0, 3000.0, 10000.0, 30000.0, 100000.0}) {
    canvas.line(x(vertices), kTop, x(vertices), kTop + kHeight, {0.92, 0.92, 0.92, 1}, 0.6);
    canvas.text(x(vertices), kTop + kHeight + 14, fmt::format("{:g}", vertices),
                {.size_pt = 9, .anchor = figure::Anchor::kMiddle});
  }
  std::vector<std::pair<double, double>> drawn;
  for (const auto& [vertices, ms] : points) drawn.emplace_back(x(vertices), y(ms));
  canvas.polyline(drawn, figure::series_colour(0), 1.6);
  for (std::size_t n = 0; n < points.size(); ++n) {
    canvas.circle(drawn[n].first, drawn[n].second, 3, figure::series_colour(0));
    canvas.text(drawn[n].first + 6, drawn[n].second + 10, fmt::format("{:.2f} s", points[n].second / 1000),
                {.size_pt = 8});
  }
  canvas.text(kLeft, 18, "mask to every shape feature, one core", {.size_pt = 11, .bold = true});
  canvas.text(kLeft + kWidth / 2, kTop + kHeight + 34, "vertices", {.size_pt = 10, .anchor = figure::Anchor::kMiddle});
  if (const auto saved = canvas.save(argv[2], true); !saved) {
    fmt::print(stderr, "{}\n", saved.error().to_string());
    return 1;
  }
  return 0;
}
