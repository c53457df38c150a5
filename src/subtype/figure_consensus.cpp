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

constexpr std::size_t kMostPixels = 300;
constexpr std::size_t kColumns = 4;
constexpr double kConsensusGapPt = 13;
constexpr double kConsensusBarPt = 5;  ///< of subtypes, above and to the left
constexpr double kPanelTopPt = 30;     ///< title and names of the subtypes
constexpr double kConsensusLegendPt = 34;

/// Names of the subtypes above, and their colours along two edges.
void draw_subtypes(Canvas& canvas, const DiscoveryOfK& of_k, const std::vector<int>& colours, double x, double y,
                   double side) {
  const auto& labels = of_k.consensus.labels;
  const double point = side / static_cast<double>(labels.size());
  double begin = 0;
  for (int label = 1; label <= of_k.k; ++label) {
    const double length = point * static_cast<double>(std::count(labels.begin(), labels.end(), label));
    const figure::Colour colour = subtype_colour(colours[static_cast<std::size_t>(label - 1)]);
    canvas.rectangle(x + begin, y - kConsensusBarPt - 1, length, kConsensusBarPt, colour);
    canvas.rectangle(x - kConsensusBarPt - 1, y + begin, kConsensusBarPt, length, colour);
    const figure::TextStyle style{.size_pt = 6, .colour = kInk, .anchor = Anchor::kMiddle};
    const std::string name = fmt::format("{}", label);
    if (canvas.text_width_pt(name, style) < length - 1)
      canvas.text(x + begin + 0.5 * length, y - kConsensusBarPt - 2.5, name, style);
    begin += length;
  }
}

void draw_panel(Canvas& canvas, const DiscoveryOfK& of_k, const std::vector<int>& colours, bool chosen, double x,
                double y, double side) {
  canvas.text(x, y - 15, fmt::format("k = {}{}", of_k.k, chosen ? ", chosen" : ""),
              {.size_pt = 7.5, .colour = kInk, .bold = chosen});
  canvas.text(x + side, y - 15, fmt::format("PAC {:.3f}", of_k.consensus.ambiguous),
              {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kEnd});
  draw_subtypes(canvas, of_k, colours, x, y, side);
  const Blocks blocks = mean_consensus(of_k.consensus.counts, by_label(of_k.consensus), kMostPixels);
  std::vector<std::uint8_t> rgb;
  for (const double value : blocks.values) append_rgb(rgb, consensus_colour(value));
  const int pixels = static_cast<int>(blocks.side);
  canvas.image(x, y, side, side, pixels, pixels, rgb);
  const std::pair<double, double> corners[] = {{x, y}, {x, y + side}, {x + side, y + side}, {x + side, y}};
  canvas.polyline(corners, kInk, chosen ? 1.6 : 0.5, true);
}

}  // namespace

Canvas consensus_figure(const Discovery& discovery) {
  const std::size_t panels = discovery.of_k.size();
  const std::size_t columns = std::min(kColumns, panels);
  const std::size_t rows = (panels + columns - 1) / columns;
  const double left = kMarginPt + kConsensusBarPt + 1;
  const double room = kDiscoveryFigureWidthPt - left - kMarginPt - (kColumns - 1) * kConsensusGapPt;
  const double side = room / kColumns;
  const double pitch = side + kPanelTopPt;

  const std::size_t cases = discovery.prepared().rows;
  const Heading heading(
      fmt::format("Consensus of {} cases: {}", cases, outcome(discovery)),
      fmt::format(
          "{} repetitions with {:g} % of the cases each. PAC: share of pairs with consensus above 0.1 and up to "
          "0.9.{}",
          discovery.options.repetitions, 100 * discovery.options.share,
          cases > kMostPixels ? " A pixel is the mean of a block of pairs." : ""));
  const double top = heading.height_pt() - 2;
  Canvas canvas = page(top + static_cast<double>(rows) * pitch + kConsensusLegendPt + kMarginPt);
  heading.draw(canvas);
  const auto colours = colours_of_k(discovery);
  for (std::size_t c = 0; c < panels; ++c) {
    draw_panel(canvas, discovery.of_k[c], colours[c], discovery.of_k[c].k == discovery.k,
               left + static_cast<double>(c % columns) * (side + kConsensusGapPt),
               top + static_cast<double>(c / columns) * pitch + kPanelTopPt, side);
  }
  const double bar = top + static_cast<double>(rows) * pitch + 14;
  draw_colour_bar(canvas, left, bar, side, consensus_colour, {{0, "0"}, {0.5, "0.5"}, {1, "1"}});
  canvas.text(left + side + 14, bar + 6.5, "consensus: how often two cases fall together where both were drawn",
              {.size_pt = kSmallPt, .colour = kInk});
  return canvas;
}

}  // namespace radtype::subtype
