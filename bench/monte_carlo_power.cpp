// Is a group's effect on survival found, and is it the group's where size goes with the group?
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "monte_carlo.h"
#include "radtype/figure/canvas.h"
#include "radtype/stats/distribution.h"

namespace radtype::monte_carlo {
namespace {

constexpr std::array<std::size_t, 3> kPatients = {200, 400, 800};
constexpr std::array kRatios = {1.0, 1.2, 1.4, 1.6, 1.8, 2.0};
constexpr double kLevel = 0.05;

using Powers = std::array<std::array<Share, kRatios.size()>, kPatients.size()>;

Plan plan_of(std::size_t n, double ratio) {
  Plan plan{n};
  plan.group = std::log(ratio);
  plan.size = 0.4;
  plan.size_of_group = 0.5;
  return plan;
}

/// Likelihood ratio of the group: beside size, and alone.
Experiment detect(std::size_t n, double ratio) {
  return {fmt::format("power {} {}", n, ratio),
          {{"beside size", n}, {"alone", n}},
          [n, ratio](Random& random, std::span<double> found) {
            const Patients patients = draw(plan_of(n, ratio), random);
            const std::vector<double> group = indicator(patients.groups, 2);
            const auto size = survival::cox(patients.subjects, columns({patients.size}));
            const auto both = survival::cox(patients.subjects, columns({patients.size, group}));
            const auto alone = survival::cox(patients.subjects, columns({group}));
            if (!answered(size) || !answered(both) || !answered(alone)) return;
            found[0] = stats::chi_square_tail(std::max(0.0, 2 * (both->log_likelihood - size->log_likelihood)), 1);
            found[1] = alone->likelihood_ratio.p;
          }};
}

void draw_panel(figure::Canvas& canvas, double left, const char* title, const Powers& powers) {
  using figure::Anchor;
  constexpr double kTop = 40, kWidth = 172, kHeight = 180;
  const auto x = [&](double ratio) { return left + (ratio - 1) * kWidth; };
  const auto y = [&](double share) { return kTop + (1 - share) * kHeight; };
  for (int tick = 0; tick <= 5; ++tick) {
    canvas.line(x(1), y(tick / 5.0), x(2), y(tick / 5.0), {0.88, 0.88, 0.88, 1}, 0.6);
    canvas.line(x(1 + tick / 5.0), y(0), x(1 + tick / 5.0), y(1), {0.92, 0.92, 0.92, 1}, 0.6);
    canvas.text(x(1) - 6, y(tick / 5.0) + 3, fmt::format("{} %", 20 * tick), {.size_pt = 9, .anchor = Anchor::kEnd});
    canvas.text(x(1 + tick / 5.0), y(0) + 14, fmt::format("{:.1f}", 1 + tick / 5.0),
                {.size_pt = 9, .anchor = Anchor::kMiddle});
  }
  canvas.line(x(1), y(kLevel), x(2), y(kLevel), {0.5, 0.5, 0.5, 1}, 0.8);
  canvas.text(x(2) - 2, y(kLevel) - 3, "5 %", {.size_pt = 8, .colour = {0.4, 0.4, 0.4, 1}, .anchor = Anchor::kEnd});
  for (std::size_t p = 0; p < kPatients.size(); ++p) {
    const figure::Colour colour = figure::series_colour(static_cast<int>(p));
    std::vector<std::pair<double, double>> points;
    for (std::size_t r = 0; r < kRatios.size(); ++r) points.emplace_back(x(kRatios[r]), y(powers[p][r].share()));
    canvas.polyline(points, colour, 1.6);
    for (const auto& [px, py] : points) canvas.circle(px, py, 2.6, colour);
  }
  canvas.text(left, 22, title, {.size_pt = 11, .bold = true});
  canvas.text(left + kWidth / 2, kTop + kHeight + 32, "hazard ratio of the group",
              {.size_pt = 10, .anchor = Anchor::kMiddle});
}

Result<void> save_figure(const Powers& adjusted, const Powers& alone, const std::filesystem::path& path) {
  figure::Canvas canvas(510, 262);
  draw_panel(canvas, 58, "size in the model", adjusted);
  draw_panel(canvas, 282, "size left out", alone);
  for (std::size_t p = 0; p < kPatients.size(); ++p) {
    const double line = 56 + 16 * static_cast<double>(p);
    canvas.line(466, line - 3, 480, line - 3, figure::series_colour(static_cast<int>(p)), 2);
    canvas.text(484, line, fmt::format("{}", kPatients[p]), {.size_pt = 9});
  }
  canvas.text(466, 40, "patients", {.size_pt = 9});
  canvas.text(14, 130, fmt::format("trials with p ≤ {}", kLevel),
              {.size_pt = 10, .anchor = figure::Anchor::kMiddle, .rotate_degrees = -90});
  return canvas.save(path, true);
}

}  // namespace

bool power(const Settings& settings, const std::filesystem::path& figure) {
  fmt::print(
      "Share of trials in which the group has p <= {} by the likelihood ratio. Size: hazard ratio {:.2f} of one "
      "standard "
      "deviation of log volume, of which group 2 has {} more.\n\n",
      kLevel, std::exp(plan_of(1, 1).size), plan_of(1, 1).size_of_group);
  print_bounds({kLevel}, settings);
  fmt::print("| model | patients |");
  for (const double ratio : kRatios) fmt::print(" {:.1f} |", ratio);
  fmt::print(" holds at 1 |\n|---|---|---|---|---|---|---|---|---|\n");
  Powers adjusted, alone;
  for (std::size_t p = 0; p < kPatients.size(); ++p) {
    for (std::size_t r = 0; r < kRatios.size(); ++r) {
      const std::vector<double> found = run(detect(kPatients[p], kRatios[r]), settings);
      adjusted[p][r] = rejected(found, 0, 2, kLevel, settings.band);
      alone[p][r] = rejected(found, 1, 2, kLevel, settings.band);
    }
  }
  bool right = true;
  for (const Powers* powers : {&adjusted, &alone}) {
    const Asked asked = powers == &adjusted ? Asked::kNominal : Asked::kNothing;
    for (std::size_t p = 0; p < kPatients.size(); ++p) {
      const Share& none = (*powers)[p][0];
      fmt::print("| {} | {} |", powers == &adjusted ? "group and size" : "group alone", kPatients[p]);
      for (const Share& share : (*powers)[p]) fmt::print(" {:.1f} |", 100 * share.share());
      fmt::print(" {} |\n", none.verdict(asked));
      right &= none.holds(asked);
    }
  }
  if (figure.empty()) return right;
  if (const auto saved = save_figure(adjusted, alone, figure); !saved) {
    fmt::print(stderr, "outcome_monte_carlo: {}\n", saved.error().to_string());
    return false;
  }
  return right;
}

}  // namespace radtype::monte_carlo
