#include "radtype/survival/log_rank.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/stats/distribution.h"

namespace radtype::survival {
namespace {

struct LogRankSums {
  Eigen::VectorXd observed, expected;
  Eigen::MatrixXd covariance;
};

void add_stratum(LogRankSums& sums, const std::vector<Subject>& subjects, const std::vector<int>& groups,
                 std::vector<std::size_t> members, double rho) {
  std::sort(members.begin(), members.end(),
            [&](std::size_t a, std::size_t b) { return subjects[a].time < subjects[b].time; });
  const auto k = sums.observed.size();
  Eigen::VectorXd at_risk = Eigen::VectorXd::Zero(k);
  for (const std::size_t m : members) ++at_risk[groups[m] - 1];
  double survival = 1;  // of all groups, before the events
  for (std::size_t n = 0; n < members.size();) {
    const double time = subjects[members[n]].time;
    Eigen::VectorXd events = Eigen::VectorXd::Zero(k), leaving = events;
    for (; n < members.size() && subjects[members[n]].time == time; ++n) {
      const Eigen::Index group = groups[members[n]] - 1;
      ++leaving[group];
      events[group] += subjects[members[n]].event;
    }
    const double risk = at_risk.sum();
    if (const double all = events.sum(); all > 0) {
      const double weight = std::pow(survival, rho);
      sums.observed += weight * events;
      sums.expected += weight * all / risk * at_risk;
      if (risk > 1) {
        const Eigen::MatrixXd spread =
            Eigen::MatrixXd(at_risk.asDiagonal()) / risk - at_risk * at_risk.transpose() / (risk * risk);
        sums.covariance += weight * weight * all * (risk - all) / (risk - 1) * spread;
      }
      survival *= (risk - all) / risk;
    }
    at_risk -= leaving;
  }
}

}  // namespace

Result<LogRank> log_rank(const std::vector<Subject>& subjects, const std::vector<int>& groups,
                         const std::vector<int>& strata, double rho) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  if (groups.size() != subjects.size() || (!strata.empty() && strata.size() != subjects.size()))
    return fail(ErrorCode::kUsage, "every subject needs a group, and a stratum where there are strata");
  const int k = *std::max_element(groups.begin(), groups.end());
  if (*std::min_element(groups.begin(), groups.end()) < 1 || k < 2)
    return fail(ErrorCode::kUsage, "groups are numbered from 1, and there are two or more");
  std::map<int, std::vector<std::size_t>> members;
  for (std::size_t n = 0; n < subjects.size(); ++n) members[strata.empty() ? 0 : strata[n]].push_back(n);
  LogRankSums sums{Eigen::VectorXd::Zero(k), Eigen::VectorXd::Zero(k), Eigen::MatrixXd::Zero(k, k)};
  for (auto& [stratum, of] : members) add_stratum(sums, subjects, groups, std::move(of), rho);

  LogRank result;
  result.sizes.assign(static_cast<std::size_t>(k), 0);
  for (const int group : groups) ++result.sizes[static_cast<std::size_t>(group - 1)];
  result.observed.assign(sums.observed.begin(), sums.observed.end());
  result.expected.assign(sums.expected.begin(), sums.expected.end());
  result.covariance.assign(sums.covariance.data(), sums.covariance.data() + sums.covariance.size());
  // Without the last group in which events are expected: all groups' differences add up to 0.
  std::vector<Eigen::Index> kept;
  for (Eigen::Index g = 0; g < k; ++g) {
    if (sums.expected[g] > 0) kept.push_back(g);
  }
  if (kept.size() < 2) return fail(ErrorCode::kUndefined, "no events while subjects of two groups were at risk");
  kept.pop_back();
  const Eigen::VectorXd apart = (sums.observed - sums.expected)(kept);
  const Eigen::LDLT<Eigen::MatrixXd> solver(sums.covariance(kept, kept));
  if (!(solver.vectorD().minCoeff() > 1e-12 * solver.vectorD().maxCoeff()))
    return fail(ErrorCode::kUndefined, "no event happened while subjects of two groups were at risk");
  result.degrees = static_cast<int>(kept.size());
  result.chi_square = apart.dot(solver.solve(apart));
  result.p = stats::chi_square_tail(result.chi_square, result.degrees);
  return result;
}

Result<Test> trend(const LogRank& compared, const std::vector<double>& scores) {
  if (scores.size() != compared.sizes.size())
    return fail(ErrorCode::kUsage,
                fmt::format("{} groups need as many scores, not {}", compared.sizes.size(), scores.size()));
  if (!std::all_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); }))
    return fail(ErrorCode::kUsage, "scores of groups are finite numbers");
  const auto [least, largest] = std::minmax_element(scores.begin(), scores.end());
  const auto k = static_cast<Eigen::Index>(scores.size());
  Eigen::VectorXd score(k), apart(k);
  for (Eigen::Index g = 0; g < k; ++g) {
    const auto at = static_cast<std::size_t>(g);
    score[g] = *least < *largest ? (scores[at] - *least) / (*largest - *least) : 0;
    apart[g] = compared.observed[at] - compared.expected[at];
  }
  const Eigen::Map<const Eigen::MatrixXd> covariance(compared.covariance.data(), k, k);
  const double variance = score.dot(covariance * score);
  if (!(variance > 1e-12 * covariance.trace()))
    return fail(ErrorCode::kUndefined, "the scores of the groups compared do not vary: there is no trend to test");
  const double sum = score.dot(apart);
  const double statistic = sum * sum / variance;
  return Test{statistic, 1, stats::chi_square_tail(statistic, 1)};
}

}  // namespace radtype::survival
