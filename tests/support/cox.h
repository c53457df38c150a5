// Cox regression by Newton's method on Breslow's partial likelihood: an oracle for planted hazards, not a product.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <Eigen/Dense>

namespace radtype::test {

struct CoxFit {
  Eigen::VectorXd log_hazard;
  Eigen::VectorXd standard_error;
};

/// Rows of x are subjects. Times are continuous: no two events share one.
inline CoxFit fit_cox(const Eigen::MatrixXd& x, const std::vector<double>& time, const std::vector<bool>& event) {
  std::vector<std::size_t> order(time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return time[a] > time[b]; });
  const Eigen::Index p = x.cols();
  CoxFit fit{Eigen::VectorXd::Zero(p), Eigen::VectorXd::Zero(p)};
  for (int round = 0; round < 30; ++round) {
    Eigen::VectorXd score = Eigen::VectorXd::Zero(p), s1 = Eigen::VectorXd::Zero(p);
    Eigen::MatrixXd information = Eigen::MatrixXd::Zero(p, p), s2 = Eigen::MatrixXd::Zero(p, p);
    double s0 = 0;
    for (const std::size_t n : order) {
      const Eigen::VectorXd row = x.row(static_cast<Eigen::Index>(n));
      const double weight = std::exp(row.dot(fit.log_hazard));
      s0 += weight;
      s1 += weight * row;
      s2.selfadjointView<Eigen::Lower>().rankUpdate(row, weight);
      if (!event[n]) continue;
      score += row - s1 / s0;
      information.selfadjointView<Eigen::Lower>().rankUpdate(Eigen::VectorXd(s1 / s0), -1);
      information += s2 / s0;
    }
    const Eigen::MatrixXd whole = information.selfadjointView<Eigen::Lower>();
    const Eigen::VectorXd step = whole.ldlt().solve(score);
    fit.log_hazard += step;
    fit.standard_error = whole.inverse().diagonal().cwiseSqrt();
    if (step.cwiseAbs().maxCoeff() < 1e-9) break;
  }
  return fit;
}

}  // namespace radtype::test
