// The part of the case page that shows what the heterogeneity features see.
#pragma once

#include "radtype/feature/case_run.h"
#include "radtype/figure/canvas.h"

namespace radtype::feature {

double texture_figure_height_pt(double width_pt);
/// Regions, ranks and habitats on the axial slice through the tumour's centre, and mean rank from centre to ring. Needs
/// a row measured with keep_data that has a neighbourhood.
void draw_texture(figure::Canvas& canvas, const CaseRow& row, double x, double y, double width_pt);

}  // namespace radtype::feature
