// Cases made here whose statistics R gives as well: tests/r.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/molecular/moderated.h"
#include "radtype/survival/competing.h"
#include "radtype/survival/cox.h"

namespace radtype::test {

/// Of tests/r/survival_oracle.R.
struct SurvivalSample {
  std::vector<survival::CompetingSubject> competing;
  std::vector<survival::Subject> any;
  survival::Covariates covariates{{"x1", "x2", "x3"}, {}};
  std::vector<int> groups, strata, clusters;
};

/// Two causes, a third censored, whole numbers of times (few where `ties` is small) and risks.
inline SurvivalSample survival_sample(std::size_t n, double ties, std::uint64_t seed) {
  Random random(derive_seed(seed, {n}));
  SurvivalSample made;
  const auto exponential = [&](double hazard) { return -std::log(1 - random.uniform()) / hazard; };
  for (std::size_t i = 0; i < n; ++i) {
    const double x[] = {random.normal(), static_cast<double>(random.below(2)), std::round(4 * random.uniform())};
    const auto group = static_cast<int>(random.below(3)) + 1;
    const double first = exponential(std::exp(0.5 * x[0] - 0.4 * x[1] + 0.1 * group));
    const double second = exponential(0.6 * std::exp(-0.3 * x[0] + 0.2 * x[2]));
    const double censoring = exponential(0.7);
    const double time = std::ceil(ties * std::min({first, second, censoring}));
    made.competing.push_back({time, censoring < std::min(first, second) ? 0 : first < second ? 1 : 2});
    made.any.push_back({time, made.competing.back().cause > 0});
    made.covariates.values.insert(made.covariates.values.end(), std::begin(x), std::end(x));
    made.groups.push_back(group);
    made.strata.push_back(static_cast<int>(random.below(2)) + 1);
    made.clusters.push_back(static_cast<int>(random.below(n / 4)));
  }
  return made;
}

/// subjects.csv.
inline void write(const SurvivalSample& sample, const std::filesystem::path& folder) {
  std::ofstream file(folder / "subjects.csv");
  file << "time,cause,group,stratum,cluster,x1,x2,x3\n";
  for (std::size_t n = 0; n < sample.any.size(); ++n) {
    file << fmt::format("{},{},{},{},{},{},{},{}\n", sample.any[n].time, sample.competing[n].cause, sample.groups[n],
                        sample.strata[n], sample.clusters[n], sample.covariates.value(n, 0),
                        sample.covariates.value(n, 1), sample.covariates.value(n, 2));
  }
}

/// Of tests/r/stats_association.R.
struct AssociationCases {
  std::vector<int> group, kind, level;
  std::vector<double> x, y, tied;
  std::vector<bool> yes;
};

inline AssociationCases association_cases() {
  AssociationCases made;
  Random random(23);
  for (int n = 0; n < 90; ++n) {
    made.group.push_back(random.below(5) < 2 ? 1 : 2);
    made.kind.push_back(1 + static_cast<int>(random.below(4)));
    made.x.push_back(random.normal() + 0.3 * made.group.back() + 0.2 * made.kind.back());
    made.y.push_back(0.5 * made.x.back() + random.normal());
    made.tied.push_back(std::round(2.5 + random.normal() + 0.4 * made.kind.back() - 0.5 * made.group.back()));
    made.level.push_back(made.tied.back() < 1.5 ? 1 : made.tied.back() < 3.5 ? 2 : 3);
    const double eta = 0.8 * made.x.back() - 0.4 * made.tied.back() + 0.5 * made.group.back();
    made.yes.push_back(random.uniform() < 1 / (1 + std::exp(-eta)));
  }
  return made;
}

/// cases.csv.
inline void write(const AssociationCases& cases, const std::filesystem::path& folder) {
  std::ofstream file(folder / "cases.csv");
  file << "group,kind,x,y,tied,yes\n";
  for (std::size_t n = 0; n < cases.x.size(); ++n) {
    file << fmt::format("{},{},{:.17g},{:.17g},{},{}\n", cases.group[n], cases.kind[n], cases.x[n], cases.y[n],
                        cases.tied[n], cases.yes[n] ? 1 : 0);
  }
}

/// Of tests/r/molecular_limma.R.
struct ExpressionStudy {
  molecular::ExpressionMatrix plain;
  molecular::ExpressionMatrix gaps;  ///< the same with missing values
  molecular::ExpressionMatrix even;  ///< variances alike
  molecular::Design design{{"constant", "second", "third", "size"}, {}};
  molecular::Contrasts contrasts{{"second", "third"}, {0, 0, 1, 0, 0, 1, 0, 0}};
  std::vector<molecular::GeneSet> sets;
};

inline ExpressionStudy expression_study(std::size_t genes = 400, std::size_t samples = 18) {
  ExpressionStudy made;
  Random random(17);
  for (std::size_t s = 0; s < samples; ++s) {
    made.plain.samples.push_back("s" + std::to_string(s));
    const double values[] = {1, s % 3 == 1 ? 1.0 : 0.0, s % 3 == 2 ? 1.0 : 0.0, random.normal()};
    made.design.values.insert(made.design.values.end(), std::begin(values), std::end(values));
  }
  std::vector<double> common(samples);
  for (double& value : common) value = random.normal();
  for (std::size_t g = 0; g < genes; ++g) made.plain.genes.push_back("g" + std::to_string(g));
  made.gaps = made.even = made.plain;
  for (std::size_t g = 0; g < genes; ++g) {
    const double deviation = std::exp(0.7 * random.normal());
    for (std::size_t s = 0; s < samples; ++s) {
      // Genes 0 to 39 go together; 20 to 59 are up in the second group.
      const double noise = random.normal() + (g < 40 ? 0.8 * common[s] : 0);
      const double value = 6 + (g >= 20 && g < 60 && s % 3 == 1 ? 1.2 : 0) + deviation * noise;
      made.plain.values.push_back(value);
      made.gaps.values.push_back(random.below(8) == 0 ? std::numeric_limits<double>::quiet_NaN() : value);
    }
    // Variances more alike than those of normal numbers.
    std::vector<double> noise(samples);
    double squares = 0;
    for (double& value : noise) {
      value = random.normal();
      squares += value * value;
    }
    for (const double value : noise) made.even.values.push_back(value / std::sqrt(squares));
  }
  for (std::size_t set = 0; set < 8; ++set) {
    molecular::GeneSet one{"set" + std::to_string(set), "", {}};
    for (std::size_t n = 0; n < 15 + 2 * set; ++n) one.genes.push_back("g" + std::to_string(set * 17 + n));
    made.sets.push_back(one);
  }
  return made;
}

inline void write_expression(const molecular::ExpressionMatrix& matrix, const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "gene";
  for (const std::string& sample : matrix.samples) file << "," << sample;
  for (std::size_t g = 0; g < matrix.genes.size(); ++g) {
    file << "\n" << matrix.genes[g];
    for (std::size_t s = 0; s < matrix.samples.size(); ++s) {
      const double value = matrix.value(g, s);
      file << "," << (std::isnan(value) ? std::string("NA") : fmt::format("{:.17g}", value));
    }
  }
  file << "\n";
}

/// expression.csv, gaps.csv, even.csv, design.csv and sets.csv.
inline void write(const ExpressionStudy& study, const std::filesystem::path& folder) {
  write_expression(study.plain, folder / "expression.csv");
  write_expression(study.gaps, folder / "gaps.csv");
  write_expression(study.even, folder / "even.csv");
  std::ofstream design(folder / "design.csv");
  const std::size_t columns = study.design.names.size();
  for (std::size_t n = 0; n < columns; ++n) design << (n > 0 ? "," : "") << study.design.names[n];
  for (std::size_t n = 0; n < study.design.values.size(); ++n)
    design << (n % columns == 0 ? "\n" : ",") << fmt::format("{:.17g}", study.design.values[n]);
  design << "\n";
  std::ofstream sets(folder / "sets.csv");
  sets << "set,gene\n";
  for (const molecular::GeneSet& set : study.sets) {
    for (const std::string& gene : set.genes) sets << set.name << "," << gene << "\n";
  }
}

}  // namespace radtype::test
