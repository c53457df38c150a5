// The maximum of a log likelihood of a few coefficients, in units of which each covariate's spread is 1.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "radtype/survival/curve.h"

namespace radtype::survival {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Index = Eigen::Index;

struct Derivatives {
  double log_likelihood = 0;
  Vector score;
  Matrix information;
};

struct Maximum {
  Vector beta;
  Derivatives null, now;
  Matrix covariance;  ///< inverse of the information
  int iterations = 0;
};

/// Newton's iterations from 0 with halved steps. kUndefined, by one of `names`: a covariate that tells nothing, or
/// whose coefficient is infinite.
Result<Maximum> maximise(const std::function<Derivatives(const Vector&)>& derivatives, std::size_t events,
                         const std::vector<std::string>& names);

/// The covariate that those before it make up for, if any: where elimination leaves nothing of its information.
/// `least`: information that counts as nothing.
std::optional<std::size_t> dependent(const Matrix& information, double least = 0);

Test chi_square(double statistic, std::size_t degrees);

/// Of a coefficient: its ratio with limits, and the p of Wald's test.
Contrast ratio(double coefficient, double error, double confidence);

/// In the user's units; covariance row by row. kUsage, by name: units in which there is no number.
Result<std::vector<double>> coefficients_in_units(const Vector& beta, const Vector& scale,
                                                  const std::vector<std::string>& names);
Result<std::vector<double>> covariance_in_units(const Matrix& covariance, const Vector& scale,
                                                const std::vector<std::string>& names);

}  // namespace radtype::survival
