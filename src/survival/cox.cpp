#include "radtype/survival/cox.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/stats/distribution.h"

namespace radtype::survival {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int kMostIterations = 50;
constexpr double kConverged = 1e-13;   // relative change of the log likelihood
constexpr double kSingular = 1e-11;    // pivot of the information, of its variance at the start
constexpr double kStillMoving = 1e-4;  // step of a coefficient, in standard errors, after the likelihood has settled

struct Derivatives {
  double log_likelihood = 0;
  Vector score;
  Matrix information;
};

class Model {
 public:
  Model(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options)
      : subjects_(subjects),
        x_(static_cast<Eigen::Index>(covariates.names.size()), static_cast<Eigen::Index>(subjects.size())),
        ties_(options.ties) {
    for (Eigen::Index n = 0; n < x_.cols(); ++n) {
      for (Eigen::Index c = 0; c < x_.rows(); ++c)
        x_(c, n) = covariates.value(static_cast<std::size_t>(n), static_cast<std::size_t>(c));
    }
    // In units of their spread about their means: the likelihood is the same, and its sums keep their digits.
    scale_.resize(x_.rows());
    for (Eigen::Index c = 0; c < x_.rows(); ++c) {
      x_.row(c).array() -= x_.row(c).mean();
      const double spread = std::sqrt(x_.row(c).squaredNorm() / static_cast<double>(x_.cols()));
      scale_[c] = spread > 0 ? spread : 1;
      x_.row(c) /= scale_[c];
    }
    std::map<int, std::vector<Eigen::Index>> members;
    for (std::size_t n = 0; n < subjects.size(); ++n)
      members[options.strata.empty() ? 0 : options.strata[n]].push_back(static_cast<Eigen::Index>(n));
    for (auto& [stratum, order] : members) {
      std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return time(a) > time(b); });
      strata_.push_back(std::move(order));
    }
  }

  const Vector& scale() const { return scale_; }

  Derivatives at(const Vector& beta) const {
    const Eigen::Index p = x_.rows();
    Derivatives sums{0, Vector::Zero(p), Matrix::Zero(p, p)};
    const Vector eta = x_.transpose() * beta;
    const double shift = eta.maxCoeff();  // of all exponents, which cancels
    for (const std::vector<Eigen::Index>& order : strata_) {
      double risk = 0;
      Vector first = Vector::Zero(p);
      Matrix second = Matrix::Zero(p, p);
      for (std::size_t n = 0; n < order.size();) {
        const double now = time(order[n]);
        double risk_of_events = 0;
        Vector first_of_events = Vector::Zero(p);
        Matrix second_of_events = Matrix::Zero(p, p);
        double events = 0;
        for (; n < order.size() && time(order[n]) == now; ++n) {
          const Eigen::Index who = order[n];
          const double weight = std::exp(eta[who] - shift);
          risk += weight;
          first += weight * x_.col(who);
          second.selfadjointView<Eigen::Lower>().rankUpdate(x_.col(who), weight);
          if (!event(who)) continue;
          ++events;
          sums.log_likelihood += eta[who] - shift;
          sums.score += x_.col(who);
          if (ties_ == Ties::kBreslow) continue;
          risk_of_events += weight;
          first_of_events += weight * x_.col(who);
          second_of_events.selfadjointView<Eigen::Lower>().rankUpdate(x_.col(who), weight);
        }
        for (double place = 0; place < events; ++place) {
          const double gone = place / events;  // of the weight of the events; none under Breslow's rule
          const double left = risk - gone * risk_of_events;
          const Vector mean = (first - gone * first_of_events) / left;
          sums.log_likelihood -= std::log(left);
          sums.score -= mean;
          sums.information += (second - gone * second_of_events) / left;
          sums.information.selfadjointView<Eigen::Lower>().rankUpdate(mean, -1);
        }
      }
    }
    sums.information = sums.information.selfadjointView<Eigen::Lower>();
    return sums;
  }

  std::vector<double> martingale(const Vector& beta) const {
    const Vector eta = x_.transpose() * beta;
    const double shift = eta.maxCoeff();
    std::vector<double> residuals(subjects_.size());
    for (const std::vector<Eigen::Index>& order : strata_) {
      // Hazard of each time, from the last; then who lives through it adds it up from the first.
      struct Step {
        std::size_t begin, end;
        double hazard, hazard_of_events;
      };
      std::vector<Step> steps;
      double risk = 0;
      for (std::size_t n = 0; n < order.size();) {
        Step step{n, n, 0, 0};
        double events = 0, risk_of_events = 0;
        for (; n < order.size() && time(order[n]) == time(order[step.begin]); ++n) {
          const double weight = std::exp(eta[order[n]] - shift);
          risk += weight;
          if (!event(order[n])) continue;
          ++events;
          if (ties_ == Ties::kEfron) risk_of_events += weight;
        }
        step.end = n;
        for (double place = 0; place < events; ++place) {
          const double gone = ties_ == Ties::kEfron ? place / events : 0;
          const double increment = 1 / (risk - gone * risk_of_events);
          step.hazard += increment;
          step.hazard_of_events += (1 - gone) * increment;
        }
        steps.push_back(step);
      }
      double hazard = 0;
      for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        for (std::size_t n = step->begin; n < step->end; ++n) {
          const Eigen::Index who = order[n];
          const double own = hazard + (event(who) ? step->hazard_of_events : step->hazard);
          residuals[static_cast<std::size_t>(who)] = (event(who) ? 1 : 0) - own * std::exp(eta[who] - shift);
        }
        hazard += step->hazard;
      }
    }
    return residuals;
  }

 private:
  double time(Eigen::Index n) const { return subjects_[static_cast<std::size_t>(n)].time; }
  bool event(Eigen::Index n) const { return subjects_[static_cast<std::size_t>(n)].event; }

  const std::vector<Subject>& subjects_;
  Matrix x_;  ///< covariate x subject
  Vector scale_;
  Ties ties_;
  std::vector<std::vector<Eigen::Index>> strata_;  ///< by descending time
};

/// The covariate that the others (those before it) make up for, if any: where elimination leaves nothing of its
/// information.
std::optional<std::size_t> dependent(const Matrix& information) {
  Matrix left = information;
  for (Eigen::Index c = 0; c < left.rows(); ++c) {
    if (!(left(c, c) > kSingular * std::max(1e-300, information(c, c)))) return static_cast<std::size_t>(c);
    const Vector column = left.col(c);
    left -= column * column.transpose() / column[c];
  }
  return std::nullopt;
}

Test chi_square(double statistic, std::size_t degrees) {
  return {statistic, static_cast<int>(degrees),
          stats::chi_square_tail(std::max(0.0, statistic), static_cast<double>(degrees))};
}

}  // namespace

double CoxFit::error(std::size_t covariate) const { return std::sqrt(covariance[covariate * (names.size() + 1)]); }

Contrast CoxFit::hazard_ratio(std::size_t covariate, double confidence) const {
  const double z = stats::normal_quantile(0.5 + confidence / 2) * error(covariate);
  const double middle = coefficients[covariate];
  return {std::exp(middle), std::exp(middle - z), std::exp(middle + z),
          stats::normal_two_sided(middle / error(covariate))};
}

Result<CoxFit> cox(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  const std::size_t p = covariates.names.size();
  if (p == 0 || covariates.values.size() != subjects.size() * p ||
      (!options.strata.empty() && options.strata.size() != subjects.size()))
    return fail(ErrorCode::kUsage,
                "every subject needs a value of each covariate, and a stratum where there are strata");
  for (std::size_t n = 0; n < subjects.size(); ++n) {
    for (std::size_t c = 0; c < p; ++c) {
      if (!std::isfinite(covariates.value(n, c))) {
        return fail(ErrorCode::kUsage,
                    fmt::format("subject {} has no finite {}: leave such subjects out, or fill them in", n + 1,
                                covariates.names[c]));
      }
    }
  }
  CoxFit fit;
  fit.names = covariates.names;
  fit.subjects = subjects.size();
  fit.events = static_cast<std::size_t>(
      std::count_if(subjects.begin(), subjects.end(), [](const Subject& one) { return one.event; }));
  if (fit.events == 0) return fail(ErrorCode::kUndefined, "no subject has the event: no hazard can be estimated");

  const Model model(subjects, covariates, options);
  Vector beta = Vector::Zero(static_cast<Eigen::Index>(p));
  Derivatives now = model.at(beta);
  if (const auto bad = dependent(now.information)) {
    return fail(ErrorCode::kUndefined,
                fmt::format("{} does not vary among those at risk, or follows from the covariates "
                            "before it: leave it out",
                            covariates.names[*bad]));
  }
  fit.log_likelihood_null = now.log_likelihood;
  fit.score = chi_square(now.score.dot(now.information.ldlt().solve(now.score)), p);
  for (fit.iterations = 1; fit.iterations <= kMostIterations; ++fit.iterations) {
    const Vector step = now.information.ldlt().solve(now.score);
    double share = 1;
    Derivatives next = model.at(beta + step);
    while (!(next.log_likelihood >= now.log_likelihood - kConverged * std::abs(now.log_likelihood)) && share > 1e-6) {
      share /= 2;
      next = model.at(beta + share * step);
    }
    beta += share * step;
    const double change = std::abs(next.log_likelihood - now.log_likelihood);
    now = std::move(next);
    if (const auto bad = dependent(now.information); bad || !beta.allFinite()) break;
    if (change <= kConverged * std::abs(now.log_likelihood)) break;
  }
  // Where a coefficient grows without end, the likelihood settles and its information fades.
  const Matrix covariance = now.information.ldlt().solve(Matrix::Identity(beta.size(), beta.size()));
  const Vector step = now.information.ldlt().solve(now.score);
  for (std::size_t c = 0; c < p; ++c) {
    const auto at = static_cast<Eigen::Index>(c);
    const double error = std::sqrt(covariance(at, at));
    if (error * std::sqrt(static_cast<double>(fit.events)) < 1e4 && std::abs(step[at]) < kStillMoving * error &&
        std::abs(beta[at]) < 1e3)
      continue;
    return fail(
        ErrorCode::kUndefined,
        fmt::format("{} tells by itself, or with the others, who has the event: its hazard ratio is infinite or 0",
                    covariates.names[c]));
  }
  fit.log_likelihood = now.log_likelihood;
  fit.likelihood_ratio = chi_square(2 * (fit.log_likelihood - fit.log_likelihood_null), p);
  fit.wald = chi_square(beta.dot(now.information * beta), p);
  fit.martingale = model.martingale(beta);
  for (std::size_t c = 0; c < p; ++c) {
    const double unit = model.scale()[static_cast<Eigen::Index>(c)];
    fit.coefficients.push_back(beta[static_cast<Eigen::Index>(c)] / unit);
    for (std::size_t d = 0; d < p; ++d) {
      fit.covariance.push_back(covariance(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(d)) / unit /
                               model.scale()[static_cast<Eigen::Index>(d)]);
    }
  }
  return fit;
}

}  // namespace radtype::survival
