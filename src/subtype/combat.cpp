#include "radtype/subtype/combat.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace radtype::subtype {
namespace {

/// Of one feature in one batch, standardised.
struct Moments {
  double count = 0;
  double mean = 0;
  double variance = 0;  ///< of n - 1
};

/// Of the shifts and the variances of one batch over the features (johnson2007, supplement).
struct Prior {
  double shift_mean = 0;
  double shift_variance = 0;
  double variance_mean = 0;  ///< of an inverse gamma distribution, matched by its first two moments
  double variance_variance = 0;
};

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

Prior prior_of(const std::vector<Moments>& features) {
  std::vector<double> shifts, variances;
  for (const Moments& one : features) {
    shifts.push_back(one.mean);
    variances.push_back(one.variance);
  }
  return {mean_of(shifts), variance_of(shifts), mean_of(variances), variance_of(variances)};
}

/// Posterior mean shift and variance: each given the other, until neither moves.
std::pair<double, double> posterior(const Moments& seen, const Prior& prior) {
  const double n = seen.count;
  const double m = prior.variance_mean;
  const double v = prior.variance_variance;
  double shift = seen.mean;
  double variance = seen.variance;
  for (int step = 0; step < 10000; ++step) {
    const double next_shift =
        (n * prior.shift_variance * seen.mean + variance * prior.shift_mean) / (n * prior.shift_variance + variance);
    const double squares = (n - 1) * seen.variance + n * (seen.mean - next_shift) * (seen.mean - next_shift);
    // (squares / 2 + b) / (n / 2 + a - 1) with a = (2 v + m^2) / v, b = (m v + m^3) / v, times v above and below, so
    // that equal variances of all features need no case of their own.
    const double next_variance = (0.5 * squares * v + m * v + m * m * m) / (0.5 * n * v + v + m * m);
    const bool settled =
        std::abs(next_shift - shift) <= 1e-13 && std::abs(next_variance - variance) <= 1e-13 * next_variance;
    shift = next_shift;
    variance = next_variance;
    if (settled) break;
  }
  return {shift, variance};
}

/// Means and variances of one column by batch; NaN takes no part.
std::vector<Moments> moments_of(const Table& table, std::size_t column, const std::vector<std::size_t>& batch_of_row,
                                std::size_t batches) {
  std::vector<Moments> all(batches);
  for (std::size_t r = 0; r < table.rows; ++r) {
    const double value = table.row(r)[column];
    if (std::isnan(value)) continue;
    all[batch_of_row[r]].mean += value;
    ++all[batch_of_row[r]].count;
  }
  for (Moments& one : all) one.mean /= one.count;
  for (std::size_t r = 0; r < table.rows; ++r) {
    const double value = table.row(r)[column];
    Moments& one = all[batch_of_row[r]];
    if (!std::isnan(value)) one.variance += (value - one.mean) * (value - one.mean);
  }
  for (Moments& one : all) one.variance /= one.count - 1;
  return all;
}

}  // namespace

Result<std::vector<BatchEffect>> fit_combat(const Table& table, const std::vector<std::size_t>& batch_of_row,
                                            std::size_t batches) {
  if (table.values.size() != table.rows * table.columns || batch_of_row.size() != table.rows)
    return fail(ErrorCode::kUsage, "the table's values are not rows x columns, or its rows not those with a batch");
  if (batches < 2 || table.columns < 2)
    return fail(ErrorCode::kUsage, fmt::format("ComBat needs two batches and two features at least, not {} and {}",
                                               batches, table.columns));
  if (std::any_of(table.values.begin(), table.values.end(), [](double value) { return std::isinf(value); }))
    return fail(ErrorCode::kUsage, "the table has an infinite value");
  std::vector<double> cases(batches);
  for (const std::size_t batch : batch_of_row) {
    if (batch >= batches) return fail(ErrorCode::kUsage, fmt::format("a row is of batch {} of {}", batch + 1, batches));
    ++cases[batch];
  }

  std::vector<BatchEffect> effects(table.columns);
  std::vector<std::vector<Moments>> of_batch(batches, std::vector<Moments>(table.columns));
  for (std::size_t column = 0; column < table.columns; ++column) {
    const std::vector<Moments> raw = moments_of(table, column, batch_of_row, batches);
    BatchEffect& effect = effects[column];
    double squares = 0;
    double count = 0;
    for (std::size_t b = 0; b < batches; ++b) {
      // What rounding leaves of equal numbers is no variation.
      if (!(raw[b].count >= 2 && std::sqrt(raw[b].variance) > 1e-12 * std::abs(raw[b].mean)))
        return fail(ErrorCode::kUndefined,
                    fmt::format("column {} has fewer than two different values in batch {}", column + 1, b + 1));
      effect.grand_mean += cases[b] / static_cast<double>(table.rows) * raw[b].mean;
      squares += (raw[b].count - 1) * raw[b].variance;
      count += raw[b].count;
    }
    effect.pooled_sd = std::sqrt(squares / count);
    for (std::size_t b = 0; b < batches; ++b)
      of_batch[b][column] = {raw[b].count, (raw[b].mean - effect.grand_mean) / effect.pooled_sd,
                             raw[b].variance / (effect.pooled_sd * effect.pooled_sd)};
  }
  for (std::size_t b = 0; b < batches; ++b) {
    const Prior prior = prior_of(of_batch[b]);
    for (std::size_t column = 0; column < table.columns; ++column) {
      const auto [shift, variance] = posterior(of_batch[b][column], prior);
      effects[column].shift.push_back(shift);
      effects[column].variance.push_back(variance);
    }
  }
  return effects;
}

}  // namespace radtype::subtype
