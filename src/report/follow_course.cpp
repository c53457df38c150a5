// One patient's lesions through time.
#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cohort/lesion_order.h"
#include "radtype/cohort/lesions.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "radtype/report/follow.h"
#include "report/follow_sums.h"

namespace radtype::report {
namespace {

using nlohmann::json;

Result<cohort::FeatureTable> rows_of_patient(const cohort::FeatureTable& table, const CourseOptions& options) {
  cohort::FeatureTable own;
  own.features = table.features;
  std::set<std::string> cohorts;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const cohort::CaseKey& key = table.rows[r].key;
    if (key.patient != options.patient) continue;
    if (!options.cohort.empty() && key.cohort != options.cohort) continue;
    cohorts.insert(key.cohort);
    own.rows.push_back(table.rows[r]);
    for (std::size_t f = 0; f < table.features.size(); ++f) own.values.push_back(table.value(r, f));
  }
  if (own.rows.empty()) {
    return fail(ErrorCode::kNotFound, options.cohort.empty()
                                          ? "the study has no patient of that name (column patient of its manifest)"
                                          : "the study has no patient of that name in that cohort");
  }
  if (cohorts.size() > 1) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} cohorts have a patient of that name: choose one of them by --cohort", cohorts.size()));
  }
  return own;
}

/// Positions by day. A timepoint that has no name, or stands for several days, gets its day into its name.
Result<void> order_by_day(cohort::FeatureTable& own, const std::map<std::string, double>& day) {
  std::set<std::string> without;
  std::set<double> days;
  std::map<std::string, std::set<double>> days_of_timepoint;
  for (const cohort::TableRow& row : own.rows) {
    const auto found = day.find(row.key.name);
    if (found == day.end()) {
      without.insert(row.key.name);
      continue;
    }
    days.insert(found->second);
    days_of_timepoint[row.key.timepoint].insert(found->second);
  }
  if (!without.empty()) {
    return fail(
        ErrorCode::kUsage,
        fmt::format("{} of the patient's cases have no day: give every one, or leave the days out and the order "
                    "is that of the manifest",
                    without.size()));
  }
  for (cohort::TableRow& row : own.rows) {
    const double of_case = day.at(row.key.name);
    row.position = std::distance(days.begin(), days.find(of_case));
    std::string& name = row.key.timepoint;
    if (name.empty()) {
      name = fmt::format("day {}", shortest(of_case));
    } else if (days_of_timepoint.at(name).size() > 1) {
      name += fmt::format(" (day {})", shortest(of_case));
    }
  }
  return {};
}

struct Visit {
  std::vector<std::size_t> lesions;     ///< measured rows
  std::vector<std::string> unmeasured;  ///< why, of rows that are not
};

std::string status_of(const cohort::FeatureTable& own, const std::vector<std::size_t>& rows) {
  std::set<std::string> words;
  for (const std::size_t row : rows) words.insert(own.rows[row].status);
  return words.size() == 1 ? *words.begin() : "partial";
}

using Matches = std::map<std::pair<std::string, int>, const cohort::LesionMatch*>;

class CourseMaker {
 public:
  CourseMaker(const cohort::FeatureTable& own, const CourseOptions& options, Course& course)
      : own_(own), options_(options), course_(course), order_(own) {}

  Result<void> make() {
    auto matches = cohort::match_lesions(own_);
    if (!matches) return pass_on(std::move(matches));
    group_by_time();
    make_tracks(*matches);
    if (options_.model != nullptr) {
      if (auto done = classify_points(); !done) return done;
    }
    find_changes();
    return {};
  }

 private:
  void group_by_time() {
    std::map<std::tuple<std::int64_t, std::string, std::string, std::string>, std::vector<std::size_t>> groups;
    for (const std::size_t row : cohort::rows_by_name(own_)) {
      const cohort::CaseKey& key = own_.rows[row].key;
      groups[{order_.of(key), key.timepoint, key.modality, key.organ}].push_back(row);
    }
    for (const auto& [time, rows] : groups) {
      CourseTimepoint& one = course_.timepoints.emplace_back();
      Visit& visit = visits_.emplace_back();
      const cohort::CaseKey& key = own_.rows[rows.front()].key;
      one.timepoint = key.timepoint;
      one.cohort = key.cohort;
      one.modality = key.modality;
      one.organ = key.organ;
      one.status = status_of(own_, rows);
      std::set<std::string> reasons;
      for (const std::size_t row : rows) {
        const cohort::TableRow& from = own_.rows[row];
        if (one.cases.empty() || one.cases.back() != from.key.name) one.cases.push_back(from.key.name);
        if (!from.reason.empty()) reasons.insert(from.reason);
        if (cohort::has_lesion(from)) {
          visit.lesions.push_back(row);
        } else {
          visit.unmeasured.push_back(from.reason.empty() ? "not measured yet" : from.reason);
        }
      }
      one.reason = fmt::format("{}", fmt::join(reasons, "; "));
      if (one.reason.empty() && one.status == "pending") one.reason = "not measured yet";
      const auto day = options_.day.find(one.cases.front());
      if (day != options_.day.end()) one.day = day->second;
    }
  }

  void make_tracks(const std::vector<cohort::LesionMatch>& matches) {
    std::set<std::string> modalities;
    for (const CourseTimepoint& one : course_.timepoints) modalities.insert(one.modality);
    std::map<std::tuple<std::string, int>, std::size_t> tracks;
    std::map<std::pair<std::string, int>, const cohort::LesionMatch*> of_lesion;
    std::map<std::size_t, const cohort::LesionMatch*> gone;  // by track, the first time
    for (const cohort::LesionMatch& match : matches) {
      if (match.to) of_lesion[{match.to->name, match.to->lesion}] = &match;
      if (match.verdict == cohort::LesionVerdict::kNotMatchable && match.to)
        course_.notes.push_back(fmt::format("{}/{}: {}", match.to->name, match.to->lesion, match.reason));
      if (match.track == 0) continue;
      const auto [place, fresh] = tracks.try_emplace({match.modality, match.track}, course_.tracks.size());
      if (fresh) {
        CourseTrack& track = course_.tracks.emplace_back();
        track.number = match.track;
        track.name = modalities.size() > 1 ? fmt::format("{} lesion {}", match.modality, match.track)
                                           : fmt::format("lesion {}", match.track);
        track.cohort = match.cohort;
        track.modality = match.modality;
        track.organ = match.organ;
      }
      if (match.verdict == cohort::LesionVerdict::kGone) gone.try_emplace(place->second, &match);
    }
    for (std::size_t t = 0; t < course_.tracks.size(); ++t) {
      CourseTrack& track = course_.tracks[t];
      const auto left = gone.find(t);
      for (std::size_t n = 0; n < course_.timepoints.size(); ++n) {
        const CourseTimepoint& time = course_.timepoints[n];
        if (time.modality != track.modality || time.organ != track.organ) continue;
        CoursePoint& point = track.points.emplace_back();
        point.timepoint = n;
        for (const std::size_t row : visits_[n].lesions) {
          const auto match = of_lesion.find({own_.rows[row].key.name, own_.rows[row].lesion});
          if (match != of_lesion.end() && match->second->track == track.number) fill(point, row, *match->second);
        }
        if (point.lesion == 0) explain(point, track, left == gone.end() ? nullptr : left->second);
      }
    }
  }

  void fill(CoursePoint& point, std::size_t row, const cohort::LesionMatch& match) {
    const cohort::TableRow& from = own_.rows[row];
    point.name = from.key.name;
    point.lesion = from.lesion;
    point_rows_[{from.key.name, from.lesion}] = row;
    const json why = from.missing.empty() ? json::object() : json::parse(from.missing, nullptr, false);
    for (const Measure& measure : measures()) {
      const auto column = cohort::column_of(own_, measure.name);
      const double value = column ? own_.value(row, *column) : std::numeric_limits<double>::quiet_NaN();
      point.values.push_back(value);
      if (std::isfinite(value)) continue;
      const feature::Entry* entry = feature::find_feature(measure.name);
      std::string reason = "not measured";
      if (why.is_object() && why.contains(measure.name)) {
        reason = why[measure.name].get<std::string>();
      } else if (why.is_object() && entry != nullptr && why.contains(entry->family)) {
        reason = why[entry->family].get<std::string>();
      }
      point.why_missing[measure.name] = reason;
    }
    if (match.verdict == cohort::LesionVerdict::kMatched && match.margin && *match.margin < kFairMargin)
      point.note = fmt::format("doubtful match (margin {:.2g})", *match.margin);
    if (!match.reason.empty()) point.note += (point.note.empty() ? "" : "; ") + match.reason;
  }

  void explain(CoursePoint& point, const CourseTrack& track, const cohort::LesionMatch* gone) {
    const Visit& visit = visits_[point.timepoint];
    const bool seen_before = std::any_of(track.points.begin(), track.points.end() - 1,
                                         [](const CoursePoint& earlier) { return earlier.lesion > 0; });
    if (!visit.unmeasured.empty()) {
      point.missing = "not measured: " + visit.unmeasured.front();
    } else if (!seen_before) {
      point.missing = "not outlined before it first appears";
    } else {
      point.gone = true;
      point.missing = "nothing is outlined in its place";
      if (gone != nullptr && !gone->reason.empty()) point.missing += ": " + gone->reason;
    }
  }

  Result<void> classify_points() {
    subtype::CaseTable table;
    std::vector<std::optional<std::size_t>> columns;
    for (const subtype::FrozenFeature& feature : options_.model->preparation.features) {
      const feature::Entry* entry = feature::find_feature(feature.column.name);
      table.features.push_back(
          {feature.column.name, entry == nullptr ? feature.column.version : entry->version, feature.column.family});
      columns.push_back(cohort::column_of(own_, feature.column.name));
    }
    const auto volume = cohort::column_of(own_, cohort::kVolume);
    std::vector<CoursePoint*> points;
    for (CourseTrack& track : course_.tracks) {
      for (CoursePoint& point : track.points) {
        if (point.lesion == 0) continue;
        const std::size_t row = point_rows_.at({point.name, point.lesion});
        const cohort::CaseKey& key = own_.rows[row].key;
        table.cases.push_back({fmt::format("{}/{}", point.name, point.lesion), key.patient, key.cohort, key.organ,
                               key.modality, own_.value(row, *volume)});
        for (const auto& column : columns)
          table.values.push_back(column ? own_.value(row, *column) : std::numeric_limits<double>::quiet_NaN());
        points.push_back(&point);
      }
    }
    if (points.empty()) return {};
    auto assignments = subtype::classify(*options_.model, table);
    if (!assignments) return pass_on(std::move(assignments), "model");
    for (std::size_t n = 0; n < points.size(); ++n) {
      const subtype::Assignment& one = (*assignments)[n];
      points[n]->probabilities = one.posterior;
      if (one.state != subtype::AssignmentState::kRefused) continue;
      for (const auto& [word, sentence] : one.reasons)
        points[n]->refused += (points[n]->refused.empty() ? "" : "; ") + sentence;
    }
    return {};
  }

  void find_changes() {
    for (std::size_t t = 0; t < course_.tracks.size(); ++t) {
      for (std::size_t m = 0; m < measures().size(); ++m) {
        const CoursePoint* first = nullptr;
        const CoursePoint* last = nullptr;
        for (const CoursePoint& point : course_.tracks[t].points) {
          if (point.lesion == 0 || !std::isfinite(point.values[m])) continue;
          if (last != nullptr) course_.changes.push_back(change(t, m, *last, point));
          if (first != nullptr && first != last) course_.changes.push_back(change(t, m, *first, point));
          if (first == nullptr) first = &point;
          last = &point;
        }
      }
    }
  }

  CourseChange change(std::size_t track, std::size_t m, const CoursePoint& from, const CoursePoint& to) const {
    const Measure& measure = measures()[m];
    CourseChange found{track, m, from.timepoint, to.timepoint, from.values[m], to.values[m], {}, {}, {}};
    const bool relative = measure.relative && found.before > 0 && found.after > 0;
    if (relative) found.percent = 100 * (found.after / found.before - 1);
    const std::string& modality = course_.tracks[track].modality;
    if (options_.noise == nullptr) {
      found.reason = "no repeated measurements were given";
      return found;
    }
    const auto noise = options_.noise->find(modality);
    if (noise == options_.noise->end()) {
      found.reason = "no repeated measurements of this modality";
      return found;
    }
    const Repeatability& of_measure = noise->second[m];
    if (!of_measure.missing.empty()) {
      found.reason = of_measure.missing;
      return found;
    }
    const double size =
        relative ? std::abs(std::log(found.after / found.before)) : std::abs(found.after - found.before);
    found.beyond_noise = size > of_measure.upper;
    if (size > of_measure.coefficient && size <= of_measure.upper) {
      found.reason =
          fmt::format("beyond the repeatability coefficient, but {} repeated measurements are too few to be sure",
                      of_measure.degrees_of_freedom);
    }
    return found;
  }

  static constexpr double kFairMargin = 2;  ///< kass1995, as cohort::margin_word

  const cohort::FeatureTable& own_;
  const CourseOptions& options_;
  Course& course_;
  cohort::TimeOrder order_;
  std::vector<Visit> visits_;  ///< by timepoint
  std::map<std::pair<std::string, int>, std::size_t> point_rows_;
};

}  // namespace

Result<Course> follow_patient(const cohort::FeatureTable& table, const CourseOptions& options) {
  auto own = rows_of_patient(table, options);
  if (!own) return pass_on(std::move(own));
  if (!options.day.empty()) {
    if (auto ordered = order_by_day(*own, options.day); !ordered) return pass_on(std::move(ordered));
  }
  Course course;
  course.patient = options.patient;
  if (auto made = CourseMaker(*own, options, course).make(); !made) return pass_on(std::move(made));
  std::map<std::pair<std::string, std::string>, std::size_t> times;
  for (const CourseTimepoint& one : course.timepoints) ++times[{one.modality, one.organ}];
  if (std::all_of(times.begin(), times.end(), [](const auto& one) { return one.second < 2; })) {
    course.notes.emplace_back(
        "the patient has one timepoint only (column timepoint of the manifest): there is no course to follow");
  }
  sum_diameters(course);
  return course;
}

}  // namespace radtype::report
