// The Poisson solver between maps: what it finds without new factors is what new factors find.
#include <cmath>

#include <gtest/gtest.h>

#include "radtype/shape/mesh.h"
#include "shape/surface_operators.h"
#include "support/voxel_bodies.h"

namespace radtype::shape {
namespace {

using Eigen::Vector3d;

TriangleMesh lumpy_mesh() {
  TriangleMesh mesh = test::icosphere(4);
  for (Vector3d& v : mesh.vertices) v *= 1 + 0.2 * std::sin(3 * v[0]) * std::cos(2 * v[1] + v[2]);
  return mesh;
}

Points stretched(const Points& points, double factor) {
  Points result = points;
  for (Vector3d& p : result) p[0] *= factor;
  return result;
}

/// Sums to zero, and to nothing simpler.
Eigen::MatrixXd sources(std::size_t count, int columns) {
  Eigen::MatrixXd b(static_cast<Eigen::Index>(count), columns);
  for (Eigen::Index i = 0; i < b.rows(); ++i) {
    for (Eigen::Index c = 0; c < columns; ++c) b(i, c) = std::sin(0.7 * static_cast<double>(i * (c + 1)));
  }
  b.rowwise() -= b.colwise().mean();
  return b;
}

TEST(PoissonSolver, SolvesOneToThreeColumnsAtOnce) {
  const TriangleMesh mesh = lumpy_mesh();
  PoissonSolver solver(mesh.triangles, mesh.vertices.size());
  ASSERT_TRUE(solver.factorise(mesh.vertices));
  for (int columns = 1; columns <= 3; ++columns) {
    const Eigen::MatrixXd b = sources(mesh.vertices.size(), columns);
    const Eigen::MatrixXd u = solver.solve(b);
    EXPECT_LT((solver.apply(u) - b).norm(), 1e-10 * b.norm()) << columns;
    EXPECT_EQ(u.bottomRows(1).norm(), 0);
  }
}

TEST(PoissonSolver, OtherPositionsWithTheFactorsOfTheseOrNewOnes) {
  const TriangleMesh mesh = lumpy_mesh();
  const Eigen::VectorXd b = sources(mesh.vertices.size(), 1);
  for (const double factor : {1.0, 1.2, 40.0}) {  // the last is too far for the old factors
    const Points there = stretched(mesh.vertices, factor);
    PoissonSolver fresh(mesh.triangles, mesh.vertices.size());
    ASSERT_TRUE(fresh.factorise(there));
    Eigen::VectorXd expected = fresh.solve(b);
    expected.array() -= expected.mean();
    PoissonSolver solver(mesh.triangles, mesh.vertices.size());
    ASSERT_TRUE(solver.factorise(mesh.vertices));
    auto found = solver.solve_at(there, b);
    ASSERT_TRUE(found);
    found->array() -= found->mean();
    // A millionth in the norm of the energy is less than that of u for all but the shortest waves.
    EXPECT_LT((*found - expected).norm(), 1e-5 * expected.norm()) << factor;
  }
}

TEST(PoissonSolver, SaysSoWhenTrianglesHaveNoArea) {
  TriangleMesh mesh = lumpy_mesh();
  PoissonSolver solver(mesh.triangles, mesh.vertices.size());
  ASSERT_TRUE(solver.factorise(mesh.vertices));
  Points line = stretched(mesh.vertices, 0);
  for (Vector3d& p : line) p[1] = 0;
  EXPECT_FALSE(solver.solve_at(line, sources(mesh.vertices.size(), 1)));
}

}  // namespace
}  // namespace radtype::shape
