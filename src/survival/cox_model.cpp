#include "survival/cox_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

namespace radtype::survival {
namespace {

constexpr double kConstant = 1e-14;  // spread of what does not vary but for rounding, of its largest value

/// Hazard of one time, by descending time within a stratum.
struct Step {
  std::size_t stratum = 0;  ///< place
  double time = 0;
  double hazard = 0;
  double hazard_of_events = 0;  ///< what an event of that time lives through itself
};

std::vector<Step> steps(const CoxModel& model, const Weights& weights) {
  std::vector<Step> result;
  std::size_t stratum = 0;
  model.each_risk_set(weights, false, [&](const RiskSet& at) {
    while (model.strata()[stratum].label != at.stratum) ++stratum;
    Step step{stratum, at.time, 0, 0};
    for (int place = 0; place < at.events; ++place) {
      step.hazard += 1 / at.left(place);
      step.hazard_of_events += (1 - at.gone(place)) / at.left(place);
    }
    result.push_back(step);
  });
  return result;
}

}  // namespace

Vector RiskSet::mean(int place) const {
  if (gone(place) > 0) return (first - gone(place) * first_of_events) / left(place);
  return first / left(place);
}

void RiskSet::add_covariance(int place, const Vector& mean, double factor, Matrix& to) const {
  const double share = factor / left(place);
  to += share * second;
  if (gone(place) > 0) to -= share * gone(place) * second_of_events;
  to.selfadjointView<Eigen::Lower>().rankUpdate(mean, -factor);
}

CoxModel::CoxModel(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options)
    : subjects_(subjects),
      x_(static_cast<Index>(covariates.names.size()), static_cast<Index>(subjects.size())),
      means_(x_.rows()),
      scale_(x_.rows()),
      ties_(options.ties) {
  std::copy(covariates.values.begin(), covariates.values.end(), x_.data());
  for (Index c = 0; c < x_.rows(); ++c) {
    auto row = x_.row(c);
    const double largest = row.cwiseAbs().maxCoeff();
    if (largest > 0) row /= largest;
    const double mean = row.mean();
    row.array() -= mean;
    double spread = std::sqrt(row.squaredNorm() / static_cast<double>(x_.cols()));
    if (!(spread > kConstant)) {
      row.setZero();
      spread = 1;
    }
    row /= spread;
    means_[c] = mean * largest;
    scale_[c] = spread * largest;
  }
  std::map<int, std::vector<Index>> members;
  for (std::size_t n = 0; n < subjects.size(); ++n)
    members[options.strata.empty() ? 0 : options.strata[n]].push_back(static_cast<Index>(n));
  for (auto& [label, order] : members) {
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return time(a) > time(b); });
    strata_.push_back({label, std::move(order)});
  }
}

Weights CoxModel::weights(const Vector& beta) const {
  Weights weights;
  weights.log = x_.transpose() * beta;
  weights.log.array() -= weights.log.maxCoeff();
  weights.of = weights.log.array().exp();
  return weights;
}

Derivatives CoxModel::derivatives(const Vector& beta) const {
  if (ties_ == Ties::kExact) return exact_derivatives(beta);
  const Weights weights = this->weights(beta);
  Derivatives sums{0, Vector::Zero(covariates()), Matrix::Zero(covariates(), covariates())};
  each_risk_set(weights, true, [&](const RiskSet& at) {
    for (const Index who : at.members) {
      if (!event(who)) continue;
      sums.log_likelihood += weights.log[who];
      sums.score += x_.col(who);
    }
    for (int place = 0; place < at.events; ++place) {
      const Vector mean = at.mean(place);
      sums.log_likelihood -= std::log(at.left(place));
      sums.score -= mean;
      at.add_covariance(place, mean, 1, sums.information);
    }
  });
  sums.information = Matrix(sums.information.selfadjointView<Eigen::Lower>());
  return sums;
}

std::vector<double> CoxModel::expected(const Weights& weights) const {
  const std::vector<Step> all = steps(*this, weights);
  std::vector<double> expected(subjects_.size());
  auto next = all.rbegin();
  for (std::size_t s = strata_.size(); s-- > 0;) {
    double hazard = 0;  // before the time of the next step
    const auto& order = strata_[s].order;
    for (auto who = order.rbegin(); who != order.rend(); ++who) {
      while (next != all.rend() && next->stratum == s && next->time < time(*who)) hazard += (next++)->hazard;
      double own = hazard;
      if (next != all.rend() && next->stratum == s && next->time == time(*who))
        own += event(*who) ? next->hazard_of_events : next->hazard;
      expected[static_cast<std::size_t>(*who)] = own * weights.of[*who];
    }
    while (next != all.rend() && next->stratum == s) ++next;
  }
  return expected;
}

std::vector<HazardPoint> CoxModel::baseline(const Weights& weights) const {
  const std::vector<Step> all = steps(*this, weights);
  std::vector<HazardPoint> points;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    while (end < all.size() && all[end].stratum == all[begin].stratum) ++end;
    double sum = 0;
    for (std::size_t n = end; n-- > begin;) {
      sum += all[n].hazard;
      points.push_back({strata_[all[n].stratum].label, all[n].time, sum});
    }
    begin = end;
  }
  return points;
}

Result<void> check(std::size_t subjects, const Covariates& covariates) {
  const std::size_t p = covariates.names.size();
  if (p == 0 || covariates.values.size() != subjects * p)
    return fail(ErrorCode::kUsage, "every subject needs a value of each covariate, and there is at least one");
  for (std::size_t n = 0; n < subjects; ++n) {
    for (std::size_t c = 0; c < p; ++c) {
      if (std::isfinite(covariates.value(n, c))) continue;
      return fail(ErrorCode::kUsage,
                  fmt::format("subject {} has no finite {}: leave such subjects out, or fill them in", n + 1,
                              covariates.names[c]));
    }
  }
  return {};
}

}  // namespace radtype::survival
