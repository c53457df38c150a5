#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>

#include "radtype/subtype/discovery_figures.h"
#include "subtype/figure_data.h"
#include "subtype/figure_parts.h"

namespace radtype::subtype {
namespace {

using figure::Anchor;
using figure::Canvas;

constexpr double kSilhouettePlotHeightPt = 300;
constexpr double kSilhouetteLeftPt = kMarginPt + 66;
constexpr double kRightPt = kMarginPt + 144;
constexpr double kGapShare = 0.02;  ///< of the height, between subtypes
constexpr double kTextPt = 10;      ///< from line to line

/// Descending, of each label.
std::vector<std::vector<double>> sorted_silhouettes(const DiscoveryOfK& of_k) {
  std::vector<std::vector<double>> of_label(static_cast<std::size_t>(of_k.k));
  for (std::size_t n = 0; n < of_k.silhouette.size(); ++n)
    of_label[static_cast<std::size_t>(of_k.consensus.labels[n] - 1)].push_back(of_k.silhouette[n]);
  for (auto& values : of_label) std::sort(values.begin(), values.end(), std::greater<>());
  return of_label;
}

std::string summary(const std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const auto below = std::count_if(values.begin(), values.end(), [](double value) { return value < 0; });
  const auto cases = static_cast<double>(values.size());
  return fmt::format("n = {}, mean {:.2f}, {:.0f} % below 0", values.size(), sum / cases,
                     100 * static_cast<double>(below) / cases);
}

}  // namespace

Canvas silhouette_figure(const Discovery& discovery) {
  const DiscoveryOfK& of_k = discovery.of_k[shown(discovery)];
  const auto of_label = sorted_silhouettes(of_k);
  const double cases = static_cast<double>(of_k.silhouette.size());
  const Heading heading(
      fmt::format("Silhouettes: {}", outcome(discovery)),
      fmt::format(
          "{} cases{}; mean {:.3f} (line). A case below 0 is nearer, on average, to another cluster than to its "
          "own.",
          of_k.silhouette.size(), discovery.k == 1 ? fmt::format(" in {} clusters, not accepted", of_k.k) : "",
          of_k.mean_silhouette));
  const double top = heading.height_pt() + 8;
  Canvas canvas = page(top + kSilhouettePlotHeightPt + 32);
  heading.draw(canvas);

  const auto [low, high] = std::minmax_element(of_k.silhouette.begin(), of_k.silhouette.end());
  const std::vector<Tick> ticks = number_ticks(std::min(0.0, *low), std::max(*high, 0.05), 6);
  const Plot plot{kSilhouetteLeftPt,
                  top,
                  kDiscoveryFigureWidthPt - kSilhouetteLeftPt - kRightPt,
                  kSilhouettePlotHeightPt,
                  ticks.front().at,
                  ticks.back().at};
  for (const Tick& tick : ticks)
    canvas.line(plot.across(tick.at), plot.y, plot.across(tick.at), plot.y + plot.height, kFaint, 0.5);

  const double gap = kGapShare * plot.height;
  const double unit = (plot.height - gap * (of_k.k + 1)) / cases;
  std::vector<double> middles;
  double y = plot.y + gap;
  for (std::size_t label = 0; label < of_label.size(); ++label) {
    const auto& values = of_label[label];
    std::vector<std::pair<double, double>> outline{{plot.across(0), y}};
    const double begin = y;
    for (const double value : values) {
      outline.emplace_back(plot.across(value), y);
      outline.emplace_back(plot.across(value), y += unit);
    }
    outline.emplace_back(plot.across(0), y);
    canvas.polygon(outline, subtype_colour(static_cast<int>(label)));
    middles.push_back(0.5 * (begin + y));
    y += gap;
  }
  canvas.line(plot.across(0), plot.y, plot.across(0), plot.y + plot.height, kInk, 0.6);
  const double mean = plot.across(of_k.mean_silhouette);
  for (double dash = plot.y; dash < plot.y + plot.height; dash += 6) canvas.line(mean, dash, mean, dash + 3, kInk, 0.8);
  plot.draw(canvas, ticks, {}, "silhouette", "");

  const std::vector<double> lines = spread_out(middles, kTextPt, plot.y + 6, plot.y + plot.height - 4);
  for (std::size_t label = 0; label < lines.size(); ++label) {
    const double baseline = lines[label] + 2.5;
    canvas.text(plot.x - 5, baseline, fmt::format("{} {}", discovery.k == 1 ? "cluster" : "subtype", label + 1),
                {.size_pt = 8, .colour = kInk, .anchor = Anchor::kEnd, .bold = true});
    canvas.text(plot.x + plot.width + 6, baseline, summary(of_label[label]), {.size_pt = kSmallPt, .colour = kInk});
  }
  return canvas;
}

}  // namespace radtype::subtype
