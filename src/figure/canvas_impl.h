// What a canvas holds: shared by drawing (canvas.cpp) and saving (save.cpp).
#pragma once

#include <functional>
#include <vector>

#include <cairo.h>

#include "figure/text_layout.h"
#include "radtype/figure/canvas.h"

namespace radtype::figure {

using SurfacePtr = CairoPtr<cairo_surface_t, cairo_surface_destroy>;

inline constexpr int kMaxPixels = 32767;  ///< a side of a Cairo image surface

struct Canvas::Impl {
  double width_pt = 0;
  double height_pt = 0;
  Colour background;
  std::vector<std::function<void(cairo_t*)>>
      commands;                       ///< each leaves the drawing state as it found it, but for the source
  std::vector<bool> image_is_smooth;  ///< one entry an image(), in order of drawing

  void replay(cairo_t* cairo) const;
};

}  // namespace radtype::figure
