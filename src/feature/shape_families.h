// The families of the shape engine, for the table in families.cpp.
#pragma once

#include "radtype/feature/family.h"

namespace radtype::feature {

std::optional<std::string> always_allowed(const CaseData& data, Derived& derived);
/// The mask's largest part is too small for a smooth surface.
std::optional<std::string> surface_not_allowed(const CaseData& data, Derived& derived);
std::optional<std::string> fractal_not_allowed(const CaseData& data, Derived& derived);

Result<void> compute_morphology(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_spectrum(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_surface(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_lobes(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_zernike(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_fractal(const CaseData& data, Derived& derived, FeatureRow& row);
Result<void> compute_compat(const CaseData& data, Derived& derived, FeatureRow& row);

}  // namespace radtype::feature
