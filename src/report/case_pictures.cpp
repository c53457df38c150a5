#include "report/case_pictures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "feature/texture_families.h"
#include "radtype/shape/harmonics.h"
#include "report/encode.h"

namespace radtype::report {
namespace {

using nlohmann::json;

constexpr double kCropMarginMm = 15;
constexpr std::int64_t kMostCropVoxels = 128;  ///< an axis
constexpr int kDrawnDegrees[] = {1, 2, 3, 5, 8, 12, 15};
/// Of an icosahedron: 2,562 vertices, about ten for each coefficient of degree 15.
constexpr int kSphereHalvings = 4;

/// Labels of another grid at the voxels of this one; 0 outside it.
std::vector<std::uint8_t> nearest_labels(const Grid& on, const Grid& from, const std::vector<std::uint8_t>& labels) {
  const Affine<Index, Index> step = from.index_from_lps() * on.lps_from_index();
  const Size3& size = on.size();
  const Size3& held = from.size();
  std::vector<std::uint8_t> found(static_cast<std::size_t>(on.voxel_count()), 0);
  std::size_t next = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i, ++next) {
        const Eigen::Vector3d place =
            step(Point<Index>(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k))).v;
        Size3 voxel{};
        bool inside = true;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          voxel[axis] = std::llround(place[static_cast<Eigen::Index>(axis)]);
          inside = inside && voxel[axis] >= 0 && voxel[axis] < held[axis];
        }
        if (inside)
          found[next] = labels[static_cast<std::size_t>((voxel[2] * held[1] + voxel[1]) * held[0] + voxel[0])];
      }
    }
  }
  return found;
}

/// Why a family gave nothing, or did not run.
std::string reason_of(const feature::CaseRow& region, const std::string& family) {
  for (const feature::FamilyReport& report : region.extraction.families) {
    if (report.family == family && !report.reason.empty()) return report.reason;
  }
  return region.extraction.reason.empty() ? "not measured" : region.extraction.reason;
}

std::vector<Layer> layers_of(const feature::CaseRow& region, const Reduction& by, json& missing) {
  std::vector<Layer> layers = {{"tumour", {{1, "tumour"}}, reduced(region.data.tumour, by).voxels}};
  if (const auto& around = region.extraction.neighbourhood) {
    std::vector<std::uint8_t> labels(around->zones.size());
    std::transform(around->zones.begin(), around->zones.end(), labels.begin(), feature::region_of);
    layers.push_back({"regions",
                      {{1, "core"}, {2, "rim"}, {3, "ring 0-5 mm"}, {4, "ring 5-10 mm"}},
                      nearest_labels(by.grid, around->grid, labels)});
  } else {
    missing["regions"] = reason_of(region, "regional");
  }
  if (const auto& habitats = region.extraction.habitats) {
    layers.push_back({"habitats",
                      {{1, "low"}, {2, "middle"}, {3, "high"}},
                      nearest_labels(by.grid, habitats->grid, habitats->habitat)});
  } else {
    missing["habitats"] = region.extraction.neighbourhood
                              ? json("the tumour is too small or too even to be divided into habitats")
                              : json(reason_of(region, "habitat"));
  }
  return layers;
}

/// Points spread over the unit sphere, triangles counter-clockwise seen from outside.
shape::TriangleMesh even_sphere(int halvings) {
  const double golden = (1 + std::sqrt(5.0)) / 2;
  shape::TriangleMesh mesh;
  mesh.vertices = {{-1, golden, 0}, {1, golden, 0}, {-1, -golden, 0}, {1, -golden, 0},
                   {0, -1, golden}, {0, 1, golden}, {0, -1, -golden}, {0, 1, -golden},
                   {golden, 0, -1}, {golden, 0, 1}, {-golden, 0, -1}, {-golden, 0, 1}};
  for (Eigen::Vector3d& vertex : mesh.vertices) vertex.normalize();
  mesh.triangles = {{0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
                    {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
                    {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}};
  for (int halving = 0; halving < halvings; ++halving) {
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> middles;
    const auto middle = [&](std::int32_t a, std::int32_t b) {
      const auto [place, fresh] =
          middles.try_emplace(std::minmax(a, b), static_cast<std::int32_t>(mesh.vertices.size()));
      if (fresh) {
        const Eigen::Vector3d sum =
            mesh.vertices[static_cast<std::size_t>(a)] + mesh.vertices[static_cast<std::size_t>(b)];
        mesh.vertices.push_back(sum.normalized());
      }
      return place->second;
    };
    std::vector<std::array<std::int32_t, 3>> finer;
    finer.reserve(mesh.triangles.size() * 4);
    for (const auto& [a, b, c] : mesh.triangles) {
      const std::int32_t ab = middle(a, b);
      const std::int32_t bc = middle(b, c);
      const std::int32_t ca = middle(c, a);
      finer.push_back({a, ab, ca});
      finer.push_back({b, bc, ab});
      finer.push_back({c, ca, bc});
      finer.push_back({ab, bc, ca});
    }
    mesh.triangles = std::move(finer);
  }
  return mesh;
}

void add_reconstructions(const shape::Spectrum& spectrum, CasePictures& pictures) {
  const shape::TriangleMesh sphere = even_sphere(kSphereHalvings);
  for (const int degree : kDrawnDegrees) {
    if (degree > spectrum.resolved_degree) break;
    const json drawn = surface_json(shape::reconstruct(spectrum.fit, sphere, sphere.vertices, degree));
    pictures.reconstructions.push_back({{"degree", degree}, {"vertices", drawn.at("vertices")}});
    pictures.reconstruction_triangles = drawn.at("triangles");
  }
  if (pictures.reconstructions.empty()) pictures.reconstructions_missing = "the scan resolves no degree of the shape";
}

}  // namespace

CasePictures picture_case(const StudyData& study, std::size_t row) {
  CasePictures pictures;
  const auto without = [&](const std::string& reason) {
    pictures.image_missing = reason;
    pictures.surface_missing = reason;
    pictures.reconstructions_missing = reason;
    return pictures;
  };
  const auto run = measure_again(study, row, {"shape_spectrum", "regional", "habitat"});
  if (!run) return without(run.error().to_string());
  const auto found = region_of(*run, study.table.rows[row]);
  if (!found) return without(found.error().to_string());
  const feature::CaseRow& region = **found;
  if (region.data.image) {
    const Reduction by =
        reduction(region.data.tumour.grid, box_around(region.data.tumour, kCropMarginMm), kMostCropVoxels);
    const std::vector<Layer> layers = layers_of(region, by, pictures.layers_missing);
    pictures.image = volume_json(reduced(*region.data.image, by), region.data.modality, layers);
  } else {
    pictures.image_missing = "the case has an outline and no image";
  }
  if (const auto& spectrum = region.extraction.spectrum) {
    pictures.surface = surface_json(spectrum->surface.mesh);
    add_reconstructions(*spectrum, pictures);
    return pictures;
  }
  pictures.reconstructions_missing = reason_of(region, "shape_spectrum");
  if (const auto surface = shape::extract_surface(region.data.tumour)) {
    pictures.surface = surface_json(surface->mesh);
  } else {
    pictures.surface_missing = surface.error().to_string();
  }
  return pictures;
}

}  // namespace radtype::report
