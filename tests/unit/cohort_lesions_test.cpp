// Rows for patients, and lesions found again: what must come out on paper, and how often on random patients.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cohort/assignment.h"
#include "radtype/cohort/lesions.h"
#include "radtype/core/seed.h"

namespace radtype::cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Vector = std::array<double, 3>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::string> kFeatures{"shape_volume_mm3", "shape_area_mm2", "shape_sphericity"};

FeatureTable empty_table() {
  FeatureTable table;
  table.features = kFeatures;
  table.clinical_columns = {"age"};
  return table;
}

/// One lesion with volume and place; returned for further changes.
TableRow& add(FeatureTable& table, const std::string& name, int lesion, double volume, std::optional<Vector> place = {},
              const std::string& timepoint = "t1", std::int64_t position = 0) {
  TableRow row;
  row.key.name = name;
  row.key.patient = "P";
  row.key.cohort = "C";
  row.key.organ = "lung";
  row.key.modality = "CT";
  row.key.timepoint = timepoint;
  row.key.clinical = {"61"};
  row.position = position;
  row.lesion = lesion;
  row.status = lesion > 0 ? "ok" : "failed";
  row.centroid_lps_mm = place;
  table.rows.push_back(row);
  table.values.insert(table.values.end(), {volume, lesion > 0 ? 10 * volume : kNone, lesion > 0 ? 0.5 : kNone});
  return table.rows.back();
}

void set(FeatureTable& table, std::size_t row, std::size_t feature, double value) {
  table.values[row * table.features.size() + feature] = value;
}

FeatureTable reordered(const FeatureTable& table, std::uint64_t seed) {
  std::vector<std::size_t> order(table.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
  FeatureTable out = table;
  for (std::size_t n = 0; n < order.size(); ++n) {
    out.rows[n] = table.rows[order[n]];
    for (std::size_t f = 0; f < table.features.size(); ++f) set(out, n, f, table.value(order[n], f));
  }
  return out;
}

/// Everything of a match as one line, so that two runs can be compared.
std::string line(const LesionMatch& match) {
  const auto name = [](const std::optional<LesionRef>& ref) {
    return ref ? fmt::format("{}/{}", ref->name, ref->lesion) : std::string("-");
  };
  const Vector shift = match.shift_lps_mm.value_or(Vector{kNone, kNone, kNone});
  return fmt::format("{} {} {} {} #{} {}:{} {}:{} {} {} {} {},{},{} {} {} {}", match.cohort, match.patient,
                     match.modality, match.organ, match.track, match.from_timepoint, name(match.from),
                     match.to_timepoint, name(match.to), verdict_word(match.verdict), match.distance_mm.value_or(kNone),
                     match.volume_ratio.value_or(kNone), shift[0], shift[1], shift[2], match.cost.value_or(kNone),
                     match.margin.value_or(kNone), match.reason);
}

std::vector<std::string> lines(const std::vector<LesionMatch>& matches) {
  std::vector<std::string> out;
  for (const LesionMatch& match : matches) out.push_back(line(match));
  return out;
}

/// "first 1 A/1", "matched 1 A/1 B/2", "gone 2 A/2": what a test says of a match.
std::vector<std::string> verdicts(const std::vector<LesionMatch>& matches) {
  std::vector<std::string> out;
  for (const LesionMatch& match : matches) {
    std::string text = fmt::format("{} {}", verdict_word(match.verdict), match.track);
    if (match.from) text += fmt::format(" {}/{}", match.from->name, match.from->lesion);
    if (match.to) text += fmt::format(" {}/{}", match.to->name, match.to->lesion);
    out.push_back(text);
  }
  return out;
}

std::vector<LesionMatch> matched(const FeatureTable& table, const MatchOptions& options = {}) {
  auto matches = match_lesions(table, options);
  EXPECT_TRUE(matches) << matches.error().to_string();
  return matches ? *matches : std::vector<LesionMatch>{};
}

FeatureTable rows_of(const FeatureTable& table, const PatientOptions& options) {
  auto rows = patient_rows(table, options);
  EXPECT_TRUE(rows) << rows.error().to_string();
  return rows ? *rows : FeatureTable{};
}

// --- Assignment ------------------------------------------------------------------------------------------------------

double brute_force(const std::vector<double>& costs, std::size_t n) {
  std::vector<std::size_t> columns(n);
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::size_t row = 0; row < n; ++row) sum += costs[row * n + columns[row]];
    least = std::min(least, sum);
  } while (std::next_permutation(columns.begin(), columns.end()));
  return least;
}

TEST(Assignment, CostsWhatTryingAllPermutationsFinds) {
  Random random(11);
  for (std::size_t n = 1; n <= 7; ++n) {
    for (int trial = 0; trial < 60; ++trial) {
      std::vector<double> costs(n * n);
      // Every third has whole numbers, so that many assignments are equally good.
      for (double& cost : costs) {
        cost = trial % 3 == 0 ? static_cast<double>(random.below(4)) : 20 * random.uniform() - 10;
      }
      const Assignment assignment(costs, n);
      EXPECT_NEAR(assignment.total(), brute_force(costs, n), 1e-9) << n;
      std::set<std::size_t> columns;
      for (std::size_t row = 0; row < n; ++row) {
        columns.insert(assignment.column_of(row));
        EXPECT_EQ(assignment.row_of(assignment.column_of(row)), row);
      }
      EXPECT_EQ(columns.size(), n);

      // Raising a row, or the column of its pair, and mending is as good as starting again.
      const std::size_t row = random.below(n);
      for (const bool whole_row : {true, false}) {
        std::vector<double> raised = costs;
        for (std::size_t m = 0; m < n; ++m) {
          raised[whole_row ? row * n + m : m * n + assignment.column_of(row)] += 5 * random.uniform();
        }
        EXPECT_NEAR(assignment.reassigned(row, raised).total(), brute_force(raised, n), 1e-9) << n;
      }
    }
  }
}

TEST(Assignment, RefusesWhatMendingCannotMend) {
  const Assignment assignment({0, 9, 9, 0}, 2);
  EXPECT_THROW(assignment.reassigned(0, {0, 9, 9, 4}), InternalError);
  EXPECT_THROW(Assignment({1, 2, 3}, 2), InternalError);
}

// --- Rows of patients ------------------------------------------------------------------------------------------------

FeatureTable three_lesions() {
  FeatureTable table = empty_table();
  add(table, "A", 1, 100);
  add(table, "A", 2, 300);
  add(table, "B", 1, 600);
  set(table, 0, 2, 0.9);
  set(table, 1, 2, 0.6);
  set(table, 2, 2, 0.8);
  return table;
}

TEST(PatientRows, LargestIsThatLesionsOwnRow) {
  const FeatureTable rows = rows_of(three_lesions(), {});
  ASSERT_THAT(rows.rows, SizeIs(1));
  EXPECT_EQ(rows.features, kFeatures);
  EXPECT_EQ(rows.rows[0].key.name, "B");
  EXPECT_EQ(rows.rows[0].lesion, 1);
  EXPECT_EQ(rows.rows[0].status, "ok");
  EXPECT_EQ(rows.rows[0].derived, "largest of 3 lesions");
  EXPECT_THAT(rows.values, ElementsAre(600, 6000, 0.8));
}

TEST(PatientRows, WorstGoesByOneFeatureEitherWay) {
  PatientOptions options{PatientRule::kWorst, "shape_sphericity", Worst::kHighest};
  FeatureTable rows = rows_of(three_lesions(), options);
  EXPECT_EQ(rows.rows.at(0).key.name, "A");
  EXPECT_EQ(rows.rows[0].lesion, 1);
  EXPECT_EQ(rows.rows[0].derived, "highest shape_sphericity of 3 lesions");
  options.worst = Worst::kLowest;
  rows = rows_of(three_lesions(), options);
  EXPECT_EQ(rows.rows.at(0).lesion, 2);
  EXPECT_EQ(rows.rows[0].derived, "lowest shape_sphericity of 3 lesions");
}

TEST(PatientRows, WeightsByVolumeAndSumsVolumesAndAreas) {
  const FeatureTable rows = rows_of(three_lesions(), {PatientRule::kVolumeWeighted, "", Worst::kHighest});
  ASSERT_THAT(rows.rows, SizeIs(1));
  EXPECT_EQ(rows.rows[0].key.name, "P");
  EXPECT_EQ(rows.rows[0].lesion, 0);
  EXPECT_EQ(rows.rows[0].status, "ok");
  EXPECT_EQ(rows.rows[0].missing, "");
  EXPECT_EQ(rows.rows[0].key.organ, "lung");
  EXPECT_THAT(rows.rows[0].key.clinical, ElementsAre("61"));
  EXPECT_EQ(rows.rows[0].derived, "volume-weighted mean of 3 lesions: A/1 A/2 B/1");
  EXPECT_DOUBLE_EQ(rows.value(0, 0), 1000);
  EXPECT_DOUBLE_EQ(rows.value(0, 1), 10000);
  EXPECT_DOUBLE_EQ(rows.value(0, 2), 0.1 * 0.9 + 0.3 * 0.6 + 0.6 * 0.8);
}

TEST(PatientRows, OneLesionIsThePatientUnderEveryRule) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 123.456);
  for (const PatientOptions& options :
       {PatientOptions{}, PatientOptions{PatientRule::kVolumeWeighted, "", Worst::kHighest},
        PatientOptions{PatientRule::kWorst, "shape_sphericity", Worst::kLowest}}) {
    EXPECT_EQ(rows_of(table, options).values, table.values) << patient_rule_word(options.rule);
  }
}

TEST(PatientRows, EqualLesionsGoByNameThenNumber) {
  FeatureTable table = empty_table();
  add(table, "B", 1, 100);
  add(table, "A", 2, 100);
  add(table, "A", 1, 100);
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const FeatureTable rows = rows_of(reordered(table, seed), {});
    EXPECT_EQ(rows.rows.at(0).key.name, "A");
    EXPECT_EQ(rows.rows.at(0).lesion, 1);
  }
}

TEST(PatientRows, MeanIsOverTheLesionsThatHaveIt) {
  FeatureTable table = three_lesions();
  set(table, 2, 2, kNone);
  set(table, 1, 1, kNone);
  table.rows[1].missing = R"({"shape_area_mm2":"open surface"})";
  const PatientOptions weighted{PatientRule::kVolumeWeighted, "", Worst::kHighest};
  FeatureTable rows = rows_of(table, weighted);
  EXPECT_DOUBLE_EQ(rows.value(0, 2), 0.25 * 0.9 + 0.75 * 0.6);
  // The area of two lesions is not that of three.
  EXPECT_TRUE(std::isnan(rows.value(0, 1)));
  EXPECT_THAT(rows.rows[0].missing, HasSubstr("A/2: open surface"));

  set(table, 0, 2, kNone);
  set(table, 1, 2, kNone);
  table.rows[0].missing = R"({"shape":"too small"})";
  rows = rows_of(table, weighted);
  EXPECT_TRUE(std::isnan(rows.value(0, 2)));
  const auto missing = nlohmann::json::parse(rows.rows[0].missing);
  EXPECT_EQ(missing.at("shape_sphericity"), "in none of 3 lesions; A/1: too small");
}

TEST(PatientRows, WhatCannotBeJudgedIsLeftOutAndSaid) {
  FeatureTable table = three_lesions();
  add(table, "D", 0, kNone).reason = "mask: truncated";
  set(table, 2, 0, kNone);
  table.rows[2].missing = R"({"shape":"open surface"})";
  FeatureTable rows = rows_of(table, {});
  ASSERT_THAT(rows.rows, SizeIs(1));
  EXPECT_EQ(rows.rows[0].lesion, 2);
  EXPECT_EQ(rows.rows[0].status, "partial");
  EXPECT_EQ(rows.rows[0].reason, "left out: B/1 (no shape_volume_mm3: open surface), D (failed: mask: truncated)");

  rows = rows_of(table, {PatientRule::kVolumeWeighted, "", Worst::kHighest});
  EXPECT_EQ(rows.rows[0].status, "partial");
  EXPECT_TRUE(std::isnan(rows.value(0, 0))) << "the volume of two of three lesions is no total";
  EXPECT_DOUBLE_EQ(rows.value(0, 2), 0.25 * 0.9 + 0.75 * 0.6);

  for (const std::size_t row : {0U, 1U}) set(table, row, 0, kNone);
  for (const PatientRule rule : {PatientRule::kLargest, PatientRule::kVolumeWeighted}) {
    rows = rows_of(table, {rule, "", Worst::kHighest});
    ASSERT_THAT(rows.rows, SizeIs(1));
    EXPECT_EQ(rows.rows[0].status, "failed");
    EXPECT_EQ(rows.rows[0].lesion, 0);
    EXPECT_THAT(rows.rows[0].reason, HasSubstr("A/1 (no shape_volume_mm3"));
    for (const double value : rows.values) EXPECT_TRUE(std::isnan(value));
  }
}

TEST(PatientRows, PatientWithoutALesionIsCarriedWithItsReason) {
  FeatureTable table = empty_table();
  add(table, "E", 0, kNone).reason = "image: truncated";
  add(table, "F", 0, kNone).status = "pending";
  for (const PatientRule rule : {PatientRule::kLargest, PatientRule::kVolumeWeighted}) {
    const FeatureTable rows = rows_of(table, {rule, "", Worst::kHighest});
    ASSERT_THAT(rows.rows, SizeIs(1));
    EXPECT_EQ(rows.rows[0].key.name, "E");
    EXPECT_EQ(rows.rows[0].status, "failed");
    EXPECT_EQ(rows.rows[0].reason, "image: truncated; and 1 more");
  }
}

TEST(PatientRows, OneRowForEachPatientModalityAndTimepoint) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 1, {}, "late", 5);
  add(table, "B", 1, 2, {}, "early", 1);
  add(table, "C", 1, 3, {}, "early", 9).key.modality = "PT";
  add(table, "D", 1, 4, {}, "early", 2).key.patient = "Q";
  add(table, "E", 1, 5, {}, "early", 2).key.cohort = "D";
  const auto names = [](const FeatureTable& rows) {
    std::vector<std::string> out;
    for (const TableRow& row : rows.rows) out.push_back(row.key.name);
    return out;
  };
  EXPECT_THAT(names(rows_of(table, {})), ElementsAre("B", "C", "A", "D", "E"));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_EQ(rows_of(reordered(table, seed), {}).values, rows_of(table, {}).values);
  }
}

TEST(PatientRows, RefusesRulesThatMakeNoSense) {
  const FeatureTable table = three_lesions();
  const auto code = [&](const PatientOptions& options) {
    const auto rows = patient_rows(table, options);
    EXPECT_FALSE(rows);
    return rows ? std::string() : std::string(error_word(rows.error().code()));
  };
  EXPECT_EQ(code({PatientRule::kWorst, "", Worst::kHighest}), "usage");
  EXPECT_EQ(code({PatientRule::kWorst, "shape_nonsense", Worst::kHighest}), "usage");
  EXPECT_EQ(code({PatientRule::kLargest, "shape_sphericity", Worst::kHighest}), "usage");
  EXPECT_THAT(rows_of(empty_table(), {}).rows, IsEmpty());
  EXPECT_THAT(rows_of(FeatureTable{}, {}).rows, IsEmpty());
  for (const PatientRule rule : {PatientRule::kLargest, PatientRule::kVolumeWeighted, PatientRule::kWorst}) {
    EXPECT_EQ(parse_patient_rule(patient_rule_word(rule)).value(), rule);
  }
  EXPECT_FALSE(parse_patient_rule("biggest"));
}

// --- Lesions found again ---------------------------------------------------------------------------------------------

TEST(MatchLesions, SamePlaceAtBothTimepointsIsCertainAndFree) {
  FeatureTable table = empty_table();
  for (int n = 1; n <= 4; ++n) {
    const Vector place{40.0 * n, 10.0 * n * n, -30.0 * n};
    add(table, "A", n, 500.0 + n, place, "t1", 0);
    add(table, "B", 5 - n, 500.0 + n, place, "t2", 1);
  }
  const auto matches = matched(table);
  EXPECT_THAT(verdicts(matches),
              ElementsAre("first 1 A/4", "first 2 A/3", "first 3 A/2", "first 4 A/1", "matched 1 A/4 B/1",
                          "matched 2 A/3 B/2", "matched 3 A/2 B/3", "matched 4 A/1 B/4"));
  for (const LesionMatch& match : matches) {
    if (match.verdict != LesionVerdict::kMatched) continue;
    EXPECT_EQ(*match.distance_mm, 0);
    EXPECT_EQ(*match.volume_ratio, 1);
    EXPECT_EQ(*match.cost, 0);
    EXPECT_EQ(*match.shift_lps_mm, (Vector{0, 0, 0}));
    EXPECT_DOUBLE_EQ(*match.margin, MatchOptions{}.leave_cost);
    EXPECT_EQ(margin_word(*match.margin), "very strong");
  }
}

TEST(MatchLesions, CostIsTheOneOnPaper) {
  FeatureTable table = empty_table();
  const double volume = 4.0 / 3 * std::numbers::pi * 1000;  // radius 10 mm
  add(table, "A", 1, volume, Vector{0, 0, 0}, "t1", 0);
  add(table, "B", 1, 8 * volume, Vector{0, 30, 0}, "t2", 1);
  const auto matches = matched(table);
  ASSERT_THAT(verdicts(matches), ElementsAre("first 1 A/1", "matched 1 A/1 B/1"));
  const double variance = 36 + 25;  // 6 mm, and half of the 10 mm by which the radius grew
  const double shift = 30 / variance / (1 / variance + 1.0 / 900);
  EXPECT_NEAR((*matches[1].shift_lps_mm)[1], shift, 1e-12);
  EXPECT_NEAR(*matches[1].distance_mm, 30 - shift, 1e-12);
  const double change = std::log(8) / std::log(2.9);
  const double cost = (30 - shift) * (30 - shift) / variance + change * change + 3 * std::log(variance / 36);
  EXPECT_NEAR(*matches[1].cost, cost, 1e-12);
  // The other account of the two scans: one gone, one new, and no shift.
  EXPECT_NEAR(*matches[1].margin, 18.47 - cost - shift * shift / 900, 1e-9);
  EXPECT_EQ(margin_word(*matches[1].margin), "very strong");
}

TEST(MatchLesions, TranslatedPatientIsTheSamePatient) {
  const Vector shift{-25, 12, 30};
  FeatureTable table = empty_table();
  Random random(5);
  for (int n = 1; n <= 6; ++n) {
    const Vector place{200 * random.uniform(), 200 * random.uniform(), 200 * random.uniform()};
    add(table, "A", n, 1000.0 * n, place, "t1", 0);
    add(table, "B", n, 1100.0 * n, Vector{place[0] + shift[0], place[1] + shift[1], place[2] + shift[2]}, "t2", 1);
  }
  const auto matches = matched(table);
  int found = 0;
  for (const LesionMatch& match : matches) {
    if (match.verdict != LesionVerdict::kMatched) continue;
    ++found;
    EXPECT_EQ(match.from->lesion, match.to->lesion);
    // Drawn towards none by 36 / (6 * 900 + 36) or a little more, for lesions that grew.
    for (std::size_t axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR((*match.shift_lps_mm)[axis], shift[axis] * 900 / (900 + 6), 0.01);
    }
  }
  EXPECT_EQ(found, 6);

  // Moving the whole frame of both scans changes nothing but rounding.
  FeatureTable moved = table;
  for (TableRow& row : moved.rows) {
    for (double& x : *row.centroid_lps_mm) x += 4096;
  }
  EXPECT_EQ(verdicts(matched(moved)), verdicts(matches));
}

TEST(MatchLesions, ThreeLesionsInOneArrangementAreFoundInAnotherFrame) {
  const auto patient = [](int lesions, double away) {
    FeatureTable table = empty_table();
    const std::array<Vector, 3> places{Vector{0, 0, 0}, Vector{80, 10, 0}, Vector{20, 90, 40}};
    for (int n = 1; n <= lesions; ++n) {
      const Vector& place = places[static_cast<std::size_t>(n - 1)];
      add(table, "A", n, 1000.0 * n, place, "t1", 0);
      add(table, "B", n, 1000.0 * n, Vector{place[0], place[1], place[2] + away}, "t2", 1);
    }
    int found = 0;
    for (const LesionMatch& match : matched(table)) found += match.verdict == LesionVerdict::kMatched ? 1 : 0;
    return found;
  };
  EXPECT_EQ(patient(3, 700), 3);
  // One lesion far away fits any shift: that is no evidence.
  EXPECT_EQ(patient(1, 700), 0);
  EXPECT_EQ(patient(1, 60), 1);
}

TEST(MatchLesions, GoneNewAndTracksThroughTime) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 2000, Vector{0, 0, 0}, "t1", 3);
  add(table, "A", 2, 5000, Vector{100, 0, 0}, "t1", 3);
  add(table, "A", 3, 800, Vector{0, 100, 0}, "t1", 3);
  add(table, "B", 1, 2500, Vector{2, 0, 0}, "t2", 4);
  add(table, "B", 2, 4000, Vector{101, 3, 0}, "t2", 4);
  add(table, "B", 3, 9000, Vector{0, 0, 150}, "t2", 4);
  add(table, "C", 1, 800, Vector{0, 101, 0}, "t3", 8);
  add(table, "C", 2, 3000, Vector{1, 1, 0}, "t3", 8);
  add(table, "C", 3, 9000, Vector{0, 0, 151}, "t3", 8);
  const auto matches = matched(table);
  EXPECT_THAT(verdicts(matches), ElementsAre("first 1 A/2", "first 2 A/1", "first 3 A/3",                          //
                                             "matched 1 A/2 B/2", "matched 2 A/1 B/1", "gone 3 A/3", "new 4 B/3",  //
                                             "gone 1 B/2", "matched 2 B/1 C/2", "matched 4 B/3 C/3", "new 5 C/1"));
  EXPECT_EQ(matches[3].from_timepoint, "t1");
  EXPECT_EQ(matches[3].to_timepoint, "t2");
  EXPECT_EQ(matches[7].from_timepoint, "t2");
  for (std::uint64_t seed = 0; seed < 8; ++seed) EXPECT_EQ(lines(matched(reordered(table, seed))), lines(matches));
}

TEST(MatchLesions, TwoEquallyGoodCounterpartsAreDoubtful) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 1000, Vector{0, 0, 0}, "t1", 0);
  add(table, "A", 2, 9000, Vector{0, 0, 120}, "t1", 0);
  add(table, "B", 1, 1000, Vector{5, 0, 0}, "t2", 1);
  add(table, "B", 2, 1000, Vector{-5, 0, 0}, "t2", 1);
  add(table, "B", 3, 9000, Vector{0, 0, 120}, "t2", 1);
  for (const LesionMatch& match : matched(table)) {
    if (match.verdict == LesionVerdict::kFirst) continue;
    const bool large = match.track == 1;
    EXPECT_EQ(margin_word(match.margin.value()), large ? "very strong" : "doubtful") << line(match);
    if (!large) {
      EXPECT_NEAR(*match.margin, 0, 1e-9);
    }
  }
}

TEST(MatchLesions, WhatHasNoPlaceOrSizeIsReportedAndNotGuessed) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 1000, Vector{0, 0, 0}, "t1", 0);
  add(table, "A", 2, 2000, Vector{90, 0, 0}, "t1", 0);
  add(table, "B", 1, 1000, Vector{0, 0, 0}, "t2", 1);
  add(table, "B", 2, 2000, {}, "t2", 1);
  add(table, "B", 3, kNone, Vector{50, 0, 0}, "t2", 1);
  add(table, "B", 4, 0, Vector{50, 0, 0}, "t2", 1);
  add(table, "B", 5, 7, Vector{50, kNone, 0}, "t2", 1);
  add(table, "C", 0, kNone, {}, "t2", 1).reason = "mask: truncated";
  const auto matches = matched(table);
  EXPECT_THAT(verdicts(matches),
              ElementsAre("first 1 A/2", "first 2 A/1", "gone 1 A/2", "matched 2 A/1 B/1", "not_matchable 0 B/2",
                          "not_matchable 0 B/3", "not_matchable 0 B/4", "not_matchable 0 B/5", "not_measured 0 C/0"));
  EXPECT_THAT(matches[2].reason, HasSubstr("the lesion may be in B/2 (no place"));
  EXPECT_THAT(matches[2].reason, HasSubstr("the lesion may be in C (mask: truncated)"));
  EXPECT_THAT(matches[4].reason, HasSubstr("no centroid"));
  EXPECT_THAT(matches[5].reason, HasSubstr("no size"));
  EXPECT_THAT(matches[7].reason, HasSubstr("not finite"));
  EXPECT_EQ(matches[8].reason, "mask: truncated");
  EXPECT_FALSE(matches[4].margin);
}

TEST(MatchLesions, ScanThatFailedIsPassedOver) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 1000, Vector{0, 0, 0}, "t1", 0);
  add(table, "B", 0, kNone, {}, "t2", 1).reason = "image: truncated";
  add(table, "C", 1, 1200, Vector{1, 0, 0}, "t3", 2);
  const auto matches = matched(table);
  EXPECT_THAT(verdicts(matches), ElementsAre("first 1 A/1", "not_measured 0 B/0", "matched 1 A/1 C/1"));
  EXPECT_EQ(matches[2].from_timepoint, "t1");
}

TEST(MatchLesions, MergedLesionsAreHintedAt) {
  FeatureTable table = empty_table();
  add(table, "A", 1, 20000, Vector{0, 0, 0}, "t1", 0);
  add(table, "A", 2, 15000, Vector{18, 0, 0}, "t1", 0);
  add(table, "A", 3, 9000, Vector{0, 0, 150}, "t1", 0);
  add(table, "B", 1, 36000, Vector{8, 0, 0}, "t2", 1);
  add(table, "B", 2, 9000, Vector{0, 0, 150}, "t2", 1);
  const auto matches = matched(table);
  ASSERT_THAT(verdicts(matches), ElementsAre("first 1 A/1", "first 2 A/2", "first 3 A/3", "matched 1 A/1 B/1",
                                             "gone 2 A/2", "matched 3 A/3 B/2"));
  EXPECT_THAT(matches[4].reason, HasSubstr("may have merged into B/1"));
  // The other way round in time.
  for (TableRow& row : table.rows) {
    row.position = 1 - row.position;
  }
  for (const LesionMatch& match : matched(table)) {
    if (match.verdict == LesionVerdict::kNew) {
      EXPECT_THAT(match.reason, HasSubstr("may have split off from B/1"));
    }
  }
}

TEST(MatchLesions, OrgansModalitiesCohortsAndPatientsAreKeptApart) {
  for (std::string CaseKey::*field : {&CaseKey::organ, &CaseKey::modality, &CaseKey::cohort, &CaseKey::patient}) {
    FeatureTable table = empty_table();
    add(table, "A", 1, 1000, Vector{0, 0, 0}, "t1", 0);
    add(table, "B", 1, 1000, Vector{0, 0, 0}, "t2", 1).key.*field = "zzz";
    const bool one_numbering = field == &CaseKey::organ;
    EXPECT_THAT(verdicts(matched(table)), ElementsAre("first 1 A/1", one_numbering ? "first 2 B/1" : "first 1 B/1"));
  }
}

TEST(MatchLesions, RefusesOptionsThatMakeNoSense) {
  EXPECT_THAT(matched(FeatureTable{}), IsEmpty());
  EXPECT_THAT(matched(empty_table()), IsEmpty());
  FeatureTable table = empty_table();
  add(table, "A", 1, 1000, Vector{0, 0, 0});
  const auto refused = [&](const MatchOptions& options) { return !match_lesions(table, options); };
  EXPECT_TRUE(refused({.distance_scale_mm = 0}));
  EXPECT_TRUE(refused({.volume_factor = 1}));
  EXPECT_TRUE(refused({.leave_cost = -1}));
  EXPECT_TRUE(refused({.shift_scale_mm = kNone}));
  EXPECT_TRUE(refused({.unrelated_frames_cost = 0}));
  EXPECT_FALSE(refused({}));
  table.features = {"a", "b", "c"};
  EXPECT_TRUE(refused({}));
}

// --- Random patients -------------------------------------------------------------------------------------------------

struct MadePatient {
  FeatureTable table;
  std::map<int, int> truth;  ///< lesion of scan A -> lesion of scan B
};

struct Recipe {
  double jitter_mm = 5;  ///< standard deviation along each axis
  double gone = 0.15;    ///< probability for each lesion
  double fresh = 0.075;  ///< new lesions for each old one
  bool shifted = true;   ///< by up to 40 mm
  int lesions = 0;       ///< 0: 1 to 12
};

/// Lesions of 0.2 to 50 ml in a box of 200 mm (600 mm for more than 12), none overlapping another; some are gone and
/// new ones come; the rest moves and changes its volume by a factor of 0.3 to 3.
MadePatient make_patient(std::uint64_t seed, const Recipe& recipe) {
  Random random(derive_seed(seed, {hash_name("lesions")}));
  MadePatient made;
  made.table = empty_table();
  int lesions = recipe.lesions;
  const double side = lesions > 12 ? 600 : 200;
  if (lesions == 0) lesions = 1 + static_cast<int>(random.below(12));
  std::vector<std::pair<Vector, double>> spots;
  const auto place = [&] {
    for (;;) {
      const Vector at{side * random.uniform(), side * random.uniform(), side * random.uniform()};
      const double volume = 200 * std::pow(250.0, random.uniform());
      const double radius = std::cbrt(3 * volume / (4 * std::numbers::pi));
      const bool free = std::none_of(spots.begin(), spots.end(), [&](const auto& other) {
        const double reach = radius + std::cbrt(3 * other.second / (4 * std::numbers::pi));
        double distance2 = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) distance2 += std::pow(at[axis] - other.first[axis], 2);
        return distance2 < reach * reach;
      });
      if (free) return spots.emplace_back(at, volume);
    }
  };
  Vector shift{};
  do {
    for (double& x : shift) x = 80 * random.uniform() - 40;
  } while (std::hypot(shift[0], shift[1], shift[2]) > 40);
  if (!recipe.shifted) shift = {};
  for (int n = 1; n <= lesions; ++n) {
    const auto spot = place();
    add(made.table, "A", n, spot.second, spot.first, "t1", 0);
  }
  std::vector<std::pair<int, std::pair<Vector, double>>> later;
  for (int n = 1; n <= lesions; ++n) {
    auto spot = spots[static_cast<std::size_t>(n - 1)];
    const bool gone = random.uniform() < recipe.gone;
    for (std::size_t axis = 0; axis < 3; ++axis) spot.first[axis] += shift[axis] + recipe.jitter_mm * random.normal();
    spot.second *= 0.3 * std::pow(10.0, random.uniform());
    if (!gone) later.emplace_back(n, spot);
  }
  for (int n = 0; n < lesions; ++n) {
    if (random.uniform() >= recipe.fresh) continue;
    auto spot = place();
    for (std::size_t axis = 0; axis < 3; ++axis) spot.first[axis] += shift[axis];
    later.emplace_back(0, spot);
  }
  for (std::size_t n = later.size(); n > 1; --n) std::swap(later[n - 1], later[random.below(n)]);
  for (std::size_t n = 0; n < later.size(); ++n) {
    const int number = static_cast<int>(n) + 1;
    add(made.table, "B", number, later[n].second.second, later[n].second.first, "t2", 1);
    if (later[n].first > 0) made.truth[later[n].first] = number;
  }
  return made;
}

struct Score {
  int there = 0;  ///< pairs that exist
  int said = 0;   ///< pairs that were matched
  int right = 0;
  std::map<std::string, std::pair<int, int>> by_word;  ///< margin's word -> said, right

  double recall() const { return static_cast<double>(right) / there; }
  double precision() const { return static_cast<double>(right) / said; }
};

void count(Score& score, const MadePatient& patient, const std::vector<LesionMatch>& matches) {
  score.there += static_cast<int>(patient.truth.size());
  for (const LesionMatch& match : matches) {
    if (match.verdict != LesionVerdict::kMatched) continue;
    const auto truth = patient.truth.find(match.from->lesion);
    const bool right = truth != patient.truth.end() && truth->second == match.to->lesion;
    auto& word = score.by_word[std::string(margin_word(match.margin.value()))];
    ++score.said;
    ++word.first;
    if (right) {
      ++score.right;
      ++word.second;
    }
  }
}

std::string report(const char* name, const Score& score) {
  std::string text = fmt::format("{:<10} {:4} pairs, found {:.4f}, right {:.4f};", name, score.there, score.recall(),
                                 score.precision());
  for (const auto& [word, counts] : score.by_word) text += fmt::format(" {} {}/{}", word, counts.second, counts.first);
  return text;
}

/// The same patients matched as they are, with the shift known, and with the shift ignored.
struct Trial {
  Score found, known, ignored;

  explicit Trial(const Recipe& recipe) {
    // Looks for no shift.
    const MatchOptions still{.shift_scale_mm = 1e-3, .unrelated_frames_cost = 1e12};
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const MadePatient patient = make_patient(seed, recipe);
      count(found, patient, matched(patient.table));
      count(ignored, patient, matched(patient.table, still));
      Recipe unshifted = recipe;
      unshifted.shifted = false;
      const MadePatient same = make_patient(seed, unshifted);
      EXPECT_EQ(same.truth, patient.truth);
      count(known, same, matched(same.table, still));
    }
  }
  std::string text() const {
    return report("found", found) + "\n" + report("known", known) + "\n" + report("ignored", ignored);
  }
  double share_right(const char* word) const {
    const auto& [said, right] = found.by_word.at(word);
    return static_cast<double>(right) / said;
  }
};

// Knowing the shift is the most that a search for it can gain; ignoring it is what the search is for. Both bounds are
// of the same patients. What may be lost besides comes from patients with one or two lesions, which say little of a
// shift.
TEST(MatchLesions, RandomPatientsAreMatchedAsWellAsWithTheShiftKnown) {
  const Trial trial{Recipe{}};
  SCOPED_TRACE(trial.text());
  RecordProperty("rates", trial.text());
  EXPECT_GT(trial.known.recall(), 0.99);
  EXPECT_GT(trial.found.recall(), trial.known.recall() - 0.005);
  EXPECT_GT(trial.found.precision(), trial.known.precision() - 0.005);
  EXPECT_LT(trial.ignored.recall(), 0.5);
  EXPECT_GT(trial.share_right("very strong"), 0.99);
}

// Beyond what the defaults assume: twice the movement, and as many gone and new as stay.
TEST(MatchLesions, MarginsTellWhichMatchesToDoubt) {
  const Trial trial{Recipe{.jitter_mm = 10, .gone = 0.4, .fresh = 0.4}};
  SCOPED_TRACE(trial.text());
  RecordProperty("rates", trial.text());
  EXPECT_GT(trial.found.recall(), trial.known.recall() - 0.05);
  EXPECT_GT(trial.found.precision(), trial.known.precision() - 0.05);
  EXPECT_GT(trial.share_right("very strong"), 0.95);
  EXPECT_GT(trial.share_right("very strong"), trial.share_right("fair"));
  EXPECT_GT(trial.share_right("strong"), trial.share_right("doubtful"));
}

TEST(MatchLesions, RandomPatientsDoNotDependOnTheOrderOfRows) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const MadePatient patient = make_patient(seed, {.gone = 0.4, .fresh = 0.4});
    const auto matches = matched(patient.table);
    EXPECT_EQ(lines(matched(reordered(patient.table, seed))), lines(matches));

    // Every lesion is told of exactly once, and no lesion has two counterparts.
    std::multiset<std::pair<std::string, int>> as_to, as_from, all, first;
    for (const LesionMatch& match : matches) {
      if (match.to) as_to.emplace(match.to->name, match.to->lesion);
      if (match.from) as_from.emplace(match.from->name, match.from->lesion);
    }
    for (const TableRow& row : patient.table.rows) {
      all.emplace(row.key.name, row.lesion);
      if (row.key.name == "A") first.emplace(row.key.name, row.lesion);
    }
    EXPECT_EQ(as_to, all);
    if (all.size() > first.size()) {
      EXPECT_EQ(as_from, first);
    }
  }
}

TEST(MatchLesions, HundredsOfLesionsAreMatched) {
  const MadePatient patient = make_patient(99, {.lesions = 200});
  Score score;
  count(score, patient, matched(patient.table));
  EXPECT_GT(score.recall(), 0.95);
  EXPECT_GT(score.precision(), 0.95);
}

}  // namespace
}  // namespace radtype::cohort
