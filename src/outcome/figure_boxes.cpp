#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "outcome/figure_numbers.h"
#include "outcome/figure_parts.h"

namespace radtype::outcome {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;

constexpr std::size_t kMostPoints = 200;
constexpr double kPlotHeightPt = 115;
constexpr double kBoxesGapPt = 14;
constexpr double kTitlePt = 13;
constexpr double kAnnotationPt = 10;
constexpr double kBoxesCountPt = 12;
constexpr double kBoxesMostNamePt = 70;

/// -1 to 1, spread evenly over the places (the fractional parts of multiples of the golden section).
double jitter(std::size_t place) {
  const double turned = 0.6180339887498949 * static_cast<double>(place);
  return 2 * (turned - std::floor(turned)) - 1;
}

/// Evenly by rank, the extremes among them.
std::vector<double> shown_points(const std::vector<double>& sorted) {
  if (sorted.size() <= kMostPoints) return sorted;
  std::vector<double> shown;
  for (std::size_t n = 0; n < kMostPoints; ++n) shown.push_back(sorted[n * (sorted.size() - 1) / (kMostPoints - 1)]);
  return shown;
}

class Panel {
 public:
  Panel(const BoxPanel& panel, double width) : panel_(panel) {
    double low = INFINITY, high = -INFINITY;
    for (const BoxGroup& group : panel.groups) {
      for (const double value : group.values) {
        RADTYPE_CHECK(std::isfinite(value));
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    any_ = low <= high;
    if (any_) {
      const double apart = high > low ? high - low : low != 0 ? std::abs(low) : 1;
      plot_.bottom = low - 0.05 * apart;
      plot_.top = high + 0.05 * apart;
      ticks_ = ticks_within(plot_.bottom, plot_.top, 6);
    }
    left_ = left_axis_pt(ticks_, panel.value_name);
    plot_.width = width - left_;
    plot_.height = kPlotHeightPt;
    pitch_ = plot_.width / std::max(1.0, static_cast<double>(panel.groups.size()));
  }

  ColumnNames names() const {
    std::vector<std::string> names;
    for (const BoxGroup& group : panel_.groups) names.push_back(group.name);
    return {std::move(names), pitch_, kBoxesMostNamePt};
  }
  double height_pt() const {
    return kTitlePt + kAnnotationPt + kPlotHeightPt + kBoxesCountPt + names().height_pt() + 4;
  }

  void draw(Canvas& canvas, double x, double y) {
    const figure::TextStyle title{.size_pt = 7.5, .colour = kInk, .bold = true};
    const double width = left_ + plot_.width;
    canvas.text(x, y + 7.5, shortened(panel_.title, width, title), title);
    canvas.text(x + left_, y + kTitlePt + 6, shortened(panel_.annotation, plot_.width, small()), small());
    plot_.x = x + left_;
    plot_.y = y + kTitlePt + kAnnotationPt;
    plot_.draw_left_axis(canvas, ticks_, panel_.value_name);
    const double base = plot_.y + plot_.height;
    canvas.line(plot_.x, base, plot_.x + plot_.width, base, kInk, 0.6);
    for (std::size_t g = 0; g < panel_.groups.size(); ++g) {
      const double middle = plot_.x + (static_cast<double>(g) + 0.5) * pitch_;
      draw_group(canvas, panel_.groups[g], group_colour(panel_.groups[g].colour.value_or(static_cast<int>(g))), middle);
      canvas.text(middle, base + 10, fmt::format("{}", panel_.groups[g].values.size()), count_style());
    }
    if (any_)
      canvas.text(plot_.x - 4.5, base + 10, "n", small(Anchor::kEnd));
    else
      canvas.text(plot_.x + 6, plot_.y + 12, "no values", small());
    names().draw(canvas, plot_.x + 0.5 * pitch_, base + kBoxesCountPt);
  }

 private:
  /// Counts of narrow boxes are set smaller.
  figure::TextStyle count_style() const {
    figure::TextStyle style = small(Anchor::kMiddle);
    std::vector<std::string> counts;
    for (const BoxGroup& group : panel_.groups) counts.push_back(fmt::format("{}", group.values.size()));
    style.size_pt = std::clamp(kSmallPt * (pitch_ - 2) / widest(counts, style), 4.5, kSmallPt);
    return style;
  }

  void draw_group(Canvas& canvas, const BoxGroup& group, const Colour& colour, double middle) const {
    std::vector<double> sorted = group.values;
    if (sorted.empty()) return;
    std::sort(sorted.begin(), sorted.end());
    const double half = std::min(15.0, 0.36 * pitch_);
    const std::vector<double> points = shown_points(sorted);
    for (std::size_t n = 0; n < points.size(); ++n)
      canvas.circle(middle + (points.size() > 1 ? 0.8 * half * jitter(n + 1) : 0), plot_.down(points[n]), 1.1,
                    with_alpha(colour, 0.45));
    const BoxNumbers box = box_numbers(sorted);
    const double top = plot_.down(box.upper), bottom = plot_.down(box.lower);
    canvas.rectangle(middle - half, top, 2 * half, bottom - top, with_alpha(colour, 0.16));
    const std::pair<double, double> corners[] = {
        {middle - half, top}, {middle - half, bottom}, {middle + half, bottom}, {middle + half, top}};
    canvas.polyline(corners, colour, 0.8, true);
    canvas.line(middle, top, middle, plot_.down(box.high), colour, 0.8);
    canvas.line(middle, bottom, middle, plot_.down(box.low), colour, 0.8);
    for (const double end : {box.low, box.high})
      canvas.line(middle - 0.4 * half, plot_.down(end), middle + 0.4 * half, plot_.down(end), colour, 0.8);
    const double median = plot_.down(box.median);
    canvas.line(middle - half, median, middle + half, median, kInk, 1.3);
  }

  const BoxPanel& panel_;
  Plot plot_;
  std::vector<Tick> ticks_;
  double left_ = 0;
  double pitch_ = 0;
  bool any_ = false;
};

std::string what_is_drawn(const BoxFigure& figure) {
  std::string words = "Boxes: median and quartiles; whiskers: last values within 1.5 interquartile ranges.";
  const bool many = std::any_of(figure.panels.begin(), figure.panels.end(), [](const BoxPanel& panel) {
    return std::any_of(panel.groups.begin(), panel.groups.end(),
                       [](const BoxGroup& group) { return group.values.size() > kMostPoints; });
  });
  if (many)
    words += fmt::format(" Of more than {} values in a group {} are drawn, evenly by rank.", kMostPoints, kMostPoints);
  return words;
}

}  // namespace

Canvas box_figure(const BoxFigure& figure) {
  std::size_t groups = 0;
  for (const BoxPanel& panel : figure.panels) groups = std::max(groups, panel.groups.size());
  if (groups == 0) return empty_page(figure.caption, "Nothing to draw: no groups.");
  const double width = width_pt(figure.caption.width) - 2 * kMarginPt + kBoxesGapPt;
  const double wanted = 42 + 26 * static_cast<double>(groups) + kBoxesGapPt;
  const std::size_t most = std::min<std::size_t>(figure.panels.size(), 4);
  const std::size_t across = std::clamp<std::size_t>(static_cast<std::size_t>(width / wanted), 1, most);
  const double panel_width =
      std::min(width / static_cast<double>(across), 255.0 + 26 * static_cast<double>(groups)) - kBoxesGapPt;

  std::vector<Panel> panels;
  for (const BoxPanel& panel : figure.panels) panels.emplace_back(panel, panel_width);
  const Heading heading(figure.caption, what_is_drawn(figure));
  std::vector<double> tops{heading.height_pt()};
  for (std::size_t begin = 0; begin < panels.size(); begin += across) {
    double height = 0;
    for (std::size_t p = begin; p < std::min(begin + across, panels.size()); ++p)
      height = std::max(height, panels[p].height_pt());
    tops.push_back(tops.back() + height + 8);
  }
  Canvas canvas = page(figure.caption.width, tops.back() - 8 + kMarginPt);
  heading.draw(canvas);
  for (std::size_t p = 0; p < panels.size(); ++p)
    panels[p].draw(canvas, kMarginPt + static_cast<double>(p % across) * (panel_width + kBoxesGapPt), tops[p / across]);
  return canvas;
}

}  // namespace radtype::outcome
