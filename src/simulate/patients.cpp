// Who the virtual patients are: subtype, tumour, outcome, molecules.
#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <Eigen/Geometry>

#include "radtype/core/seed.h"
#include "radtype/simulate/study.h"
#include "radtype/stats/partition.h"

namespace radtype::simulate {
namespace {

using Eigen::Vector3d;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double normal_share(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

Random stream(std::uint64_t seed, const char* purpose) { return Random(derive_seed(seed, {hash_name(purpose)})); }

std::size_t draw_subtype(const Study& study, Random& random) {
  double whole = 0;
  for (const Subtype& subtype : study.subtypes) whole += subtype.share;
  double left = random.uniform() * whole;
  for (std::size_t n = 0; n + 1 < study.subtypes.size(); ++n) {
    left -= study.subtypes[n].share;
    if (left < 0) return n;
  }
  return study.subtypes.size() - 1;
}

Traits draw_traits(const Subtype& subtype, double separation, Random& random) {
  Traits traits{};
  for (std::size_t n = 0; n < traits.size(); ++n) traits[n] = separation * subtype.traits[n] + random.normal();
  return traits;
}

Vector3d any_direction(Random& random) {
  const double x = random.normal(), y = random.normal(), z = random.normal();
  return Vector3d(x, y, z).normalized();
}

/// Index of a trait by name, checked at compile time.
consteval std::size_t trait(std::string_view name) {
  for (std::size_t n = 0; n < kTraits.size(); ++n) {
    if (kTraits[n] == name) return n;
  }
  throw "no such trait";
}

double oracle_ari(const Study& study, double separation) {
  constexpr int kPatients = 20000;
  Random random = stream(hash_name(study.name), "oracle");
  std::vector<int> truth, found;
  for (int n = 0; n < kPatients; ++n) {
    const std::size_t subtype = draw_subtype(study, random);
    truth.push_back(static_cast<int>(subtype));
    found.push_back(
        static_cast<int>(oracle_subtype(study, separation, draw_traits(study.subtypes[subtype], separation, random))));
  }
  return stats::adjusted_rand_index(truth, found);
}

}  // namespace

std::size_t oracle_subtype(const Study& study, double separation, const Traits& traits) {
  std::size_t best = 0;
  double best_score = -1e300;
  for (std::size_t k = 0; k < study.subtypes.size(); ++k) {
    double score = std::log(std::max(study.subtypes[k].share, 1e-300));
    for (std::size_t n = 0; n < traits.size(); ++n)
      score -= 0.5 * std::pow(traits[n] - separation * study.subtypes[k].traits[n], 2);
    if (score > best_score) {
      best_score = score;
      best = k;
    }
  }
  return best;
}

Separation calibrate(const Study& study) {
  if (study.subtypes.size() < 2) return {0, 1};
  double low = 0, high = 8;
  for (int round = 0; round < 20; ++round) {
    const double middle = (low + high) / 2;
    (oracle_ari(study, middle) < study.oracle_ari ? low : high) = middle;
  }
  const double factor = (low + high) / 2;
  return {factor, oracle_ari(study, factor)};
}

Patient make_patient(const Study& study, double separation, std::uint64_t seed, std::size_t cohort, std::size_t index,
                     bool with_expression) {
  const Cohort& from = study.cohorts[cohort];
  Patient p;
  p.cohort = cohort;
  p.index = index;
  p.id = fmt::format("{}-{:04}", from.name, index + 1);
  p.seed = derive_seed(seed, {hash_name(from.name), index});

  Random random = stream(p.seed, "tumour");
  p.subtype = draw_subtype(study, random);
  const Subtype& subtype = study.subtypes[p.subtype];
  p.traits = draw_traits(subtype, separation, random);
  const double log_radius = std::clamp(random.normal(), -2.2, 2.2);
  p.radius_mm = std::clamp(from.radius_mm * std::exp(study.size_spread * log_radius), 4.0, 45.0);
  p.log_volume_z = study.size_spread > 0 ? std::log(p.radius_mm / from.radius_mm) / study.size_spread : 0;

  random = stream(p.seed, "clinical");
  p.age = std::round(std::clamp(62 + 10 * random.normal(), 25.0, 92.0));
  p.female = from.organ == Organ::kBreast || random.uniform() < 0.45;
  const double advance = 0.9 * p.log_volume_z + random.normal();
  p.stage = 1 + (advance > -0.6) + (advance > 0.4) + (advance > 1.3);
  p.immunotherapy = random.uniform() < from.immunotherapy_share;
  p.log_hazard = subtype.log_hazard + study.log_hazard_volume * p.log_volume_z + study.log_hazard_age * (p.age - 62) +
                 study.log_hazard_stage * (p.stage - 2);
  if (p.immunotherapy) p.log_hazard += study.log_hazard_immunotherapy + subtype.log_hazard_immunotherapy;
  const double scale = study.median_days / std::pow(std::numbers::ln2, 1 / study.weibull_shape);
  const double death =
      scale * std::pow(-std::log(1 - random.uniform()) * std::exp(-p.log_hazard), 1 / study.weibull_shape);
  const double end = 365.25 * from.followup_years * (0.6 + 0.4 * random.uniform());
  const double lost = -std::log(1 - random.uniform()) * 365.25 / 0.05;
  p.time_days = std::max(1.0, std::min({death, end, lost}));
  p.event = death <= std::min(end, lost);

  random = stream(p.seed, "molecular");
  p.til_share = logistic(-1.6 + subtype.til_logit + 0.6 * random.normal());
  p.receptor = random.uniform() < logistic(0.4 + subtype.receptor_logit);
  for (std::size_t n = 0; n < kMutations.size(); ++n)
    p.mutations[n] = random.uniform() < logistic(-1.2 + subtype.mutation_logit[n]);
  if (!with_expression) return p;
  // Levels and loadings of genes belong to the study, not to the patient.
  Random genes = stream(hash_name("genes"), "levels");
  std::vector<double> activity;
  for (std::size_t set = 0; set < kGeneSets.size(); ++set)
    activity.push_back(subtype.expression[set] + random.normal());
  for (std::size_t set = 0; set < kGeneSets.size(); ++set) {
    for (int gene = 0; gene < kGenesPerSet; ++gene) {
      const double level = 6 + 2 * genes.normal(), loading = 0.4 + 0.5 * genes.uniform();
      p.expression.push_back(static_cast<float>(level + loading * activity[set] + 0.6 * random.normal()));
    }
  }
  for (int gene = 0; gene < kFreeGenes; ++gene)
    p.expression.push_back(static_cast<float>(6 + 2 * genes.normal() + 0.9 * random.normal()));
  return p;
}

std::vector<std::string> gene_names() {
  std::vector<std::string> names;
  for (std::size_t set = 0; set < kGeneSets.size(); ++set) {
    for (int gene = 1; gene <= kGenesPerSet; ++gene) names.push_back(fmt::format("VG{}_{:02}", set + 1, gene));
  }
  for (int gene = 1; gene <= kFreeGenes; ++gene) names.push_back(fmt::format("VG0_{:03}", gene));
  return names;
}

TumourParameters traits_to_parameters(const Patient& patient, Organ organ, const Vector3d& centre_lps_mm) {
  const auto value = [&](std::size_t n) { return std::clamp(patient.traits[n], -4.0, 4.0); };
  TumourParameters p;
  p.seed = derive_seed(patient.seed, {hash_name("inside")});
  p.centre_lps_mm = centre_lps_mm;
  p.radius_mm = patient.radius_mm;
  p.elongation = 0.4 + 0.6 * normal_share(value(trait("elongation")) + 0.7);
  p.flatness = p.elongation * (0.55 + 0.45 * normal_share(value(trait("flatness")) + 0.4));
  p.roughness = std::min(0.06 * std::exp(0.7 * value(trait("roughness"))), 0.4);
  p.spectral_slope = std::clamp(3.0 + 0.6 * value(trait("spectral_slope")), 1.0, 6.0);
  p.bend = 0.12 * value(trait("bend"));

  Random random = stream(patient.seed, "bumps");
  const auto add = [&](int count, double least, double most, double narrow, double wide) {
    for (int n = 0; n < count; ++n) {
      const Vector3d direction = any_direction(random);
      const double height = least + (most - least) * random.uniform();
      p.bumps.push_back({direction, height, narrow + (wide - narrow) * random.uniform()});
    }
  };
  const int spicules = static_cast<int>(std::lround(2.2 * std::exp(0.75 * value(trait("spicules"))) - 1));
  add(std::clamp(spicules, 0, 40), 0.2, 0.75, 0.06, 0.12);
  const int lobes = static_cast<int>(std::lround(1.6 * std::exp(0.6 * value(trait("lobes"))) - 0.8));
  add(std::clamp(lobes, 0, 10), 0.15, 0.4, 0.3, 0.55);
  add(random.uniform() < 0.3 ? 1 : 0, -0.35, -0.15, 0.25, 0.45);
  if (random.uniform() < 0.07) {
    const double radius = std::max(2.0, patient.radius_mm * (0.12 + 0.12 * random.uniform()));
    const Vector3d side = any_direction(random);
    p.satellites.push_back({Vector3d(0, side[1], side[2]).normalized() * 1.4 * patient.radius_mm, radius});
  }
  p.lps_from_axes = Eigen::Quaterniond(random.normal(), random.normal(), random.normal(), random.normal())
                        .normalized()
                        .toRotationMatrix();

  p.necrotic_share = 0.6 * logistic(-1.2 + 0.8 * value(trait("necrosis")));
  p.soft_share = 0.35 * logistic(-1.4 + 0.8 * value(trait("softness")));
  p.correlation_mm = std::max(1.5, 0.28 * patient.radius_mm * std::exp(0.4 * value(trait("coarseness"))));
  p.layering = 0.92 * logistic(0.9 * value(trait("layering")));
  p.margin_mm = std::clamp((organ == Organ::kBrain ? 0.9 : 0.7) * std::exp(0.5 * value(trait("margin"))), 0.15, 4.0);
  return p;
}

}  // namespace radtype::simulate
