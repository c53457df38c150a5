// Where to cut a tumour for a picture, and how to show what is cut.
#pragma once

#include "radtype/feature/family.h"

namespace radtype::feature {

/// Index axis nearest to an LPS axis, and whether it runs the same way. The three LPS axes have three index axes.
struct AxisInIndex {
  int axis;
  bool same_way;
};
AxisInIndex index_axis_of(const Grid& grid, int lps_axis);

struct Window {
  double low;
  double high;
};
/// CT: for soft tissue, or for lung and soft tissue at once where a quarter of what is shown is air; else the middle 98
/// % of what is shown. Needs an image.
Window choose_window(const CaseData& data);

/// The tumour voxel nearest to the centre of mass: a slice through a ring-shaped mask still meets it.
Size3 central_voxel(const Mask& mask);

}  // namespace radtype::feature
