#include "radtype/figure/canvas.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <numbers>

#include "figure/canvas_impl.h"
#include "figure/text_layout.h"

namespace radtype::figure {
namespace {

void check_finite(std::initializer_list<double> numbers) {
  for (const double number : numbers) RADTYPE_CHECK(std::isfinite(number));
}
void check_finite(std::span<const std::pair<double, double>> points) {
  for (const auto& [x, y] : points) check_finite({x, y});
}

void set_colour(cairo_t* cairo, const Colour& colour) {
  cairo_set_source_rgba(cairo, colour.r, colour.g, colour.b, colour.a);
}

void trace(cairo_t* cairo, const std::vector<std::pair<double, double>>& points, bool closed) {
  for (const auto& [x, y] : points) cairo_line_to(cairo, x, y);
  if (closed) cairo_close_path(cairo);
}

double shift(Anchor anchor, double width) {
  switch (anchor) {
    case Anchor::kStart:
      return 0;
    case Anchor::kMiddle:
      return -width / 2;
    case Anchor::kEnd:
      return -width;
  }
  return 0;
}

}  // namespace

void Canvas::Impl::replay(cairo_t* cairo) const {
  cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
  set_colour(cairo, background);
  cairo_rectangle(cairo, 0, 0, width_pt, height_pt);
  cairo_fill(cairo);
  for (const auto& command : commands) command(cairo);
}

Canvas::Canvas(double width_pt, double height_pt, Colour background) : impl_(std::make_unique<Impl>()) {
  check_finite({width_pt, height_pt});
  RADTYPE_CHECK(width_pt > 0 && height_pt > 0);
  impl_->width_pt = width_pt;
  impl_->height_pt = height_pt;
  impl_->background = background;
}
Canvas::~Canvas() = default;
Canvas::Canvas(Canvas&&) noexcept = default;
Canvas& Canvas::operator=(Canvas&&) noexcept = default;

double Canvas::width_pt() const { return impl_->width_pt; }
double Canvas::height_pt() const { return impl_->height_pt; }

void Canvas::line(double x0, double y0, double x1, double y1, const Colour& colour, double width_pt) {
  const std::pair<double, double> ends[] = {{x0, y0}, {x1, y1}};
  polyline(ends, colour, width_pt);
}

void Canvas::polyline(std::span<const std::pair<double, double>> points, const Colour& colour, double width_pt,
                      bool closed) {
  check_finite(points);
  check_finite({width_pt});
  impl_->commands.push_back(
      [path = std::vector(points.begin(), points.end()), colour, width_pt, closed](cairo_t* cairo) {
        set_colour(cairo, colour);
        cairo_set_line_width(cairo, width_pt);
        trace(cairo, path, closed);
        cairo_stroke(cairo);
      });
}

void Canvas::polygon(std::span<const std::pair<double, double>> points, const Colour& fill) {
  check_finite(points);
  impl_->commands.push_back([path = std::vector(points.begin(), points.end()), fill](cairo_t* cairo) {
    set_colour(cairo, fill);
    trace(cairo, path, true);
    cairo_fill(cairo);
  });
}

void Canvas::rectangle(double x, double y, double width, double height, const Colour& fill) {
  check_finite({x, y, width, height});
  impl_->commands.push_back([=](cairo_t* cairo) {
    set_colour(cairo, fill);
    cairo_rectangle(cairo, x, y, width, height);
    cairo_fill(cairo);
  });
}

void Canvas::circle(double x, double y, double radius, const Colour& fill) {
  check_finite({x, y, radius});
  RADTYPE_CHECK(radius >= 0);
  impl_->commands.push_back([=](cairo_t* cairo) {
    set_colour(cairo, fill);
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x, y, radius, 0, 2 * std::numbers::pi);
    cairo_fill(cairo);
  });
}

void Canvas::text(double x, double y, const std::string& utf8, const TextStyle& style) {
  check_finite({x, y, style.size_pt, style.rotate_degrees});
  RADTYPE_CHECK(style.size_pt > 0);
  impl_->commands.push_back([x, y, utf8, style](cairo_t* cairo) {
    const TextLine line = lay_out(utf8, style.size_pt, style.bold);
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_rotate(cairo, style.rotate_degrees * std::numbers::pi / 180);
    cairo_translate(cairo, shift(style.anchor, line.width), 0);
    set_colour(cairo, style.colour);
    cairo_set_font_options(cairo, font_options().get());
    for (const GlyphRun& run : line.runs) {
      cairo_set_font_face(cairo, run.face.get());
      cairo_set_font_size(cairo, style.size_pt);
      cairo_show_glyphs(cairo, run.glyphs.data(), static_cast<int>(run.glyphs.size()));
    }
    cairo_restore(cairo);
  });
}

double Canvas::text_width_pt(const std::string& utf8, const TextStyle& style) const {
  return lay_out(utf8, style.size_pt, style.bold).width;
}

void Canvas::image(double x, double y, double width, double height, int columns, int rows,
                   std::span<const std::uint8_t> rgb, bool smooth) {
  check_finite({x, y, width, height});
  RADTYPE_CHECK(columns > 0 && rows > 0 && columns <= kMaxPixels && rows <= kMaxPixels && width > 0 && height > 0);
  RADTYPE_CHECK(rgb.size() == 3 * static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
  impl_->image_is_smooth.push_back(smooth);
  auto pixels = std::make_shared<std::vector<std::uint8_t>>(rgb.begin(), rgb.end());
  impl_->commands.push_back([=](cairo_t* cairo) {
    const SurfacePtr surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows));
    unsigned char* data = cairo_image_surface_get_data(surface.get());
    RADTYPE_CHECK(data != nullptr);
    const int stride = cairo_image_surface_get_stride(surface.get());
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        const std::uint8_t* from = pixels->data() + 3 * (static_cast<std::size_t>(row) * columns + column);
        const std::uint32_t value = std::uint32_t{from[0]} << 16 | std::uint32_t{from[1]} << 8 | from[2];
        std::memcpy(data + static_cast<std::ptrdiff_t>(row) * stride + 4 * column, &value, 4);
      }
    }
    cairo_surface_mark_dirty(surface.get());
    cairo_save(cairo);
    cairo_rectangle(cairo, x, y, width, height);
    cairo_clip(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, width / columns, height / rows);
    cairo_set_source_surface(cairo, surface.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), smooth ? CAIRO_FILTER_BILINEAR : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(cairo), CAIRO_EXTEND_PAD);  // edges stay opaque
    cairo_paint(cairo);
    cairo_restore(cairo);
  });
}

}  // namespace radtype::figure
