// Tests of a number between groups that take it at its value.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "stats/noncentral.h"
#include "stats/samples.h"

namespace radtype::stats {
namespace {

struct Moments {
  double n = 0;
  double mean = 0;
  double squares = 0;  ///< about the mean
};

Moments moments(std::span<const double> values) {
  Moments of;
  of.n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  of.mean = sum / of.n;
  double rest = 0;  // of the mean's rounding
  for (const double value : values) rest += value - of.mean;
  of.mean += rest / of.n;
  for (const double value : values) of.squares += (value - of.mean) * (value - of.mean);
  return of;
}

/// Next to nothing for numbers of this size: what rounding alone leaves.
bool varies(const Moments& of) {
  const double rounding = 1e-14 * std::abs(of.mean);
  return of.squares > of.n * rounding * rounding;
}

}  // namespace

Result<std::vector<std::vector<double>>> by_group(std::span<const double> values, std::span<const int> groups,
                                                  int most) {
  if (values.size() != groups.size())
    return fail(ErrorCode::kUsage,
                fmt::format("{} values and {} groups: every case needs both", values.size(), groups.size()));
  std::vector<std::vector<double>> members;
  for (std::size_t n = 0; n < values.size(); ++n) {
    if (!std::isfinite(values[n]))
      return fail(ErrorCode::kUsage, fmt::format("case {} has no finite value: leave such cases out", n + 1));
    if (groups[n] < 1 || groups[n] > most)
      return fail(ErrorCode::kUsage, fmt::format("case {} is of group {}: groups are 1 to {}", n + 1, groups[n], most));
    const auto group = static_cast<std::size_t>(groups[n]);
    if (members.size() < group) members.resize(group);
    members[group - 1].push_back(values[n]);
  }
  const auto present = std::count_if(members.begin(), members.end(), [](const auto& of) { return !of.empty(); });
  if (present < 2) return fail(ErrorCode::kUndefined, "fewer than two groups have cases: there is nothing to compare");
  return members;
}

Result<Association> anova(std::span<const double> values, std::span<const int> groups, double confidence) {
  const auto members = by_group(values, groups);
  if (!members) return tl::unexpected(members.error());
  const Moments all = moments(values);
  double within = 0;
  double between = 0;
  double present = 0;
  bool any_varies = false;
  for (const std::vector<double>& member : *members) {
    if (member.empty()) continue;
    const Moments of = moments(member);
    ++present;
    within += of.squares;
    between += of.n * (of.mean - all.mean) * (of.mean - all.mean);
    any_varies |= varies(of);
  }
  Association result;
  result.n = values.size();
  result.degrees = present - 1;
  result.error_degrees = all.n - present;
  if (result.error_degrees < 1 || !any_varies)
    return fail(ErrorCode::kUndefined, "values do not vary within groups: F has no denominator");
  result.statistic = between / result.degrees / (within / result.error_degrees);
  result.p = f_tail(result.statistic, result.degrees, result.error_degrees);
  const Noncentrality limits = noncentrality_of_f(result.statistic, result.degrees, result.error_degrees, confidence);
  result.effect = {between / (between + within), limits.low / (limits.low + all.n),
                   limits.high / (limits.high + all.n)};
  return result;
}

Result<Association> welch_t(std::span<const double> values, std::span<const int> groups, double confidence) {
  const auto members = by_group(values, groups, 2);
  if (!members) return tl::unexpected(members.error());
  const Moments first = moments((*members)[0]);
  const Moments second = moments((*members)[1]);
  if (first.n < 2 || second.n < 2)
    return fail(ErrorCode::kUndefined, "a group of one case has no variance: Welch's t needs two in each");
  if (!varies(first) && !varies(second))
    return fail(ErrorCode::kUndefined, "values do not vary within either group: t has no denominator");
  const double a = first.squares / (first.n - 1) / first.n;
  const double b = second.squares / (second.n - 1) / second.n;
  const double error = std::sqrt(a + b);
  const double difference = first.mean - second.mean;
  Association result;
  result.n = values.size();
  result.statistic = difference / error;
  result.degrees = (a + b) * (a + b) / (a * a / (first.n - 1) + b * b / (second.n - 1));
  result.p = t_two_sided(result.statistic, result.degrees);
  const double reach = t_quantile(0.5 + confidence / 2, result.degrees) * error;
  result.effect = {difference, difference - reach, difference + reach};
  return result;
}

}  // namespace radtype::stats
