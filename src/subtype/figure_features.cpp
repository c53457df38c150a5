#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/subtype/discovery_figures.h"
#include "subtype/figure_data.h"
#include "subtype/figure_parts.h"

namespace radtype::subtype {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;

constexpr std::size_t kFeaturesMostColumns = 900;
constexpr std::size_t kMostNamed = 60;
constexpr double kClip = 3;
constexpr double kFeaturesLeftPt = kMarginPt + 112;
constexpr double kFeaturesLegendPt = 104;
constexpr double kWidthPt = kDiscoveryFigureWidthPt - kFeaturesLeftPt - kFeaturesLegendPt - kMarginPt - 10;
constexpr double kFeaturesBarPt = 12;
constexpr double kBarGapPt = 2;
constexpr int kBars = 5;
constexpr int kFirstOrganColour = 6;  ///< so that the bars share few colours
constexpr int kFirstModalityColour = 3;
constexpr double kHeadPt = 12;  ///< of a legend

std::vector<std::size_t> case_order(const Discovery& discovery) {
  const DiscoveryOfK& of_k = discovery.of_k[shown(discovery)];
  std::vector<std::size_t> order = by_label(of_k.consensus);
  if (discovery.k == 1) return order;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (discovery.labels[a] != discovery.labels[b]) return discovery.labels[a] < discovery.labels[b];
    return of_k.silhouette[a] > of_k.silhouette[b];
  });
  return order;
}

/// Average linkage of 1 - |Pearson's r|.
std::vector<std::size_t> feature_order(const Table& table) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> values(table.values.data(), static_cast<Eigen::Index>(table.rows),
                                          static_cast<Eigen::Index>(table.columns));
  Eigen::MatrixXd unit = values.rowwise() - values.colwise().mean();
  unit.colwise().normalize();  // leaves a column of zeros as it is
  const Eigen::MatrixXd r = unit.transpose() * unit;
  DistanceMatrix apart{table.columns, std::vector<double>(table.columns * table.columns, 0)};
  for (std::size_t a = 0; a < table.columns; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const double distance = 1 - std::abs(r(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)));
      apart.values[a * table.columns + b] = apart.values[b * table.columns + a] = distance;
    }
  }
  return leaves(linkage(std::move(apart), Linkage::kAverage));
}

struct Columns {
  std::vector<std::size_t> order;  ///< of cases
  std::size_t count = 0;
};

/// Places in the order where the subtypes end.
std::vector<std::size_t> ends_of_subtypes(const Discovery& discovery) {
  std::vector<std::size_t> ends(static_cast<std::size_t>(discovery.k), 0);
  for (const int label : discovery.labels) ++ends[static_cast<std::size_t>(label - 1)];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  return ends;
}

/// Bars above the heatmap, with their names. Of many cases, neighbours of one subtype stand one above the other, so
/// that their shares can be seen.
class Bars {
 public:
  Bars(Canvas& canvas, const std::vector<std::size_t>& order, const std::vector<std::size_t>& ends, double y)
      : canvas_(canvas), order_(order), ends_(ends), y_(y) {}

  static bool stacked(std::size_t cases) { return cases > kMostSideBySide; }
  static double height_pt() { return kBars * (kFeaturesBarPt + kBarGapPt); }

  /// `height` of a case in its stack: any number that goes with its colour.
  void draw(const std::string& name, const std::function<double(std::size_t)>& height,
            const std::function<Colour(std::size_t)>& colour) {
    const double pitch = kWidthPt / static_cast<double>(order_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      const std::size_t cases = end - begin;
      const std::size_t stacks = stacked(order_.size()) ? (cases * kStacks + order_.size() - 1) / order_.size() : cases;
      std::vector<std::vector<Colour>> colours(kLevels);
      for (std::size_t n = 0; n < stacks; ++n) {
        std::vector<std::size_t> stack(order_.begin() + static_cast<std::ptrdiff_t>(begin + n * cases / stacks),
                                       order_.begin() + static_cast<std::ptrdiff_t>(begin + (n + 1) * cases / stacks));
        std::stable_sort(stack.begin(), stack.end(),
                         [&](std::size_t a, std::size_t b) { return height(a) < height(b); });
        for (std::size_t level = 0; level < kLevels; ++level)
          colours[level].push_back(colour(stack[(2 * level + 1) * stack.size() / (2 * kLevels)]));
      }
      std::vector<std::uint8_t> rgb;
      for (const auto& row : colours) {
        for (const Colour& pixel : row) append_rgb(rgb, pixel);
      }
      if (cases > 0) {
        canvas_.image(kFeaturesLeftPt + pitch * static_cast<double>(begin), y_, pitch * static_cast<double>(cases),
                      kFeaturesBarPt, static_cast<int>(stacks), static_cast<int>(kLevels), rgb);
      }
      begin = end;
    }
    canvas_.text(kFeaturesLeftPt - 5, y_ + 0.5 * kFeaturesBarPt + 2.5, name,
                 {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kEnd});
    y_ += kFeaturesBarPt + kBarGapPt;
  }

 private:
  static constexpr std::size_t kMostSideBySide = 260;  ///< a point each
  static constexpr std::size_t kStacks = 65;
  static constexpr std::size_t kLevels = 24;

  Canvas& canvas_;
  const std::vector<std::size_t>& order_;
  const std::vector<std::size_t>& ends_;
  double y_;
};

/// Natural logarithms of the volumes that are known.
struct Volumes {
  std::vector<double> log_mm3;  ///< NaN where unknown
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  explicit Volumes(const Discovery& discovery) {
    for (std::size_t row = 0; row < discovery.prepared().rows; ++row) {
      const double volume = discovery.prepared_case(row).volume_mm3;
      log_mm3.push_back(volume > 0 ? std::log(volume) : std::numeric_limits<double>::quiet_NaN());
      if (!(volume > 0)) continue;
      low = std::min(low, log_mm3.back());
      high = std::max(high, log_mm3.back());
    }
  }
  bool known() const { return low <= high; }
  /// Large above small above unknown.
  double height(std::size_t row) const {
    return std::isnan(log_mm3[row]) ? std::numeric_limits<double>::infinity() : -log_mm3[row];
  }
  Colour colour(std::size_t row) const {
    if (std::isnan(log_mm3[row])) return kOthers;
    return figure::sequential_colour(high > low ? (log_mm3[row] - low) / (high - low) : 0.5);
  }
};

void draw_heatmap(Canvas& canvas, const Table& table, const std::vector<std::size_t>& features, const Columns& columns,
                  double y, double height) {
  std::vector<std::uint8_t> rgb;
  std::vector<double> of_case(table.rows);
  for (const std::size_t feature : features) {
    for (std::size_t row = 0; row < table.rows; ++row) of_case[row] = table.row(row)[feature];
    for (const double value : part_means(of_case, columns.order, columns.count))
      append_rgb(rgb, figure::diverging_colour(0.5 + 0.5 * value / kClip));
  }
  canvas.image(kFeaturesLeftPt, y, kWidthPt, height, static_cast<int>(columns.count), static_cast<int>(features.size()),
               rgb);
  const std::pair<double, double> corners[] = {{kFeaturesLeftPt, y},
                                               {kFeaturesLeftPt, y + height},
                                               {kFeaturesLeftPt + kWidthPt, y + height},
                                               {kFeaturesLeftPt + kWidthPt, y}};
  canvas.polyline(corners, kInk, 0.5, true);
}

void draw_names(Canvas& canvas, const std::vector<FrozenFeature>& all, const std::vector<std::size_t>& features,
                double y, double row_pt) {
  const figure::TextStyle style{.size_pt = std::min(6.5, row_pt - 0.5), .colour = kInk, .anchor = Anchor::kEnd};
  for (std::size_t n = 0; n < features.size(); ++n) {
    canvas.text(kFeaturesLeftPt - 4, y + (static_cast<double>(n) + 0.5) * row_pt + 0.35 * style.size_pt,
                shortened(all[features[n]].column.name, kFeaturesLeftPt - kMarginPt - 4, style), style);
  }
}

void draw_families(Canvas& canvas, const std::vector<FrozenFeature>& all, const std::vector<std::size_t>& features,
                   double y, double row_pt) {
  struct Run {
    std::string family;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Run> runs;
  for (std::size_t n = 0; n < features.size(); ++n) {
    const std::string& family = all[features[n]].column.family;
    if (runs.empty() || runs.back().family != family) runs.push_back({family, n, n});
    runs.back().end = n + 1;
  }
  const double height = row_pt * static_cast<double>(features.size());
  const double gap = std::min(8.5, (height - 4) / static_cast<double>(runs.size()));
  const figure::TextStyle style{.size_pt = std::min(kSmallPt, gap - 0.5), .colour = kInk, .anchor = Anchor::kEnd};
  std::vector<double> middles;
  for (const Run& run : runs) middles.push_back(y + 0.5 * row_pt * static_cast<double>(run.begin + run.end));
  const std::vector<double> places = spread_out(middles, gap, y + 3, y + height - 3);
  const double bracket = kFeaturesLeftPt - 5;
  for (std::size_t n = 0; n < runs.size(); ++n) {
    const double top = y + row_pt * static_cast<double>(runs[n].begin) + 0.8;
    const double bottom = y + row_pt * static_cast<double>(runs[n].end) - 0.8;
    const std::pair<double, double> hook[] = {
        {bracket + 3, top}, {bracket, top}, {bracket, bottom}, {bracket + 3, bottom}};
    canvas.polyline(hook, kInk, 0.7);
    canvas.line(bracket, middles[n], bracket - 8, places[n], kInk, 0.5);
    const std::string count = fmt::format(" ({})", runs[n].end - runs[n].begin);
    const double room = bracket - 10 - kMarginPt - canvas.text_width_pt(count, style);
    canvas.text(bracket - 10, places[n] + 0.35 * style.size_pt,
                shortened(runs[n].family.empty() ? "no family" : runs[n].family, room, style) + count, style);
    if (n > 0) canvas.line(kFeaturesLeftPt, top - 0.8, kFeaturesLeftPt + kWidthPt, top - 0.8, kInk, 0.4);
  }
}

std::string what_is_merged(const Columns& columns) {
  std::string words;
  if (Bars::stacked(columns.order.size())) words += " Bars: shares among neighbouring cases.";
  if (columns.count < columns.order.size()) words += " Heatmap: a column is the mean of neighbouring cases.";
  return words;
}

struct Legend {
  std::string title;
  std::vector<LegendEntry> entries;  ///< empty: a colour bar
};

double height_of(const Legend& legend) {
  return kHeadPt + (legend.entries.empty() ? 18 : legend_height_pt(legend.entries)) + 8;
}

}  // namespace

Canvas feature_figure(const Discovery& discovery) {
  const Table& table = discovery.prepared();
  const auto& all = discovery.fitted.preparation.features;
  std::vector<std::size_t> features = feature_order(table);
  const bool named = features.size() <= kMostNamed;
  if (!named) {
    std::stable_sort(features.begin(), features.end(),
                     [&](std::size_t a, std::size_t b) { return all[a].column.family < all[b].column.family; });
  }
  const Columns columns{case_order(discovery), std::min(table.rows, kFeaturesMostColumns)};

  const Categories cohorts(words_of(discovery, [](const Case& one) { return one.cohort; }));
  const Categories organs(words_of(discovery, [](const Case& one) { return one.organ; }), kFirstOrganColour);
  const Categories modalities(words_of(discovery, [](const Case& one) { return one.modality; }), kFirstModalityColour);
  const Volumes volumes(discovery);
  const std::vector<Legend> legends = {{"feature, scaled", {}},           {"subtype", subtype_legend(discovery)},
                                       {"cohort", cohorts.legend()},      {"organ", organs.legend()},
                                       {"modality", modalities.legend()}, {"volume, mL (logarithmic)", {}}};
  double legend_height = 0;
  for (const Legend& legend : legends) legend_height += height_of(legend);

  const Heading heading(fmt::format("Features by subtype: {}", outcome(discovery)),
                        fmt::format("{} features of {} cases, {}.{}", table.columns, table.rows,
                                    discovery.k == 1 ? fmt::format("as in the consensus matrix of k = {}",
                                                                   discovery.of_k[shown(discovery)].k)
                                                     : "by subtype, then by descending silhouette",
                                    what_is_merged(columns)));
  const double top = heading.height_pt() + 6;
  const double bars = Bars::height_pt() + 3;
  const double row_pt = std::clamp(380.0 / static_cast<double>(features.size()), named ? 7.0 : 1.5, 18.0);
  const double height = row_pt * static_cast<double>(features.size());
  Canvas canvas = page(top + std::max(bars + height, legend_height) + kMarginPt);
  heading.draw(canvas);

  const std::vector<std::size_t> ends = ends_of_subtypes(discovery);
  Bars above(canvas, columns.order, ends, top);
  const auto bar_of = [&](const std::string& name, const Categories& categories) {
    above.draw(
        name, [&](std::size_t row) { return static_cast<double>(categories.of_case(row)); },
        [&](std::size_t row) { return categories.colour(row); });
  };
  above.draw(
      "subtype", [&](std::size_t row) { return discovery.labels[row]; },
      [&](std::size_t row) { return discovery.k == 1 ? kOthers : subtype_colour(discovery.labels[row] - 1); });
  bar_of("cohort", cohorts);
  bar_of("organ", organs);
  bar_of("modality", modalities);
  above.draw(
      "volume", [&](std::size_t row) { return volumes.height(row); },
      [&](std::size_t row) { return volumes.colour(row); });
  draw_heatmap(canvas, table, features, columns, top + bars, height);
  if (named)
    draw_names(canvas, all, features, top + bars, row_pt);
  else
    draw_families(canvas, all, features, top + bars, row_pt);
  for (const std::size_t end : ends) {
    if (end == table.rows) break;
    const double at = kFeaturesLeftPt + kWidthPt * static_cast<double>(end) / static_cast<double>(table.rows);
    canvas.line(at, top, at, top + bars - 3, {1, 1, 1, 1}, 1);
    canvas.line(at, top + bars, at, top + bars + height, kInk, 0.6);
  }

  const double x = kFeaturesLeftPt + kWidthPt + 14;
  double y = top;
  for (const Legend& legend : legends) {
    canvas.text(x, y + 7, legend.title, {.size_pt = kSmallPt, .colour = kInk, .bold = true});
    if (!legend.entries.empty()) {
      draw_legend(canvas, x, y + kHeadPt, kFeaturesLegendPt, legend.entries);
    } else if (&legend == &legends.front()) {
      draw_colour_bar(canvas, x + 6, y + kHeadPt, 80, figure::diverging_colour, {{0, "≤ -3"}, {0.5, "0"}, {1, "≥ 3"}});
    } else if (volumes.known()) {
      const auto ml = [](double log_mm3) {
        const double value = std::exp(log_mm3) / 1000;
        return fmt::format("{:.{}f}", value, value < 1 ? 2 : value < 10 ? 1 : 0);
      };
      draw_colour_bar(canvas, x + 6, y + kHeadPt, 80, figure::sequential_colour,
                      {{0, ml(volumes.low)}, {0.5, ml(0.5 * (volumes.low + volumes.high))}, {1, ml(volumes.high)}});
    } else {
      canvas.text(x, y + kHeadPt + 7, "not known", {.size_pt = kSmallPt, .colour = kInk});
    }
    y += height_of(legend);
  }
  return canvas;
}

}  // namespace radtype::subtype
