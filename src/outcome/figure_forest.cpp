#include <algorithm>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "outcome/figure_numbers.h"
#include "outcome/figure_parts.h"

namespace radtype::outcome {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;
using figure::TextStyle;

constexpr double kForestGapPt = 7;
constexpr double kHeadPt = 14;
constexpr double kHeadingPt = 13;  ///< of a block, in one column
constexpr double kIndentPt = 8;
constexpr double kBoxPt = 4.6;
constexpr double kFurthest = 8;        ///< a limit this many times beyond all estimates leaves the axis
constexpr double kLargestRatio = 1e3;  ///< an estimate this far from 1 does
const Colour kBox = figure::series_colour(0);

bool estimated(const ForestRow& row) { return !row.heading && row.missing.empty(); }

std::string words_of(const ForestRow& row) {
  return estimated(row) ? estimate_text(row.estimate, row.lower, row.upper) : "";
}

struct Axis {
  double low = 1;
  double high = 1;
};
/// 1, the estimates, and the limits that are not far beyond them.
Axis axis_of(const std::vector<ForestRow>& rows) {
  Axis axis;
  for (const ForestRow& row : rows) {
    if (!estimated(row)) continue;
    axis.low = std::min(axis.low, std::max(row.estimate, 1 / kLargestRatio));
    axis.high = std::max(axis.high, std::min(row.estimate, kLargestRatio));
  }
  const double least = axis.low / kFurthest;
  const double most = axis.high * kFurthest;
  for (const ForestRow& row : rows) {
    if (!estimated(row)) continue;
    if (row.lower >= least) axis.low = std::min(axis.low, row.lower);
    if (row.upper <= most) axis.high = std::max(axis.high, row.upper);
  }
  constexpr double kLeastRange = 0.02;
  const double margin = std::pow(std::max(axis.high / axis.low, 1 + kLeastRange), 0.07);
  axis.low /= margin;
  axis.high *= margin;
  return axis;
}

/// Positions are logarithms. As many round numbers as have room, 1 among them.
std::vector<Tick> ratio_ticks(const Axis& axis, double width_pt) {
  std::vector<std::vector<double>> choices;
  for (const std::vector<double>& digits : {std::vector<double>{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 5, 7}}) {
    choices.emplace_back();
    for (int power = -4; power <= 4; ++power) {
      for (const double digit : digits)
        choices.back().push_back(power < 0 ? digit / std::pow(10.0, -power) : digit * std::pow(10.0, power));
    }
  }
  for (const int count : {4, 6}) choices.push_back(figure::nice_ticks(axis.low, axis.high, count));
  std::vector<Tick> best;
  for (const std::vector<double>& choice : choices) {
    std::vector<Tick> ticks;
    double end = -1e300;
    bool fits = true;
    for (const double at : choice) {
      if (at < axis.low || at > axis.high) continue;
      ticks.push_back({std::log(at), number_text(at)});
      const double x = std::log(at / axis.low) / std::log(axis.high / axis.low) * width_pt;
      const double half = 0.5 * text_width(ticks.back().text, small());
      fits = fits && x - half > end + 5;
      end = x + half;
    }
    const bool has_one = std::any_of(ticks.begin(), ticks.end(), [](const Tick& tick) { return tick.at == 0; });
    if (fits && has_one && ticks.size() > best.size() && ticks.size() <= 9) best = std::move(ticks);
  }
  return best;
}

class ForestPage {
 public:
  explicit ForestPage(const ForestFigure& figure) : figure_(figure), heading_(figure.caption) {
    for (const ForestRow& row : figure_.rows) {
      if (!estimated(row)) continue;
      RADTYPE_CHECK(std::isfinite(row.estimate) && row.estimate > 0 && row.lower >= 0 && row.upper >= row.lower);
    }
    lay_out();
  }

  Canvas draw() {
    Canvas canvas = page(figure_.caption.width, height_);
    heading_.draw(canvas);
    draw_head(canvas);
    for (std::size_t r = 0; r < figure_.rows.size(); r += 2) {
      canvas.rectangle(kMarginPt - 3, top_of(r), width_pt(figure_.caption.width) - 2 * kMarginPt + 6,
                       tops_[r + 1] - tops_[r], kStripe);
    }
    const double one = plot_.across(0);
    for (const Tick& tick : ticks_)
      canvas.line(plot_.across(tick.at), plot_.y, plot_.across(tick.at), bottom(), kFaint, 0.5);
    canvas.line(one, plot_.y, one, bottom(), kSoft, 0.8);
    for (std::size_t r = 0; r < figure_.rows.size(); ++r) draw_row(canvas, r);
    plot_.draw_lower_axis(canvas, ticks_, figure_.estimate_name);
    draw_sides(canvas, one);
    return canvas;
  }

 private:
  double top_of(std::size_t row) const { return plot_.y + tops_[row]; }
  double bottom() const { return plot_.y + plot_.height; }

  template <class Text>
  double column_pt(const std::string& head, const Text& text) const {
    double width = 0;
    for (const ForestRow& row : figure_.rows) width = std::max(width, text_width(text(row), small()));
    return width > 0 ? std::max(width, text_width(head, small(Anchor::kStart, true))) + kForestGapPt : 0;
  }

  bool narrow() const { return figure_.caption.width == PageWidth::kOneColumn; }
  static std::string events_of_n(const ForestRow& row) {
    if (!row.n) return "";
    return row.events ? fmt::format("{}/{}", *row.events, *row.n) : fmt::format("{}", *row.n);
  }
  static std::string number(const std::optional<std::int64_t>& count) { return count ? fmt::format("{}", *count) : ""; }

  void lay_out() {
    if (narrow())
      lay_out_narrow();
    else
      lay_out_columns();
    plot_.y = heading_.height_pt() + kHeadPt;
    const Axis axis = axis_of(figure_.rows);
    plot_.left = std::log(axis.low);
    plot_.right = std::log(axis.high);
    ticks_ = ratio_ticks(axis, plot_.width);
    for (const ForestRow& row : figure_.rows) {
      tops_.push_back(plot_.height);
      plot_.height += narrow() && row.heading ? kHeadingPt : row_pt_;
    }
    tops_.push_back(plot_.height);
    const bool sides = !figure_.below_one.empty() || !figure_.above_one.empty();
    height_ = bottom() + kBelowPt + (sides ? 10 : 0) + kMarginPt - 3;
  }

  /// In one column a row has two lines, label above estimate, left of the plot.
  void lay_out_narrow() {
    row_pt_ = 21;
    plot_.width = 92;
    plot_.x = width_pt(figure_.caption.width) - kMarginPt - plot_.width;
    label_pt_ = plot_.x - kForestGapPt - kMarginPt;
    n_pt_ = column_pt("events/n", events_of_n);
  }

  void lay_out_columns() {
    const double width = width_pt(figure_.caption.width);
    row_pt_ = figure_.rows.size() > 40 ? 10 : 12;
    n_pt_ = column_pt("n", [](const ForestRow& row) { return number(row.n); });
    events_pt_ = column_pt("events", [](const ForestRow& row) { return number(row.events); });
    text_pt_ = column_pt(figure_.column_name, words_of);
    p_pt_ = column_pt(figure_.p_name, [](const ForestRow& row) { return row.p; });
    double labels = 0;
    for (const ForestRow& row : figure_.rows) {
      // A heading may run over the columns beside it.
      if (!row.heading) labels = std::max(labels, row.indent * kIndentPt + text_width(row.label, small()));
    }
    const double room = width - 2 * kMarginPt - n_pt_ - events_pt_ - text_pt_ - p_pt_ - 2 * kForestGapPt;
    constexpr double kLeastPlotPt = 150;
    label_pt_ = std::clamp(labels, 30.0, std::max(30.0, room - kLeastPlotPt));
    plot_.x = kMarginPt + label_pt_ + n_pt_ + events_pt_ + kForestGapPt;
    plot_.width = room - label_pt_;
  }

  void draw_head(Canvas& canvas) const {
    const double y = plot_.y - 5;
    const auto head = [&](double end, double room, const std::string& text) {
      if (room > 0) canvas.text(end, y, text, small(Anchor::kEnd, true));
    };
    if (narrow()) {
      head(kMarginPt + label_pt_, n_pt_, "events/n");
      const TextStyle bold = small(Anchor::kStart, true);
      canvas.text(kMarginPt, y, shortened(figure_.column_name, label_pt_ - n_pt_, bold), bold);
    } else {
      head(kMarginPt + label_pt_ + n_pt_, n_pt_, "n");
      head(kMarginPt + label_pt_ + n_pt_ + events_pt_, events_pt_, "events");
      head(text_end(), text_pt_, figure_.column_name);
      head(p_end(), p_pt_, figure_.p_name);
    }
    canvas.line(kMarginPt - 3, plot_.y, width_pt(figure_.caption.width) - kMarginPt + 3, plot_.y, kInk, 0.6);
  }
  double p_end() const { return width_pt(figure_.caption.width) - kMarginPt; }
  double text_end() const { return p_end() - p_pt_; }

  void draw_row(Canvas& canvas, std::size_t place) const {
    const ForestRow& row = figure_.rows[place];
    const double top = top_of(place);
    const double base = 0.5 * (top + top_of(place + 1)) + 2.5;
    const double x = kMarginPt + row.indent * kIndentPt;
    const TextStyle style = small(Anchor::kStart, row.heading);
    if (row.heading) {
      canvas.text(x, base, shortened(row.label, width_pt(figure_.caption.width) - kMarginPt - x, style), style);
      return;
    }
    if (narrow()) {
      draw_narrow_row(canvas, row, x, top);
      return;
    }
    canvas.text(x, base, shortened(row.label, kMarginPt + label_pt_ - x, style), style);
    const double n_end = kMarginPt + label_pt_ + n_pt_;
    canvas.text(n_end, base, number(row.n), small(Anchor::kEnd));
    canvas.text(n_end + events_pt_, base, number(row.events), small(Anchor::kEnd));
    canvas.text(p_end(), base, row.p, small(Anchor::kEnd));
    if (!row.missing.empty()) {
      const double end = row.p.empty() ? p_end() : text_end();
      const TextStyle soft{.size_pt = kSmallPt, .colour = kSoft, .anchor = Anchor::kEnd};
      const std::string words = shortened(row.missing, end - plot_.x, soft);
      canvas.rectangle(end - text_width(words, soft) - 2, base - 6.5, text_width(words, soft) + 2, 8.5,
                       place % 2 == 0 ? kStripe : Colour{1, 1, 1, 1});
      canvas.text(end, base, words, soft);
      return;
    }
    canvas.text(text_end(), base, words_of(row), small(Anchor::kEnd));
    draw_interval(canvas, row, top + 0.5 * row_pt_);
  }

  void draw_narrow_row(Canvas& canvas, const ForestRow& row, double x, double top) const {
    const double end = kMarginPt + label_pt_;
    const double room = end - x;
    const TextStyle soft{.size_pt = kSmallPt, .colour = kSoft};
    canvas.text(x, top + 8.5, shortened(row.label, room - n_pt_, small()), small());
    canvas.text(end, top + 8.5, events_of_n(row), small(Anchor::kEnd));
    const double base = top + 8.5 + kLinePt;
    if (!row.missing.empty()) {
      canvas.text(x, base, shortened(row.missing, room, soft), soft);
      return;
    }
    canvas.text(x, base, words_of(row), soft);
    TextStyle right = soft;
    right.anchor = Anchor::kEnd;
    if (!row.p.empty())
      canvas.text(end, base, fmt::format("{} {}{}", figure_.p_name, row.p.starts_with('<') ? "" : "= ", row.p), right);
    draw_interval(canvas, row, top + 0.5 * row_pt_);
  }

  void draw_interval(Canvas& canvas, const ForestRow& row, double y) const {
    const double right = plot_.x + plot_.width;
    const double low = row.lower > 0 ? plot_.across(std::log(row.lower)) : -1e9;
    const double high = std::isfinite(row.upper) ? plot_.across(std::log(row.upper)) : 1e9;
    canvas.line(std::clamp(low, plot_.x, right), y, std::clamp(high, plot_.x, right), y, kBox, 1.1);
    for (const auto& [limit, edge, inwards] : {std::tuple(low, plot_.x, 4.0), std::tuple(high, right, -4.0)}) {
      const bool beyond = inwards > 0 ? limit < edge : limit > edge;
      if (beyond) {
        const std::pair<double, double> arrow[] = {{edge, y}, {edge + inwards, y - 2.6}, {edge + inwards, y + 2.6}};
        canvas.polygon(arrow, kBox);
      } else if (limit >= plot_.x && limit <= right) {
        canvas.line(limit, y - 2, limit, y + 2, kBox, 0.9);
      }
    }
    const double at = plot_.across(std::log(row.estimate));
    if (at < plot_.x || at > right) return;
    canvas.rectangle(at - 0.5 * kBoxPt, y - 0.5 * kBoxPt, kBoxPt, kBoxPt, kBox);
  }

  /// Under the axis, to the left and right of 1; moved together where the page ends.
  void draw_sides(Canvas& canvas, double one) const {
    const double y = bottom() + kBelowPt + 6;
    constexpr double kFromOnePt = 4;
    const TextStyle soft{.size_pt = kSmallPt, .colour = kSoft};
    const double end = width_pt(figure_.caption.width) - kMarginPt;
    const double most = 0.5 * (end - kMarginPt) - kFromOnePt;
    const auto words = [&](const std::string& text) { return text.empty() ? "" : shortened(text, most, soft); };
    const std::string left = words(figure_.below_one.empty() ? "" : "← " + figure_.below_one);
    const std::string right = words(figure_.above_one.empty() ? "" : figure_.above_one + " →");
    const double middle =
        std::clamp(one, kMarginPt + text_width(left, soft) + kFromOnePt, end - text_width(right, soft) - kFromOnePt);
    canvas.text(middle - kFromOnePt - text_width(left, soft), y, left, soft);
    canvas.text(middle + kFromOnePt, y, right, soft);
  }

  const ForestFigure& figure_;
  Heading heading_;
  Plot plot_;
  std::vector<Tick> ticks_;
  std::vector<double> tops_;  ///< of the rows below the head, and the end
  double row_pt_ = 12;
  double label_pt_ = 0, n_pt_ = 0, events_pt_ = 0, text_pt_ = 0, p_pt_ = 0;  ///< widths of the columns
  double height_ = 0;
};

}  // namespace

Canvas forest_figure(const ForestFigure& figure) {
  if (figure.rows.empty()) return empty_page(figure.caption, "Nothing to draw: no rows.");
  return ForestPage(figure).draw();
}

}  // namespace radtype::outcome
