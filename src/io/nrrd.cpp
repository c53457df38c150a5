// NRRD headers (nrrd): fields, checks, and the three named patient spaces.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "header_text.h"
#include "inflate.h"
#include "radtype/core/text.h"
#include "volume_header.h"

namespace radtype::io {
namespace {

constexpr std::size_t kMaxNrrdFields = 4096;

struct NrrdFields {
  std::map<std::string, std::string> values;  ///< by lower-case name
  std::uint64_t end = 0;                      ///< first byte after the header

  /// Empty where the header does not have the field.
  std::string_view get(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view{} : trimmed(found->second);
  }
  bool has(const std::string& name) const { return values.contains(name); }
};

/// "space units" and "spaceunits" are one field, and so on.
std::string canonical(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
      {"datafile", "data file"}, {"lineskip", "line skip"}, {"byteskip", "byte skip"}};
  const std::string lower = lower_case(trimmed(name));
  for (const auto& [alias, standard] : kAliases) {
    if (lower == alias) return std::string(standard);
  }
  return lower;
}

Result<NrrdFields> read_nrrd_fields(const ByteSource& bytes) {
  LineReader lines(bytes);
  auto magic = lines.next();
  if (!magic) return pass_on(std::move(magic));
  const std::string first = magic->value_or("");
  if (first.size() != 8 || !first.starts_with("NRRD000") || first[7] < '1' || first[7] > '5') {
    return fail(ErrorCode::kCorrupt,
                "the first line is not 'NRRD0001' to 'NRRD0005': this is no NRRD file, or damaged");
  }
  NrrdFields fields;
  while (true) {
    auto next = lines.next();
    if (!next) return pass_on(std::move(next));
    if (!next->has_value() || (*next)->empty()) break;  // a blank line, or the end of a detached header
    const std::string& line = **next;
    const std::size_t colon = line.find(':');
    if (line[0] == '#') continue;
    // "key:=value" pairs are free text; a field is "name: value".
    if (colon != std::string::npos && line.compare(colon, 2, ":=") == 0) continue;
    if (colon == std::string::npos) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format(
              "the header has a line without a colon: '{}'; it is damaged, or the blank line at its end is missing",
              line.substr(0, 60)));
    }
    const std::string name = canonical(line.substr(0, colon));
    if (!fields.values.emplace(name, line.substr(colon + 1)).second) {
      return fail(ErrorCode::kCorrupt, fmt::format("the field '{}' is given twice: correct the header", name));
    }
    if (fields.values.size() > kMaxNrrdFields)
      return fail(ErrorCode::kCorrupt, "the header has over 4096 fields: it is damaged");
  }
  fields.end = lines.position();
  for (const char* name : {"type", "dimension", "sizes", "encoding"}) {
    if (fields.has(name)) continue;
    return fail(ErrorCode::kCorrupt, fmt::format("the field '{}' is missing: the header is damaged", name));
  }
  return fields;
}

Result<VoxelType> read_nrrd_type(std::string_view word) {
  static constexpr std::pair<std::string_view, VoxelType> kTypes[] = {
      {"signed char", VoxelType::kInt8},
      {"int8", VoxelType::kInt8},
      {"int8_t", VoxelType::kInt8},
      {"uchar", VoxelType::kUint8},
      {"unsigned char", VoxelType::kUint8},
      {"uint8", VoxelType::kUint8},
      {"uint8_t", VoxelType::kUint8},
      {"short", VoxelType::kInt16},
      {"short int", VoxelType::kInt16},
      {"signed short", VoxelType::kInt16},
      {"signed short int", VoxelType::kInt16},
      {"int16", VoxelType::kInt16},
      {"int16_t", VoxelType::kInt16},
      {"ushort", VoxelType::kUint16},
      {"unsigned short", VoxelType::kUint16},
      {"unsigned short int", VoxelType::kUint16},
      {"uint16", VoxelType::kUint16},
      {"uint16_t", VoxelType::kUint16},
      {"int", VoxelType::kInt32},
      {"signed int", VoxelType::kInt32},
      {"int32", VoxelType::kInt32},
      {"int32_t", VoxelType::kInt32},
      {"uint", VoxelType::kUint32},
      {"unsigned int", VoxelType::kUint32},
      {"uint32", VoxelType::kUint32},
      {"uint32_t", VoxelType::kUint32},
      {"longlong", VoxelType::kInt64},
      {"long long", VoxelType::kInt64},
      {"long long int", VoxelType::kInt64},
      {"signed long long", VoxelType::kInt64},
      {"signed long long int", VoxelType::kInt64},
      {"int64", VoxelType::kInt64},
      {"int64_t", VoxelType::kInt64},
      {"ulonglong", VoxelType::kUint64},
      {"unsigned long long", VoxelType::kUint64},
      {"unsigned long long int", VoxelType::kUint64},
      {"uint64", VoxelType::kUint64},
      {"uint64_t", VoxelType::kUint64},
      {"float", VoxelType::kFloat32},
      {"double", VoxelType::kFloat64},
  };
  const std::string lower = lower_case(word);
  for (const auto& [name, type] : kTypes) {
    if (lower == name) return type;
  }
  if (lower == "block") {
    return fail(ErrorCode::kUnsupported, "voxels of type 'block' (opaque bytes) are not read; write plain numbers");
  }
  return fail(ErrorCode::kCorrupt, fmt::format("'{}' is not a NRRD type: correct the header", word.substr(0, 60)));
}

/// Three sizes; a 2-D image gets a third of 1.
Result<Size3> read_size(const NrrdFields& fields, std::int64_t dimension) {
  if (dimension != 2 && dimension != 3) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the image has {} axes; 2-D and 3-D images of one number per voxel are read: take one component, "
                    "time or segmentation layer (e.g. `unu slice`, or export it from 3D Slicer)",
                    dimension));
  }
  auto sizes = parse_integers(fields.get("sizes"), static_cast<std::size_t>(dimension), "'sizes'");
  if (!sizes) return pass_on(std::move(sizes));
  const Size3 size{(*sizes)[0], (*sizes)[1], dimension == 3 ? (*sizes)[2] : 1};
  if (auto ok = check_size(size, "'sizes'"); !ok) return pass_on(std::move(ok));
  static constexpr std::string_view kSpatial[] = {"domain", "space", "none", "???"};
  for (const std::string_view kind : split(fields.get("kinds"), " \t")) {
    if (std::find(std::begin(kSpatial), std::end(kSpatial), lower_case(kind)) != std::end(kSpatial)) continue;
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("an axis is of kind '{}'; only axes of space are read: take one component (e.g. `unu slice`)",
                    kind));
  }
  return size;
}

/// Signs that turn the file's space into LPS.
Result<Eigen::Vector3d> read_space(const NrrdFields& fields, std::vector<std::string>& notes) {
  const std::string space = lower_case(fields.get("space"));
  if (space == "left-posterior-superior" || space == "lps") return Eigen::Vector3d(1, 1, 1);
  if (space == "right-anterior-superior" || space == "ras") return Eigen::Vector3d(-1, -1, 1);
  if (space == "left-anterior-superior" || space == "las") return Eigen::Vector3d(1, -1, 1);
  if (!space.empty()) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the space '{}' does not say where the patient's left, back and head are; write the image "
                            "in left-posterior-superior, right-anterior-superior or left-anterior-superior",
                            space));
  }
  if (fields.has("space dimension") && fields.get("space dimension") != "3") {
    return fail(ErrorCode::kUnsupported,
                fmt::format("'space dimension' is {}; images in a space of 3 dimensions are read",
                            fields.get("space dimension")));
  }
  notes.push_back("the header names no patient space; left-posterior-superior assumed");
  return Eigen::Vector3d(1, 1, 1);
}

/// mm per unit, from the quoted words of `field`, which must agree.
Result<double> read_unit(std::string_view words, std::string_view field, std::vector<std::string>& notes) {
  std::optional<std::string> unit;
  std::vector<std::string_view> parts = split(words, "\"");
  for (const std::string_view part : parts) {
    const std::string word(trimmed(part));
    if (word.empty() || word == "???") continue;
    if (unit && *unit != word) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("{} names different units for the axes: correct the header", field));
    }
    unit = word;
  }
  if (unit) return mm_per_unit(*unit);
  if (!words.empty()) notes.push_back(fmt::format("{} is empty; mm assumed", field));
  return 1.0;
}

/// "(1,0,0) (0,1,0) (0,0,1)": one vector in space per axis.
Result<Eigen::Matrix3d> read_directions(std::string_view text, std::int64_t dimension) {
  if (lower_case(text).find("none") != std::string::npos) {
    return fail(ErrorCode::kUnsupported,
                "'space directions' holds 'none': an axis is not one of space; take one component (e.g. `unu slice`)");
  }
  auto numbers = parse_numbers(text, "(), \t", 3 * static_cast<std::size_t>(dimension), "'space directions'");
  if (!numbers) return pass_on(std::move(numbers));
  if (auto ok = check_finite(*numbers, "'space directions'"); !ok) return pass_on(std::move(ok));
  Eigen::Matrix3d linear = Eigen::Matrix3d::Zero();
  for (std::size_t n = 0; n < numbers->size(); ++n) {
    linear(static_cast<Eigen::Index>(n % 3), static_cast<Eigen::Index>(n / 3)) = (*numbers)[n];
  }
  return linear;
}

Result<Grid> read_nrrd_grid(const NrrdFields& fields, ImageInfo& info) {
  auto dimension = parse_one_integer(fields.get("dimension"), "'dimension'");
  if (!dimension) return pass_on(std::move(dimension));
  auto size = read_size(fields, *dimension);
  if (!size) return pass_on(std::move(size));
  auto to_lps = read_space(fields, info.notes);
  if (!to_lps) return pass_on(std::move(to_lps));

  Affine<LpsMm, Index> map;
  const bool oriented = fields.has("space directions");
  if (oriented) {
    auto directions = read_directions(fields.get("space directions"), *dimension);
    if (!directions) return pass_on(std::move(directions));
    map.linear = *directions;
  } else if (fields.has("spacings")) {
    auto spacings = parse_numbers(fields.get("spacings"), " \t", static_cast<std::size_t>(*dimension), "'spacings'");
    if (!spacings) return pass_on(std::move(spacings));
    if (*dimension == 2) spacings->push_back(1);
    const Eigen::Vector3d spacing(spacings->data());
    if (auto ok = check_spacing(spacing, "'spacings'"); !ok) return pass_on(std::move(ok));
    map.linear = spacing.asDiagonal();
    info.notes.push_back("the header gives no orientation ('space directions'); axes along those of space assumed");
  } else {
    return fail(
        ErrorCode::kCorrupt,
        "the header gives no voxel spacing ('space directions' or 'spacings'): lengths cannot be measured; add it");
  }
  const char* unit_field = oriented ? "space units" : "units";
  auto mm = read_unit(fields.get(unit_field), unit_field, info.notes);
  if (!mm) return pass_on(std::move(mm));
  map.linear *= *mm;
  if (*dimension == 2) {
    map.linear = with_normal(map.linear);
    info.notes.push_back("the image is 2-D; a slice thickness of 1 mm assumed");
  } else if ((*size)[2] == 1) {
    info.notes.push_back("the image is one slice");
  }
  if (oriented) {
    if (auto ok = check_spacing(map.linear.colwise().norm().transpose(), "'space directions'"); !ok) {
      return pass_on(std::move(ok));
    }
  }
  if (fields.has("space origin")) {
    auto origin = parse_numbers(fields.get("space origin"), "(), \t", 3, "'space origin'");
    if (!origin) return pass_on(std::move(origin));
    if (auto ok = check_finite(*origin, "'space origin'"); !ok) return pass_on(std::move(ok));
    map.offset = Eigen::Vector3d(origin->data()) * *mm;
  } else {
    info.notes.push_back("the header gives no origin; 0 assumed");
  }
  map.linear = to_lps->asDiagonal() * map.linear;
  map.offset = to_lps->asDiagonal() * map.offset;
  return make_grid(*size, map);
}

Result<bool> read_big_endian(const NrrdFields& fields, VoxelType type) {
  const std::string endian = lower_case(fields.get("endian"));
  if (endian == "big") return true;
  if (endian == "little" || (endian.empty() && byte_count(type) == 1)) return false;
  return fail(
      ErrorCode::kCorrupt,
      fmt::format("'endian' is '{}'; it must be 'little' or 'big' for voxels of several bytes: correct the header",
                  endian));
}

Result<bool> read_compressed(const NrrdFields& fields) {
  const std::string encoding = lower_case(fields.get("encoding"));
  if (encoding == "raw") return false;
  if (encoding == "gzip" || encoding == "gz") return true;
  return fail(
      ErrorCode::kUnsupported,
      fmt::format("the encoding '{}' is not read; convert to raw or gzip, e.g. `unu save -f nrrd -e gzip -i IN -o OUT`",
                  encoding));
}

/// The data file of a detached header; the header's own file where it names none.
Result<std::shared_ptr<ByteSource>> find_data(const NrrdFields& fields, const std::shared_ptr<ByteSource>& own,
                                              const OpenSibling& open_sibling) {
  if (!fields.has("data file")) return own;
  const std::string name(fields.get("data file"));
  if (name == "LIST" || name.starts_with("LIST ") || name.find('%') != std::string::npos) {
    return fail(
        ErrorCode::kUnsupported,
        "the voxels are spread over several data files; join them in one, e.g. `unu save -f nrrd -i IN -o OUT.nrrd`");
  }
  if (auto ok = check_sibling_name(name); !ok) return pass_on(std::move(ok));
  if (!open_sibling)
    return fail(ErrorCode::kUnsupported, fmt::format("the header's data file '{}' cannot be opened here", name));
  auto data = open_sibling(name);
  if (!data) return pass_on(std::move(data), "the data file of a NRRD header");
  return data;
}

Result<void> locate_nrrd_data(const NrrdFields& fields, const ImageInfo& info, VoxelData& data) {
  data.begin = fields.has("data file") ? 0 : fields.end;
  data.end = data.bytes->size();
  if (fields.has("line skip")) {
    auto lines = parse_one_integer(fields.get("line skip"), "'line skip'");
    if (!lines) return pass_on(std::move(lines));
    if (*lines < 0) return fail(ErrorCode::kCorrupt, "'line skip' is negative: correct the header");
    auto begin = skip_lines(*data.bytes, data.begin, *lines);
    if (!begin) return pass_on(std::move(begin));
    data.begin = *begin;
  }
  if (!fields.has("byte skip")) return {};
  auto skip = parse_one_integer(fields.get("byte skip"), "'byte skip'");
  if (!skip) return pass_on(std::move(skip));
  const std::uint64_t need = static_cast<std::uint64_t>(info.grid.voxel_count()) * byte_count(data.type);
  if (*skip < -1 || (*skip == -1 && data.compressed) ||
      (!data.compressed && *skip > static_cast<std::int64_t>(data.end))) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format(
            "'byte skip' is {}{}; it must lie within the data (or be -1, for raw data alone): correct the header",
            *skip, data.compressed ? " for gzip data" : ""));
  }
  if (*skip == -1) {
    // The voxels are the last bytes of the file. A file too short is refused by open_stream.
    if (data.end >= data.begin + need) data.begin = data.end - need;
  } else if (data.compressed) {
    data.skip = static_cast<std::uint64_t>(*skip);
  } else {
    data.begin += static_cast<std::uint64_t>(*skip);
  }
  return {};
}

}  // namespace

Result<VolumeHeader> read_nrrd_header(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling) {
  auto fields = read_nrrd_fields(*bytes);
  if (!fields) return pass_on(std::move(fields));
  VolumeHeader header;
  header.info.format = "NRRD";
  auto type = read_nrrd_type(fields->get("type"));
  if (!type) return pass_on(std::move(type));
  header.data.type = *type;
  auto grid = read_nrrd_grid(*fields, header.info);
  if (!grid) return pass_on(std::move(grid), "the NRRD header");
  header.info.grid = *grid;
  auto compressed = read_compressed(*fields);
  if (!compressed) return pass_on(std::move(compressed));
  header.data.compressed = *compressed;
  auto big_endian = read_big_endian(*fields, *type);
  if (!big_endian) return pass_on(std::move(big_endian));
  header.data.big_endian = *big_endian;
  auto data = find_data(*fields, bytes, open_sibling);
  if (!data) return pass_on(std::move(data));
  header.data.bytes = *data;
  if (auto ok = locate_nrrd_data(*fields, header.info, header.data); !ok) return pass_on(std::move(ok));
  return header;
}

Result<std::unique_ptr<ImageSource>> open_nrrd(std::shared_ptr<ByteSource> bytes, const OpenSibling& open_sibling) {
  auto header = read_nrrd_header(std::move(bytes), open_sibling);
  if (!header) return pass_on(std::move(header));
  return open_stream(std::move(*header));
}

}  // namespace radtype::io
