// The heterogeneity families on one core: from image and mask to features, whole and part by part. The tumour is a
// lumpy body whose intensity falls from the centre, with noise; the answers are checked before a time counts.
//   bench_heterogeneity                       tumours of 40 to 200 mm at 1 mm, with their ring
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cmath>
#include <map>
#include <random>

#include "radtype/feature/family.h"
#include "radtype/texture/radial.h"
#include "radtype/texture/regional.h"
#include "radtype/texture/scales.h"
#include "support/voxel_bodies.h"

namespace {

using namespace radtype;

const std::vector<std::string> kFamilies = {"regional", "radial", "margin", "texture", "habitat"};

/// Deepest voxels brightest: depth plus noise of its own, in HU; fat around it.
const feature::CaseData& tumour_of(std::int64_t diameter_mm) {
  static std::map<std::int64_t, feature::CaseData> cases;
  const auto [place, is_new] = cases.try_emplace(diameter_mm);
  if (is_new) {
    // lumpy(r) reaches about 1.35 r and holds the volume of a ball of 1.185 r.
    const auto radius = 0.5 * static_cast<double>(diameter_mm) / 1.185;
    feature::CaseData& data = place->second;
    const auto body = test::lumpy(radius);
    data.tumour = test::voxelise(body, 1.35 * radius + 15, Eigen::Vector3d::Ones());
    data.image = Image(data.tumour.grid);
    std::mt19937_64 random(1);
    const auto lps = data.tumour.grid.lps_from_index();
    const Size3 size = data.tumour.grid.size();
    std::size_t n = 0;
    for (std::int64_t k = 0; k < size[2]; ++k) {
      for (std::int64_t j = 0; j < size[1]; ++j) {
        for (std::int64_t i = 0; i < size[0]; ++i, ++n) {
          const double r =
              lps(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v.norm();
          const double noise = static_cast<double>(random() % 60);
          const double hu = data.tumour.voxels[n] != 0 ? 100 - 80 * r / radius : -60;
          data.image->voxels[n] = static_cast<float>(std::round(hu + noise));
        }
      }
    }
  }
  return place->second;
}

double value(const feature::Extraction& extraction, const char* name) {
  return extraction.row.values().at(name).number.value_or(std::nan(""));
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void ImageToFeatures(benchmark::State& state) {
  const feature::CaseData& data = tumour_of(state.range(0));
  const double before_mib = peak_mib();
  for (auto _ : state) {
    const auto extraction = feature::extract(data, kFamilies);
    const bool right = extraction.status == feature::Status::kOk &&
                       value(extraction, "regional_core_ring5_delta") > 0.95 &&
                       value(extraction, "radial_monotonicity") > 0.4 &&
                       value(extraction, "regional_ring5_ring10_jensen_shannon") < 0.01 &&
                       value(extraction, "margin_width_mm") < 3 && value(extraction, "radial_polarity") < 0.2;
    if (!right) {
      state.SkipWithError("the features are wrong");
      return;
    }
    benchmark::DoNotOptimize(extraction);
  }
  const auto voxels = static_cast<double>(data.tumour.grid.voxel_count());
  state.counters["voxels"] = voxels;
  state.counters["tumour"] =
      static_cast<double>(std::count(data.tumour.voxels.begin(), data.tumour.voxels.end(), std::uint8_t{1}));
  state.counters["bytes_a_voxel"] = (peak_mib() - before_mib) * 1024 * 1024 / voxels;
}
BENCHMARK(ImageToFeatures)->Arg(40)->Arg(50)->Arg(125)->Arg(200)->Unit(benchmark::kMillisecond);

void Ranks(benchmark::State& state) {
  const feature::CaseData& data = tumour_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(texture::make_neighbourhood(*data.image, data.tumour, nullptr));
}
BENCHMARK(Ranks)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);

template <class Measure>
void part(benchmark::State& state, Measure&& measure) {
  const feature::CaseData& data = tumour_of(state.range(0));
  const auto around = texture::make_neighbourhood(*data.image, data.tumour, nullptr);
  for (auto _ : state) {
    const auto measured = measure(*around);
    if (!measured) state.SkipWithError("nothing was measured");
    benchmark::DoNotOptimize(measured);
  }
}
void Regional(benchmark::State& state) {
  part(state, [](const auto& around) { return texture::regional_contrast(around, texture::kCore, texture::kRim); });
}
void Asymmetry(benchmark::State& state) {
  part(state, [](const auto& around) { return texture::asymmetry(around); });
}
void Margin(benchmark::State& state) {
  part(state, [](const auto& around) { return texture::measure_margin(around); });
}
void Scales(benchmark::State& state) {
  part(state, [](const auto& around) { return texture::scale_texture(around); });
}
void Habitats(benchmark::State& state) {
  part(state, [](const auto& around) { return texture::find_habitats(around); });
}
BENCHMARK(Regional)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(Asymmetry)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(Margin)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(Scales)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);
BENCHMARK(Habitats)->Arg(40)->Arg(200)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
