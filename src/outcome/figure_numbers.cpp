#include "outcome/figure_numbers.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace radtype::outcome {
namespace {

std::string ratio_text(double ratio, int decimals) {
  if (ratio == 0) return "0";
  if (std::isinf(ratio)) return "∞";
  const double least = std::pow(10.0, -decimals);
  if (ratio < 0.5 * least) return fmt::format("<{:.{}f}", least, decimals);
  if (ratio >= 9999.5) return ">9999";
  return fmt::format("{:.{}f}", ratio, ratio < 9.995 ? decimals : ratio < 99.95 ? 1 : 0);
}

double quantile(const std::vector<double>& sorted, double p) {
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(below);
  return below + 1 == sorted.size() ? sorted.back() : sorted[below] * (1 - part) + sorted[below + 1] * part;
}

}  // namespace

double at_risk(const StepCurve& curve, double time) {
  for (const Step& step : curve.steps) {
    if (step.time >= time) return step.at_risk;
  }
  return 0;
}

double events_until(const StepCurve& curve, double time) {
  double events = 0;
  for (const Step& step : curve.steps) {
    if (step.time <= time) events += step.events;
  }
  return events;
}

std::string median_text(const survival::Quantile& median) {
  const auto time = [](const std::optional<double>& limit) {
    if (!limit) return std::string("NR");
    return *limit < 1000 ? fmt::format("{:.4g}", *limit) : fmt::format("{:.0f}", *limit);
  };
  const std::string middle = median.time ? time(median.time) : "not reached";
  if (!median.lower && !median.upper) return middle;
  return fmt::format("{} ({}–{})", middle, time(median.lower), time(median.upper));
}

std::string estimate_text(double estimate, double lower, double upper) {
  const double wide = upper - lower;
  const int decimals = wide > 0.05 ? 2 : wide > 0.005 ? 3 : 4;
  return fmt::format("{} ({}–{})", ratio_text(estimate, decimals), ratio_text(lower, decimals),
                     ratio_text(upper, decimals));
}

BoxNumbers box_numbers(const std::vector<double>& sorted) {
  RADTYPE_CHECK(!sorted.empty());
  BoxNumbers box{quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75), 0, 0};
  const double reach = 1.5 * (box.upper - box.lower);
  box.low = *std::lower_bound(sorted.begin(), sorted.end(), box.lower - reach);
  box.high = *(std::upper_bound(sorted.begin(), sorted.end(), box.upper + reach) - 1);
  return box;
}

}  // namespace radtype::outcome
