#include <algorithm>

#include <fmt/format.h>

#include "radtype/subtype/discovery_figures.h"
#include "subtype/figure_data.h"
#include "subtype/figure_parts.h"

namespace radtype::subtype {
namespace {

using figure::Anchor;
using figure::Canvas;

constexpr std::size_t kTrackingMostColumns = 2000;
constexpr double kRowPt = 17;
constexpr double kTrackingGapPt = 3;
constexpr double kTrackingLeftPt = kMarginPt + 34;
constexpr double kNamesPt = 14;

}  // namespace

Canvas tracking_figure(const Discovery& discovery) {
  const auto& of_k = discovery.of_k;
  const std::size_t start = shown(discovery);
  const std::vector<std::size_t> order = by_label(of_k[start].consensus);
  const std::size_t columns = std::min(order.size(), kTrackingMostColumns);
  const Heading heading(
      fmt::format("Cases from k to k: {}", outcome(discovery)),
      fmt::format("{} cases, left to right as in the consensus matrix of k = {}. A cluster keeps the colour of the "
                  "cluster with which it shares most cases in the row nearer to k = {}.",
                  order.size(), of_k[start].k, of_k[start].k));
  const double top = heading.height_pt() + kNamesPt;
  const double height = static_cast<double>(of_k.size()) * (kRowPt + kTrackingGapPt);
  Canvas canvas = page(top + height + kMarginPt);
  heading.draw(canvas);

  const double width = kDiscoveryFigureWidthPt - kTrackingLeftPt - kMarginPt;
  const auto colours = colours_of_k(discovery);
  for (std::size_t c = 0; c < of_k.size(); ++c) {
    const double y = top + static_cast<double>(c) * (kRowPt + kTrackingGapPt);
    std::vector<std::uint8_t> rgb;
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t item = order[(2 * column + 1) * order.size() / (2 * columns)];
      const auto label = static_cast<std::size_t>(of_k[c].consensus.labels[item] - 1);
      append_rgb(rgb, subtype_colour(colours[c][label]));
    }
    canvas.image(kTrackingLeftPt, y, width, kRowPt, static_cast<int>(columns), 1, rgb);
    canvas.text(kTrackingLeftPt - 5, y + 0.5 * kRowPt + 2.5, fmt::format("k = {}", of_k[c].k),
                {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kEnd, .bold = of_k[c].k == discovery.k});
  }

  const auto& labels = of_k[start].consensus.labels;
  double begin = kTrackingLeftPt;
  for (int label = 1; label <= of_k[start].k; ++label) {
    const auto cases = std::count(labels.begin(), labels.end(), label);
    const double length = width * static_cast<double>(cases) / static_cast<double>(labels.size());
    const figure::TextStyle style{.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kMiddle};
    const char* kind = discovery.k == 1 ? "cluster" : "subtype";
    for (const std::string& name : {fmt::format("{} {}, n = {}", kind, label, cases), fmt::format("{} {}", kind, label),
                                    fmt::format("{}", label)}) {
      if (canvas.text_width_pt(name, style) > length - 4) continue;
      canvas.text(begin + 0.5 * length, top - 4, name, style);
      break;
    }
    begin += length;
    if (label < of_k[start].k) canvas.line(begin, top - 9, begin, top + height - kTrackingGapPt, {1, 1, 1, 1}, 0.8);
  }
  return canvas;
}

}  // namespace radtype::subtype
