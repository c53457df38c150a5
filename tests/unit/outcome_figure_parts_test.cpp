// Numbers and words that figures print, and where labels stand.
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outcome/figure_numbers.h"
#include "outcome/figure_parts.h"
#include "outcome/label_places.h"
#include "radtype/core/seed.h"
#include "support/shared_data.h"
#include "support/svg_layout.h"

namespace radtype::outcome {
namespace {

using testing::ElementsAre;
using testing::EndsWith;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

TEST(FigureNumbers, AtRiskJustBeforeAndEventsUntil) {
  // 5 and 5 (one seen last), 8, 12 (last)
  const StepCurve curve =
      step_curve("all", survival::kaplan_meier({{5, true}, {5, false}, {8, true}, {12, false}}).value(),
                 survival::IntervalKind::kLog);
  ASSERT_EQ(curve.steps.size(), 3U);
  EXPECT_EQ(at_risk(curve, 0), 4);
  EXPECT_EQ(at_risk(curve, 5), 4);
  EXPECT_EQ(at_risk(curve, 5.5), 2);
  EXPECT_EQ(at_risk(curve, 12), 1);
  EXPECT_EQ(at_risk(curve, 12.5), 0);
  EXPECT_EQ(events_until(curve, 4.9), 0);
  EXPECT_EQ(events_until(curve, 5), 1);
  EXPECT_EQ(events_until(curve, 100), 2);
  EXPECT_DOUBLE_EQ(curve.steps[1].estimate, 0.375);
  EXPECT_EQ(at_risk({}, 0), 0);
}

TEST(FigureNumbers, MediansWithTheirLimits) {
  EXPECT_EQ(median_text({512, 430, 640}), "512 (430–640)");
  EXPECT_EQ(median_text({512.25, 430, {}}), "512.2 (430–NR)");
  EXPECT_EQ(median_text({12345.6, 999.94, 1e6}), "12346 (999.9–1000000)");
  EXPECT_EQ(median_text({{}, 430, {}}), "not reached (430–NR)");
  EXPECT_EQ(median_text({}), "not reached");
}

TEST(FigureNumbers, EstimatesKeepTheDigitsThatTellTheLimitsApart) {
  EXPECT_EQ(estimate_text(1.428, 1.066, 1.916), "1.43 (1.07–1.92)");
  EXPECT_EQ(estimate_text(1.0021, 1.0001, 1.0041), "1.0021 (1.0001–1.0041)");
  EXPECT_EQ(estimate_text(1.021, 1.013, 1.029), "1.021 (1.013–1.029)");
  EXPECT_EQ(estimate_text(12.34, 0, kInfinite), "12.3 (0–∞)");
  EXPECT_EQ(estimate_text(0.2, 0.001, 123.4), "0.20 (<0.01–123)");
  EXPECT_EQ(estimate_text(2e5, 9.996, 1e7), ">9999 (10.0–>9999)");
}

TEST(FigureNumbers, BoxOfTukey) {
  // quantile(x, type = 7) of R: 2.25, 4.5, 6.75; 30 lies beyond 6.75 + 1.5 * 4.5 = 13.5.
  const BoxNumbers box = box_numbers({0, 1, 2, 3, 4, 5, 6, 7, 8, 30});
  EXPECT_DOUBLE_EQ(box.lower, 2.25);
  EXPECT_DOUBLE_EQ(box.median, 4.5);
  EXPECT_DOUBLE_EQ(box.upper, 6.75);
  EXPECT_EQ(box.low, 0);
  EXPECT_EQ(box.high, 8);
  EXPECT_EQ(box_numbers({7}).low, 7);
}

TEST(FigureParts, TextIsShortenedAndBrokenAtCharacters) {
  const figure::TextStyle style = small();
  EXPECT_EQ(shortened("TCIA", 40, style), "TCIA");
  for (const std::string& name : {std::string("Kyoto University Hospital"), std::string("京都大学医学部附属病院")}) {
    for (const double width : {15.0, 22.0, 31.0}) {
      const std::string text = shortened(name, width, style);
      EXPECT_LE(text_width(text, style), width);
      EXPECT_THAT(text, EndsWith("…"));
      std::string joined;
      for (const std::string& line : wrapped(name, width, style)) {
        EXPECT_LE(text_width(line, style), width);
        joined += line;
      }
      std::string letters = name;
      std::erase(letters, ' ');
      EXPECT_EQ(joined, letters);
    }
  }
  EXPECT_THAT(wrapped("one two", 1000, style), ElementsAre("one two"));
  EXPECT_THAT(wrapped("ab", 0.1, style), ElementsAre("a", "b")) << "a character wider than a line stands alone";
  EXPECT_TRUE(wrapped(" ", 10, style).empty());
}

TEST(FigureParts, NumbersOfTicks) {
  EXPECT_EQ(number_text(-0.25), "−0.25");
  EXPECT_EQ(number_text(1500000), "1500000");
  EXPECT_EQ(number_text(1e-9), "1e-09");
  EXPECT_EQ(count_text(12), "12");
  EXPECT_EQ(count_text(12.34), "12.3");
  std::vector<std::string> texts;
  for (const Tick& tick : ticks_within(-0.3, 1.1, 4)) texts.push_back(tick.text);
  EXPECT_THAT(texts, ElementsAre("0", "0.5", "1.0"));
}

TEST(FigureParts, NamesOfGroupsAreDistinctInColour) {
  for (int a = 0; a < 14; ++a) {
    for (int b = 0; b < a; ++b) {
      const figure::Colour first = group_colour(a), second = group_colour(b);
      EXPECT_GT(std::abs(first.r - second.r) + std::abs(first.g - second.g) + std::abs(first.b - second.b), 0.1);
    }
  }
}

TEST(SvgLayout, SeesWhatTheFiguresAreHeldTo) {
  const test::TempDir folder;
  figure::Canvas canvas(100, 50);
  canvas.text(10, 20, "one", small());
  canvas.text(20, 20, "two", small());
  canvas.text(10, 40, "turned", {.size_pt = 7, .rotate_degrees = -90});
  canvas.line(10, 45, 120, 45, kInk);
  ASSERT_TRUE(canvas.save(folder / "figure.svg"));
  std::ifstream file(folder / "figure.svg");
  const std::string svg{std::istreambuf_iterator<char>(file), {}};
  const test::SvgLayout layout = test::layout_of(svg);
  ASSERT_EQ(layout.texts.size(), 3U);
  ASSERT_EQ(layout.texts[0].size(), 3U);
  EXPECT_TRUE(layout.texts[0][2].overlaps(layout.texts[1][0], 0.15)) << "e of one, t of two";
  EXPECT_FALSE(layout.texts[0][0].overlaps(layout.texts[1][0], 0.15));
  EXPECT_LT(layout.texts[2].back().top, 25) << "reads upwards";
  ASSERT_EQ(layout.shapes.size(), 1U);
  EXPECT_FALSE(layout.shapes[0].within({0, 0, 100, 50}, 0.01));
}

TEST(LabelPlaces, AreApartWithinTheFrameAndRunOut) {
  const Rectangle frame{0, 0, 120, 60};
  std::vector<std::pair<double, double>> points;
  Random random(7);
  for (int n = 0; n < 40; ++n) points.emplace_back(120 * random.uniform(), 60 * random.uniform());
  LabelPlaces places(frame, points);
  std::vector<Rectangle> taken;
  for (const auto& [x, y] : points) {
    const auto place = places.take(x, y, 30, 7);
    if (!place) continue;
    for (const auto& [other_x, other_y] : points) EXPECT_FALSE(place->holds(other_x, other_y));
    EXPECT_GE(place->left, frame.left);
    EXPECT_LE(place->right, frame.right);
    EXPECT_GE(place->top, frame.top);
    EXPECT_LE(place->bottom, frame.bottom);
    for (const Rectangle& other : taken) EXPECT_FALSE(place->overlaps(other));
    taken.push_back(*place);
  }
  EXPECT_GT(taken.size(), 2U);
  EXPECT_LT(taken.size(), points.size());
  EXPECT_FALSE(places.take(60, 30, 500, 7)) << "wider than the frame";
}

TEST(LabelPlaces, PreferTheRightAndFreeGround) {
  LabelPlaces alone({0, 0, 200, 100}, {{50, 50}});
  const auto right = alone.take(50, 50, 30, 7);
  ASSERT_TRUE(right);
  EXPECT_GT(right->left, 50);
  LabelPlaces crowded({0, 0, 200, 100}, {{50, 50}, {60, 50}, {65, 51}, {70, 49}});
  const auto free = crowded.take(50, 50, 30, 7);
  ASSERT_TRUE(free);
  EXPECT_FALSE(free->holds(60, 50));
  EXPECT_FALSE(free->holds(70, 49));
}

}  // namespace
}  // namespace radtype::outcome
