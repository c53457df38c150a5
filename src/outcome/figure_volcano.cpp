#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "outcome/figure_parts.h"
#include "outcome/label_places.h"

namespace radtype::outcome {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;

constexpr std::size_t kMostDrawn = 2400;  ///< keeps an SVG below a megabyte
constexpr double kDotPt = 1.3;
constexpr double kLabelPt = 6.5;
constexpr Colour kOrdinary{0.62, 0.62, 0.62, 1};

struct Dot {
  double x = 0, y = 0;
  std::size_t point = 0;
};

/// One dot a cell of a lattice as fine as leaves at most so many, the first of the order.
std::vector<Dot> thinned(const std::vector<Dot>& dots, std::size_t most) {
  for (double cell = 0.25;; cell *= 1.25) {
    std::set<std::pair<std::int64_t, std::int64_t>> taken;
    std::vector<Dot> kept;
    for (const Dot& dot : dots) {
      if (taken.emplace(std::llround(dot.x / cell), std::llround(dot.y / cell)).second) kept.push_back(dot);
    }
    if (kept.size() <= most) return kept;
  }
}

class VolcanoPage {
 public:
  explicit VolcanoPage(const VolcanoFigure& figure) : figure_(figure), heading_({}) {
    std::size_t unknown = 0, beyond = 0;
    for (std::size_t n = 0; n < figure_.points.size(); ++n) {
      const VolcanoPoint& point = figure_.points[n];
      if (std::isnan(point.effect) || std::isnan(point.minus_log10_p)) {
        ++unknown;
        continue;
      }
      RADTYPE_CHECK(std::isfinite(point.effect) && point.minus_log10_p >= 0);
      beyond += std::isinf(point.minus_log10_p);
      order_.push_back(n);
    }
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return before(a, b); });
    lay_out();
    choose_dots();
    const std::size_t drawn = ordinary_.size() + significant_.size();
    std::string words = fmt::format("{} of {} points are significant (coloured).", significant_count_, order_.size());
    if (drawn < order_.size()) words += fmt::format(" Drawn: {}; the others lie beneath or beside them.", drawn);
    if (beyond > 0) words += fmt::format(" Triangles: p too small for a number ({}).", beyond);
    if (unknown > 0) words += fmt::format(" Left out: {} without an effect or a p.", unknown);
    heading_ = Heading(figure_.caption, words);
    const double lower = heading_.height_pt() + 4 - plot_.y;
    plot_.y += lower;
    for (auto* dots : {&ordinary_, &significant_}) {
      for (Dot& dot : *dots) dot.y += lower;
    }
  }

  Canvas draw() {
    Canvas canvas = page(figure_.caption.width, plot_.y + plot_.height + kBelowPt + kMarginPt - 3);
    heading_.draw(canvas);
    for (const auto& [x0, y0, x1, y1] : threshold_lines()) canvas.line(x0, y0, x1, y1, kSoft, 0.5);
    for (const Dot& dot : ordinary_) draw_dot(canvas, dot, kOrdinary);
    for (auto dot = significant_.rbegin(); dot != significant_.rend(); ++dot)
      draw_dot(canvas, *dot, figure::series_colour(figure_.points[dot->point].effect < 0 ? 0 : 1));
    plot_.draw_left_axis(canvas, down_, figure_.p_name);
    plot_.draw_lower_axis(canvas, across_, figure_.effect_name);
    draw_labels(canvas);
    return canvas;
  }

 private:
  bool before(std::size_t a, std::size_t b) const {
    const VolcanoPoint& first = figure_.points[a];
    const VolcanoPoint& second = figure_.points[b];
    if (first.significant != second.significant) return first.significant;
    if (first.minus_log10_p != second.minus_log10_p) return first.minus_log10_p > second.minus_log10_p;
    return std::abs(first.effect) > std::abs(second.effect);
  }

  void lay_out() {
    double furthest = figure_.effect_threshold.value_or(0);
    double highest = figure_.minus_log10_p_threshold.value_or(0);
    for (const std::size_t n : order_) {
      furthest = std::max(furthest, std::abs(figure_.points[n].effect));
      if (std::isfinite(figure_.points[n].minus_log10_p)) highest = std::max(highest, figure_.points[n].minus_log10_p);
    }
    if (furthest == 0) furthest = 1;
    const bool narrow = figure_.caption.width == PageWidth::kOneColumn;
    plot_.right = (narrow ? 1.3 : 1.12) * furthest;  // labels have room beside the points
    plot_.left = -plot_.right;
    plot_.top = std::max(1.06 * highest, 1.0);
    across_ = ticks_within(plot_.left, plot_.right, narrow ? 5 : 8);
    down_ = ticks_within(0, plot_.top, narrow ? 5 : 7);
    plot_.x = kMarginPt + left_axis_pt(down_, figure_.p_name);
    plot_.width = width_pt(figure_.caption.width) - kMarginPt - 0.5 * widest(across_) - plot_.x;
    plot_.height = narrow ? 190 : 290;
  }

  void choose_dots() {
    std::vector<Dot> ordinary;
    for (const std::size_t n : order_) {
      const VolcanoPoint& point = figure_.points[n];
      const double y = std::isinf(point.minus_log10_p) ? plot_.y : plot_.down(point.minus_log10_p);
      (point.significant ? significant_ : ordinary).push_back({plot_.across(point.effect), y, n});
    }
    significant_count_ = significant_.size();
    significant_ = thinned(significant_, kMostDrawn / 2);
    ordinary_ = thinned(ordinary, kMostDrawn - significant_.size());
  }

  void draw_dot(Canvas& canvas, const Dot& dot, const Colour& colour) const {
    if (std::isfinite(figure_.points[dot.point].minus_log10_p)) {
      canvas.circle(dot.x, dot.y, kDotPt, colour);
      return;
    }
    const std::pair<double, double> triangle[] = {
        {dot.x, dot.y - 2.2}, {dot.x - 2, dot.y + 1.4}, {dot.x + 2, dot.y + 1.4}};
    canvas.polygon(triangle, colour);
  }

  /// x and y of both ends.
  std::vector<std::array<double, 4>> threshold_lines() const {
    std::vector<std::array<double, 4>> lines;
    if (const auto& level = figure_.minus_log10_p_threshold)
      lines.push_back({plot_.x, plot_.down(*level), plot_.x + plot_.width, plot_.down(*level)});
    if (const auto& effect = figure_.effect_threshold) {
      for (const double at : {plot_.across(-*effect), plot_.across(*effect)})
        lines.push_back({at, plot_.y, at, plot_.y + plot_.height});
    }
    return lines;
  }

  void draw_labels(Canvas& canvas) const {
    const figure::TextStyle style{.size_pt = kLabelPt, .colour = kInk};
    std::vector<std::pair<double, double>> dots, lines;
    for (const Dot& dot : significant_) dots.emplace_back(dot.x, dot.y);
    for (const auto& [x0, y0, x1, y1] : threshold_lines()) {
      const double steps = std::ceil(std::hypot(x1 - x0, y1 - y0) / 3);
      for (double n = 0; n <= steps; ++n) lines.emplace_back(x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps);
    }
    LabelPlaces places({plot_.x + 1, plot_.y - 4, plot_.x + plot_.width, plot_.y + plot_.height - 1}, std::move(dots),
                       std::move(lines));
    const double longest = plot_.width / 4;
    for (std::size_t n = 0; n < std::min(figure_.labels, significant_.size()); ++n) {
      const Dot& dot = significant_[n];
      const std::string words = shortened(figure_.points[dot.point].label, longest, style);
      if (words.empty()) continue;
      const auto place = places.take(dot.x, dot.y, text_width(words, style), kLabelPt);
      if (!place) continue;
      const auto [x, y] = place->nearest(dot.x, dot.y);
      if (std::hypot(x - dot.x, y - dot.y) > 5) canvas.line(dot.x, dot.y, x, y, kSoft, 0.4);
      canvas.text(place->left, place->bottom - 1.5, words, style);
    }
  }

  const VolcanoFigure& figure_;
  Heading heading_;
  std::vector<std::size_t> order_;  ///< of the points that can be drawn: significant first, then by p
  std::vector<Dot> ordinary_;
  std::vector<Dot> significant_;
  std::size_t significant_count_ = 0;
  Plot plot_;
  std::vector<Tick> across_;
  std::vector<Tick> down_;
};

}  // namespace

Canvas volcano_figure(const VolcanoFigure& figure) {
  const bool any = std::any_of(figure.points.begin(), figure.points.end(), [](const VolcanoPoint& point) {
    return !std::isnan(point.effect) && !std::isnan(point.minus_log10_p);
  });
  if (!any) return empty_page(figure.caption, "Nothing to draw: no point has an effect and a p.");
  return VolcanoPage(figure).draw();
}

}  // namespace radtype::outcome
