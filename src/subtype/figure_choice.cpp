#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/subtype/discovery_figures.h"
#include "subtype/figure_data.h"
#include "subtype/figure_parts.h"

namespace radtype::subtype {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;
using Points = std::vector<std::pair<double, double>>;

constexpr double kChoicePlotWidthPt = 168;
constexpr double kChoicePlotHeightPt = 120;
constexpr double kChoiceLeftPt = kMarginPt + 38;
constexpr double kPitchAcrossPt = 266;
constexpr double kChoiceTitlePt = 18;
constexpr double kBelowPt = 40;  ///< ticks, p values, name of the axis
const char* const kAcross = "number of clusters k";
const Colour kData = figure::series_colour(0);
const Colour kChosen = figure::series_colour(1);

/// By k, dark to light.
Colour colour_of_place(std::size_t place, std::size_t places) {
  return figure::sequential_colour(0.1 + 0.75 * static_cast<double>(place) / static_cast<double>(places));
}

std::string p_words(double p) { return p < 0.001 ? "<0.001" : fmt::format("{:.{}f}", p, p < 0.1 ? 3 : 2); }

class Page {
 public:
  Page(Canvas& canvas, const Discovery& discovery, double top) : canvas_(canvas), discovery_(discovery), top_(top) {}

  void draw_distributions() const {
    title(0, "Distribution of consensus (CDF)");
    const Plot plot = panel(0, {0, 1}, {0, 1});
    plot.draw(canvas_, number_ticks(0, 1, 5), number_ticks(0, 1, 5), "consensus", "share of pairs");
    const auto& of_k = discovery_.of_k;
    const double row = std::min(11.0, kChoicePlotHeightPt / static_cast<double>(of_k.size()));
    const double legend = plot.x + plot.width + 6;
    const auto draw = [&](std::size_t c) {
      const bool chosen = of_k[c].k == discovery_.k;
      const Colour colour = chosen ? kChosen : colour_of_place(c, of_k.size());
      const double width = chosen ? 1.8 : 1;
      const std::vector<double> shares = consensus_shares(of_k[c].consensus.counts);
      Points steps{{plot.across(0), plot.down(0)}, {plot.across(0), plot.down(shares[0])}};
      for (std::size_t n = 1; n < shares.size(); ++n)
        steps.emplace_back(plot.across(static_cast<double>(n) / 100), plot.down(shares[n]));
      canvas_.polyline(steps, colour, width);
      const double y = plot.y + (static_cast<double>(c) + 0.5) * row;
      canvas_.line(legend, y, legend + 10, y, colour, width);
      canvas_.text(legend + 13, y + 2.5, fmt::format("k = {}", of_k[c].k),
                   {.size_pt = std::min(kSmallPt, row - 1), .colour = kInk, .bold = chosen});
    };
    for (std::size_t c = 0; c < of_k.size(); ++c) {
      if (of_k[c].k != discovery_.k) draw(c);
    }
    if (discovery_.k > 1) draw(shown(discovery_));  // on top of the others
  }

  void draw_delta() const {
    std::vector<double> values;
    for (const DiscoveryOfK& one : discovery_.of_k) values.push_back(one.delta_area);
    draw_curve(1, "Delta area", "relative growth (first: area)", values);
  }

  void draw_ambiguity() const {
    if (!discovery_.stability) {
      std::vector<double> values;
      for (const DiscoveryOfK& one : discovery_.of_k) values.push_back(one.consensus.ambiguous);
      draw_curve(2, "Ambiguous pairs (no test)", "PAC", values);
      return;
    }
    const Stability& stability = *discovery_.stability;
    std::vector<double> values, low, high;
    for (const StabilityOfK& one : stability.of_k) {
      values.push_back(one.ambiguous);
      low.push_back(std::max(0.0, one.expected - 2 * one.spread));
      high.push_back(one.expected + 2 * one.spread);
    }
    title(2, fmt::format("Ambiguous pairs; over all k, p = {:.2g}", stability.p));
    const Plot plot = by_k(2, std::max(largest(values), largest(high)), 0);
    Points band, mean;
    for (std::size_t c = 0; c < low.size(); ++c) band.emplace_back(plot.across(k_of(c)), plot.down(high[c]));
    for (std::size_t c = low.size(); c-- > 0;) band.emplace_back(plot.across(k_of(c)), plot.down(low[c]));
    for (std::size_t c = 0; c < low.size(); ++c)
      mean.emplace_back(plot.across(k_of(c)), plot.down(stability.of_k[c].expected));
    canvas_.polygon(band, kFaint);
    canvas_.polyline(mean, {0.45, 0.45, 0.45, 1}, 1);
    draw_axes(plot, "PAC", "");  // p comes between the ticks and the name
    draw_points(plot, values);
    const figure::TextStyle style{.size_pt = 6, .colour = kInk, .anchor = Anchor::kMiddle};
    const double y = plot.y + plot.height + 19;
    for (std::size_t c = 0; c < values.size(); c += stride())
      canvas_.text(plot.across(k_of(c)), y, p_words(stability.of_k[c].p), style);
    canvas_.text(plot.x + 0.5 * plot.width, y + 10, kAcross,
                 {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kMiddle});
    canvas_.text(plot.x - 4, y, "p", {.size_pt = 6, .colour = kInk, .anchor = Anchor::kEnd});

    const double legend = plot.x + plot.width + 6;
    canvas_.line(legend, plot.y + 6, legend + 10, plot.y + 6, kData, 1.2);
    canvas_.text(legend + 13, plot.y + 8.5, "data", {.size_pt = kSmallPt, .colour = kInk});
    canvas_.rectangle(legend, plot.y + 13, 10, 8, kFaint);
    canvas_.line(legend, plot.y + 17, legend + 10, plot.y + 17, {0.45, 0.45, 0.45, 1}, 1);
    canvas_.text(legend + 13, plot.y + 19.5, "references", {.size_pt = kSmallPt, .colour = kInk});
    canvas_.text(legend + 13, plot.y + 28.5, "± 2 sd", {.size_pt = kSmallPt, .colour = kInk});
  }

  void draw_silhouettes() const {
    std::vector<double> values;
    for (const DiscoveryOfK& one : discovery_.of_k) values.push_back(one.mean_silhouette);
    draw_curve(3, "Silhouette", "mean over the cases", values);
  }

 private:
  static double largest(const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); }
  double k_of(std::size_t place) const { return discovery_.of_k[place].k; }

  void title(int panel, const std::string& text) const {
    canvas_.text(left(panel), upper(panel) - 6, text, {.size_pt = 8, .colour = kInk, .bold = true});
  }
  static double left(int panel) { return kChoiceLeftPt + panel % 2 * kPitchAcrossPt; }
  double upper(int panel) const {
    return top_ + kChoiceTitlePt + panel / 2 * (kChoiceTitlePt + kChoicePlotHeightPt + kBelowPt);
  }

  Plot panel(int place, std::pair<double, double> across, std::pair<double, double> down) const {
    return {left(place),  upper(place),  kChoicePlotWidthPt, kChoicePlotHeightPt,
            across.first, across.second, down.first,         down.second};
  }

  /// Every so-manieth k has the room for its words.
  std::size_t stride() const { return (discovery_.of_k.size() + 7) / 8; }

  Plot by_k(int place, double highest, double lowest) const {
    const std::vector<double> ticks = figure::nice_ticks(std::min(0.0, lowest), std::max(highest, 1e-3), 4);
    return panel(place, {k_of(0) - 0.5, k_of(discovery_.of_k.size() - 1) + 0.5}, {ticks.front(), ticks.back()});
  }

  void draw_axes(const Plot& plot, const std::string& name, const std::string& across_name) const {
    if (discovery_.k > 1) {
      const double at = plot.across(discovery_.k);
      canvas_.line(at, plot.y, at, plot.y + plot.height, {kChosen.r, kChosen.g, kChosen.b, 0.35}, 1);
    }
    std::vector<Tick> ticks;
    for (std::size_t c = 0; c < discovery_.of_k.size(); c += stride())
      ticks.push_back({k_of(c), fmt::format("{}", discovery_.of_k[c].k)});
    plot.draw(canvas_, ticks, number_ticks(plot.bottom, plot.top, 4), across_name, name);
  }

  void draw_points(const Plot& plot, const std::vector<double>& values) const {
    Points line;
    for (std::size_t c = 0; c < values.size(); ++c) line.emplace_back(plot.across(k_of(c)), plot.down(values[c]));
    canvas_.polyline(line, kData, 1.2);
    for (std::size_t c = 0; c < values.size(); ++c) {
      const bool chosen = discovery_.of_k[c].k == discovery_.k;
      canvas_.circle(line[c].first, line[c].second, chosen ? 3.5 : 2.2, chosen ? kChosen : kData);
    }
  }

  void draw_curve(int place, const std::string& text, const std::string& name,
                  const std::vector<double>& values) const {
    title(place, text);
    const Plot plot = by_k(place, largest(values), *std::min_element(values.begin(), values.end()));
    draw_axes(plot, name, kAcross);
    draw_points(plot, values);
  }

  Canvas& canvas_;
  const Discovery& discovery_;
  double top_;
};

}  // namespace

Canvas choice_figure(const Discovery& discovery) {
  RADTYPE_CHECK(!discovery.of_k.empty());
  const Heading heading(fmt::format("Choice of the number of clusters: {}", outcome(discovery)), discovery.reason);
  const double top = heading.height_pt() + 6;
  Canvas canvas = page(top + 2 * (kChoiceTitlePt + kChoicePlotHeightPt + kBelowPt));
  heading.draw(canvas);
  const Page page(canvas, discovery, top);
  page.draw_distributions();
  page.draw_delta();
  page.draw_ambiguity();
  page.draw_silhouettes();
  return canvas;
}

}  // namespace radtype::subtype
