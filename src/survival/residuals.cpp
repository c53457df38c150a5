#include "radtype/survival/residuals.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "radtype/stats/rank.h"
#include "survival/cox_model.h"

namespace radtype::survival {
namespace {

/// Sums of one time, for those who live through it and those with the event at it.
struct Increment {
  double time = 0;
  double hazard = 0, hazard_of_events = 0;
  Vector mean, mean_of_events;  ///< expected covariates, weighted by the hazard
  Vector plain;                 ///< expected covariates, mean over the events
};

Increment increment(const RiskSet& at) {
  const Vector zero = Vector::Zero(at.first.size());
  Increment sums{at.time, 0, 0, zero, zero, zero};
  for (int place = 0; place < at.events; ++place) {
    const Vector mean = at.mean(place);
    const double hazard = 1 / at.left(place);
    sums.hazard += hazard;
    sums.hazard_of_events += (1 - at.gone(place)) * hazard;
    sums.mean += hazard * mean;
    sums.mean_of_events += (1 - at.gone(place)) * hazard * mean;
    sums.plain += mean / at.events;
  }
  return sums;
}

Result<void> check(const std::vector<Subject>& subjects, const Covariates& covariates, const CoxOptions& options,
                   const CoxFit& fit) {
  RADTYPE_CHECK(fit.subjects == subjects.size() && fit.names == covariates.names);
  RADTYPE_CHECK(covariates.values.size() == fit.subjects * fit.names.size());
  if (options.ties == Ties::kExact)
    return fail(ErrorCode::kUsage, "the exact rule for ties leaves no such residuals: take Efron's");
  return {};
}

Vector beta_of(const CoxFit& fit, const CoxModel& model) {
  return Vector::Map(fit.coefficients.data(), model.covariates()).cwiseProduct(model.scale());
}

/// The function of time at each time, given the times of all events, ascending.
struct Scale {
  std::vector<double> times;
  std::vector<double> values;

  double operator()(double time) const {
    return values[static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), time) - times.begin())];
  }
};

/// About their mean and of a range of 1: tests do not depend on either.
Result<Scale> scale_of(const std::vector<Subject>& subjects, TimeScale kind) {
  Scale scale;
  for (const Subject& one : subjects) {
    if (one.event) scale.times.push_back(one.time);
  }
  std::sort(scale.times.begin(), scale.times.end());
  switch (kind) {
    case TimeScale::kIdentity:
      scale.values = scale.times;
      break;
    case TimeScale::kRank: {
      std::vector<double> all;
      for (const Subject& one : subjects) all.push_back(one.time);
      const std::vector<double> ranks = stats::ranks(all);
      for (std::size_t n = 0; n < subjects.size(); ++n) {
        if (subjects[n].event) scale.values.push_back(ranks[n]);
      }
      std::sort(scale.values.begin(), scale.values.end());
      break;
    }
    case TimeScale::kLog:
      if (scale.times.front() <= 0)
        return fail(ErrorCode::kUsage, "an event at time 0 has no logarithm: take another scale of time");
      for (const double time : scale.times) scale.values.push_back(std::log(time));
      break;
    case TimeScale::kKaplanMeier: {
      const auto curve = kaplan_meier(subjects);
      RADTYPE_CHECK(curve.has_value());
      double before = 1;
      for (const CurvePoint& point : curve->points) {
        for (double n = 0; n < point.events; ++n) scale.values.push_back(1 - before);
        before = point.survival;
      }
      break;
    }
  }
  const double range = scale.values.back() - scale.values.front();
  if (!(range > 0)) return fail(ErrorCode::kUndefined, "all events are at one time: nothing can change with it");
  const double mean =
      std::accumulate(scale.values.begin(), scale.values.end(), 0.0) / static_cast<double>(scale.values.size());
  for (double& value : scale.values) value = (value - mean) / range;
  return scale;
}

Result<Test> term_test(const Vector& score, const Matrix& information, const std::vector<Index>& columns,
                       const std::string& name) {
  const Vector part = score(columns);
  const Matrix own = information(columns, columns);
  if (dependent(own)) {
    return fail(ErrorCode::kUndefined,
                fmt::format("{} varies at too few times for a test of whether its hazards are proportional", name));
  }
  return chi_square(part.dot(own.ldlt().solve(part)), columns.size());
}

}  // namespace

Matrix CoxModel::score_residuals(const Weights& weights) const {
  const Index p = covariates();
  Matrix residuals(subjects(), p);
  std::vector<std::vector<Increment>> by_stratum(strata_.size());
  std::size_t at_stratum = 0;
  each_risk_set(weights, false, [&](const RiskSet& at) {
    while (strata_[at_stratum].label != at.stratum) ++at_stratum;
    by_stratum[at_stratum].push_back(increment(at));
  });
  for (std::size_t s = 0; s < strata_.size(); ++s) {
    const auto& order = strata_[s].order;
    const auto& increments = by_stratum[s];
    auto next = increments.rbegin();
    double hazard = 0;
    Vector mean = Vector::Zero(p);
    for (auto who = order.rbegin(); who != order.rend(); ++who) {
      for (; next != increments.rend() && next->time < time(*who); ++next) {
        hazard += next->hazard;
        mean += next->mean;
      }
      auto row = residuals.row(*who);
      const auto x = x_.col(*who).transpose();
      row = weights.of[*who] * (mean.transpose() - hazard * x);
      if (next == increments.rend() || next->time != time(*who)) continue;
      const double own = event(*who) ? next->hazard_of_events : next->hazard;
      row += weights.of[*who] * ((event(*who) ? next->mean_of_events : next->mean).transpose() - own * x);
      if (event(*who)) row += x - next->plain.transpose();
    }
  }
  return residuals;
}

std::vector<double> deviance_residuals(const std::vector<Subject>& subjects, const CoxFit& fit) {
  RADTYPE_CHECK(fit.subjects == subjects.size());
  std::vector<double> residuals(subjects.size());
  for (std::size_t n = 0; n < subjects.size(); ++n) {
    const double over = fit.expected[n] - 1;
    // Twice the loss of log likelihood; of an event near 1 by its series, where the difference has no digits.
    double loss = 2 * fit.expected[n];
    if (subjects[n].event) {
      loss = std::abs(over) < 1e-4 ? over * over * (1 - over * (2.0 / 3 - over / 2))
                                   : 2 * (over - std::log(fit.expected[n]));
    }
    residuals[n] = std::copysign(std::sqrt(loss), fit.martingale[n]);
  }
  return residuals;
}

Result<std::vector<double>> score_residuals(const std::vector<Subject>& subjects, const Covariates& covariates,
                                            const CoxOptions& options, const CoxFit& fit) {
  if (auto fine = check(subjects, covariates, options, fit); !fine) return pass_on(std::move(fine));
  const CoxModel model(subjects, covariates, options);
  const Matrix residuals = model.score_residuals(model.weights(beta_of(fit, model)));
  std::vector<double> values;
  for (Index n = 0; n < residuals.rows(); ++n) {
    for (Index c = 0; c < residuals.cols(); ++c) values.push_back(residuals(n, c) * model.scale()[c]);
  }
  return values;
}

Result<SchoenfeldResiduals> schoenfeld_residuals(const std::vector<Subject>& subjects, const Covariates& covariates,
                                                 const CoxOptions& options, const CoxFit& fit) {
  if (auto fine = check(subjects, covariates, options, fit); !fine) return pass_on(std::move(fine));
  const CoxModel model(subjects, covariates, options);
  const Index p = model.covariates();
  struct Row {
    int stratum;
    double time;
    std::size_t subject;
    Vector residual;
  };
  std::vector<Row> rows;
  model.each_risk_set(model.weights(beta_of(fit, model)), false, [&](const RiskSet& at) {
    const Vector expected = increment(at).plain;
    for (const Index who : at.members) {
      if (!model.event(who)) continue;
      rows.push_back({at.stratum, at.time, static_cast<std::size_t>(who),
                      (model.x().col(who) - expected).cwiseProduct(model.scale())});
    }
  });
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.stratum, a.time) < std::tie(b.stratum, b.time);
  });
  const Eigen::Map<const Matrix> covariance(fit.covariance.data(), p, p);
  const Eigen::Map<const Vector> coefficients(fit.coefficients.data(), p);
  SchoenfeldResiduals residuals;
  for (const Row& row : rows) {
    const Vector scaled = coefficients + static_cast<double>(fit.events) * (covariance * row.residual);
    residuals.subjects.push_back(row.subject);
    residuals.plain.insert(residuals.plain.end(), row.residual.begin(), row.residual.end());
    residuals.scaled.insert(residuals.scaled.end(), scaled.begin(), scaled.end());
  }
  return residuals;
}

Result<ProportionalHazards> proportional_hazards(const std::vector<Subject>& subjects, const Covariates& covariates,
                                                 const CoxOptions& options, const CoxFit& fit, TimeScale kind,
                                                 const std::vector<Term>& terms) {
  if (auto fine = check(subjects, covariates, options, fit); !fine) return pass_on(std::move(fine));
  for (const Term& term : terms) {
    if (term.covariates.empty() ||
        *std::max_element(term.covariates.begin(), term.covariates.end()) >= fit.names.size())
      return fail(ErrorCode::kUsage,
                  fmt::format("term {} names no covariate, or one that the model has not", term.name));
  }
  const auto scale = scale_of(subjects, kind);
  if (!scale) return tl::unexpected(scale.error());
  const CoxModel model(subjects, covariates, options);
  const Index p = model.covariates();
  Vector score = Vector::Zero(p);  // of the products with the function of time
  Matrix plain = Matrix::Zero(p, p), mixed = plain, squared = plain;
  model.each_risk_set(model.weights(beta_of(fit, model)), true, [&](const RiskSet& at) {
    const double g = (*scale)(at.time);
    for (const Index who : at.members) {
      if (model.event(who)) score += g * model.x().col(who);
    }
    for (int place = 0; place < at.events; ++place) {
      const Vector mean = at.mean(place);
      Matrix covariance = Matrix::Zero(p, p);
      at.add_covariance(place, mean, 1, covariance);
      score -= g * mean;
      plain += covariance;
      mixed += g * covariance;
      squared += g * g * covariance;
    }
  });
  for (Matrix* sums : {&plain, &mixed, &squared}) *sums = Matrix(sums->selfadjointView<Eigen::Lower>());
  // What is left of the information once the coefficients themselves are fitted.
  const Matrix information = squared - mixed * plain.ldlt().solve(mixed);

  ProportionalHazards result;
  const auto test = [&](const std::vector<Index>& columns, const std::string& name) {
    return term_test(score, information, columns, name);
  };
  std::vector<Index> all(static_cast<std::size_t>(p));
  std::iota(all.begin(), all.end(), Index{0});
  for (std::size_t t = 0; t < (terms.empty() ? fit.names.size() : terms.size()); ++t) {
    std::vector<Index> columns;
    if (terms.empty()) columns = {all[t]};
    if (!terms.empty()) columns.assign(terms[t].covariates.begin(), terms[t].covariates.end());
    const auto of = test(columns, terms.empty() ? fit.names[t] : terms[t].name);
    if (!of) return tl::unexpected(of.error());
    result.terms.push_back(*of);
  }
  const auto global = test(all, "the model");
  if (!global) return tl::unexpected(global.error());
  result.global = *global;
  return result;
}

}  // namespace radtype::survival
