// The part of the case page that shows a tumour's shape.
#pragma once

#include "radtype/figure/canvas.h"
#include "radtype/shape/spectrum.h"

namespace radtype::feature {

/// Height of what draw_shape draws.
double shape_figure_height_pt(double width_pt);
/// The surface in its canonical pose and its sphere map, both coloured by mean curvature; its reconstructions at degree
/// 1, 3, 6 and 15; the spectrum.
void draw_shape(figure::Canvas& canvas, const shape::Spectrum& spectrum, double x, double y, double width_pt);

}  // namespace radtype::feature
