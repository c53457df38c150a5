#include "report/embedding.h"

#include <algorithm>

#include <Eigen/Dense>

namespace radtype::report {

std::array<double, 2> Embedding::place(const double* row) const {
  std::array<double, 2> placed{0, 0};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    for (std::size_t f = 0; f < centre.size(); ++f) placed[axis] += (row[f] - centre[f]) * loadings[axis][f];
  }
  return placed;
}

Result<Embedding> principal_components(const subtype::Table& prepared) {
  if (prepared.rows == 0 || prepared.columns == 0)
    return fail(ErrorCode::kEmpty, "there are no prepared features to take principal components of");
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> values(prepared.values.data(), static_cast<Eigen::Index>(prepared.rows),
                                          static_cast<Eigen::Index>(prepared.columns));
  const Eigen::RowVectorXd means = values.colwise().mean();
  const Eigen::MatrixXd centred = values.rowwise() - means;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(centred.transpose() * centred);
  RADTYPE_CHECK(solver.info() == Eigen::Success);
  Embedding found;
  found.centre.assign(means.begin(), means.end());
  for (auto& loadings : found.loadings) loadings.assign(prepared.columns, 0);
  const double all = solver.eigenvalues().sum();
  const Eigen::Index features = centred.cols();
  for (Eigen::Index a = 0; a < std::min<Eigen::Index>(2, features); ++a) {
    Eigen::VectorXd axis = solver.eigenvectors().col(features - 1 - a);
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis[largest] < 0) axis = -axis;  // an eigenvector has no sign of its own
    found.loadings[static_cast<std::size_t>(a)].assign(axis.begin(), axis.end());
    found.explained[static_cast<std::size_t>(a)] = all > 0 ? solver.eigenvalues()[features - 1 - a] / all : 0;
  }
  return found;
}

}  // namespace radtype::report
