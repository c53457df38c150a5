#include "radtype/survival/cox.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "survival/cox_model.h"

namespace radtype::survival {
namespace {

/// The sandwich: of sums of score residuals within clusters.
Result<Matrix> robust(const CoxModel& model, const Weights& weights, const std::vector<int>& clusters,
                      const Matrix& covariance) {
  std::map<int, Vector> sums;
  const Matrix residuals = model.score_residuals(weights);
  for (std::size_t n = 0; n < clusters.size(); ++n) {
    Vector& sum = sums.try_emplace(clusters[n], Vector::Zero(model.covariates())).first->second;
    sum += residuals.row(static_cast<Index>(n)).transpose();
  }
  Matrix meat = Matrix::Zero(covariance.rows(), covariance.cols());
  for (const auto& [cluster, sum] : sums) meat += sum * sum.transpose();
  if (dependent(meat)) {
    return fail(ErrorCode::kUndefined, fmt::format("{} clusters are too few, or too alike, for a robust covariance of "
                                                   "{} covariates: leave clusters or covariates out",
                                                   sums.size(), meat.rows()));
  }
  return Matrix(covariance * meat * covariance);
}

Result<void> check(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options) {
  if (auto fine = check(subjects); !fine) return fine;
  if (auto fine = check(subjects.size(), covariates); !fine) return fine;
  if ((!options.strata.empty() && options.strata.size() != subjects.size()) ||
      (!options.clusters.empty() && options.clusters.size() != subjects.size()))
    return fail(ErrorCode::kUsage,
                "every subject needs a stratum where there are strata, and a cluster where there are");
  if (!options.clusters.empty() && options.ties == Ties::kExact)
    return fail(ErrorCode::kUsage, "the exact rule for ties has no robust variance by cluster: take Efron's");
  if (std::none_of(subjects.begin(), subjects.end(), [](const Subject& one) { return one.event; }))
    return fail(ErrorCode::kUndefined, "no subject has the event: no hazard can be estimated");
  return {};
}

}  // namespace

double CoxFit::error(std::size_t covariate) const {
  return std::sqrt((robust_covariance.empty() ? covariance : robust_covariance)[covariate * (names.size() + 1)]);
}

Contrast CoxFit::hazard_ratio(std::size_t covariate, double confidence) const {
  return ratio(coefficients[covariate], error(covariate), confidence);
}

Result<CoxFit> cox(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options) {
  if (auto fine = check(subjects, covariates, options); !fine) return pass_on(std::move(fine));
  const std::size_t p = covariates.names.size();
  CoxFit fit;
  fit.names = covariates.names;
  fit.subjects = subjects.size();
  fit.events = static_cast<std::size_t>(
      std::count_if(subjects.begin(), subjects.end(), [](const Subject& one) { return one.event; }));

  const CoxModel model(subjects, covariates, options);
  const auto at = maximise([&](const Vector& beta) { return model.derivatives(beta); }, fit.events, fit.names);
  if (!at) return tl::unexpected(at.error());
  const Weights weights = model.weights(at->beta);
  fit.iterations = at->iterations;
  fit.log_likelihood_null = at->null.log_likelihood;
  fit.log_likelihood = at->now.log_likelihood;
  fit.likelihood_ratio = chi_square(2 * (fit.log_likelihood - fit.log_likelihood_null), p);
  fit.score = chi_square(at->null.score.dot(at->null.information.ldlt().solve(at->null.score)), p);
  fit.wald = chi_square(at->beta.dot(at->now.information * at->beta), p);
  auto coefficients = coefficients_in_units(at->beta, model.scale(), fit.names);
  if (!coefficients) return pass_on(std::move(coefficients));
  auto covariance = covariance_in_units(at->covariance, model.scale(), fit.names);
  if (!covariance) return pass_on(std::move(covariance));
  fit.coefficients = std::move(*coefficients);
  fit.covariance = std::move(*covariance);
  if (!options.clusters.empty()) {
    const auto sandwich = robust(model, weights, options.clusters, at->covariance);
    if (!sandwich) return tl::unexpected(sandwich.error());
    auto in_units = covariance_in_units(*sandwich, model.scale(), fit.names);
    if (!in_units) return pass_on(std::move(in_units));
    fit.wald = chi_square(at->beta.dot(sandwich->ldlt().solve(at->beta)), p);
    fit.robust_covariance = std::move(*in_units);
  }
  fit.means.assign(model.means().begin(), model.means().end());
  fit.expected = model.expected(weights);
  for (std::size_t n = 0; n < subjects.size(); ++n)
    fit.martingale.push_back((subjects[n].event ? 1 : 0) - fit.expected[n]);
  // A subject at the means has covariates 0 here; weights are of the largest of all subjects.
  fit.baseline = model.baseline(weights);
  const double largest = (model.x().transpose() * at->beta).maxCoeff();
  for (HazardPoint& point : fit.baseline) point.cumulative *= std::exp(-largest);
  return fit;
}

Result<std::vector<HazardPoint>> cumulative_hazard(const CoxFit& fit, const std::vector<double>& covariates) {
  if (covariates.size() != fit.names.size() ||
      !std::all_of(covariates.begin(), covariates.end(), [](double value) { return std::isfinite(value); }))
    return fail(ErrorCode::kUsage, "a hazard needs a finite value of each covariate of the model");
  double log_ratio = 0;
  for (std::size_t c = 0; c < covariates.size(); ++c) log_ratio += fit.coefficients[c] * (covariates[c] - fit.means[c]);
  std::vector<HazardPoint> points = fit.baseline;
  for (HazardPoint& point : points) {
    point.cumulative *= std::exp(log_ratio);
    if (!std::isfinite(point.cumulative))
      return fail(ErrorCode::kUndefined, "so far from the subjects of the fit the hazard is too large to write");
  }
  return points;
}

}  // namespace radtype::survival
