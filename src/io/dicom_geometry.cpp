#include "io/dicom_geometry.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <Eigen/Geometry>

namespace radtype::io {
namespace {

// In one place: closer than any slice spacing that make_grid and the tolerances can tell apart.
constexpr double kSamePlaceMm = 0.01;
// A wider gap is not counted out in missing slices.
constexpr double kMaxMissing = 1000;
// Gaps within tolerance may still add up; a slice this part of the spacing off the lattice belongs to another image.
constexpr double kLatticeTolerance = 0.1;

Result<void> check_straight(const std::vector<SlicePlace>& places, const Eigen::Vector3d& normal,
                            double pixel_spacing_mm) {
  const Eigen::Vector3d& first = places.front().position_lps_mm;
  double worst = 0;
  double along = 0;
  std::size_t which = 0;
  for (std::size_t i = 1; i < places.size(); ++i) {
    const Eigen::Vector3d step = places[i].position_lps_mm - first;
    const double drift = (step - normal * normal.dot(step)).norm();
    if (drift > worst) {
      worst = drift;
      along = std::abs(normal.dot(step));
      which = i;
    }
  }
  const double limit = kDriftTolerance * pixel_spacing_mm;
  if (worst <= limit) return {};
  return fail(
      ErrorCode::kInconsistent,
      fmt::format("the slices are sheared: {} lies {:.3g} mm beside the normal of {} at a distance of {:.4g} mm "
                  "({:.3g} degrees; at most {:.3g} mm is allowed). The gantry was tilted or the slices belong to "
                  "several stacks; resample the series to a straight grid first",
                  places[which].name, worst, places.front().name, along, std::atan2(worst, along) * 180 / M_PI, limit));
}

std::string few(const std::vector<std::string>& names, std::size_t at_most = 6) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), at_most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > at_most) text += fmt::format(" and {} more", names.size() - at_most);
  return text;
}

}  // namespace

std::string list_positions(const std::vector<double>& positions_mm, std::size_t at_most) {
  std::vector<std::string> texts;
  for (const double p : positions_mm) texts.push_back(fmt::format("{:.6g}", p));
  return few(texts, at_most);
}

Result<Eigen::Matrix3d> direction_from_cosines(const std::vector<double>& row_then_column) {
  RADTYPE_CHECK(row_then_column.size() == 6);
  const Eigen::Vector3d row(row_then_column[0], row_then_column[1], row_then_column[2]);
  const Eigen::Vector3d column(row_then_column[3], row_then_column[4], row_then_column[5]);
  if (!(std::abs(row.norm() - 1) <= kCosineTolerance) || !(std::abs(column.norm() - 1) <= kCosineTolerance) ||
      !(std::abs(row.dot(column)) <= kCosineTolerance)) {
    return fail(
        ErrorCode::kCorrupt,
        fmt::format("ImageOrientationPatient (0020,0037) is not two orthogonal unit vectors: lengths {:.6g} and "
                    "{:.6g}, cosine {:.3g}",
                    row.norm(), column.norm(), row.dot(column)));
  }
  Eigen::Matrix3d direction;
  direction.col(0) = row.normalized();
  direction.col(1) = (column - direction.col(0) * direction.col(0).dot(column)).normalized();
  direction.col(2) = direction.col(0).cross(direction.col(1));
  return direction;
}

Result<SliceStack> stack_slices(const std::vector<SlicePlace>& places, const Eigen::Matrix3d& direction,
                                double pixel_spacing_mm) {
  RADTYPE_CHECK(!places.empty());
  const Eigen::Vector3d normal = direction.col(2);
  std::vector<double> along(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) along[i] = normal.dot(places[i].position_lps_mm);

  SliceStack stack;
  stack.order.resize(places.size());
  std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
  std::sort(stack.order.begin(), stack.order.end(), [&](std::size_t a, std::size_t b) {
    return along[a] != along[b] ? along[a] < along[b] : places[a].name < places[b].name;
  });
  stack.origin_lps_mm = places[stack.order.front()].position_lps_mm;
  const std::size_t n = places.size();
  if (n == 1) return stack;

  std::vector<double> gaps;
  std::vector<std::string> duplicates;
  for (std::size_t i = 1; i < n; ++i) {
    const double gap = along[stack.order[i]] - along[stack.order[i - 1]];
    if (gap <= kSamePlaceMm) {
      duplicates.push_back(places[stack.order[i - 1]].name + " = " + places[stack.order[i]].name);
    } else {
      gaps.push_back(gap);
    }
  }
  if (!duplicates.empty()) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{} of {} slices lie where another slice lies: {}. The series holds copies, or several "
                            "phases, echoes or reconstructions; keep one image of each place",
                            duplicates.size(), n, few(duplicates)));
  }
  if (auto straight = check_straight(places, normal, pixel_spacing_mm); !straight) return pass_on(std::move(straight));

  // The lower median: of two gaps of 3 and 6 mm, the second misses a slice.
  std::vector<double> sorted = gaps;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double lower = *middle;
  const double tolerance = spacing_tolerance_mm(lower);
  std::vector<double> missing;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double steps = std::round(gaps[i] / lower);
    if (steps < 2 || steps > kMaxMissing || std::abs(gaps[i] - steps * lower) > steps * tolerance) continue;
    for (double s = 1; s < steps; ++s) missing.push_back(along[stack.order[i]] + s * lower);
  }
  if (!missing.empty()) {
    return fail(ErrorCode::kInconsistent,
                fmt::format("{} slices are missing between the first and the last: at {} mm along the normal (spacing "
                            "{:.6g} mm). Export the whole series again",
                            missing.size(), list_positions(missing), lower));
  }
  stack.spacing_mm = (along[stack.order.back()] - along[stack.order.front()]) / static_cast<double>(n - 1);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double lattice = along[stack.order.front()] + static_cast<double>(i + 1) * stack.spacing_mm;
    if (std::abs(gaps[i] - lower) <= tolerance &&
        std::abs(along[stack.order[i + 1]] - lattice) <= kLatticeTolerance * stack.spacing_mm) {
      continue;
    }
    return fail(ErrorCode::kInconsistent,
                fmt::format("the slices are not evenly spaced: {} to {} is {:.6g} mm, the spacing elsewhere {:.6g} mm "
                            "(tolerance {:.3g} mm). Resample the series to one spacing first",
                            places[stack.order[i]].name, places[stack.order[i + 1]].name, gaps[i], lower, tolerance));
  }
  return stack;
}

Result<FrameLattice> place_frames(const std::vector<SlicePlace>& places, const Eigen::Matrix3d& direction,
                                  double pixel_spacing_mm, const StatedSpacing& stated) {
  RADTYPE_CHECK(!places.empty());
  const Eigen::Vector3d normal = direction.col(2);
  if (auto straight = check_straight(places, normal, pixel_spacing_mm); !straight) return pass_on(std::move(straight));
  std::vector<double> along(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) along[i] = normal.dot(places[i].position_lps_mm);
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return along[a] < along[b]; });
  const double first = along[order.front()];
  const double extent = along[order.back()] - first;
  std::optional<double> smallest;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const double gap = along[order[i]] - along[order[i - 1]];
    if (gap > kSamePlaceMm && (!smallest || gap < *smallest)) smallest = gap;
  }
  std::vector<double> candidates;
  if (stated.between_slices_mm) candidates.push_back(*stated.between_slices_mm);
  if (smallest) candidates.push_back(*smallest);
  if (candidates.empty() && stated.thickness_mm) candidates.push_back(*stated.thickness_mm);
  if (candidates.empty()) {
    return fail(ErrorCode::kInconsistent,
                "all frames lie in one plane and neither SpacingBetweenSlices (0018,0088) nor "
                "SliceThickness (0018,0050) says how thick it is");
  }

  FrameLattice lattice;
  lattice.from_thickness = !smallest && !stated.between_slices_mm;
  lattice.origin_lps_mm = places[order.front()].position_lps_mm;
  lattice.index.resize(places.size());
  for (const double spacing : candidates) {
    if (!(spacing > kSamePlaceMm) || extent / spacing >= static_cast<double>(kMaxAxis)) continue;
    const double tolerance = spacing_tolerance_mm(spacing);
    bool fits = true;
    std::int64_t index = 0;
    lattice.index[order.front()] = 0;
    for (std::size_t i = 1; i < order.size() && fits; ++i) {
      const double gap = along[order[i]] - along[order[i - 1]];
      const double steps = std::round(gap / spacing);
      fits = std::abs(gap - steps * spacing) <= std::min(tolerance * std::max(steps, 1.0), kLatticeTolerance * spacing);
      index += static_cast<std::int64_t>(steps);
      lattice.index[order[i]] = index;
    }
    if (!fits) continue;
    lattice.count = index + 1;
    // Many frames tell the spacing better than one header value does.
    lattice.spacing_mm = index > 0 ? extent / static_cast<double>(index) : spacing;
    for (std::size_t i = 0; i < along.size() && fits; ++i) {
      const double place = static_cast<double>(lattice.index[i]) * lattice.spacing_mm;
      fits = std::abs(along[i] - first - place) <= kLatticeTolerance * lattice.spacing_mm;
    }
    if (fits) return lattice;
  }
  return fail(
      ErrorCode::kInconsistent,
      fmt::format("the frames lie on no lattice of evenly spaced slices (SpacingBetweenSlices {:.6g} mm, smallest "
                  "distance of two frames {:.6g} mm; 0: none)",
                  stated.between_slices_mm.value_or(0.0), smallest.value_or(0.0)));
}

}  // namespace radtype::io
