#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "radtype/figure/canvas.h"

namespace radtype::figure {
namespace {

// Any magnitude from 1e-12 to 1e12, either sign.
rc::Gen<double> number() {
  return rc::gen::apply([](int mantissa, int exponent) { return mantissa * std::pow(10.0, exponent - 4); },
                        rc::gen::inRange(-9999, 10000), rc::gen::inRange(-12, 13));
}

RC_GTEST_PROP(NiceTicks, CoverTheRangeInRoundEvenSteps, ()) {
  const double a = *number(), b = *number();
  const int count = *rc::gen::inRange(1, 20);
  const double low = std::min(a, b), high = std::max(a, b);
  const std::vector<double> ticks = nice_ticks(low, high, count);

  RC_ASSERT(ticks.size() >= 2u);
  RC_ASSERT(ticks.front() <= low);
  RC_ASSERT(ticks.back() >= high);
  const double step = (ticks.back() - ticks.front()) / static_cast<double>(ticks.size() - 1);
  RC_ASSERT(step > 0);
  const double slack = 1e-9 * step + 1e-12 * std::max(std::abs(low), std::abs(high));
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    RC_ASSERT(ticks[i] > ticks[i - 1]);
    RC_ASSERT(std::abs(ticks[i] - ticks[i - 1] - step) <= slack);
  }
  // 1, 2 or 5 times a power of ten.
  const double lead = step / std::pow(10.0, std::floor(std::log10(step * (1 + 1e-6))));
  RC_ASSERT(std::abs(lead - 1) < 1e-3 || std::abs(lead - 2) < 1e-3 || std::abs(lead - 5) < 1e-3);
  // No tick is wasted: the first and last steps touch the range, and there are about as many as asked for.
  if (high - low > 1e-6 * std::max(std::abs(low), std::abs(high))) {
    RC_ASSERT(ticks[1] > low - slack);
    RC_ASSERT(ticks[ticks.size() - 2] < high + slack);
    RC_ASSERT(static_cast<int>(ticks.size()) <= count + 2);
    RC_ASSERT(static_cast<double>(ticks.size()) >= count / 2.5 + 1);
  }
}

TEST(NiceTicks, AreTheNumbersAPersonWouldWrite) {
  EXPECT_EQ(nice_ticks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  EXPECT_EQ(nice_ticks(0, 0.3, 3), (std::vector<double>{0, 0.1, 0.2, 0.3}));
  EXPECT_EQ(nice_ticks(-7, 93, 5), (std::vector<double>{-20, 0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(nice_ticks(1000, 4500, 4), (std::vector<double>{1000, 2000, 3000, 4000, 5000}));
  EXPECT_FALSE(std::signbit(nice_ticks(-1, 1, 2)[1]));
}

TEST(NiceTicks, WidenAnEmptyRange) {
  for (const double value : {0.0, 1.0, -3.7, 1e-12, 1e15, -1e300}) {
    const std::vector<double> ticks = nice_ticks(value, value);
    ASSERT_GE(ticks.size(), 2u) << value;
    EXPECT_LE(ticks.front(), value);
    EXPECT_GE(ticks.back(), value);
    EXPECT_LT(ticks.front(), ticks.back());
  }
}

TEST(NiceTicks, RefuseWhatIsNoRange) {
  EXPECT_THROW(nice_ticks(1, 0), InternalError);
  EXPECT_THROW(nice_ticks(0, INFINITY), InternalError);
  EXPECT_THROW(nice_ticks(NAN, 1), InternalError);
  EXPECT_THROW(nice_ticks(0, 1, 0), InternalError);
}

double lightness(const Colour& colour) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  const double y = 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
  return y > 216.0 / 24389 ? 116 * std::cbrt(y) - 16 : y * 24389 / 27;
}

RC_GTEST_PROP(SequentialColour, LightnessFollowsTheValue, ()) {
  const double t = *rc::gen::inRange(0, 1001) / 1000.0;
  const Colour colour = sequential_colour(t);
  for (const double channel : {colour.r, colour.g, colour.b}) RC_ASSERT(channel >= 0 && channel <= 1);
  RC_ASSERT(colour.a == 1);
  RC_ASSERT(std::abs(lightness(colour) - (15 + 77 * t)) < 0.5);
}

TEST(SequentialColour, ClampsAndRefusesNan) {
  EXPECT_EQ(sequential_colour(-1).b, sequential_colour(0).b);
  EXPECT_EQ(sequential_colour(2).r, sequential_colour(1).r);
  EXPECT_THROW(sequential_colour(NAN), InternalError);
}

TEST(SeriesColour, EightThatDifferThenCycle) {
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < i; ++j) {
      const Colour a = series_colour(i), b = series_colour(j);
      EXPECT_GT(std::abs(a.r - b.r) + std::abs(a.g - b.g) + std::abs(a.b - b.b), 0.2) << i << " " << j;
    }
    EXPECT_EQ(series_colour(i + 8).g, series_colour(i).g);
  }
  EXPECT_THROW(series_colour(-1), InternalError);
}

}  // namespace
}  // namespace radtype::figure
