// Lesions through time: what counts as change, and what is said where nothing is known.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/core/csv.h"
#include "radtype/core/seed.h"
#include "radtype/report/follow.h"

namespace radtype::report {
namespace {

using cohort::FeatureTable;
using cohort::TableRow;
using testing::ElementsAre;
using testing::HasSubstr;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

FeatureTable table_of_measures() {
  FeatureTable table;
  for (const Measure& measure : measures()) table.features.push_back(measure.name);
  return table;
}

std::size_t place_of(const std::string& name) {
  for (std::size_t m = 0; m < measures().size(); ++m) {
    if (measures()[m].name == name) return m;
  }
  throw std::logic_error("no measure " + name);
}

/// A lesion of volume and diameter of a ball; everything else 0.5.
TableRow& add(FeatureTable& table, const std::string& timepoint, int lesion, double diameter, double x = 0,
              const std::string& patient = "P") {
  TableRow row;
  row.key.patient = patient;
  row.key.name = patient + "_" + timepoint;
  row.key.modality = "CT";
  row.key.organ = "lung";
  row.key.timepoint = timepoint;
  row.position = static_cast<std::int64_t>(table.rows.size());
  row.lesion = lesion;
  row.status = "ok";
  row.centroid_lps_mm = {x, 0, 0};
  table.rows.push_back(row);
  for (const Measure& measure : measures()) {
    table.values.push_back(measure.name == "shape_volume_mm3"        ? std::pow(diameter, 3) * std::acos(-1.0) / 6
                           : measure.name == "shape_max_diameter_mm" ? diameter
                                                                     : 0.5);
  }
  return table.rows.back();
}

TableRow& add_failed(FeatureTable& table, const std::string& timepoint, const std::string& reason) {
  TableRow& row = add(table, timepoint, 0, 1);
  row.status = "failed";
  row.reason = reason;
  row.centroid_lps_mm.reset();
  for (std::size_t m = 0; m < measures().size(); ++m) table.values[table.values.size() - 1 - m] = kNaN;
  return table.rows.back();
}

Course followed(const FeatureTable& table, const CourseOptions& options = {.patient = "P"}) {
  auto course = follow_patient(table, options);
  EXPECT_TRUE(course) << course.error().to_string();
  return course ? *course : Course{};
}

const CourseChange* change_of(const Course& course, const std::string& measure, std::size_t from, std::size_t to,
                              std::size_t track = 0) {
  for (const CourseChange& one : course.changes) {
    if (one.track == track && one.measure == place_of(measure) && one.from == from && one.to == to) return &one;
  }
  return nullptr;
}

TEST(FollowNoise, IsTheRepeatabilityCoefficientWithItsBounds) {
  // Sums of squares within lesions: 2, 0 and 0.5; chi-square with 3 degrees: 0.351846 and 7.814728 at 5 and 95 %.
  const Repeatability found = repeatability({{1, 3}, {2, 2}, {5, 4}, {7}, {}}, false);
  EXPECT_EQ(found.missing, "");
  EXPECT_EQ(found.lesions, 3u);
  EXPECT_EQ(found.degrees_of_freedom, 3u);
  const double expected = 1.959963985 * std::sqrt(2 * 2.5 / 3);
  EXPECT_NEAR(found.coefficient, expected, 1e-8);
  EXPECT_NEAR(found.upper, expected * std::sqrt(3 / 0.3518463177), 1e-6);
  EXPECT_NEAR(found.lower, expected * std::sqrt(3 / 7.8147279033), 1e-6);
  // Three measurements of one lesion give two degrees; what is no number gives none.
  EXPECT_EQ(repeatability({{1, 2, 4}, {3, 3.5}, {kNaN, 2}}, false).degrees_of_freedom, 3u);
}

TEST(FollowNoise, OfSizesIsAFactor) {
  const std::vector<std::vector<double>> sizes = {{100, 110}, {1000, 900}, {10, 10.5}, {5, 5.2}};
  std::vector<std::vector<double>> larger = sizes;
  for (auto& lesion : larger) {
    for (double& value : lesion) value *= 1000;
  }
  EXPECT_NEAR(repeatability(sizes, true).coefficient, repeatability(larger, true).coefficient, 1e-12);
  EXPECT_EQ(repeatability({{1, 0}, {1, -2}, {1, 2}, {2, 3}, {3, 4}}, true).degrees_of_freedom, 3u);
}

TEST(FollowNoise, IsMissingWithAReasonWhereItCannotBeKnown) {
  EXPECT_THAT(repeatability({{1, 2}, {2, 3}}, false).missing, HasSubstr("2 repeated measurements; 3 are needed"));
  EXPECT_THAT(repeatability({{1, 1}, {2, 2}, {3, 3}}, false).missing, HasSubstr("no repeated scans"));
  EXPECT_TRUE(std::isnan(repeatability({}, true).coefficient));
}

TEST(FollowNoise, HoldsBackWhatDidNotChange) {
  // 95 % of differences of unchanged lesions lie within the coefficient, and less than 5 % beyond its upper bound,
  // however few repeats it rests on.
  Random random(derive_seed(11, {1}));
  std::size_t beyond = 0, within = 0;
  constexpr std::size_t kTrials = 4000;
  for (std::size_t trial = 0; trial < kTrials; ++trial) {
    std::vector<std::vector<double>> repeats(8);
    for (auto& lesion : repeats) lesion = {3 * random.normal(), 0};
    for (auto& lesion : repeats) {
      const double truth = lesion[0];
      lesion = {truth + 0.2 * random.normal(), truth + 0.2 * random.normal()};
    }
    const Repeatability found = repeatability(repeats, false);
    const double difference = std::abs(0.2 * (random.normal() - random.normal()));
    beyond += difference > found.upper;
    within += difference <= found.coefficient;
  }
  EXPECT_LT(static_cast<double>(beyond) / kTrials, 0.02);
  EXPECT_NEAR(static_cast<double>(within) / kTrials, 0.92, 0.02);  // 8 repeats: a little less than 95 %
}

TEST(FollowNoise, ComesFromTheTimepointsAskedForByModality) {
  FeatureTable table = table_of_measures();
  for (int patient = 0; patient < 5; ++patient) {
    const std::string name = "R" + std::to_string(patient);
    add(table, "scan", 1, 20, 0, name);
    add(table, "rescan", 1, patient % 2 == 0 ? 20.4 : 19.6, 1, name);
    add(table, "later", 1, 40, 0, name);
  }
  const auto noise = estimate_noise(table, {"scan", "rescan"});
  ASSERT_TRUE(noise) << noise.error().to_string();
  ASSERT_EQ(noise->size(), 1u);
  const Repeatability& diameter = noise->at("CT")[place_of("shape_max_diameter_mm")];
  EXPECT_EQ(diameter.lesions, 5u);
  EXPECT_LT(diameter.coefficient, 0.05);
  EXPECT_THAT(noise->at("CT")[place_of("shape_sphericity")].missing, HasSubstr("no repeated scans"));
  const auto all = estimate_noise(table, {});
  ASSERT_TRUE(all);
  EXPECT_GT(all->at("CT")[place_of("shape_max_diameter_mm")].coefficient, 0.5) << "growth is taken for noise";
  EXPECT_EQ(estimate_noise(table, {"never"}).error().code(), ErrorCode::kEmpty);
}

/// Noise of a factor on every size, of 0.1 on everything else.
NoiseOfModality noise_of(double factor) {
  NoiseOfModality noise;
  for (const Measure& measure : measures()) {
    Repeatability& one = noise["CT"].emplace_back();
    one.coefficient = measure.relative ? std::log(factor) : 0.1;
    one.upper = one.coefficient * 1.5;
    one.lower = one.coefficient / 1.5;
    one.lesions = one.degrees_of_freedom = 10;
  }
  return noise;
}

TEST(FollowCourse, FindsGrowthAndHoldsBackNoise) {
  FeatureTable table = table_of_measures();
  add(table, "t0", 1, 20);
  add(table, "t0", 2, 30, 100);
  add(table, "t1", 1, 26);
  add(table, "t1", 2, 30.5, 100);
  add(table, "t2", 1, 33);
  add(table, "t2", 2, 31.7, 100);
  const NoiseOfModality noise = noise_of(1.05);
  const Course course = followed(table, {.patient = "P", .noise = &noise});
  ASSERT_EQ(course.tracks.size(), 2u);
  EXPECT_EQ(course.tracks[0].name, "lesion 1");  // the larger one
  ASSERT_EQ(course.timepoints.size(), 3u);
  const CourseChange* stable = change_of(course, "shape_max_diameter_mm", 0, 1, 0);
  const CourseChange* grown = change_of(course, "shape_max_diameter_mm", 0, 1, 1);
  ASSERT_TRUE(stable && grown);
  EXPECT_EQ(stable->beyond_noise, false);
  EXPECT_EQ(grown->beyond_noise, true);
  EXPECT_NEAR(*grown->percent, 30, 1e-9);
  EXPECT_EQ(grown->before, 20);
  EXPECT_EQ(grown->after, 26);
  // Against the first as well as against the one before.
  ASSERT_TRUE(change_of(course, "shape_max_diameter_mm", 0, 2, 1));
  ASSERT_TRUE(change_of(course, "shape_max_diameter_mm", 1, 2, 1));
  const CourseChange* slow = change_of(course, "shape_max_diameter_mm", 0, 2, 0);
  ASSERT_TRUE(slow);
  EXPECT_EQ(slow->beyond_noise, false);
  EXPECT_THAT(slow->reason, HasSubstr("too few to be sure")) << "1.057: between the coefficient and its upper bound";
  const CourseChange* unchanged = change_of(course, "shape_sphericity", 0, 2, 1);
  ASSERT_TRUE(unchanged);
  EXPECT_EQ(unchanged->beyond_noise, false);
  EXPECT_FALSE(unchanged->percent.has_value()) << "a share of a share says nothing";
}

TEST(FollowCourse, WithoutRepeatedScansNothingIsCalledChange) {
  FeatureTable table = table_of_measures();
  add(table, "t0", 1, 20);
  add(table, "t1", 1, 40);
  for (const bool of_other_modality : {false, true}) {
    NoiseOfModality noise = noise_of(1.05);
    noise = {{"MR", noise.at("CT")}};
    const Course course = followed(table, {.patient = "P", .noise = of_other_modality ? &noise : nullptr});
    ASSERT_FALSE(course.changes.empty());
    for (const CourseChange& change : course.changes) {
      EXPECT_FALSE(change.beyond_noise.has_value());
      EXPECT_FALSE(change.reason.empty());
    }
  }
}

TEST(FollowCourse, SaysWhyALesionIsNotThere) {
  FeatureTable table = table_of_measures();
  add(table, "t0", 1, 20);
  add(table, "t0", 2, 15, 100);
  add_failed(table, "t1", "the image ends early");
  add(table, "t2", 1, 21);
  add(table, "t2", 2, 12, -200);
  add(table, "t3", 1, 22);
  const Course course = followed(table);
  ASSERT_EQ(course.timepoints.size(), 4u);
  EXPECT_EQ(course.timepoints[1].status, "failed");
  EXPECT_EQ(course.timepoints[1].reason, "the image ends early");
  ASSERT_EQ(course.tracks.size(), 3u);
  for (const CourseTrack& track : course.tracks) ASSERT_EQ(track.points.size(), 4u);
  EXPECT_THAT(course.tracks[0].points[1].missing, HasSubstr("the image ends early"));
  EXPECT_FALSE(course.tracks[0].points[1].gone) << "it was not looked at";
  EXPECT_TRUE(course.tracks[1].points[2].gone);
  EXPECT_TRUE(course.tracks[1].points[3].gone);
  EXPECT_THAT(course.tracks[2].points[0].missing, HasSubstr("before it first appears"));
  EXPECT_FALSE(course.tracks[2].points[0].gone);
  ASSERT_TRUE(change_of(course, "shape_volume_mm3", 0, 2)) << "the failed timepoint is passed over";
}

TEST(FollowCourse, KeepsWhatTheTableHoldsAndWhyValuesAreMissing) {
  FeatureTable table = table_of_measures();
  add(table, "t0", 1, 20).missing = R"({"shape_slope":"too coarse","margin":"no image"})";
  table.values[place_of("shape_slope")] = kNaN;
  table.values[place_of("margin_contrast")] = kNaN;
  const Course course = followed(table);
  ASSERT_EQ(course.tracks.size(), 1u);
  const CoursePoint& point = course.tracks[0].points.at(0);
  for (std::size_t m = 0; m < measures().size(); ++m) {
    if (std::isfinite(table.value(0, m))) {
      EXPECT_EQ(point.values[m], table.value(0, m));
    }
  }
  EXPECT_EQ(point.why_missing.at("shape_slope"), "too coarse");
  EXPECT_EQ(point.why_missing.at("margin_contrast"), "no image") << "the reason of its family";
  EXPECT_EQ(point.why_missing.size(), 2u);
  EXPECT_THAT(course.notes, ElementsAre(HasSubstr("one timepoint only")));
}

TEST(FollowCourse, DaysOrderTheTimepoints) {
  FeatureTable table = table_of_measures();
  add(table, "late", 1, 40);
  add(table, "early", 1, 20);
  EXPECT_EQ(followed(table).timepoints[0].timepoint, "late") << "as the manifest has it";
  const Course course = followed(table, {.patient = "P", .day = {{"P_late", 90.5}, {"P_early", -1}}});
  ASSERT_EQ(course.timepoints.size(), 2u);
  EXPECT_EQ(course.timepoints[0].timepoint, "early");
  EXPECT_EQ(course.timepoints[1].day, 90.5);
  EXPECT_EQ(course.tracks[0].points[1].values[place_of("shape_max_diameter_mm")], 40);
  const auto some = follow_patient(table, {.patient = "P", .day = {{"P_late", 1}}});
  ASSERT_FALSE(some);
  EXPECT_EQ(some.error().code(), ErrorCode::kUsage);
}

TEST(FollowCourse, OneTimepointOfSeveralDaysIsSeveral) {
  FeatureTable table = table_of_measures();
  add(table, "followup", 1, 20).key.name = "a";
  add(table, "followup", 1, 30).key.name = "b";
  add(table, "", 1, 40).key.name = "c";
  const Course course = followed(table, {.patient = "P", .day = {{"a", 30}, {"b", 60}, {"c", 90}}});
  ASSERT_EQ(course.timepoints.size(), 3u);
  EXPECT_EQ(course.timepoints[1].timepoint, "followup (day 60)");
  EXPECT_EQ(course.timepoints[2].timepoint, "day 90");
  ASSERT_EQ(course.tracks.size(), 1u) << "one lesion, and not two of one scan";
}

TEST(FollowCourse, AsksWhichPatientIsMeant) {
  FeatureTable table = table_of_measures();
  add(table, "t0", 1, 20).key.cohort = "north";
  add(table, "t1", 1, 20).key.cohort = "south";
  EXPECT_EQ(follow_patient(table, {.patient = "P"}).error().code(), ErrorCode::kUsage);
  EXPECT_EQ(followed(table, {.patient = "P", .cohort = "south"}).timepoints.size(), 1u);
  EXPECT_EQ(follow_patient(table, {.patient = "Q"}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(follow_patient(table, {.patient = "P", .cohort = "east"}).error().code(), ErrorCode::kNotFound);
}

TEST(FollowSums, TakeTheLargestOfTheFirstTimepoint) {
  FeatureTable table = table_of_measures();
  add(table, "t0", 1, 30, 0);
  add(table, "t0", 2, 9.9, 100);  // too short
  add(table, "t0", 3, 20, 200);
  add(table, "t0", 4, 12, 300);  // a third of one organ
  add(table, "t1", 1, 15, 0);
  add(table, "t1", 3, 10, 200);
  add(table, "t2", 1, 24, 0);
  const Course course = followed(table);
  ASSERT_EQ(course.targets.size(), 2u);
  ASSERT_EQ(course.sums.size(), 3u);
  EXPECT_NEAR(*course.sums[0].sum_mm, 50, 1e-12);
  EXPECT_NEAR(*course.sums[1].sum_mm, 25, 1e-12);
  EXPECT_NEAR(*course.sums[1].percent_of_baseline, 50, 1e-9);
  EXPECT_NEAR(*course.sums[2].sum_mm, 24, 1e-12) << "the lesion that is gone counts 0";
  EXPECT_NEAR(*course.sums[2].percent_of_nadir, 96, 1e-9);
  EXPECT_THAT(course.sums_note, HasSubstr("No category of response is claimed"));
}

TEST(FollowSums, OfOrgansUnknownAreFiveAtMostAndMissingWhereATargetWasNotMeasured) {
  FeatureTable table = table_of_measures();
  for (int lesion = 1; lesion <= 7; ++lesion) add(table, "t0", lesion, 10 + lesion, 100 * lesion);
  for (int lesion = 1; lesion <= 7; ++lesion) add(table, "t1", lesion, 10 + lesion, 100 * lesion);
  add_failed(table, "t1", "one part of the scan is missing").key.name = "P_t1_part";
  for (TableRow& row : table.rows) row.key.organ = "";
  const Course course = followed(table);
  EXPECT_EQ(course.targets.size(), kMostTargets);
  EXPECT_NEAR(*course.sums.at(0).sum_mm, 17 + 16 + 15 + 14 + 13, 1e-9);
  EXPECT_NEAR(*course.sums.at(1).percent_of_baseline, 100, 1e-9) << "every target was found";
  // The same with one target in the part that failed.
  FeatureTable lacking = table;
  lacking.rows.erase(lacking.rows.begin() + 13);
  lacking.values.erase(lacking.values.end() - 2 * static_cast<std::ptrdiff_t>(measures().size()),
                       lacking.values.end() - static_cast<std::ptrdiff_t>(measures().size()));
  const Course partly = followed(lacking);
  EXPECT_FALSE(partly.sums.at(1).sum_mm.has_value());
  EXPECT_THAT(partly.sums.at(1).missing, HasSubstr("one part of the scan is missing"));
}

TEST(FollowTables, HostileNamesStayOneCell) {
  FeatureTable table = table_of_measures();
  const std::string hostile = "</script><script>alert(1)</script>,\"\n=1+1 患者 \u202E";
  add(table, "t0", 1, 20, 0, hostile).key.timepoint = "a,b\n\"c\"";
  add(table, "t1", 1, 25, 0, hostile);
  const NoiseOfModality noise = noise_of(1.01);
  const Course course = followed(table, {.patient = hostile, .noise = &noise});
  for (const std::string& text : {course_csv(course), changes_csv(course)}) {
    const auto read = parse_csv(text);
    ASSERT_TRUE(read) << text;
    ASSERT_FALSE(read->rows.empty());
    for (const CsvLine& line : read->rows) {
      ASSERT_EQ(line.cells.size(), read->columns.size());
      EXPECT_EQ(line.cells[0], hostile);
    }
  }
  const auto points = parse_csv(course_csv(course));
  EXPECT_EQ(points->rows.at(0).cells.at(4), "a,b\n\"c\"");
  EXPECT_EQ(points->rows.size(), 2u);
}

}  // namespace
}  // namespace radtype::report
