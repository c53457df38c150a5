#include "simulate/lattice_field.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "radtype/core/seed.h"

namespace radtype::simulate {
namespace {

// Sum of squared weights of a cubic B-spline, averaged over a cell: 151/315 an axis.
constexpr double kMeanSquare = 151.0 / 315.0;

std::array<double, 4> spline_weights(double t) {
  const double u = 1 - t;
  return {u * u * u / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * u * u * u - 6 * u * u + 4) / 6, t * t * t / 6};
}

}  // namespace

LatticeField::LatticeField(std::uint64_t seed, const Eigen::Vector3d& low_mm, const Eigen::Vector3d& high_mm,
                           double spacing_mm)
    : low_mm_(low_mm), spacing_mm_(spacing_mm) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    size_[axis] = static_cast<std::int64_t>(std::ceil((high_mm[a] - low_mm[a]) / spacing_mm)) + 4;
  }
  nodes_.resize(static_cast<std::size_t>(size_[0] * size_[1] * size_[2]));
  Random random(seed);
  const double scale = std::pow(kMeanSquare, -1.5);
  for (float& node : nodes_) node = static_cast<float>(scale * random.normal());
}

double LatticeField::value(const Eigen::Vector3d& point_mm) const {
  std::array<std::int64_t, 3> first{};
  std::array<std::array<double, 4>, 3> weight{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<Eigen::Index>(axis);
    const double most = static_cast<double>(size_[axis] - 4);
    const double x = std::clamp((point_mm[a] - low_mm_[a]) / spacing_mm_, 0.0, most);
    first[axis] = std::min(static_cast<std::int64_t>(x), size_[axis] - 4);
    weight[axis] = spline_weights(x - static_cast<double>(first[axis]));
  }
  std::array<float, 4> along{};
  for (std::size_t i = 0; i < 4; ++i) along[i] = static_cast<float>(weight[0][i]);
  double sum = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t j = 0; j < 4; ++j) {
      const std::int64_t line =
          (first[2] + static_cast<std::int64_t>(k)) * size_[1] + first[1] + static_cast<std::int64_t>(j);
      const float* row = nodes_.data() + line * size_[0] + first[0];
      const float dot = (along[0] * row[0] + along[1] * row[1]) + (along[2] * row[2] + along[3] * row[3]);
      sum += weight[2][k] * weight[1][j] * double{dot};
    }
  }
  return sum;
}

}  // namespace radtype::simulate
