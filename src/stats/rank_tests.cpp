// Tests of ranks: between groups, and of two numbers.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "radtype/stats/rank.h"
#include "stats/root.h"
#include "stats/samples.h"

namespace radtype::stats {
namespace {

/// Sum of t^3 - t over groups of t equal values.
double ties(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin;
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    const auto t = static_cast<double>(end - begin);
    sum += t * t * t - t;
    begin = end;
  }
  return sum;
}

/// P(U <= u) of mann1947 without ties, by the number of ways to choose ranks: their recursion, size by size.
double exact_rank_sum_below(double u, std::size_t first, std::size_t second) {
  const std::size_t most = first * second;
  std::vector<double> ways(most + 1, 0);  // shares of the choices rather than their number: it may pass a double's
  ways[0] = 1;
  // Product over i of (1 - q^(second + i)) / (1 - q^i), the generating function of U, a factor at a time.
  for (std::size_t i = 1; i <= first; ++i) {
    for (std::size_t at = most; at + 1 > second + i; --at) ways[at] -= ways[at - second - i];
    for (std::size_t at = i; at <= most; ++at) ways[at] += ways[at - i];
    const double share = static_cast<double>(i) / static_cast<double>(second + i);
    for (double& way : ways) way *= share;
  }
  double sum = 0;
  for (std::size_t at = 0; at <= most && static_cast<double>(at) <= u; ++at) sum += ways[at];
  return std::min(1.0, sum);
}

/// Limits of a probability of superiority: where it lies z standard errors off, with the variance it would have there
/// (newcombe2006, method 5). Defined at 0 and 1 too.
Effect superiority(double estimate, double first, double second, double confidence) {
  const double z = normal_quantile(0.5 + confidence / 2);
  const double pairs = (first + second) / 2 - 1;
  const auto beyond = [&](double theta) {
    const double variance =
        theta * (1 - theta) * (1 + pairs * (1 - theta) / (2 - theta) + pairs * theta / (1 + theta)) / (first * second);
    return (theta - estimate) * (theta - estimate) - z * z * variance;
  };
  // Where all pairs agree the estimate itself is a root, and not the one that is wanted.
  constexpr double kBeside = 1e-12;
  Effect effect{estimate, 0.0, 1.0};
  if (estimate > 0) effect.low = find_root(beyond, 0, std::min(estimate, 1 - kBeside));
  if (estimate < 1) effect.high = find_root(beyond, std::max(estimate, kBeside), 1);
  return effect;
}

Result<void> check_pairs(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    return fail(ErrorCode::kUsage, fmt::format("{} values and {} values: every case needs both", x.size(), y.size()));
  for (std::size_t n = 0; n < x.size(); ++n) {
    if (!std::isfinite(x[n]) || !std::isfinite(y[n]))
      return fail(ErrorCode::kUsage, fmt::format("case {} has no finite value: leave such cases out", n + 1));
  }
  if (x.size() < 3) return fail(ErrorCode::kUndefined, "fewer than three cases: a correlation says nothing");
  for (const std::span<const double>& side : {x, y}) {
    if (std::all_of(side.begin(), side.end(), [&](double value) { return value == side[0]; }))
      return fail(ErrorCode::kUndefined, "one side does not vary: there is no correlation");
  }
  return {};
}

Effect by_fisher_z(double r, std::size_t n, double variance_factor, double confidence) {
  if (n < 4) return {r};
  const double reach =
      normal_quantile(0.5 + confidence / 2) * std::sqrt(variance_factor / (static_cast<double>(n) - 3));
  const double z = std::atanh(r);
  return {r, std::tanh(z - reach), std::tanh(z + reach)};
}

Association of_correlation(double r, std::size_t n) {
  Association result;
  result.n = n;
  result.degrees = static_cast<double>(n) - 2;
  result.statistic = r * std::sqrt(result.degrees / ((1 - r) * (1 + r)));
  result.p = t_two_sided(result.statistic, result.degrees);
  return result;
}

/// Share of the orders of y in which the correlation with x is at least as far from 0.
double share_of_orders(const std::vector<double>& x, const std::vector<double>& y, double r) {
  std::vector<double> order = y;
  std::sort(order.begin(), order.end());
  double extreme = 0;
  double all = 0;
  do {  // distinct orders of tied values stand for equally many each
    ++all;
    if (std::abs(correlation(x, order)) >= std::abs(r) - 1e-10) ++extreme;
  } while (std::next_permutation(order.begin(), order.end()));
  return extreme / all;
}

}  // namespace

Result<Association> kruskal_wallis(std::span<const double> values, std::span<const int> groups) {
  const auto members = by_group(values, groups);
  if (!members) return tl::unexpected(members.error());
  const std::vector<double> rank = ranks({values.begin(), values.end()});
  const auto n = static_cast<double>(values.size());
  const double untied = 1 - ties(values) / (n * n * n - n);
  if (!(untied > 0)) return fail(ErrorCode::kUndefined, "all values are equal: ranks tell nothing");
  std::vector<double> off(members->size(), 0);  // sum of ranks less what is expected
  for (std::size_t i = 0; i < rank.size(); ++i) off[static_cast<std::size_t>(groups[i]) - 1] += rank[i] - (n + 1) / 2;
  Association result;
  result.n = values.size();
  double sum = 0;
  for (std::size_t g = 0; g < off.size(); ++g) {
    if ((*members)[g].empty()) continue;
    sum += off[g] * off[g] / static_cast<double>((*members)[g].size());
    ++result.degrees;
  }
  --result.degrees;
  result.statistic = 12 / (n * (n + 1)) * sum / untied;
  result.p = chi_square_tail(result.statistic, result.degrees);
  result.effect = {result.statistic / (n - 1)};
  return result;
}

Result<Association> rank_sum(std::span<const double> values, std::span<const int> groups, double confidence) {
  const auto members = by_group(values, groups, 2);
  if (!members) return tl::unexpected(members.error());
  const std::vector<double> rank = ranks({values.begin(), values.end()});
  const std::size_t first = (*members)[0].size();
  const std::size_t second = (*members)[1].size();
  const auto m = static_cast<double>(first);
  const auto k = static_cast<double>(second);
  const double n = m + k;
  const double tied = ties(values);
  if (!(tied < n * n * n - n)) return fail(ErrorCode::kUndefined, "all values are equal: ranks tell nothing");
  Association result;
  result.n = values.size();
  for (std::size_t i = 0; i < rank.size(); ++i) result.statistic += groups[i] == 1 ? rank[i] : 0;
  result.statistic -= m * (m + 1) / 2;
  if (tied == 0 && first < 50 && second < 50) {
    const double tail = exact_rank_sum_below(std::min(result.statistic, m * k - result.statistic), first, second);
    result.p = std::min(1.0, 2 * tail);
  } else {
    const double off = std::abs(result.statistic - m * k / 2);
    const double deviation = std::sqrt(m * k / 12 * (n + 1 - tied / (n * (n - 1))));
    result.p = normal_two_sided(std::max(0.0, off - 0.5) / deviation);
  }
  result.effect = superiority(result.statistic / (m * k), m, k, confidence);
  return result;
}

Result<Association> pearson_test(std::span<const double> x, std::span<const double> y, double confidence) {
  if (auto fine = check_pairs(x, y); !fine) return pass_on(std::move(fine));
  const double plain = correlation({x.begin(), x.end()}, {y.begin(), y.end()});
  if (std::isnan(plain)) return fail(ErrorCode::kUndefined, "one side varies by less than its rounding");
  const double r = std::clamp(plain, -1.0, 1.0);
  Association result = of_correlation(r, x.size());
  result.effect = by_fisher_z(r, x.size(), 1, confidence);
  return result;
}

Result<Association> spearman_test(std::span<const double> x, std::span<const double> y, double confidence) {
  if (auto fine = check_pairs(x, y); !fine) return pass_on(std::move(fine));
  const std::vector<double> a = ranks({x.begin(), x.end()});
  const std::vector<double> b = ranks({y.begin(), y.end()});
  const double r = std::clamp(correlation(a, b), -1.0, 1.0);
  Association result = of_correlation(r, x.size());
  if (x.size() <= 9) result.p = share_of_orders(a, b, r);
  result.effect = by_fisher_z(r, x.size(), 1 + r * r / 2, confidence);
  return result;
}

}  // namespace radtype::stats
