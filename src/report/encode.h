// Surfaces, volumes and JSON as the page takes them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/volume.h"
#include "radtype/io/image_source.h"
#include "radtype/shape/mesh.h"

namespace radtype::report {

/// RFC 4648, padded.
std::string base64(std::span<const std::uint8_t> bytes);
/// The bytes of numbers as they lie in memory: little-endian on every machine that radtype is built for.
template <class Number>
std::string base64_of(const std::vector<Number>& numbers) {
  return base64({reinterpret_cast<const std::uint8_t*>(numbers.data()), numbers.size() * sizeof(Number)});
}
/// One gzip member without a name or time: the same bytes for the same input.
std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes);

/// null for NaN and infinities.
nlohmann::json number_or_null(double value);
nlohmann::json numbers_or_null(const std::vector<double>& values);

/// JSON that may stand within a script element: <, >, &, U+2028 and U+2029 only as escapes; bytes that are no UTF-8
/// become U+FFFD.
std::string script_safe(const nlohmann::json& document);

/// {"vertices", "triangles", "vertex_count", "triangle_count"}
nlohmann::json surface_json(const shape::TriangleMesh& mesh);

/// Labels of a volume's voxels, on its grid.
struct Layer {
  std::string name;
  std::vector<std::pair<int, std::string>> labels;  ///< value, name
  std::vector<std::uint8_t> voxels;
};

/// A crop by whole voxels, then means over blocks of whole voxels (each axis by itself, so that it has at most `most`
/// voxels). Voxels without a finite value count for nothing; a block of none but those is NaN. What does not fill a
/// block at the far end of an axis is left out.
struct Reduction {
  Box box;  ///< of the source grid: that part of it which fills blocks
  Size3 stride{1, 1, 1};
  Grid grid;  ///< of the result; its voxel centres are those of the blocks
};
Reduction reduction(const Grid& source, const Box& box, std::int64_t most);
Image reduced(const Image& source, const Reduction& by);
/// 1 where at least half of a block is not 0.
Mask reduced(const Mask& source, const Reduction& by);

/// The box of the voxels that are not 0, widened by a margin on each side and cut at the grid's border.
Box box_around(const Mask& mask, double margin_mm);

/// int16, gzip, base64. `modality` CT: HU to whole numbers. Others: what lies between the 0.1st and 99.9th percentile
/// in 4096 steps, the rest at the ends. Voxels without a finite value become the lowest. A
/// layer of another number of voxels is an InternalError.
nlohmann::json volume_json(const Image& image, std::optional<io::Modality> modality, const std::vector<Layer>& layers);

}  // namespace radtype::report
