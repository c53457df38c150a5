#include "radtype/feature/case_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/provenance.h"
#include "radtype/feature/catalogue.h"
#include "radtype/image/region.h"
#include "radtype/image/tissue.h"

namespace radtype::feature {
namespace {

// A margin beyond what the families look at, so that interpolation and drawing have neighbours.
constexpr double kSpareMm = 5.0;
constexpr std::int64_t kSpareVoxels = 2;
// Regions are cut from one reading of their common box while that is at most this many voxels (256 MiB of float).
constexpr std::int64_t kCommonBoxVoxels = std::int64_t{1} << 26;
// Memory of one case: measured upper bounds (docs/validation/scale.md), for voxels of the box around the region, or of
// the 1 mm grid of the texture families where that is finer.
constexpr double kBytesPerVoxel = 22;
constexpr std::int64_t kBytesPerCase = std::int64_t{72} << 20;

class Timer {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Box with_margin(const Box& box, const Grid& grid, double margin_mm) {
  Box grown = box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double voxels = margin_mm / grid.spacing_mm()[static_cast<Eigen::Index>(axis)];
    const auto margin = static_cast<std::int64_t>(std::ceil(voxels)) + kSpareVoxels;
    grown.lo[axis] -= margin;
    grown.hi[axis] += margin;
  }
  return intersection(grown, grid.box());
}

Image cropped(const Image& image, const Box& held, const Box& wanted) {
  Box local = wanted;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    local.lo[axis] -= held.lo[axis];
    local.hi[axis] -= held.lo[axis];
  }
  Image result(image.grid.cropped(local));
  const Size3 size = wanted.size();
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      const float* from = image.voxels.data() + image.offset(local.lo[0], local.lo[1] + j, local.lo[2] + k);
      std::copy(from, from + size[0], result.voxels.data() + result.offset(0, j, k));
    }
  }
  return result;
}

Eigen::Vector3d centroid_lps_mm(const Grid& grid, const Region& region) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (const Run& run : region.runs) {
    const double count = run.i_end - run.i_begin;
    sum += count * Eigen::Vector3d(run.i_begin + (count - 1) / 2, run.j, run.k);
  }
  return grid.lps_from_index()(Point<Index>(sum / static_cast<double>(region.voxel_count()))).v;
}

nlohmann::json measure_quality(const Grid& grid, const Region& region, const Mask& tumour) {
  const Box box = region.bounding_box();
  const image::Components components = image::connected_components(tumour);
  const std::int64_t voxels = region.voxel_count();
  const double voxel_mm3 = grid.voxel_volume_mm3();
  const double satellites = static_cast<double>(voxels - components.voxels.front());
  Eigen::Index slice_axis = 2;
  // Slices are counted along the coarsest axis; the third one where two are equal.
  for (Eigen::Index axis = 1; axis >= 0; --axis) {
    if (grid.spacing_mm()[axis] > grid.spacing_mm()[slice_axis] * (1 + 1e-6)) slice_axis = axis;
  }
  const auto s = static_cast<std::size_t>(slice_axis);
  bool touches = false;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    // A single slice has no neighbours to be cut off from; its axis says nothing.
    if (grid.size()[axis] > 1) touches |= box.lo[axis] == 0 || box.hi[axis] == grid.size()[axis];
  }
  const auto spacing = grid.spacing_mm();
  const Eigen::Vector3d centroid = centroid_lps_mm(grid, region);
  return {{"voxels", voxels},
          {"centroid_lps_mm", {centroid[0], centroid[1], centroid[2]}},
          {"components", components.count},
          {"satellites_volume_mm3", satellites * voxel_mm3},
          {"satellites_share", satellites / static_cast<double>(voxels)},
          {"slices", box.hi[s] - box.lo[s]},
          {"spacing_mm", {spacing[0], spacing[1], spacing[2]}},
          {"axis_codes", grid.axis_codes()},
          {"touches_border", touches}};
}

/// What the smooth surface cost and how good its map is.
nlohmann::json surface_quality(const shape::Spectrum& spectrum) {
  const shape::SurfaceReport& report = spectrum.surface.report;
  return {{"vertices", spectrum.points.size()},
          {"handles", report.handles},
          {"cavities", report.cavities},
          {"repaired_share", report.repaired_share},
          {"lost_pieces_share", report.lost_pieces_share},
          {"flipped_triangles", spectrum.quality.flipped},
          {"area_distortion", spectrum.quality.area_distortion},
          {"trimmed_area_distortion", spectrum.quality.trimmed_area_distortion},
          {"worst_area_distortion", spectrum.quality.worst_area_distortion},
          {"angle_distortion", spectrum.quality.angle_distortion},
          {"worst_angle_distortion", spectrum.quality.worst_angle_distortion},
          {"resolved_degree", spectrum.resolved_degree}};
}

std::vector<std::string> quality_notes(const nlohmann::json& quality) {
  std::vector<std::string> notes;
  if (quality.at("touches_border").get<bool>()) {
    notes.emplace_back("the tumour touches the border of the image: it may be cut off");
  }
  if (quality.at("components").get<int>() > 1) {
    notes.push_back(fmt::format("{} separate parts; those beside the largest hold {:.2f} % of the volume",
                                quality.at("components").get<int>(),
                                100 * quality.at("satellites_share").get<double>()));
  }
  return notes;
}

/// Everything that regions of one scan share.
class Scan {
 public:
  Result<void> open(const CaseRequest& request, nlohmann::json& inputs) {
    if (auto known = check_families(request.families); !known) return known;
    if (request.image) {
      auto source = io::open_image(*request.image, request.open_options);
      if (!source) return pass_on(std::move(source), "image " + request.image->string());
      image_ = std::move(*source);
      if (auto added = add_input(inputs, "image", *request.image, image_->info().files); !added) return added;
      grid_ = image_->info().grid;
    }
    auto mask = io::read_mask(request.mask, image_grid(), request.mask_options);
    if (!mask) return pass_on(std::move(mask), "mask " + request.mask.string());
    mask_ = std::move(*mask);
    if (auto added = add_input(inputs, "mask", request.mask, mask_.files); !added) return added;
    if (!image_) grid_ = mask_.map.grid;
    if (auto settled = settle_modality(request); !settled) return settled;
    if (request.tissue) return open_tissue(request, inputs);
    if (request.tissue_to_find && image_) return find_tissue(request);
    return {};
  }

  const io::MaskInput& mask() const { return mask_; }
  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    if (image_) notes = image_->info().notes;
    notes.insert(notes.end(), mask_.map.notes.begin(), mask_.map.notes.end());
    notes.insert(notes.end(), tissue_notes_.begin(), tissue_notes_.end());
    return notes;
  }

  /// Reads once what all regions need, where that is no waste.
  Result<void> prefetch(const std::vector<Region>& regions) {
    if (!image_) return {};
    Box all;
    std::int64_t sum = 0;
    for (const Region& region : regions) {
      const Box box = context_box(region);
      all = bounding(all, box);
      sum += box.voxel_count();
    }
    if (regions.size() < 2 || all.voxel_count() > std::min(2 * sum, kCommonBoxVoxels)) return {};
    const Timer timer;
    auto read = io::read_region(*image_, all);
    reading_seconds_ += timer.seconds();
    if (!read) return pass_on(std::move(read), "image");
    common_ = std::move(*read);
    common_box_ = all;
    return {};
  }

  Result<void> measure(const CaseRequest& request, const Region& placed, CaseRow& row) {
    const Timer timer;
    const Box box = context_box(placed);
    row.data.tumour = dense_mask(grid_, placed, box);
    row.quality = measure_quality(grid_, placed, row.data.tumour);
    for (std::string& note : quality_notes(row.quality)) row.notes.push_back(std::move(note));
    if (image_) {
      if (!common_box_.empty()) {
        row.data.image = cropped(common_, common_box_, box);
      } else {
        auto read = io::read_region(*image_, box);
        if (!read) return pass_on(std::move(read), "image");
        row.data.image = std::move(*read);
      }
      const auto& voxels = row.data.image->voxels;
      const auto without =
          std::count_if(voxels.begin(), voxels.end(), [](float value) { return !std::isfinite(value); });
      row.quality["voxels_without_intensity"] = without;
      if (without > 0) {
        row.notes.push_back(
            fmt::format("{} of {} voxels of the tumour and around it hold no finite number: they are left "
                        "out of every feature of intensity",
                        without, voxels.size()));
      }
    }
    if (tissue_) {
      row.data.tissue = dense_mask(grid_, *tissue_, box);
      if (found_kind_) {
        row.data.tissue = image::joined_with_tumour(std::move(*row.data.tissue), row.data.tumour, *found_kind_);
      }
      row.quality["tissue"] = tissue_quality_;
    }
    row.data.modality = modality_;
    row.data.organ = request.organ;
    reading_seconds_ += timer.seconds();
    row.extraction = extract(row.data, request.families);
    if (row.extraction.spectrum) row.quality["surface"] = surface_quality(*row.extraction.spectrum);
    if (!request.keep_data) {
      row.data = {};
      row.extraction.spectrum.reset();
      row.extraction.neighbourhood.reset();
      row.extraction.margin.reset();
      row.extraction.habitats.reset();
    }
    return {};
  }

  const Grid& grid() const { return grid_; }
  double reading_seconds() const { return reading_seconds_; }

  /// What measuring the regions one after the other will need at most, bytes.
  std::int64_t estimated_bytes(const std::vector<Region>& regions) const {
    std::int64_t most = 0;
    Box all;
    std::int64_t runs = 0;
    for (const Region& region : regions) {
      const Box box = context_box(region);
      all = bounding(all, box);
      runs += static_cast<std::int64_t>(region.runs.size());
      const double fine_voxels = static_cast<double>(box.voxel_count()) * std::max(1.0, grid_.voxel_volume_mm3());
      most = std::max(most, static_cast<std::int64_t>(kBytesPerVoxel * fine_voxels));
    }
    const std::int64_t shared = regions.size() > 1 ? std::min(all.voxel_count(), kCommonBoxVoxels) * 4 : 0;
    const std::int64_t slice = image_ ? grid_.size()[0] * grid_.size()[1] * 8 : 0;
    return kBytesPerCase + most + shared + slice + runs * static_cast<std::int64_t>(sizeof(Run));
  }

 private:
  std::optional<Grid> image_grid() const { return image_ ? std::optional(image_->info().grid) : std::nullopt; }

  static Result<void> add_input(nlohmann::json& inputs, const std::string& role, const std::filesystem::path& path,
                                const std::vector<std::filesystem::path>& files) {
    auto described = describe_input(role, path, files);
    if (!described) return pass_on(std::move(described));
    inputs.push_back(std::move(*described));
    return {};
  }

  Result<void> settle_modality(const CaseRequest& request) {
    modality_ = request.modality;
    if (!image_ || !image_->info().modality) return {};
    const io::Modality stated = *image_->info().modality;
    if (request.modality && *request.modality != stated) {
      return fail(ErrorCode::kInconsistent,
                  fmt::format("the image says it is {}, --modality says {}: leave --modality out",
                              io::modality_word(stated), io::modality_word(*request.modality)));
    }
    modality_ = stated;
    return {};
  }

  Result<void> open_tissue(const CaseRequest& request, nlohmann::json& inputs) {
    const std::string where = "tissue mask " + request.tissue->string();
    io::MaskOptions options = request.tissue_options;
    const bool all = options.regions == std::vector<std::string>{"all"};
    if (all) options.regions.clear();
    auto tissue = io::read_mask(*request.tissue, image_grid(), options);
    if (!tissue) return pass_on(std::move(tissue), where);
    if (!tissue->failures.empty())
      return fail(tissue->failures.front().error.code(), where + ": " + tissue->failures.front().error.to_string());
    if (options.regions.empty() && !all && tissue->map.regions.size() > 1) {
      return fail(
          ErrorCode::kUsage,
          fmt::format("{} has {} regions: name those that make up the organ (--tissue-roi \"Lung-Left,Lung-Right\", "
                      "numbers for a label map), or say --tissue-roi all",
                      where, tissue->map.regions.size()));
    }
    if (auto added = add_input(inputs, "tissue", *request.tissue, tissue->files); !added) return added;
    Region united;
    for (const Region& region : tissue->map.regions) {
      auto placed = image::place_on_grid(grid_, tissue->map.grid, region);
      if (!placed) return pass_on(std::move(placed), where);
      united.runs.insert(united.runs.end(), placed->runs.begin(), placed->runs.end());
      for (const std::string& note : placed->notes) tissue_notes_.push_back("tissue: " + note);
    }
    tissue_ = std::move(united);
    describe_tissue("file");
    return {};
  }

  Result<void> find_tissue(const CaseRequest& request) {
    const image::TissueKind kind =
        request.tissue_to_find->kind.value_or(image::tissue_kind_for(modality_, request.organ));
    auto found = image::find_tissue(*image_, kind, modality_);
    if (!found) return pass_on(std::move(found), "tissue");
    tissue_ = std::move(found->region);
    found_kind_ = kind;
    for (const std::string& note : found->notes) tissue_notes_.push_back("tissue: " + note);
    describe_tissue("found: " + std::string(image::tissue_word(kind)));
    return {};
  }

  void describe_tissue(const std::string& source) {
    const double volume_mm3 = static_cast<double>(tissue_->voxel_count()) * grid_.voxel_volume_mm3();
    tissue_quality_ = {{"source", source}, {"volume_ml", volume_mm3 / 1000}};
  }

  static double context_mm() {
    double widest = 0;
    for (const Family& family : families()) widest = std::max(widest, family.context_mm);
    return widest + kSpareMm;
  }
  Box context_box(const Region& region) const { return with_margin(region.bounding_box(), grid_, context_mm()); }

  std::unique_ptr<io::ImageSource> image_;
  io::MaskInput mask_;
  Grid grid_;
  std::optional<Region> tissue_;
  std::optional<image::TissueKind> found_kind_;  ///< where the tissue was found and not read
  nlohmann::json tissue_quality_;
  std::vector<std::string> tissue_notes_;
  std::optional<io::Modality> modality_;
  Image common_;
  Box common_box_;
  double reading_seconds_ = 0;
};

void fail_row(CaseRow& row, const std::string& reason) {
  row.extraction = {};
  row.extraction.reason = reason;
  for (const Entry& entry : catalogue()) row.extraction.row.set_missing(entry.name, reason);
}

CaseRow new_row(const CaseRequest& request) {
  CaseRow row;
  row.case_id = request.case_id;
  return row;
}

}  // namespace

void set_tissue(CaseRequest& request, const std::string& word_or_file) {
  request.tissue.reset();
  request.tissue_to_find.reset();
  if (word_or_file.empty()) return;
  if (word_or_file == "auto") {
    request.tissue_to_find = TissueChoice{};
  } else if (word_or_file == "none") {
    request.tissue_to_find = TissueChoice{image::TissueKind::kBody};
  } else if (const auto kind = image::tissue_kind_from_word(word_or_file)) {
    request.tissue_to_find = TissueChoice{*kind};
  } else {
    request.tissue = word_or_file;
  }
}

CaseRun run_case(const CaseRequest& request) {
  CaseRun run;
  Scan scan;
  const auto fail_all = [&](Error error) {
    run.error = std::move(error);
    run.rows.assign(1, new_row(request));
    fail_row(run.rows.back(), run.error->to_string());
    return run;
  };
  const Timer timer;
  if (auto opened = scan.open(request, run.inputs); !opened) return fail_all(std::move(opened).error());

  std::vector<Region> placed;
  std::vector<std::size_t> row_of_placed;
  for (const Region& region : scan.mask().map.regions) {
    CaseRow row = new_row(request);
    row.label = region.label;
    row.roi = region.name;
    row.notes = scan.notes();
    auto on_grid = image::place_on_grid(scan.grid(), scan.mask().map.grid, region);
    if (on_grid) {
      row.notes.insert(row.notes.end(), on_grid->notes.begin(), on_grid->notes.end());
      placed.push_back({region.label, region.name, std::move(on_grid->runs)});
      row_of_placed.push_back(run.rows.size());
    } else {
      if (!run.error) run.error = on_grid.error();
      fail_row(row, on_grid.error().to_string());
    }
    run.rows.push_back(std::move(row));
  }
  for (const io::RegionFailure& failure : scan.mask().failures) {
    CaseRow row = new_row(request);
    row.roi = failure.name;
    if (!run.error) run.error = failure.error;
    fail_row(row, failure.error.to_string());
    run.rows.push_back(std::move(row));
  }

  run.seconds["opening"] = timer.seconds();
  if (request.admit) {
    if (auto admitted = request.admit(scan.estimated_bytes(placed)); !admitted)
      return fail_all(std::move(admitted).error());
  }
  auto read = scan.prefetch(placed);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    CaseRow& row = run.rows[row_of_placed[i]];
    auto measured = read ? scan.measure(request, placed[i], row) : Result<void>(pass_on(Result<void>(read)));
    if (!measured) {
      if (!run.error) run.error = measured.error();
      fail_row(row, measured.error().to_string());
    }
    for (const FamilyReport& family : row.extraction.families) {
      if (family.outcome == "computed") run.seconds[family.family] += family.seconds;
    }
  }
  run.seconds["reading"] = scan.reading_seconds();
  return run;
}

}  // namespace radtype::feature
