// Finite elements on a triangle surface: vertex areas, cotangent stiffness matrix, gradients, a reusable Poisson
// solver.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <Eigen/Core>
#include <Eigen/Sparse>

#include "radtype/shape/mesh.h"

namespace radtype::shape {

using Triangles = std::vector<std::array<std::int32_t, 3>>;
using Points = std::vector<Eigen::Vector3d>;

/// Vertices around each vertex of a closed oriented surface, each named once.
class Neighbours {
 public:
  Neighbours(const Triangles& triangles, std::size_t vertex_count);
  std::span<const std::int32_t> of(std::int32_t id) const {
    const auto begin = static_cast<std::size_t>(first_[static_cast<std::size_t>(id)]);
    const auto end = static_cast<std::size_t>(first_[static_cast<std::size_t>(id) + 1]);
    return {ids_.data() + begin, end - begin};
  }

 private:
  std::vector<std::int32_t> first_;
  std::vector<std::int32_t> ids_;
};

/// A third of the area of the triangles around each vertex.
Eigen::VectorXd vertex_areas(const Points& points, const Triangles& triangles);

/// Volume of the parallelepiped of a triangle's corners: positive when it faces away from the origin.
double orientation(const Points& points, const std::array<std::int32_t, 3>& triangle);
int count_flipped(const Points& points, const Triangles& triangles);

/// Gradient of a function given at vertices, averaged at each vertex over its triangles by angle.
Points vertex_gradient(const Points& points, const Triangles& triangles, const Eigen::VectorXd& values);

/// Solves K u = b for the stiffness matrix K_ij = -(cot a + cot b)/2 of a closed connected surface. K has the constants
/// as null space: the entries of b must sum to zero, and u is returned with u = 0 at the last vertex. The order of
/// elimination is found once for a connectivity and kept while the positions change.
class PoissonSolver {
 public:
  explicit PoissonSolver(const Triangles& triangles, std::size_t vertex_count);
  /// False when K is not positive definite in floating point (triangles without area).
  bool factorise(const Points& points);
  /// One to three columns.
  Eigen::MatrixXd solve(const Eigen::MatrixXd& right_hand_sides) const;
  /// K x with the matrix last factorised.
  Eigen::MatrixXd apply(const Eigen::MatrixXd& x) const;
  /// u with the K of other positions, but for a constant: by conjugate gradients with the last factors, to a millionth
  /// of the right-hand side in their norm. Where the two K are too far apart for that to be quick, the factors are
  /// renewed. Nothing when this K is not positive definite.
  std::optional<Eigen::VectorXd> solve_at(const Points& points, const Eigen::VectorXd& right_hand_side);

 private:
  bool assemble(const Points& points);
  bool factorise_assembled();
  std::optional<Eigen::VectorXd> conjugate_gradients(const Eigen::VectorXd& right_hand_side) const;

  const Triangles& triangles_;
  Eigen::Index count_;
  Eigen::SparseMatrix<double> lower_;   ///< lower triangle of K, all vertices
  Eigen::SparseMatrix<double> pinned_;  ///< the same without the last vertex
  std::vector<std::array<Eigen::Index, 6>>
      slot_;                               ///< where each triangle's three edges and three corners lie in lower_
  std::vector<Eigen::Index> pinned_slot_;  ///< for each value of pinned_, its place in lower_
  Eigen::SimplicialLLT<Eigen::SparseMatrix<double>, Eigen::Lower> cholesky_;
  bool has_factors_ = false;
};

}  // namespace radtype::shape
