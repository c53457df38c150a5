#include "radtype/subtype/reference_tables.h"

#include <cmath>

#include <Eigen/Dense>

#include "radtype/core/seed.h"
#include "subtype/rows.h"

namespace radtype::subtype {
namespace {
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
}

Result<ReferenceTables> ReferenceTables::of(const Table& table, Kind kind) {
  if (table.rows < 2 || table.columns == 0) return fail(ErrorCode::kUsage, "fewer than two cases, or no features");
  if (auto finite = check_finite(table); !finite) return pass_on(std::move(finite));
  const Eigen::Map<const RowMajor> values(table.values.data(), static_cast<Eigen::Index>(table.rows),
                                          static_cast<Eigen::Index>(table.columns));
  const Eigen::RowVectorXd mean = values.colwise().mean();
  const Eigen::MatrixXd centred = values.rowwise() - mean;
  const Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(table.rows - 1);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  RADTYPE_CHECK(solver.info() == Eigen::Success);

  ReferenceTables reference;
  reference.kind_ = kind;
  reference.rows_ = table.rows;
  reference.mean_.assign(mean.begin(), mean.end());
  for (Eigen::Index c = 0; c < solver.eigenvalues().size(); ++c) {
    const Eigen::VectorXd axis = solver.eigenvectors().col(c);
    reference.axes_.insert(reference.axes_.end(), axis.begin(), axis.end());
    if (kind == Kind::kNormal) {
      reference.low_.push_back(0);
      reference.width_.push_back(std::sqrt(std::max(0.0, solver.eigenvalues()[c])));
    } else {
      const Eigen::VectorXd scores = centred * axis;
      reference.low_.push_back(scores.minCoeff());
      reference.width_.push_back(scores.maxCoeff() - scores.minCoeff());
    }
  }
  return reference;
}

Table ReferenceTables::draw(std::uint64_t seed) const {
  const std::size_t columns = mean_.size();
  Table table{rows_, columns, {}};
  table.values.reserve(rows_ * columns);
  Random random(seed);
  for (std::size_t r = 0; r < rows_; ++r) {
    table.values.insert(table.values.end(), mean_.begin(), mean_.end());
    double* row = table.values.data() + r * columns;
    for (std::size_t c = 0; c < columns; ++c) {
      const double score = low_[c] + width_[c] * (kind_ == Kind::kNormal ? random.normal() : random.uniform());
      const double* axis = axes_.data() + c * columns;
      for (std::size_t f = 0; f < columns; ++f) row[f] += score * axis[f];
    }
  }
  return table;
}

}  // namespace radtype::subtype
