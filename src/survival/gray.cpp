// Gray's test. Its score compares events with those expected were the hazards of the subdistribution the same, a group
// counting R = Y (1 - F-) / S-: those at risk, and those with another event whom censoring would have left.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "radtype/survival/competing.h"
#include "survival/newton.h"

namespace radtype::survival {
namespace {

using Members = std::vector<std::size_t>;

/// One time of one stratum, by group.
struct GrayMoment {
  Vector at_risk, events, others;
  Vector survival_before, survival;
  Vector incidence_before;
  double pooled_before = 0, pooled = 0;  ///< incidence in all groups, were it the same
  double weight = 1;

  double all() const { return events.sum(); }
  /// Y / S-: who would be at risk were there no events.
  Vector uncensored() const { return (at_risk.array() > 0).select(at_risk.cwiseQuotient(survival_before), 0); }
};

std::vector<GrayMoment> moments(const std::vector<CompetingSubject>& subjects, const std::vector<int>& groups,
                                int cause, Members members, Index k, double rho) {
  std::sort(members.begin(), members.end(),
            [&](std::size_t a, std::size_t b) { return subjects[a].time < subjects[b].time; });
  const Vector zero = Vector::Zero(k);
  Vector at_risk = zero, survival = Vector::Ones(k), incidence = zero;
  for (const std::size_t m : members) ++at_risk[groups[m] - 1];
  double pooled = 0;
  std::vector<GrayMoment> result;
  for (std::size_t n = 0; n < members.size();) {
    GrayMoment now{at_risk, zero, zero, survival, survival, incidence, pooled, pooled, 1};
    const double time = subjects[members[n]].time;
    for (; n < members.size() && subjects[members[n]].time == time; ++n) {
      const Index group = groups[members[n]] - 1;
      --at_risk[group];
      const int of = subjects[members[n]].cause;
      if (of != 0) ++(of == cause ? now.events : now.others)[group];
    }
    if (now.all() + now.others.sum() == 0) continue;
    for (Index g = 0; g < k; ++g) {
      if (now.at_risk[g] == 0) continue;
      incidence[g] += survival[g] * now.events[g] / now.at_risk[g];
      survival[g] *= (now.at_risk[g] - now.events[g] - now.others[g]) / now.at_risk[g];
    }
    pooled += now.all() / now.uncensored().sum();
    now.survival = survival;
    now.pooled = pooled;
    now.weight = std::pow(1 - now.pooled_before, rho);
    result.push_back(now);
  }
  return result;
}

/// Of events drawn together without replacement, of the variance of as many drawn one by one.
double tied(double events, double at_risk) { return events > 1 ? std::max(0.0, 1 - (events - 1) / (at_risk - 1)) : 1; }

struct GraySums {
  Vector scores, expected;
  Matrix covariance;
};

void add_scores(const std::vector<GrayMoment>& moments, GraySums& sums) {
  for (const GrayMoment& now : moments) {
    if (now.all() == 0) continue;
    const Vector risk = now.uncensored().cwiseProduct((1 - now.incidence_before.array()).matrix());
    const Vector expected = now.weight * now.all() / risk.sum() * risk;
    sums.scores += now.weight * now.events - expected;
    sums.expected += expected;
  }
}

/// gray1988: an event changes the score by itself (`direct`), and through the risk of its group at later times
/// (`after`: what those add up to).
void add_covariance(const std::vector<GrayMoment>& moments, GraySums& sums) {
  const Index k = sums.scores.size();
  const auto direct = [&](const GrayMoment& now) {
    const Vector h = now.uncensored();
    return Matrix(now.weight * (Matrix(h.asDiagonal()) - h * h.transpose() / h.sum()));
  };
  Matrix after = Matrix::Zero(k, k);  // group of the score x group of the event
  for (auto now = moments.rbegin(); now != moments.rend(); ++now) {
    const double events = now->all();
    const double total = now->uncensored().sum();
    const Matrix own = direct(*now);
    for (Index g = 0; g < k; ++g) {
      if (now->at_risk[g] == 0) continue;
      const double left = now->survival[g] > 0 ? (1 - now->pooled) / now->survival[g] : 0;
      const double of_cause = now->survival[g] > 0 ? 1 - left : 1;
      const Vector change = own.col(g) + of_cause * after.col(g);
      const double variance = now->survival_before[g] * events / (total * now->at_risk[g]);
      sums.covariance += tied(events, total * now->survival_before[g]) * variance * change * change.transpose();
      const double others = std::pow(now->survival_before[g] / now->at_risk[g], 2) * now->others[g];
      sums.covariance +=
          tied(now->others[g], now->at_risk[g]) * others * left * left * after.col(g) * after.col(g).transpose();
    }
    if (events > 0) after += own * (events / (total * (1 - now->pooled_before)));
  }
}

}  // namespace

Result<GrayTest> gray_test(const std::vector<CompetingSubject>& subjects, const std::vector<int>& groups, int cause,
                           const std::vector<int>& strata, double rho) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  if (cause < 1) return fail(ErrorCode::kUsage, fmt::format("there is no cause {}: causes are 1, 2, ...", cause));
  if (groups.size() != subjects.size() || (!strata.empty() && strata.size() != subjects.size()))
    return fail(ErrorCode::kUsage, "every subject needs a group, and a stratum where there are strata");
  const int k = *std::max_element(groups.begin(), groups.end());
  if (*std::min_element(groups.begin(), groups.end()) < 1 || k < 2)
    return fail(ErrorCode::kUsage, "groups are numbered from 1, and there are two or more");
  if (!std::isfinite(rho)) return fail(ErrorCode::kUsage, "a power rho is a finite number");
  std::map<int, Members> members;
  for (std::size_t n = 0; n < subjects.size(); ++n) members[strata.empty() ? 0 : strata[n]].push_back(n);
  GraySums sums{Vector::Zero(k), Vector::Zero(k), Matrix::Zero(k, k)};
  for (auto& [stratum, of] : members) {
    const std::vector<GrayMoment> all = moments(subjects, groups, cause, std::move(of), k, rho);
    add_scores(all, sums);
    add_covariance(all, sums);
  }

  GrayTest result;
  result.sizes.assign(static_cast<std::size_t>(k), 0);
  for (const int group : groups) ++result.sizes[static_cast<std::size_t>(group - 1)];
  result.scores.assign(sums.scores.begin(), sums.scores.end());
  result.covariance.assign(sums.covariance.data(), sums.covariance.data() + sums.covariance.size());
  // Without the last group in which events are expected: all groups' scores add up to 0.
  std::vector<Index> kept;
  for (Index g = 0; g < k; ++g) {
    if (sums.expected[g] > 0) kept.push_back(g);
  }
  if (!kept.empty()) kept.pop_back();
  const Vector scores = sums.scores(kept);
  const Matrix covariance = sums.covariance(kept, kept);
  if (kept.empty() || dependent(covariance))
    return fail(ErrorCode::kUndefined,
                fmt::format("no event of cause {} while subjects of two groups were at risk", cause));
  result.test = chi_square(scores.dot(covariance.ldlt().solve(scores)), kept.size());
  return result;
}

}  // namespace radtype::survival
