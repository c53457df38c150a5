#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "molecular/linear_model.h"
#include "radtype/core/parallel.h"
#include "radtype/molecular/enrichment.h"
#include "radtype/stats/distribution.h"

namespace radtype::molecular {
namespace {

/// Statistics of the genes that take part, and where they are.
class Genes {
 public:
  Genes(const std::vector<double>& statistics, const std::vector<bool>& takes_part)
      : statistics_(statistics), takes_part_(takes_part) {
    for (std::size_t g = 0; g < statistics.size(); ++g) {
      if (takes_part[g]) ++count_;
    }
    for (std::size_t g = 0; g < statistics.size(); ++g) mean_ += takes_part[g] ? statistics[g] / size() : 0;
    for (std::size_t g = 0; g < statistics.size(); ++g)
      squares_ += takes_part[g] ? (statistics[g] - mean_) * (statistics[g] - mean_) : 0;
  }

  std::size_t count() const { return count_; }
  bool vary() const { return squares_ > 1e-28 * mean_ * mean_ * size(); }
  std::vector<std::size_t> members(const SetRows& set) const {
    std::vector<std::size_t> rows;
    std::copy_if(set.rows.begin(), set.rows.end(), std::back_inserter(rows),
                 [&](std::size_t row) { return takes_part_[row]; });
    return rows;
  }
  bool fit(std::size_t members, std::size_t smallest) const {
    return members >= std::max<std::size_t>(1, smallest) && members + 2 <= count_;
  }

  /// Two-sample t of members against the others, with the variance of the members' mean inflated (wu2012).
  Enrichment test(const SetRows& set, const std::vector<std::size_t>& members, double correlation, double degrees,
                  double confidence) const {
    Enrichment result;
    result.name = set.name;
    result.genes = members.size();
    result.correlation = correlation;
    const auto in = static_cast<double>(members.size());
    const double out = size() - in;
    result.inflation = 1 + (in - 1) * correlation;
    double off = 0;
    for (const std::size_t row : members) off += statistics_[row] - mean_;
    result.difference = off / in * size() / out;
    const double within = squares_ - result.difference * result.difference * in * out / size();
    // The rounding of a difference that explains everything must not leave less than nothing.
    const double variance = std::max(within, 1e-15 * squares_) / (size() - 2);
    const double error = std::sqrt(variance * (result.inflation / in + 1 / out));
    result.t = result.difference / error;
    result.degrees = degrees;
    result.p = stats::t_two_sided(result.t, degrees);
    const double reach = stats::t_quantile(0.5 + confidence / 2, degrees) * error;
    result.low = result.difference - reach;
    result.high = result.difference + reach;
    return result;
  }

 private:
  double size() const { return static_cast<double>(count_); }

  const std::vector<double>& statistics_;
  const std::vector<bool>& takes_part_;
  std::size_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

/// Mean correlation of pairs of rows in what the design leaves of them.
double mean_correlation(const ExpressionMatrix& matrix, const LinearModel& model,
                        const std::vector<std::size_t>& members) {
  const auto samples = static_cast<Eigen::Index>(matrix.samples.size());
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(samples);
  double used = 0;
  for (const std::size_t row : members) {
    const Eigen::VectorXd rest = model.residuals(Eigen::Map<const Eigen::VectorXd>(matrix.row(row), samples));
    const double length = rest.norm();
    ++used;
    if (length > 0) sum += rest / length;
  }
  // The mean of all pairs, a gene with itself among them, is the squared length of the mean.
  return (sum.squaredNorm() / used - 1) / (used - 1);
}

Result<void> check_correlation(double correlation) {
  if (correlation >= -1 && correlation <= 1) return {};
  return fail(ErrorCode::kUsage, fmt::format("a correlation of {} is outside -1 to 1", correlation));
}

Result<void> check_genes(const Genes& genes) {
  if (genes.count() < 3)
    return fail(ErrorCode::kUndefined, "fewer than three genes take part: no set can be held against the others");
  if (!genes.vary()) return fail(ErrorCode::kUndefined, "the genes' statistics do not vary");
  return {};
}

Result<void> check_rows(const std::vector<SetRows>& sets, std::size_t genes) {
  for (const SetRows& set : sets) {
    for (const std::size_t row : set.rows) {
      if (row >= genes)
        return fail(ErrorCode::kUsage, fmt::format("set {} names row {} of {}", set.name, row + 1, genes));
    }
  }
  return {};
}

/// `correlation_of` a set's members, and the degrees of freedom of its t.
template <class Correlation>
Result<Enrichments> test_sets(const Genes& genes, const std::vector<SetRows>& sets, const Correlation& correlation_of,
                              double degrees, const EnrichmentOptions& options) {
  Enrichments result;
  result.genes = genes.count();
  std::vector<const SetRows*> fits;
  for (const SetRows& set : sets) {
    const std::size_t members = genes.members(set).size();
    if (!genes.fit(members, options.smallest)) {
      result.too_small.push_back(set.name);
      continue;
    }
    fits.push_back(&set);
    if (options.correlation && 1 + (static_cast<double>(members) - 1) * *options.correlation < 0)
      return fail(ErrorCode::kUsage,
                  fmt::format("the {} genes of {} cannot all have a correlation of {} with each other", members,
                              set.name, *options.correlation));
  }
  result.sets.resize(fits.size());
  parallel_for(0, static_cast<std::int64_t>(fits.size()), [&](std::int64_t n) {
    const SetRows& set = *fits[static_cast<std::size_t>(n)];
    const std::vector<std::size_t> members = genes.members(set);
    result.sets[static_cast<std::size_t>(n)] =
        genes.test(set, members, correlation_of(members), degrees, options.confidence);
  });
  return result;
}

}  // namespace

Result<Enrichments> camera(const ExpressionMatrix& matrix, const Design& design, const Contrasts& contrasts,
                           std::size_t contrast, const std::vector<SetRows>& sets, const EnrichmentOptions& options) {
  if (contrast >= contrasts.names.size())
    return fail(ErrorCode::kUsage, fmt::format("contrast {} of {}", contrast + 1, contrasts.names.size()));
  if (options.correlation) {
    if (auto fine = check_correlation(*options.correlation); !fine) return pass_on(std::move(fine));
  }
  if (auto fine = check_rows(sets, matrix.genes.size()); !fine) return pass_on(std::move(fine));
  auto fit = moderated_fit(matrix, design, contrasts, options.confidence);
  if (!fit) return pass_on(std::move(fit));
  std::vector<double> statistics(matrix.genes.size(), 0);
  std::vector<bool> takes_part(matrix.genes.size(), false);
  for (std::size_t g = 0; g < statistics.size(); ++g) {
    takes_part[g] =
        fit->status[g] == GeneStatus::kTested && (options.correlation || fit->samples[g] == matrix.samples.size());
    if (takes_part[g]) statistics[g] = stats::z_from_t(fit->test(g, contrast).t, fit->total_degrees[g]);
  }
  const Genes genes(statistics, takes_part);
  if (auto fine = check_genes(genes); !fine) return pass_on(std::move(fine));
  const double by_genes = static_cast<double>(genes.count()) - 2;
  if (options.correlation) {
    return test_sets(
        genes, sets, [&](const auto&) { return *options.correlation; }, by_genes, options);
  }
  const auto x = check_design(design, matrix.samples.size());
  const auto model = LinearModel::of(*x);
  const auto estimated = [&](const std::vector<std::size_t>& members) {
    if (members.size() < 2) return 0.0;
    const double correlation = mean_correlation(matrix, *model, members);
    return options.negative_correlation ? correlation : std::max(0.0, correlation);
  };
  return test_sets(genes, sets, estimated, std::min(by_genes, model->degrees()), options);
}

Result<Enrichments> preranked(const std::vector<double>& statistics, const std::vector<SetRows>& sets,
                              double correlation, const EnrichmentOptions& options) {
  if (auto fine = check_correlation(correlation); !fine) return pass_on(std::move(fine));
  if (auto fine = check_rows(sets, statistics.size()); !fine) return pass_on(std::move(fine));
  for (std::size_t g = 0; g < statistics.size(); ++g) {
    if (!std::isfinite(statistics[g]))
      return fail(ErrorCode::kUsage, fmt::format("gene {} has no finite statistic: leave such genes out", g + 1));
  }
  const std::vector<bool> all(statistics.size(), true);
  const Genes genes(statistics, all);
  if (auto fine = check_genes(genes); !fine) return pass_on(std::move(fine));
  EnrichmentOptions preset = options;
  preset.correlation = correlation;
  return test_sets(
      genes, sets, [&](const auto&) { return correlation; }, static_cast<double>(genes.count()) - 2, preset);
}

}  // namespace radtype::molecular
