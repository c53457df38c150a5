// tests/r/survival_oracle.R.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "digits_r.h"
#include "radtype/survival/concordance.h"
#include "radtype/survival/log_rank.h"
#include "radtype/survival/residuals.h"

namespace radtype::digits {

using nlohmann::json;
using namespace survival;

namespace {

/// Of element n of a covariance: its two standard errors.
std::function<double(std::size_t)> errors_of(const std::vector<double>& covariance, std::size_t p) {
  return
      [&covariance, p](std::size_t n) { return std::sqrt(covariance[n / p * (p + 1)] * covariance[n % p * (p + 1)]); };
}

void incidence(const test::SurvivalSample& sample, const json& theirs, Table& table) {
  const Incidence ours = must(cumulative_incidence(sample.competing, 1));
  Answers answers{&table.closed("Cumulative incidence, its error and limits", "survival")};
  for (const auto& [name, kind] :
       {std::pair{"plain", IntervalKind::kPlain}, {"log", IntervalKind::kLog}, {"log-log", IntervalKind::kLogLog}}) {
    const json& expected = theirs.at(fmt::format("incidence {}", name));
    if (expected.at("time").size() != ours.points.size()) throw std::runtime_error("incidence: other times than R's");
    for (std::size_t n = 0; n < ours.points.size(); ++n) {
      const IncidencePoint& point = ours.points[n];
      const std::string what = fmt::format("{} at {}", name, point.time);
      answers.add(point.time, expected.at("time").at(n), what);
      answers.add(point.incidence, expected.at("incidence").at(n), what);
      answers.add(point.error, expected.at("error").at(n), what + " error");
      if (point.incidence == 0) continue;  // no interval
      const Limits ends = limits(point, kind);
      answers.add(ends.lower, expected.at("lower").at(n), what + " lower");
      answers.add(ends.upper, expected.at("upper").at(n), what + " upper");
    }
  }
}

void competing_causes(const test::SurvivalSample& sample, const json& theirs, Table& table) {
  Answers tests{&table.closed("Gray's test, rho 0 and 1, strata", "cmprsk")};
  Answers ratios{&table.fitted("Fine and Gray: coefficients, covariance, likelihood", "cmprsk")};
  for (int cause = 1; cause <= 2; ++cause) {
    const auto at = static_cast<std::size_t>(cause - 1);
    for (int rho = 0; rho <= 1; ++rho) {
      const json& expected = theirs.at(fmt::format("gray {}", rho));
      const GrayTest plain = must(gray_test(sample.competing, sample.groups, cause, {}, rho));
      const GrayTest within = must(gray_test(sample.competing, sample.groups, cause, sample.strata, rho));
      tests.add(plain.test.statistic, expected.at("chisq").at(at), "Gray");
      tests.add(plain.test.p, expected.at("p").at(at), "Gray's p");
      tests.add(plain.test.degrees, expected.at("df").at(at), "Gray's degrees");
      tests.add(within.test.statistic, expected.at("strata_chisq").at(at), "Gray within strata");
    }
    const FineGrayFit fit = must(fine_gray(sample.competing, sample.covariates, cause));
    const json& expected = theirs.at(fmt::format("crr {}", cause));
    ratios.add_all(fit.coefficients, expected.at("coef"), "coefficient", [&](std::size_t n) { return fit.error(n); });
    ratios.add_all(fit.covariance, expected.at("var"), "covariance", errors_of(fit.covariance, fit.names.size()));
    ratios.add(fit.log_likelihood, expected.at("loglik").at(0), "likelihood");
    ratios.add(fit.log_likelihood_null, expected.at("loglik_null").at(0), "null");
  }
}

void orders_and_trends(const test::SurvivalSample& sample, const json& theirs, Table& table) {
  std::vector<double> risk;
  for (std::size_t n = 0; n < sample.any.size(); ++n) risk.push_back(sample.covariates.value(n, 0));
  Answers uno{&table.closed("Uno's concordance, its error and pairs", "survival")};
  const auto compare = [&](const Concordance& ours, const json& expected) {
    uno.add_all({ours.c, ours.error, ours.concordant, ours.discordant, ours.tied_risk}, expected, "Uno");
  };
  compare(must(uno_concordance(sample.any, risk)), theirs.at("uno").at("all"));
  const double tau = theirs.at("uno").at("tau_time").at(0);
  compare(must(uno_concordance(sample.any, risk, tau)), theirs.at("uno").at("tau"));

  Answers trends{&table.closed("Log-rank test of trend, strata", "survival")};
  for (const auto& [name, strata] : {std::pair{"trend", std::vector<int>{}}, {"trend strata", sample.strata}})
    trends.add(must(trend(must(log_rank(sample.any, sample.groups, strata)), {1, 2, 4})).statistic,
               theirs.at(name).at(0), name);
}

/// Of column n % p: the largest that it holds.
std::function<double(std::size_t)> largest_of_column(const std::vector<double>& values, std::size_t p) {
  std::vector<double> largest(p, 0);
  for (std::size_t n = 0; n < values.size(); ++n) largest[n % p] = std::max(largest[n % p], std::abs(values[n]));
  return [=](std::size_t n) { return largest[n % p]; };
}

void residuals(const test::SurvivalSample& sample, const CoxOptions& options, const CoxFit& fit, const json& expected,
               Table& table) {
  const std::size_t p = fit.names.size();
  Answers answers{&table.fitted("Cox: martingale, deviance, score, Schoenfeld residuals", "survival")};
  answers.add_all(fit.martingale, expected.at("martingale"), "martingale",
                  [&](std::size_t n) { return fit.expected[n]; });
  answers.add_all(deviance_residuals(sample.any, fit), expected.at("deviance"), "deviance");
  const auto scores = must(score_residuals(sample.any, sample.covariates, options, fit));
  answers.add_all(scores, expected.at("score_residuals"), "score", largest_of_column(scores, p));
  const auto events = must(schoenfeld_residuals(sample.any, sample.covariates, options, fit));
  std::vector<double> plain(p, 0), scaled(p, 0);
  for (std::size_t n = 0; n < events.plain.size(); ++n) {
    plain[n % p] += std::abs(events.plain[n]);
    scaled[n % p] += std::abs(events.scaled[n]);
  }
  answers.add_all(plain, expected.at("schoenfeld"), "Schoenfeld");
  answers.add_all(scaled, expected.at("scaled"), "scaled Schoenfeld");
}

void models_of_clusters(const test::SurvivalSample& sample, const json& theirs, Table& table) {
  Answers answers{&table.fitted("Cox: coefficients, covariance, plain and robust, Wald's test", "survival")};
  for (const auto& [name, ties] : {std::pair{"efron", Ties::kEfron}, {"breslow", Ties::kBreslow}}) {
    for (const bool strata : {false, true}) {
      const std::string key = fmt::format("cox {} {}", name, strata ? "strata" : "all");
      const json& expected = theirs.at(key);
      const CoxOptions options{ties, strata ? sample.strata : std::vector<int>{}, sample.clusters};
      const CoxFit fit = must(cox(sample.any, sample.covariates, options));
      const std::size_t p = fit.names.size();
      answers.add_all(fit.coefficients, expected.at("coef"), key, [&](std::size_t n) { return fit.error(n); });
      answers.add_all(fit.covariance, expected.at("naive"), key + " covariance", errors_of(fit.covariance, p));
      answers.add_all(fit.robust_covariance, expected.at("robust"), key + " robust",
                      errors_of(fit.robust_covariance, p));
      answers.add(fit.wald.statistic, expected.at("wald").at(0), key + " Wald");
      residuals(sample, options, fit, expected, table);
    }
  }
}

void exact_ties(const test::SurvivalSample& sample, const json& theirs, Table& table) {
  const json& expected = theirs.at("exact");
  const CoxFit fit = must(cox(sample.any, sample.covariates, {Ties::kExact, sample.strata}));
  Answers answers{&table.fitted("Cox, exact ties, strata: coefficients, covariance, residuals", "survival")};
  answers.add_all(fit.coefficients, expected.at("coef"), "coefficient", [&](std::size_t n) { return fit.error(n); });
  answers.add_all(fit.covariance, expected.at("var"), "covariance", errors_of(fit.covariance, fit.names.size()));
  answers.add_all({fit.log_likelihood_null, fit.log_likelihood}, expected.at("loglik"), "likelihood");
  answers.add_all(fit.martingale, expected.at("martingale"), "martingale",
                  [&](std::size_t n) { return fit.expected[n]; });
}

}  // namespace

void compare_survival(const test::SurvivalSample& sample, const json& theirs, Table& table) {
  incidence(sample, theirs, table);
  competing_causes(sample, theirs, table);
  orders_and_trends(sample, theirs, table);
  models_of_clusters(sample, theirs, table);
  exact_ties(sample, theirs, table);
}

}  // namespace radtype::digits
