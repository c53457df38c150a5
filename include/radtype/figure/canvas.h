// 2-D drawing to SVG and PNG on Cairo, and the few chart parts that several modules share.
//
// Lengths and coordinates are points (1/72 inch), y downwards; every one must be finite (a RADTYPE_CHECK).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::figure {

struct Colour {
  double r = 0, g = 0, b = 0, a = 1;  ///< 0..1 sRGB, not premultiplied
};
/// Qualitative palette safe for colour-blind readers (okabe2008), cycled; index >= 0.
Colour series_colour(int index);
/// Sequential map, dark blue to yellow, with CIE 1976 lightness L* linear in t (clamped to [0, 1]), so that it also
/// reads in grey.
Colour sequential_colour(double t);
/// Diverging map, blue over white (t = 0.5) to red-brown: two straight lines of one length in CIE 1976 L*a*b*, so that
/// equal steps look equal and the two sides weigh the same; blue against red-brown is told apart by colour-blind
/// readers too. t is clamped to [0, 1].
Colour diverging_colour(double t);
/// Second qualitative palette (tol2021), 12 muted colours, cycled, for categories beside those of series_colour();
/// index >= 0.
Colour muted_colour(int index);

enum class Anchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size_pt = 10;
  Colour colour{};
  Anchor anchor = Anchor::kStart;
  bool bold = false;
  double rotate_degrees = 0;  ///< clockwise about the anchor; -90 reads upwards
};

/// Everything drawn is kept and replayed on saving, so that one canvas gives both formats.
///
/// Text is set in DejaVu Sans; characters it lacks (Japanese) come from the first installed fallback family that has
/// them. Bytes that are not UTF-8 become U+FFFD. SVG holds text as outlines, so it looks the same everywhere.
class Canvas {
 public:
  Canvas(double width_pt, double height_pt, Colour background = {1, 1, 1, 1});
  ~Canvas();
  Canvas(Canvas&&) noexcept;
  Canvas& operator=(Canvas&&) noexcept;

  double width_pt() const;
  double height_pt() const;

  void line(double x0, double y0, double x1, double y1, const Colour& colour, double width_pt = 1);
  void polyline(std::span<const std::pair<double, double>> points, const Colour& colour, double width_pt = 1,
                bool closed = false);
  void polygon(std::span<const std::pair<double, double>> points, const Colour& fill);
  void rectangle(double x, double y, double width, double height, const Colour& fill);
  void circle(double x, double y, double radius, const Colour& fill);
  /// One line of text with its baseline at y.
  void text(double x, double y, const std::string& utf8, const TextStyle& style = {});
  /// Advance width of the text; rotation and anchor do not matter.
  double text_width_pt(const std::string& utf8, const TextStyle& style = {}) const;
  /// rgb: 3 bytes a pixel, rows top down, drawn into the rectangle; smooth = bilinear, else nearest.
  void image(double x, double y, double width, double height, int columns, int rows, std::span<const std::uint8_t> rgb,
             bool smooth = false);

  /// By extension .svg or .png (at dots_per_inch; SVG ignores it), as write_text_file does.
  /// The bytes depend on what was drawn, the fonts installed and the Cairo version alone (no dates).
  /// Errors: kUsage for another extension or a resolution that is not positive; kExists when the file exists, unless
  /// force; kTooLarge for a PNG over 32767 pixels a side or 2^28 pixels; kUnreadable when the file cannot be written.
  Result<void> save(const std::filesystem::path& path, bool force = false, double dots_per_inch = 144) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Round axis ticks (steps of 1, 2 or 5 times a power of ten), the first <= low, the last >= high, about `count`
/// intervals. Needs low <= high, |low|, |high| <= 1e300 and count >= 1; an interval too narrow for its magnitude is
/// widened.
std::vector<double> nice_ticks(double low, double high, int count = 5);

}  // namespace radtype::figure
