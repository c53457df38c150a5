// How often does an interval of 95 % hold the truth?
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "monte_carlo.h"
#include "monte_carlo_genes.h"

namespace radtype::monte_carlo {
namespace {

using survival::IntervalKind;

constexpr std::array kKinds = {IntervalKind::kPlain, IntervalKind::kLog, IntervalKind::kLogLog};
constexpr std::array kKindNames = {"plain", "log", "log-log"};

/// Kaplan and Meier's curve where the survival is 0.8 and 0.3, and its median. `asked`: of each, by kind.
Experiment curve(std::size_t n, const std::array<std::array<Asked, 3>, 3>& asked) {
  constexpr std::array kSurvivals = {0.8, 0.3};
  Experiment experiment{fmt::format("curve {}", n), {}, {}};
  for (std::size_t s = 0; s < 3; ++s) {
    for (std::size_t k = 0; k < kKinds.size(); ++k)
      experiment.rows.push_back({s < 2 ? fmt::format("survival {}, {}", kSurvivals[s], kKindNames[k])
                                       : fmt::format("median, {}", kKindNames[k]),
                                 n, asked[s][k]});
  }
  experiment.trial = [n, kSurvivals](Random& random, std::span<double> found) {
    const auto curve = survival::kaplan_meier(draw({n}, random).subjects);
    if (!answered(curve)) return;
    for (std::size_t s = 0; s < kSurvivals.size(); ++s) {
      const survival::CurvePoint* point = curve->at(-std::log(kSurvivals[s]));
      for (std::size_t k = 0; point && k < kKinds.size(); ++k) {
        const survival::Limits limits = survival::limits(*point, kKinds[k]);
        found[s * kKinds.size() + k] = outside(limits.lower, limits.upper, kSurvivals[s]);
      }
    }
    for (std::size_t k = 0; k < kKinds.size(); ++k) {
      const survival::Quantile median = survival::quantile(*curve, 0.5, kKinds[k]);
      constexpr double kNever = std::numeric_limits<double>::infinity();
      found[2 * kKinds.size() + k] = outside(median.lower.value_or(kNever), median.upper.value_or(kNever), M_LN2);
    }
  };
  return experiment;
}

/// Of patients of a hazard of 1 and patients of 0.6, up to time 1.
Experiment mean_difference(std::size_t n, Asked asked) {
  constexpr double kTau = 1, kHazard = 0.6;
  Experiment experiment{fmt::format("restricted mean {}", n), {{"difference of restricted means", n, asked}}, {}};
  experiment.trial = [n](Random& random, std::span<double> found) {
    Plan plan{n};
    plan.group = std::log(kHazard);
    const Patients patients = draw(plan, random);
    std::array<survival::Mean, 2> means;
    for (int group = 1; group <= 2; ++group) {
      std::vector<survival::Subject> members;
      for (std::size_t i = 0; i < n; ++i) {
        if (patients.groups[i] == group) members.push_back(patients.subjects[i]);
      }
      const auto curve = survival::kaplan_meier(members);
      if (!curve || (curve->points.back().time < kTau && curve->points.back().survival > 0)) return;
      means[static_cast<std::size_t>(group - 1)] = *survival::restricted_mean(*curve, kTau);
    }
    const double truth = -std::expm1(-kTau) + std::expm1(-kHazard * kTau) / kHazard;
    const survival::Contrast difference = survival::compare_means(means[0], means[1], kTau).difference;
    found[0] = outside(difference.lower, difference.upper, truth);
  };
  return experiment;
}

/// Of a group (hazard ratio 1.6) beside the size that goes with it.
Experiment hazard_ratio(std::size_t n, Asked asked) {
  Experiment experiment{
      fmt::format("hazard ratio {}", n),
      {{"log hazard ratio of a group, beside size", n, asked}, {"log hazard ratio of size, beside a group", n, asked}},
      {}};
  experiment.trial = [n](Random& random, std::span<double> found) {
    Plan plan{n};
    plan.group = std::log(1.6);
    plan.size = 0.4;
    plan.size_of_group = 0.5;
    const Patients patients = draw(plan, random);
    const auto fit = survival::cox(patients.subjects, columns({indicator(patients.groups, 2), patients.size}));
    if (!answered(fit)) return;
    const std::array truth = {std::exp(plan.group), std::exp(plan.size)};
    for (std::size_t c = 0; c < truth.size(); ++c) {
      const survival::Contrast ratio = fit->hazard_ratio(c);
      found[c] = outside(ratio.lower, ratio.upper, truth[c]);
    }
  };
  return experiment;
}

/// Of two causes of one hazard, where one has reached 0.1 and 0.3 of all.
Experiment incidence(std::size_t n, const std::array<std::array<Asked, 3>, 2>& asked) {
  constexpr std::array kIncidences = {0.1, 0.3};
  Experiment experiment{fmt::format("incidence {}", n), {}, {}};
  for (std::size_t s = 0; s < kIncidences.size(); ++s) {
    for (std::size_t k = 0; k < kKinds.size(); ++k)
      experiment.rows.push_back(
          {fmt::format("cumulative incidence {}, {}", kIncidences[s], kKindNames[k]), n, asked[s][k]});
  }
  experiment.trial = [n, kIncidences](Random& random, std::span<double> found) {
    std::vector<survival::CompetingSubject> subjects;
    for (const survival::Subject& one : draw({n}, random).subjects)
      subjects.push_back({one.time, one.event ? 1 + static_cast<int>(random.below(2)) : 0});
    const auto curve = survival::cumulative_incidence(subjects, 1);
    if (!answered(curve)) return;
    for (std::size_t s = 0; s < kIncidences.size(); ++s) {
      const survival::IncidencePoint* point = curve->at(-std::log(1 - 2 * kIncidences[s]));
      for (std::size_t k = 0; point && k < kKinds.size(); ++k) {
        const survival::Limits limits = survival::limits(*point, kKinds[k]);
        found[s * kKinds.size() + k] = outside(limits.lower, limits.upper, kIncidences[s]);
      }
    }
  };
  return experiment;
}

/// Of one gene among others, of two groups that differ by 1; variances of all genes as smyth2004 has them, or all 1.
Experiment fold_change(std::size_t samples, double prior_degrees, const char* what) {
  Experiment experiment{fmt::format("fold change {} {}", samples, prior_degrees),
                        {{fmt::format("moderated log fold change, {}", what), samples}},
                        {}};
  experiment.trial = [samples, prior_degrees](Random& random, std::span<double> found) {
    const std::vector<int> groups = even_groups(samples, 2);
    molecular::ExpressionMatrix matrix = draw_genes(kGenes, samples, prior_degrees, random);
    for (std::size_t s = 0; s < samples; ++s) matrix.values[s] += groups[s] == 1 ? 1 : 0;
    const auto design = molecular::group_design(groups, {"a", "b"});
    const auto fit = molecular::moderated_fit(matrix, *design, molecular::one_against_rest(*design, 2));
    if (!answered(fit)) return;
    found[0] = outside(fit->test(0, 0).low, fit->test(0, 0).high, 1);
  };
  return experiment;
}

}  // namespace

bool coverage(const Settings& settings) {
  constexpr Asked kYes = Asked::kNominal, kNo = Asked::kNothing;
  constexpr double kOneVariance = std::numeric_limits<double>::infinity();
  return print_coverage(
      {curve(50, {{{kNo, kNo, kNo}, {kNo, kNo, kNo}, {kNo, kNo, kNo}}}),
       curve(200, {{{kNo, kNo, kYes}, {kNo, kNo, kYes}, {kYes, kYes, kYes}}}),
       curve(1000, {{{kYes, kYes, kYes}, {kYes, kYes, kYes}, {kYes, kYes, kYes}}}), mean_difference(100, kNo),
       mean_difference(200, kYes), mean_difference(400, kYes), hazard_ratio(100, kYes), hazard_ratio(400, kYes),
       incidence(100, {{{kNo, kNo, kNo}, {kNo, kNo, kYes}}}), incidence(400, {{{kNo, kYes, kYes}, {kNo, kYes, kYes}}}),
       incidence(1000, {{{kYes, kYes, kYes}, {kYes, kYes, kYes}}}), fold_change(6, 4, "prior of 4 degrees"),
       fold_change(12, 4, "prior of 4 degrees"), fold_change(12, kOneVariance, "one variance")},
      settings);
}

}  // namespace radtype::monte_carlo
