#include "survival/newton.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/stats/distribution.h"

namespace radtype::survival {
namespace {

constexpr int kMostIterations = 50;
constexpr double kConverged = 1e-13;   // relative change of the log likelihood
constexpr double kNothing = 1e-14;     // information of an event
constexpr double kSingular = 1e-11;    // pivot of the information, of its variance at the start
constexpr double kStillMoving = 1e-4;  // step of a coefficient, in standard errors, after the likelihood has settled

/// Where a coefficient grows without end, the likelihood settles and its information fades.
Result<void> check_finite(const Maximum& at, std::size_t events, const std::vector<std::string>& names) {
  const Vector step = at.now.information.ldlt().solve(at.now.score);
  for (Index c = 0; c < at.beta.size(); ++c) {
    const double error = std::sqrt(at.covariance(c, c));
    if (error * std::sqrt(static_cast<double>(events)) < 1e4 && std::abs(step[c]) < kStillMoving * error &&
        std::abs(at.beta[c]) < 1e3)
      continue;
    return fail(ErrorCode::kUndefined, fmt::format("{} tells by itself, or with the others, who has the event: its "
                                                   "hazard ratio is infinite or 0",
                                                   names[static_cast<std::size_t>(c)]));
  }
  return {};
}

tl::unexpected<Error> no_number(const std::string& name) {
  return fail(ErrorCode::kUsage, fmt::format("{} is in a unit so small or large that its coefficient has no number: "
                                             "give it in another",
                                             name));
}

}  // namespace

Result<Maximum> maximise(const std::function<Derivatives(const Vector&)>& derivatives, std::size_t events,
                         const std::vector<std::string>& names) {
  Maximum at;
  at.beta = Vector::Zero(static_cast<Index>(names.size()));
  at.null = at.now = derivatives(at.beta);
  if (const auto bad = dependent(at.null.information, kNothing * static_cast<double>(events))) {
    return fail(ErrorCode::kUndefined,
                fmt::format("{} does not vary among those at risk, or follows from the covariates "
                            "before it: leave it out",
                            names[*bad]));
  }
  for (at.iterations = 1;; ++at.iterations) {
    const Vector step = at.now.information.ldlt().solve(at.now.score);
    double share = 1;
    Derivatives next = derivatives(at.beta + step);
    const double least = at.now.log_likelihood - kConverged * std::abs(at.now.log_likelihood);
    while (!(next.log_likelihood >= least) && share > 1e-6) {
      share /= 2;
      next = derivatives(at.beta + share * step);
    }
    at.beta += share * step;
    const double change = std::abs(next.log_likelihood - at.now.log_likelihood);
    at.now = std::move(next);
    if (dependent(at.now.information) || !at.beta.allFinite()) break;
    if (change <= kConverged * std::abs(at.now.log_likelihood) || at.iterations == kMostIterations) break;
  }
  at.covariance = at.now.information.ldlt().solve(Matrix::Identity(at.beta.size(), at.beta.size()));
  if (auto fine = check_finite(at, events, names); !fine) return pass_on(std::move(fine));
  return at;
}

std::optional<std::size_t> dependent(const Matrix& information, double least) {
  Matrix left = information;
  for (Index c = 0; c < left.rows(); ++c) {
    const double nothing = std::max(least, kSingular * std::max(information(c, c), 1e-300));
    if (!(left(c, c) > nothing)) return static_cast<std::size_t>(c);
    const Vector column = left.col(c);
    left -= column * column.transpose() / column[c];
  }
  return std::nullopt;
}

Test chi_square(double statistic, std::size_t degrees) {
  const double value = std::max(0.0, statistic);
  return {value, static_cast<int>(degrees), stats::chi_square_tail(value, static_cast<double>(degrees))};
}

Contrast ratio(double coefficient, double error, double confidence) {
  RADTYPE_CHECK(confidence > 0 && confidence < 1);
  const double reach = stats::normal_quantile(0.5 + confidence / 2) * error;
  return {std::exp(coefficient), std::exp(coefficient - reach), std::exp(coefficient + reach),
          stats::normal_two_sided(coefficient / error)};
}

Result<std::vector<double>> coefficients_in_units(const Vector& beta, const Vector& scale,
                                                  const std::vector<std::string>& names) {
  std::vector<double> values;
  for (Index c = 0; c < beta.size(); ++c) {
    values.push_back(beta[c] / scale[c]);
    if (!std::isfinite(values.back())) return no_number(names[static_cast<std::size_t>(c)]);
  }
  return values;
}

Result<std::vector<double>> covariance_in_units(const Matrix& covariance, const Vector& scale,
                                                const std::vector<std::string>& names) {
  std::vector<double> values;
  for (Index c = 0; c < scale.size(); ++c) {
    for (Index d = 0; d < scale.size(); ++d) {
      values.push_back(covariance(c, d) / scale[c] / scale[d]);
      if (!std::isfinite(values.back()) || (c == d && !std::isnormal(values.back())))
        return no_number(names[static_cast<std::size_t>(c)]);
    }
  }
  return values;
}

}  // namespace radtype::survival
