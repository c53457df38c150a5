#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "radtype/figure/canvas.h"

namespace radtype::figure {
namespace {

double cie_inverse(double f) { return f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29); }

double srgb_encoded(double linear) {
  const double v = std::clamp(linear, 0.0, 1.0);
  return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
}

// CIE 1976 L*a*b* (D65) to sRGB (IEC 61966-2-1).
Colour from_lab(double lightness, double a, double b) {
  const double fy = (lightness + 16) / 116;
  const double x = 0.95047 * cie_inverse(fy + a / 500);
  const double y = cie_inverse(fy);
  const double z = 1.08883 * cie_inverse(fy - b / 200);
  return {srgb_encoded(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
          srgb_encoded(-0.9692660 * x + 1.8760108 * y + 0.0415560 * z),
          srgb_encoded(0.0556434 * x - 0.2040259 * y + 1.0572252 * z)};
}

}  // namespace

Colour diverging_colour(double t) {
  RADTYPE_CHECK(std::isfinite(t));
  const double from_white = 2 * std::clamp(t, 0.0, 1.0) - 1;
  // The longest lines at these hues that stay inside sRGB.
  const double hue = (from_white < 0 ? 285 : 45) * std::numbers::pi / 180;
  const double s = std::abs(from_white);
  return from_lab(100 - 62 * s, 55 * s * std::cos(hue), 55 * s * std::sin(hue));
}

Colour muted_colour(int index) {
  RADTYPE_CHECK(index >= 0);
  static constexpr std::array<std::array<int, 3>, 12> kTol = {{{204, 102, 119},
                                                               {51, 34, 136},
                                                               {221, 204, 119},
                                                               {17, 119, 51},
                                                               {136, 204, 238},
                                                               {136, 34, 85},
                                                               {68, 170, 153},
                                                               {153, 153, 51},
                                                               {170, 68, 153},
                                                               {102, 153, 204},
                                                               {102, 17, 0},
                                                               {170, 68, 102}}};
  const auto& rgb = kTol[static_cast<std::size_t>(index) % kTol.size()];
  return {rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0};
}

Colour series_colour(int index) {
  RADTYPE_CHECK(index >= 0);
  // Black comes last: it is the colour of axes and text.
  static constexpr std::array<std::array<int, 3>, 8> kOkabeIto = {{{0, 114, 178},
                                                                   {213, 94, 0},
                                                                   {0, 158, 115},
                                                                   {204, 121, 167},
                                                                   {230, 159, 0},
                                                                   {86, 180, 233},
                                                                   {240, 228, 66},
                                                                   {0, 0, 0}}};
  const auto& rgb = kOkabeIto[static_cast<std::size_t>(index) % kOkabeIto.size()];
  return {rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0};
}

Colour sequential_colour(double t) {
  RADTYPE_CHECK(std::isfinite(t));
  t = std::clamp(t, 0.0, 1.0);
  // Hue runs from blue (305 degrees) over teal to yellow (100); the chroma stays inside sRGB, so that clipping never
  // bends the lightness.
  const double hue = (305 - 205 * t) * std::numbers::pi / 180;
  const double chroma = 22 + 33 * t * t;
  return from_lab(15 + 77 * t, chroma * std::cos(hue), chroma * std::sin(hue));
}

}  // namespace radtype::figure
