#include "subtype/family_weights.h"

#include <cmath>
#include <map>

#include <Eigen/Dense>

#include "radtype/core/error.h"

namespace radtype::subtype {

std::vector<double> family_weights(const std::vector<const std::vector<double>*>& columns,
                                   const std::vector<std::string>& families) {
  std::map<std::string, std::vector<std::size_t>> members;
  for (std::size_t c = 0; c < columns.size(); ++c) members[families[c]].push_back(c);
  std::vector<double> weights(columns.size(), 1);
  for (const auto& [family, of] : members) {
    Eigen::MatrixXd block(static_cast<Eigen::Index>(columns[of.front()]->size()), static_cast<Eigen::Index>(of.size()));
    for (std::size_t c = 0; c < of.size(); ++c) {
      const std::vector<double>& column = *columns[of[c]];
      block.col(static_cast<Eigen::Index>(c)) =
          Eigen::Map<const Eigen::VectorXd>(column.data(), static_cast<Eigen::Index>(column.size()));
    }
    block.rowwise() -= block.colwise().mean().eval();
    const Eigen::MatrixXd covariance = block.transpose() * block / static_cast<double>(block.rows());
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance, Eigen::EigenvaluesOnly);
    RADTYPE_CHECK(solver.info() == Eigen::Success);
    const double variance = solver.eigenvalues()[block.cols() - 1];
    if (!(variance > 0)) continue;
    for (const std::size_t c : of) weights[c] = 1 / std::sqrt(variance);
  }
  return weights;
}

}  // namespace radtype::subtype
