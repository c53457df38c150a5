// How far measurements move by themselves.
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "cohort/lesion_order.h"
#include "radtype/cohort/lesions.h"
#include "radtype/report/follow.h"
#include "radtype/stats/distribution.h"

namespace radtype::report {
namespace {

constexpr double kOutsideBound = 0.05;

/// The x that a chi-square variable exceeds with probability p.
double chi_square_above(double p, double degrees) {
  double low = 0;
  double high = 1;
  while (stats::chi_square_tail(high, degrees) > p) high *= 2;
  for (int halving = 0; halving < 200; ++halving) {
    const double middle = (low + high) / 2;
    (stats::chi_square_tail(middle, degrees) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

const std::vector<Measure>& measures() {
  static const std::vector<Measure> all = {
      {"shape_volume_mm3", "volume", true},
      {"shape_max_diameter_mm", "longest diameter in 3-D", true},
      {"shape_axis_major_mm", "major axis", true},
      {"shape_axis_minor_mm", "minor axis", true},
      {"shape_axis_least_mm", "least axis", true},
      {"shape_sphericity", "sphericity", false},
      {"shape_slope", "slope of the shape spectrum", false},
      {"shape_roughness", "roughness of the surface", false},
      {"texture_moran_r8", "spatial order of intensity (Moran's I)", false},
      {"radial_monotonicity", "trend of intensity with depth", false},
      {"regional_core_rim_hellinger", "difference of core and rim", false},
      {"margin_contrast", "contrast at the margin", false},
      {"habitat_entropy", "mixing of habitats", false},
  };
  return all;
}

Repeatability repeatability(const std::vector<std::vector<double>>& measurements, bool relative) {
  Repeatability found;
  double sum = 0;
  for (const std::vector<double>& of_lesion : measurements) {
    std::vector<double> values;
    for (const double value : of_lesion) {
      if (!std::isfinite(value) || (relative && value <= 0)) continue;
      values.push_back(relative ? std::log(value) : value);
    }
    if (values.size() < 2) continue;
    double mean = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) sum += (value - mean) * (value - mean);
    ++found.lesions;
    found.degrees_of_freedom += values.size() - 1;
  }
  if (found.degrees_of_freedom < kFewestRepeats) {
    found.missing = fmt::format("{} repeated measurements; {} are needed", found.degrees_of_freedom, kFewestRepeats);
    return found;
  }
  if (sum <= 0) {
    found.missing = "every repeated measurement equals the first: they are no repeated scans";
    return found;
  }
  const auto degrees = static_cast<double>(found.degrees_of_freedom);
  found.coefficient = stats::normal_quantile(0.975) * std::sqrt(2 * sum / degrees);
  found.lower = found.coefficient * std::sqrt(degrees / chi_square_above(kOutsideBound, degrees));
  found.upper = found.coefficient * std::sqrt(degrees / chi_square_above(1 - kOutsideBound, degrees));
  return found;
}

Result<NoiseOfModality> estimate_noise(const cohort::FeatureTable& table, const std::vector<std::string>& timepoints) {
  cohort::FeatureTable wanted;
  wanted.features = table.features;
  std::map<std::pair<std::string, int>, std::size_t> place;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const cohort::TableRow& row = table.rows[r];
    if (!timepoints.empty() && std::find(timepoints.begin(), timepoints.end(), row.key.timepoint) == timepoints.end())
      continue;
    place[{row.key.name, row.lesion}] = wanted.rows.size();
    wanted.rows.push_back(row);
    for (std::size_t f = 0; f < table.features.size(); ++f) wanted.values.push_back(table.value(r, f));
  }
  if (wanted.rows.empty())
    return fail(ErrorCode::kEmpty, "the study of repeated scans has no case at the timepoints asked for");
  auto matches = cohort::match_lesions(wanted);
  if (!matches) return pass_on(std::move(matches));

  using Lesion = std::tuple<std::string, std::string, std::string, int>;
  std::map<Lesion, std::vector<std::size_t>> rows_of;
  std::map<std::string, std::vector<Repeatability>> noise;
  for (const cohort::LesionMatch& match : *matches) {
    if (!match.to || match.track == 0) continue;
    rows_of[{match.modality, match.cohort, match.patient, match.track}].push_back(
        place.at({match.to->name, match.to->lesion}));
    noise[match.modality];
  }
  for (auto& [modality, of_measures] : noise) {
    for (const Measure& measure : measures()) {
      const auto column = cohort::column_of(wanted, measure.name);
      std::vector<std::vector<double>> measurements;
      for (const auto& [lesion, rows] : rows_of) {
        if (std::get<0>(lesion) != modality) continue;
        std::vector<double>& values = measurements.emplace_back();
        for (const std::size_t row : rows) {
          if (column) values.push_back(wanted.value(row, *column));
        }
      }
      of_measures.push_back(repeatability(measurements, measure.relative));
    }
  }
  return noise;
}

}  // namespace radtype::report
