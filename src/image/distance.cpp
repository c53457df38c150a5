#include <algorithm>
#include <cmath>
#include <limits>

#include "radtype/core/parallel.h"
#include "radtype/image/region.h"

namespace radtype::image {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One line of the exact squared distance transform: values[x] = min over q of values[q] + (step (x - q))^2, as the
/// lower envelope of parabolas (felzenszwalb2012, algorithm 1).
class LineTransform {
 public:
  explicit LineTransform(std::int64_t length)
      : line_(static_cast<std::size_t>(length)), apex_(line_.size()), begins_(line_.size()) {}

  void apply(double* values, std::size_t stride, double step) {
    const double step2 = step * step;
    std::size_t parabolas = 0;
    for (std::size_t q = 0; q < line_.size(); ++q) {
      line_[q] = values[q * stride];
      if (line_[q] == kInfinity) continue;
      double begins = -kInfinity;
      while (parabolas > 0) {
        const std::size_t p = apex_[parabolas - 1];
        const double between = static_cast<double>(q - p);
        begins = static_cast<double>(p) + 0.5 * (between + (line_[q] - line_[p]) / (step2 * between));
        if (begins > begins_[parabolas - 1]) break;
        --parabolas;
        begins = -kInfinity;
      }
      apex_[parabolas] = q;
      begins_[parabolas] = begins;
      ++parabolas;
    }
    if (parabolas == 0) return;
    std::size_t lowest = 0;
    for (std::size_t x = 0; x < line_.size(); ++x) {
      while (lowest + 1 < parabolas && begins_[lowest + 1] < static_cast<double>(x)) ++lowest;
      const double apart = step * (static_cast<double>(x) - static_cast<double>(apex_[lowest]));
      values[x * stride] = line_[apex_[lowest]] + apart * apart;
    }
  }

 private:
  std::vector<double> line_;       // copy of the input
  std::vector<std::size_t> apex_;  // of each parabola of the envelope
  std::vector<double> begins_;     // where it begins to be the lowest
};

/// In: 0 at seeds, +infinity elsewhere. Out: squared distance to the nearest seed along the first `axes` axes.
void transform(std::vector<double>& values, const Size3& size, const Eigen::Vector3d& step, int axes) {
  const auto row = static_cast<std::size_t>(size[0]);
  const std::size_t slice = row * static_cast<std::size_t>(size[1]);
  parallel_for(0, size[2], [&](std::int64_t k) {
    double* first = values.data() + static_cast<std::size_t>(k) * slice;
    LineTransform along_i(size[0]);
    for (std::size_t j = 0; j < slice; j += row) along_i.apply(first + j, 1, step[0]);
    LineTransform along_j(size[1]);
    for (std::size_t i = 0; i < row; ++i) along_j.apply(first + i, row, step[1]);
  });
  if (axes < 3) return;
  parallel_for(0, size[1], [&](std::int64_t j) {
    double* first = values.data() + static_cast<std::size_t>(j) * row;
    LineTransform along_k(size[2]);
    for (std::size_t i = 0; i < row; ++i) along_k.apply(first + i, slice, step[2]);
  });
}

}  // namespace

Volume<float> signed_distance_mm(const Mask& mask) {
  const auto zeros = std::count(mask.voxels.begin(), mask.voxels.end(), std::uint8_t{0});
  RADTYPE_CHECK(zeros != 0 && zeros != static_cast<std::ptrdiff_t>(mask.voxels.size()));
  Volume<float> result(mask.grid);
  std::vector<double> squared(mask.voxels.size());
  for (const bool to_inside : {true, false}) {
    for (std::size_t n = 0; n < squared.size(); ++n) squared[n] = (mask.voxels[n] != 0) == to_inside ? 0.0 : kInfinity;
    transform(squared, mask.grid.size(), mask.grid.spacing_mm(), 3);
    for (std::size_t n = 0; n < squared.size(); ++n) {
      if ((mask.voxels[n] != 0) == to_inside) continue;
      const auto distance = static_cast<float>(std::sqrt(squared[n]));
      result.voxels[n] = to_inside ? distance : -distance;
    }
  }
  return result;
}

Volume<double> slice_squared_distance_pixels(const Mask& mask) {
  Volume<double> result(mask.grid);
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) result.voxels[n] = mask.voxels[n] == 0 ? 0.0 : kInfinity;
  transform(result.voxels, mask.grid.size(), Eigen::Vector3d::Ones(), 2);
  return result;
}

}  // namespace radtype::image
