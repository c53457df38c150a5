#include "radtype/subtype/robustness.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/subtype/validation.h"

namespace radtype::subtype {
namespace {

/// So many of 0..n-1, by chance; ascending.
std::vector<std::size_t> some_of(std::size_t n, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t i = 0; i < count; ++i) std::swap(order[i], order[i + random.below(n - i)]);
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

CaseTable with_features(const CaseTable& table, const std::vector<std::size_t>& kept) {
  CaseTable part{table.cases, {}, {}};
  for (const std::size_t f : kept) part.features.push_back(table.features[f]);
  for (std::size_t r = 0; r < table.cases.size(); ++r) {
    for (const std::size_t f : kept) part.values.push_back(table.value(r, f));
  }
  return part;
}

class Again {
 public:
  Again(const Discovery& found, const RobustnessOptions& options) : found_(found), options_(found.options) {
    options_.k = found.k;
    options_.numbers = {found.k, found.k};
    options_.references = 0;
    options_.repetitions = options.repetitions;
    for (std::size_t r = 0; r < found.prepared().rows; ++r) label_[found.prepared_case(r).name] = found.labels[r];
  }

  /// Adds a draw: `kept` is clustered, `left` assigned by its model.
  void add(Robustness& to, const CaseTable& kept, const CaseTable& left) const {
    const auto again = discover(kept, options_);
    if (!again) return explain(to, again.error().message());
    std::vector<int> before, after;
    for (std::size_t r = 0; r < again->prepared().rows; ++r) {
      const auto label = label_.find(again->prepared_case(r).name);
      if (label == label_.end()) continue;
      before.push_back(label->second);
      after.push_back(again->labels[r]);
    }
    if (before.empty()) return explain(to, "no case is in both discoveries");
    const std::vector<int> names = match_labels(before, after, found_.k);
    const auto kappa_of = [&](const std::vector<int>& first, std::vector<int> second) {
      for (int& label : second) label = names[static_cast<std::size_t>(label - 1)];
      return cohen_kappa(first, second);
    };
    const double kappa = kappa_of(before, after);
    to.kappa += kappa;
    to.least_kappa = to.draws == 0 ? kappa : std::min(to.least_kappa, kappa);
    to.cases += static_cast<double>(before.size());
    ++to.draws;

    if (left.cases.empty()) return;
    const auto assigned = classify(*again->model, left);
    if (!assigned) return explain(to, assigned.error().message());
    before.clear();
    after.clear();
    for (const Assignment& one : *assigned) {
      const auto label = label_.find(left.cases[one.row].name);
      if (one.state == AssignmentState::kRefused || label == label_.end()) continue;
      before.push_back(label->second);
      after.push_back(one.subtype);
    }
    if (before.empty()) return;
    to.kappa_assigned += kappa_of(before, after) * static_cast<double>(before.size());
    to.cases_assigned += static_cast<double>(before.size());
  }

 private:
  static void explain(Robustness& to, const std::string& reason) {
    if (to.reason.empty()) to.reason = reason;
  }

  const Discovery& found_;
  DiscoveryOptions options_;
  std::map<std::string, int> label_;
};

/// Sums over draws become means.
Robustness mean_of(Robustness sums) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  sums.kappa_assigned = sums.cases_assigned > 0 ? sums.kappa_assigned / sums.cases_assigned : kNaN;
  if (sums.draws == 0) {
    sums.kappa = sums.least_kappa = kNaN;
    return sums;
  }
  sums.kappa /= sums.draws;
  sums.cases /= sums.draws;
  sums.cases_assigned /= sums.draws;
  return sums;
}

}  // namespace

Result<std::vector<Robustness>> robustness(const Discovery& found, const RobustnessOptions& options) {
  if (found.k < 2 || found.k > 9)
    return fail(ErrorCode::kUsage, fmt::format("robustness is of two to nine subtypes, not of {}", found.k));
  if (options.draws < 1 || !(options.share_of_features > 0 && options.share_of_features < 1) ||
      !(options.share_of_cases > 0 && options.share_of_cases < 1))
    return fail(ErrorCode::kUsage, "one draw or more, and shares between 0 and 1, are needed");
  const CaseTable& table = found.cases;
  const Again again(found, options);
  const CaseTable none{{}, table.features, {}};
  const auto count_of = [](std::size_t n, double share) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(static_cast<double>(n) * share)));
  };
  const auto start = [](const char* without, const std::string& name) {
    Robustness one;
    one.without = without;
    one.name = name;
    return one;
  };
  std::vector<Robustness> results;
  for (const bool of_features : {true, false}) {
    Robustness one = start(of_features ? "features" : "cases", "");
    for (int draw = 0; draw < options.draws; ++draw) {
      const std::uint64_t seed =
          derive_seed(found.options.seed, {hash_name(one.without), static_cast<std::uint64_t>(draw)});
      if (of_features) {
        const std::size_t all = table.features.size();
        again.add(one, with_features(table, some_of(all, all - count_of(all, options.share_of_features), seed)), none);
        continue;
      }
      const std::size_t all = table.cases.size();
      const std::vector<std::size_t> out = some_of(all, count_of(all, options.share_of_cases), seed);
      std::vector<std::size_t> kept;
      for (std::size_t r = 0; r < all; ++r) {
        if (!std::binary_search(out.begin(), out.end(), r)) kept.push_back(r);
      }
      again.add(one, table.of(kept), table.of(out));
    }
    results.push_back(mean_of(std::move(one)));
  }
  for (const auto& [without, member] :
       {std::pair{"cohort", &Case::cohort}, {"organ", &Case::organ}, {"modality", &Case::modality}}) {
    std::set<std::string> names;
    for (const Case& one : table.cases) {
      if (!(one.*member).empty()) names.insert(one.*member);
    }
    if (names.size() < 2) continue;
    for (const std::string& name : names) {
      Robustness one = start(without, name);
      std::vector<std::size_t> kept, out;
      for (std::size_t r = 0; r < table.cases.size(); ++r) (table.cases[r].*member == name ? out : kept).push_back(r);
      again.add(one, table.of(kept), table.of(out));
      results.push_back(mean_of(std::move(one)));
    }
  }
  return results;
}

}  // namespace radtype::subtype
