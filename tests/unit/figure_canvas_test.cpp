#include "radtype/figure/canvas.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <stack>
#include <string>

#include <cairo/cairo.h>

#include "support/shared_data.h"

namespace radtype::figure {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Png {
  std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface;
  int width = 0, height = 0;

  explicit Png(const std::filesystem::path& path)
      : surface(cairo_image_surface_create_from_png(path.c_str()), cairo_surface_destroy) {
    width = cairo_image_surface_get_width(surface.get());
    height = cairo_image_surface_get_height(surface.get());
  }
  /// 0xAARRGGBB, premultiplied; opaque files have no alpha of their own.
  std::uint32_t pixel(int x, int y) const {
    const unsigned char* row =
        cairo_image_surface_get_data(surface.get()) + y * cairo_image_surface_get_stride(surface.get());
    std::uint32_t value = 0;
    std::memcpy(&value, row + 4 * x, 4);
    return cairo_image_surface_get_format(surface.get()) == CAIRO_FORMAT_RGB24 ? value | 0xFF000000u : value;
  }
  /// Number of pixels darker than mid grey inside a box.
  int ink(int x0, int y0, int x1, int y1) const {
    int count = 0;
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) count += (pixel(x, y) >> 8 & 0xFF) < 128;
    }
    return count;
  }
};

constexpr double kOnePixelPerPoint = 72;

// Every element kind once.
Canvas sample() {
  Canvas canvas(200, 100);
  canvas.rectangle(10, 10, 30, 20, {1, 0, 0});
  canvas.circle(70, 20, 10, {0, 0, 1});
  const std::pair<double, double> triangle[] = {{100, 10}, {130, 10}, {100, 40}};
  canvas.polygon(triangle, {0, 1, 0});
  canvas.polyline(triangle, {0, 0, 0}, 2, true);
  canvas.line(0, 90, 200, 90, {0, 0, 0}, 4);
  const std::uint8_t quarters[] = {255, 255, 0, 0, 255, 255, 255, 0, 255, 0, 0, 0};
  canvas.image(150, 10, 40, 40, 2, 2, quarters);
  canvas.text(10, 70, "volume 腫瘍体積 mm³", {.size_pt = 12});
  return canvas;
}

TEST(Canvas, PngHasTheSizeAndTheColoursDrawn) {
  const test::TempDir dir;
  ASSERT_TRUE(sample().save(dir / "a.png", false, kOnePixelPerPoint));
  const Png png(dir / "a.png");
  ASSERT_EQ(png.width, 200);
  ASSERT_EQ(png.height, 100);
  EXPECT_EQ(png.pixel(195, 95), 0xFFFFFFFFu);  // background
  EXPECT_EQ(png.pixel(10, 10), 0xFFFF0000u);   // first and last pixel of the rectangle, and the first beyond it
  EXPECT_EQ(png.pixel(39, 29), 0xFFFF0000u);
  EXPECT_EQ(png.pixel(40, 30), 0xFFFFFFFFu);
  EXPECT_EQ(png.pixel(70, 20), 0xFF0000FFu);   // circle
  EXPECT_EQ(png.pixel(78, 28), 0xFFFFFFFFu);   // outside the circle, inside its box
  EXPECT_EQ(png.pixel(105, 15), 0xFF00FF00u);  // triangle
  EXPECT_EQ(png.pixel(100, 90), 0xFF000000u);  // line
  EXPECT_EQ(png.pixel(100, 93), 0xFFFFFFFFu);  // below the line of width 4 about y = 90
  EXPECT_EQ(png.pixel(105, 10), 0xFF000000u);  // outline over the fill
}

TEST(Canvas, ImageIsDrawnTopDownWithoutBlurUnlessAsked) {
  const test::TempDir dir;
  const std::uint8_t quarters[] = {255, 255, 0, 0, 255, 255, 255, 0, 255, 0, 0, 0};
  for (const bool smooth : {false, true}) {
    Canvas canvas(40, 40);
    canvas.image(0, 0, 40, 40, 2, 2, quarters, smooth);
    ASSERT_TRUE(canvas.save(dir / "a.png", true, kOnePixelPerPoint));
    const Png png(dir / "a.png");
    EXPECT_EQ(png.pixel(0, 0), 0xFFFFFF00u);  // corners are opaque either way
    EXPECT_EQ(png.pixel(39, 0), 0xFF00FFFFu);
    EXPECT_EQ(png.pixel(0, 39), 0xFFFF00FFu);
    EXPECT_EQ(png.pixel(39, 39), 0xFF000000u);
    if (smooth) {
      EXPECT_NE(png.pixel(19, 0), 0xFFFFFF00u);
    } else {
      EXPECT_EQ(png.pixel(19, 19), 0xFFFFFF00u);
      EXPECT_EQ(png.pixel(20, 20), 0xFF000000u);
    }
  }
}

TEST(Canvas, ResolutionScalesTheDrawing) {
  const test::TempDir dir;
  ASSERT_TRUE(sample().save(dir / "a.png", false, 144));
  const Png png(dir / "a.png");
  EXPECT_EQ(png.width, 400);
  EXPECT_EQ(png.height, 200);
  EXPECT_EQ(png.pixel(79, 59), 0xFFFF0000u);
  EXPECT_EQ(png.pixel(80, 60), 0xFFFFFFFFu);
}

TEST(Canvas, TransparentBackgroundStaysTransparent) {
  const test::TempDir dir;
  Canvas canvas(10, 10, {1, 1, 1, 0});
  canvas.rectangle(0, 0, 5, 10, {1, 0, 0, 0.5});
  ASSERT_TRUE(canvas.save(dir / "a.png", false, kOnePixelPerPoint));
  const Png png(dir / "a.png");
  EXPECT_EQ(png.pixel(8, 5), 0u);
  EXPECT_NEAR(png.pixel(2, 5) >> 24, 128, 1);
}

// Reads elements and attributes well enough to see that tags close and references resolve.
void expect_well_formed_svg(const std::string& svg) {
  ASSERT_TRUE(svg.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
  std::stack<std::string> open;
  std::set<std::string> ids, references;
  const std::regex tag("<(/?)([A-Za-z:]+)([^<>]*?)(/?)>"), id(R"x( id="([^"]+)")x"), reference(R"x(href="#([^"]+)")x");
  // Attribute values of embedded pixels are long: take them out before the regular expressions.
  const std::string text = [&] {
    std::string kept;
    std::size_t at = 0;
    for (std::size_t data = svg.find("data:image"); data != std::string::npos; data = svg.find("data:image", at)) {
      kept.append(svg, at, data - at);
      at = svg.find('"', data);
    }
    return kept.append(svg, at);
  }();
  for (std::sregex_iterator it(text.begin(), text.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2], attributes = (*it)[3];
    if ((*it)[1].length() > 0) {
      ASSERT_FALSE(open.empty()) << name;
      ASSERT_EQ(open.top(), name);
      open.pop();
      continue;
    }
    if ((*it)[4].length() == 0) open.push(name);
    for (std::sregex_iterator i(attributes.begin(), attributes.end(), id); i != end; ++i) {
      EXPECT_TRUE(ids.insert((*i)[1]).second) << "id twice: " << (*i)[1];
    }
    for (std::sregex_iterator i(attributes.begin(), attributes.end(), reference); i != end; ++i) {
      references.insert((*i)[1]);
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_FALSE(references.empty());
  for (const std::string& name : references) EXPECT_TRUE(ids.contains(name)) << "no element " << name;
}

TEST(Canvas, SvgIsWellFormedAndVector) {
  const test::TempDir dir;
  ASSERT_TRUE(sample().save(dir / "a.svg"));
  const std::string svg = bytes_of(dir / "a.svg");
  expect_well_formed_svg(svg);
  EXPECT_NE(svg.find("viewBox=\"0 0 200 100\""), std::string::npos);
  EXPECT_NE(svg.find("rgb(100%,0%,0%)"), std::string::npos);
  // The only pixels are those of image(): one embedded picture, small.
  std::size_t pictures = 0;
  for (std::size_t at = svg.find("<image "); at != std::string::npos; at = svg.find("<image ", at + 1)) ++pictures;
  EXPECT_EQ(pictures, 1u);
}

TEST(Canvas, SameDrawingGivesTheSameBytes) {
  const test::TempDir dir;
  for (const char* extension : {".svg", ".png"}) {
    const Canvas canvas = sample();
    const std::string first = std::string("first") + extension, again = std::string("again") + extension;
    ASSERT_TRUE(canvas.save(dir / first));
    ASSERT_TRUE(sample().save(dir / ("between" + again)));  // other drawings of this process leave no trace
    ASSERT_TRUE(canvas.save(dir / again));
    EXPECT_TRUE(bytes_of(dir / first) == bytes_of(dir / again)) << extension;
    EXPECT_TRUE(bytes_of(dir / first) == bytes_of(dir / ("between" + again))) << extension;
    EXPECT_GT(bytes_of(dir / first).size(), 500u);
  }
}

TEST(Canvas, TwoImagesKeepTheirOwnPixels) {
  const test::TempDir dir;
  Canvas canvas(20, 10);
  const std::uint8_t red[] = {255, 0, 0}, blue[] = {0, 0, 255};
  canvas.image(0, 0, 10, 10, 1, 1, red);
  canvas.image(10, 0, 10, 10, 1, 1, blue, true);
  ASSERT_TRUE(canvas.save(dir / "a.svg"));
  ASSERT_TRUE(canvas.save(dir / "a.png", false, kOnePixelPerPoint));
  const Png png(dir / "a.png");
  EXPECT_EQ(png.pixel(5, 5), 0xFFFF0000u);
  EXPECT_EQ(png.pixel(15, 5), 0xFF0000FFu);
  const std::string svg = bytes_of(dir / "a.svg");
  expect_well_formed_svg(svg);
  EXPECT_NE(svg.find("<image id=\"image0\" style=\"image-rendering:pixelated\" width"), std::string::npos);
  EXPECT_NE(svg.find("<image id=\"image1\" width"), std::string::npos);
}

TEST(Canvas, ExistingFileIsKeptUnlessForced) {
  const test::TempDir dir;
  std::ofstream(dir / "a.svg") << "mine";
  const Result<void> refused = sample().save(dir / "a.svg");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kExists);
  EXPECT_EQ(bytes_of(dir / "a.svg"), "mine");
  ASSERT_TRUE(sample().save(dir / "a.svg", true));
  EXPECT_TRUE(bytes_of(dir / "a.svg").starts_with("<?xml"));
}

TEST(Canvas, RefusesWhatItCannotSave) {
  const test::TempDir dir;
  EXPECT_EQ(sample().save(dir / "a.pdf").error().code(), ErrorCode::kUsage);
  EXPECT_EQ(sample().save(dir / "a").error().code(), ErrorCode::kUsage);
  EXPECT_EQ(sample().save(dir / "a.png", false, 0).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(sample().save(dir / "a.png", false, NAN).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(sample().save(dir / "a.png", false, 1e6).error().code(), ErrorCode::kTooLarge);
  const Result<void> lost = sample().save(dir.path() / "no such folder" / "a.png");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::kUnreadable);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));  // nothing half written
}

TEST(Canvas, RefusesCoordinatesThatAreNoNumbers) {
  Canvas canvas(10, 10);
  EXPECT_THROW(canvas.line(0, 0, NAN, 1, {}), InternalError);
  EXPECT_THROW(canvas.rectangle(0, INFINITY, 1, 1, {}), InternalError);
  const std::uint8_t short_by_one[] = {0, 0};
  EXPECT_THROW(canvas.image(0, 0, 1, 1, 1, 1, short_by_one), InternalError);
}

TEST(Text, WidthGrowsWithSizeAndContent) {
  const Canvas canvas(10, 10);
  const double one = canvas.text_width_pt("0", {.size_pt = 10});
  EXPECT_NEAR(one, 6.3623, 1e-3);  // DejaVu Sans: digits advance 1303 of 2048 units
  EXPECT_NEAR(canvas.text_width_pt("0000", {.size_pt = 10}), 4 * one, 1e-9);
  EXPECT_NEAR(canvas.text_width_pt("0", {.size_pt = 30}), 3 * one, 1e-9);
  EXPECT_GT(canvas.text_width_pt("0", {.size_pt = 10, .bold = true}), one);
  EXPECT_EQ(canvas.text_width_pt("", {}), 0);
}

TEST(Text, AnchorsPlaceTheInk) {
  const test::TempDir dir;
  const auto ink_left_and_right = [&](Anchor anchor) {
    Canvas canvas(200, 40);
    canvas.text(100, 30, "MMMM", {.size_pt = 20, .anchor = anchor});
    EXPECT_TRUE(canvas.save(dir / "a.png", true, kOnePixelPerPoint));
    const Png png(dir / "a.png");
    return std::pair(png.ink(0, 0, 100, 40), png.ink(100, 0, 200, 40));
  };
  const auto [start_left, start_right] = ink_left_and_right(Anchor::kStart);
  EXPECT_EQ(start_left, 0);
  EXPECT_GT(start_right, 100);
  const auto [end_left, end_right] = ink_left_and_right(Anchor::kEnd);
  EXPECT_GT(end_left, 100);
  EXPECT_EQ(end_right, 0);
  const auto [middle_left, middle_right] = ink_left_and_right(Anchor::kMiddle);
  EXPECT_NEAR(middle_left, middle_right, 0.1 * (middle_left + middle_right));
}

TEST(Text, RotatesClockwiseAboutItsAnchor) {
  const test::TempDir dir;
  Canvas canvas(100, 100);
  canvas.text(50, 50, "IIIIII", {.size_pt = 16, .rotate_degrees = -90});  // reads upwards, left of x = 50
  ASSERT_TRUE(canvas.save(dir / "a.png", false, kOnePixelPerPoint));
  const Png png(dir / "a.png");
  EXPECT_GT(png.ink(30, 0, 51, 50), 50);
  EXPECT_EQ(png.ink(52, 0, 100, 100), 0);
  EXPECT_EQ(png.ink(0, 52, 100, 100), 0);
}

TEST(Text, JapaneseIsDrawnWithRealGlyphs) {
  const test::TempDir dir;
  const auto drawn = [&](const std::string& text) {
    Canvas canvas(60, 60);
    canvas.text(5, 50, text, {.size_pt = 50});
    EXPECT_TRUE(canvas.save(dir / "a.png", true, kOnePixelPerPoint));
    return bytes_of(dir / "a.png");
  };
  // A font without them draws the same box for all; fonts-ipafont-gothic (scripts/deps) has them.
  EXPECT_NE(drawn("肺"), drawn("腫"));
  EXPECT_NE(drawn("肺"), drawn("脳"));
  const Canvas canvas(10, 10);
  EXPECT_NEAR(canvas.text_width_pt("肺腫瘍", {.size_pt = 10}), 30, 1e-6);  // full-width characters
  EXPECT_NEAR(canvas.text_width_pt("a肺b", {.size_pt = 10}), canvas.text_width_pt("ab", {.size_pt = 10}) + 10, 1e-6);
}

TEST(Text, BrokenUtf8IsReplacedAndSaves) {
  const test::TempDir dir;
  const Canvas plain(10, 10);
  const std::string mark = "\xEF\xBF\xBD";
  const std::pair<std::string, std::string> cases[] = {
      {"M\xFCller", "M" + mark + "ller"},               // Latin-1
      {"\xC0\xAF", mark + mark},                        // overlong
      {"\xED\xA0\x80", mark + mark + mark},             // surrogate
      {"\xF4\x90\x80\x80", mark + mark + mark + mark},  // past U+10FFFF
      {"a\xE8\x82", "a" + mark + mark},                 // cut off
      {std::string("a\0b", 3), "a" + mark + "b"}};
  for (const auto& [broken, repaired] : cases) {
    EXPECT_EQ(plain.text_width_pt(broken), plain.text_width_pt(repaired));
    Canvas canvas(60, 20);
    canvas.text(0, 15, broken);
    EXPECT_TRUE(canvas.save(dir / "a.svg", true));
  }
}

}  // namespace
}  // namespace radtype::figure
