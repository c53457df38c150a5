// How often does a test say no where there is nothing?
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "monte_carlo.h"
#include "monte_carlo_genes.h"
#include "radtype/stats/association.h"
#include "radtype/stats/distribution.h"
#include "radtype/survival/log_rank.h"
#include "radtype/survival/residuals.h"

namespace radtype::monte_carlo {
namespace {

constexpr Asked kYes = Asked::kNominal, kAtMost = Asked::kAtMost, kNo = Asked::kNothing;

double p_of(const Result<survival::LogRank>& test) { return answered(test) ? test->p : kNone; }
double p_of(const Result<survival::GrayTest>& test) { return answered(test) ? test->test.p : kNone; }

Experiment log_rank(std::size_t n, int groups, Asked asked) {
  return {fmt::format("log-rank {} {}", groups, n),
          {{fmt::format("log-rank, {} groups", groups), n, asked}},
          [n, groups](Random& random, std::span<double> found) {
            const Patients patients = draw({n, groups}, random);
            found[0] = p_of(survival::log_rank(patients.subjects, patients.groups));
          }};
}

/// One patient in ten is of the second group.
Experiment log_rank_uneven(std::size_t n, Asked asked) {
  return {fmt::format("log-rank uneven {}", n),
          {{"log-rank, 10 % against 90 %", n, asked}},
          [n](Random& random, std::span<double> found) {
            Patients patients = draw({n, 10}, random);
            for (int& group : patients.groups) group = group == 2 ? 2 : 1;
            if (std::count(patients.groups.begin(), patients.groups.end(), 2) == 0) return;
            found[0] = p_of(survival::log_rank(patients.subjects, patients.groups));
          }};
}

/// Treatment, group and size have effects, of which the first two do not depend on each other.
Experiment interaction(std::size_t n, int groups, Asked asked) {
  return {fmt::format("interaction {} {}", groups, n),
          {{fmt::format("Cox, treatment by {} groups, likelihood ratio", groups), n, asked}},
          [n, groups](Random& random, std::span<double> found) {
            Plan plan{n, groups};
            plan.group = 0.5;
            plan.treatment = -0.4;
            plan.size = 0.3;
            const Patients patients = draw(plan, random);
            std::vector<std::vector<double>> main = {patients.size, patients.treatment};
            std::vector<std::vector<double>> products;
            for (int group = 2; group <= groups; ++group) {
              main.push_back(indicator(patients.groups, group));
              products.push_back(main.back());
              for (std::size_t i = 0; i < n; ++i) products.back()[i] *= patients.treatment[i];
            }
            const auto without = survival::cox(patients.subjects, columns(main));
            main.insert(main.end(), products.begin(), products.end());
            const auto with = survival::cox(patients.subjects, columns(main));
            if (!answered(without) || !answered(with)) return;
            found[0] = stats::chi_square_tail(std::max(0.0, 2 * (with->log_likelihood - without->log_likelihood)),
                                              static_cast<double>(groups - 1));
          }};
}

/// The group adds nothing to size, which has an effect and goes with the group.
Experiment group_beside_size(std::size_t n, Asked all_hazards) {
  return {fmt::format("group beside size {}", n),
          {{"Cox, group beside size: likelihood ratio", n},
           {"Cox, group beside size: Wald", n},
           {"proportional hazards, group", n},
           {"proportional hazards, both", n, all_hazards}},
          [n](Random& random, std::span<double> found) {
            Plan plan{n};
            plan.size = 0.4;
            plan.size_of_group = 0.5;
            const Patients patients = draw(plan, random);
            const survival::Covariates both = columns({indicator(patients.groups, 2), patients.size});
            const auto size = survival::cox(patients.subjects, columns({patients.size}));
            const auto fit = survival::cox(patients.subjects, both);
            if (!answered(size) || !answered(fit)) return;
            found[0] = stats::chi_square_tail(std::max(0.0, 2 * (fit->log_likelihood - size->log_likelihood)), 1);
            found[1] = fit->hazard_ratio(0).p;
            const auto hazards = survival::proportional_hazards(patients.subjects, both, {}, *fit);
            if (!answered(hazards)) return;
            found[2] = hazards->terms[0].p;
            found[3] = hazards->global.p;
          }};
}

/// Two causes of one hazard in every group: Gray's test, and the subdistribution hazards of groups and size.
Experiment competing(std::size_t n, int groups, Asked fine_gray) {
  return {fmt::format("competing {} {}", groups, n),
          {{fmt::format("Gray, {} groups", groups), n},
           {fmt::format("Fine and Gray, {} groups and size, Wald", groups), n, fine_gray}},
          [n, groups](Random& random, std::span<double> found) {
            const Patients patients = draw({n, groups}, random);
            std::vector<survival::CompetingSubject> subjects;
            for (const survival::Subject& one : patients.subjects)
              subjects.push_back({one.time, one.event ? 1 + static_cast<int>(random.below(2)) : 0});
            found[0] = p_of(survival::gray_test(subjects, patients.groups, 1));
            std::vector<std::vector<double>> covariates = {patients.size};
            for (int group = 2; group <= groups; ++group) covariates.push_back(indicator(patients.groups, group));
            const auto fit = survival::fine_gray(subjects, columns(covariates), 1);
            found[1] = answered(fit) ? fit->wald.p : kNone;
          }};
}

/// Of one gene among others. Variances as smyth2004 has them, or all 1.
Experiment moderated_f(std::size_t samples, double prior_degrees, const char* what) {
  return {fmt::format("moderated F {} {}", samples, prior_degrees),
          {{fmt::format("moderated F, 3 groups, {}", what), samples}},
          [samples, prior_degrees](Random& random, std::span<double> found) {
            const molecular::ExpressionMatrix matrix = draw_genes(kGenes, samples, prior_degrees, random);
            const auto design = molecular::group_design(even_groups(samples, 3), {"a", "b", "c"});
            const auto fit = molecular::moderated_fit(matrix, *design, molecular::against_first(*design, 3));
            found[0] = answered(fit) ? fit->f_p[0] : kNone;
          }};
}

/// Four groups and a number, of which there are few different ones where `whole`.
Experiment kruskal_wallis(std::size_t n, bool whole, Asked asked) {
  return {fmt::format("Kruskal-Wallis {} {}", whole, n),
          {{fmt::format("Kruskal-Wallis, 4 groups{}", whole ? ", five values" : ""), n, asked}},
          [n, whole](Random& random, std::span<double> found) {
            std::vector<int> groups;
            std::vector<double> values;
            for (std::size_t i = 0; i < n; ++i) {
              groups.push_back(1 + static_cast<int>(random.below(4)));
              values.push_back(whole ? static_cast<double>(random.below(5)) : random.normal());
            }
            const auto test = stats::kruskal_wallis(values, groups);
            found[0] = answered(test) ? test->p : kNone;
          }};
}

/// A group and a mutation that three in ten carry.
Experiment mutation(std::size_t n, int groups, Asked fisher, Asked chi_square) {
  return {
      fmt::format("mutation {} {}", groups, n),
      {{fmt::format("Fisher, {} x 2", groups), n, fisher}, {fmt::format("chi-square, {} x 2", groups), n, chi_square}},
      [n, groups](Random& random, std::span<double> found) {
        std::vector<int> rows, mutated;
        for (std::size_t i = 0; i < n; ++i) {
          rows.push_back(1 + static_cast<int>(random.below(static_cast<std::uint64_t>(groups))));
          mutated.push_back(random.uniform() < 0.3 ? 1 : 2);
        }
        const auto table = stats::cross_tabulate(rows, mutated);
        const auto exact = stats::fisher_test(*table);
        const auto pearson = stats::chi_square_test(*table);
        if (!answered(exact) || !answered(pearson)) return;
        found[0] = exact->p;
        found[1] = pearson->p;
      }};
}

}  // namespace

bool errors(const Settings& settings) {
  constexpr double kOneVariance = std::numeric_limits<double>::infinity();
  return print_errors({log_rank(100, 2, kYes),
                       log_rank(200, 2, kYes),
                       log_rank(100, 4, kNo),
                       log_rank(200, 4, kNo),
                       log_rank(800, 4, kYes),
                       log_rank_uneven(100, kNo),
                       log_rank_uneven(800, kYes),
                       interaction(100, 2, kNo),
                       interaction(200, 2, kYes),
                       interaction(200, 4, kNo),
                       interaction(800, 4, kYes),
                       group_beside_size(100, kNo),
                       group_beside_size(400, kYes),
                       competing(100, 2, kNo),
                       competing(200, 2, kNo),
                       competing(800, 2, kYes),
                       competing(200, 4, kYes),
                       competing(800, 4, kYes),
                       moderated_f(15, 4, "prior of 4 degrees"),
                       moderated_f(15, kOneVariance, "one variance"),
                       kruskal_wallis(40, false, kAtMost),
                       kruskal_wallis(200, false, kYes),
                       kruskal_wallis(200, true, kYes),
                       mutation(40, 2, kAtMost, kNo),
                       mutation(400, 2, kAtMost, kYes),
                       mutation(2000, 2, kAtMost, kYes),
                       mutation(10000, 2, kYes, kYes),
                       mutation(100, 4, kAtMost, kNo)},
                      settings);
}

}  // namespace radtype::monte_carlo
