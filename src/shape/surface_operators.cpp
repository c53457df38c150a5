#include "shape/surface_operators.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Geometry>

#include "shape/index.h"

namespace radtype::shape {
namespace {}  // namespace

Neighbours::Neighbours(const Triangles& triangles, std::size_t vertex_count) : first_(vertex_count + 1, 0) {
  // Every vertex follows each of its neighbours in exactly one triangle.
  for (const auto& t : triangles) {
    for (const std::int32_t id : t) ++first_[at(id) + 1];
  }
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  ids_.resize(static_cast<std::size_t>(first_.back()));
  std::vector<std::int32_t> next(first_.begin(), first_.end() - 1);
  for (const auto& t : triangles) {
    for (std::size_t corner = 0; corner < 3; ++corner) ids_[at(next[at(t[corner])]++)] = t[(corner + 1) % 3];
  }
}

Eigen::VectorXd vertex_areas(const Points& points, const Triangles& triangles) {
  Eigen::VectorXd areas = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(points.size()));
  for (const auto& t : triangles) {
    const double third = (points[at(t[1])] - points[at(t[0])]).cross(points[at(t[2])] - points[at(t[0])]).norm() / 6;
    for (const std::int32_t id : t) areas[id] += third;
  }
  return areas;
}

double orientation(const Points& points, const std::array<std::int32_t, 3>& t) {
  return points[at(t[0])].dot((points[at(t[1])] - points[at(t[0])]).cross(points[at(t[2])] - points[at(t[0])]));
}

int count_flipped(const Points& points, const Triangles& triangles) {
  return static_cast<int>(
      std::count_if(triangles.begin(), triangles.end(), [&](const auto& t) { return !(orientation(points, t) > 0); }));
}

Points vertex_gradient(const Points& points, const Triangles& triangles, const Eigen::VectorXd& values) {
  Points sums(points.size(), Eigen::Vector3d::Zero());
  std::vector<double> angles(points.size(), 0);
  for (const auto& t : triangles) {
    const Eigen::Vector3d& a = points[at(t[0])];
    const Eigen::Vector3d& b = points[at(t[1])];
    const Eigen::Vector3d& c = points[at(t[2])];
    const Eigen::Vector3d normal = (b - a).cross(c - a);
    const double square = normal.squaredNorm();
    if (!(square > 0)) continue;
    const Eigen::Vector3d turned = values[t[0]] * (c - b) + values[t[1]] * (a - c) + values[t[2]] * (b - a);
    const Eigen::Vector3d gradient = normal.cross(turned) / square;
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const Eigen::Vector3d u = points[at(t[(corner + 1) % 3])] - points[at(t[corner])];
      const Eigen::Vector3d v = points[at(t[(corner + 2) % 3])] - points[at(t[corner])];
      const double angle = std::atan2(std::sqrt(square), u.dot(v));
      sums[at(t[corner])] += angle * gradient;
      angles[at(t[corner])] += angle;
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (angles[i] > 0) sums[i] /= angles[i];
  }
  return sums;
}

PoissonSolver::PoissonSolver(const Triangles& triangles, std::size_t vertex_count)
    : triangles_(triangles),
      count_(static_cast<Eigen::Index>(vertex_count)),
      lower_(count_, count_),
      pinned_(count_ - 1, count_ - 1) {
  std::vector<Eigen::Triplet<double>> entries;
  for (const auto& t : triangles_) {
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const auto i = t[(corner + 1) % 3];
      const auto j = t[(corner + 2) % 3];
      entries.emplace_back(std::max(i, j), std::min(i, j), 1.0);
      entries.emplace_back(t[corner], t[corner], 1.0);
    }
  }
  lower_.setFromTriplets(entries.begin(), entries.end());
  lower_.makeCompressed();

  const auto place = [this](std::int32_t row, std::int32_t column) {
    const auto* begin = lower_.innerIndexPtr() + lower_.outerIndexPtr()[column];
    const auto* end = lower_.innerIndexPtr() + lower_.outerIndexPtr()[column + 1];
    return static_cast<Eigen::Index>(std::lower_bound(begin, end, row) - lower_.innerIndexPtr());
  };
  for (const auto& t : triangles_) {
    std::array<Eigen::Index, 6> slot{};
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const auto i = t[(corner + 1) % 3];
      const auto j = t[(corner + 2) % 3];
      slot[corner] = place(std::max(i, j), std::min(i, j));
      slot[3 + corner] = place(t[corner], t[corner]);
    }
    slot_.push_back(slot);
  }

  pinned_ = lower_.topLeftCorner(count_ - 1, count_ - 1);
  pinned_.makeCompressed();
  for (Eigen::Index column = 0; column < count_ - 1; ++column) {
    for (auto k = lower_.outerIndexPtr()[column]; k < lower_.outerIndexPtr()[column + 1]; ++k) {
      if (lower_.innerIndexPtr()[k] < count_ - 1) pinned_slot_.push_back(k);
    }
  }
  RADTYPE_CHECK(static_cast<Eigen::Index>(pinned_slot_.size()) == pinned_.nonZeros());
  cholesky_.analyzePattern(pinned_);
}

bool PoissonSolver::assemble(const Points& points) {
  double* const value = lower_.valuePtr();
  std::fill(value, value + lower_.nonZeros(), 0.0);
  for (std::size_t n = 0; n < triangles_.size(); ++n) {
    const auto& t = triangles_[n];
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const Eigen::Vector3d& apex = points[at(t[corner])];
      const Eigen::Vector3d u = points[at(t[(corner + 1) % 3])] - apex;
      const Eigen::Vector3d v = points[at(t[(corner + 2) % 3])] - apex;
      const double half_cotangent = 0.5 * u.dot(v) / u.cross(v).norm();
      if (!std::isfinite(half_cotangent)) return false;
      value[slot_[n][corner]] -= half_cotangent;
      value[slot_[n][3 + (corner + 1) % 3]] += half_cotangent;
      value[slot_[n][3 + (corner + 2) % 3]] += half_cotangent;
    }
  }
  return true;
}

bool PoissonSolver::factorise_assembled() {
  for (std::size_t k = 0; k < pinned_slot_.size(); ++k) pinned_.valuePtr()[k] = lower_.valuePtr()[pinned_slot_[k]];
  cholesky_.factorize(pinned_);
  has_factors_ = cholesky_.info() == Eigen::Success;
  return has_factors_;
}

bool PoissonSolver::factorise(const Points& points) { return assemble(points) && factorise_assembled(); }

std::optional<Eigen::VectorXd> PoissonSolver::solve_at(const Points& points, const Eigen::VectorXd& right_hand_side) {
  if (!assemble(points)) return std::nullopt;
  if (has_factors_) {
    if (auto solution = conjugate_gradients(right_hand_side)) return solution;
  }
  if (!factorise_assembled()) return std::nullopt;
  return solve(right_hand_side);
}

/// Nothing where the rounds fall behind what would finish in kMostRounds, the price of new factors.
std::optional<Eigen::VectorXd> PoissonSolver::conjugate_gradients(const Eigen::VectorXd& right_hand_side) const {
  constexpr double kTolerance = 1e-6;
  constexpr int kMostRounds = 10;
  constexpr int kTrialRounds = 2;
  // Without its mean, the solution with any vertex pinned is the same: the steps do not depend on which it was.
  const auto precondition = [this](const Eigen::VectorXd& residual) {
    Eigen::VectorXd scaled = solve(residual);
    scaled.array() -= scaled.mean();
    return scaled;
  };
  Eigen::VectorXd solution = Eigen::VectorXd::Zero(count_);
  Eigen::VectorXd residual = right_hand_side;
  Eigen::VectorXd scaled = precondition(residual);
  Eigen::VectorXd direction = scaled;
  double square = residual.dot(scaled);
  const double start = square;
  for (int round = 1; square > kTolerance * kTolerance * start; ++round) {
    const Eigen::VectorXd image = apply(direction);
    const double step = square / direction.dot(image);
    if (!(step > 0)) return std::nullopt;
    solution += step * direction;
    residual -= step * image;
    scaled = precondition(residual);
    const double next = residual.dot(scaled);
    if (!(next >= 0)) return std::nullopt;
    if (round >= kTrialRounds && next > start * std::pow(kTolerance, 2.0 * round / kMostRounds)) return std::nullopt;
    direction = scaled + next / square * direction;
    square = next;
  }
  return solution;
}

/// L L' x = b in place, all columns in one pass over L, whose columns begin with the diagonal.
template <int kColumns>
void solve_triangles(
    const Eigen::SparseMatrix<double>& lower,
    Eigen::Matrix<double, Eigen::Dynamic, kColumns, kColumns == 1 ? Eigen::ColMajor : Eigen::RowMajor>& x) {
  using Row = Eigen::Matrix<double, 1, kColumns>;
  const double* value = lower.valuePtr();
  const auto* row = lower.innerIndexPtr();
  const auto* first = lower.outerIndexPtr();
  for (Eigen::Index j = 0; j < lower.cols(); ++j) {
    const Row solved = x.row(j) / value[first[j]];
    for (auto n = first[j] + 1; n < first[j + 1]; ++n) x.row(row[n]) -= value[n] * solved;
    x.row(j) = solved;
  }
  for (Eigen::Index j = lower.cols() - 1; j >= 0; --j) {
    Row sum = x.row(j);
    for (auto n = first[j] + 1; n < first[j + 1]; ++n) sum -= value[n] * x.row(row[n]);
    x.row(j) = sum / value[first[j]];
  }
}

Eigen::MatrixXd PoissonSolver::solve(const Eigen::MatrixXd& right_hand_sides) const {
  const auto& lower = cholesky_.matrixL().nestedExpression();
  const auto* order = cholesky_.permutationP().indices().data();
  const Eigen::Index columns = right_hand_sides.cols();
  Eigen::MatrixXd solution = Eigen::MatrixXd::Zero(count_, columns);
  const auto solve_columns = [&]<int kColumns>(std::integral_constant<int, kColumns>) {
    Eigen::Matrix<double, Eigen::Dynamic, kColumns, kColumns == 1 ? Eigen::ColMajor : Eigen::RowMajor> x(count_ - 1,
                                                                                                         kColumns);
    if (columns < kColumns) x.setZero();
    for (Eigen::Index i = 0; i < count_ - 1; ++i) x.row(order[i]).head(columns) = right_hand_sides.row(i);
    solve_triangles<kColumns>(lower, x);
    for (Eigen::Index i = 0; i < count_ - 1; ++i) solution.row(i) = x.row(order[i]).head(columns);
  };
  RADTYPE_CHECK(columns >= 1 && columns <= 3);
  switch (columns) {
    case 1:
      solve_columns(std::integral_constant<int, 1>());
      break;
    case 2:
      solve_columns(std::integral_constant<int, 2>());
      break;
    default:
      solve_columns(std::integral_constant<int, 4>());  // four fill whole registers
  }
  return solution;
}

Eigen::MatrixXd PoissonSolver::apply(const Eigen::MatrixXd& x) const {
  const double* value = lower_.valuePtr();
  const auto* row = lower_.innerIndexPtr();
  const auto* first = lower_.outerIndexPtr();
  Eigen::MatrixXd image = Eigen::MatrixXd::Zero(count_, x.cols());
  for (Eigen::Index column = 0; column < x.cols(); ++column) {
    const double* from = x.col(column).data();
    double* to = image.col(column).data();
    for (Eigen::Index j = 0; j < count_; ++j) {
      to[j] += value[first[j]] * from[j];  // the diagonal comes first
      double sum = 0;
      for (auto n = first[j] + 1; n < first[j + 1]; ++n) {
        sum += value[n] * from[row[n]];
        to[row[n]] += value[n] * from[j];
      }
      to[j] += sum;
    }
  }
  return image;
}

}  // namespace radtype::shape
