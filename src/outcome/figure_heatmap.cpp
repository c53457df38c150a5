#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "outcome/figure_parts.h"

namespace radtype::outcome {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;

constexpr double kBarLengthPt = 90;
constexpr double kBarHeightPt = 7;
constexpr double kKeyGapPt = 16;
constexpr Colour kMissing{0.8, 0.8, 0.8, 1};

class HeatmapPage {
 public:
  explicit HeatmapPage(const HeatmapFigure& figure) : figure_(figure), heading_(figure.caption) {
    for (const double value : figure_.values) {
      RADTYPE_CHECK(!std::isinf(value));
      missing_ = missing_ || std::isnan(value);
      if (!std::isnan(value)) limit_ = std::max(limit_, std::abs(value));
    }
    if (figure_.limit) {
      RADTYPE_CHECK(std::isfinite(*figure_.limit) && *figure_.limit > 0);
      cut_ = limit_ > *figure_.limit;
      limit_ = *figure_.limit;
    } else if (limit_ == 0) {
      limit_ = 1;
    }
    lay_out();
  }

  Canvas draw() {
    Canvas canvas = page(figure_.caption.width, height_);
    heading_.draw(canvas);
    column_names().draw(canvas, x_ + 0.5 * cell_pt_, y_, true);
    for (std::size_t r = 0; r < figure_.rows.size(); ++r) draw_row(canvas, r);
    const std::pair<double, double> corners[] = {{x_, y_}, {x_, bottom()}, {right(), bottom()}, {right(), y_}};
    canvas.polyline(corners, kInk, 0.5, true);
    draw_key(canvas);
    return canvas;
  }

 private:
  double bottom() const { return y_ + row_pt_ * static_cast<double>(figure_.rows.size()); }
  double right() const { return x_ + cell_pt_ * static_cast<double>(figure_.columns.size()); }

  ColumnNames column_names() const { return {figure_.columns, cell_pt_, beside_ ? 90.0 : 60.0}; }

  void lay_out() {
    const bool narrow = figure_.caption.width == PageWidth::kOneColumn;
    const double width = width_pt(figure_.caption.width) - 2 * kMarginPt;
    const double columns = static_cast<double>(figure_.columns.size());
    beside_ = !narrow;
    const double room = width - (beside_ ? kBarLengthPt + kKeyGapPt + 8 : 0);
    row_pt_ = figure_.rows.size() > 40 ? 9 : 11;
    const double names = widest(figure_.rows, small()) + 4;
    // Names have what cells wide enough for a name leave, and nearly half where those leave little.
    name_pt_ = std::min(names, std::max(0.45 * room, room - 42 * columns));
    cell_pt_ = std::min(52.0, (room - name_pt_) / columns);
    x_ = kMarginPt + name_pt_;
    y_ = heading_.height_pt() + column_names().height_pt() + 1;
    key_x_ = beside_ ? right() + kKeyGapPt : std::min(x_, kMarginPt + width - kBarLengthPt - 2);
    key_y_ = beside_ ? y_ : bottom() + 8;
    height_ = std::max(bottom(), key_y_ + key_height()) + kMarginPt;
  }

  std::vector<std::string> name_lines() const { return wrapped(figure_.value_name, kBarLengthPt, small()); }
  double key_height() const {
    return kLinePt * static_cast<double>(name_lines().size()) + kBarHeightPt + 13 + (figure_.q.empty() ? 0 : 11) +
           (missing_ ? 11 : 0);
  }

  Colour colour(double value) const {
    return std::isnan(value) ? kMissing : figure::diverging_colour(0.5 + 0.5 * value / limit_);
  }

  void draw_row(Canvas& canvas, std::size_t row) const {
    const double y = y_ + row_pt_ * static_cast<double>(row);
    canvas.text(x_ - 4, y + 0.5 * row_pt_ + 2.5, shortened(figure_.rows[row], name_pt_ - 4, small()),
                small(Anchor::kEnd));
    for (std::size_t c = 0; c < figure_.columns.size(); ++c) {
      const std::size_t at = row * figure_.columns.size() + c;
      const double x = x_ + cell_pt_ * static_cast<double>(c);
      const Colour fill = colour(figure_.values[at]);
      // A little larger, lest seams show; the next cell covers it, the frame the last.
      canvas.rectangle(x, y, cell_pt_ + (c + 1 < figure_.columns.size() ? 0.3 : 0),
                       row_pt_ + (row + 1 < figure_.rows.size() ? 0.3 : 0), fill);
      if (!figure_.q.empty() && figure_.q[at] < figure_.level)
        canvas.circle(x + 0.5 * cell_pt_, y + 0.5 * row_pt_, 1.7, ink_on(fill));
    }
  }

  void draw_key(Canvas& canvas) const {
    double y = draw_lines(canvas, key_x_, key_y_ + 6, name_lines(), small()) - 4;
    constexpr int kSteps = 128;
    std::vector<std::uint8_t> rgb;
    for (int n = 0; n < kSteps; ++n) {
      const Colour step = figure::diverging_colour((n + 0.5) / kSteps);
      for (const double part : {step.r, step.g, step.b})
        rgb.push_back(static_cast<std::uint8_t>(std::lround(255 * part)));
    }
    canvas.image(key_x_, y, kBarLengthPt, kBarHeightPt, kSteps, 1, rgb, true);
    const std::string most = fmt::format("{:.2g}", limit_);
    for (const auto& [share, words] : {std::pair(0.0, (cut_ ? "≤ −" : "−") + most), std::pair(0.5, std::string("0")),
                                       std::pair(1.0, (cut_ ? "≥ " : "") + most)}) {
      const double x = key_x_ + share * kBarLengthPt;
      const Anchor anchor = share == 0 ? Anchor::kStart : share == 1 ? Anchor::kEnd : Anchor::kMiddle;
      canvas.line(x, y + kBarHeightPt, x, y + kBarHeightPt + 2, kInk, 0.5);
      canvas.text(x, y + kBarHeightPt + 9, words, small(anchor));
    }
    y += kBarHeightPt + 13;
    if (!figure_.q.empty()) {
      canvas.circle(key_x_ + 4, y + 4, 1.7, kInk);
      canvas.text(key_x_ + 11, y + 6.5, fmt::format("q < {:g}", figure_.level), small());
      y += 11;
    }
    if (missing_) {
      canvas.rectangle(key_x_ + 0.5, y + 0.5, 7, 7, kMissing);
      canvas.text(key_x_ + 11, y + 6.5, "no value", small());
    }
  }

  const HeatmapFigure& figure_;
  Heading heading_;
  double limit_ = 0;
  bool cut_ = false;  ///< some values lie beyond the limit
  bool missing_ = false;
  bool beside_ = true;  ///< the key stands beside the map, else below
  double row_pt_ = 0, cell_pt_ = 0, name_pt_ = 0;
  double x_ = 0, y_ = 0, key_x_ = 0, key_y_ = 0;
  double height_ = 0;
};

}  // namespace

Canvas heatmap_figure(const HeatmapFigure& figure) {
  const std::size_t cells = figure.rows.size() * figure.columns.size();
  RADTYPE_CHECK(figure.values.size() == cells && (figure.q.empty() || figure.q.size() == cells));
  if (cells == 0) return empty_page(figure.caption, "Nothing to draw: no rows or no columns.");
  return HeatmapPage(figure).draw();
}

}  // namespace radtype::outcome
