#include "radtype/shape/harmonics.h"

#include <cmath>
#include <numbers>

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

/// Rows come in fours, so that sums have four lanes of a fixed order; what the terms do not fill is zero.
constexpr Eigen::Index kLanes = 4;
using Four = Eigen::Array<double, kLanes, 1>;
using Coordinates = Eigen::Array<double, 1, 3>;

/// For one column of the basis: its products with three columns of coefficients, and three multiples of it added to
/// them. One load of the basis serves all three coordinates.
Coordinates dot(const Eigen::MatrixXd& basis, Eigen::Index column, const Eigen::MatrixX3d& coefficients) {
  const double* b = basis.col(column).data();
  const std::array<const double*, 3> c{coefficients.col(0).data(), coefficients.col(1).data(),
                                       coefficients.col(2).data()};
  std::array<Four, 3> sums{Four::Zero(), Four::Zero(), Four::Zero()};
  for (Eigen::Index j = 0; j < basis.rows(); j += kLanes) {
    const Four four = Eigen::Map<const Four>(b + j);
    for (std::size_t k = 0; k < 3; ++k) sums[k] += four * Eigen::Map<const Four>(c[k] + j);
  }
  return {sums[0].sum(), sums[1].sum(), sums[2].sum()};
}
void add(const Eigen::MatrixXd& basis, Eigen::Index column, const Coordinates& factors, Eigen::MatrixX3d& to) {
  const double* b = basis.col(column).data();
  const std::array<double*, 3> t{to.col(0).data(), to.col(1).data(), to.col(2).data()};
  for (Eigen::Index j = 0; j < basis.rows(); j += kLanes) {
    const Four four = Eigen::Map<const Four>(b + j);
    for (std::size_t k = 0; k < 3; ++k) Eigen::Map<Four>(t[k] + j) += factors[static_cast<Eigen::Index>(k)] * four;
  }
}

/// min |values - basis^T c| by conjugate gradients on the normal equations, all columns at once; `diagonal` of the
/// normal matrix and `residual` = basis values are what the caller has while it makes the basis. On an equal-area map
/// the rows of the basis are nearly orthogonal and of equal length, and a round takes the residual down a hundredfold:
/// a tenth of the cost of forming the normal matrix. On other maps the rounds grow with its condition.
Eigen::MatrixX3d least_squares(const Eigen::MatrixXd& basis, const Eigen::VectorXd& diagonal,
                               Eigen::MatrixX3d residual) {
  constexpr double kTolerance = 1e-10;
  const Eigen::Index rows = basis.rows();
  const Eigen::VectorXd inverse = (diagonal.array() > 0).select(diagonal.cwiseInverse(), 0.0);
  Eigen::MatrixX3d solution = Eigen::MatrixX3d::Zero(rows, 3);
  Eigen::MatrixX3d scaled = inverse.asDiagonal() * residual;
  Eigen::MatrixX3d direction = scaled;
  Eigen::Array3d square = residual.cwiseProduct(scaled).colwise().sum();
  const Eigen::Array3d enough = square * kTolerance * kTolerance;
  for (Eigen::Index round = 0; round < 10 * rows && (square > enough).any(); ++round) {
    Eigen::MatrixX3d image = Eigen::MatrixX3d::Zero(rows, 3);
    for (Eigen::Index i = 0; i < basis.cols(); ++i) add(basis, i, dot(basis, i, direction), image);
    const Eigen::Array3d bend = direction.cwiseProduct(image).colwise().sum();
    // A column that has arrived stays where it is.
    const Eigen::Array3d step = (square > enough).select(square / bend, 0.0);
    solution += direction * step.matrix().asDiagonal();
    residual -= image * step.matrix().asDiagonal();
    scaled = inverse.asDiagonal() * residual;
    const Eigen::Array3d next = residual.cwiseProduct(scaled).colwise().sum();
    const Eigen::Array3d turn = (square > enough).select(next / square, 0.0);
    direction = scaled + direction * turn.matrix().asDiagonal();
    square = next;
  }
  return solution;
}

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
  Eigen::MatrixXd basis((terms + kLanes - 1) / kLanes * kLanes, count);
  basis.bottomRows(basis.rows() - terms).setZero();
  Eigen::MatrixX3d values(count, 3);
  Eigen::VectorXd diagonal = Eigen::VectorXd::Zero(basis.rows());
  Eigen::MatrixX3d products = Eigen::MatrixX3d::Zero(basis.rows(), 3);
  for (Eigen::Index i = 0; i < count; ++i) {
    real_harmonics(points[static_cast<std::size_t>(i)], degree, basis.col(i).data());
    const double root = std::sqrt(weight[i]);
    basis.col(i) *= root;
    const Eigen::RowVector3d from_centre = mesh.vertices[static_cast<std::size_t>(i)].transpose() - centroid;
    values.row(i) = root * from_centre;
    diagonal += basis.col(i).cwiseAbs2();
    add(basis, i, values.row(i), products);
    fit.mean_radius_mm += weight[i] * from_centre.norm();
    fit.mean_square_radius_mm2 += weight[i] * from_centre.squaredNorm();
  }
  const Eigen::MatrixX3d solution = least_squares(basis, diagonal, std::move(products));
  double residual = 0;
  for (Eigen::Index i = 0; i < count; ++i) residual += (values.row(i).array() - dot(basis, i, solution)).square().sum();
  fit.residual_rms_mm = std::sqrt(residual);
  fit.coefficients = solution.topRows(terms);
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
