#include "report/encode.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <zlib.h>

#include "feature/slice_view.h"

namespace radtype::report {
namespace {

using nlohmann::json;
static_assert(std::endian::native == std::endian::little);

constexpr double kStepsOfIntensity = 4095;
constexpr double kLowestShare = 0.001;

/// Calls sum(block, offset of a source voxel) for every voxel that takes part.
template <class Visit>
void for_blocks(const Grid& source, const Reduction& by, const Visit& visit) {
  const Size3& size = source.size();
  const Size3& to = by.grid.size();
  for (std::int64_t k = by.box.lo[2]; k < by.box.hi[2]; ++k) {
    for (std::int64_t j = by.box.lo[1]; j < by.box.hi[1]; ++j) {
      const std::int64_t row = ((k - by.box.lo[2]) / by.stride[2] * to[1] + (j - by.box.lo[1]) / by.stride[1]) * to[0];
      for (std::int64_t i = by.box.lo[0]; i < by.box.hi[0]; ++i) {
        visit(static_cast<std::size_t>(row + (i - by.box.lo[0]) / by.stride[0]),
              static_cast<std::size_t>((k * size[1] + j) * size[0] + i));
      }
    }
  }
}

std::string packed(const void* data, std::size_t bytes) {
  return base64(gzip({static_cast<const std::uint8_t*>(data), bytes}));
}

struct Range {
  double low = 0;
  double high = 1;
};
Range intensity_range(const std::vector<float>& finite) {
  if (finite.empty()) return {};
  std::vector<float> values = finite;
  const auto quantile = [&](double share) {
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), nth, values.end());
    return static_cast<double>(*nth);
  };
  const double low = quantile(kLowestShare);
  const double high = quantile(1 - kLowestShare);
  return {low, high > low ? high : low + 1};
}

}  // namespace

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t n = 0; n < bytes.size(); n += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - n);
    std::uint32_t word = static_cast<std::uint32_t>(bytes[n]) << 16;
    if (left > 1) word |= static_cast<std::uint32_t>(bytes[n + 1]) << 8;
    if (left > 2) word |= bytes[n + 2];
    for (std::size_t digit = 0; digit < 4; ++digit)
      text += digit <= left ? kDigits[(word >> (18 - 6 * digit)) & 63] : '=';
  }
  return text;
}

std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes) {
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemory = 8;
  z_stream stream{};
  RADTYPE_CHECK(bytes.size() < (std::size_t{1} << 31));
  RADTYPE_CHECK(deflateInit2(&stream, 6, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<std::uint8_t> out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int state = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  RADTYPE_CHECK(state == Z_STREAM_END);
  return out;
}

json number_or_null(double value) { return std::isfinite(value) ? json(value) : json(); }

json numbers_or_null(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number_or_null(value));
  return list;
}

std::string script_safe(const json& document) {
  const std::string text = document.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size() + text.size() / 16);
  for (std::size_t n = 0; n < text.size(); ++n) {
    const char c = text[n];
    if (c == '<') {
      safe += "\\u003c";
    } else if (c == '>') {
      safe += "\\u003e";
    } else if (c == '&') {
      safe += "\\u0026";
    } else if (text.compare(n, 3, "\xE2\x80\xA8") == 0 || text.compare(n, 3, "\xE2\x80\xA9") == 0) {
      safe += text[n + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      n += 2;
    } else {
      safe += c;
    }
  }
  return safe;
}

json surface_json(const shape::TriangleMesh& mesh) {
  std::vector<float> vertices;
  for (const Eigen::Vector3d& vertex : mesh.vertices) {
    for (int axis = 0; axis < 3; ++axis) vertices.push_back(static_cast<float>(vertex[axis]));
  }
  std::vector<std::uint32_t> triangles;
  for (const auto& triangle : mesh.triangles) {
    for (const std::int32_t corner : triangle) triangles.push_back(static_cast<std::uint32_t>(corner));
  }
  return {{"vertices", base64_of(vertices)},
          {"triangles", base64_of(triangles)},
          {"vertex_count", mesh.vertices.size()},
          {"triangle_count", mesh.triangles.size()}};
}

Reduction reduction(const Grid& source, const Box& box, std::int64_t most) {
  RADTYPE_CHECK(!box.empty() && most > 0);
  Reduction by;
  by.box = box;
  Size3 size{};
  Eigen::Vector3d first;
  Eigen::Vector3d spacing = source.spacing_mm();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::int64_t length = box.size()[axis];
    const std::int64_t stride = (length + most - 1) / most;
    size[axis] = length / stride;
    by.stride[axis] = stride;
    by.box.hi[axis] = box.lo[axis] + size[axis] * stride;
    const auto a = static_cast<Eigen::Index>(axis);
    first[a] = static_cast<double>(box.lo[axis]) + 0.5 * static_cast<double>(stride - 1);
    spacing[a] *= static_cast<double>(stride);
  }
  auto grid = make_grid(size, spacing, source.direction(), source.lps_from_index()(Point<Index>(first)).v);
  RADTYPE_CHECK(grid);
  by.grid = *grid;
  return by;
}

Image reduced(const Image& source, const Reduction& by) {
  Image result(by.grid);
  std::vector<double> sums(result.voxels.size(), 0);
  std::vector<std::int32_t> counts(result.voxels.size(), 0);
  for_blocks(source.grid, by, [&](std::size_t block, std::size_t voxel) {
    if (!std::isfinite(source.voxels[voxel])) return;
    sums[block] += static_cast<double>(source.voxels[voxel]);
    ++counts[block];
  });
  for (std::size_t n = 0; n < sums.size(); ++n) {
    result.voxels[n] =
        counts[n] > 0 ? static_cast<float>(sums[n] / counts[n]) : std::numeric_limits<float>::quiet_NaN();
  }
  return result;
}

Mask reduced(const Mask& source, const Reduction& by) {
  Mask result(by.grid);
  std::vector<std::int64_t> inside(result.voxels.size(), 0);
  for_blocks(source.grid, by,
             [&](std::size_t block, std::size_t voxel) { inside[block] += source.voxels[voxel] != 0; });
  const std::int64_t voxels = by.stride[0] * by.stride[1] * by.stride[2];
  for (std::size_t n = 0; n < inside.size(); ++n) result.voxels[n] = 2 * inside[n] >= voxels ? 1 : 0;
  return result;
}

Box box_around(const Mask& mask, double margin_mm) {
  const Size3& size = mask.grid.size();
  Box box{size, {0, 0, 0}};
  std::size_t n = 0;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        if (mask.voxels[n++] == 0) continue;
        const Size3 place{i, j, k};
        for (std::size_t axis = 0; axis < 3; ++axis) {
          box.lo[axis] = std::min(box.lo[axis], place[axis]);
          box.hi[axis] = std::max(box.hi[axis], place[axis] + 1);
        }
      }
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto margin =
        static_cast<std::int64_t>(std::ceil(margin_mm / mask.grid.spacing_mm()[static_cast<Eigen::Index>(axis)]));
    box.lo[axis] -= margin;
    box.hi[axis] += margin;
  }
  return intersection(box, mask.grid.box());
}

json volume_json(const Image& image, std::optional<io::Modality> modality, const std::vector<Layer>& layers) {
  const bool ct = modality == io::Modality::kCt;
  std::vector<float> finite;
  for (const float value : image.voxels) {
    if (std::isfinite(value)) finite.push_back(value);
  }
  const Range range = intensity_range(finite);
  const double slope = ct ? 1 : (range.high - range.low) / kStepsOfIntensity;
  const double intercept = ct ? 0 : range.low;
  const double lowest = ct ? -32768 : 0;
  const double highest = ct ? 32767 : kStepsOfIntensity;
  std::vector<std::int16_t> stored;
  for (const float value : image.voxels) {
    const double step = (static_cast<double>(value) - intercept) / slope;
    stored.push_back(
        static_cast<std::int16_t>(std::isfinite(step) ? std::clamp(std::round(step), lowest, highest) : lowest));
  }
  feature::CaseData shown;
  shown.modality = modality;
  shown.image = Image(image.grid);
  shown.image->voxels = finite;
  const feature::Window window = finite.empty() ? feature::Window{0, 1} : feature::choose_window(shown);

  const Affine<LpsMm, Index> affine = image.grid.lps_from_index();
  json matrix = json::array();
  for (Eigen::Index row = 0; row < 3; ++row) {
    for (Eigen::Index column = 0; column < 3; ++column) matrix.push_back(affine.linear(row, column));
    matrix.push_back(affine.offset[row]);
  }
  for (const double last : {0., 0., 0., 1.}) matrix.push_back(last);

  json listed = json::array();
  for (const Layer& layer : layers) {
    RADTYPE_CHECK(layer.voxels.size() == image.voxels.size());
    json labels = json::array();
    for (const auto& [value, name] : layer.labels) labels.push_back({{"value", value}, {"name", name}});
    listed.push_back(
        {{"name", layer.name}, {"labels", labels}, {"voxels", packed(layer.voxels.data(), layer.voxels.size())}});
  }
  const Size3& size = image.grid.size();
  return {{"size", {size[0], size[1], size[2]}},
          {"lps_from_index", matrix},
          {"type", "int16"},
          {"slope", slope},
          {"intercept", intercept},
          {"unit", ct ? "HU" : ""},
          {"window", {{"centre", (window.low + window.high) / 2}, {"width", window.high - window.low}}},
          {"voxels", packed(stored.data(), stored.size() * sizeof(std::int16_t))},
          {"layers", listed}};
}

}  // namespace radtype::report
