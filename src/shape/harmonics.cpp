#include "radtype/shape/harmonics.h"

#include <cmath>
#include <numbers>

#include <Eigen/Cholesky>

#include "shape/surface_operators.h"

namespace radtype::shape {
namespace {

constexpr int kMaxFitDegree = 40;

/// Factors of the recursion over l at fixed m of the normalised associated Legendre functions.
struct Recursion {
  std::array<double, (kMaxFitDegree + 1) * (kMaxFitDegree + 1)> a{};
  std::array<double, (kMaxFitDegree + 1) * (kMaxFitDegree + 1)> b{};
  std::array<double, kMaxFitDegree + 1> diagonal{};

  Recursion() {
    diagonal[0] = 0.5 / std::sqrt(std::numbers::pi);
    for (int m = 1; m <= kMaxFitDegree; ++m) {
      diagonal[static_cast<std::size_t>(m)] =
          diagonal[static_cast<std::size_t>(m - 1)] * std::sqrt((2.0 * m + 1) / (2.0 * m));
    }
    for (int l = 1; l <= kMaxFitDegree; ++l) {
      for (int m = 0; m < l; ++m) {
        const double ratio = (4.0 * l * l - 1) / (1.0 * l * l - 1.0 * m * m);
        a[static_cast<std::size_t>(harmonic_index(l, m))] = std::sqrt(ratio);
        b[static_cast<std::size_t>(harmonic_index(l, m))] =
            l < 2 ? 0 : std::sqrt(ratio * (1.0 * (l - 1) * (l - 1) - 1.0 * m * m) / (4.0 * (l - 1) * (l - 1) - 1));
      }
    }
  }
};

}  // namespace

void real_harmonics(const Eigen::Vector3d& unit, int degree, double* out) {
  static const Recursion factors;
  const double z = unit[2];
  // cosine and sine hold sin(theta)^m cos(m phi) and sin(theta)^m sin(m phi): polynomials in x and y, smooth at the
  // poles.
  double cosine = 1;
  double sine = 0;
  for (int m = 0; m <= degree; ++m) {
    const double scale = m == 0 ? 1.0 : std::numbers::sqrt2;
    double before = 0;
    double legendre = factors.diagonal[static_cast<std::size_t>(m)];
    for (int l = m; l <= degree; ++l) {
      if (l > m) {
        const auto index = static_cast<std::size_t>(harmonic_index(l, m));
        const double next = factors.a[index] * z * legendre - factors.b[index] * before;
        before = legendre;
        legendre = next;
      }
      out[harmonic_index(l, m)] = scale * legendre * cosine;
      if (m > 0) out[harmonic_index(l, -m)] = scale * legendre * sine;
    }
    const double turned = cosine * unit[0] - sine * unit[1];
    sine = sine * unit[0] + cosine * unit[1];
    cosine = turned;
  }
}

double HarmonicFit::energy(int l) const {
  RADTYPE_CHECK(l >= 1 && l <= degree);
  return std::sqrt(coefficients.middleRows(l * l, 2 * l + 1).squaredNorm()) / mean_radius_mm;
}

HarmonicFit fit_harmonics(const TriangleMesh& mesh, const SpherePoints& points, int degree) {
  RADTYPE_CHECK(degree >= 1 && degree <= kMaxFitDegree && points.size() == mesh.vertices.size());
  const auto count = static_cast<Eigen::Index>(points.size());
  const Eigen::Index terms = (degree + 1) * (degree + 1);
  Eigen::VectorXd weight = vertex_areas(mesh.vertices, mesh.triangles);
  weight /= weight.sum();

  HarmonicFit fit;
  fit.degree = degree;
  Eigen::RowVector3d centroid = Eigen::RowVector3d::Zero();
  for (Eigen::Index i = 0; i < count; ++i)
    centroid += weight[i] * mesh.vertices[static_cast<std::size_t>(i)].transpose();

  // Rows scaled by the square root of their weight; columns of a transposed matrix, so that each vertex writes
  // contiguously.
  Eigen::MatrixXd basis(terms, count);
  Eigen::MatrixX3d values(count, 3);
  for (Eigen::Index i = 0; i < count; ++i) {
    real_harmonics(points[static_cast<std::size_t>(i)], degree, basis.col(i).data());
    const double root = std::sqrt(weight[i]);
    basis.col(i) *= root;
    const Eigen::RowVector3d from_centre = mesh.vertices[static_cast<std::size_t>(i)].transpose() - centroid;
    values.row(i) = root * from_centre;
    fit.mean_radius_mm += weight[i] * from_centre.norm();
    fit.mean_square_radius_mm2 += weight[i] * from_centre.squaredNorm();
  }
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(terms, terms);
  normal.selfadjointView<Eigen::Lower>().rankUpdate(basis);
  fit.coefficients = normal.selfadjointView<Eigen::Lower>().llt().solve(basis * values);
  const Eigen::MatrixX3d residual = values - basis.transpose() * fit.coefficients;
  fit.residual_rms_mm = residual.norm();
  fit.coefficients.row(0) += centroid * (2 * std::sqrt(std::numbers::pi));
  return fit;
}

TriangleMesh reconstruct(const HarmonicFit& fit, const TriangleMesh& mesh, const SpherePoints& points,
                         int up_to_degree) {
  RADTYPE_CHECK(up_to_degree >= 0 && up_to_degree <= fit.degree);
  const Eigen::Index terms = (up_to_degree + 1) * (up_to_degree + 1);
  TriangleMesh result;
  result.triangles = mesh.triangles;
  result.vertices.reserve(points.size());
  Eigen::VectorXd basis(terms);
  for (const Eigen::Vector3d& point : points) {
    real_harmonics(point, up_to_degree, basis.data());
    result.vertices.emplace_back(fit.coefficients.topRows(terms).transpose() * basis);
  }
  return result;
}

}  // namespace radtype::shape
