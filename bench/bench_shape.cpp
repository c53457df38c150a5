// The shape pipeline on one core: from a mask to every shape feature, and each part of it. The body is the lumpy one of
// the tests; energies, volume and the map are checked before a time counts.
//   bench_shape --benchmark_filter=MaskToFeatures     target vertices 3,500 to 100,000
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cmath>

#include "radtype/feature/family.h"
#include "radtype/shape/curvature.h"
#include "radtype/shape/zernike.h"
#include "support/voxel_bodies.h"

namespace {

using namespace radtype;

/// 64 voxels across, 1 mm: a tumour of 3 cm radius on thin slices.
const Mask& body() {
  static const Mask mask = test::voxelise(test::lumpy(26), 56, Eigen::Vector3d::Ones());
  return mask;
}

shape::SurfaceOptions with_vertices(std::int64_t count) {
  shape::SurfaceOptions options;
  options.target_vertices = static_cast<int>(count);
  return options;
}

/// What a wrong answer would show. The energies are the same from 3,500 vertices to 100,000.
bool sane(const shape::Spectrum& spectrum) {
  return spectrum.quality.flipped == 0 && spectrum.quality.area_distortion < 1.01 &&
         std::abs(spectrum.fit.energy(1) / 3.569 - 1) < 0.005 && std::abs(spectrum.fit.energy(2) / 0.246 - 1) < 0.03 &&
         std::abs(spectrum.fit.energy(15) / 0.022 - 1) < 0.2;
}

/// Surface, map, harmonics, curvature, peaks, Zernike invariants, dimension, IBSI morphology.
void MaskToFeatures(benchmark::State& state) {
  feature::CaseData data;
  data.tumour = body();
  std::vector<std::string> families;
  for (const feature::Family& family : feature::families()) {
    if (family.by_default && family.name.starts_with("shape")) families.push_back(family.name);
  }
  std::size_t vertices = 0;
  for (auto _ : state) {
    feature::Extraction extraction = feature::extract(data, families, with_vertices(state.range(0)));
    if (extraction.status != feature::Status::kOk || !sane(*extraction.spectrum)) {
      state.SkipWithError("wrong answer");
      return;
    }
    vertices = extraction.spectrum->points.size();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["vertices"] = static_cast<double>(vertices);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(MaskToFeatures)->Unit(benchmark::kMillisecond)->Arg(3500)->Arg(12500)->Arg(25000)->Arg(50000)->Arg(100000);

struct Stages {
  shape::Surface surface;
  shape::SpherePoints conformal;
  shape::SpherePoints equal;
};
const Stages& stages() {
  static const Stages made = [] {
    Stages s;
    s.surface = *shape::extract_surface(body(), with_vertices(12500));
    s.conformal = *shape::conformal_map(s.surface.mesh);
    s.equal = *shape::equalise_area(s.surface.mesh, s.conformal);
    return s;
  }();
  return made;
}

void SurfaceOfMask(benchmark::State& state) {
  body();
  for (auto _ : state) {
    const auto surface = shape::extract_surface(body(), with_vertices(12500));
    if (!surface) state.SkipWithError("no surface");
    benchmark::DoNotOptimize(surface);
  }
}
void ConformalMap(benchmark::State& state) {
  stages();  // made before time counts
  for (auto _ : state) {
    const auto map = shape::conformal_map(stages().surface.mesh);
    if (!map || shape::measure_map(stages().surface.mesh, *map).angle_distortion > 1.01) state.SkipWithError("no map");
    benchmark::DoNotOptimize(map);
  }
}
void EqualArea(benchmark::State& state) {
  stages();
  for (auto _ : state) {
    const auto map = shape::equalise_area(stages().surface.mesh, stages().conformal);
    if (!map || shape::measure_map(stages().surface.mesh, *map).area_distortion > 1.01) state.SkipWithError("no map");
    benchmark::DoNotOptimize(map);
  }
}
void HarmonicFit(benchmark::State& state) {
  stages();
  for (auto _ : state) {
    const auto fit = shape::fit_harmonics(stages().surface.mesh, stages().equal);
    if (std::abs(fit.energy(2) / 0.246 - 1) > 0.03) state.SkipWithError("wrong answer");
    benchmark::DoNotOptimize(fit);
  }
}
void Curvature(benchmark::State& state) {
  stages();
  for (auto _ : state) benchmark::DoNotOptimize(shape::principal_curvatures(stages().surface.mesh));
}
void Zernike(benchmark::State& state) {
  body();
  for (auto _ : state) benchmark::DoNotOptimize(shape::zernike_invariants(body()));
}
BENCHMARK(SurfaceOfMask)->Unit(benchmark::kMillisecond);
BENCHMARK(ConformalMap)->Unit(benchmark::kMillisecond);
BENCHMARK(EqualArea)->Unit(benchmark::kMillisecond);
BENCHMARK(HarmonicFit)->Unit(benchmark::kMillisecond);
BENCHMARK(Curvature)->Unit(benchmark::kMillisecond);
BENCHMARK(Zernike)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
