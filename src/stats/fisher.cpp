#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/stats/association.h"
#include "stats/contingency.h"
#include "stats/fisher_network.h"
#include "stats/numbers.h"
#include "stats/root.h"

namespace radtype::stats {
namespace {

/// The first cell of a 2 x 2 table, margins given, for any odds ratio: noncentral hypergeometric.
class FirstCell {
 public:
  explicit FirstCell(const Margins& of) : observed_(of.table.at(0, 0)) {
    least_ = std::max<std::int64_t>(0, of.rows[0] - of.columns[1]);
    most_ = std::min(of.rows[0], of.columns[0]);
    const std::vector<double> factorial = log_factorials(of.n);
    const auto log_of = [&](std::int64_t n) { return factorial[static_cast<std::size_t>(n)]; };
    for (std::int64_t x = least_; x <= most_; ++x) {
      log_weights_.push_back(-log_of(x) - log_of(of.rows[0] - x) - log_of(of.columns[0] - x) -
                             log_of(of.columns[1] - of.rows[0] + x));
    }
  }

  /// Conditional maximum likelihood, and the ratios at which the observed count or more, or less, has (1 - confidence)
  /// / 2.
  Effect odds_ratio(double confidence) const {
    const double outside = (1 - confidence) / 2;
    const auto x = static_cast<double>(observed_);
    Effect effect{0, 0.0, kInfinity};
    if (observed_ > least_) effect.low = ratio([&](double log_ratio) { return tail(log_ratio, true) - outside; });
    if (observed_ < most_) effect.high = ratio([&](double log_ratio) { return outside - tail(log_ratio, false); });
    if (observed_ == most_) {
      effect.estimate = kInfinity;
    } else if (observed_ > least_) {
      effect.estimate = ratio([&](double log_ratio) { return mean(log_ratio) - x; });
    }
    return effect;
  }

 private:
  /// Where an ascending function of ln(odds ratio) is 0.
  template <class Function>
  static double ratio(const Function& of) {
    double reach = 1;
    while (of(-reach) > 0 || of(reach) < 0) reach *= 2;
    return std::exp(find_root(of, -reach, reach));
  }
  std::vector<double> weights(double log_ratio) const {
    std::vector<double> result = log_weights_;
    for (std::size_t at = 0; at < result.size(); ++at) result[at] += log_ratio * static_cast<double>(at);
    const double most = *std::max_element(result.begin(), result.end());
    for (double& weight : result) weight = std::exp(weight - most);
    return result;
  }
  double tail(double log_ratio, bool up) const {
    const std::vector<double> weight = weights(log_ratio);
    const auto at = weight.begin() + static_cast<std::ptrdiff_t>(observed_ - least_);
    const double all = std::accumulate(weight.begin(), weight.end(), 0.0);
    return (up ? std::accumulate(at, weight.end(), 0.0) : std::accumulate(weight.begin(), at + 1, 0.0)) / all;
  }
  double mean(double log_ratio) const {
    const std::vector<double> weight = weights(log_ratio);
    double sum = 0;
    for (std::size_t at = 0; at < weight.size(); ++at) sum += weight[at] * static_cast<double>(at);
    return static_cast<double>(least_) + sum / std::accumulate(weight.begin(), weight.end(), 0.0);
  }

  std::int64_t observed_;
  std::int64_t least_ = 0;
  std::int64_t most_ = 0;
  std::vector<double> log_weights_;  ///< of each count from least_, at odds ratio 1
};

double sum_of_log_factorials(const std::vector<std::int64_t>& counts, const std::vector<double>& factorial) {
  double sum = 0;
  for (const std::int64_t count : counts) sum += factorial[static_cast<std::size_t>(count)];
  return sum;
}

/// Tables of the margins in which cases are dealt to columns at random: how many are at most as likely?
std::int64_t rare_random_tables(const Margins& of, double observed, const std::vector<double>& factorial,
                                const FisherOptions& options) {
  constexpr std::int64_t kPerTask = 500;
  std::vector<std::size_t> row_of;
  std::vector<std::size_t> column_of;
  for (std::size_t r = 0; r < of.rows.size(); ++r) row_of.insert(row_of.end(), static_cast<std::size_t>(of.rows[r]), r);
  for (std::size_t c = 0; c < of.columns.size(); ++c)
    column_of.insert(column_of.end(), static_cast<std::size_t>(of.columns[c]), c);
  const std::int64_t tasks = (options.random_tables + kPerTask - 1) / kPerTask;
  std::vector<std::int64_t> rare(static_cast<std::size_t>(tasks), 0);
  parallel_for(0, tasks, [&](std::int64_t task) {
    std::vector<std::size_t> dealt = column_of;
    std::vector<std::int64_t> counts(of.table.counts.size());
    const std::int64_t end = std::min(options.random_tables, (task + 1) * kPerTask);
    for (std::int64_t n = task * kPerTask; n < end; ++n) {
      Random random(derive_seed(options.seed, {hash_name("fisher"), static_cast<std::uint64_t>(n)}));
      dealt = column_of;
      for (std::size_t at = dealt.size(); at > 1; --at) std::swap(dealt[at - 1], dealt[random.below(at)]);
      std::fill(counts.begin(), counts.end(), 0);
      for (std::size_t at = 0; at < dealt.size(); ++at) ++counts[row_of[at] * of.columns.size() + dealt[at]];
      rare[static_cast<std::size_t>(task)] += sum_of_log_factorials(counts, factorial) >= observed - kAsLikely;
    }
  });
  return std::accumulate(rare.begin(), rare.end(), std::int64_t{0});
}

}  // namespace

Result<FisherTest> fisher_test(const Contingency& given, const FisherOptions& options) {
  if (options.random_tables < 1) return fail(ErrorCode::kUsage, "Fisher's test needs at least one random table");
  auto checked = margins(given);
  if (!checked) return pass_on(std::move(checked));
  FisherTest result;
  result.n = static_cast<std::size_t>(checked->n);
  const std::vector<double> factorial = log_factorials(checked->n);
  const double observed = sum_of_log_factorials(checked->table.counts, factorial);
  if (const auto exact = chance_of_rare_tables(checked->rows, checked->columns, observed, options.exact_work)) {
    result.p = *exact;
  } else {
    result.random_tables = options.random_tables;
    const std::int64_t rare = rare_random_tables(*checked, observed, factorial, options);
    result.p = static_cast<double>(1 + rare) / static_cast<double>(1 + result.random_tables);
  }
  if (checked->rows.size() == 2 && checked->columns.size() == 2)
    result.odds_ratio = FirstCell(*checked).odds_ratio(options.confidence);
  return result;
}

}  // namespace radtype::stats
