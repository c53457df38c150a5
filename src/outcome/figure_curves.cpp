#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "outcome/figure_numbers.h"
#include "outcome/figure_parts.h"

namespace radtype::outcome {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;
using Points = std::vector<std::pair<double, double>>;

constexpr double kMarkPt = 2;  ///< half of a censoring mark
constexpr double kMarkGapPt = 1.5;
constexpr double kFinestPt = 0.35;  ///< steps closer than this are one
constexpr double kFinestBandPt = 0.7;
constexpr double kNameGapPt = 8;  ///< between a row's name and its first number
constexpr double kKeyPt = 11;     ///< piece of line before a name
constexpr double kRowPt = 9.5;    ///< of a table
constexpr double kTableHeadPt = 12;

struct Totals {
  double subjects = 0;
  double events = 0;
};
Totals totals(const StepCurve& curve) {
  Totals totals;
  if (!curve.steps.empty()) totals.subjects = curve.steps.front().at_risk;
  for (const Step& step : curve.steps) totals.events += step.events;
  return totals;
}

class CurvePage {
 public:
  explicit CurvePage(const CurveFigure& figure) : figure_(figure), heading_(figure.caption) {
    check();
    for (const StepCurve& curve : figure_.curves) {
      if (curve.in_table) in_table_.push_back(&curve);
    }
    lay_out_axes();
    lay_out_page();
  }

  Canvas draw() {
    Canvas canvas = page(figure_.caption.width, height_);
    heading_.draw(canvas);
    plot_.draw_left_axis(canvas, shares_, figure_.share_name);
    plot_.draw_lower_axis(canvas, times_, figure_.time_name);
    for (std::size_t c = 0; c < figure_.curves.size(); ++c) draw_band(canvas, c);
    for (std::size_t c = 0; c < figure_.curves.size(); ++c) draw_curve(canvas, c);
    for (std::size_t c = 0; c < figure_.curves.size(); ++c) draw_marks(canvas, c);
    draw_legend_at(canvas, legend_x_, legend_y_);
    double y = plot_.y + plot_.height + kBelowPt + 6;
    if (in_table_.empty()) return canvas;
    y = draw_table(canvas, y, "number at risk", at_risk);
    if (figure_.cumulative_events) draw_table(canvas, y, "cumulative events", events_until);
    return canvas;
  }

 private:
  bool one_column() const { return figure_.caption.width == PageWidth::kOneColumn; }
  static const std::string& table_name(const StepCurve& curve) {
    return curve.table_name.empty() ? curve.name : curve.table_name;
  }
  double start() const { return figure_.kind == CurveKind::kSurvival ? 1 : 0; }
  Colour colour(std::size_t place) const {
    return group_colour(figure_.curves[place].colour.value_or(static_cast<int>(place)));
  }

  void check() const {
    RADTYPE_CHECK(!figure_.horizon || (std::isfinite(*figure_.horizon) && *figure_.horizon > 0));
    for (const StepCurve& curve : figure_.curves) {
      double last = 0;
      for (const Step& step : curve.steps) {
        RADTYPE_CHECK(step.time >= last && std::isfinite(step.time) && std::isfinite(step.estimate));
        last = step.time;
      }
    }
  }

  void lay_out_axes() {
    double last = 0;
    double highest = 0;
    for (const StepCurve& curve : figure_.curves) {
      for (const Step& step : curve.steps) {
        if (figure_.horizon && step.time > *figure_.horizon) break;
        last = std::max(last, step.time);
        highest = std::max({highest, step.estimate, std::isfinite(step.upper) ? step.upper : 0});
      }
    }
    if (figure_.horizon) last = *figure_.horizon;
    if (last == 0) last = 1;
    plot_.right = last;
    const int count = one_column() ? 5 : 7;
    // Up to the next tick where that is near.
    const double next = number_ticks(0, last, count).back().at;
    if (!figure_.horizon && next < 1.06 * last) plot_.right = next;
    times_ = ticks_within(0, plot_.right, count);
    const double top = figure_.kind == CurveKind::kSurvival ? 1 : std::clamp(highest, 0.05, 1.0);
    shares_ = number_ticks(0, top, 5);
    plot_.top = shares_.back().at;
  }

  void lay_out_page() {
    const double width = width_pt(figure_.caption.width);
    double names = 0;
    for (const StepCurve* curve : in_table_) names = std::max(names, text_width(table_name(*curve), small()));
    // The first number of a table stands below the axis.
    const double first_number = in_table_.empty() ? 0 : 0.5 * widest_number() + kNameGapPt;
    const double names_room = std::min(names, one_column() ? 42.0 : 80.0) + kKeyPt + 3 + first_number;
    plot_.x = kMarginPt + std::max(left_axis_pt(shares_, figure_.share_name), in_table_.empty() ? 0 : names_room);
    plot_.height = one_column() ? 130 : 200;
    plot_.y = heading_.height_pt() + 4;
    const double last_number = 0.5 * std::max(widest(times_), widest_number());
    if (one_column()) {
      plot_.width = width - kMarginPt - last_number - plot_.x;
      legend_x_ = kMarginPt;
      legend_width_ = width - 2 * kMarginPt;
      legend_y_ = heading_.height_pt();
      plot_.y += legend_height() + 2;
    } else {
      legend_width_ = 132;
      legend_x_ = width - kMarginPt - legend_width_;
      legend_y_ = plot_.y;
      plot_.width = legend_x_ - std::max(12.0, last_number + 4) - plot_.x;
      plot_.height = std::max(plot_.height, legend_height());
    }
    height_ = plot_.y + plot_.height + kBelowPt + kMarginPt - 4;
    if (in_table_.empty()) return;
    const double table = kTableHeadPt + kRowPt * static_cast<double>(in_table_.size());
    height_ += 4 + (figure_.cumulative_events ? 2 : 1) * (table + 3);
  }

  double widest_number() const {
    double width = 0;
    for (const StepCurve* curve : in_table_) {
      const Totals all = totals(*curve);
      width =
          std::max({width, text_width(count_text(all.subjects), small()), text_width(count_text(all.events), small())});
    }
    return width;
  }

  /// What is told of a curve besides its name: in a line, or n and the median each in its own.
  std::vector<std::string> legend_lines(std::size_t place) const {
    const StepCurve& curve = figure_.curves[place];
    if (curve.steps.empty()) return {"no cases"};
    const Totals all = totals(curve);
    std::string words = fmt::format("n = {}, {} {}", count_text(all.subjects), count_text(all.events),
                                    all.events == 1 ? "event" : "events");
    if (!curve.median) return {words};
    const std::string median = "median " + median_text(*curve.median);
    if (text_width(words + ", " + median, small()) <= details_width()) return {words + ", " + median};
    return {words, median};
  }
  /// In one column details stand behind the names, which are given the room of the longest or a third.
  double names_width() const {
    double names = 0;
    for (const StepCurve& curve : figure_.curves) names = std::max(names, text_width(curve.name, small()));
    return one_column() ? std::min(names, legend_width_ / 3) : legend_width_ - kKeyPt - 3;
  }
  double details_width() const { return legend_width_ - kKeyPt - 3 - (one_column() ? names_width() + 6 : 0); }
  std::vector<std::string> annotation_lines() const { return wrapped(figure_.annotation, legend_width_, small()); }
  double legend_height() const {
    std::size_t lines = annotation_lines().size();
    for (std::size_t c = 0; c < figure_.curves.size(); ++c) lines += legend_lines(c).size() + (one_column() ? 0 : 1);
    return kLinePt * static_cast<double>(lines) + 2.5 * static_cast<double>(figure_.curves.size()) + 2;
  }
  void draw_legend_at(Canvas& canvas, double x, double y) const {
    const figure::TextStyle soft{.size_pt = kSmallPt, .colour = kSoft};
    const double name_x = x + kKeyPt + 3;
    for (std::size_t c = 0; c < figure_.curves.size(); ++c) {
      canvas.line(x, y + 4, x + kKeyPt, y + 4, colour(c), 1.6);
      canvas.text(name_x, y + 6.5, shortened(figure_.curves[c].name, names_width(), small()), small());
      if (!one_column()) y += kLinePt;
      const double details_x = one_column() ? name_x + names_width() + 6 : name_x;
      y = draw_lines(canvas, details_x, y + 6.5, legend_lines(c), soft) - 6.5 + 2.5;
    }
    draw_lines(canvas, x, y + 8.5, annotation_lines(), small());
  }

  double down(double share) const { return plot_.down(std::clamp(share, 0.0, plot_.top)); }

  /// Corners of a step function, of its steps first to last up to the horizon.
  Points corners(const StepCurve& curve, double Step::*value, std::size_t first, std::size_t last, double end,
                 double finest) const {
    Points points;
    for (std::size_t n = first; n < last && curve.steps[n].time <= plot_.right; ++n) {
      const double x = plot_.across(curve.steps[n].time);
      const double y = down(curve.steps[n].*value);
      if (points.size() > 1 && x - points.back().first < finest) {
        points.back().second = y;
        continue;
      }
      if (!points.empty()) {
        if (points.back().second == y) continue;
        points.emplace_back(x, points.back().second);
      }
      points.emplace_back(x, y);
    }
    if (!points.empty()) points.emplace_back(plot_.across(std::min(end, plot_.right)), points.back().second);
    return points;
  }

  void draw_curve(Canvas& canvas, std::size_t place) const {
    const StepCurve& curve = figure_.curves[place];
    if (curve.steps.empty()) return;
    Points points = corners(curve, &Step::estimate, 0, curve.steps.size(), curve.steps.back().time, kFinestPt);
    const double level = down(start());
    Points whole{{plot_.x, level}};
    whole.emplace_back(points.empty() ? plot_.x + plot_.width : points.front().first, level);
    whole.insert(whole.end(), points.begin(), points.end());
    canvas.polyline(whole, colour(place), 1.3);
  }

  void draw_band(Canvas& canvas, std::size_t place) const {
    const auto& steps = figure_.curves[place].steps;
    const auto limited = [&](std::size_t n) { return std::isfinite(steps[n].lower) && std::isfinite(steps[n].upper); };
    for (std::size_t begin = 0; begin < steps.size();) {
      std::size_t end = begin;
      while (end < steps.size() && limited(end)) ++end;
      if (end > begin) {
        const double until = end < steps.size() ? steps[end].time : steps.back().time;
        Points band = corners(figure_.curves[place], &Step::upper, begin, end, until, kFinestBandPt);
        const Points lower = corners(figure_.curves[place], &Step::lower, begin, end, until, kFinestBandPt);
        band.insert(band.end(), lower.rbegin(), lower.rend());
        if (!band.empty()) canvas.polygon(band, with_alpha(colour(place), figure_.curves.size() > 4 ? 0.09 : 0.14));
      }
      begin = std::max(end, begin + 1);
    }
  }

  void draw_marks(Canvas& canvas, std::size_t place) const {
    double last = -kMarkGapPt;
    for (const Step& step : figure_.curves[place].steps) {
      if (step.time > plot_.right) break;
      const double x = plot_.across(step.time);
      if (step.censored <= 0 || x - last < kMarkGapPt) continue;
      canvas.line(x, down(step.estimate) - kMarkPt, x, down(step.estimate) + kMarkPt, colour(place), 0.7);
      last = x;
    }
  }

  double draw_table(Canvas& canvas, double y, const std::string& name,
                    const std::function<double(const StepCurve&, double)>& number) const {
    canvas.text(kMarginPt, y + 7, name, small(Anchor::kStart, true));
    y += kTableHeadPt;
    const double pitch = times_.size() > 1 ? plot_.across(times_[1].at) - plot_.across(times_[0].at) : plot_.width;
    const auto stride = static_cast<std::size_t>(std::ceil((widest_number() + 3) / pitch));
    const double name_room = plot_.x - 0.5 * widest_number() - kNameGapPt - kMarginPt - kKeyPt - 3;
    for (const StepCurve* curve : in_table_) {
      const auto place = static_cast<std::size_t>(curve - figure_.curves.data());
      if (curve->table_name.empty()) canvas.line(kMarginPt, y + 3.5, kMarginPt + kKeyPt, y + 3.5, colour(place), 1.6);
      canvas.text(kMarginPt + kKeyPt + 3, y + 6, shortened(table_name(*curve), name_room, small()), small());
      for (std::size_t t = 0; t < times_.size(); t += stride)
        canvas.text(plot_.across(times_[t].at), y + 6, count_text(number(*curve, times_[t].at)),
                    small(Anchor::kMiddle));
      y += kRowPt;
    }
    return y + 3;
  }

  const CurveFigure& figure_;
  Heading heading_;
  std::vector<const StepCurve*> in_table_;
  std::vector<Tick> times_;
  std::vector<Tick> shares_;
  Plot plot_;
  double legend_x_ = 0;
  double legend_y_ = 0;
  double legend_width_ = 0;
  double height_ = 0;
};

}  // namespace

StepCurve step_curve(std::string name, const survival::Curve& curve, survival::IntervalKind kind, double confidence) {
  StepCurve steps;
  steps.name = std::move(name);
  for (const survival::CurvePoint& point : curve.points) {
    const survival::Limits limits = survival::limits(point, kind, confidence);
    steps.steps.push_back(
        {point.time, point.survival, limits.lower, limits.upper, point.at_risk, point.events, point.censored});
  }
  steps.median = survival::quantile(curve, 0.5, kind, confidence);
  return steps;
}

Canvas curve_figure(const CurveFigure& figure) {
  if (std::all_of(figure.curves.begin(), figure.curves.end(), [](const StepCurve& c) { return c.steps.empty(); }))
    return empty_page(figure.caption, "Nothing to draw: no group has a case with a time.");
  return CurvePage(figure).draw();
}

}  // namespace radtype::outcome
