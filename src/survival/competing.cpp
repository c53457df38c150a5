#include "radtype/survival/competing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "radtype/stats/distribution.h"

namespace radtype::survival {
namespace {

/// Sums of the variance at a time t of the incidence F: its part of an earlier time is a quadratic form in F(t). There
/// an event of any cause loses the incidence (F(t) - F) / S that a subject left would still have, and one of the cause
/// wins 1.
struct VarianceSums {
  double constant = 0, linear = 0, square = 0;

  /// `before`, S: survival before and after; `incidence`: F after.
  void add(double before, const IncidencePoint& now) {
    const double own = now.events / now.at_risk;
    const double any = now.events_of_any / now.at_risk;
    const double lost = now.survival > 0 ? 1 / now.survival : 0;
    const double effect = own + any * now.incidence * lost;  // mean over those at risk, for F(t) = 0
    const double squares = own * (1 + 2 * now.incidence * lost) + any * now.incidence * lost * now.incidence * lost;
    const double weight = before * before / now.at_risk;
    constant += weight * (squares - effect * effect);
    linear += weight * lost * (own + any * now.incidence * lost - any * effect);
    square += weight * lost * lost * any * (1 - any);
  }
  double at(double incidence) const { return constant - 2 * incidence * linear + incidence * incidence * square; }
};

}  // namespace

Result<void> check(const std::vector<CompetingSubject>& subjects) {
  std::vector<Subject> plain;
  for (const CompetingSubject& one : subjects) plain.push_back({one.time, one.cause != 0});
  if (auto fine = check(plain); !fine) return fine;
  for (std::size_t n = 0; n < subjects.size(); ++n) {
    if (subjects[n].cause < 0) {
      return fail(ErrorCode::kUsage, fmt::format("subject {} has the cause {}: causes are 1, 2, ..., and 0 is none",
                                                 n + 1, subjects[n].cause));
    }
  }
  return {};
}

Limits limits(const IncidencePoint& point, IntervalKind kind, double confidence) {
  RADTYPE_CHECK(confidence > 0 && confidence < 1);
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const double share = point.incidence;
  const double reach = stats::normal_quantile(0.5 + confidence / 2) * point.error;
  if (!(share > 0)) return {kNaN, kNaN};
  switch (kind) {
    case IntervalKind::kPlain:
      return {std::max(0.0, share - reach), std::min(1.0, share + reach)};
    case IntervalKind::kLog:
      return {share * std::exp(-reach / share), std::min(1.0, share * std::exp(reach / share))};
    case IntervalKind::kLogLog: {
      if (!(share < 1)) return {kNaN, kNaN};
      const double factor = std::exp(reach / (share * -std::log(share)));
      return {std::pow(share, factor), std::pow(share, 1 / factor)};
    }
  }
  internal_error("a kind of interval", __FILE__, __LINE__);
}

const IncidencePoint* Incidence::at(double time) const {
  const auto after = std::upper_bound(points.begin(), points.end(), time,
                                      [](double t, const IncidencePoint& point) { return t < point.time; });
  return after == points.begin() ? nullptr : &*std::prev(after);
}

Result<Incidence> cumulative_incidence(std::vector<CompetingSubject> subjects, int cause) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  if (cause < 1) return fail(ErrorCode::kUsage, fmt::format("there is no cause {}: causes are 1, 2, ...", cause));
  std::sort(subjects.begin(), subjects.end(),
            [](const CompetingSubject& a, const CompetingSubject& b) { return a.time < b.time; });
  Incidence result;
  VarianceSums variance;
  IncidencePoint point;
  point.at_risk = static_cast<double>(subjects.size());
  for (std::size_t n = 0; n < subjects.size();) {
    point.time = subjects[n].time;
    point.events = point.events_of_any = point.censored = 0;
    for (; n < subjects.size() && subjects[n].time == point.time; ++n) {
      ++(subjects[n].cause > 0 ? point.events_of_any : point.censored);
      point.events += subjects[n].cause == cause;
    }
    const double before = point.survival;
    const double left = point.at_risk - point.events_of_any;
    point.incidence += before * point.events / point.at_risk;
    point.survival *= left / point.at_risk;
    variance.add(before, point);
    point.error = std::sqrt(std::max(0.0, variance.at(point.incidence)));
    result.points.push_back(point);
    point.at_risk = left - point.censored;
  }
  return result;
}

}  // namespace radtype::survival
