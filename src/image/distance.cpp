#include <algorithm>
#include <cmath>
#include <limits>

#include "radtype/core/label_map.h"
#include "radtype/core/parallel.h"
#include "radtype/image/region.h"

namespace radtype::image {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One line of the exact squared distance transform: values[x] = min over q of values[q] + (step (x - q))^2, as the
/// lower envelope of parabolas (felzenszwalb2012, algorithm 1).
class LineTransform {
 public:
  LineTransform(std::int64_t length, double step)
      : step_(step),
        length_(static_cast<std::size_t>(length)),
        copy_(kLinesAtOnce * length_),
        half_over_(length_),
        parabolas_(length_) {
    for (std::size_t n = 1; n < length_; ++n) half_over_[n] = 0.5 / (step * step * static_cast<double>(n));
  }

  /// `count` lines next to each other, of elements `stride` apart.
  void apply(double* values, std::size_t stride, std::size_t count) {
    // Some at a time are copied to one place: at long strides every element is a page of its own.
    for (std::size_t first = 0; first < count; first += kLinesAtOnce) {
      const std::size_t lines = std::min(kLinesAtOnce, count - first);
      for (std::size_t x = 0; x < length_; ++x) {
        for (std::size_t n = 0; n < lines; ++n) copy_[n * length_ + x] = values[first + x * stride + n];
      }
      for (std::size_t n = 0; n < lines; ++n) apply(copy_.data() + n * length_);
      for (std::size_t x = 0; x < length_; ++x) {
        for (std::size_t n = 0; n < lines; ++n) values[first + x * stride + n] = copy_[n * length_ + x];
      }
    }
  }

 private:
  static constexpr std::size_t kLinesAtOnce = 8;
  struct Parabola {
    std::size_t apex;
    double begins;  // where it begins to be the lowest
    double height;
  };

  void apply(double* line) {
    std::size_t count = 0;
    for (std::size_t q = 0; q < length_; ++q) {
      const double height = line[q];
      if (height == kInfinity) continue;
      double begins = -kInfinity;
      for (; count > 0; --count) {
        const Parabola& last = parabolas_[count - 1];
        const std::size_t between = q - last.apex;
        begins = static_cast<double>(last.apex) + 0.5 * static_cast<double>(between) +
                 (height - last.height) * half_over_[between];
        if (begins > last.begins) break;
        begins = -kInfinity;
      }
      parabolas_[count++] = {q, begins, height};
    }
    if (count == 0) return;
    std::size_t lowest = 0;
    for (std::size_t x = 0; x < length_; ++x) {
      while (lowest + 1 < count && parabolas_[lowest + 1].begins < static_cast<double>(x)) ++lowest;
      const double apart = step_ * (static_cast<double>(x) - static_cast<double>(parabolas_[lowest].apex));
      line[x] = parabolas_[lowest].height + apart * apart;
    }
  }

  double step_;
  std::size_t length_;
  std::vector<double> copy_;
  std::vector<double> half_over_;  // 0.5 / (step^2 n)
  std::vector<Parabola> parabolas_;
};

/// The first axis, where every value is 0 or infinite: the nearest 0 on either side.
bool transform_row(double* row, std::int64_t length, double step) {
  std::int64_t zero = -1;
  for (std::int64_t i = 0; i < length; ++i) {
    if (row[i] == 0) {
      // Back to half way to the zero before, or to the row's beginning.
      for (std::int64_t back = zero < 0 ? 0 : (zero + i) / 2 + 1; back < i; ++back) {
        const double apart = step * static_cast<double>(i - back);
        row[back] = apart * apart;
      }
      zero = i;
    } else if (zero >= 0) {
      const double apart = step * static_cast<double>(i - zero);
      row[i] = apart * apart;
    }
  }
  return zero >= 0;
}

/// In: 0 at seeds, +infinity elsewhere. Out: squared distance to the nearest seed along the first `axes` axes.
void transform(std::vector<double>& values, const Size3& size, const Eigen::Vector3d& step, int axes) {
  const auto row = static_cast<std::size_t>(size[0]);
  const std::size_t slice = row * static_cast<std::size_t>(size[1]);
  parallel_for(0, size[2], [&](std::int64_t k) {
    double* first = values.data() + static_cast<std::size_t>(k) * slice;
    bool any = false;
    for (std::size_t j = 0; j < slice; j += row) any |= transform_row(first + j, size[0], step[0]);
    if (!any) return;
    LineTransform(size[1], step[1]).apply(first, row, row);
  });
  if (axes < 3) return;
  parallel_for(0, size[1], [&](std::int64_t j) {
    LineTransform(size[2], step[2]).apply(values.data() + static_cast<std::size_t>(j) * row, slice, row);
  });
}

/// Squared distance to the nearest voxel of the box that is not 0 (or is, if `to_zeros`).
std::vector<double> squared_distance(const Mask& mask, const Box& box, bool to_zeros) {
  const Size3 size = box.size();
  std::vector<double> squared(static_cast<std::size_t>(box.voxel_count()));
  std::size_t at = 0;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      const std::uint8_t* row = mask.voxels.data() + mask.offset(box.lo[0], j, k);
      for (std::int64_t i = 0; i < size[0]; ++i) squared[at++] = (row[i] == 0) == to_zeros ? 0.0 : kInfinity;
    }
  }
  transform(squared, size, mask.grid.spacing_mm(), 3);
  return squared;
}

}  // namespace

Volume<float> distance_mm(const Mask& mask) {
  RADTYPE_CHECK(std::any_of(mask.voxels.begin(), mask.voxels.end(), [](std::uint8_t value) { return value != 0; }));
  Volume<float> result(mask.grid);
  const std::vector<double> squared = squared_distance(mask, mask.grid.box(), false);
  for (std::size_t n = 0; n < squared.size(); ++n) result.voxels[n] = static_cast<float>(std::sqrt(squared[n]));
  return result;
}

Volume<float> signed_distance_mm(const Mask& mask) {
  Volume<float> result = distance_mm(mask);
  // The outside voxel that is nearest to an inside one touches the box of these.
  Box box = inside_box(mask);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    --box.lo[axis];
    ++box.hi[axis];
  }
  box = intersection(box, mask.grid.box());
  const std::vector<double> squared = squared_distance(mask, box, true);
  std::size_t at = 0;
  for (std::int64_t k = box.lo[2]; k < box.hi[2]; ++k) {
    for (std::int64_t j = box.lo[1]; j < box.hi[1]; ++j) {
      for (std::int64_t i = box.lo[0]; i < box.hi[0]; ++i, ++at) {
        if (squared[at] == 0) continue;
        RADTYPE_CHECK(squared[at] != kInfinity);  // nothing but inside voxels
        result.at(i, j, k) = -static_cast<float>(std::sqrt(squared[at]));
      }
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
