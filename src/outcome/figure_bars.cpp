#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "outcome/figure_parts.h"

namespace radtype::outcome {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;

constexpr double kBarsGapPt = 14;
constexpr double kBarsCountPt = 13;  ///< above the bars
constexpr double kBarsMostNamePt = 80;

class BarPage {
 public:
  explicit BarPage(const BarFigure& figure) : figure_(figure), heading_(figure.caption) { lay_out(); }

  Canvas draw() {
    Canvas canvas = page(figure_.caption.width, height_);
    heading_.draw(canvas);
    plot_.draw_left_axis(canvas, ticks_, "share, %");
    for (std::size_t g = 0; g < figure_.groups.size(); ++g) draw_bar(canvas, g);
    const double base = plot_.y + plot_.height;
    canvas.line(plot_.x, base, plot_.x + plot_.width, base, kInk, 0.6);
    canvas.text(plot_.x - 4.5, plot_.y - 6, "n", small(Anchor::kEnd));
    ColumnNames(figure_.groups, pitch_, kBarsMostNamePt).draw(canvas, plot_.x + 0.5 * pitch_, base + 2);
    draw_key(canvas);
    return canvas;
  }

 private:
  double count(std::size_t group, std::size_t category) const {
    return figure_.counts[group * figure_.categories.size() + category];
  }
  /// Beyond the palette the same ones lighter.
  static Colour colour(std::size_t category) {
    constexpr std::size_t kColours = 12;
    const Colour colour = figure::muted_colour(static_cast<int>(category % kColours));
    const auto lighter = [](double part) { return 0.5 + 0.5 * part; };
    if (category % (2 * kColours) < kColours) return colour;
    return {lighter(colour.r), lighter(colour.g), lighter(colour.b), 1};
  }

  void lay_out() {
    const bool narrow = figure_.caption.width == PageWidth::kOneColumn;
    const double width = width_pt(figure_.caption.width);
    ticks_ = number_ticks(0, 100, 5);
    plot_.top = 100;
    plot_.x = kMarginPt + left_axis_pt(ticks_, "share, %");
    plot_.y = heading_.height_pt() + kBarsCountPt;
    plot_.height = narrow ? 120 : 160;
    key_pt_ =
        narrow
            ? width - 2 * kMarginPt
            : std::clamp(std::max(widest(figure_.categories, small()) + 12, text_width(figure_.category_name, small())),
                         100.0, 170.0);
    const double room = width - kMarginPt - plot_.x - (narrow ? 0 : key_pt_ + kBarsGapPt);
    pitch_ = std::min(64.0, room / static_cast<double>(figure_.groups.size()));
    plot_.width = pitch_ * static_cast<double>(figure_.groups.size());
    const double below = plot_.y + plot_.height + 3 + ColumnNames(figure_.groups, pitch_, kBarsMostNamePt).height_pt();
    key_x_ = narrow ? kMarginPt : plot_.x + plot_.width + kBarsGapPt;
    // Beside few bars there is more room.
    if (!narrow) key_pt_ = width - kMarginPt - key_x_;
    key_y_ = narrow ? below + 6 : plot_.y;
    height_ = std::max(below, key_y_ + key_height()) + kMarginPt;
  }

  std::vector<std::string> annotation() const { return wrapped(figure_.annotation, std::min(key_pt_, 230.0), small()); }
  double key_height() const {
    return (figure_.category_name.empty() ? 0 : 11) + 10.5 * static_cast<double>(figure_.categories.size()) +
           (annotation().empty() ? 0 : 5) + kLinePt * static_cast<double>(annotation().size());
  }

  void draw_bar(Canvas& canvas, std::size_t group) const {
    const double middle = plot_.x + (static_cast<double>(group) + 0.5) * pitch_;
    const double width = std::min(44.0, 0.78 * pitch_);
    double all = 0;
    for (std::size_t c = 0; c < figure_.categories.size(); ++c) all += count(group, c);
    figure::TextStyle style = small(Anchor::kMiddle);
    style.size_pt = std::clamp(kSmallPt * (pitch_ - 2) / text_width(count_text(all), style), 4.5, kSmallPt);
    canvas.text(middle, plot_.y - 6, count_text(all), style);
    double below = 0;
    for (std::size_t c = 0; c < figure_.categories.size() && all > 0; ++c) {
      const double share = 100 * count(group, c) / all;
      const double y = plot_.down(below + share), height = plot_.down(below) - y;
      below += share;
      if (share == 0) continue;
      canvas.rectangle(middle - 0.5 * width, y, width, height, colour(c));
      const std::string words = fmt::format("{:.0f}", share);
      figure::TextStyle inside{.size_pt = 6.5, .colour = ink_on(colour(c)), .anchor = Anchor::kMiddle};
      if (height > 8.5 && text_width(words, inside) < width - 2)
        canvas.text(middle, y + 0.5 * height + 2.3, words, inside);
    }
  }

  void draw_key(Canvas& canvas) const {
    double y = key_y_;
    if (!figure_.category_name.empty()) {
      canvas.text(key_x_, y + 6.5, shortened(figure_.category_name, key_pt_, small(Anchor::kStart, true)),
                  small(Anchor::kStart, true));
      y += 11;
    }
    std::vector<LegendEntry> entries;
    for (std::size_t c = figure_.categories.size(); c-- > 0;) entries.push_back({colour(c), figure_.categories[c]});
    y = draw_legend(canvas, key_x_, y, key_pt_, entries);
    draw_lines(canvas, key_x_, y + 11, annotation(), small());
  }

  const BarFigure& figure_;
  Heading heading_;
  Plot plot_;
  std::vector<Tick> ticks_;
  double pitch_ = 0;
  double key_x_ = 0, key_y_ = 0, key_pt_ = 0;
  double height_ = 0;
};

}  // namespace

Canvas bar_figure(const BarFigure& figure) {
  RADTYPE_CHECK(figure.counts.size() == figure.groups.size() * figure.categories.size());
  for (const double count : figure.counts) RADTYPE_CHECK(std::isfinite(count) && count >= 0);
  if (figure.counts.empty()) return empty_page(figure.caption, "Nothing to draw: no groups or no categories.");
  return BarPage(figure).draw();
}

}  // namespace radtype::outcome
