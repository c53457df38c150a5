#include "radtype/survival/concordance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace radtype::survival {
namespace {

/// What was added, by rank (a binary indexed tree, fenwick1994).
class RankSums {
 public:
  explicit RankSums(std::size_t ranks) : sums_(ranks + 1, 0), own_(ranks, 0) {}
  void add(std::size_t rank, double weight) {
    all_ += weight;
    own_[rank] += weight;
    for (std::size_t at = rank + 1; at < sums_.size(); at += at & (~at + 1)) sums_[at] += weight;
  }
  double below(std::size_t rank) const {
    double sum = 0;
    for (std::size_t at = rank; at > 0; at -= at & (~at + 1)) sum += sums_[at];
    return sum;
  }
  double at(std::size_t rank) const { return own_[rank]; }
  double above(std::size_t rank) const { return std::max(0.0, all_ - below(rank + 1)); }

 private:
  std::vector<double> sums_, own_;
  double all_ = 0;
};

/// Pairs that one subject takes part in, weighted.
struct Pairs {
  double concordant = 0, discordant = 0, tied = 0;
};

/// Subjects in the order of their times: events of one time are alike, and come before those seen last, who lived
/// longer.
class Order {
 public:
  Order(const std::vector<Subject>& subjects, const std::vector<double>& risk, std::vector<std::size_t> members)
      : subjects_(subjects), order_(std::move(members)) {
    for (const std::size_t n : order_) risks_.push_back(risk[n]);
    std::sort(risks_.begin(), risks_.end());
    risks_.erase(std::unique(risks_.begin(), risks_.end()), risks_.end());
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      if (subjects[a].time != subjects[b].time) return subjects[a].time < subjects[b].time;
      if (subjects[a].event != subjects[b].event) return subjects[a].event;
      return risk[a] != risk[b] ? risk[a] < risk[b] : a < b;
    });
    for (const std::size_t n : order_)
      rank_.push_back(
          static_cast<std::size_t>(std::lower_bound(risks_.begin(), risks_.end(), risk[n]) - risks_.begin()));
  }

  /// `weight`: of a pair, by the subject that had its event first.
  void count(const std::vector<double>& weight, std::vector<Pairs>& pairs, Concordance& sums) const {
    count_tied(weight, sums);
    count_before(weight, pairs, sums);
    count_after(weight, pairs);
  }

 private:
  std::size_t end_of(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < order_.size() && together(begin, end)) ++end;
    return end;
  }
  bool together(std::size_t a, std::size_t b) const {  // places of events of one time
    const Subject &first = subjects_[order_[a]], &second = subjects_[order_[b]];
    return first.event && second.event && first.time == second.time;
  }

  void count_tied(const std::vector<double>& weight, Concordance& sums) const {
    for (std::size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
      end = end_of(begin);
      const auto size = static_cast<double>(end - begin);
      double both = 0;
      for (std::size_t at = begin, next = begin; at < end; at = next) {
        while (next < end && rank_[next] == rank_[at]) ++next;
        const auto alike = static_cast<double>(next - at);
        both += alike * (alike - 1) / 2;
      }
      sums.tied_both += weight[order_[begin]] * both;
      sums.tied_time += weight[order_[begin]] * (size * (size - 1) / 2 - both);
    }
  }

  /// Each with the events before it.
  void count_before(const std::vector<double>& weight, std::vector<Pairs>& pairs, Concordance& sums) const {
    RankSums earlier(risks_.size());
    for (std::size_t begin = 0, end = 0; begin < order_.size(); begin = end) {
      end = end_of(begin);
      for (std::size_t at = begin; at < end; ++at) {
        const Pairs own = {earlier.above(rank_[at]), earlier.below(rank_[at]), earlier.at(rank_[at])};
        pairs[order_[at]] = own;
        sums.concordant += own.concordant;
        sums.discordant += own.discordant;
        sums.tied_risk += own.tied;
      }
      for (std::size_t at = begin; at < end; ++at) {
        if (subjects_[order_[at]].event) earlier.add(rank_[at], weight[order_[at]]);
      }
    }
  }

  /// Each event with whoever comes after it.
  void count_after(const std::vector<double>& weight, std::vector<Pairs>& pairs) const {
    RankSums later(risks_.size());
    for (std::size_t end = order_.size(), begin = 0; end > 0; end = begin) {
      begin = end - 1;
      while (begin > 0 && together(begin - 1, end - 1)) --begin;
      for (std::size_t at = begin; at < end; ++at) {
        const std::size_t i = order_[at];
        if (!subjects_[i].event) continue;
        pairs[i].concordant += weight[i] * later.below(rank_[at]);
        pairs[i].discordant += weight[i] * later.above(rank_[at]);
        pairs[i].tied += weight[i] * later.at(rank_[at]);
      }
      for (std::size_t at = begin; at < end; ++at) later.add(rank_[at], 1);
    }
  }

  const std::vector<Subject>& subjects_;
  std::vector<std::size_t> order_;
  std::vector<double> risks_;      // that differ, ascending
  std::vector<std::size_t> rank_;  // of each place
};

Result<void> check(const std::vector<Subject>& subjects, const std::vector<double>& risk) {
  if (auto fine = check(subjects); !fine) return fine;
  if (risk.size() != subjects.size()) return fail(ErrorCode::kUsage, "every subject needs a risk");
  for (std::size_t n = 0; n < risk.size(); ++n) {
    if (std::isnan(risk[n]))
      return fail(ErrorCode::kUsage, fmt::format("subject {} has a risk that is no number", n + 1));
  }
  return {};
}

Result<Concordance> weighted(const std::vector<Subject>& subjects, const std::vector<double>& risk,
                             const std::vector<int>& strata, const std::vector<double>& weight) {
  std::map<int, std::vector<std::size_t>> members;
  for (std::size_t n = 0; n < subjects.size(); ++n) members[strata.empty() ? 0 : strata[n]].push_back(n);
  Concordance result;
  std::vector<Pairs> pairs(subjects.size());
  for (auto& [stratum, of] : members) Order(subjects, risk, std::move(of)).count(weight, pairs, result);
  const double all = result.concordant + result.discordant + result.tied_risk;
  if (!(all > 0)) return fail(ErrorCode::kUndefined, "of no two subjects it is known who had the event first");
  result.c = (result.concordant + result.tied_risk / 2) / all;
  double variance = 0;
  for (const Pairs& of : pairs) {
    const double share = of.concordant + of.tied / 2 - result.c * (of.concordant + of.discordant + of.tied);
    variance += share * share / (all * all);
  }
  result.error = std::sqrt(variance);
  return result;
}

/// 1 / G(t)^2 of each event, G(t) the share not censored before t; 0 after tau. Events come before censoring at one
/// time, so that a subject with an event is at risk of censoring only before it.
std::vector<double> uncensored_weights(const std::vector<Subject>& subjects, double tau) {
  std::vector<std::size_t> order(subjects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return subjects[a].time < subjects[b].time; });
  std::vector<double> weight(subjects.size(), 0);
  double g = 1;
  for (std::size_t n = 0; n < order.size();) {
    double at_risk = static_cast<double>(order.size() - n), censored = 0;
    const double time = subjects[order[n]].time;
    for (; n < order.size() && subjects[order[n]].time == time; ++n) {
      if (!subjects[order[n]].event) {
        ++censored;
        continue;
      }
      --at_risk;
      weight[order[n]] = time <= tau ? 1 / (g * g) : 0;
    }
    if (censored > 0) g *= 1 - censored / at_risk;
  }
  return weight;
}

}  // namespace

Result<Concordance> concordance(const std::vector<Subject>& subjects, const std::vector<double>& risk,
                                const std::vector<int>& strata) {
  if (auto fine = check(subjects, risk); !fine) return pass_on(std::move(fine));
  if (!strata.empty() && strata.size() != subjects.size())
    return fail(ErrorCode::kUsage, "every subject needs a stratum where there are strata");
  return weighted(subjects, risk, strata, std::vector<double>(subjects.size(), 1));
}

Result<Concordance> uno_concordance(const std::vector<Subject>& subjects, const std::vector<double>& risk,
                                    std::optional<double> tau) {
  if (auto fine = check(subjects, risk); !fine) return pass_on(std::move(fine));
  if (tau && !(*tau > 0)) return fail(ErrorCode::kUsage, fmt::format("a concordance up to {} has no meaning", *tau));
  return weighted(subjects, risk, {},
                  uncensored_weights(subjects, tau.value_or(std::numeric_limits<double>::infinity())));
}

}  // namespace radtype::survival
