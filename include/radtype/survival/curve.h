// Survival of one group: Kaplan and Meier's curve, its median, and the mean restricted to a time.
#pragma once

#include <optional>
#include <vector>

#include "radtype/core/error.h"

namespace radtype::survival {

/// Time in any unit, the same for all.
struct Subject {
  double time = 0;
  bool event = false;  ///< at that time; else seen without one until then
};

/// kUsage, naming the subject by its place: a time that is negative or no number. kEmpty: nobody.
Result<void> check(const std::vector<Subject>& subjects);

/// At one time at which somebody had the event or was seen last. Who is seen last at the time of an event was at risk
/// of it.
struct CurvePoint {
  double time = 0;
  double at_risk = 0;
  double events = 0;
  double censored = 0;
  double survival = 1;           ///< after the events (kaplan1958)
  double log_error = 0;          ///< standard error of its logarithm (greenwood1926); infinite where survival is 0
  double cumulative_hazard = 0;  ///< nelson1972
  double hazard_error = 0;       ///< its standard error
};

enum class IntervalKind {
  kPlain,   ///< symmetric about the survival
  kLog,     ///< about its logarithm: what R draws
  kLogLog,  ///< about the logarithm of its negative logarithm: never outside 0 to 1 (kalbfleisch2002)
};
struct Limits {
  double lower = 0;  ///< NaN where survival is 0 (and, for kLogLog, where it is 1)
  double upper = 0;
};
Limits limits(const CurvePoint& point, IntervalKind kind, double confidence = 0.95);

struct Curve {
  std::vector<CurvePoint> points;  ///< by ascending time

  /// The last point up to this time; none before the first.
  const CurvePoint* at(double time) const;
};
/// Errors of check().
Result<Curve> kaplan_meier(std::vector<Subject> subjects);

struct Quantile {
  std::optional<double> time;  ///< none where the curve does not go so low
  std::optional<double> lower;
  std::optional<double> upper;
};
/// The first time at which the share that lives on is at most 1 - p: the middle of the time for which it is just that.
/// Limits are where the curve's limits do the same (brookmeyer1982).
Quantile quantile(const Curve& curve, double p, IntervalKind kind, double confidence = 0.95);

struct Mean {
  double mean = 0;   ///< area under the curve up to tau
  double error = 0;  ///< its standard error
};
/// kUsage where tau is not positive or lies beyond the last time of a curve that has not come to 0: what follows is not
/// known.
Result<Mean> restricted_mean(const Curve& curve, double tau);

/// Of a hypothesis, by a chi-square statistic.
struct Test {
  double statistic = 0;
  int degrees = 0;
  double p = 1;
};

struct Contrast {
  double estimate = 0;
  double lower = 0;
  double upper = 0;
  double p = 1;
};
struct MeanContrasts {
  Contrast difference;  ///< first less second
  Contrast ratio;
  Contrast ratio_of_lost;  ///< of the times lost until tau
};
/// Of two groups' restricted means (royston2013); ratios by their logarithms.
MeanContrasts compare_means(const Mean& first, const Mean& second, double tau, double confidence = 0.95);

}  // namespace radtype::survival
