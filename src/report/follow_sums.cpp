// The sum of longest diameters, as a yardstick that clinicians know beside the volumes.
#include "report/follow_sums.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace radtype::report {
namespace {

std::size_t place_of_measure(const std::string& name) {
  const auto found =
      std::find_if(measures().begin(), measures().end(), [&](const Measure& one) { return one.name == name; });
  RADTYPE_CHECK(found != measures().end());
  return static_cast<std::size_t>(found - measures().begin());
}

/// The modality with most timepoints that were measured; of equals the first by name.
std::string modality_of_sums(const Course& course) {
  std::map<std::string, std::size_t> measured;
  for (const CourseTimepoint& one : course.timepoints) {
    if (one.status == "ok" || one.status == "partial") ++measured[one.modality];
  }
  std::string chosen;
  std::size_t most = 0;
  for (const auto& [modality, count] : measured) {
    if (count > most) {
      chosen = modality;
      most = count;
    }
  }
  return chosen;
}

const CoursePoint* point_at(const CourseTrack& track, std::size_t timepoint) {
  const auto found = std::find_if(track.points.begin(), track.points.end(),
                                  [&](const CoursePoint& point) { return point.timepoint == timepoint; });
  return found == track.points.end() ? nullptr : &*found;
}

double diameter_of(const CoursePoint& point) {
  static const std::size_t measure = place_of_measure("shape_max_diameter_mm");
  return point.values.empty() ? std::numeric_limits<double>::quiet_NaN() : point.values[measure];
}

void choose_targets(Course& course, const std::vector<std::size_t>& baseline) {
  std::vector<std::pair<double, std::size_t>> candidates;
  for (std::size_t t = 0; t < course.tracks.size(); ++t) {
    for (const std::size_t n : baseline) {
      const CoursePoint* point = point_at(course.tracks[t], n);
      const double diameter = point == nullptr ? 0 : diameter_of(*point);
      if (diameter >= kShortestTargetMm) candidates.emplace_back(-diameter, t);
    }
  }
  std::sort(candidates.begin(), candidates.end());
  std::map<std::string, std::size_t> of_organ;
  for (const auto& [length, track] : candidates) {
    const std::string& organ = course.tracks[track].organ;
    const bool known = !organ.empty() && organ != "other";
    if (course.targets.size() == kMostTargets || (known && of_organ[organ] == kMostTargetsOfOrgan)) continue;
    if (known) ++of_organ[organ];
    course.targets.push_back(track);
  }
}

}  // namespace

void sum_diameters(Course& course) {
  course.targets_modality = modality_of_sums(course);
  // One modality may have several organs at one time.
  std::vector<std::vector<std::size_t>> times;
  for (std::size_t n = 0; n < course.timepoints.size(); ++n) {
    const CourseTimepoint& one = course.timepoints[n];
    if (one.modality != course.targets_modality) continue;
    if (times.empty() || course.timepoints[times.back().front()].timepoint != one.timepoint) times.emplace_back();
    times.back().push_back(n);
  }
  const auto measured = std::find_if(times.begin(), times.end(), [&](const std::vector<std::size_t>& parts) {
    return std::any_of(parts.begin(), parts.end(), [&](std::size_t n) {
      return course.timepoints[n].status == "ok" || course.timepoints[n].status == "partial";
    });
  });
  if (measured == times.end()) {
    course.sums_note = "RECIST-like sum: no timepoint was measured.";
    return;
  }
  choose_targets(course, *measured);
  std::vector<std::string> names;
  for (const std::size_t track : course.targets) names.push_back(course.tracks[track].name);
  course.sums_note = fmt::format(
      "RECIST-like: the sum of the longest diameters in 3-D (not in the axial plane, and of lymph nodes not the short "
      "axis) of the lesions that measure {:g} mm or more at the first measured timepoint{}, the largest first, {} at "
      "most and {} of one organ{}. A lesion without an outline in a later measured scan counts 0 mm. No category of "
      "response is claimed.",
      kShortestTargetMm, course.targets_modality.empty() ? "" : " (" + course.targets_modality + ")", kMostTargets,
      kMostTargetsOfOrgan, names.empty() ? ": there is none" : fmt::format(": {}", fmt::join(names, ", ")));
  if (course.targets.empty()) return;

  std::optional<double> baseline;
  std::optional<double> nadir;
  for (auto time = measured; time != times.end(); ++time) {
    DiameterSum& sum = course.sums.emplace_back();
    sum.timepoint = time->front();
    double all = 0;
    for (const std::size_t track : course.targets) {
      const CoursePoint* point = nullptr;
      for (const std::size_t n : *time) {
        if (point == nullptr) point = point_at(course.tracks[track], n);
      }
      const double diameter = point == nullptr ? std::numeric_limits<double>::quiet_NaN()
                              : point->gone    ? 0
                                               : diameter_of(*point);
      if (std::isnan(diameter)) {
        const std::string why = point == nullptr         ? "its organ was not scanned"
                                : point->missing.empty() ? "its diameter is missing"
                                                         : point->missing;
        sum.missing += fmt::format("{}{}: {}", sum.missing.empty() ? "" : "; ", course.tracks[track].name, why);
      } else {
        all += diameter;
      }
    }
    if (!sum.missing.empty()) continue;
    sum.sum_mm = all;
    if (!baseline) baseline = all;
    if (!nadir) nadir = all;
    sum.percent_of_baseline = 100 * all / *baseline;
    if (*nadir > 0) sum.percent_of_nadir = 100 * all / *nadir;
    nadir = std::min(*nadir, all);
  }
}

}  // namespace radtype::report
