// Measures a ball by the installed library and compares it with the ball.
#include <cmath>
#include <cstdio>
#include <numbers>

#include <radtype/core/provenance.h>
#include <radtype/feature/family.h>

int main() {
  constexpr double kRadiusMm = 15;
  constexpr int kSize = 41;
  const auto grid = radtype::make_grid({kSize, kSize, kSize}, Eigen::Vector3d::Ones(), Eigen::Matrix3d::Identity(),
                                       Eigen::Vector3d::Zero());
  if (!grid) {
    std::fprintf(stderr, "%s\n", grid.error().to_string().c_str());
    return 1;
  }
  radtype::feature::CaseData data;
  data.tumour = radtype::Mask(*grid);
  for (int k = 0; k < kSize; ++k) {
    for (int j = 0; j < kSize; ++j) {
      for (int i = 0; i < kSize; ++i) {
        data.tumour.at(i, j, k) = std::hypot(i - kSize / 2, j - kSize / 2, k - kSize / 2) <= kRadiusMm;
      }
    }
  }
  const radtype::feature::Extraction extraction = radtype::feature::extract(data);
  const auto& value = extraction.row.values().at("shape_volume_mm3");
  const double truth = 4.0 / 3 * std::numbers::pi * std::pow(kRadiusMm, 3);
  if (extraction.status != radtype::feature::Status::kOk || !value.number ||
      std::abs(*value.number / truth - 1) > 0.01) {
    std::fprintf(stderr, "volume %g mm3, expected %g\n", value.number.value_or(0), truth);
    return 1;
  }
  std::printf("radtype %s: a ball of %g mm3 measures %g mm3\n", radtype::version(), truth, *value.number);
  return 0;
}
