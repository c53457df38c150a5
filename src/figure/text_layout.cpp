#include "figure/text_layout.h"

#include <array>
#include <span>

#include "radtype/core/error.h"

namespace radtype::figure {
namespace {

// Cairo's own text calls use one family and draw boxes for what it lacks. A family that is not installed is replaced by
// the system's default in fontconfig, which does no harm here.
constexpr std::array kFamilies = {"DejaVu Sans", "Noto Sans CJK JP", "IPAPGothic", "sans-serif"};

struct ScaledFont {
  FontFacePtr face;
  CairoPtr<cairo_scaled_font_t, cairo_scaled_font_destroy> scaled;
};

ScaledFont open_font(const char* family, double size, bool bold) {
  ScaledFont font;
  font.face.reset(cairo_toy_font_face_create(family, CAIRO_FONT_SLANT_NORMAL,
                                             bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL));
  cairo_matrix_t scale, identity;
  cairo_matrix_init_scale(&scale, size, size);
  cairo_matrix_init_identity(&identity);
  font.scaled.reset(cairo_scaled_font_create(font.face.get(), &scale, &identity, font_options().get()));
  RADTYPE_CHECK(cairo_scaled_font_status(font.scaled.get()) == CAIRO_STATUS_SUCCESS);
  return font;
}

std::vector<cairo_glyph_t> glyphs_of(const ScaledFont& font, const std::string& text, double x) {
  cairo_glyph_t* glyphs = nullptr;
  int count = 0;
  const auto status = cairo_scaled_font_text_to_glyphs(
      font.scaled.get(), x, 0, text.data(), static_cast<int>(text.size()), &glyphs, &count, nullptr, nullptr, nullptr);
  RADTYPE_CHECK(status == CAIRO_STATUS_SUCCESS);
  const CairoPtr<cairo_glyph_t, cairo_glyph_free> owner(glyphs);
  return {glyphs, glyphs + count};
}

bool has_glyph(const ScaledFont& font, const std::string& code_point) {
  for (const cairo_glyph_t& glyph : glyphs_of(font, code_point, 0)) {
    if (glyph.index == 0) return false;
  }
  return true;
}

double advance_width(const ScaledFont& font, std::span<const cairo_glyph_t> glyphs) {
  cairo_text_extents_t extents;
  cairo_scaled_font_glyph_extents(font.scaled.get(), glyphs.data(), static_cast<int>(glyphs.size()), &extents);
  return extents.x_advance;
}

// Length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(at);
  if (lead >= 0x01 && lead <= 0x7F) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0) return 0;
  const unsigned low = lead == 0xE0 ? 0xA0u : lead == 0xF0 ? 0x90u : 0x80u;   // no overlong forms
  const unsigned high = lead == 0xED ? 0x9Fu : lead == 0xF4 ? 0x8Fu : 0xBFu;  // no surrogates, nothing past U+10FFFF
  if (byte(at + 1) < low || byte(at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(at + i) < 0x80 || byte(at + i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

CairoPtr<cairo_font_options_t, cairo_font_options_destroy> font_options() {
  CairoPtr<cairo_font_options_t, cairo_font_options_destroy> options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  return options;
}

std::vector<std::string> utf8_code_points(const std::string& text) {
  std::vector<std::string> points;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    points.push_back(length == 0 ? "\xEF\xBF\xBD" : text.substr(at, length));
    at += length == 0 ? 1 : length;
  }
  return points;
}

TextLine lay_out(const std::string& utf8, double size, bool bold) {
  std::vector<ScaledFont> fonts;  // opened as far down the list as the text asks
  const auto font_for = [&](const std::string& code_point) {
    for (std::size_t i = 0; i < kFamilies.size(); ++i) {
      if (i == fonts.size()) fonts.push_back(open_font(kFamilies[i], size, bold));
      if (has_glyph(fonts[i], code_point)) return i;
    }
    return std::size_t{0};
  };
  TextLine line;
  const std::vector<std::string> points = utf8_code_points(utf8);
  std::vector<std::size_t> font_of;
  for (const std::string& point : points) font_of.push_back(font_for(point));
  for (std::size_t begin = 0; begin < points.size();) {
    std::string piece;
    std::size_t end = begin;
    for (; end < points.size() && font_of[end] == font_of[begin]; ++end) piece += points[end];
    const ScaledFont& font = fonts[font_of[begin]];
    GlyphRun run;
    run.face.reset(cairo_font_face_reference(font.face.get()));
    run.glyphs = glyphs_of(font, piece, line.width);
    line.width += advance_width(font, run.glyphs);
    line.runs.push_back(std::move(run));
    begin = end;
  }
  return line;
}

}  // namespace radtype::figure
