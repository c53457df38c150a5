#include "shape/relax.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

#include "shape/surface_operators.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

/// Trilinear interpolation of a field at points in LPS mm, and its gradient per mm; constant beyond the grid.
class WorldField {
 public:
  explicit WorldField(const Volume<float>& field)
      : field_(field),
        index_from_lps_(field.grid.index_from_lps()),
        gradient_from_index_(index_from_lps_.linear.transpose()) {}

  double value_and_gradient(const Vector3d& point, Vector3d& gradient) const;

 private:
  const Volume<float>& field_;
  Affine<Index, LpsMm> index_from_lps_;
  Eigen::Matrix3d gradient_from_index_;
};

double WorldField::value_and_gradient(const Vector3d& point, Vector3d& gradient) const {
  const Vector3d index = index_from_lps_(Point<LpsMm>(point)).v;
  std::array<std::int64_t, 3> low{};
  std::array<double, 3> f{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double last = static_cast<double>(field_.grid.size()[axis] - 1);
    const double x = std::clamp(index[static_cast<Eigen::Index>(axis)], 0.0, last);
    low[axis] = std::min(static_cast<std::int64_t>(x), std::max<std::int64_t>(field_.grid.size()[axis] - 2, 0));
    f[axis] = x - static_cast<double>(low[axis]);
  }
  const auto base = field_.offset(low[0], low[1], low[2]);
  const std::size_t sx = field_.grid.size()[0] > 1 ? 1 : 0;
  const std::size_t sy = field_.grid.size()[1] > 1 ? static_cast<std::size_t>(field_.grid.size()[0]) : 0;
  const std::size_t sz =
      field_.grid.size()[2] > 1 ? static_cast<std::size_t>(field_.grid.size()[0] * field_.grid.size()[1]) : 0;
  const float* v = field_.voxels.data() + base;
  const auto along_x = [&](std::size_t at, double& slope) {
    const double a = v[at];
    const double b = v[at + sx];
    slope = b - a;
    return a + f[0] * slope;
  };
  std::array<double, 4> dx{};
  const double v00 = along_x(0, dx[0]);
  const double v10 = along_x(sy, dx[1]);
  const double v01 = along_x(sz, dx[2]);
  const double v11 = along_x(sy + sz, dx[3]);
  const double v0 = v00 + f[1] * (v10 - v00);
  const double v1 = v01 + f[1] * (v11 - v01);
  Vector3d per_index;
  per_index[0] = (1 - f[2]) * (dx[0] + f[1] * (dx[1] - dx[0])) + f[2] * (dx[2] + f[1] * (dx[3] - dx[2]));
  per_index[1] = (1 - f[2]) * (v10 - v00) + f[2] * (v11 - v01);
  per_index[2] = v1 - v0;
  gradient = gradient_from_index_ * per_index;
  return v0 + f[2] * (v1 - v0);
}

Vector3d towards_level(const WorldField& field, const Vector3d& point, double level, double longest_step) {
  Vector3d gradient;
  const double value = field.value_and_gradient(point, gradient) - level;
  const double square = gradient.squaredNorm();
  if (!(square > 1e-12)) return point;
  Vector3d step = -value / square * gradient;
  const double length = step.norm();
  if (length > longest_step) step *= longest_step / length;
  return point + step;
}

}  // namespace

double relax_onto_level(const Volume<float>& volume, const RelaxOptions& options, TriangleMesh& mesh) {
  const WorldField field(volume);
  const Neighbours neighbours(mesh.triangles, mesh.vertices.size());
  std::vector<Vector3d> next(mesh.vertices.size());
  double level = 0;
  const auto project = [&] {
    for (Vector3d& point : mesh.vertices) point = towards_level(field, point, level, options.longest_step_mm);
  };
  for (int round = 0; round < 3; ++round) project();
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < next.size(); ++i) {
      Vector3d middle = Vector3d::Zero();
      const auto around = neighbours.of(static_cast<std::int32_t>(i));
      for (const std::int32_t id : around) middle += mesh.vertices[static_cast<std::size_t>(id)];
      middle /= static_cast<double>(around.size());
      Vector3d normal;
      field.value_and_gradient(mesh.vertices[i], normal);
      const double square = normal.squaredNorm();
      Vector3d step = middle - mesh.vertices[i];
      if (square > 1e-12) step -= step.dot(normal) / square * normal;
      next[i] = towards_level(field, mesh.vertices[i] + 0.6 * step, level, options.longest_step_mm);
    }
    std::swap(mesh.vertices, next);
    if (options.target_volume_mm3 > 0 && round % 4 == 3) {
      level += (options.target_volume_mm3 - enclosed_volume_mm3(mesh)) / surface_area_mm2(mesh);
      project();
    }
  }
  for (int round = 0; round < 4; ++round) {
    if (options.target_volume_mm3 > 0)
      level += (options.target_volume_mm3 - enclosed_volume_mm3(mesh)) / surface_area_mm2(mesh);
    project();
  }
  return level;
}

}  // namespace radtype::shape
