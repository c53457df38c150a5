#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "io/dicom_slice.h"
#include "radtype/core/text.h"

namespace radtype::io {
namespace {

// A frame of a SEG: which segment, where, and where its bits are.
struct Frame {
  std::int64_t segment = 0;
  Eigen::Vector3d position_lps_mm = Eigen::Vector3d::Zero();
  std::int64_t k = 0;
};

struct SegHeader {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  bool fractional = false;
  double maximum = 1;  // stored value of a whole voxel
  std::int64_t frame_count = 0;
};

// The functional group of one frame, or else the one shared by all.
class FunctionalGroups {
 public:
  explicit FunctionalGroups(const DicomItem& root)
      : shared_(root.item(Tag::kSharedFunctionalGroupsSequence)),
        frames_(root.items(Tag::kPerFrameFunctionalGroupsSequence)) {}

  std::int64_t frame_count() const { return static_cast<std::int64_t>(frames_.size()); }
  Result<DicomItem> group(std::size_t frame, Tag sequence) const {
    if (auto own = frames_[frame].item(sequence)) return *own;
    if (shared_) {
      if (auto common = shared_->item(sequence)) return *common;
    }
    return fail(ErrorCode::kCorrupt, fmt::format("frame {} has no {}", frame + 1, display_name(sequence)));
  }

 private:
  std::optional<DicomItem> shared_;
  std::vector<DicomItem> frames_;
};

Result<SegHeader> read_seg_header(const DicomHeader& header) {
  const DicomItem root = header.root();
  SegHeader seg;
  std::array<std::int64_t, 5> value{};
  constexpr std::array kTags{Tag::kRows, Tag::kColumns, Tag::kNumberOfFrames, Tag::kBitsAllocated,
                             Tag::kSamplesPerPixel};
  for (std::size_t i = 0; i < kTags.size(); ++i) {
    auto read = root.integer(kTags[i]);
    if (!read) return pass_on(std::move(read));
    value[i] = *read;
  }
  const auto [rows, columns, frames, allocated, samples] = value;
  if (rows < 1 || columns < 1 || rows > 65535 || columns > 65535 || frames < 1 || frames > kMaxDicomElements) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("the SEG has {} frames of {} rows and {} columns", frames, rows, columns));
  }
  const std::string type(root.raw(Tag::kSegmentationType));
  seg.fractional = type == "FRACTIONAL";
  const bool fits = samples == 1 && ((type == "BINARY" && allocated == 1) || (seg.fractional && allocated == 8));
  if (!fits) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("SegmentationType \"{}\" with {} bits is not read; BINARY with 1 bit and FRACTIONAL with 8 are",
                    type, allocated));
  }
  if (header.layout().encapsulated) {
    return fail(ErrorCode::kUnsupported, "the SEG is compressed; convert with \"gdcmconv --raw IN OUT\"");
  }
  if (seg.fractional) {
    auto maximum = root.integer(Tag::kMaximumFractionalValue);
    if (!maximum) return pass_on(std::move(maximum));
    if (*maximum < 1 || *maximum > 255) {
      return fail(ErrorCode::kCorrupt, fmt::format("{} is {}", display_name(Tag::kMaximumFractionalValue), *maximum));
    }
    seg.maximum = static_cast<double>(*maximum);
  }
  seg.rows = rows;
  seg.columns = columns;
  seg.frame_count = frames;
  const auto bits = static_cast<std::uint64_t>(rows * columns) * static_cast<std::uint64_t>(frames * allocated);
  const std::uint64_t needed = (bits + 7) / 8;
  const std::uint64_t stored = header.layout().has_pixel_data ? header.layout().pixels.length : 0;
  if (stored != needed && stored != needed + needed % 2) {
    return fail(ErrorCode::kCorrupt, fmt::format("the pixel data has {} bytes, {} frames of {} x {} need {}", stored,
                                                 frames, rows, columns, needed));
  }
  return seg;
}

struct Segment {
  std::string name;
  std::vector<std::size_t> frames;  // ascending k
};

class SegReader {
 public:
  SegReader(const ByteSource& bytes, const DicomHeader& header, const SegHeader& seg)
      : bytes_(bytes), header_(header), seg_(seg) {}

  Result<LabelMap> read(const SegOptions& options) {
    if (auto named = read_segments(); !named) return pass_on(std::move(named));
    auto chosen = choose(options.segment);
    if (!chosen) return pass_on(std::move(chosen));
    if (auto placed = place_all_frames(); !placed) return pass_on(std::move(placed));
    if (auto sorted = sort_frames(); !sorted) return pass_on(std::move(sorted));
    for (const std::int64_t number : *chosen) {
      const Segment& segment = segments_.at(number);
      Region region;
      region.label = static_cast<int>(number);
      region.name = segment.name;
      for (const std::size_t frame : segment.frames) {
        if (auto added = add_frame(frame, options.fraction, region); !added) return pass_on(std::move(added));
      }
      if (!region.runs.empty()) {
        map_.regions.push_back(std::move(region));
      } else if (!options.segment.empty()) {
        return fail(ErrorCode::kEmpty, "the segment \"" + segment.name + "\" has no voxel");
      } else {
        map_.notes.push_back("segment \"" + segment.name + "\" has no voxel and was left out");
      }
    }
    if (map_.regions.empty()) return fail(ErrorCode::kEmpty, "no segment of the SEG has a voxel");
    return std::move(map_);
  }

 private:
  Result<void> read_segments() {
    bool guessed = false;
    for (const DicomItem& item : header_.root().items(Tag::kSegmentSequence)) {
      auto number = item.integer(Tag::kSegmentNumber);
      if (!number) return pass_on(std::move(number));
      const DicomHeader::Text name = header_.text(item, Tag::kSegmentLabel);
      guessed |= name.guessed;
      if (*number < 1 || *number > 65535 || !segments_.emplace(*number, Segment{name.utf8, {}}).second) {
        return fail(ErrorCode::kCorrupt,
                    fmt::format("{} {} is repeated or impossible", display_name(Tag::kSegmentNumber), *number));
      }
    }
    if (segments_.empty()) return fail(ErrorCode::kCorrupt, display_name(Tag::kSegmentSequence) + " is missing");
    if (guessed) {
      map_.notes.emplace_back(
          "the character set of the segment labels is missing or wrong in the SEG; labels are taken as "
          "UTF-8, or unreadable characters shown as \"?\"");
    }
    return {};
  }

  Result<std::vector<std::int64_t>> choose(const std::string& name) const {
    std::vector<std::int64_t> exact, alike, all;
    std::string names;
    for (const auto& [number, segment] : segments_) {
      all.push_back(number);
      if (segment.name == name) exact.push_back(number);
      if (lower_case(segment.name) == lower_case(name)) alike.push_back(number);
      names += (names.empty() ? "\"" : ", \"") + segment.name + "\"";
    }
    if (name.empty()) return all;
    const std::vector<std::int64_t>& chosen = exact.empty() ? alike : exact;
    if (chosen.empty()) {
      return fail(ErrorCode::kNotFound, "the SEG has no segment \"" + name + "\"; it has " + names);
    }
    if (chosen.size() > 1) {
      return fail(ErrorCode::kInconsistent,
                  fmt::format("{} segments of the SEG are called \"{}\"; rename all but one", chosen.size(), name));
    }
    return chosen;
  }

  // The lattice of all frames, of every segment: the grid does not depend on which one is wanted.
  Result<void> place_all_frames() {
    const FunctionalGroups groups(header_.root());
    if (groups.frame_count() != seg_.frame_count) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("{} is {} and {} has {} items", display_name(Tag::kNumberOfFrames), seg_.frame_count,
                              display_name(Tag::kPerFrameFunctionalGroupsSequence), groups.frame_count()));
    }
    Eigen::Matrix3d direction;
    std::array<double, 2> spacing{};
    StatedSpacing stated;
    std::vector<SlicePlace> places;
    for (std::size_t f = 0; f < static_cast<std::size_t>(seg_.frame_count); ++f) {
      auto plane = groups.group(f, Tag::kPlanePositionSequence);
      if (!plane) return pass_on(std::move(plane));
      auto position = read_position(*plane);
      if (!position) return pass_on(std::move(position), fmt::format("frame {}", f + 1));
      auto frame_direction = direction_of(groups, f);
      if (!frame_direction) return pass_on(std::move(frame_direction), fmt::format("frame {}", f + 1));
      auto measures = groups.group(f, Tag::kPixelMeasuresSequence);
      if (!measures) return pass_on(std::move(measures));
      auto frame_spacing = read_pixel_spacing(*measures);
      if (!frame_spacing) return pass_on(std::move(frame_spacing), fmt::format("frame {}", f + 1));
      if (f == 0) {
        direction = *frame_direction;
        spacing = *frame_spacing;
        stated.between_slices_mm = measures->number_if_present(Tag::kSpacingBetweenSlices).value_or(std::nullopt);
        stated.thickness_mm = measures->number_if_present(Tag::kSliceThickness).value_or(std::nullopt);
      }
      if ((*frame_direction - direction).cwiseAbs().maxCoeff() > kSameDirection ||
          std::abs((*frame_spacing)[0] - spacing[0]) > 1e-4 * spacing[0] ||
          std::abs((*frame_spacing)[1] - spacing[1]) > 1e-4 * spacing[1]) {
        return fail(ErrorCode::kInconsistent,
                    fmt::format("frame {} has another orientation or pixel spacing than frame 1", f + 1));
      }
      auto identification = groups.group(f, Tag::kSegmentIdentificationSequence);
      if (!identification) return pass_on(std::move(identification));
      auto segment = identification->integer(Tag::kReferencedSegmentNumber);
      if (!segment) return pass_on(std::move(segment), fmt::format("frame {}", f + 1));
      places.push_back({*position, fmt::format("frame {}", f + 1)});
      frames_.push_back({*segment, *position, 0});
    }
    auto lattice = place_frames(places, direction, std::min(spacing[0], spacing[1]), stated);
    if (!lattice) return pass_on(std::move(lattice));
    auto grid = make_grid({seg_.columns, seg_.rows, lattice->count}, {spacing[1], spacing[0], lattice->spacing_mm},
                          direction, lattice->origin_lps_mm);
    if (!grid) return pass_on(std::move(grid));
    map_.grid = *grid;
    if (lattice->from_thickness) {
      map_.notes.emplace_back("all frames lie in one plane; SliceThickness is taken as the spacing");
    }
    for (std::size_t f = 0; f < frames_.size(); ++f) frames_[f].k = lattice->index[f];
    return {};
  }

  static Result<Eigen::Matrix3d> direction_of(const FunctionalGroups& groups, std::size_t frame) {
    auto orientation = groups.group(frame, Tag::kPlaneOrientationSequence);
    if (!orientation) return pass_on(std::move(orientation));
    auto cosines = orientation->numbers(Tag::kImageOrientation, 6);
    if (!cosines) return pass_on(std::move(cosines));
    return direction_from_cosines(*cosines);
  }

  Result<void> sort_frames() {
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      const auto segment = segments_.find(frames_[f].segment);
      if (segment == segments_.end()) {
        return fail(ErrorCode::kCorrupt, fmt::format("frame {} belongs to segment {}, which is not in {}", f + 1,
                                                     frames_[f].segment, display_name(Tag::kSegmentSequence)));
      }
      segment->second.frames.push_back(f);
    }
    for (auto& [number, segment] : segments_) {
      std::vector<std::size_t>& order = segment.frames;
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return frames_[a].k < frames_[b].k; });
      const auto twice = std::adjacent_find(order.begin(), order.end(),
                                            [&](std::size_t a, std::size_t b) { return frames_[a].k == frames_[b].k; });
      if (twice != order.end()) {
        return fail(ErrorCode::kInconsistent, fmt::format("frames {} and {} show the same segment in the same place",
                                                          *twice + 1, *(twice + 1) + 1));
      }
    }
    return {};
  }

  Result<void> add_frame(std::size_t frame, double fraction, Region& region) const {
    const auto pixels = static_cast<std::uint64_t>(seg_.rows * seg_.columns);
    const std::uint64_t bits = seg_.fractional ? 8 : 1;
    // Frames follow each other bit by bit: one may begin within a byte (PS3.3 C.8.20.2.1).
    const std::uint64_t first_bit = frame * pixels * bits;
    const std::uint64_t last_byte = (first_bit + pixels * bits - 1) / 8;
    auto stored = read_range(bytes_, {header_.layout().pixels.offset + first_bit / 8, last_byte - first_bit / 8 + 1});
    if (!stored) return pass_on(std::move(stored));
    const std::uint64_t shift = first_bit % 8;
    const auto inside = [&](std::uint64_t pixel) {
      if (seg_.fractional) return std::to_integer<int>((*stored)[pixel]) / seg_.maximum >= fraction;
      const std::uint64_t bit = shift + pixel;
      return ((std::to_integer<unsigned>((*stored)[bit / 8]) >> (bit % 8)) & 1) != 0;
    };
    std::uint64_t pixel = 0;
    for (std::int64_t j = 0; j < seg_.rows; ++j) {
      std::int64_t begin = -1;
      for (std::int64_t i = 0; i < seg_.columns; ++i, ++pixel) {
        const bool in = inside(pixel);
        if (in && begin < 0) begin = i;
        if (!in && begin >= 0) {
          region.runs.push_back(run(begin, i, j, frame));
          begin = -1;
        }
      }
      if (begin >= 0) region.runs.push_back(run(begin, seg_.columns, j, frame));
    }
    return {};
  }

  Run run(std::int64_t begin, std::int64_t end, std::int64_t j, std::size_t frame) const {
    return {static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end), static_cast<std::int32_t>(j),
            static_cast<std::int32_t>(frames_[frame].k)};
  }

  const ByteSource& bytes_;
  const DicomHeader& header_;
  const SegHeader& seg_;
  std::map<std::int64_t, Segment> segments_;
  std::vector<Frame> frames_;
  LabelMap map_;
};

}  // namespace

Result<LabelMap> read_dicom_seg(const ByteSource& bytes, const SegOptions& options) {
  if (!(options.fraction > 0 && options.fraction <= 1)) {
    return fail(ErrorCode::kUsage,
                "the fraction of a SEG must lie above 0 and not above 1, it is " + shortest(options.fraction));
  }
  auto header = read_dicom_header(bytes);
  if (!header) return pass_on(std::move(header));
  if (header->kind() != DicomKind::kSeg) {
    return fail(ErrorCode::kUsage, "this DICOM object is not a SEG (Segmentation Storage)");
  }
  auto seg = read_seg_header(*header);
  if (!seg) return pass_on(std::move(seg));
  return SegReader(bytes, *header, *seg).read(options);
}

Result<LabelMap> read_dicom_seg(const std::filesystem::path& path, const SegOptions& options) {
  auto bytes = open_file(path);
  if (!bytes) return pass_on(std::move(bytes));
  auto map = read_dicom_seg(**bytes, options);
  if (!map) return pass_on(std::move(map), path.filename().string());
  return map;
}

}  // namespace radtype::io
