#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/molecular/enrichment.h"

namespace radtype::molecular {
namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

/// Ranks of a sample's genes, 1 for the lowest, equal values with their mean; NaN where the value is missing.
struct SampleRanks {
  std::vector<double> rank;
  double genes = 0;
};

void rank_sample(const std::vector<double>& values, std::vector<std::pair<double, std::size_t>>& order,
                 SampleRanks& ranks) {
  order.clear();
  for (std::size_t g = 0; g < values.size(); ++g) {
    if (!std::isnan(values[g])) order.emplace_back(values[g], g);
  }
  std::sort(order.begin(), order.end());
  ranks.rank.assign(values.size(), kNoScore);
  ranks.genes = static_cast<double>(order.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && order[last].first == order[first].first) ++last;
    const double mean = 0.5 * static_cast<double>(first + 1 + last);
    for (std::size_t n = first; n < last; ++n) ranks.rank[order[n].second] = mean;
    first = last;
  }
}

using Score = std::function<double(const SampleRanks& ranks, std::size_t set)>;

SetScores score_samples(const ExpressionMatrix& matrix, const std::vector<SetRows>& sets, const Score& score) {
  constexpr std::size_t kBlock = 8;  // samples read together: a cache line of each row
  SetScores scores;
  scores.samples = matrix.samples;
  for (const SetRows& set : sets) scores.sets.push_back(set.name);
  const std::size_t samples = matrix.samples.size();
  scores.values.assign(sets.size() * samples, kNoScore);
  const std::size_t blocks = (samples + kBlock - 1) / kBlock;
  parallel_for(0, static_cast<std::int64_t>(blocks), [&](std::int64_t block) {
    const std::size_t begin = static_cast<std::size_t>(block) * kBlock;
    const std::size_t end = std::min(samples, begin + kBlock);
    std::vector<std::vector<double>> columns(end - begin, std::vector<double>(matrix.genes.size()));
    for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
      for (std::size_t s = begin; s < end; ++s) columns[s - begin][g] = matrix.value(g, s);
    }
    std::vector<std::pair<double, std::size_t>> order;
    SampleRanks ranks;
    for (std::size_t s = begin; s < end; ++s) {
      rank_sample(columns[s - begin], order, ranks);
      for (std::size_t set = 0; set < sets.size(); ++set) scores.values[set * samples + s] = score(ranks, set);
    }
  });
  scores.undefined = static_cast<std::size_t>(
      std::count_if(scores.values.begin(), scores.values.end(), [](double value) { return std::isnan(value); }));
  return scores;
}

Result<void> check_sets(const ExpressionMatrix& matrix, const std::vector<SetRows>& sets) {
  if (sets.empty()) return fail(ErrorCode::kUndefined, "no gene set to score");
  for (const SetRows& set : sets) {
    if (set.rows.empty())
      return fail(
          ErrorCode::kUndefined,
          fmt::format("none of the {} genes of {} is in the expression table: leave the set out, or look whether "
                      "both name genes alike",
                      set.named, set.name));
    for (const std::size_t row : set.rows) {
      if (row >= matrix.genes.size())
        return fail(ErrorCode::kUsage,
                    fmt::format("set {} names row {} of {}", set.name, row + 1, matrix.genes.size()));
    }
  }
  return {};
}

/// Area between the walks. A gene of rank r is passed r steps before the end, so that a walk's area is the mean of its
/// genes' ranks, weighed by their steps.
double area(const SampleRanks& ranks, const std::vector<std::size_t>& rows, double weight) {
  double steps = 0;
  double inside = 0;
  double sum = 0;
  double members = 0;
  for (const std::size_t row : rows) {
    const double rank = ranks.rank[row];
    if (std::isnan(rank)) continue;
    const double step = std::pow(rank, weight);
    steps += step;
    inside += step * rank;
    sum += rank;
    ++members;
  }
  if (members == 0 || members == ranks.genes) return kNoScore;
  const double all = ranks.genes * (ranks.genes + 1) / 2;
  return inside / steps - (all - sum) / (ranks.genes - members);
}

/// From -0.5 to 0.5.
double mean_rank(const SampleRanks& ranks, const std::vector<std::size_t>& rows) {
  double sum = 0;
  double members = 0;
  for (const std::size_t row : rows) {
    if (std::isnan(ranks.rank[row])) continue;
    sum += ranks.rank[row];
    ++members;
  }
  if (members == 0 || members == ranks.genes) return kNoScore;
  const double least = (members + 1) / 2;
  const double most = ranks.genes - (members - 1) / 2;
  return (sum / members - least) / (most - least) - 0.5;
}

}  // namespace

Result<SetScores> ssgsea(const ExpressionMatrix& matrix, const std::vector<SetRows>& sets,
                         const SsgseaOptions& options) {
  if (auto fine = check_sets(matrix, sets); !fine) return pass_on(std::move(fine));
  if (!(std::isfinite(options.weight) && options.weight >= 0))
    return fail(ErrorCode::kUsage, fmt::format("a weight of {}: it is 0 or more", options.weight));
  SetScores scores = score_samples(matrix, sets, [&](const SampleRanks& ranks, std::size_t set) {
    return area(ranks, sets[set].rows, options.weight);
  });
  if (!options.normalised) return scores;
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const double value : scores.values) {
    if (std::isnan(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (!(most > least)) return fail(ErrorCode::kUndefined, "all scores are equal: they have no range to be divided by");
  for (double& value : scores.values) value /= most - least;
  return scores;
}

Result<SetScores> singscore(const ExpressionMatrix& matrix, const std::vector<SetRows>& up,
                            const std::vector<SetRows>& down) {
  if (auto fine = check_sets(matrix, up); !fine) return pass_on(std::move(fine));
  if (!down.empty() && down.size() != up.size())
    return fail(ErrorCode::kUsage, fmt::format("{} sets up and {} down: each needs a partner, which may be empty",
                                               up.size(), down.size()));
  std::vector<SetRows> partners;
  std::copy_if(down.begin(), down.end(), std::back_inserter(partners),
               [](const SetRows& set) { return set.named > 0; });
  if (!partners.empty()) {
    if (auto fine = check_sets(matrix, partners); !fine) return pass_on(std::move(fine));
  }
  return score_samples(matrix, up, [&](const SampleRanks& ranks, std::size_t set) {
    const double score = mean_rank(ranks, up[set].rows);
    return down.empty() || down[set].named == 0 ? score : score - mean_rank(ranks, down[set].rows);
  });
}

Result<std::vector<double>> cytolytic_activity(const ExpressionMatrix& matrix, ExpressionUnit unit) {
  constexpr double kOffset = 0.01;
  std::vector<double> activity(matrix.samples.size(), 1);
  for (const char* name : {"GZMA", "PRF1"}) {
    const auto gene = matrix.find_gene(name);
    if (!gene) return fail(ErrorCode::kNotFound, fmt::format("gene {} is not in the expression table", name));
    for (std::size_t s = 0; s < activity.size(); ++s) {
      const double value = matrix.value(*gene, s);
      if (value < 0)
        return fail(ErrorCode::kUsage,
                    fmt::format("{} is {} in {}: neither a linear amount nor log2(x + 1) is below 0; is the table "
                                "centred or in other logarithms?",
                                name, value, matrix.samples[s]));
      const double linear = unit == ExpressionUnit::kLinear ? value : std::exp2(value) - 1;
      activity[s] *= std::sqrt(linear + kOffset);
    }
  }
  return activity;
}

}  // namespace radtype::molecular
