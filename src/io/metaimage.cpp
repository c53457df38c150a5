// MetaImage headers (metaimage): fields, checks, geometry as ITK reads it (LPS).
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "header_text.h"
#include "radtype/core/text.h"
#include "volume_header.h"

namespace radtype::io {
namespace {

constexpr std::size_t kMaxFields = 4096;

struct Fields {
  std::map<std::string, std::string> values;  ///< as written: MetaImage keys are case-sensitive
  std::uint64_t end = 0;                      ///< first byte after the ElementDataFile line

  std::string_view get(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view{} : std::string_view(found->second);
  }
  bool has(const std::string& name) const { return values.contains(name); }
  /// The first of several names of one field that the header has; "" for none.
  std::string first_of(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (has(name)) return name;
    }
    return "";
  }
};

Result<Fields> read_fields(const ByteSource& bytes) {
  LineReader lines(bytes);
  Fields fields;
  while (!fields.has("ElementDataFile")) {
    auto next = lines.next();
    if (!next) return pass_on(std::move(next));
    if (!next->has_value()) {
      return fail(ErrorCode::kCorrupt,
                  "the header ends without ElementDataFile: this is no MetaImage, or it is truncated");
    }
    const std::string& line = **next;
    if (trimmed(line).empty()) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format("the header has a line that is not 'Key = Value': '{}'; it is damaged", line.substr(0, 60)));
    }
    const std::string name(trimmed(std::string_view(line).substr(0, equals)));
    if (!fields.values.emplace(name, trimmed(std::string_view(line).substr(equals + 1))).second) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("the field '{}' is given twice: correct the header", name.substr(0, 60)));
    }
    if (fields.values.size() > kMaxFields)
      return fail(ErrorCode::kCorrupt, "the header has over 4096 fields: it is damaged");
  }
  fields.end = lines.position();
  return fields;
}

Result<bool> read_bool(const Fields& fields, const std::string& name, bool otherwise) {
  if (!fields.has(name)) return otherwise;
  const std::string word = lower_case(fields.get(name));
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return fail(ErrorCode::kCorrupt,
              fmt::format("{} is '{}'; it must be True or False: correct the header", name, word.substr(0, 60)));
}

Result<VoxelType> read_type(std::string_view word) {
  static constexpr std::pair<std::string_view, VoxelType> kTypes[] = {
      {"MET_CHAR", VoxelType::kInt8},         {"MET_UCHAR", VoxelType::kUint8},   {"MET_SHORT", VoxelType::kInt16},
      {"MET_USHORT", VoxelType::kUint16},     {"MET_INT", VoxelType::kInt32},     {"MET_UINT", VoxelType::kUint32},
      {"MET_LONG", VoxelType::kInt32},        {"MET_ULONG", VoxelType::kUint32},  {"MET_LONG_LONG", VoxelType::kInt64},
      {"MET_ULONG_LONG", VoxelType::kUint64}, {"MET_FLOAT", VoxelType::kFloat32}, {"MET_DOUBLE", VoxelType::kFloat64},
  };
  for (const auto& [name, type] : kTypes) {
    if (word == name) return type;
  }
  if (word.ends_with("_ARRAY") || word == "MET_STRING" || word == "MET_OTHER" || word == "MET_ASCII_CHAR") {
    return fail(ErrorCode::kUnsupported,
                fmt::format("voxels of type {} are not read; write one plain number per voxel (MET_SHORT, ...)", word));
  }
  return fail(ErrorCode::kCorrupt,
              fmt::format("ElementType '{}' is not known: correct the header", word.substr(0, 60)));
}

/// What would change the meaning of the voxels and is not read.
Result<void> check_supported(const Fields& fields) {
  const auto unless = [&](const std::string& name, std::initializer_list<std::string_view> allowed) -> Result<void> {
    if (!fields.has(name) || std::find(allowed.begin(), allowed.end(), fields.get(name)) != allowed.end()) return {};
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} = {} is not read; write one plain number per voxel, as binary, with ITK or SimpleITK",
                            name, fields.get(name).substr(0, 60)));
  };
  for (auto ok : {unless("ObjectType", {"Image"}), unless("ElementNumberOfChannels", {"1"}),
                  unless("BinaryData", {"True", "true", "1"}), unless("ElementToIntensityFunctionSlope", {"1"}),
                  unless("ElementToIntensityFunctionOffset", {"0"})}) {
    if (!ok) return ok;
  }
  return {};
}

Result<Grid> read_grid(const Fields& fields, ImageInfo& info) {
  auto dimension = parse_one_integer(fields.get("NDims"), "NDims");
  if (!dimension) return pass_on(std::move(dimension));
  if (*dimension != 2 && *dimension != 3) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("NDims is {}; 2-D and 3-D images are read: take one volume, e.g. with SimpleITK's Extract",
                            *dimension));
  }
  const auto count = static_cast<std::size_t>(*dimension);
  auto sizes = parse_integers(fields.get("DimSize"), count, "DimSize");
  if (!sizes) return pass_on(std::move(sizes));
  const Size3 size{(*sizes)[0], (*sizes)[1], count == 3 ? (*sizes)[2] : 1};
  if (auto ok = check_size(size, "DimSize"); !ok) return pass_on(std::move(ok));

  const std::string spacing_name = fields.first_of({"ElementSpacing", "ElementSize"});
  if (spacing_name.empty()) {
    return fail(ErrorCode::kCorrupt, "the header gives no ElementSpacing: lengths cannot be measured; add it");
  }
  if (spacing_name == "ElementSize") info.notes.push_back("the header gives no ElementSpacing; ElementSize is used");
  auto spacing = parse_numbers(fields.get(spacing_name), " \t", count, spacing_name);
  if (!spacing) return pass_on(std::move(spacing));
  if (count == 2) {
    spacing->push_back(1);
    info.notes.push_back("the image is 2-D; a slice thickness of 1 mm and axes to left and posterior assumed");
  } else if (size[2] == 1) {
    info.notes.push_back("the image is one slice");
  }
  if (auto ok = check_spacing(Eigen::Vector3d(spacing->data()), spacing_name); !ok) return pass_on(std::move(ok));

  Eigen::Matrix3d direction = Eigen::Matrix3d::Identity();
  const std::string direction_name = fields.first_of({"TransformMatrix", "Rotation", "Orientation"});
  if (direction_name.empty()) {
    info.notes.push_back("the header gives no TransformMatrix; axes to left, posterior and superior assumed");
  } else {
    auto numbers = parse_numbers(fields.get(direction_name), " \t", count * count, direction_name);
    if (!numbers) return pass_on(std::move(numbers));
    if (auto ok = check_finite(*numbers, direction_name); !ok) return pass_on(std::move(ok));
    // Axis by axis: the first numbers are the direction of the first index axis.
    for (std::size_t n = 0; n < numbers->size(); ++n) {
      direction(static_cast<Eigen::Index>(n % count), static_cast<Eigen::Index>(n / count)) = (*numbers)[n];
    }
  }
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();
  const std::string origin_name = fields.first_of({"Offset", "Position", "Origin"});
  if (origin_name.empty()) {
    info.notes.push_back("the header gives no Offset; origin 0 assumed");
  } else {
    auto numbers = parse_numbers(fields.get(origin_name), " \t", count, origin_name);
    if (!numbers) return pass_on(std::move(numbers));
    if (auto ok = check_finite(*numbers, origin_name); !ok) return pass_on(std::move(ok));
    std::copy(numbers->begin(), numbers->end(), origin.data());
  }
  double mm = 1;
  if (fields.has("DistanceUnits") && fields.get("DistanceUnits") != "?") {
    auto unit = mm_per_unit(fields.get("DistanceUnits"));
    if (!unit) return pass_on(std::move(unit));
    mm = *unit;
  }
  return make_grid(size, Eigen::Vector3d(spacing->data()) * mm, direction, origin * mm);
}

Result<bool> read_big_endian(const Fields& fields, VoxelType type, std::vector<std::string>& notes) {
  const std::string name = fields.first_of({"ElementByteOrderMSB", "BinaryDataByteOrderMSB"});
  if (name.empty() && byte_count(type) > 1) notes.push_back("the header gives no byte order; little-endian assumed");
  auto element = read_bool(fields, "ElementByteOrderMSB", false);
  auto binary = read_bool(fields, "BinaryDataByteOrderMSB", false);
  if (!element) return element;
  if (!binary) return binary;
  if (fields.has("ElementByteOrderMSB") && fields.has("BinaryDataByteOrderMSB") && *element != *binary) {
    return fail(ErrorCode::kCorrupt,
                "ElementByteOrderMSB and BinaryDataByteOrderMSB contradict each other: correct the header");
  }
  return *element || *binary;
}

/// The file that holds the voxels, and where in it the header's own bytes end.
Result<void> find_data(const Fields& fields, const std::shared_ptr<ByteSource>& own, const OpenSibling& open_sibling,
                       VoxelData& data) {
  const std::string name(fields.get("ElementDataFile"));
  if (lower_case(name) == "local") {
    data.bytes = own;
    data.begin = fields.end;
    return {};
  }
  if (name == "LIST" || name.starts_with("LIST ") || name.find('%') != std::string::npos) {
    return fail(
        ErrorCode::kUnsupported,
        "the voxels are spread over several data files; join them in one, e.g. by reading and writing with SimpleITK");
  }
  if (auto ok = check_sibling_name(name); !ok) return ok;
  if (!open_sibling)
    return fail(ErrorCode::kUnsupported, fmt::format("the header's data file '{}' cannot be opened here", name));
  auto sibling = open_sibling(name);
  if (!sibling) return pass_on(std::move(sibling), "the data file of a MetaImage header");
  data.bytes = *sibling;
  return {};
}

Result<void> locate_data(const Fields& fields, const ImageInfo& info, VoxelData& data) {
  const std::uint64_t file_end = data.bytes->size();
  data.end = file_end;
  if (fields.has("HeaderSize")) {
    // Counted from the start of the file, also for LOCAL; -1: the voxels are its last bytes.
    auto size = parse_one_integer(fields.get("HeaderSize"), "HeaderSize");
    if (!size) return pass_on(std::move(size));
    const std::uint64_t need = static_cast<std::uint64_t>(info.grid.voxel_count()) * byte_count(data.type);
    const bool possible = *size >= -1 && (*size <= 0 || static_cast<std::uint64_t>(*size) >= data.begin) &&
                          *size <= static_cast<std::int64_t>(file_end) && !(*size == -1 && data.compressed);
    if (!possible) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format(
              "HeaderSize is {}; it must lie within the data file (or be -1, for raw data alone): correct the header",
              *size));
    }
    if (*size > 0) data.begin = static_cast<std::uint64_t>(*size);
    // A file too short is refused by open_stream.
    if (*size == -1 && file_end >= data.begin + need) data.begin = file_end - need;
  }
  if (data.compressed && fields.has("CompressedDataSize")) {
    auto size = parse_one_integer(fields.get("CompressedDataSize"), "CompressedDataSize");
    if (!size) return pass_on(std::move(size));
    const std::uint64_t have = file_end > data.begin ? file_end - data.begin : 0;
    if (*size < 1 || static_cast<std::uint64_t>(*size) > have) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format("CompressedDataSize is {} and the file holds {} bytes of data: it is truncated; copy it again",
                      *size, have));
    }
    data.end = data.begin + static_cast<std::uint64_t>(*size);
  }
  return {};
}

}  // namespace

Result<VolumeHeader> read_metaimage_header(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling) {
  auto fields = read_fields(*bytes);
  if (!fields) return pass_on(std::move(fields));
  if (auto ok = check_supported(*fields); !ok) return pass_on(std::move(ok));
  VolumeHeader header;
  header.info.format = "MetaImage";
  auto type = read_type(fields->get("ElementType"));
  if (!type) return pass_on(std::move(type));
  header.data.type = *type;
  auto grid = read_grid(*fields, header.info);
  if (!grid) return pass_on(std::move(grid), "the MetaImage header");
  header.info.grid = *grid;
  if (fields->get("Modality") == "MET_MOD_CT") header.info.modality = Modality::kCt;
  if (fields->get("Modality") == "MET_MOD_MR") header.info.modality = Modality::kMr;
  auto compressed = read_bool(*fields, "CompressedData", false);
  if (!compressed) return pass_on(std::move(compressed));
  header.data.compressed = *compressed;
  auto big_endian = read_big_endian(*fields, *type, header.info.notes);
  if (!big_endian) return pass_on(std::move(big_endian));
  header.data.big_endian = *big_endian;
  if (auto ok = find_data(*fields, bytes, open_sibling, header.data); !ok) return pass_on(std::move(ok));
  if (auto ok = locate_data(*fields, header.info, header.data); !ok) return pass_on(std::move(ok));
  return header;
}

Result<std::unique_ptr<ImageSource>> open_metaimage(std::shared_ptr<ByteSource> bytes,
                                                    const OpenSibling& open_sibling) {
  auto header = read_metaimage_header(std::move(bytes), open_sibling);
  if (!header) return pass_on(std::move(header));
  return open_stream(std::move(*header));
}

}  // namespace radtype::io
