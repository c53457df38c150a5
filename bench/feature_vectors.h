// What cross_modality and heterogeneity_tables share: features by family name, as vectors with NaN where missing.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "radtype/feature/family.h"
#include "radtype/texture/standard_set.h"

namespace radtype::bench {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
inline constexpr const char* kOurFamilies = "regional,radial,margin,texture,habitat";

/// Those of a comma-separated list that this build has.
inline std::vector<std::string> existing_families(const std::string& list) {
  std::vector<std::string> found;
  for (const std::string_view name : split(list, ",")) {
    const auto& all = feature::families();
    if (std::any_of(all.begin(), all.end(), [&](const auto& family) { return family.name == name; }))
      found.emplace_back(name);
  }
  return found;
}

inline std::vector<std::string> features_of(const std::vector<std::string>& families) {
  std::vector<std::string> names;
  for (const auto& entry : feature::catalogue()) {
    if (std::find(families.begin(), families.end(), entry.family) != families.end()) names.push_back(entry.name);
  }
  return names;
}

inline std::vector<double> values_of(const feature::Extraction& extraction, const std::vector<std::string>& names) {
  std::vector<double> values;
  for (const std::string& name : names) {
    const auto found = extraction.row.values().find(name);
    const bool there = found != extraction.row.values().end() && found->second.number;
    values.push_back(there ? *found->second.number : kNone);
  }
  return values;
}

inline std::vector<float> values_in(const Image& image, const Mask& mask) {
  std::vector<float> values;
  for (std::size_t n = 0; n < mask.voxels.size(); ++n) {
    if (mask.voxels[n] != 0) values.push_back(image.voxels[n]);
  }
  return values;
}

/// Mean 0 and standard deviation 1 within the mask; a constant image stays as it is.
inline Image z_scored(const Image& image, const Mask& mask) {
  double count = 0, mean = 0, square = 0;
  for (const float value : values_in(image, mask)) {
    ++count;
    mean += double{value};
    square += double{value} * double{value};
  }
  mean /= count;
  const double spread = std::sqrt(std::max(square / count - mean * mean, 0.0));
  Image result = image;
  if (!(spread > 0)) return result;
  for (float& value : result.voxels) value = static_cast<float>((double{value} - mean) / spread);
  return result;
}

/// The standard set; MR, which has no unit, z-scored first, which leaves five statistics without meaning.
inline std::vector<double> standard_values(const feature::CaseData& data) {
  const auto& names = texture::standard_names();
  const bool is_mr = data.modality == io::Modality::kMr;
  auto values = is_mr ? texture::standard_set(z_scored(*data.image, data.tumour), data.tumour)
                      : texture::standard_set(*data.image, data.tumour);
  if (!values) return std::vector<double>(names.size(), kNone);
  for (std::size_t n = 0; is_mr && n < names.size(); ++n) {
    for (const char* emptied : {"stat_mean", "stat_var", "stat_cov", "stat_energy", "stat_rms"}) {
      if (names[n] == emptied) (*values)[n] = kNone;
    }
  }
  return *values;
}

/// Varies by more than rounding does.
inline bool varies(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, square = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) square += (value - mean) * (value - mean) / count;
  return std::sqrt(square) > 1e-9 * std::abs(mean);
}

inline double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return kNone;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

}  // namespace radtype::bench
