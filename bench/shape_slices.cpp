// shape_slices SURVEY.csv: how far shape features move when slices get thicker, in standard deviations between tumours.
//
// Twenty lumpy bodies of 30 mm (one shape turned and stretched by seed), sampled at 0.8 x 0.8 mm with slices of 1, 3
// and 5 mm. The standard deviation is that of the kidney tumours in SURVEY.csv (made by shape_survey). Prints a table:
// mean shift from 1 mm, and root mean square shift.
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "radtype/core/csv.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "radtype/feature/family.h"
#include "support/voxel_bodies.h"

namespace {

using namespace radtype;
using Eigen::Vector3d;

constexpr int kBodies = 20;

std::map<std::string, double> spread_between_tumours(const std::string& path) {
  std::map<std::string, std::vector<double>> values;
  const auto rows = read_csv(path);
  if (!rows) return {};
  for (const CsvRow& row : *rows) {
    if (row.at("set") != "kits19") continue;
    for (const auto& [name, cell] : row) {
      const auto number = parse_double(cell);
      if (name.starts_with("shape_") && number) values[name].push_back(*number);
    }
  }
  std::map<std::string, double> spread;
  for (const auto& [name, some] : values) {
    double mean = 0, square = 0;
    for (const double value : some) mean += value / static_cast<double>(some.size());
    for (const double value : some) square += (value - mean) * (value - mean);
    if (some.size() >= 20) spread[name] = std::sqrt(square / static_cast<double>(some.size() - 1));
  }
  return spread;
}

feature::FeatureRow measure(const test::InsideTest& body, double slice_mm, double offset) {
  feature::CaseData data;
  data.tumour = test::voxelise(body, 26, Vector3d(0.8, 0.8, slice_mm), Vector3d(0, 0, offset));
  return feature::extract(data,
                          {"shape", "shape_spectrum", "shape_surface", "shape_lobes", "shape_zernike", "shape_fractal"})
      .row;
}

}  // namespace

int main(int argc, char** argv) {
  const auto spread = argc == 2 ? spread_between_tumours(argv[1]) : std::map<std::string, double>{};
  if (spread.empty()) {
    fmt::print(stderr, "shape_slices SURVEY.csv (with the kits19 set)\n");
    return 2;
  }
  struct Shift {
    std::map<std::string, double> sum, square;
    std::map<std::string, int> count;
  };
  std::map<double, Shift> shifts;
  Random random(20261122);
  for (int n = 0; n < kBodies; ++n) {
    Eigen::Vector4d q;
    for (double& x : q) x = random.normal();
    const Eigen::Matrix3d rotation = Eigen::Quaterniond(q.normalized()).toRotationMatrix();
    const Vector3d stretch(1 + 0.3 * random.uniform(), 1, 1 - 0.3 * random.uniform());
    const auto lump = test::lumpy(13);
    const test::InsideTest body = [=](const Vector3d& p) {
      return lump((rotation.transpose() * p).cwiseQuotient(stretch));
    };
    const double offset = random.uniform() - 0.5;
    const auto thin = measure(body, 1, offset);
    for (const double slice : {3.0, 5.0}) {
      const auto thick = measure(body, slice, offset);
      for (const auto& [name, value] : thick.values()) {
        const auto& before = thin.values().at(name);
        if (!value.number || !before.number || !spread.contains(name)) continue;
        const double shift = (*value.number - *before.number) / spread.at(name);
        shifts[slice].sum[name] += shift;
        shifts[slice].square[name] += shift * shift;
        ++shifts[slice].count[name];
      }
    }
  }
  fmt::print("| feature | 3 mm: mean, root mean square | 5 mm: mean, root mean square |\n|---|---|---|\n");
  for (const auto& entry : feature::catalogue()) {
    if (!spread.contains(entry.name)) continue;
    fmt::print("| `{}` |", entry.name);
    for (auto& [slice, shift] : shifts) {
      const int count = shift.count[entry.name];
      if (count < kBodies) {
        fmt::print(" unresolved |");
      } else {
        fmt::print(" {:+.2f}, {:.2f} |", shift.sum[entry.name] / count, std::sqrt(shift.square[entry.name] / count));
      }
    }
    fmt::print("\n");
  }
  return 0;
}
