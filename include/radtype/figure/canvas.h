// 2-D drawing to SVG and PNG on Cairo, and the few chart parts that several modules share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::figure {

struct Colour {
  double r = 0, g = 0, b = 0, a = 1;  ///< 0..1, not premultiplied
};
/// Qualitative palette safe for colour-blind readers (okabe2008), cycled.
Colour series_colour(int index);
/// Perceptually even sequential map; t in [0, 1].
Colour sequential_colour(double t);

enum class Anchor { kStart, kMiddle, kEnd };

struct TextStyle {
  double size_pt = 10;
  Colour colour{};
  Anchor anchor = Anchor::kStart;
  bool bold = false;
  double rotate_degrees = 0;
};

/// Coordinates in points (1/72 inch), y downwards. Everything drawn is kept and replayed on saving, so that one canvas gives both formats.
class Canvas {
 public:
  Canvas(double width_pt, double height_pt, Colour background = {1, 1, 1, 1});
  ~Canvas();
  Canvas(Canvas&&) noexcept;
  Canvas& operator=(Canvas&&) noexcept;

  double width_pt() const;
  double height_pt() const;

  void line(double x0, double y0, double x1, double y1, const Colour& colour, double width_pt = 1);
  void polyline(std::span<const std::pair<double, double>> points, const Colour& colour, double width_pt = 1, bool closed = false);
  void polygon(std::span<const std::pair<double, double>> points, const Colour& fill);
  void rectangle(double x, double y, double width, double height, const Colour& fill);
  void circle(double x, double y, double radius, const Colour& fill);
  void text(double x, double y, const std::string& utf8, const TextStyle& style = {});
  double text_width_pt(const std::string& utf8, const TextStyle& style) const;
  /// rgb: 3 bytes a pixel, rows top down, drawn into the rectangle; smooth = bilinear, else nearest.
  void image(double x, double y, double width, double height, int columns, int rows, std::span<const std::uint8_t> rgb, bool smooth = false);

  /// By extension .svg or .png (at dots_per_inch). kExists unless force; the bytes depend on what was drawn alone (no dates).
  Result<void> save(const std::filesystem::path& path, bool force = false, double dots_per_inch = 144) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Round axis ticks covering [low, high] (about `count` of them).
std::vector<double> nice_ticks(double low, double high, int count = 5);

}  // namespace radtype::figure
