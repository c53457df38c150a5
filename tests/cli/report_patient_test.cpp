// radtype report --case and radtype follow as a user runs them, on made scans whose truth is known.
#include <cmath>
#include <cstring>

#include <Eigen/Geometry>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include "support/made_scans.h"
#include "support/studies.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::MadeLesion;
using test::Outcome;
using test::TempDir;
using test::Words;
using test::write_bytes;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kManifestHead = "case,patient,cohort,organ,modality,timepoint,day,image,mask\n";

std::string line_of(const std::string& name, const std::string& patient, const std::string& timepoint,
                    const std::string& day) {
  return fmt::format("{0},{1},made,lung,CT,{2},{3},{0}/image.nii.gz,{0}/mask.nii.gz\n", name, patient, timepoint, day);
}

json json_of(const fs::path& path) { return json::parse(test::text_of_file(path)); }

void expect_valid(const fs::path& path, const std::string& schema, bool valid = true) {
  const Outcome checked = test::run_command({"/usr/bin/python3", "-m", "jsonschema", "-i", path.string(),
                                             RADTYPE_SOURCE_DIR "/schemas/" + schema + ".schema.json"});
  EXPECT_EQ(checked.exit == 0, valid) << checked.err;
}
bool has_schema_tool() { return test::run_command({"/usr/bin/python3", "-c", "import jsonschema"}).exit == 0; }

std::vector<std::uint8_t> from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    held = held << 6 | static_cast<std::uint32_t>(digits.find(letter));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(held >> bits));
  }
  return bytes;
}

template <class Number>
std::vector<Number> numbers_of(const std::vector<std::uint8_t>& bytes) {
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Number));
  return numbers;
}

std::vector<std::uint8_t> inflated(const std::vector<std::uint8_t>& packed, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::vector<std::uint8_t> in = packed;
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(size);
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.total_out, size);
  inflateEnd(&stream);
  return bytes;
}

double enclosed_mm3(const json& vertices, const json& triangles) {
  const auto points = numbers_of<float>(from_base64(vertices));
  const auto corners = numbers_of<std::uint32_t>(from_base64(triangles));
  const auto at = [&](std::size_t corner) {
    const float* point = &points.at(3 * corner);
    return Eigen::Vector3d(point[0], point[1], point[2]);
  };
  double sum = 0;
  for (std::size_t t = 0; t + 2 < corners.size(); t += 3)
    sum += at(corners[t]).dot(at(corners[t + 1]).cross(at(corners[t + 2]))) / 6;
  return sum;
}

/// A patient with two lesions at two times, 14 with one, one whose case failed; a model of all before.
class ReportCase : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    std::string manifest = kManifestHead;
    const auto scan = [&](const std::string& name, const std::string& patient, const std::string& timepoint,
                          const std::vector<MadeLesion>& lesions) {
      test::write_made_scan(*folder_ / name, lesions, manifest.size());
      manifest += line_of(name, patient, timepoint, "");
    };
    for (int n = 0; n < 14; ++n) {
      const double wide = 7 + 0.2 * n;
      const double thin = n % 2 == 0 ? wide : 0.6 * wide;
      scan(fmt::format("c{:02}", n), fmt::format("p{:02}", n), "before", {{{24, 24, 24}, {wide, thin, thin}}});
    }
    const MadeLesion small{{13, 13, 13}, {5, 5, 5}};
    scan("two", "P", "before", {small, {{33, 33, 33}, {8, 6, 6}}});
    scan("two-later", "P", "after", {small, {{33, 33, 33}, {11, 8, 8}}});
    scan("bad", "Q", "before", {small});
    write_bytes(*folder_ / "bad/mask.nii.gz", "no mask");
    write_bytes(*folder_ / "m.csv", manifest);
    const Outcome measured =
        test::radtype({"cohort", "run", (*folder_ / "m.csv").string(), "--out", study().string(), "--families",
                       "shape,shape_spectrum,regional,texture,habitat", "--skip-problems"});
    ASSERT_EQ(measured.exit, 4) << measured.err;
    write_bytes(*folder_ / "set.txt",
                "shape_elongation\nshape_flatness\nshape_sphericity\nshape_share_02\ntexture_moran_r8\n"
                "texture_moran_4mm\nregional_core_rim_hellinger\nhabitat_entropy\nhabitat_interface\nshape_slope\n"
                "habitat_contrast\nhabitat_explained_3\n");
    const Outcome found = test::radtype({"discover", study().string(), "--out", (*folder_ / "model").string(), "--set",
                                         (*folder_ / "set.txt").string(), "--k", "2", "--largest", "3", "--references",
                                         "0", "--repetitions", "20", "--figures", "none", "--timepoint", "before"});
    ASSERT_EQ(found.exit, 0) << found.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static fs::path study() { return *folder_ / "S"; }
  Words words(const std::string& name, const Words& more = {}) const {
    Words all = {"report",      study().string(), "--case", name, "--out", (out_ / "case.json").string(),
                 "--json-only", "--force"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Words with_all(const Words& more = {}) const {
    Words all = {"--model", (*folder_ / "model").string(), "--scans", folder_->path().string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  json document(const std::string& name, const Words& more = {}) {
    const Outcome done = test::radtype(words(name, more));
    EXPECT_EQ(done.exit, 0) << done.err;
    return done.exit == 0 ? json_of(out_ / "case.json") : json();
  }

  void expect_every_section(const json& found) {
    for (const char* section : {"image", "surface", "spectrum", "assignment", "standing"}) {
      EXPECT_FALSE(found[section].is_null()) << section << ": " << found[std::string(section) + "_missing"];
    }
    EXPECT_EQ(found["image"]["layers"].size(), 3u) << found["layers_missing"];
    EXPECT_EQ(found["image"]["unit"], "HU");
    ASSERT_GE(found["reconstructions"].size(), 4u);
    EXPECT_EQ(found["standing"]["training"]["case"].size(), json_of(*folder_ / "model/discovery.json")["cases"]);
    EXPECT_EQ(found["in_training"], true);
    EXPECT_TRUE(found["history"].is_null());
  }
  void expect_values_of_database(const json& found) {
    const auto rows = test::rows_of(test::exported(study()));
    const auto own = std::find_if(rows.begin(), rows.end(), [](const CsvRow& row) { return row.at("case") == "c03"; });
    ASSERT_NE(own, rows.end());
    std::size_t numbers = 0;
    double elongation = 0;
    for (const json& row : found["rows"]) {
      const std::string cell = own->at(row["name"]);
      ASSERT_EQ(row["value"].is_null(), cell.empty()) << row;
      if (cell.empty()) continue;
      EXPECT_EQ(row["value"].get<double>(), std::stod(cell)) << row;
      ++numbers;
      if (row["name"] != "shape_elongation") continue;
      elongation = std::stod(cell);
      std::size_t below = 0, others = 0;
      for (const CsvRow& other : rows) {
        // Those that the model was made from: the timepoint before, without the patient's own.
        if (other.at("case") == "c03" || other.at("timepoint") != "before" || other.at("status") != "ok") continue;
        ++others;
        below += std::stod(other.at("shape_elongation")) < elongation;
      }
      EXPECT_EQ(found["compared_with"]["cases"], others);
      EXPECT_NEAR(row["percentile"].get<double>(), 100.0 * static_cast<double>(below) / static_cast<double>(others),
                  1e-9);
      EXPECT_TRUE(row["score"].is_number());
    }
    EXPECT_GT(numbers, 100u);
    EXPECT_EQ(found["spectrum"]["share"][1].get<double>(), std::stod(own->at("shape_share_02")));
  }
  void expect_pictures_of_the_tumour(const json& found) {
    const auto number = [&](const std::string& name) {
      for (const json& row : found["rows"]) {
        if (row["name"] == name) return row["value"].get<double>();
      }
      throw std::out_of_range(name);
    };
    const double volume = number("shape_volume_mm3");
    EXPECT_NEAR(enclosed_mm3(found["surface"]["vertices"], found["surface"]["triangles"]), volume, 0.03 * volume);
    for (const json& one : found["reconstructions"])
      EXPECT_NEAR(enclosed_mm3(one["vertices"], found["reconstruction_triangles"]), volume, 0.05 * volume)
          << one["degree"];
    const json& image = found["image"];
    const std::size_t voxels =
        image["size"][0].get<std::size_t>() * image["size"][1].get<std::size_t>() * image["size"][2].get<std::size_t>();
    const auto values = numbers_of<std::int16_t>(inflated(from_base64(image["voxels"]), 2 * voxels));
    std::map<std::string, std::vector<std::uint8_t>> layers;
    for (const json& layer : image["layers"]) layers[layer["name"]] = inflated(from_base64(layer["voxels"]), voxels);
    std::map<int, double> regions, habitats;
    double tumour = 0, bright = 0;
    for (std::size_t n = 0; n < voxels; ++n) {
      ++regions[layers["regions"][n]];
      ++habitats[layers["habitats"][n]];
      tumour += layers["tumour"][n];
      bright += layers["tumour"][n] * (values[n] > -85);  // -20 and 60 inside, -150 outside
    }
    EXPECT_NEAR(tumour, number("shape_voxel_volume_mm3"), 1e-6);  // voxels of 1 mm3
    EXPECT_EQ(bright, tumour);
    EXPECT_NEAR(regions[1] + regions[2], tumour, 0.02 * tumour);
    EXPECT_GT(regions[3], 0);
    EXPECT_GT(regions[4], regions[3]);
    const double inside = habitats[1] + habitats[2] + habitats[3];
    EXPECT_NEAR(habitats[1] / inside, number("habitat_fraction_low"), 0.04);
    EXPECT_NEAR(habitats[3] / inside, number("habitat_fraction_high"), 0.04);
  }
  void expect_subtype_of_classify(const json& found) {
    const Outcome classified = test::radtype({"classify", (*folder_ / "model").string(), study().string(), "--out",
                                              (out_ / "a.csv").string(), "--json", (out_ / "a.json").string()});
    ASSERT_EQ(classified.exit, 0) << classified.err;
    const json all = json_of(out_ / "a.json");
    const auto& cases = all["cases"];
    const auto own = std::find_if(cases.begin(), cases.end(), [](const json& one) { return one["case"] == "c03"; });
    ASSERT_NE(own, cases.end());
    const json& assignment = found["assignment"];
    EXPECT_EQ(assignment["subtype"], std::to_string((*own)["subtype"].get<int>()));
    for (std::size_t c = 0; c < 2; ++c) EXPECT_EQ(assignment["probabilities"][c]["p"], (*own)["posterior"][c]);
    ASSERT_GE(assignment["why"].size(), 5u);
    for (std::size_t n = 0; n < 5; ++n) {
      EXPECT_EQ(assignment["why"][n]["name"], (*own)["why"][n]["feature"]);
      const double log_odds = (*own)["why"][n]["log_odds"];
      EXPECT_NEAR(assignment["why"][n]["toward"].get<double>(), log_odds, 1e-9);
    }
  }

  static TempDir* folder_;
  TempDir out_;
};
TempDir* ReportCase::folder_ = nullptr;

// Few tests, since each makes the study again where ctest runs it by itself.
TEST_F(ReportCase, IsWhatStudyAndModelSay) {
  const json found = document("c03", with_all());
  expect_every_section(found);
  expect_pictures_of_the_tumour(found);
  expect_values_of_database(found);
  expect_subtype_of_classify(found);
  if (!has_schema_tool()) GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  expect_valid(out_ / "case.json", "report-case");
  json wrong = found;
  wrong["image"] = nullptr;
  write_bytes(out_ / "wrong.json", wrong.dump());
  expect_valid(out_ / "wrong.json", "report-case", false);
}

TEST_F(ReportCase, OfOneLesionAndWhatBecameOfIt) {
  EXPECT_EQ(document("two", with_all())["case"]["lesion"], "2");
  const json first = document("two", with_all({"--lesion", "1"}));
  EXPECT_EQ(first["case"]["lesion"], "1");
  EXPECT_EQ(first["title"], "Case two/1");
  const Outcome third = test::radtype(words("two", {"--lesion", "3"}));
  EXPECT_EQ(third.exit, 3);
  EXPECT_THAT(third.err, HasSubstr("no lesion 3"));
  EXPECT_EQ(test::radtype(words("nobody")).exit, 3);
  const json found = document("two-later", with_all());
  ASSERT_EQ(found["history"]["timepoints"].size(), 2u);
  EXPECT_EQ(found["history"]["timepoints"][0]["timepoint"], "before");
  const json& track = found["history"]["tracks"];
  ASSERT_EQ(track.size(), 1u);
  ASSERT_EQ(track[0]["points"].size(), 2u);
  EXPECT_EQ(track[0]["points"][0]["lesion"], 2);
  const double before = track[0]["points"][0]["volume_mm3"];
  const double after = track[0]["points"][1]["volume_mm3"];
  EXPECT_NEAR(after / before, 11.0 * 8 * 8 / (8 * 6 * 6), 0.3);
}

TEST_F(ReportCase, WhatCannotBeReadOrHasChangedSaysSoAndTheNumbersStay) {
  const json without = document("c03", {});
  EXPECT_THAT(without["image_missing"].get<std::string>(), HasSubstr("--scans"));
  EXPECT_EQ(without["assignment_missing"], "no model was given");
  // Another place with the same files, one of them changed and one gone.
  const fs::path moved = out_ / "scans";
  for (const char* name : {"c03", "c05"}) {
    fs::create_directories(moved / name);
    for (const char* file : {"image.nii.gz", "mask.nii.gz"}) fs::copy_file(*folder_ / name / file, moved / name / file);
  }
  const Words scans = {"--scans", moved.string()};
  EXPECT_FALSE(document("c03", scans)["image"].is_null());
  test::write_made_scan(moved / "c03", {{}}, 99);
  const json changed = document("c03", scans);
  EXPECT_TRUE(changed["image"].is_null());
  EXPECT_TRUE(changed["surface"].is_null());
  EXPECT_THAT(changed["image_missing"].get<std::string>(), HasSubstr("SHA-256"));
  EXPECT_EQ(changed["rows"], without["rows"]);
  fs::remove(moved / "c05/image.nii.gz");
  const json gone = document("c05", scans);
  EXPECT_TRUE(gone["image"].is_null());
  EXPECT_FALSE(gone["image_missing"].get<std::string>().empty());
  if (has_schema_tool()) expect_valid(out_ / "case.json", "report-case");
}

TEST_F(ReportCase, AFailedCaseSaysWhyAndAModelOfAnotherStudyStillAssigns) {
  {
    const json found = document("bad", with_all());
    EXPECT_EQ(found["case"]["status"], "failed");
    for (const char* section : {"image_missing", "surface_missing", "assignment_missing", "spectrum_missing"})
      EXPECT_FALSE(found[section].get<std::string>().empty()) << section;
    EXPECT_THAT(found["warnings"].dump(), HasSubstr("failed"));
    for (const json& row : found["rows"]) EXPECT_FALSE(row["missing"].get<std::string>().empty());
    if (has_schema_tool()) expect_valid(out_ / "case.json", "report-case");
  }
  fs::create_directories(out_ / "model");
  for (const char* file : {"model.json", "discovery.json"})
    fs::copy_file(*folder_ / "model" / file, out_ / "model" / file);
  write_bytes(out_ / "model/assignments.csv",
              "case,patient,cohort,organ,modality,subtype,item_consensus,silhouette\nelsewhere,x,y,lung,CT,1,1,1\n");
  const json found = document("c03", {"--model", (out_ / "model").string()});
  EXPECT_EQ(found["assignment"], document("c03", with_all())["assignment"]);
  EXPECT_TRUE(found["standing"].is_null());
  EXPECT_THAT(found["standing_missing"].get<std::string>(), HasSubstr("elsewhere"));
  EXPECT_EQ(found["compared_with"]["of"], "study");
}

TEST_F(ReportCase, TheSameBytesForAnyNumberOfThreads) {
  std::vector<std::string> texts;
  for (const char* threads : {"1", "2", "2"}) {
    Words all = {"--threads", threads};
    for (const std::string& word : words("two", with_all())) all.push_back(word);
    ASSERT_EQ(test::radtype(all).exit, 0);
    texts.push_back(test::text_of_file(out_ / "case.json"));
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(texts[1], texts[2]);
}

/// A patient whose first lesion grows and whose second does not, and four who were scanned twice.
class Follow : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    std::string course = kManifestHead;
    std::string repeats = kManifestHead;
    const auto scan = [&](std::string& manifest, const std::string& name, const std::string& patient,
                          const std::string& timepoint, const std::string& day,
                          const std::vector<MadeLesion>& lesions) {
      test::write_made_scan(*folder_ / name, lesions, course.size() + repeats.size());
      manifest += line_of(name, patient, timepoint, day);
    };
    const MadeLesion stays{{13, 13, 13}, {6, 6, 6}};
    for (const auto& [name, day, size] :
         {std::tuple("g0", "0", 8.0), std::tuple("g1", "60", 9.0), std::tuple("g2", "120", 10.5)})
      scan(course, name, kPatient, name, day, {stays, {{33, 33, 33}, {size, size, size}}});
    scan(course, "g3", kPatient, "g3", "180", {stays, {{33, 33, 33}, {12, 12, 12}}});
    write_bytes(*folder_ / "g3/mask.nii.gz", "no mask");
    for (int n = 0; n < 6; ++n) {
      const double size = 5 + 0.6 * n;
      for (const char* timepoint : {"first", "again"})
        scan(repeats, fmt::format("r{}{}", n, timepoint), fmt::format("R{}", n), timepoint, "",
             {{{24, 24, 24}, {size, size, size}}});
    }
    write_bytes(*folder_ / "course.csv", course);
    write_bytes(*folder_ / "repeats.csv", repeats);
    EXPECT_EQ(test::run(*folder_ / "course.csv", *folder_ / "S", {"--skip-problems"}).exit, 4);
    EXPECT_EQ(test::run(*folder_ / "repeats.csv", *folder_ / "R").exit, 0);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  Outcome follow(const Words& more, const std::string& patient = kPatient) {
    Words all = {"follow", (*folder_ / "S").string(), "--patient", patient, "--json-only", "--force",
                 "--out",  (out_ / "f.json").string()};
    all.insert(all.end(), more.begin(), more.end());
    return test::radtype(all);
  }
  json document(const Words& more) {
    const Outcome done = follow(more);
    EXPECT_EQ(done.exit, 0) << done.err;
    return done.exit == 0 ? json_of(out_ / "f.json") : json();
  }
  Words with_repeats(const Words& more = {}) const {
    Words all = {"--retest", (*folder_ / "R").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  static constexpr const char* kPatient = "<b>患者</b>";
  static TempDir* folder_;
  TempDir out_;
};
TempDir* Follow::folder_ = nullptr;

TEST_F(Follow, FindsTheGrowthThatWasPlantedAndNoOther) {
  const json found = document(with_repeats());
  ASSERT_EQ(found["timepoints"].size(), 4u);
  EXPECT_EQ(found["timepoints"][3]["status"], "failed");
  ASSERT_EQ(found["tracks"].size(), 2u);
  std::size_t grown = 0, stable = 0;
  for (const json& change : found["changes"]) {
    if (change["measure"] != "shape_volume_mm3" && change["measure"] != "shape_max_diameter_mm") continue;
    ASSERT_TRUE(change["percent"].is_number());
    if (change["lesion"] == "lesion 1") {
      EXPECT_EQ(change["beyond_noise"], true) << change;
      ++grown;
    } else {
      EXPECT_EQ(change["beyond_noise"], false) << change;
      ++stable;
    }
  }
  EXPECT_EQ(grown, 6u);
  EXPECT_EQ(stable, 6u);
  const json& volumes = found["tracks"][0]["points"];
  EXPECT_NEAR(volumes[2]["volume_mm3"].get<double>() / volumes[0]["volume_mm3"].get<double>(), std::pow(10.5 / 8, 3),
              0.3);
  EXPECT_THAT(volumes[3]["missing"].get<std::string>(), HasSubstr("not measured"));
  EXPECT_EQ(found["measures"][0]["interval"]["lesions"], 6);
  EXPECT_NEAR(found["recist"][1]["percent_of_baseline"].get<double>(), 100.0 * (9 + 6) / (8 + 6), 3);
  EXPECT_TRUE(found["recist"][3]["sum_mm"].is_null());
  if (!has_schema_tool()) GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  expect_valid(out_ / "f.json", "report-patient");
  json wrong = found;
  wrong["changes"][0]["beyond_noise"] = nullptr;
  wrong["changes"][0]["reason"] = nullptr;
  write_bytes(out_ / "wrong.json", wrong.dump());
  expect_valid(out_ / "wrong.json", "report-patient", false);
}

TEST_F(Follow, ValuesAreThoseOfTheDatabase) {
  const json found = document({});
  std::map<std::pair<std::string, std::string>, CsvRow> exported;
  for (const CsvRow& row : test::rows_of(test::exported(*folder_ / "S")))
    exported[{row.at("case"), row.at("lesion")}] = row;
  std::size_t compared = 0;
  for (const json& track : found["tracks"]) {
    for (const json& point : track["points"]) {
      if (point["case"].is_null()) continue;
      const CsvRow& row = exported.at({point["case"], std::to_string(point["lesion"].get<int>())});
      for (const auto& [name, value] : point["values"].items()) {
        ASSERT_EQ(value.is_null(), row.at(name).empty()) << name;
        if (value.is_null()) {
          EXPECT_TRUE(point["values_missing"].contains(name));
          continue;
        }
        EXPECT_EQ(value.get<double>(), std::stod(row.at(name)));
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 40u);
  for (const json& change : found["changes"]) EXPECT_TRUE(change["beyond_noise"].is_null());
  for (const json& measure : found["measures"]) {
    EXPECT_TRUE(measure["interval"].is_null());
    EXPECT_THAT(measure["interval_source"].get<std::string>(), HasSubstr("cannot be told from noise"));
  }
}

TEST_F(Follow, ACaseOfAPatientWithAHostileNameIsThatText) {
  const Outcome done = test::radtype({"report", (*folder_ / "S").string(), "--case", "g1", "--scans",
                                      folder_->path().string(), "--json-only", "--out", (out_ / "g1.json").string()});
  ASSERT_EQ(done.exit, 0) << done.err;
  const json found = json_of(out_ / "g1.json");
  EXPECT_EQ(found["case"]["patient"], kPatient);
  EXPECT_EQ(found["history"]["timepoints"].size(), 4u);
  EXPECT_EQ(found["history"]["tracks"][0]["lesion"], "lesion 1");
  EXPECT_TRUE(found["spectrum"].is_null()) << "the study did not measure it";
  EXPECT_FALSE(found["surface"].is_null()) << "it is made for the picture";
  EXPECT_THAT(found["compared_with"]["missing"].get<std::string>(), HasSubstr("10 are needed"));
  for (const json& row : found["rows"]) EXPECT_TRUE(row["percentile"].is_null());
  if (has_schema_tool()) expect_valid(out_ / "g1.json", "report-case");
}

TEST_F(Follow, DaysComeFromATableOrAColumn) {
  const json by_column = document({"--days-column", "day"});
  EXPECT_EQ(by_column["timepoints"][2]["day"], 120);
  write_bytes(out_ / "days.csv", "timepoint;day\ng0;400\ng1;300\ng2;200\ng3;100\n");
  const json by_table = document({"--days", (out_ / "days.csv").string()});
  EXPECT_EQ(by_table["timepoints"][0]["timepoint"], "g3");
  EXPECT_EQ(by_table["timepoints"][3]["day"], 400);
  write_bytes(out_ / "days.csv", "case,day\ng0,0\n");
  const Outcome some = follow({"--days", (out_ / "days.csv").string()});
  EXPECT_EQ(some.exit, 2);
  EXPECT_THAT(some.err, HasSubstr("3 of the patient's cases have no day"));
  write_bytes(out_ / "days.csv", "case,day\ng0,soon\n");
  EXPECT_EQ(follow({"--days", (out_ / "days.csv").string()}).exit, 3);
  EXPECT_EQ(follow({"--days-column", "weight"}).exit, 2);
  EXPECT_EQ(follow({"--days-column", "day", "--days", (out_ / "days.csv").string()}).exit, 2);
}

TEST_F(Follow, WritesTablesAndOverwritesNothing) {
  const Words tables = {"--csv", (out_ / "t.csv").string(), "--changes", (out_ / "c.csv").string()};
  const Outcome first = follow(with_repeats(tables));
  ASSERT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.err, Not(HasSubstr(kPatient)));
  const auto points = test::rows_of(test::text_of_file(out_ / "t.csv"));
  ASSERT_EQ(points.size(), 8u);
  EXPECT_EQ(points[0].at("patient"), kPatient);
  const auto changes = test::rows_of(test::text_of_file(out_ / "c.csv"));
  EXPECT_EQ(changes.size(), json_of(out_ / "f.json")["changes"].size());
  const std::string before = test::text_of_file(out_ / "f.json");
  ASSERT_EQ(follow(with_repeats(tables)).exit, 0);
  EXPECT_EQ(test::text_of_file(out_ / "f.json"), before);
  const Outcome again =
      test::radtype({"follow", (*folder_ / "S").string(), "--patient", kPatient, "--csv", (out_ / "t.csv").string()});
  EXPECT_EQ(again.exit, 5);
  EXPECT_EQ(follow({}, "nobody").exit, 3);
  EXPECT_EQ(test::radtype({"follow", (*folder_ / "S").string(), "--patient", kPatient}).exit, 2);
  EXPECT_EQ(follow({"--retest-timepoints", "first"}).exit, 2);
  EXPECT_EQ(follow(with_repeats({"--retest-timepoints", "never"})).exit, 3);
}

}  // namespace
}  // namespace radtype
