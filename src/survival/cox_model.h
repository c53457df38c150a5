// The sums over subjects at risk that Cox's model is made of.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "radtype/survival/cox.h"
#include "survival/newton.h"

namespace radtype::survival {

/// Hazard ratios of all subjects up to one factor, which cancels.
struct Weights {
  Vector log;  ///< at most 0
  Vector of;
};

/// Everybody at risk at a time with events. Sums are over weights; those of the events alone are empty where they are
/// not needed.
struct RiskSet {
  int stratum = 0;
  double time = 0;
  std::span<const Index> members;  ///< subjects whose time it is: with the event, or seen last
  Ties ties = Ties::kEfron;
  int events = 0;
  double sum = 0, sum_of_events = 0;
  Vector first, first_of_events;
  Matrix second, second_of_events;  ///< lower triangles

  /// Share of the events that is gone before the one in this place, from 0.
  double gone(int place) const { return ties == Ties::kEfron ? static_cast<double>(place) / events : 0; }
  double left(int place) const { return gone(place) > 0 ? sum - gone(place) * sum_of_events : sum; }
  /// Expected covariates of the event in this place.
  Vector mean(int place) const;
  /// Their covariance, added to the lower triangle of `to`.
  void add_covariance(int place, const Vector& mean, double factor, Matrix& to) const;
};

/// Covariates in units of their spread about their means: the likelihood is the same, and its sums keep their digits.
class CoxModel {
 public:
  CoxModel(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options);

  struct Stratum {
    int label = 0;
    std::vector<Index> order;  ///< by descending time
  };

  Index covariates() const { return x_.rows(); }
  Index subjects() const { return x_.cols(); }
  Ties ties() const { return ties_; }
  const Matrix& x() const { return x_; }          ///< covariate x subject
  const Vector& means() const { return means_; }  ///< in the user's units
  const Vector& scale() const { return scale_; }
  const std::vector<Stratum>& strata() const { return strata_; }
  double time(Index n) const { return subjects_[static_cast<std::size_t>(n)].time; }
  bool event(Index n) const { return subjects_[static_cast<std::size_t>(n)].event; }

  Weights weights(const Vector& beta) const;
  /// Calls visit(const RiskSet&) at each time with events, strata ascending, times descending. kExact as kBreslow.
  template <class Visit>
  void each_risk_set(const Weights& weights, bool seconds, const Visit& visit) const;

  Derivatives derivatives(const Vector& beta) const;
  /// Events expected of each subject.
  std::vector<double> expected(const Weights& weights) const;
  /// Of a subject of weight 1.
  std::vector<HazardPoint> baseline(const Weights& weights) const;
  /// Subject x covariate, of kEfron or kBreslow.
  Matrix score_residuals(const Weights& weights) const;

 private:
  Derivatives exact_derivatives(const Vector& beta) const;

  const std::vector<Subject>& subjects_;
  Matrix x_;
  Vector means_, scale_;
  Ties ties_;
  std::vector<Stratum> strata_;
};

/// kUsage: sizes, and values that are not finite.
Result<void> check(std::size_t subjects, const Covariates& covariates);

template <class Visit>
void CoxModel::each_risk_set(const Weights& weights, bool seconds, const Visit& visit) const {
  const Index p = covariates();
  RiskSet at;
  at.ties = ties_;
  for (const Stratum& stratum : strata_) {
    at.stratum = stratum.label;
    at.sum = 0;
    at.first = Vector::Zero(p);
    at.second = Matrix::Zero(p, p);
    const auto& order = stratum.order;
    for (std::size_t begin = 0; begin < order.size();) {
      at.time = time(order[begin]);
      at.events = 0;
      std::size_t end = begin;
      for (; end < order.size() && time(order[end]) == at.time; ++end) at.events += event(order[end]);
      at.members = {order.data() + begin, end - begin};
      const bool apart = ties_ == Ties::kEfron && at.events > 1;
      if (apart) {
        at.sum_of_events = 0;
        at.first_of_events = Vector::Zero(p);
        if (seconds) at.second_of_events = Matrix::Zero(p, p);
      }
      for (const Index who : at.members) {
        const double weight = weights.of[who];
        at.sum += weight;
        at.first += weight * x_.col(who);
        if (seconds) at.second.selfadjointView<Eigen::Lower>().rankUpdate(x_.col(who), weight);
        if (!apart || !event(who)) continue;
        at.sum_of_events += weight;
        at.first_of_events += weight * x_.col(who);
        if (seconds) at.second_of_events.selfadjointView<Eigen::Lower>().rankUpdate(x_.col(who), weight);
      }
      if (at.events > 0) visit(std::as_const(at));
      begin = end;
    }
  }
}

}  // namespace radtype::survival
