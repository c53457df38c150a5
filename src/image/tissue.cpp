#include "radtype/image/tissue.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "image/runs.h"
#include "radtype/image/region.h"

namespace radtype::image {
namespace {

// docs/methods/tissue.md gives the reason of every number.
constexpr double kLungBelowHu = -320;
constexpr double kBodyAboveHu = -500;
constexpr double kPlainAirBelowHu = -950;
constexpr double kAirwayUnderMm2 = 1000;
constexpr double kVesselUnderMm2 = 1000;
constexpr double kLungClosingMm = 5;
constexpr double kThinHalfMm = 2.5;
constexpr double kSmallestLungMl = 5;
/// Parts of an organ under this share of its largest part are not kept.
constexpr double kSmallestPartShare = 0.05;
constexpr double kShareOfMedian = 0.2;
constexpr std::size_t kDensityBins = 200;
constexpr double kModeRatio = 1.5;
constexpr double kLeastModeShare = 1e-4;
constexpr double kAirShareOfBrightest = 0.1;
constexpr std::int64_t kNoiseReach = 2;
constexpr double kBackgroundShareOfBorder = 0.8;

using Predicate = std::function<bool(double)>;

/// Runs of a scan, and how many voxels of each fulfil a second condition.
struct CountedRuns {
  std::vector<Run> runs;
  std::vector<std::int32_t> counts;
};

Result<CountedRuns> collect(io::ImageSource& source, const Predicate& inside, const Predicate& counted) {
  CountedRuns found;
  const Size3 size = source.info().grid.size();
  const auto add_row = [&](const double* row, std::int32_t j, std::int32_t k) {
    const auto end = static_cast<std::int32_t>(size[0]);
    for (std::int32_t i = 0; i < end; ++i) {
      if (!inside(row[i])) continue;
      Run run{i, i, j, k};
      std::int32_t count = 0;
      for (; run.i_end < end && inside(row[run.i_end]); ++run.i_end) count += counted(row[run.i_end]) ? 1 : 0;
      found.runs.push_back(run);
      found.counts.push_back(count);
      i = run.i_end;
    }
  };
  auto done = source.read_slices(0, size[2], [&](std::int64_t k, std::span<const double> values) -> Result<void> {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      add_row(values.data() + j * size[0], static_cast<std::int32_t>(j), static_cast<std::int32_t>(k));
    }
    return {};
  });
  if (!done) return pass_on(std::move(done));
  return found;
}

Result<std::vector<Run>> collect(io::ImageSource& source, const Predicate& inside) {
  auto found = collect(source, inside, [](double) { return false; });
  if (!found) return pass_on(std::move(found));
  return std::move(found->runs);
}

/// Means over windows of 2 * kNoiseReach + 1 values, every `stride`-th, cut at both ends.
void window_means(const double* values, std::int64_t count, std::int64_t stride, double* means) {
  for (std::int64_t n = 0; n < count; ++n) {
    const std::int64_t begin = std::max<std::int64_t>(n - kNoiseReach, 0);
    const std::int64_t end = std::min(n + kNoiseReach + 1, count);
    double sum = 0;
    for (std::int64_t m = begin; m < end; ++m) sum += values[m * stride];
    means[n * stride] = sum / static_cast<double>(end - begin);
  }
}

/// Means over square windows of a slice; what is no number counts as `instead`.
std::vector<double> window_means(std::span<const double> slice, const Size3& size, double instead) {
  std::vector<double> means(slice.begin(), slice.end());
  std::replace_if(
      means.begin(), means.end(), [](double value) { return !std::isfinite(value); }, instead);
  std::vector<double> of_rows(means.size());
  for (std::int64_t j = 0; j < size[1]; ++j)
    window_means(means.data() + j * size[0], size[0], 1, of_rows.data() + j * size[0]);
  for (std::int64_t i = 0; i < size[0]; ++i) window_means(of_rows.data() + i, size[1], size[0], means.data() + i);
  return means;
}

/// Voxels over a threshold by themselves and in the mean of their window: single bright voxels of noise are not.
Result<std::vector<Run>> collect_above(io::ImageSource& source, double threshold) {
  const Grid& grid = source.info().grid;
  const Size3 size = grid.size();
  std::vector<Run> runs;
  Mask slice(grid.cropped({{0, 0, 0}, {size[0], size[1], 1}}));
  const auto add_slice = [&](std::int64_t k, std::span<const double> values) -> Result<void> {
    const std::vector<double> means = window_means(values, size, threshold);
    for (std::size_t n = 0; n < means.size(); ++n) {
      slice.voxels[n] = std::isfinite(values[n]) && values[n] > threshold && means[n] > threshold ? 1 : 0;
    }
    const std::vector<Run> of_slice = runs_of(slice, {0, 0, k});
    runs.insert(runs.end(), of_slice.begin(), of_slice.end());
    return {};
  };
  if (auto done = source.read_slices(0, size[2], add_slice); !done) return pass_on(std::move(done));
  return runs;
}

/// What a connected set of runs amounts to.
struct SetSums {
  std::int64_t voxels = 0;
  std::int64_t counted = 0;
  bool touches_edge = false;  ///< of its slice

  bool mostly_counted() const { return 2 * counted > voxels; }
};

std::vector<SetSums> sums_of(const CountedRuns& found, const RunSets& sets, const Size3& size) {
  std::vector<SetSums> sums(sets.count);
  for (std::size_t n = 0; n < found.runs.size(); ++n) {
    const Run& run = found.runs[n];
    SetSums& sum = sums[sets.set_of[n]];
    sum.voxels += length(run);
    if (!found.counts.empty()) sum.counted += found.counts[n];
    sum.touches_edge |= run.i_begin == 0 || run.i_end == size[0] || run.j == 0 || run.j == size[1] - 1;
  }
  return sums;
}

template <class Keep>
CountedRuns kept(const CountedRuns& found, const RunSets& sets, const Keep& keep) {
  CountedRuns result;
  for (std::size_t n = 0; n < found.runs.size(); ++n) {
    if (!keep(sets.set_of[n])) continue;
    result.runs.push_back(found.runs[n]);
    if (!found.counts.empty()) result.counts.push_back(found.counts[n]);
  }
  return result;
}

/// The largest set and those that come near it.
std::vector<Run> large_parts(std::vector<Run> runs, const Size3& size) {
  const CountedRuns all{std::move(runs), {}};
  const RunSets sets = connected_runs(all.runs, size, Neighbours::kCorners26);
  const std::vector<SetSums> sums = sums_of(all, sets, size);
  std::int64_t largest = 0;
  for (const SetSums& sum : sums) largest = std::max(largest, sum.voxels);
  const double enough = kSmallestPartShare * static_cast<double>(largest);
  return kept(all, sets, [&](std::size_t set) { return static_cast<double>(sums[set].voxels) >= enough; }).runs;
}

/// Adds what is enclosed within a slice, holes of less than `under` pixels only.
std::vector<Run> with_slice_holes(const std::vector<Run>& runs, const Size3& size, double under) {
  const CountedRuns outside{complement(runs, size), {}};
  const RunSets sets = connected_runs(outside.runs, size, Neighbours::kSlice4);
  const std::vector<SetSums> sums = sums_of(outside, sets, size);
  const auto is_hole = [&](std::size_t set) {
    return !sums[set].touches_edge && static_cast<double>(sums[set].voxels) < under;
  };
  return united(runs, kept(outside, sets, is_hole).runs);
}

/// Index axis that runs along the patient.
std::size_t head_foot_axis(const Grid& grid) {
  Eigen::Index axis = 0;
  grid.direction().row(2).cwiseAbs().maxCoeff(&axis);
  return static_cast<std::size_t>(axis);
}

/// Adds what does not reach the sides of the image: what reaches its head or foot end only is an airway or gut that the
/// image cuts.
std::vector<Run> with_cavities(const std::vector<Run>& runs, const Grid& grid) {
  const Size3& size = grid.size();
  const std::size_t along = head_foot_axis(grid);
  const CountedRuns outside{complement(runs, size), {}};
  const RunSets sets = connected_runs(outside.runs, size, Neighbours::kFaces6);
  std::vector<char> reaches_side(sets.count, 0);
  for (std::size_t n = 0; n < outside.runs.size(); ++n) {
    const Run& run = outside.runs[n];
    const Size3 lo{run.i_begin, run.j, run.k};
    const Size3 hi{run.i_end, run.j + 1, run.k + 1};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (axis != along && size[axis] > 1 && (lo[axis] == 0 || hi[axis] == size[axis])) {
        reaches_side[sets.set_of[n]] = 1;
      }
    }
  }
  return united(runs, kept(outside, sets, [&](std::size_t set) { return reaches_side[set] == 0; }).runs);
}

std::vector<Run> filled(const std::vector<Run>& runs, const Grid& grid) {
  const double any = static_cast<double>(kMaxVoxels);
  return with_cavities(with_slice_holes(runs, grid.size(), any), grid);
}

std::vector<Run> solid(std::vector<Run> runs, const Grid& grid) {
  if (runs.empty()) return runs;
  return filled(large_parts(std::move(runs), grid.size()), grid);
}

double pixel_mm2(const Grid& grid) { return grid.spacing_mm()[0] * grid.spacing_mm()[1]; }
double voxel_ml(const Grid& grid) { return grid.voxel_volume_mm3() / 1000; }

std::vector<Run> closed_in_slices(const Grid& grid, const std::vector<Run>& runs, double radius_mm) {
  return each_slice(grid, runs, radius_mm,
                    [&](const Mask& slice) { return eroded(dilated(slice, radius_mm), radius_mm); });
}

/// Without what is plain air and stands alone in its slice: the room around the patient, trachea, gas of the gut.
CountedRuns without_plain_air(const CountedRuns& air, const Grid& grid) {
  const RunSets sets = connected_runs(air.runs, grid.size(), Neighbours::kSlice4);
  const std::vector<SetSums> sums = sums_of(air, sets, grid.size());
  return kept(air, sets, [&](std::size_t set) {
    const SetSums& sum = sums[set];
    const bool small = static_cast<double>(sum.voxels) * pixel_mm2(grid) < kAirwayUnderMm2;
    return !(sum.mostly_counted() && (small || sum.touches_edge));
  });
}

Result<std::vector<Run>> find_lung(io::ImageSource& source) {
  const Grid& grid = source.info().grid;
  auto air = collect(
      source, [](double hu) { return std::isfinite(hu) && hu < kLungBelowHu; },
      [](double hu) { return hu < kPlainAirBelowHu; });
  if (!air) return pass_on(std::move(air));
  const CountedRuns inner = without_plain_air(*air, grid);
  const RunSets sets = connected_runs(inner.runs, grid.size(), Neighbours::kFaces6);
  const std::vector<SetSums> sums = sums_of(inner, sets, grid.size());
  std::int64_t largest = 0;
  for (const SetSums& sum : sums) largest = std::max(largest, sum.mostly_counted() ? 0 : sum.voxels);
  const std::vector<Run> parts = kept(inner, sets, [&](std::size_t set) {
                                   const SetSums& sum = sums[set];
                                   const auto voxels = static_cast<double>(sum.voxels);
                                   // A lung that the image cuts is larger than it looks.
                                   const bool enough = voxels >= kSmallestPartShare * static_cast<double>(largest) ||
                                                       (sum.touches_edge && voxels * voxel_ml(grid) >= kSmallestLungMl);
                                   return enough && !sum.mostly_counted();
                                 }).runs;

  const double vessel_pixels = kVesselUnderMm2 / pixel_mm2(grid);
  const std::vector<Run> with_vessels = with_slice_holes(parts, grid.size(), vessel_pixels);
  return with_slice_holes(closed_in_slices(grid, with_vessels, kLungClosingMm), grid.size(), vessel_pixels);
}

/// Body of a CT. What is thin, or hangs on by something thin, is no body: table, clothes, leads.
Result<std::vector<Run>> find_ct_body(io::ImageSource& source) {
  const Grid& grid = source.info().grid;
  auto dense = collect(source, [](double hu) { return std::isfinite(hu) && hu > kBodyAboveHu; });
  if (!dense) return dense;
  const auto erode = [](const Mask& slice) { return eroded(slice, kThinHalfMm); };
  const std::vector<Run> core = each_slice(grid, *dense, kThinHalfMm, erode);
  if (core.empty()) return solid(std::move(*dense), grid);
  const double back_mm = kThinHalfMm + std::max(grid.spacing_mm()[0], grid.spacing_mm()[1]);
  const auto dilate = [&](const Mask& slice) { return dilated(slice, back_mm); };
  const std::vector<Run> near = each_slice(grid, large_parts(core, grid.size()), back_mm, dilate);
  return filled(common(*dense, near, grid.size()), grid);
}

/// Values of a whole scan by the 16 leading bits of their float: one pass, any range, each value within 1 %.
class Histogram {
 public:
  void add(double value) {
    if (!std::isfinite(value)) return;
    ++counts_[bin_of(static_cast<float>(value))];
    ++total_;
  }
  std::int64_t total() const { return total_; }
  /// Values in `bins` equal steps from low to high; those that are exactly 0 are padding and do not count.
  std::vector<double> density(double low, double high, std::size_t bins) const {
    std::vector<double> counts(bins, 0.0);
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double at = (value_of(bin) - low) / (high - low) * static_cast<double>(bins);
      if (counts_[bin] == 0 || value_of(bin) == 0 || at < 0 || at >= static_cast<double>(bins)) continue;
      counts[static_cast<std::size_t>(at)] += static_cast<double>(counts_[bin]);
    }
    return counts;
  }
  /// Lower end of the bin that holds the value below which `share` of the values over `above` lie.
  double quantile(double share, double above = -std::numeric_limits<double>::infinity()) const {
    std::size_t first = 0;
    while (first < kBins && !(value_of(first) > above)) ++first;
    std::int64_t over = 0;
    for (std::size_t bin = first; bin < kBins; ++bin) over += counts_[bin];
    const auto rank = static_cast<std::int64_t>(share * static_cast<double>(over));
    std::int64_t seen = 0;
    for (std::size_t bin = first; bin < kBins; ++bin) {
      seen += counts_[bin];
      if (seen > rank) return value_of(bin);
    }
    return above;
  }

 private:
  static constexpr std::size_t kBins = 1 << 16;
  static constexpr std::uint32_t kSign = 0x80000000U;
  /// Floats in ascending order: negative ones with all bits turned, others with the sign's.
  static std::size_t bin_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
    return ((bits & kSign) != 0 ? ~bits : bits | kSign) >> 16;
  }
  static double value_of(std::size_t bin) {
    const auto key = static_cast<std::uint32_t>(bin) << 16;
    const auto value = std::bit_cast<float>((key & kSign) != 0 ? key & ~kSign : ~key);
    return static_cast<double>(value);
  }
  std::vector<std::int64_t> counts_ = std::vector<std::int64_t>(kBins, 0);
  std::int64_t total_ = 0;
};

struct ScanValues {
  Histogram histogram;  ///< of window means
  double first = 0;     ///< value of voxel (0, 0, 0)
  double border_share_of_first = 0;
};

Result<ScanValues> look_at(io::ImageSource& source) {
  ScanValues seen;
  const Size3 size = source.info().grid.size();
  std::int64_t border = 0;
  std::int64_t equal = 0;
  const auto look_at_slice = [&](std::int64_t k, std::span<const double> values) -> Result<void> {
    if (k == 0) seen.first = values.front();
    for (const double mean : window_means(values, size, 0)) seen.histogram.add(mean);
    std::size_t n = 0;
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i, ++n) {
        if (i != 0 && j != 0 && i != size[0] - 1 && j != size[1] - 1) continue;
        ++border;
        equal += values[n] == seen.first ? 1 : 0;
      }
    }
    return {};
  };
  if (auto done = source.read_slices(0, size[2], look_at_slice); !done) return pass_on(std::move(done));
  seen.border_share_of_first = static_cast<double>(equal) / static_cast<double>(border);
  return seen;
}

/// A share of the median of all that lies above the threshold itself, found from above, so that much air does not
/// count.
double share_of_median(const Histogram& histogram) {
  const double low = std::min(0.0, histogram.quantile(0.001));
  const auto share_of = [&](double value) { return low + kShareOfMedian * (value - low); };
  double threshold = share_of(histogram.quantile(0.999));
  for (double next = share_of(histogram.quantile(0.5, threshold)); next < threshold;
       next = share_of(histogram.quantile(0.5, threshold))) {
    threshold = next;
  }
  return threshold;
}

/// Where the first mode of the values, if it is dark enough for the noise of air, ends; else low.
double end_of_air(const Histogram& histogram) {
  const double low = std::min(0.0, histogram.quantile(0.001));
  const double high = histogram.quantile(0.999);
  if (!(high > low)) return low;
  const std::vector<double> counts = histogram.density(low, high, kDensityBins);
  std::vector<double> smooth(counts.size(), 0.0);
  for (std::size_t bin = 1; bin + 1 < counts.size(); ++bin)
    smooth[bin] = (counts[bin - 1] + counts[bin] + counts[bin + 1]) / 3;
  const double least = kLeastModeShare * static_cast<double>(histogram.total());
  std::size_t mode = 0;
  std::size_t bin = 0;
  for (; bin < smooth.size() && smooth[bin] + least > smooth[mode] / kModeRatio; ++bin) {
    if (smooth[bin] > smooth[mode]) mode = bin;
  }
  const double step = (high - low) / static_cast<double>(kDensityBins);
  if (static_cast<double>(mode) > kAirShareOfBrightest * static_cast<double>(kDensityBins)) return low;
  std::size_t valley = mode;
  for (bin = mode; bin < smooth.size() && smooth[bin] < kModeRatio * smooth[valley] + least; ++bin) {
    if (smooth[bin] < smooth[valley]) valley = bin;
  }
  return bin == smooth.size() ? low : low + (static_cast<double>(valley) + 0.5) * step;
}

Result<std::vector<Run>> find_runs(io::ImageSource& source, TissueKind kind, io::Modality modality,
                                   std::vector<std::string>& notes) {
  const bool ct = modality == io::Modality::kCt;
  if (kind == TissueKind::kLung) return find_lung(source);
  if (kind == TissueKind::kBody && ct) return find_ct_body(source);
  auto seen = look_at(source);
  if (!seen) return pass_on(std::move(seen));
  if (kind == TissueKind::kBrain) {
    const double background = seen->first;
    if (seen->border_share_of_first >= kBackgroundShareOfBorder) {
      auto brain = collect(source, [&](double value) { return std::isfinite(value) && value != background; });
      if (!brain) return brain;
      return solid(std::move(*brain), source.info().grid);
    }
    notes.emplace_back("the image has no constant background, so its skull was not removed: the whole head is taken");
  }
  if (ct) return find_ct_body(source);
  double threshold = share_of_median(seen->histogram);
  if (modality == io::Modality::kMr) threshold = std::max(threshold, end_of_air(seen->histogram));
  auto bright = collect_above(source, threshold);
  if (!bright) return bright;
  return solid(std::move(*bright), source.info().grid);
}

}  // namespace

std::string_view tissue_word(TissueKind kind) {
  switch (kind) {
    case TissueKind::kLung:
      return "lung";
    case TissueKind::kBrain:
      return "brain";
    case TissueKind::kBody:
      return "body";
  }
  RADTYPE_CHECK(false);
}

std::optional<TissueKind> tissue_kind_from_word(std::string_view word) {
  for (const TissueKind kind : {TissueKind::kLung, TissueKind::kBrain, TissueKind::kBody}) {
    if (word == tissue_word(kind)) return kind;
  }
  return std::nullopt;
}

TissueKind tissue_kind_for(std::optional<io::Modality> modality, std::string_view organ) {
  if (modality == io::Modality::kCt && organ == "lung") return TissueKind::kLung;
  if (modality == io::Modality::kMr && organ == "brain") return TissueKind::kBrain;
  return TissueKind::kBody;
}

Result<Tissue> find_tissue(io::ImageSource& source, TissueKind kind, std::optional<io::Modality> modality) {
  if (!modality || *modality == io::Modality::kOther) {
    return fail(ErrorCode::kUsage, fmt::format("the image does not say what it is, so the {} cannot be found in it: "
                                               "say --modality CT, MR or PT, or give a mask as --tissue FILE",
                                               tissue_word(kind)));
  }
  if (kind == TissueKind::kLung && *modality != io::Modality::kCt) {
    return fail(ErrorCode::kUsage,
                fmt::format("a lung can be found in a CT, and this is {}: ask for --tissue body, or give a mask",
                            io::modality_word(*modality)));
  }
  const Grid& grid = source.info().grid;
  Tissue tissue;
  tissue.kind = kind;
  auto runs = find_runs(source, kind, *modality, tissue.notes);
  if (!runs) return pass_on(std::move(runs));
  tissue.region.name = tissue_word(kind);
  tissue.region.runs = std::move(*runs);
  tissue.volume_ml = static_cast<double>(tissue.region.voxel_count()) * voxel_ml(grid);
  const bool too_small = kind == TissueKind::kLung && tissue.volume_ml < kSmallestLungMl;
  if (tissue.region.runs.empty() || too_small) {
    return fail(ErrorCode::kEmpty, fmt::format("no {} was found in the image ({:.1f} ml): give a mask as --tissue FILE",
                                               tissue_word(kind), tissue.volume_ml));
  }
  return tissue;
}

namespace {

/// Adds what closing with the tumour fills near it.
Mask closed_around(Mask tissue, const Mask& tumour) {
  Region closed;
  closed.runs = closed_in_slices(tissue.grid, runs_of(tissue), kLungClosingMm);
  const Mask all = dense_mask(tissue.grid, closed, tissue.grid.box());
  const Mask near = dilated(tumour, kLungClosingMm);
  for (std::size_t n = 0; n < tissue.voxels.size(); ++n) {
    if (near.voxels[n] != 0) tissue.voxels[n] |= all.voxels[n];
  }
  return tissue;
}

Mask parts_that_hold(const Mask& tissue, const Mask& tumour) {
  Region held;
  for (const Region& part : connected_components(tissue).parts) {
    const auto holds = [&](const Run& run) {
      const auto* row = &tumour.at(0, run.j, run.k);
      return std::any_of(row + run.i_begin, row + run.i_end, [](std::uint8_t voxel) { return voxel != 0; });
    };
    if (std::any_of(part.runs.begin(), part.runs.end(), holds)) held.runs = united(held.runs, part.runs);
  }
  return dense_mask(tissue.grid, held, tissue.grid.box());
}

}  // namespace

Mask joined_with_tumour(Mask tissue, const Mask& tumour, TissueKind kind) {
  RADTYPE_CHECK(tissue.grid.size() == tumour.grid.size());
  for (std::size_t n = 0; n < tissue.voxels.size(); ++n) tissue.voxels[n] |= tumour.voxels[n];
  return kind == TissueKind::kLung ? closed_around(std::move(tissue), tumour) : parts_that_hold(tissue, tumour);
}

}  // namespace radtype::image
