// The canonical spherical-harmonic description of a tumour: surface, map, coefficients, energies.
// docs/methods/shape.md.
#pragma once

#include "radtype/shape/harmonics.h"
#include "radtype/shape/surface.h"

namespace radtype::shape {

struct SpectrumOptions {
  SurfaceOptions surface;
  ConformalOptions conformal;
  EqualAreaOptions equal_area;
  double max_area_distortion = 1.05;  ///< a map whose trimmed distortion stays higher is refused
};

struct Spectrum {
  Surface surface;
  SpherePoints conformal;  ///< the map before its areas were equalised
  SpherePoints points;     ///< of the canonical map
  MapQuality quality;
  HarmonicFit fit;
  /// Highest degree whose wavelength 2 pi R / l is at least two of the mask's coarsest voxel spacings; <= kMaxDegree.
  int resolved_degree = 0;
};

/// kUndefined, with the rule that refused it, where no canonical description exists; the map-free families remain.
Result<Spectrum> measure_spectrum(const Mask& mask, const SpectrumOptions& options = {});

/// The same from a closed surface of genus 0 (resolved_degree = kMaxDegree).
Result<Spectrum> measure_spectrum(Surface surface, const SpectrumOptions& options = {});

}  // namespace radtype::shape
