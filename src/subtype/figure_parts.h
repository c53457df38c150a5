// Parts that the figures of discovery share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "radtype/figure/canvas.h"
#include "radtype/subtype/discovery.h"

namespace radtype::subtype {

constexpr double kMarginPt = 12;
constexpr double kSmallPt = 7;
constexpr double kLegendRowPt = 10;
constexpr figure::Colour kInk{0.15, 0.15, 0.15, 1};
constexpr figure::Colour kFaint{0.87, 0.87, 0.87, 1};
constexpr figure::Colour kOthers{0.72, 0.72, 0.72, 1};

/// As long as asked for, with an ellipsis in the place of what had to go.
std::string shortened(const std::string& text, double width_pt, const figure::TextStyle& style);
/// Lines of whole words; a single word may be wider.
std::vector<std::string> wrapped(const std::string& text, double width_pt, const figure::TextStyle& style);

/// Bold title and the lines below it, over the whole width of the page.
class Heading {
 public:
  Heading(std::string title, const std::string& below);
  double height_pt() const;
  void draw(figure::Canvas& canvas) const;

 private:
  std::string title_;
  std::vector<std::string> lines_;
};

/// A canvas of the width of all figures. Whole points high: a part of a pixel at the edge would come out dark.
figure::Canvas page(double height_pt);

/// "4 subtypes", "no subtypes found (k = 1)"
std::string outcome(const Discovery& discovery);

/// Colours of carried_colours(): series_colour(), then darker ones.
figure::Colour subtype_colour(int index);

/// White (0) to dark blue (1).
figure::Colour consensus_colour(double value);

/// Three bytes a pixel.
void append_rgb(std::vector<std::uint8_t>& rgb, const figure::Colour& colour);

struct Tick {
  double at = 0;
  std::string text;
};
std::vector<Tick> number_ticks(double low, double high, int count);

/// A framed plot of values.
struct Plot {
  double x = 0, y = 0, width = 0, height = 0;  ///< of the frame, in points
  double left = 0, right = 1;                  ///< values at its edges
  double bottom = 0, top = 1;

  double across(double value) const { return x + (value - left) / (right - left) * width; }
  double down(double value) const { return y + (top - value) / (top - bottom) * height; }
  void draw(figure::Canvas& canvas, const std::vector<Tick>& across_ticks, const std::vector<Tick>& down_ticks,
            const std::string& across_name, const std::string& down_name) const;
};

/// A horizontal colour bar for t in 0..1, with texts below it.
void draw_colour_bar(figure::Canvas& canvas, double x, double y, double width_pt,
                     const std::function<figure::Colour(double)>& colour, const std::vector<Tick>& ticks);

struct LegendEntry {
  figure::Colour colour;
  std::string text;
};
/// One below the other; texts are shortened to the width.
void draw_legend(figure::Canvas& canvas, double x, double y, double width_pt, const std::vector<LegendEntry>& entries);
double legend_height_pt(const std::vector<LegendEntry>& entries);
std::vector<LegendEntry> subtype_legend(const Discovery& discovery);

/// Words of cases, ascending; of more than twelve the commonest twelve, and the others together.
class Categories {
 public:
  explicit Categories(const std::vector<std::string>& of_case, int first_colour = 0);
  const std::vector<LegendEntry>& legend() const { return legend_; }
  /// Place in the legend.
  std::size_t of_case(std::size_t row) const { return of_case_[row]; }
  const figure::Colour& colour(std::size_t row) const { return legend_[of_case_[row]].colour; }

 private:
  std::vector<LegendEntry> legend_;
  std::vector<std::size_t> of_case_;
};
/// Of the prepared cases.
std::vector<std::string> words_of(const Discovery& discovery, const std::function<std::string(const Case&)>& word);

/// Places at least `gap` apart and within low..high (which has the room), each near where it wants to be. Ascending.
std::vector<double> spread_out(std::vector<double> wanted, double gap, double low, double high);

}  // namespace radtype::subtype
