#include "radtype/stats/logistic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/stats/distribution.h"

namespace radtype::stats {
namespace {

using Eigen::Index;
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int kMostIterations = 200;
constexpr double kConverged = 1e-14;    // relative change of the log likelihood
constexpr double kStill = 1e-8;         // step of a coefficient, in standard errors
constexpr double kSingular = 1e-11;     // pivot of the information, of its variance
constexpr double kInfiniteError = 1e4;  // standard error times sqrt(cases), of a covariate in units of its spread
constexpr std::size_t kConstant = 0;

struct Point {
  double log_likelihood = 0;  ///< penalised where that is asked for
  Vector score;
  Matrix information;
  Vector fitted;
};

class Model {
 public:
  Model(const std::vector<bool>& yes, const Regressors& regressors, bool firth)
      : yes_(static_cast<Index>(yes.size())),
        x_(static_cast<Index>(yes.size()), static_cast<Index>(regressors.names.size()) + 1),
        mean_(Vector::Zero(x_.cols())),
        scale_(Vector::Ones(x_.cols())),
        firth_(firth) {
    x_.col(0).setOnes();
    for (Index n = 0; n < x_.rows(); ++n) {
      yes_[n] = yes[static_cast<std::size_t>(n)] ? 1 : 0;
      for (Index c = 1; c < x_.cols(); ++c)
        x_(n, c) = regressors.value(static_cast<std::size_t>(n), static_cast<std::size_t>(c - 1));
    }
    // In units of their spread about their means: the likelihood is the same, and its sums keep their digits.
    for (Index c = 1; c < x_.cols(); ++c) {
      mean_[c] = x_.col(c).mean();
      x_.col(c).array() -= mean_[c];
      const double spread = std::sqrt(x_.col(c).squaredNorm() / static_cast<double>(x_.rows()));
      // What the rounding of the mean leaves of a constant is none.
      if (spread > 1e-13 * std::abs(mean_[c])) scale_[c] = spread;
      x_.col(c) /= scale_[c];
    }
  }

  Index size() const { return x_.cols(); }

  Point at(const Vector& beta) const {
    Point point;
    const Vector eta = x_ * beta;
    point.fitted =
        eta.unaryExpr([](double e) { return e > 0 ? 1 / (1 + std::exp(-e)) : std::exp(e) / (1 + std::exp(e)); });
    Vector weight(eta.size());
    for (Index n = 0; n < eta.size(); ++n) {
      const double away = std::exp(-std::abs(eta[n]));
      weight[n] = away / ((1 + away) * (1 + away));
      // ln of the probability of what happened: -ln(1 + exp(-e)) of a yes, -ln(1 + exp(e)) of a no.
      const double towards = yes_[n] > 0 ? eta[n] : -eta[n];
      point.log_likelihood -= (towards > 0 ? 0 : -towards) + std::log1p(away);
    }
    const Matrix weighted = weight.cwiseSqrt().asDiagonal() * x_;
    point.information = weighted.transpose() * weighted;
    Vector residual = yes_ - point.fitted;
    if (firth_) {
      const Eigen::LLT<Matrix> factor(point.information);
      const Matrix root = factor.matrixL().solve(weighted.transpose());
      for (Index n = 0; n < residual.size(); ++n) residual[n] += root.col(n).squaredNorm() * (0.5 - point.fitted[n]);
      const Matrix lower = factor.matrixL();
      point.log_likelihood += lower.diagonal().array().log().sum() + scale_.array().log().sum();
    }
    point.score = x_.transpose() * residual;
    return point;
  }

  /// In the covariates' own units and origins: beta = transform * ours.
  Matrix to_own_units() const {
    Matrix transform = scale_.cwiseInverse().asDiagonal();
    for (Index c = 1; c < size(); ++c) transform(0, c) = -mean_[c] / scale_[c];
    return transform;
  }

 private:
  Vector yes_;
  Matrix x_;  ///< case x coefficient, the constant first
  Vector mean_;
  Vector scale_;
  bool firth_;
};

struct Maximum {
  Vector beta;
  Point point;
  int iterations = 0;
  bool settled = false;
};

/// Newton's steps, halved where the likelihood falls; `held` keeps one coefficient at 0.
Maximum maximise(const Model& model, std::optional<Index> held = std::nullopt) {
  Maximum most{Vector::Zero(model.size()), {}, 0, false};
  most.point = model.at(most.beta);
  while (!most.settled && most.iterations < kMostIterations) {
    ++most.iterations;
    Matrix information = most.point.information;
    Vector score = most.point.score;
    if (held) {
      information.row(*held).setZero();
      information.col(*held).setZero();
      information(*held, *held) = 1;
      score[*held] = 0;
    }
    const Eigen::LDLT<Matrix> factor(information);
    const Vector step = factor.solve(score);
    if (!step.allFinite()) break;
    const double floor = most.point.log_likelihood - kConverged * std::abs(most.point.log_likelihood);
    double share = std::min(1.0, 5 / std::max(1e-300, step.cwiseAbs().maxCoeff()));
    Point next = model.at(most.beta + share * step);
    while (!(next.log_likelihood >= floor) && share > 1e-10) {
      share /= 2;
      next = model.at(most.beta + share * step);
    }
    if (!std::isfinite(next.log_likelihood)) break;
    most.beta += share * step;
    const double change = std::abs(next.log_likelihood - most.point.log_likelihood);
    most.point = std::move(next);
    most.settled = change <= kConverged * std::abs(most.point.log_likelihood) + 1e-300 &&
                   step.dot(information * step) < kStill * kStill;
  }
  return most;
}

/// The covariate that those before it make up for, if any: where elimination leaves nothing of its information.
std::optional<std::size_t> dependent(const Matrix& information) {
  Matrix left = information;
  for (Index c = 0; c < left.rows(); ++c) {
    if (!(left(c, c) > kSingular * std::max(1e-300, information(c, c)))) return static_cast<std::size_t>(c);
    const Vector column = left.col(c);
    left -= column * column.transpose() / column[c];
  }
  return std::nullopt;
}

Result<void> check(const std::vector<bool>& yes, const Regressors& regressors) {
  if (yes.empty()) return fail(ErrorCode::kEmpty, "no cases: there is nothing to fit");
  if (regressors.values.size() != yes.size() * regressors.names.size())
    return fail(ErrorCode::kUsage,
                fmt::format("{} cases with {} covariates need {} values, there are {}", yes.size(),
                            regressors.names.size(), yes.size() * regressors.names.size(), regressors.values.size()));
  for (std::size_t n = 0; n < yes.size(); ++n) {
    for (std::size_t c = 0; c < regressors.names.size(); ++c) {
      if (!std::isfinite(regressors.value(n, c)))
        return fail(ErrorCode::kUsage, fmt::format("case {} has no finite {}: leave such cases out, or fill them in",
                                                   n + 1, regressors.names[c]));
    }
  }
  return {};
}

/// The coefficient that grows without end, if any: the likelihood settles, and its information fades.
std::optional<std::size_t> infinite(const Maximum& most) {
  const Matrix covariance = most.point.information.ldlt().solve(Matrix::Identity(most.beta.size(), most.beta.size()));
  const double root = std::sqrt(static_cast<double>(most.point.fitted.size()));
  std::optional<std::size_t> worst;
  double largest = kInfiniteError;
  for (Index c = 0; c < most.beta.size(); ++c) {
    const double error = std::sqrt(covariance(c, c)) * root;
    const bool grows = !(error < kInfiniteError);
    if (!grows || (c == 0 && most.beta.size() > 1)) continue;
    if (!worst || !(error <= largest)) {
      worst = static_cast<std::size_t>(c);
      largest = error;
    }
  }
  return worst;
}

void put(const Maximum& most, const Model& model, LogisticFit& fit) {
  const Index p = most.beta.size();
  const Matrix own = model.to_own_units();
  const Vector beta = own * most.beta;
  const Matrix covariance = own * most.point.information.ldlt().solve(Matrix::Identity(p, p)) * own.transpose();
  fit.coefficients.assign(beta.data(), beta.data() + p);
  for (Index c = 0; c < p; ++c) {
    for (Index d = 0; d < p; ++d) fit.covariance.push_back((covariance(c, d) + covariance(d, c)) / 2);
  }
  fit.fitted.assign(most.point.fitted.data(), most.point.fitted.data() + most.point.fitted.size());
  fit.log_likelihood = most.point.log_likelihood;
  fit.iterations = most.iterations;
}

LikelihoodRatio likelihood_ratio(double statistic, int degrees) {
  const double least = std::max(0.0, statistic);  // rounding of equal fits
  return {least, degrees, chi_square_tail(least, degrees)};
}

}  // namespace

double LogisticFit::error(std::size_t coefficient) const {
  return std::sqrt(covariance[coefficient * (names.size() + 1)]);
}

OddsRatio LogisticFit::odds_ratio(std::size_t coefficient, double confidence) const {
  const double reach = normal_quantile(0.5 + confidence / 2) * error(coefficient);
  const double middle = coefficients[coefficient];
  return {std::exp(middle), std::exp(middle - reach), std::exp(middle + reach),
          normal_two_sided(middle / error(coefficient))};
}

Result<LogisticFit> logistic(const std::vector<bool>& yes, const Regressors& regressors,
                             const LogisticOptions& options) {
  if (auto fine = check(yes, regressors); !fine) return pass_on(std::move(fine));
  LogisticFit fit;
  fit.names = {"(constant)"};
  fit.names.insert(fit.names.end(), regressors.names.begin(), regressors.names.end());
  fit.cases = yes.size();
  fit.yes = static_cast<std::size_t>(std::count(yes.begin(), yes.end(), true));
  fit.firth = options.firth;
  const Model model(yes, regressors, options.firth);
  if (const auto bad = dependent(model.at(Vector::Zero(model.size())).information)) {
    return fail(
        ErrorCode::kUndefined,
        fmt::format("{} does not vary, or follows from the covariates before it: leave it out", fit.names[*bad]));
  }
  if (!options.firth && (fit.yes == 0 || fit.yes == fit.cases))
    return fail(ErrorCode::kUndefined,
                fmt::format("all {} cases are {}: no odds can be estimated", fit.cases, fit.yes == 0 ? "no" : "yes"));
  const Maximum most = maximise(model);
  if (!options.firth) {
    if (const auto bad = infinite(most)) {
      return fail(ErrorCode::kUndefined,
                  fmt::format("{} tells by itself, or with the others, yes from no: its odds ratio is infinite or 0; "
                              "Firth's penalty gives a finite one",
                              fit.names[*bad]));
    }
  }
  if (!most.settled) return fail(ErrorCode::kUndefined, "the likelihood has no maximum that Newton's steps find");
  put(most, model, fit);
  if (!options.firth) return fit;
  for (std::size_t c = kConstant + 1; c < fit.names.size(); ++c) {
    const Maximum without = maximise(model, static_cast<Index>(c));
    if (!without.settled)
      return fail(ErrorCode::kUndefined,
                  fmt::format("the likelihood without {} has no maximum that Newton's steps find", fit.names[c]));
    fit.profile.push_back(likelihood_ratio(2 * (fit.log_likelihood - without.point.log_likelihood), 1));
  }
  return fit;
}

Result<LikelihoodRatio> compare(const LogisticFit& larger, const LogisticFit& nested) {
  if (larger.firth || nested.firth)
    return fail(ErrorCode::kUsage, "penalised likelihoods of two models cannot be compared: see their profiles");
  if (larger.cases != nested.cases || larger.yes != nested.yes)
    return fail(ErrorCode::kUsage, fmt::format("models of {} and {} cases ({} and {} of them yes) cannot be compared",
                                               larger.cases, nested.cases, larger.yes, nested.yes));
  for (const std::string& name : nested.names) {
    if (std::find(larger.names.begin(), larger.names.end(), name) == larger.names.end())
      return fail(ErrorCode::kUsage, fmt::format("{} is not a covariate of the larger model", name));
  }
  const auto degrees = static_cast<int>(larger.names.size()) - static_cast<int>(nested.names.size());
  if (degrees < 1) return fail(ErrorCode::kUsage, "the larger model has no covariate more than the nested one");
  return likelihood_ratio(2 * (larger.log_likelihood - nested.log_likelihood), degrees);
}

}  // namespace radtype::stats
