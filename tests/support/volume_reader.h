// Short ways to read a volume in tests, all of it at once.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "radtype/io/image_source.h"
#include "radtype/io/volume_files.h"

namespace radtype::test {

/// Slices one after another.
inline Result<std::vector<double>> all_values(io::ImageSource& source) {
  std::vector<double> values;
  auto done = source.read_slices(0, source.info().grid.size()[2],
                                 [&](std::int64_t, std::span<const double> slice) -> Result<void> {
                                   values.insert(values.end(), slice.begin(), slice.end());
                                   return {};
                                 });
  if (!done) return pass_on(std::move(done));
  return values;
}

/// Largest distance in mm between the places that two grids give a corner of their box.
inline double worst_corner_mm(const Grid& a, const Grid& b) {
  double worst = 0;
  for (int corner = 0; corner < 8; ++corner) {
    Point<Index> index;
    for (int axis = 0; axis < 3; ++axis) {
      if ((corner >> axis) & 1) index.v[axis] = static_cast<double>(a.size()[static_cast<std::size_t>(axis)] - 1);
    }
    worst = std::max(worst, (a.lps_from_index()(index).v - b.lps_from_index()(index).v).norm());
  }
  return worst;
}

}  // namespace radtype::test
