#include "radtype/survival/curve.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "radtype/stats/distribution.h"

namespace radtype::survival {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Shares that differ by less are equal: 1/2 is not met to the bit by a product of fractions.
constexpr double kEqual = 1e-12;

double z_of(double confidence) {
  RADTYPE_CHECK(confidence > 0 && confidence < 1);
  return stats::normal_quantile(0.5 + confidence / 2);
}

/// The first time at which a curve's values are at most `share`; the middle of the time for which they equal it.
std::optional<double> first_at_most(const Curve& curve, double share,
                                    const std::function<double(const CurvePoint&)>& value) {
  const auto& points = curve.points;
  const auto found = std::find_if(points.begin(), points.end(),
                                  [&](const CurvePoint& point) { return value(point) <= share + kEqual; });
  if (found == points.end()) return std::nullopt;
  if (value(*found) < share - kEqual) return found->time;
  const auto below =
      std::find_if(found, points.end(), [&](const CurvePoint& point) { return !(value(point) >= share - kEqual); });
  return below == points.end() ? found->time : (found->time + below->time) / 2;
}

}  // namespace

Result<void> check(const std::vector<Subject>& subjects) {
  if (subjects.empty()) return fail(ErrorCode::kEmpty, "nobody is in the group");
  for (std::size_t n = 0; n < subjects.size(); ++n) {
    if (!(subjects[n].time >= 0) || !std::isfinite(subjects[n].time)) {
      return fail(ErrorCode::kUsage,
                  fmt::format("subject {} has the time {}: times start at 0 and end", n + 1, subjects[n].time));
    }
  }
  return {};
}

Result<Curve> kaplan_meier(std::vector<Subject> subjects) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  std::sort(subjects.begin(), subjects.end(), [](const Subject& a, const Subject& b) { return a.time < b.time; });
  Curve curve;
  CurvePoint point;
  point.at_risk = static_cast<double>(subjects.size());
  double greenwood = 0, variance = 0;
  for (std::size_t n = 0; n < subjects.size();) {
    point.time = subjects[n].time;
    point.events = point.censored = 0;
    for (; n < subjects.size() && subjects[n].time == point.time; ++n)
      ++(subjects[n].event ? point.events : point.censored);
    const double left = point.at_risk - point.events;
    point.survival *= left / point.at_risk;
    greenwood += point.events > 0 ? point.events / (point.at_risk * left) : 0;
    point.log_error = std::sqrt(greenwood);
    point.cumulative_hazard += point.events / point.at_risk;
    variance += point.events / (point.at_risk * point.at_risk);
    point.hazard_error = std::sqrt(variance);
    curve.points.push_back(point);
    point.at_risk = left - point.censored;
  }
  return curve;
}

const CurvePoint* Curve::at(double time) const {
  const auto after = std::upper_bound(points.begin(), points.end(), time,
                                      [](double t, const CurvePoint& point) { return t < point.time; });
  return after == points.begin() ? nullptr : &*std::prev(after);
}

Limits limits(const CurvePoint& point, IntervalKind kind, double confidence) {
  const double s = point.survival;
  if (!(s > 0)) return {kNaN, kNaN};
  const double z = z_of(confidence);
  const double reach = z * point.log_error;
  switch (kind) {
    case IntervalKind::kPlain:
      return {std::max(0.0, s - s * reach), std::min(1.0, s + s * reach)};
    case IntervalKind::kLog:
      return {s * std::exp(-reach), std::min(1.0, s * std::exp(reach))};
    case IntervalKind::kLogLog: {
      if (!(s < 1)) return {kNaN, kNaN};
      const double middle = std::log(-std::log(s));
      const double half = reach / -std::log(s);
      return {std::exp(-std::exp(middle + half)), std::exp(-std::exp(middle - half))};
    }
  }
  internal_error("a kind of interval", __FILE__, __LINE__);
}

Quantile quantile(const Curve& curve, double p, IntervalKind kind, double confidence) {
  RADTYPE_CHECK(p > 0 && p < 1);
  return {first_at_most(curve, 1 - p, [](const CurvePoint& point) { return point.survival; }),
          first_at_most(curve, 1 - p, [&](const CurvePoint& point) { return limits(point, kind, confidence).lower; }),
          first_at_most(curve, 1 - p, [&](const CurvePoint& point) { return limits(point, kind, confidence).upper; })};
}

Result<Mean> restricted_mean(const Curve& curve, double tau) {
  RADTYPE_CHECK(!curve.points.empty());
  const CurvePoint& last = curve.points.back();
  if (!(tau > 0) || !std::isfinite(tau))
    return fail(ErrorCode::kUsage, fmt::format("a mean up to {} has no meaning", tau));
  if (tau > last.time && last.survival > 0) {
    return fail(ErrorCode::kUsage, fmt::format("nobody is seen after {:g}, and not all have had the event by then: the "
                                               "mean up to {:g} is not known; take {:g} or less",
                                               last.time, tau, last.time));
  }
  // From the end: the area from each event to tau.
  Mean mean;
  double until = tau;
  double variance = 0;
  for (auto point = curve.points.rbegin(); point != curve.points.rend(); ++point) {
    if (point->time >= tau) continue;
    mean.mean += point->survival * (until - point->time);
    until = point->time;
    const double left = point->at_risk - point->events;
    if (left > 0) variance += mean.mean * mean.mean * point->events / (point->at_risk * left);
  }
  mean.mean += until;
  mean.error = std::sqrt(variance);
  return mean;
}

MeanContrasts compare_means(const Mean& first, const Mean& second, double tau, double confidence) {
  const double z = z_of(confidence);
  const auto ratio = [&](double a, double b) {
    const double log_ratio = std::log(a / b);
    const double error = std::hypot(first.error / a, second.error / b);
    return Contrast{std::exp(log_ratio), std::exp(log_ratio - z * error), std::exp(log_ratio + z * error),
                    stats::normal_two_sided(log_ratio / error)};
  };
  const double difference = first.mean - second.mean;
  const double error = std::hypot(first.error, second.error);
  return {{difference, difference - z * error, difference + z * error, stats::normal_two_sided(difference / error)},
          ratio(first.mean, second.mean),
          ratio(tau - first.mean, tau - second.mean)};
}

}  // namespace radtype::survival
