// Hazards of a subdistribution. Who had another event at X counts at a later time t as G(t) / G(X), G the share not
// censored before: the chance that it would still be seen.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "radtype/survival/competing.h"
#include "survival/cox_model.h"

namespace radtype::survival {
namespace {

/// One time. Sums of weights, and of weights times covariates, are over all who count at risk.
struct FineGrayMoment {
  std::size_t begin = 0, end = 0;  ///< of the order
  double at_risk = 0;
  double events = 0;
  double censored = 0;
  double uncensored = 1;  ///< G: before this time
  double sum = 0;
  Vector first;

  double hazard() const { return events / sum; }
  Vector mean() const { return first / sum; }
};

class Subdistribution {
 public:
  Subdistribution(const std::vector<CompetingSubject>& subjects, const CoxModel& model, int cause)
      : subjects_(subjects), model_(model), cause_(cause), order_(subjects.size()) {
    std::iota(order_.begin(), order_.end(), Index{0});
    std::stable_sort(order_.begin(), order_.end(), [&](Index a, Index b) { return of(a).time < of(b).time; });
    double uncensored = 1;
    for (std::size_t n = 0; n < order_.size();) {
      FineGrayMoment now;
      now.begin = n;
      now.at_risk = static_cast<double>(order_.size() - n);
      now.uncensored = uncensored;
      for (; n < order_.size() && of(order_[n]).time == of(order_[now.begin]).time; ++n) {
        now.events += of(order_[n]).cause == cause_;
        now.censored += of(order_[n]).cause == 0;
      }
      now.end = n;
      uncensored *= 1 - now.censored / now.at_risk;
      moments_.push_back(now);
    }
  }

  Derivatives derivatives(const Vector& beta) const {
    const Weights weights = model_.weights(beta);
    const std::vector<FineGrayMoment> all = sums(weights);
    const Index p = beta.size();
    Derivatives result{0, Vector::Zero(p), Matrix::Zero(p, p)};
    const Vector expected = this->expected(all, weights);
    for (const FineGrayMoment& now : all) {
      if (now.events == 0) continue;
      result.log_likelihood -= now.events * std::log(now.sum);
      result.score -= now.events * now.mean();
      result.information -= now.events * now.mean() * now.mean().transpose();
    }
    for (Index n = 0; n < expected.size(); ++n) {
      if (of(n).cause == cause_) {
        result.log_likelihood += weights.log[n];
        result.score += model_.x().col(n);
      }
    }
    result.information += model_.x() * expected.asDiagonal() * model_.x().transpose();
    return result;
  }

  /// Sum of the squares of what each subject adds to the score, its part in the estimate of G with it.
  Matrix score_covariance(const Vector& beta) const {
    const Weights weights = model_.weights(beta);
    const std::vector<FineGrayMoment> all = sums(weights);
    const Matrix parts = score_parts(all, weights) + censoring_parts(all, weights);
    return parts.transpose() * parts;
  }

 private:
  const CompetingSubject& of(Index n) const { return subjects_[static_cast<std::size_t>(n)]; }
  bool competing(Index n) const { return of(n).cause != 0 && of(n).cause != cause_; }

  std::vector<FineGrayMoment> sums(const Weights& weights) const {
    std::vector<FineGrayMoment> all = moments_;
    const Vector zero = Vector::Zero(model_.covariates());
    double sum = 0;
    Vector first = zero;
    for (auto now = all.rbegin(); now != all.rend(); ++now) {  // whose time is this or later
      for (std::size_t n = now->begin; n < now->end; ++n) {
        sum += weights.of[order_[n]];
        first += weights.of[order_[n]] * model_.x().col(order_[n]);
      }
      now->sum = sum;
      now->first = first;
    }
    sum = 0;
    first = zero;
    for (FineGrayMoment& now : all) {  // who had another event before
      now.sum += now.uncensored * sum;
      now.first += now.uncensored * first;
      for (std::size_t n = now.begin; n < now.end; ++n) {
        const Index who = order_[n];
        if (!competing(who)) continue;
        sum += weights.of[who] / now.uncensored;
        first += weights.of[who] / now.uncensored * model_.x().col(who);
      }
    }
    return all;
  }

  /// Hazard that each subject lives through.
  Vector expected(const std::vector<FineGrayMoment>& all, const Weights& weights) const {
    Vector expected(static_cast<Index>(subjects_.size()));
    double until = 0, after = 0;
    for (const FineGrayMoment& now : all) {
      until += now.hazard();
      for (std::size_t n = now.begin; n < now.end; ++n) expected[order_[n]] = until;
    }
    for (auto now = all.rbegin(); now != all.rend(); ++now) {
      for (std::size_t n = now->begin; n < now->end; ++n) {
        if (competing(order_[n])) expected[order_[n]] += after / now->uncensored;
      }
      after += now->uncensored * now->hazard();
    }
    return expected.cwiseProduct(weights.of);
  }

  /// Subject x covariate: integrals of covariates less their means, against the martingale of the cause.
  Matrix score_parts(const std::vector<FineGrayMoment>& all, const Weights& weights) const {
    const Vector expected = this->expected(all, weights);
    Matrix parts = -(expected.asDiagonal() * model_.x().transpose());
    Vector until = Vector::Zero(parts.cols()), after = until;
    for (const FineGrayMoment& now : all) {
      const Vector mean = now.mean();
      until += now.hazard() * mean;
      for (std::size_t n = now.begin; n < now.end; ++n) {
        const Index who = order_[n];
        parts.row(who) += weights.of[who] * until.transpose();
        if (of(who).cause == cause_) parts.row(who) += (model_.x().col(who) - mean).transpose();
      }
    }
    for (auto now = all.rbegin(); now != all.rend(); ++now) {
      for (std::size_t n = now->begin; n < now->end; ++n) {
        const Index who = order_[n];
        if (competing(who)) parts.row(who) += weights.of[who] / now->uncensored * after.transpose();
      }
      after += now->uncensored * now->hazard() * now->mean();
    }
    return parts;
  }

  /// Subject x covariate: integrals against the martingale of censoring, fine1999's psi: how censoring at a time
  /// changes the score, through the weights, from that time on, of those with another event before it.
  Matrix censoring_parts(const std::vector<FineGrayMoment>& all, const Weights& weights) const {
    const Vector zero = Vector::Zero(model_.covariates());
    std::vector<double> hazards(all.size() + 1, 0);
    std::vector<Vector> means(all.size() + 1, zero);
    for (std::size_t t = all.size(); t-- > 0;) {
      const double hazard = all[t].uncensored * all[t].hazard();
      hazards[t] = hazards[t + 1] + hazard;
      means[t] = means[t + 1] + hazard * all[t].mean();
    }
    Matrix parts(model_.subjects(), model_.covariates());
    double sum = 0;
    Vector first = zero, until = zero;
    for (std::size_t t = 0; t < all.size(); ++t) {
      const FineGrayMoment& now = all[t];
      const Vector change = (hazards[t] * first - sum * means[t]) / now.at_risk;
      until += change * (now.censored / now.at_risk);
      for (std::size_t n = now.begin; n < now.end; ++n) {
        const Index who = order_[n];
        parts.row(who) = -until;
        if (of(who).cause == 0) parts.row(who) += change;
        if (!competing(who)) continue;
        sum += weights.of[who] / now.uncensored;
        first += weights.of[who] / now.uncensored * model_.x().col(who);
      }
    }
    return parts;
  }

  const std::vector<CompetingSubject>& subjects_;
  const CoxModel& model_;
  int cause_;
  std::vector<Index> order_;  ///< by ascending time
  std::vector<FineGrayMoment> moments_;
};

}  // namespace

double FineGrayFit::error(std::size_t covariate) const { return std::sqrt(covariance[covariate * (names.size() + 1)]); }

Contrast FineGrayFit::hazard_ratio(std::size_t covariate, double confidence) const {
  return ratio(coefficients[covariate], error(covariate), confidence);
}

Result<FineGrayFit> fine_gray(const std::vector<CompetingSubject>& subjects, const Covariates& covariates, int cause) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  if (auto fine = check(subjects.size(), covariates); !fine) return pass_on(std::move(fine));
  if (cause < 1) return fail(ErrorCode::kUsage, fmt::format("there is no cause {}: causes are 1, 2, ...", cause));
  FineGrayFit fit;
  fit.names = covariates.names;
  fit.subjects = subjects.size();
  std::vector<Subject> plain;
  for (const CompetingSubject& one : subjects) {
    fit.events += one.cause == cause;
    fit.competing += one.cause != cause && one.cause != 0;
    plain.push_back({one.time, one.cause == cause});
  }
  if (fit.events == 0) {
    return fail(ErrorCode::kUndefined,
                fmt::format("no subject has an event of cause {}: no hazard can be estimated", cause));
  }
  const CoxModel model(plain, covariates, {});
  const Subdistribution hazard(subjects, model, cause);
  const auto at = maximise([&](const Vector& beta) { return hazard.derivatives(beta); }, fit.events, fit.names);
  if (!at) return tl::unexpected(at.error());
  const Matrix robust = at->covariance * hazard.score_covariance(at->beta) * at->covariance;
  if (dependent(robust)) {
    return fail(ErrorCode::kUndefined, fmt::format("{} events are too few for a robust covariance of {} covariates",
                                                   fit.events, fit.names.size()));
  }
  auto coefficients = coefficients_in_units(at->beta, model.scale(), fit.names);
  if (!coefficients) return pass_on(std::move(coefficients));
  auto covariance = covariance_in_units(robust, model.scale(), fit.names);
  if (!covariance) return pass_on(std::move(covariance));
  fit.coefficients = std::move(*coefficients);
  fit.covariance = std::move(*covariance);
  fit.iterations = at->iterations;
  fit.log_likelihood_null = at->null.log_likelihood;
  fit.log_likelihood = at->now.log_likelihood;
  fit.wald = chi_square(at->beta.dot(robust.ldlt().solve(at->beta)), fit.names.size());
  return fit;
}

}  // namespace radtype::survival
