#include <cmath>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "radtype/figure/canvas.h"

namespace radtype::figure {
namespace {

double linear(double encoded) {
  return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}
/// L* of CIE 1976, from relative luminance.
double lightness(const Colour& colour) {
  const double y = 0.2126729 * linear(colour.r) + 0.7151522 * linear(colour.g) + 0.0721750 * linear(colour.b);
  return y > 216.0 / 24389 ? 116 * std::cbrt(y) - 16 : y * 24389 / 27;
}

TEST(Colour, DivergingMapIsWhiteInTheMiddle) {
  const Colour middle = diverging_colour(0.5);
  for (const double part : {middle.r, middle.g, middle.b}) EXPECT_NEAR(part, 1, 2e-3);
}

TEST(Colour, SidesOfTheDivergingMapDarkenEvenlyAndAlike) {
  for (int n = 0; n <= 50; ++n) {
    const double s = n / 50.0;
    EXPECT_NEAR(lightness(diverging_colour(0.5 - 0.5 * s)), 100 - 62 * s, 0.1) << s;
    EXPECT_NEAR(lightness(diverging_colour(0.5 + 0.5 * s)), 100 - 62 * s, 0.1) << s;
  }
  EXPECT_GT(diverging_colour(0).b, diverging_colour(0).r + 0.4);
  EXPECT_GT(diverging_colour(1).r, diverging_colour(1).b + 0.4);
  EXPECT_EQ(diverging_colour(-3).b, diverging_colour(0).b);
}

TEST(Colour, MutedPaletteHasTwelveColours) {
  std::set<std::tuple<double, double, double>> different;
  for (int n = 0; n < 24; ++n) different.insert({muted_colour(n).r, muted_colour(n).g, muted_colour(n).b});
  EXPECT_EQ(different.size(), 12U);
}

}  // namespace
}  // namespace radtype::figure
