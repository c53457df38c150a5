#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/core/text.h"
#include "radtype/report/follow.h"

namespace radtype::report {
namespace {

std::string number_cell(double value) { return std::isfinite(value) ? shortest(value) : std::string(); }
std::string number_cell(const std::optional<double>& value) { return value ? number_cell(*value) : std::string(); }

std::string reasons_of(const CoursePoint& point) {
  std::vector<std::string> reasons;
  if (!point.missing.empty()) reasons.push_back(point.missing);
  for (const auto& [name, reason] : point.why_missing) reasons.push_back(name + ": " + reason);
  if (!point.refused.empty()) reasons.push_back("no subtype: " + point.refused);
  if (!point.note.empty()) reasons.push_back(point.note);
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace

std::string course_csv(const Course& course) {
  std::size_t subtypes = 0;
  for (const CourseTrack& track : course.tracks) {
    for (const CoursePoint& point : track.points) subtypes = std::max(subtypes, point.probabilities.size());
  }
  std::string text = "patient,lesion,organ,modality,timepoint,day,case,number,target";
  for (const Measure& measure : measures()) text += "," + measure.name;
  for (std::size_t c = 1; c <= subtypes; ++c) text += fmt::format(",probability_{}", c);
  text += ",reasons\n";
  for (std::size_t t = 0; t < course.tracks.size(); ++t) {
    const CourseTrack& track = course.tracks[t];
    const bool target = std::find(course.targets.begin(), course.targets.end(), t) != course.targets.end();
    for (const CoursePoint& point : track.points) {
      const CourseTimepoint& time = course.timepoints[point.timepoint];
      text += fmt::format("{},{},{},{},{},{},{},{},{}", csv_cell(course.patient), csv_cell(track.name),
                          csv_cell(track.organ), csv_cell(track.modality), csv_cell(time.timepoint),
                          number_cell(time.day), csv_cell(point.name),
                          point.lesion > 0 ? fmt::format("{}", point.lesion) : "", target ? "yes" : "no");
      for (std::size_t m = 0; m < measures().size(); ++m)
        text += "," + (point.values.empty() ? std::string() : number_cell(point.values[m]));
      for (std::size_t c = 0; c < subtypes; ++c)
        text += "," + (point.probabilities.empty() ? std::string() : number_cell(point.probabilities[c]));
      text += "," + csv_cell(reasons_of(point)) + "\n";
    }
  }
  return text;
}

std::string changes_csv(const Course& course) {
  std::string text =
      "patient,lesion,modality,measure,from_timepoint,to_timepoint,value_from,value_to,percent,beyond_noise,reason\n";
  for (const CourseChange& one : course.changes) {
    const CourseTrack& track = course.tracks[one.track];
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(course.patient), csv_cell(track.name),
                        csv_cell(track.modality), measures()[one.measure].name,
                        csv_cell(course.timepoints[one.from].timepoint), csv_cell(course.timepoints[one.to].timepoint),
                        shortest(one.before), shortest(one.after), number_cell(one.percent),
                        !one.beyond_noise   ? ""
                        : *one.beyond_noise ? "yes"
                                            : "no",
                        csv_cell(one.reason));
  }
  return text;
}

}  // namespace radtype::report
