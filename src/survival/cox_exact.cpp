// The exact rule for ties (gail1981): of so many at risk so many have the event, each choice of them with the product
// of their odds. Sums over choices are built up subject by subject, as the law of one choice is: a subject is in it or
// not.
#include <algorithm>
#include <cmath>
#include <limits>

#include "survival/cox_model.h"

namespace radtype::survival {
namespace {

/// All choices of one size from the subjects so far.
struct Choices {
  double log_sum = -std::numeric_limits<double>::infinity();  ///< of the products of weights
  Vector mean;                                                ///< of the sum of a choice's covariates
  Matrix covariance;
};

/// One subject more: `without` it are the choices so far, with it the smaller ones.
void add(Choices& without, const Choices& smaller, double log_weight, const Eigen::Ref<const Vector>& x) {
  const double with = smaller.log_sum + log_weight;
  if (std::isinf(without.log_sum)) {
    without = {with, smaller.mean + x, smaller.covariance};
    return;
  }
  const double sum = std::max(with, without.log_sum) + std::log1p(std::exp(-std::abs(with - without.log_sum)));
  const double in = std::exp(with - sum);
  const double out = std::exp(without.log_sum - sum);
  const Vector apart = smaller.mean + x - without.mean;
  without.log_sum = sum;
  without.mean += in * apart;
  without.covariance = out * without.covariance + in * smaller.covariance;
  without.covariance += (in * out) * apart * apart.transpose();
}

/// For each place in the order, the most events at one time from there on.
std::vector<std::size_t> most_events(const CoxModel& model, const std::vector<Index>& order) {
  std::vector<std::size_t> most(order.size());
  std::size_t so_far = 0, now = 0;
  for (std::size_t n = order.size(); n-- > 0;) {
    if (n + 1 < order.size() && model.time(order[n]) != model.time(order[n + 1])) now = 0;
    now += model.event(order[n]);
    most[n] = so_far = std::max(so_far, now);
  }
  // All of one time are chosen among together.
  for (std::size_t n = 1; n < order.size(); ++n) {
    if (model.time(order[n]) == model.time(order[n - 1])) most[n] = most[n - 1];
  }
  return most;
}

}  // namespace

Derivatives CoxModel::exact_derivatives(const Vector& beta) const {
  const Index p = covariates();
  const Weights weights = this->weights(beta);
  Derivatives sums{0, Vector::Zero(p), Matrix::Zero(p, p)};
  for (const Stratum& stratum : strata_) {
    const auto& order = stratum.order;
    const std::vector<std::size_t> most = most_events(*this, order);
    std::vector<Choices> choices(most.front() + 1);
    choices[0] = {0, Vector::Zero(p), Matrix::Zero(p, p)};
    std::size_t events = 0;
    for (std::size_t n = 0; n < order.size(); ++n) {
      const Index who = order[n];
      for (std::size_t size = std::min(n + 1, most[n]); size > 0; --size)
        add(choices[size], choices[size - 1], weights.log[who], x_.col(who));
      if (event(who)) {
        ++events;
        sums.log_likelihood += weights.log[who];
        sums.score += x_.col(who);
      }
      if (n + 1 < order.size() && time(order[n + 1]) == time(who)) continue;
      if (events > 0) {
        sums.log_likelihood -= choices[events].log_sum;
        sums.score -= choices[events].mean;
        sums.information += choices[events].covariance;
      }
      events = 0;
    }
  }
  return sums;
}

}  // namespace radtype::survival
