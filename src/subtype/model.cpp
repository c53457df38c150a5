#include "radtype/subtype/model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "subtype/rows.h"

namespace radtype::subtype {
namespace {

constexpr std::size_t kFolds = 10;
/// Of the training cases, left out in turn, so many lie outside.
constexpr double kOutsideShare = 0.005;
constexpr std::size_t kReasonsWhy = 5;

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

Eigen::Map<const Vector> row_of(const Table& table, std::size_t r) {
  return {table.row(r), static_cast<Eigen::Index>(table.columns)};
}

struct Discriminant {
  std::vector<std::size_t> sizes;
  Matrix centroids;  ///< feature x subtype
  Matrix inverse;
  double shrinkage = 0;

  /// Squared distance to each centroid.
  Vector distances(const Vector& x) const {
    Vector result(centroids.cols());
    for (Eigen::Index c = 0; c < centroids.cols(); ++c) {
      const Vector apart = x - centroids.col(c);
      result[c] = apart.dot(inverse * apart);
    }
    return result;
  }
};

/// Of the rows that are not left out.
Discriminant discriminant(const Table& table, const std::vector<int>& labels, int k,
                          const std::vector<bool>& left_out) {
  const auto p = static_cast<Eigen::Index>(table.columns);
  Discriminant of{std::vector<std::size_t>(static_cast<std::size_t>(k), 0), Matrix::Zero(p, k), {}};
  std::size_t n = 0;
  for (std::size_t r = 0; r < table.rows; ++r) {
    if (left_out[r]) continue;
    ++n;
    ++of.sizes[static_cast<std::size_t>(labels[r] - 1)];
    of.centroids.col(labels[r] - 1) += row_of(table, r);
  }
  for (Eigen::Index c = 0; c < k; ++c)
    of.centroids.col(c) /= static_cast<double>(of.sizes[static_cast<std::size_t>(c)]);
  Matrix within(static_cast<Eigen::Index>(n), p);
  Eigen::Index at = 0;
  for (std::size_t r = 0; r < table.rows; ++r) {
    if (!left_out[r]) within.row(at++) = row_of(table, r) - of.centroids.col(labels[r] - 1);
  }
  const auto count = static_cast<double>(n);
  const Matrix sums = within.transpose() * within;
  Matrix covariance = sums / (count - k);
  // schaefer2005: how uncertain the products off the diagonal are, over how large they are.
  const Matrix squares = within.cwiseAbs2();
  const Matrix variance = (squares.transpose() * squares - sums.cwiseAbs2() / count) * (count / std::pow(count - 1, 3));
  const double size = covariance.squaredNorm() - covariance.diagonal().squaredNorm();
  of.shrinkage = size > 0 ? std::clamp((variance.sum() - variance.trace()) / size, 0.0, 1.0) : 1.0;
  const Vector diagonal = covariance.diagonal().cwiseMax(1e-6);  // a feature that is constant within all subtypes
  covariance *= 1 - of.shrinkage;
  covariance.diagonal() = diagonal;
  // Singular where features outnumber cases and little was shrunk.
  Eigen::LLT<Matrix> solver(covariance);
  for (double ridge = 1e-9; solver.info() != Eigen::Success; ridge *= 10)
    solver.compute(covariance + Matrix((ridge * diagonal).asDiagonal()));
  of.inverse = solver.solve(Matrix::Identity(p, p));
  of.inverse = ((of.inverse + of.inverse.transpose()) / 2).eval();
  return of;
}

/// Log of prior times density, but for a constant.
Vector scores(const Vector& squared_distances, const std::vector<std::size_t>& sizes) {
  Vector result(squared_distances.size());
  for (Eigen::Index c = 0; c < result.size(); ++c)
    result[c] = std::log(static_cast<double>(sizes[static_cast<std::size_t>(c)])) - squared_distances[c] / 2;
  return result;
}

Vector posterior(const Vector& scores, double temperature) {
  Vector result = ((scores.array() - scores.maxCoeff()) / temperature).exp();
  return result / result.sum();
}

/// Memberships of cases in k normal components of one covariance (expectation and maximisation, dempster1977), from
/// labels to start with. Those labels where the components run away from them: a cluster that keeps less than half of
/// its cases is no component of the mixture.
Matrix memberships(const Matrix& points, const std::vector<int>& labels, int k) {
  constexpr int kMostRounds = 500;
  constexpr double kSettled = 1e-6;
  const Eigen::Index n = points.rows();
  Matrix by_label = Matrix::Zero(n, k);
  for (Eigen::Index r = 0; r < n; ++r) by_label(r, labels[static_cast<std::size_t>(r)] - 1) = 1;
  const Matrix whole = points.rowwise() - points.colwise().mean();
  const double ridge = 1e-9 * whole.squaredNorm() / static_cast<double>(n);
  Matrix member = by_label;
  double before = -std::numeric_limits<double>::infinity();
  for (int round = 0; round < kMostRounds; ++round) {
    const Vector weight = member.colwise().sum().transpose();
    if (weight.minCoeff() < 1) return by_label;
    const Matrix means = weight.cwiseInverse().asDiagonal() * (member.transpose() * points);
    Matrix covariance = ridge * Matrix::Identity(points.cols(), points.cols());
    for (Eigen::Index c = 0; c < k; ++c) {
      const Matrix apart = points.rowwise() - means.row(c);
      covariance += apart.transpose() * member.col(c).asDiagonal() * apart / static_cast<double>(n);
    }
    const Eigen::LLT<Matrix> solver(covariance);
    if (solver.info() != Eigen::Success) return by_label;
    double likelihood = 0;  // but for a constant
    const double log_volume = Matrix(solver.matrixL()).diagonal().array().log().sum();
    for (Eigen::Index c = 0; c < k; ++c) {
      const Matrix scaled = solver.matrixL().solve((points.rowwise() - means.row(c)).transpose());
      member.col(c) =
          (std::log(weight[c] / static_cast<double>(n)) - scaled.colwise().squaredNorm().array() / 2).transpose();
    }
    for (Eigen::Index r = 0; r < n; ++r) {
      const double highest = member.row(r).maxCoeff();
      member.row(r) = (member.row(r).array() - highest).exp();
      const double sum = member.row(r).sum();
      member.row(r) /= sum;
      likelihood += highest + std::log(sum) - log_volume;
    }
    if (likelihood - before < kSettled) break;
    before = likelihood;
  }
  const Vector kept = member.cwiseProduct(by_label).colwise().sum().cwiseQuotient(by_label.colwise().sum());
  return kept.minCoeff() < 0.5 ? by_label : member;
}

/// Of most likelihood for the memberships; by golden section on its logarithm.
double fit_temperature(const std::vector<Vector>& scores, const Matrix& members) {
  const auto loss = [&](double log_temperature) {
    double sum = 0;
    for (std::size_t r = 0; r < scores.size(); ++r) {
      const Vector relative = (scores[r].array() - scores[r].maxCoeff()) / std::exp(log_temperature);
      sum += std::log(relative.array().exp().sum()) - members.row(static_cast<Eigen::Index>(r)).dot(relative);
    }
    return sum;
  };
  double low = std::log(0.1), high = std::log(100.0);
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  while (high - low > 1e-6) {
    const double a = high - ratio * (high - low);
    const double b = low + ratio * (high - low);
    if (loss(a) < loss(b)) {
      high = b;
    } else {
      low = a;
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace

Result<Model> fit_model(const FittedPreparation& fitted, const CaseTable& cases, const std::vector<int>& labels,
                        int k) {
  const Table& table = fitted.training.table;
  RADTYPE_CHECK(labels.size() == table.rows && k >= 2);
  for (int c = 1; c <= k; ++c) {
    const auto size = std::count(labels.begin(), labels.end(), c);
    if (size < 2) {
      return fail(ErrorCode::kUndefined,
                  fmt::format("subtype {} of {} has {} case{}: no model can be made of it; choose fewer subtypes", c, k,
                              size, size == 1 ? "" : "s"));
    }
  }
  const Discriminant whole = discriminant(table, labels, k, std::vector<bool>(table.rows, false));
  Model model;
  model.preparation = fitted.preparation;
  for (Eigen::Index c = 0; c < k; ++c) {
    const Vector centroid = whole.centroids.col(c);
    model.subtypes.push_back({whole.sizes[static_cast<std::size_t>(c)], {centroid.begin(), centroid.end()}});
  }
  model.inverse.assign(whole.inverse.data(), whole.inverse.data() + whole.inverse.size());
  model.shrinkage = whole.shrinkage;

  // Left out by tenths, every tenth case of each subtype.
  std::vector<std::size_t> fold(table.rows);
  std::vector<std::size_t> seen(static_cast<std::size_t>(k), 0);
  for (std::size_t r = 0; r < table.rows; ++r) fold[r] = seen[static_cast<std::size_t>(labels[r] - 1)]++ % kFolds;
  std::vector<Vector> out_scores(table.rows);
  std::vector<double> out_distances(table.rows);
  for (std::size_t f = 0; f < kFolds; ++f) {
    std::vector<bool> left_out(table.rows);
    for (std::size_t r = 0; r < table.rows; ++r)
      left_out[r] = fold[r] == f && seen[static_cast<std::size_t>(labels[r] - 1)] > 2;
    const Discriminant rest = discriminant(table, labels, k, left_out);
    for (std::size_t r = 0; r < table.rows; ++r) {
      if (fold[r] != f) continue;
      const Vector distances = rest.distances(row_of(table, r));
      out_scores[r] = scores(distances, rest.sizes);
      out_distances[r] = std::sqrt(distances.minCoeff());
    }
  }
  // Log odds against the first subtype hold all that a discriminant says.
  Matrix log_odds(static_cast<Eigen::Index>(table.rows), k - 1);
  for (std::size_t r = 0; r < table.rows; ++r)
    log_odds.row(static_cast<Eigen::Index>(r)) = (out_scores[r].tail(k - 1).array() - out_scores[r][0]).transpose();
  model.temperature = fit_temperature(out_scores, memberships(log_odds, labels, k));
  std::sort(out_distances.begin(), out_distances.end());
  model.outside = out_distances[static_cast<std::size_t>(
      std::floor(static_cast<double>(out_distances.size() - 1) * (1 - kOutsideShare)))];
  std::set<std::string> cohorts;
  for (const std::size_t row : fitted.training.source_rows) cohorts.insert(cases.cases[row].cohort);
  model.cohorts.assign(cohorts.begin(), cohorts.end());
  return model;
}

std::string_view state_word(AssignmentState state) {
  switch (state) {
    case AssignmentState::kAssigned:
      return "assigned";
    case AssignmentState::kFlagged:
      return "flagged";
    case AssignmentState::kRefused:
      return "refused";
  }
  internal_error("a state of an assignment", __FILE__, __LINE__);
}

Result<std::vector<Assignment>> classify(const Model& model, const CaseTable& table) {
  auto applied = model.preparation.apply(table);
  if (!applied) return pass_on(std::move(applied));
  return classify(model, table, *applied);
}

std::vector<Assignment> classify(const Model& model, const CaseTable& table, const PreparedTable& prepared) {
  const auto p = static_cast<Eigen::Index>(model.features());
  const auto k = static_cast<Eigen::Index>(model.subtypes.size());
  Discriminant discriminant{{}, Matrix(p, k), Eigen::Map<const Matrix>(model.inverse.data(), p, p)};
  Matrix centred(p, k);
  for (Eigen::Index c = 0; c < k; ++c) {
    const Subtype& subtype = model.subtypes[static_cast<std::size_t>(c)];
    discriminant.sizes.push_back(subtype.cases);
    discriminant.centroids.col(c) = Eigen::Map<const Vector>(subtype.centroid.data(), p);
    centred.col(c) = discriminant.centroids.col(c).array() - discriminant.centroids.col(c).mean();
  }

  std::vector<Assignment> assignments(table.cases.size());
  for (std::size_t r = 0; r < assignments.size(); ++r) assignments[r].row = r;
  for (const Notice& notice : prepared.notices)
    assignments[notice.row].reasons.emplace_back(notice_word(notice.kind), notice.sentence);
  for (std::size_t a = 0; a < prepared.source_rows.size(); ++a) {
    Assignment& one = assignments[prepared.source_rows[a]];
    const Case& from = table.cases[one.row];
    const Vector x = row_of(prepared.table, a);
    const Vector squared = discriminant.distances(x);
    const Vector chance = posterior(scores(squared, discriminant.sizes), model.temperature);
    one.posterior.assign(chance.begin(), chance.end());
    std::vector<int> order(static_cast<std::size_t>(k));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return chance[i] > chance[j]; });
    one.subtype = order[0] + 1;
    one.second = order[1] + 1;
    one.margin = chance[order[0]] - chance[order[1]];
    one.distance = std::sqrt(squared.minCoeff());
    const Vector own = x.array() - x.mean();
    for (Eigen::Index c = 0; c < k; ++c) {
      const double length = own.norm() * centred.col(c).norm();
      one.correlation.push_back(length > 0 ? own.dot(centred.col(c)) / length : 0);
    }
    const Vector difference = discriminant.centroids.col(order[0]) - discriminant.centroids.col(order[1]);
    const Vector middle = (discriminant.centroids.col(order[0]) + discriminant.centroids.col(order[1])) / 2;
    const Vector parts = (discriminant.inverse * difference).cwiseProduct(x - middle) / model.temperature;
    for (Eigen::Index f = 0; f < p; ++f) one.why.push_back({static_cast<std::size_t>(f), x[f], parts[f]});
    std::stable_sort(one.why.begin(), one.why.end(), [](const Contribution& i, const Contribution& j) {
      return std::abs(i.log_odds) > std::abs(j.log_odds);
    });
    one.why.resize(std::min(one.why.size(), kReasonsWhy));

    one.state = AssignmentState::kAssigned;
    const auto flag = [&](const char* word, std::string sentence) {
      one.state = AssignmentState::kFlagged;
      one.reasons.emplace_back(word, std::move(sentence));
    };
    if (one.distance > model.outside) {
      flag("outside_training", fmt::format("lies {:.3g} from the nearest centroid; of the training cases, left out in "
                                           "turn, one in {:g} or a single one lies beyond {:.3g}",
                                           one.distance, 1 / kOutsideShare, model.outside));
    }
    if (!std::binary_search(model.cohorts.begin(), model.cohorts.end(), from.cohort)) {
      one.reasons.emplace_back("cohort_not_in_training",
                               fmt::format("cohort '{}' did not take part in discovery", from.cohort));
    }
  }
  return assignments;
}

}  // namespace radtype::subtype
