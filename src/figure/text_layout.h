// One line of text as glyphs, with fallback between font families.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cairo.h>

namespace radtype::figure {

/// Calls a Cairo destroy function as a deleter: CairoPtr<cairo_t, cairo_destroy>.
template <auto destroy>
struct CairoDeleter {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};
template <class T, auto destroy>
using CairoPtr = std::unique_ptr<T, CairoDeleter<destroy>>;
using FontFacePtr = CairoPtr<cairo_font_face_t, cairo_font_face_destroy>;

struct GlyphRun {
  FontFacePtr face;
  std::vector<cairo_glyph_t> glyphs;  ///< positions relative to the start of the line's baseline
};
struct TextLine {
  std::vector<GlyphRun> runs;
  double width = 0;  ///< advance, in the unit of `size`
};

/// Unhinted, grey anti-aliasing: positions are the same at every resolution and in every format.
CairoPtr<cairo_font_options_t, cairo_font_options_destroy> font_options();

TextLine lay_out(const std::string& utf8, double size, bool bold);

/// The text with every byte that is not part of well-formed UTF-8, and every NUL, replaced by U+FFFD, as code points.
std::vector<std::string> utf8_code_points(const std::string& text);

}  // namespace radtype::figure
