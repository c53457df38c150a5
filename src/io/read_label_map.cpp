// An integer image as runs, in one pass over its slices.
#include <array>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/text.h"
#include "radtype/io/image_source.h"

namespace radtype::io {
namespace {

// An image of intensities named as a mask by mistake has far more of both; refused before it fills the memory.
constexpr std::size_t kMaxRuns = 50'000'000;
constexpr std::size_t kMaxLabels = 4096;
constexpr double kMaxValue = 65535;
constexpr double kMaxBits = 2147483647;  ///< bits 0..30

class RunBuilder {
 public:
  explicit RunBuilder(LabelEncoding encoding) : bits_(encoding == LabelEncoding::kBits) {}

  double max_value() const { return bits_ ? kMaxBits : kMaxValue; }

  /// Runs must come in the order of memory.
  Result<void> add(std::uint32_t value, const Run& run) {
    if (!bits_) return add_to(value, run);
    for (; value != 0; value &= value - 1) {
      if (auto ok = add_to(static_cast<std::uint32_t>(std::countr_zero(value)) + 1, run); !ok) return ok;
    }
    return {};
  }

  /// By ascending label; the builder is empty afterwards.
  std::vector<Region> take() {
    std::vector<Region> regions;
    for (const std::int32_t at : region_of_) {
      if (at >= 0) regions.push_back(std::move(regions_[static_cast<std::size_t>(at)]));
    }
    return regions;
  }

 private:
  Result<void> add_to(std::uint32_t label, const Run& run) {
    if (region_of_.size() <= label) region_of_.resize(label + 1, -1);
    std::int32_t& at = region_of_[label];
    if (at < 0) {
      if (regions_.size() == kMaxLabels) {
        return fail(
            ErrorCode::kUnsupported,
            fmt::format("over {} different values: this is not a label map but an image; name the mask", kMaxLabels));
      }
      at = static_cast<std::int32_t>(regions_.size());
      regions_.push_back(Region{static_cast<int>(label), "", {}});
    }
    std::vector<Run>& runs = regions_[static_cast<std::size_t>(at)].runs;
    // A bit can stay set while the others of its value change.
    if (!runs.empty() && runs.back().i_end == run.i_begin && runs.back().j == run.j && runs.back().k == run.k) {
      runs.back().i_end = run.i_end;
      return {};
    }
    if (++run_count_ > kMaxRuns) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("over {} runs of equal voxels: this is not a label map; name the mask", kMaxRuns));
    }
    runs.push_back(run);
    return {};
  }

  bool bits_;
  std::vector<std::int32_t> region_of_;  ///< by label; -1: none yet
  std::vector<Region> regions_;
  std::size_t run_count_ = 0;
};

tl::unexpected<Error> no_label(double value, double max_value, const Run& run) {
  return fail(ErrorCode::kUnsupported, fmt::format("voxel ({}, {}, {}) is {}; a label must be a whole number from 0 to "
                                                   "{}: name the mask, not the image, or threshold it first",
                                                   run.i_begin, run.j, run.k, shortest(value), shortest(max_value)));
}

}  // namespace

Result<LabelMap> read_label_map(ImageSource& source, LabelEncoding encoding) {
  const ImageInfo& info = source.info();
  const auto row_voxels = static_cast<std::size_t>(info.grid.size()[0]);
  RunBuilder builder(encoding);
  auto done =
      source.read_slices(0, info.grid.size()[2], [&](std::int64_t k, std::span<const double> values) -> Result<void> {
        for (std::int64_t j = 0; j < info.grid.size()[1]; ++j) {
          const double* row = values.data() + static_cast<std::size_t>(j) * row_voxels;
          for (std::size_t i = 0; i < row_voxels;) {
            if (row[i] == 0) {
              ++i;
              continue;
            }
            const double value = row[i];
            Run run{static_cast<std::int32_t>(i), 0, static_cast<std::int32_t>(j), static_cast<std::int32_t>(k)};
            // Written so that a NaN is refused as well.
            if (!(value > 0 && value <= builder.max_value()) || value != std::floor(value)) {
              return no_label(value, builder.max_value(), run);
            }
            do ++i;
            while (i < row_voxels && row[i] == value);
            run.i_end = static_cast<std::int32_t>(i);
            if (auto ok = builder.add(static_cast<std::uint32_t>(value), run); !ok) return ok;
          }
        }
        return {};
      });
  if (!done) return pass_on(std::move(done));
  LabelMap map;
  map.grid = info.grid;
  map.regions = builder.take();
  map.notes = info.notes;
  if (!info.integer_values) {
    map.notes.push_back(fmt::format("the mask is stored as {}{}; all its values are whole numbers", info.stored_type,
                                    info.details.contains("slope") ? " with a scale" : ""));
  }
  return map;
}

}  // namespace radtype::io
