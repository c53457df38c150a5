#include "monte_carlo.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include <fmt/format.h>

#include "radtype/core/parallel.h"
#include "radtype/stats/distribution.h"

namespace radtype::monte_carlo {
namespace {

constexpr double kMissed = 0.05;  // of intervals of 95 %

double tail(const Share& share) { return (1 - share.band) / 2; }
bool too_few(const Share& share) {
  return stats::binomial_below(share.errors, share.answered, share.nominal) < tail(share);
}
bool too_many(const Share& share) {
  return stats::binomial_above(share.errors, share.answered, share.nominal) < tail(share);
}

const char* name_of(Asked asked) {
  switch (asked) {
    case Asked::kNominal:
      return "nominal";
    case Asked::kAtMost:
      return "at most";
    case Asked::kNothing:
      return "";
  }
  internal_error("what is asked", __FILE__, __LINE__);
}

Share missed(const std::vector<double>& found, std::size_t row, std::size_t rows, double band) {
  Share share{0, 0, kMissed, band};
  for (std::size_t at = row; at < found.size(); at += rows) {
    if (std::isnan(found[at])) continue;
    ++share.answered;
    share.errors += found[at] != 0;
  }
  return share;
}

double share_of(const std::vector<double>& found, std::size_t row, std::size_t rows, double value) {
  double count = 0;
  for (std::size_t at = row; at < found.size(); at += rows) count += found[at] == value;
  return count * static_cast<double>(rows) / static_cast<double>(found.size());
}

}  // namespace

std::vector<double> run(const Experiment& experiment, const Settings& settings) {
  const std::size_t rows = experiment.rows.size();
  std::vector<double> found(static_cast<std::size_t>(settings.trials) * rows, kNone);
  const std::uint64_t kind = hash_name(experiment.name);
  parallel_for(0, settings.trials, [&](std::int64_t trial) {
    Random random(derive_seed(settings.seed, {kind, static_cast<std::uint64_t>(trial)}));
    experiment.trial(random, std::span(found).subspan(static_cast<std::size_t>(trial) * rows, rows));
  });
  return found;
}

bool Share::holds(Asked asked) const {
  if (asked == Asked::kNothing) return true;
  return answered > 0 && !too_many(*this) && (asked == Asked::kAtMost || !too_few(*this));
}

std::string Share::bounds() const {
  const auto middle = static_cast<std::int64_t>(nominal * static_cast<double>(answered));
  std::int64_t low = middle, high = middle;
  while (low > 0 && stats::binomial_below(low - 1, answered, nominal) >= tail(*this)) --low;
  while (high < answered && stats::binomial_above(high + 1, answered, nominal) >= tail(*this)) ++high;
  const double percent = 100 / static_cast<double>(std::max<std::int64_t>(answered, 1));
  return fmt::format("{:.2f} to {:.2f}", percent * static_cast<double>(low), percent * static_cast<double>(high));
}

std::string Share::verdict(Asked asked) const {
  if (answered == 0) return "NO ANSWER";
  if (too_many(*this)) return asked == Asked::kNothing ? "too many" : "TOO MANY";
  if (too_few(*this)) return asked == Asked::kNominal ? "TOO FEW" : "too few";
  return "yes";
}

Share rejected(const std::vector<double>& found, std::size_t row, std::size_t rows, double level, double band) {
  Share share{0, 0, level, band};
  for (std::size_t at = row; at < found.size(); at += rows) {
    if (std::isnan(found[at])) continue;
    ++share.answered;
    share.errors += found[at] <= level;
  }
  return share;
}

void print_bounds(std::initializer_list<double> nominal, const Settings& settings) {
  fmt::print("Bounds of what holds:");
  for (const double share : nominal)
    fmt::print(" {} %{}", Share{settings.trials, 0, share, settings.band}.bounds(),
               share == *std::prev(nominal.end()) ? ".\n\n" : ",");
}

bool print_coverage(const std::vector<Experiment>& experiments, const Settings& settings) {
  print_bounds({1 - kMissed}, settings);
  fmt::print("| interval | n | holds the truth, % | lies below, % | above, % | no answer, % | asked | holds |\n");
  fmt::print("|---|---|---|---|---|---|---|---|\n");
  bool right = true;
  for (const Experiment& experiment : experiments) {
    const std::vector<double> found = run(experiment, settings);
    for (std::size_t r = 0; r < experiment.rows.size(); ++r) {
      const Row& row = experiment.rows[r];
      const Share share = missed(found, r, experiment.rows.size(), settings.band);
      const double answers = static_cast<double>(share.answered) / static_cast<double>(settings.trials);
      const auto side = [&](double value) {
        return answers > 0 ? 100 * share_of(found, r, experiment.rows.size(), value) / answers : 0;
      };
      fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.2f} | {} | {} | {} |\n", row.what, row.n, 100 * (1 - share.share()),
                 side(-1), side(1), answers < 1 ? fmt::format("{:.2f}", 100 * (1 - answers)) : "", name_of(row.asked),
                 share.verdict(row.asked));
      right &= share.holds(row.asked);
    }
    std::fflush(stdout);
  }
  return right;
}

bool print_errors(const std::vector<Experiment>& experiments, const Settings& settings) {
  print_bounds({0.05, 0.01}, settings);
  fmt::print("| test | n | no answer, % | asked | p <= 0.05, % | holds | p <= 0.01, % | holds |\n");
  fmt::print("|---|---|---|---|---|---|---|---|\n");
  bool right = true;
  for (const Experiment& experiment : experiments) {
    const std::vector<double> found = run(experiment, settings);
    for (std::size_t r = 0; r < experiment.rows.size(); ++r) {
      const Row& row = experiment.rows[r];
      const Share five = rejected(found, r, experiment.rows.size(), 0.05, settings.band);
      const Share one = rejected(found, r, experiment.rows.size(), 0.01, settings.band);
      const double none = 1 - static_cast<double>(five.answered) / static_cast<double>(settings.trials);
      fmt::print("| {} | {} | {} | {} | {:.2f} | {} | {:.2f} | {} |\n", row.what, row.n,
                 none > 0 ? fmt::format("{:.2f}", 100 * none) : "", name_of(row.asked), 100 * five.share(),
                 five.verdict(row.asked), 100 * one.share(), one.verdict(row.asked));
      right &= five.holds(row.asked) && one.holds(row.asked);
    }
    std::fflush(stdout);
  }
  return right;
}

double outside(double lower, double upper, double truth) {
  if (std::isnan(lower) || std::isnan(upper)) return kNone;
  return upper < truth ? -1 : lower > truth ? 1 : 0;
}

double exponential(Random& random) { return -std::log(1 - random.uniform()); }

Patients draw(const Plan& plan, Random& random) {
  Patients patients;
  for (std::size_t n = 0; n < plan.patients; ++n) {
    const int group = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(plan.groups)));
    const bool second = group == 2;
    const bool treated = random.uniform() < 0.5;
    const double size = random.normal() + (second ? plan.size_of_group : 0);
    const double risk = (second ? plan.group : 0) + plan.size * size + (treated ? plan.treatment : 0);
    const double until_event = exponential(random) / std::exp(risk);
    const double until_end = plan.follow_up * random.uniform();
    patients.groups.push_back(group);
    patients.size.push_back(size);
    patients.treatment.push_back(treated ? 1 : 0);
    patients.subjects.push_back({std::min(until_event, until_end), until_event <= until_end});
  }
  return patients;
}

survival::Covariates columns(const std::vector<std::vector<double>>& columns) {
  survival::Covariates covariates;
  for (std::size_t c = 0; c < columns.size(); ++c) covariates.names.push_back(fmt::format("x{}", c + 1));
  for (std::size_t n = 0; n < columns.front().size(); ++n) {
    for (const std::vector<double>& column : columns) covariates.values.push_back(column[n]);
  }
  return covariates;
}

std::vector<double> indicator(const std::vector<int>& groups, int group) {
  std::vector<double> values;
  for (const int one : groups) values.push_back(one == group ? 1 : 0);
  return values;
}

}  // namespace radtype::monte_carlo
