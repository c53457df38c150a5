#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <string_view>

#include <cairo-svg.h>
#include <fmt/format.h>

#include "figure/canvas_impl.h"
#include "radtype/core/files.h"
#include "radtype/core/text.h"

namespace radtype::figure {
namespace {

using ContextPtr = CairoPtr<cairo_t, cairo_destroy>;

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

void check(cairo_status_t status) {
  if (status == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
  RADTYPE_CHECK(status == CAIRO_STATUS_SUCCESS);
}

// Two things that Cairo 1.16 leaves to be mended in its SVG. It numbers some
// elements by a counter of the process
// ("image17", "surface42"): they are numbered anew in order of appearance, so
// that the bytes depend on the drawing alone. And it does not say that an image
// is to be drawn without smoothing. Text is written as outlines, so that
// nothing of the caller's can look like a name.
std::string mended_svg(const std::string& svg, const std::vector<bool>& image_is_smooth) {
  std::map<std::string, std::size_t> images, surfaces;
  std::string result;
  std::size_t copied = 0;
  for (std::size_t quote = svg.find('"'); quote != std::string::npos; quote = svg.find('"', quote + 1)) {
    const std::string_view head = std::string_view(svg).substr(0, quote);
    const std::string_view tail = std::string_view(svg).substr(quote + 1);
    const bool defines = head.ends_with(" id=");
    if (!defines && !head.ends_with("href=")) continue;
    const std::string_view name = tail.substr(0, tail.find('"')).substr(defines ? 0 : 1);
    const std::string_view kind = name.substr(0, name.find_first_of("0123456789"));
    if (kind != "image" && kind != "surface") continue;
    auto& ordinals = kind == "image" ? images : surfaces;
    const std::size_t ordinal = ordinals.try_emplace(std::string(name), ordinals.size()).first->second;
    const std::size_t at = static_cast<std::size_t>(name.data() - svg.data());
    result.append(svg, copied, at - copied).append(fmt::format("{}{}", kind, ordinal));
    copied = at + name.size();
    if (head.ends_with("<image id=")) {
      RADTYPE_CHECK(ordinal < image_is_smooth.size());
      if (!image_is_smooth[ordinal]) result.append("\" style=\"image-rendering:pixelated");
    }
    quote = copied;
  }
  return result.append(svg, copied);
}

std::string svg_bytes(const Canvas& canvas, const std::function<void(cairo_t*)>& draw,
                      const std::vector<bool>& image_is_smooth) {
  std::string bytes;
  {
    const SurfacePtr surface(
        cairo_svg_surface_create_for_stream(append, &bytes, canvas.width_pt(), canvas.height_pt()));
    const ContextPtr cairo(cairo_create(surface.get()));
    draw(cairo.get());
    check(cairo_status(cairo.get()));
    cairo_surface_finish(surface.get());
    check(cairo_surface_status(surface.get()));
  }
  return mended_svg(bytes, image_is_smooth);
}

std::string png_bytes(int columns, int rows, double pixels_per_pt, bool opaque,
                      const std::function<void(cairo_t*)>& draw) {
  const SurfacePtr surface(
      cairo_image_surface_create(opaque ? CAIRO_FORMAT_RGB24 : CAIRO_FORMAT_ARGB32, columns, rows));
  const ContextPtr cairo(cairo_create(surface.get()));
  cairo_scale(cairo.get(), pixels_per_pt, pixels_per_pt);
  draw(cairo.get());
  check(cairo_status(cairo.get()));
  std::string bytes;
  check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
  return bytes;
}

}  // namespace

Result<void> Canvas::save(const std::filesystem::path& path, bool force, double dots_per_inch) const {
  const std::string extension = lower_case(path.extension().string());
  if (extension != ".svg" && extension != ".png") {
    return fail(ErrorCode::kUsage, fmt::format("figure {}: the name must end in .svg or .png", path.string()));
  }
  // Before the work, not after it.
  if (auto allowed = check_output(path, force); !allowed) return pass_on(std::move(allowed), "figure");
  const auto draw = [this](cairo_t* cairo) { impl_->replay(cairo); };
  if (extension == ".svg") return write_text_file(path, svg_bytes(*this, draw, impl_->image_is_smooth), force);

  if (!(dots_per_inch > 0) || !std::isfinite(dots_per_inch)) {
    return fail(ErrorCode::kUsage,
                fmt::format("figure {}: {} dots per inch is no resolution", path.string(), dots_per_inch));
  }
  const double scale = dots_per_inch / 72;
  const double columns = std::max(1.0, std::round(impl_->width_pt * scale));
  const double rows = std::max(1.0, std::round(impl_->height_pt * scale));
  if (columns > kMaxPixels || rows > kMaxPixels || columns * rows > 0x1p28) {
    return fail(ErrorCode::kTooLarge, fmt::format("figure {} would have {:.0f} x {:.0f} pixels: "
                                                  "lower the {} dots per inch",
                                                  path.string(), columns, rows, dots_per_inch));
  }
  return write_text_file(
      path, png_bytes(static_cast<int>(columns), static_cast<int>(rows), scale, impl_->background.a >= 1, draw), force);
}

}  // namespace radtype::figure
