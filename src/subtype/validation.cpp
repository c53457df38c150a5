#include "radtype/subtype/validation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "radtype/stats/partition.h"
#include "radtype/stats/rank.h"

namespace radtype::subtype {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Cases a group, in each part that is clustered.
constexpr int kFewest = 5;
}  // namespace

std::vector<int> match_labels(const std::vector<int>& a, const std::vector<int>& b, int k) {
  RADTYPE_CHECK(a.size() == b.size() && k >= 1 && k <= 9);
  std::vector<std::size_t> common(static_cast<std::size_t>(k * k), 0);
  for (std::size_t n = 0; n < a.size(); ++n) ++common[static_cast<std::size_t>((b[n] - 1) * k + a[n] - 1)];
  std::vector<int> names(static_cast<std::size_t>(k));
  std::iota(names.begin(), names.end(), 1);
  std::vector<int> best = names;
  std::size_t most = 0;
  do {
    std::size_t agree = 0;
    for (int old = 0; old < k; ++old)
      agree += common[static_cast<std::size_t>(old * k + names[static_cast<std::size_t>(old)] - 1)];
    if (agree > most) {
      most = agree;
      best = names;
    }
  } while (std::next_permutation(names.begin(), names.end()));
  return best;
}

double cohen_kappa(const std::vector<int>& a, const std::vector<int>& b) {
  RADTYPE_CHECK(a.size() == b.size() && !a.empty());
  const auto n = static_cast<double>(a.size());
  std::map<int, double> of_a, of_b;
  double agree = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    agree += a[i] == b[i];
    ++of_a[a[i]];
    ++of_b[b[i]];
  }
  double chance = 0;
  for (const auto& [label, count] : of_a) {
    if (const auto found = of_b.find(label); found != of_b.end()) chance += count / n * (found->second / n);
  }
  return chance < 1 ? (agree / n - chance) / (1 - chance) : 1;
}

double eta_squared(const std::vector<double>& values, const std::vector<int>& groups) {
  RADTYPE_CHECK(values.size() == groups.size());
  std::map<int, std::pair<double, double>> sums;  // sum, count
  double mean = 0;
  for (std::size_t n = 0; n < values.size(); ++n) {
    mean += values[n] / static_cast<double>(values.size());
    sums[groups[n]].first += values[n];
    ++sums[groups[n]].second;
  }
  double total = 0, between = 0;
  for (const double value : values) total += (value - mean) * (value - mean);
  for (const auto& [group, of] : sums)
    between += of.second * (of.first / of.second - mean) * (of.first / of.second - mean);
  return total > 0 ? between / total : kNaN;
}

Result<Validation> validate(const Model& model, const CaseTable& table, const ValidationOptions& options) {
  auto prepared = model.preparation.apply(table);
  if (!prepared) return pass_on(std::move(prepared));
  const std::vector<Assignment> assigned = classify(model, table, *prepared);
  if (prepared->table.rows == 0) {
    const auto& reasons = assigned.front().reasons;
    return fail(ErrorCode::kEmpty,
                "no case can be assigned; the first, because " +
                    (reasons.empty() ? std::string("of an unknown reason") : reasons.front().second));
  }
  const int k = static_cast<int>(model.subtypes.size());
  Validation result;
  std::vector<int> labels;
  std::vector<double> volumes;
  std::vector<int> with_volume;
  for (const Assignment& one : assigned) {
    result.flagged += one.state == AssignmentState::kFlagged;
    if (one.state == AssignmentState::kRefused) {
      ++result.refused;
      continue;
    }
    labels.push_back(one.subtype);
    if (const double volume = table.cases[one.row].volume_mm3; volume > 0) {
      volumes.push_back(std::log(volume));
      with_volume.push_back(one.subtype);
    }
  }
  result.cases = labels.size();
  result.eta_squared_of_volume = volumes.empty() ? kNaN : eta_squared(volumes, with_volume);

  Table centroids{model.subtypes.size(), model.features(), {}};
  for (const Subtype& subtype : model.subtypes)
    centroids.values.insert(centroids.values.end(), subtype.centroid.begin(), subtype.centroid.end());
  const auto test = in_group_test(prepared->table, centroids, options.permutations, options.seed);
  if (!test) result.notes.push_back("no in-group proportion: " + test.error().message());
  for (std::size_t c = 0; c < centroids.rows; ++c) {
    std::vector<double> mean(model.features(), 0);
    double count = 0;
    for (std::size_t r = 0; r < labels.size(); ++r) {
      if (labels[r] != static_cast<int>(c) + 1) continue;
      ++count;
      for (std::size_t f = 0; f < mean.size(); ++f) mean[f] += prepared->table.row(r)[f];
    }
    const double correlation = count > 0 ? stats::correlation(mean, model.subtypes[c].centroid) : kNaN;
    ValidatedSubtype& one = result.subtypes.emplace_back();
    one.cases = static_cast<std::size_t>(count);
    one.centroid_correlation = correlation;
    one.in_group = one.p = one.p_conservative = kNaN;
    if (!test) continue;
    one.by_correlation = test->found.sizes[c];
    one.in_group = test->found.proportion[c];
    one.p = test->p[c];
    one.same_size = test->same_size[c];
    one.p_conservative = test->p_conservative[c];
  }

  result.adjusted_rand = result.mutual_information = result.kappa = kNaN;
  const ClusterNumbers numbers{k, k};
  if (prepared->table.rows * 4 / 5 < static_cast<std::size_t>(kFewest * k)) {
    result.notes.push_back(fmt::format("not clustered anew: {} cases are too few for {} groups, {} are needed",
                                       prepared->table.rows, k, (kFewest * k * 5 + 3) / 4));
  } else {
    const auto cluster = clustering_of(options.method, options.distance, numbers)(prepared->table, options.seed);
    if (!cluster) return tl::unexpected(cluster.error());
    const auto done =
        repeat(prepared->table.rows, draw_subsets(prepared->table.rows, options.repetitions, 0.8, options.seed),
               *cluster, numbers);
    if (!done) return tl::unexpected(done.error());
    std::vector<int> anew = consensus(*done, Linkage::kAverage).front().labels;
    const std::vector<int> names = match_labels(labels, anew, k);
    for (int& label : anew) label = names[static_cast<std::size_t>(label - 1)];
    result.adjusted_rand = stats::adjusted_rand_index(labels, anew);
    result.mutual_information = stats::mutual_information(labels, anew).over_mean();
    result.kappa = cohen_kappa(labels, anew);
  }
  return result;
}

}  // namespace radtype::subtype
