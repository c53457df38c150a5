// What is planted in 100,000 virtual patients is found again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/simulate/study.h"
#include "support/cox.h"

namespace radtype::simulate {
namespace {

constexpr int kPatients = 100000;

Study one_cohort(double immunotherapy_share) {
  Study study = preset("demo");
  study.cohorts.resize(1);
  study.cohorts[0].patients = kPatients;
  study.cohorts[0].immunotherapy_share = immunotherapy_share;
  study.cohorts[0].followup_years = 40;  // nearly everybody's outcome is seen
  return study;
}

std::vector<Patient> patients_of(const Study& study) {
  const double separation = calibrate(study).factor;
  std::vector<Patient> all;
  for (std::size_t n = 0; n < kPatients; ++n) all.push_back(make_patient(study, separation, 1, 0, n));
  return all;
}

struct Effect {
  std::string name;
  double log_hazard;
  double (*of)(const Patient&);
};

void expect_found(const std::vector<Effect>& planted, const std::vector<Patient>& patients) {
  Eigen::MatrixXd x(kPatients, static_cast<Eigen::Index>(planted.size()));
  std::vector<double> time;
  std::vector<bool> event;
  for (const Patient& p : patients) {
    for (std::size_t n = 0; n < planted.size(); ++n)
      x(static_cast<Eigen::Index>(time.size()), static_cast<Eigen::Index>(n)) = planted[n].of(p);
    time.push_back(p.time_days);
    event.push_back(p.event);
  }
  const test::CoxFit fit = test::fit_cox(x, time, event);
  fmt::print(
      "| {} events | planted hazard ratio | found | error | standard error of the log |\n|---|---|---|---|---|\n",
      std::count(event.begin(), event.end(), true));
  for (std::size_t n = 0; n < planted.size(); ++n) {
    const auto i = static_cast<Eigen::Index>(n);
    const double error = std::exp(fit.log_hazard[i] - planted[n].log_hazard) - 1;
    fmt::print("| {} | {:.4f} | {:.4f} | {:+.2f} % | {:.4f} |\n", planted[n].name, std::exp(planted[n].log_hazard),
               std::exp(fit.log_hazard[i]), 100 * error, fit.standard_error[i]);
    EXPECT_LT(std::abs(error), 0.02) << planted[n].name;
  }
}

TEST(PlantedOutcome, CoxFindsSubtypesAndCovariatesWithinTwoPercent) {
  const Study study = one_cohort(0);
  std::vector<Effect> effects{{"log volume", study.log_hazard_volume, [](const Patient& p) { return p.log_volume_z; }},
                              {"age", study.log_hazard_age, [](const Patient& p) { return p.age; }},
                              {"stage", study.log_hazard_stage, [](const Patient& p) { return double(p.stage); }}};
  const auto add = [&](std::size_t k, double (*of)(const Patient&)) {
    effects.push_back({study.subtypes[k].name, study.subtypes[k].log_hazard - study.subtypes[0].log_hazard, of});
  };
  add(1, [](const Patient& p) { return p.subtype == 1 ? 1.0 : 0.0; });
  add(2, [](const Patient& p) { return p.subtype == 2 ? 1.0 : 0.0; });
  add(3, [](const Patient& p) { return p.subtype == 3 ? 1.0 : 0.0; });
  expect_found(effects, patients_of(study));
}

// The treatment's effect within a subtype rests on that subtype's patients alone: here all 100,000 are of one.
TEST(PlantedOutcome, CoxFindsTheTreatmentByEachSubtypeWithinTwoPercent) {
  for (std::size_t k = 0; k < 4; ++k) {
    Study study = one_cohort(0.5);
    study.subtypes = {study.subtypes[k]};
    expect_found({{"immunotherapy in " + study.subtypes[0].name,
                   study.log_hazard_immunotherapy + study.subtypes[0].log_hazard_immunotherapy,
                   [](const Patient& p) { return p.immunotherapy ? 1.0 : 0.0; }},
                  {"log volume", study.log_hazard_volume, [](const Patient& p) { return p.log_volume_z; }},
                  {"age", study.log_hazard_age, [](const Patient& p) { return p.age; }},
                  {"stage", study.log_hazard_stage, [](const Patient& p) { return double(p.stage); }}},
                 patients_of(study));
  }
}

TEST(PlantedOutcome, LymphocytesReceptorsMutationsAndExpressionFollowTheSubtype) {
  const Study study = one_cohort(0.5);
  const double separation = calibrate(study).factor;
  const std::vector<Patient> patients = patients_of(study);
  const std::size_t kinds = study.subtypes.size();
  std::vector<double> count(kinds), til(kinds), receptor(kinds), mutation(kinds);
  for (const Patient& p : patients) {
    ++count[p.subtype];
    til[p.subtype] += std::log(p.til_share / (1 - p.til_share));
    receptor[p.subtype] += p.receptor ? 1 : 0;
    mutation[p.subtype] += p.mutations[1] ? 1 : 0;
  }
  const auto logit = [](double share) { return std::log(share / (1 - share)); };
  for (std::size_t k = 0; k < kinds; ++k) {
    // Standard errors at 20,000 patients: 0.004 and 0.015.
    EXPECT_NEAR(til[k] / count[k] - til[0] / count[0], study.subtypes[k].til_logit - study.subtypes[0].til_logit, 0.02);
    EXPECT_NEAR(logit(receptor[k] / count[k]) - logit(receptor[0] / count[0]),
                study.subtypes[k].receptor_logit - study.subtypes[0].receptor_logit, 0.08);
    EXPECT_NEAR(logit(mutation[k] / count[k]) - logit(mutation[0] / count[0]),
                study.subtypes[k].mutation_logit[1] - study.subtypes[0].mutation_logit[1], 0.08);
  }
  // A gene's shift is its loading times the set's: the mean loading is 0.65. Genes of no set do not move.
  constexpr int kExpressed = 10000;
  std::vector<double> set(kinds), free(kinds), expressed(kinds);
  constexpr std::size_t kHypoxia = 1;
  for (std::size_t n = 0; n < kExpressed; ++n) {
    const Patient p = make_patient(study, separation, 1, 0, n, true);
    ASSERT_EQ(p.expression.size(), gene_names().size());
    EXPECT_EQ(p.time_days, patients[n].time_days);  // the rest does not depend on it
    ++expressed[p.subtype];
    for (std::size_t g = 0; g < kGenesPerSet; ++g)
      set[p.subtype] += double{p.expression[kHypoxia * kGenesPerSet + g]} / kGenesPerSet;
    for (std::size_t g = kGeneSets.size() * kGenesPerSet; g < p.expression.size(); ++g)
      free[p.subtype] += double{p.expression[g]} / kFreeGenes;
  }
  for (std::size_t k = 0; k < kinds; ++k) {
    const double shift = study.subtypes[k].expression[kHypoxia] - study.subtypes[0].expression[kHypoxia];
    const double found = set[k] / expressed[k] - set[0] / expressed[0];
    EXPECT_NEAR(found, 0.65 * shift, 0.08 * std::abs(shift) + 0.05) << study.subtypes[k].name;
    EXPECT_NEAR(free[k] / expressed[k], free[0] / expressed[0], 0.01);
  }
}

}  // namespace
}  // namespace radtype::simulate
