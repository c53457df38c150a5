// The families of spatial heterogeneity, for the table in families.cpp.
#pragma once

#include "radtype/feature/family.h"

namespace radtype::feature {

/// No image, or a tumour that has no neighbourhood of ranks.
std::optional<std::string> ranks_not_allowed(const CaseData& data, Derived& derived);

/// Regions from the inside out: 1 core, 2 rim, 3 ring 0-5 mm, 4 ring 5-10 mm; 0 elsewhere.
std::uint8_t region_of(texture::Zone zone);

Result<void> compute_regional(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_radial(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_margin(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_texture(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_habitat(const CaseData& data, Derived& derived, FeatureRow& row);

}  // namespace radtype::feature
