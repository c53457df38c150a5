// Least squares of one design for any number of genes.
#pragma once

#include <optional>
#include <span>

#include <Eigen/Dense>

#include "radtype/molecular/moderated.h"

namespace radtype::molecular {

/// kUsage: sizes that differ, a value that is not finite; kUndefined: a column that follows from those before it, no
/// more samples than columns.
Result<Eigen::MatrixXd> check_design(const Design& design, std::size_t samples);

/// Of the rows of a design that a gene has values for.
class LinearModel {
 public:
  /// None where the rows do not tell the columns apart.
  static std::optional<LinearModel> of(const Eigen::MatrixXd& design);

  Eigen::VectorXd coefficients(const Eigen::VectorXd& y) const { return solver_ * y; }
  Eigen::VectorXd residuals(const Eigen::VectorXd& y) const { return y - design_ * (solver_ * y); }
  /// Of coefficients, in units of the residual variance.
  const Eigen::MatrixXd& covariance() const { return covariance_; }
  double degrees() const { return static_cast<double>(design_.rows() - design_.cols()); }

 private:
  Eigen::MatrixXd design_;
  Eigen::MatrixXd solver_;  ///< (X'X)^-1 X'
  Eigen::MatrixXd covariance_;
};

}  // namespace radtype::molecular
