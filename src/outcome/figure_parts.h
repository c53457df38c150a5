// Parts that the figures of outcome share. Lengths are points.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "radtype/outcome/figures.h"

namespace radtype::outcome {

constexpr double kMarginPt = 10;
constexpr double kSmallPt = 7;
constexpr double kLinePt = 9;  ///< between baselines of small text
constexpr figure::Colour kInk{0.15, 0.15, 0.15, 1};
constexpr figure::Colour kSoft{0.42, 0.42, 0.42, 1};
constexpr figure::Colour kFaint{0.87, 0.87, 0.87, 1};
constexpr figure::Colour kStripe{0.955, 0.955, 0.955, 1};

figure::TextStyle small(figure::Anchor anchor = figure::Anchor::kStart, bool bold = false);

double text_width(const std::string& text, const figure::TextStyle& style);
double widest(const std::vector<std::string>& texts, const figure::TextStyle& style);
/// With an ellipsis in the place of what does not fit.
std::string shortened(const std::string& text, double width_pt, const figure::TextStyle& style);
/// Lines of whole words; a word wider than a line is broken between characters.
std::vector<std::string> wrapped(const std::string& text, double width_pt, const figure::TextStyle& style);
/// Wrapped, the first baseline at y; returns the baseline after the last.
double draw_lines(figure::Canvas& canvas, double x, double y, const std::vector<std::string>& lines,
                  const figure::TextStyle& style);

/// Shortest digits, with a true minus sign.
std::string number_text(double value);
/// A count, whole or (weighted) with one decimal.
std::string count_text(double count);

class Heading {
 public:
  explicit Heading(const Caption& caption, const std::string& more_note = "");
  double height_pt() const;
  void draw(figure::Canvas& canvas) const;

 private:
  std::vector<std::string> title_;
  std::vector<std::string> note_;
};

/// Whole points high: a part of a pixel at the edge would come out dark.
figure::Canvas page(PageWidth width, double height_pt);
/// The caption, and why there is nothing below it.
figure::Canvas empty_page(const Caption& caption, const std::string& reason);

struct Tick {
  double at = 0;
  std::string text;
};
/// Round numbers with as many decimals as one of them needs, the first <= low and the last >= high.
std::vector<Tick> number_ticks(double low, double high, int count);
/// Those between low and high.
std::vector<Tick> ticks_within(double low, double high, int count);
double widest(const std::vector<Tick>& ticks);

/// A plot of values within a left and a lower axis.
struct Plot {
  double x = 0, y = 0, width = 0, height = 0;
  double left = 0, right = 1;  ///< values at its edges
  double bottom = 0, top = 1;

  double across(double value) const { return x + (value - left) / (right - left) * width; }
  double down(double value) const { return y + (top - value) / (top - bottom) * height; }
  void draw_left_axis(figure::Canvas& canvas, const std::vector<Tick>& ticks, const std::string& name,
                      bool grid = false) const;
  /// Ticks, their numbers and the name: kBelowPt high.
  void draw_lower_axis(figure::Canvas& canvas, const std::vector<Tick>& ticks, const std::string& name) const;
};
constexpr double kBelowPt = 24;
/// Left of a plot, for ticks and a name.
double left_axis_pt(const std::vector<Tick>& ticks, const std::string& name);

/// Names of equal columns: side by side where they fit (if need be a little smaller), else upright.
class ColumnNames {
 public:
  ColumnNames(std::vector<std::string> names, double pitch_pt, double most_pt);
  double height_pt() const { return height_; }
  /// The first column's middle is at x; the names end (`above`) or begin at y.
  void draw(figure::Canvas& canvas, double x, double y, bool above = false) const;

 private:
  std::vector<std::string> names_;
  double pitch_;
  double height_ = kLinePt;
  double size_pt_ = kSmallPt;
  bool upright_ = false;
};

struct LegendEntry {
  figure::Colour colour;
  std::string text;
};
/// One below the other; texts are shortened to the width. Returns the y below.
double draw_legend(figure::Canvas& canvas, double x, double y, double width_pt,
                   const std::vector<LegendEntry>& entries);

figure::Colour with_alpha(const figure::Colour& colour, double alpha);
/// Black or white, whichever is read better on the colour.
figure::Colour ink_on(const figure::Colour& colour);

}  // namespace radtype::outcome
