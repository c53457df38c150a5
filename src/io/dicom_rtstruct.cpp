#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "io/dicom_contours.h"
#include "io/dicom_geometry.h"
#include "io/dicom_header.h"
#include "radtype/core/text.h"

namespace radtype::io {
namespace {

constexpr double kMaxCoordinateMm = 1e6;

struct Roi {
  std::int64_t number = 0;
  std::string name;
  std::vector<DicomItem> contours;
};

struct StructureSet {
  DicomHeader header;
  std::vector<Roi> rois;  // ascending number
  std::vector<std::string> notes;
};

struct Contour {
  std::int64_t slice = 0;
  double offset_mm = 0;    // of its plane from the slice, along the normal
  double position_mm = 0;  // of its plane along the normal, for messages
  Outline outline;         // in pixel indices
};

Result<StructureSet> read_structure_set(const ByteSource& bytes) {
  auto header = read_dicom_header(bytes);
  if (!header) return pass_on(std::move(header));
  if (header->kind() != DicomKind::kRtStruct) {
    return fail(ErrorCode::kUsage, "this DICOM object is not an RTSTRUCT (RT Structure Set)");
  }
  StructureSet set{std::move(*header), {}, {}};
  const DicomItem root = set.header.root();
  std::map<std::int64_t, Roi> by_number;
  bool guessed = false;
  for (const DicomItem& item : root.items(Tag::kStructureSetRoiSequence)) {
    auto number = item.integer(Tag::kRoiNumber);
    if (!number) return pass_on(std::move(number));
    const DicomHeader::Text name = set.header.text(item, Tag::kRoiName);
    guessed |= name.guessed;
    if (!by_number.emplace(*number, Roi{*number, name.utf8, {}}).second) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("two regions have the {} {}", display_name(Tag::kRoiNumber), *number));
    }
  }
  for (const DicomItem& item : root.items(Tag::kRoiContourSequence)) {
    auto number = item.integer(Tag::kReferencedRoiNumber);
    if (!number) return pass_on(std::move(number));
    const auto roi = by_number.find(*number);
    if (roi == by_number.end()) {
      return fail(ErrorCode::kCorrupt, fmt::format("contours belong to region {}, which is not in {}", *number,
                                                   display_name(Tag::kStructureSetRoiSequence)));
    }
    for (const DicomItem& contour : item.items(Tag::kContourSequence)) roi->second.contours.push_back(contour);
  }
  if (guessed) {
    set.notes.emplace_back(
        "the character set of the region names is missing or wrong in the RTSTRUCT; names are taken as "
        "UTF-8, or unreadable characters shown as \"?\"");
  }
  for (auto& [number, roi] : by_number) set.rois.push_back(std::move(roi));
  return set;
}

std::string names_of(const std::vector<Roi>& rois) {
  std::string names;
  for (const Roi& roi : rois) names += (names.empty() ? "" : ", ") + ("\"" + roi.name + "\"");
  return names.empty() ? "none" : names;
}

// By exact name or, if none has it, without regard to case; of several, the one that has contours.
Result<std::vector<const Roi*>> choose(const StructureSet& set, const std::string& name) {
  std::vector<const Roi*> chosen;
  if (name.empty()) {
    for (const Roi& roi : set.rois) {
      if (!roi.contours.empty()) chosen.push_back(&roi);
    }
    if (chosen.empty()) return fail(ErrorCode::kEmpty, "no region of the RTSTRUCT has contours");
    return chosen;
  }
  for (const Roi& roi : set.rois) {
    if (roi.name == name) chosen.push_back(&roi);
  }
  if (chosen.empty()) {
    for (const Roi& roi : set.rois) {
      if (lower_case(roi.name) == lower_case(name)) chosen.push_back(&roi);
    }
  }
  if (chosen.empty()) {
    return fail(ErrorCode::kNotFound, "the RTSTRUCT has no region \"" + name + "\"; it has " + names_of(set.rois));
  }
  if (chosen.size() > 1) std::erase_if(chosen, [](const Roi* roi) { return roi->contours.empty(); });
  if (chosen.empty() || chosen.front()->contours.empty()) {
    return fail(ErrorCode::kEmpty, "the region \"" + name + "\" of the RTSTRUCT has no contours");
  }
  if (chosen.size() > 1) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{} regions of the RTSTRUCT are called \"{}\"; rename all but one", chosen.size(), name));
  }
  return chosen;
}

// Points in index space (column, row, slice). kCorrupt: not triples, not finite, another count than stated.
Result<std::vector<Eigen::Vector3d>> points_of(const DicomItem& item, const Affine<Index, LpsMm>& index_from_lps) {
  auto values = item.numbers(Tag::kContourData);
  if (!values) return pass_on(std::move(values));
  auto stated = item.integer(Tag::kNumberOfContourPoints);
  if (!stated) return pass_on(std::move(stated));
  if (values->size() % 3 != 0 || *stated != static_cast<std::int64_t>(values->size() / 3)) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("{} says {} points and {} holds {} numbers", display_name(Tag::kNumberOfContourPoints),
                            *stated, display_name(Tag::kContourData), values->size()));
  }
  std::vector<Eigen::Vector3d> points;
  points.reserve(values->size() / 3);
  for (std::size_t i = 0; i < values->size(); i += 3) {
    const Point<LpsMm> p((*values)[i], (*values)[i + 1], (*values)[i + 2]);
    if (p.v.cwiseAbs().maxCoeff() > kMaxCoordinateMm) {
      return fail(ErrorCode::kCorrupt, fmt::format("point {} lies over 1000 m away", i / 3 + 1));
    }
    points.push_back(index_from_lps(p).v);
  }
  return points;
}

// What reading one region met with.
struct Account {
  std::int64_t planar = 0;
  std::int64_t moved = 0;                           ///< contours between slices, taken to the nearest
  std::map<std::string, std::int64_t> passed_over;  ///< by geometric type
  std::int64_t degenerate = 0;
  std::int64_t repeated = 0;
  std::vector<double> lost_mm;  ///< positions along the normal
};

class RoiReader {
 public:
  RoiReader(const Grid& grid, const RtStructOptions& options)
      : grid_(grid), options_(options), index_from_lps_(grid.index_from_lps()) {}

  Result<Region> read(const Roi& roi, std::vector<std::string>& notes) const {
    Account account;
    auto contours = planar_contours(roi, account);
    if (!contours) return pass_on(std::move(contours));
    if (account.planar == 0) {
      return fail(ErrorCode::kEmpty, "it has no closed planar contour" + passed_over(account));
    }
    std::map<std::int64_t, std::vector<Contour>> by_slice = assign(std::move(*contours), account);
    const double share = static_cast<double>(account.lost_mm.size()) / static_cast<double>(account.planar);
    std::sort(account.lost_mm.begin(), account.lost_mm.end());
    if (!account.lost_mm.empty()) {
      const std::string lost =
          fmt::format("{} of {} contours lie where the image has no slice, at {} mm along the slice normal",
                      account.lost_mm.size(), account.planar, list_positions(account.lost_mm));
      if (share > options_.max_lost_share && !options_.partial_roi) {
        return fail(ErrorCode::kInconsistent,
                    fmt::format("{}: {:.1f} % is over {:.1f} %. Read the series that was outlined, or allow a partial "
                                "region (partial_roi)",
                                lost, 100 * share, 100 * options_.max_lost_share));
      }
      notes.push_back("region \"" + roi.name + "\": " + lost + "; left out");
    }
    Region region;
    region.label = static_cast<int>(roi.number);
    region.name = roi.name;
    for (auto& [slice, here] : by_slice) fill(slice, here, region, account);
    describe(roi, account, notes);
    return region;
  }

 private:
  double slice_mm() const { return grid_.spacing_mm()[2]; }

  static std::string passed_over(const Account& account) {
    std::string text;
    for (const auto& [type, count] : account.passed_over) {
      text += fmt::format("{}{} of type {}", text.empty() ? " (passed over: " : ", ", count, type);
    }
    return text.empty() ? text : text + ")";
  }

  Result<std::vector<Contour>> planar_contours(const Roi& roi, Account& account) const {
    std::vector<Contour> contours;
    const double normal_of_origin = grid_.direction().col(2).dot(grid_.origin_lps_mm());
    for (std::size_t n = 0; n < roi.contours.size(); ++n) {
      const std::string type(roi.contours[n].raw(Tag::kContourGeometricType));
      if (type != "CLOSED_PLANAR" && type != "CLOSEDPLANAR_XOR") {
        ++account.passed_over[without_odd_characters(type)];
        continue;
      }
      auto points = points_of(roi.contours[n], index_from_lps_);
      if (!points) return pass_on(std::move(points), fmt::format("contour {}", n + 1));
      if (points->size() < 3) {
        ++account.degenerate;
        continue;
      }
      ++account.planar;
      double low = points->front().z(), high = low, sum = 0;
      Contour contour;
      contour.outline.reserve(points->size());
      for (const Eigen::Vector3d& p : *points) {
        low = std::min(low, p.z());
        high = std::max(high, p.z());
        sum += p.z();
        contour.outline.push_back(p.head<2>());
      }
      if ((high - low) * slice_mm() > flat_tolerance_mm()) {
        return fail(
            ErrorCode::kInconsistent,
            fmt::format("contour {} is not parallel to the slices of the image: it spans {:.4g} mm across them. "
                        "It was drawn on another series or in another plane",
                        n + 1, (high - low) * slice_mm()));
      }
      const double plane = sum / static_cast<double>(points->size());
      contour.slice = std::llround(plane);
      contour.offset_mm = (plane - static_cast<double>(contour.slice)) * slice_mm();
      contour.position_mm = normal_of_origin + plane * slice_mm();
      contours.push_back(std::move(contour));
    }
    return contours;
  }

  static std::string without_odd_characters(const std::string& type) {
    const bool plain = std::all_of(type.begin(), type.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
    return plain && !type.empty() ? type : "unknown";
  }

  double flat_tolerance_mm() const { return std::max(0.05, 0.02 * slice_mm()); }

  // To the slice of the same plane or, between slices, to the nearest. Of several planes nearest to one slice only the
  // closest counts: filled together by the even-odd rule they would cut holes into each other.
  std::map<std::int64_t, std::vector<Contour>> assign(std::vector<Contour> contours, Account& account) const {
    std::map<std::int64_t, double> closest_mm;
    for (const Contour& c : contours) {
      const auto [entry, fresh] = closest_mm.emplace(c.slice, c.offset_mm);
      if (!fresh && std::abs(c.offset_mm) < std::abs(entry->second)) entry->second = c.offset_mm;
    }
    const double tolerance = spacing_tolerance_mm(slice_mm());
    std::map<std::int64_t, std::vector<Contour>> by_slice;
    for (Contour& c : contours) {
      const bool in_image = c.slice >= 0 && c.slice < grid_.size()[2] && meets_slice(c.outline);
      if (!in_image || std::abs(c.offset_mm - closest_mm[c.slice]) > tolerance) {
        account.lost_mm.push_back(c.position_mm);
        continue;
      }
      if (std::abs(c.offset_mm) > tolerance) ++account.moved;
      by_slice[c.slice].push_back(std::move(c));
    }
    return by_slice;
  }

  bool meets_slice(const Outline& outline) const {
    Eigen::Vector2d low = outline.front(), high = low;
    for (const Eigen::Vector2d& p : outline) {
      low = low.cwiseMin(p);
      high = high.cwiseMax(p);
    }
    const auto columns = static_cast<double>(grid_.size()[0]), rows = static_cast<double>(grid_.size()[1]);
    return high.x() >= -0.5 && high.y() >= -0.5 && low.x() <= columns - 0.5 && low.y() <= rows - 0.5;
  }

  void fill(std::int64_t slice, const std::vector<Contour>& contours, Region& region, Account& account) const {
    const auto before = [](const Eigen::Vector2d& a, const Eigen::Vector2d& b) {
      return a.x() != b.x() ? a.x() < b.x() : a.y() < b.y();
    };
    const auto outline_before = [&](const Outline& a, const Outline& b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
    };
    std::vector<Outline> outlines;
    for (const Contour& c : contours) outlines.push_back(c.outline);
    // The same contour stored twice would cancel itself.
    std::sort(outlines.begin(), outlines.end(), outline_before);
    const auto end = std::unique(outlines.begin(), outlines.end());
    account.repeated += outlines.end() - end;
    outlines.erase(end, outlines.end());
    const std::vector<Run> runs =
        fill_even_odd(outlines, grid_.size()[0], grid_.size()[1], static_cast<std::int32_t>(slice));
    region.runs.insert(region.runs.end(), runs.begin(), runs.end());
  }

  static void describe(const Roi& roi, const Account& account, std::vector<std::string>& notes) {
    const std::string where = "region \"" + roi.name + "\": ";
    if (account.moved > 0) {
      notes.push_back(where +
                      fmt::format("{} contours lie between slices and were taken to the nearest", account.moved));
    }
    if (!account.passed_over.empty()) {
      notes.push_back(where + "contours that enclose no area were left out" + passed_over(account));
    }
    if (account.degenerate > 0) {
      notes.push_back(where + fmt::format("{} contours of fewer than 3 points were left out", account.degenerate));
    }
    if (account.repeated > 0) {
      notes.push_back(where + fmt::format("{} contours are stored twice and were taken once", account.repeated));
    }
  }

  const Grid& grid_;
  const RtStructOptions& options_;
  const Affine<Index, LpsMm> index_from_lps_;
};

}  // namespace

Result<LabelMap> read_rtstruct(const ByteSource& bytes, const Grid& image_grid, const RtStructOptions& options) {
  auto set = read_structure_set(bytes);
  if (!set) return pass_on(std::move(set));
  auto chosen = choose(*set, options.roi);
  if (!chosen) return pass_on(std::move(chosen));
  LabelMap map;
  map.grid = image_grid;
  map.notes = std::move(set->notes);
  const RoiReader reader(image_grid, options);
  for (const Roi* roi : *chosen) {
    if (roi->number < 0 || roi->number > std::numeric_limits<int>::max()) {
      return fail(ErrorCode::kCorrupt, fmt::format("{} is {}", display_name(Tag::kRoiNumber), roi->number));
    }
    auto region = reader.read(*roi, map.notes);
    if (!region && options.roi.empty() && region.error().code() == ErrorCode::kEmpty) {
      map.notes.push_back("region \"" + roi->name + "\" was left out: " + region.error().message());
      continue;
    }
    if (!region) return pass_on(std::move(region), "region \"" + roi->name + "\"");
    map.regions.push_back(std::move(*region));
  }
  if (map.regions.empty()) return fail(ErrorCode::kEmpty, "no region of the RTSTRUCT has closed planar contours");
  return map;
}

Result<LabelMap> read_rtstruct(const std::filesystem::path& path, const Grid& image_grid,
                               const RtStructOptions& options) {
  auto bytes = open_file(path);
  if (!bytes) return pass_on(std::move(bytes));
  auto map = read_rtstruct(**bytes, image_grid, options);
  if (!map) return pass_on(std::move(map), path.filename().string());
  return map;
}

Result<std::vector<std::string>> list_rtstruct_rois(const std::filesystem::path& path) {
  auto bytes = open_file(path);
  if (!bytes) return pass_on(std::move(bytes));
  auto set = read_structure_set(**bytes);
  if (!set) return pass_on(std::move(set), path.filename().string());
  std::vector<std::string> names;
  for (const Roi& roi : set->rois) names.push_back(roi.name);
  return names;
}

}  // namespace radtype::io
