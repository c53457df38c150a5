#include "radtype/survival/concordance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace radtype::survival {
namespace {

/// How many were added, by rank (a binary indexed tree, fenwick1994).
class Counts {
 public:
  explicit Counts(std::size_t ranks) : sums_(ranks + 1, 0) {}
  void add(std::size_t rank) {
    ++all_;
    for (std::size_t at = rank + 1; at < sums_.size(); at += at & (~at + 1)) ++sums_[at];
  }
  double below(std::size_t rank) const {
    double sum = 0;
    for (std::size_t at = rank; at > 0; at -= at & (~at + 1)) sum += sums_[at];
    return sum;
  }
  double all() const { return all_; }

 private:
  std::vector<double> sums_;
  double all_ = 0;
};

/// Pairs that one subject takes part in.
struct Pairs {
  double concordant = 0, discordant = 0, tied = 0;
};

}  // namespace

Result<Concordance> concordance(const std::vector<Subject>& subjects, const std::vector<double>& risk) {
  if (auto fine = check(subjects); !fine) return pass_on(std::move(fine));
  const std::size_t n = subjects.size();
  if (risk.size() != n) return fail(ErrorCode::kUsage, "every subject needs a risk");
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(risk[i]))
      return fail(ErrorCode::kUsage, fmt::format("subject {} has a risk that is no number", i + 1));
  }
  std::vector<double> values = risk;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<std::size_t> rank(n), order(n);
  for (std::size_t i = 0; i < n; ++i)
    rank[i] = static_cast<std::size_t>(std::lower_bound(values.begin(), values.end(), risk[i]) - values.begin());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Of one time, events come before those seen last: these lived longer.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (subjects[a].time != subjects[b].time) return subjects[a].time < subjects[b].time;
    if (subjects[a].event != subjects[b].event) return subjects[a].event;
    return rank[a] < rank[b];
  });
  const auto together = [&](std::size_t a, std::size_t b) {  // events of one time
    return subjects[a].event && subjects[b].event && subjects[a].time == subjects[b].time;
  };

  Concordance result;
  std::vector<Pairs> pairs(n);
  Counts earlier(values.size());  // events before
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin + 1;
    while (end < n && together(order[begin], order[end])) ++end;
    for (std::size_t at = begin; at < end; ++at) {
      const std::size_t i = order[at];
      const double lower = earlier.below(rank[i]);
      const double same = earlier.below(rank[i] + 1) - lower;
      pairs[i] = {earlier.all() - lower - same, lower, same};
      result.concordant += pairs[i].concordant;
      result.discordant += pairs[i].discordant;
      result.tied_risk += pairs[i].tied;
    }
    const auto size = static_cast<double>(end - begin);
    double both = 0;
    for (std::size_t at = begin; at < end;) {
      std::size_t next = at;
      while (next < end && rank[order[next]] == rank[order[at]]) ++next;
      const auto alike = static_cast<double>(next - at);
      both += alike * (alike - 1) / 2;
      at = next;
    }
    result.tied_both += both;
    result.tied_time += size * (size - 1) / 2 - both;
    for (std::size_t at = begin; at < end; ++at) {
      if (subjects[order[at]].event) earlier.add(rank[order[at]]);
    }
    begin = end;
  }
  Counts later(values.size());  // whoever comes after
  for (std::size_t end = n; end > 0;) {
    std::size_t begin = end - 1;
    while (begin > 0 && together(order[begin - 1], order[end - 1])) --begin;
    for (std::size_t at = begin; at < end; ++at) {
      const std::size_t i = order[at];
      if (!subjects[i].event) continue;
      const double lower = later.below(rank[i]);
      const double same = later.below(rank[i] + 1) - lower;
      pairs[i].concordant += lower;
      pairs[i].discordant += later.all() - lower - same;
      pairs[i].tied += same;
    }
    for (std::size_t at = begin; at < end; ++at) later.add(rank[order[at]]);
    end = begin;
  }
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

}  // namespace radtype::survival
