#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "support/phantom_files.h"

namespace radtype {
namespace {

using nlohmann::json;
using test::Outcome;
using test::PhantomFiles;
using test::radtype;
using test::TempDir;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> ct_arguments() {
  const auto& file = PhantomFiles::get();
  return {"extract",    "--image", file("ct.nii.gz"), "--mask", file("tumour.nii.gz"), "--tissue", file("lung.nii.gz"),
          "--modality", "CT",      "--organ",         "lung"};
}

std::vector<std::string> operator+(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Extract, PhantomMatchesItsAnalyticTruth) {
  const Outcome done = radtype(ct_arguments());
  ASSERT_EQ(done.exit, 0) << done.err;
  const json row = json::parse(done.out)["cases"][0];
  EXPECT_EQ(row["status"], "ok");
  EXPECT_EQ(row["case"], "tumour");
  const json missing = row["missing"];
  for (const auto& [name, reason] : missing.items()) {
    EXPECT_THAT(reason.get<std::string>(), testing::AnyOf(HasSubstr("not asked for"), HasSubstr("unresolved"))) << name;
  }
  std::ifstream truth(PhantomFiles::get()("truth.csv"));
  std::string line;
  std::getline(truth, line);
  int compared = 0;
  while (std::getline(truth, line)) {
    const auto parts = split(line, ",");
    const std::string name(parts[0]);
    const double expected = *parse_double(parts[1]);
    // Binary voxels of 1.4 x 1.4 x 2.5 mm: their staircase carries more area (docs/methods/morphology.md).
    const bool of_area = name == "shape_area_mm2" || name == "shape_sphericity";
    EXPECT_NEAR(row["features"][name].get<double>() / expected, 1, of_area ? 0.15 : 0.03) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 10);
}

TEST(Extract, SurfaceAndCoefficientsForOtherPrograms) {
  const TempDir folder;
  const auto files = std::vector<std::string>{"--surface",      (folder / "a.stl").string(),
                                              "--coefficients", (folder / "c.json").string(),
                                              "--out",          (folder / "o.json").string(),
                                              "--families",     "shape,shape_spectrum",
                                              "--compat",       "wu2021"};
  const Outcome done = radtype(ct_arguments() + files);
  ASSERT_EQ(done.exit, 0) << done.err;
  std::ifstream coefficients_file(folder / "c.json");
  const json coefficients = json::parse(coefficients_file);
  EXPECT_EQ(coefficients["coefficients"].size(), 256u);
  EXPECT_TRUE(coefficients.contains("provenance"));
  const auto triangles = (std::filesystem::file_size(folder / "a.stl") - 84) / 50;
  EXPECT_GT(triangles, 8000u);
  std::ifstream output_file(folder / "o.json");
  const json row = json::parse(output_file)["cases"][0];
  EXPECT_EQ(row["families"]["shape_zernike"]["outcome"], "not asked for");
  EXPECT_EQ(row["families"]["compat_wu2021"]["outcome"], "computed");
  EXPECT_EQ(row["quality"]["surface"]["flipped_triangles"].get<int>(), 0);
  // Nothing is overwritten unasked, and no time is spent before saying so.
  const Outcome again = radtype(ct_arguments() + files);
  EXPECT_EQ(again.exit, 5);
}

TEST(Extract, ASurfaceThatDoesNotExistCostsNoOtherOutput) {
  const auto& file = PhantomFiles::get();
  const TempDir folder;
  const Outcome done = radtype({"extract", "--mask", file("tumour.nii.gz"), "--families", "shape", "--surface",
                                (folder / "a.obj").string(), "--figure", (folder / "a.png").string(), "--out",
                                (folder / "a.json").string()});
  EXPECT_EQ(done.exit, 5);
  EXPECT_THAT(done.err, HasSubstr("none of the families asked for makes one"));
  EXPECT_TRUE(std::filesystem::exists(folder / "a.json"));
  EXPECT_TRUE(std::filesystem::exists(folder / "a.png"));
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--surface", (folder / "a.ply").string()}).exit, 2);
}

TEST(Extract, MapsOfEachRegionForViewers) {
  const TempDir folder;
  const auto words = ct_arguments() + std::vector<std::string>{"--maps",     (folder / "maps").string(),
                                                               "--families", "regional,margin,habitat",
                                                               "--case",     "p 1"};
  const Outcome done = radtype(words);
  ASSERT_EQ(done.exit, 0) << done.err;
  const auto files = folder / "maps/p 1_1";
  for (const char* name : {"regions.nii.gz", "rank.nii.gz", "habitats.nii.gz"})
    EXPECT_EQ(radtype({"info", (files / name).string()}).exit, 0) << name;
  EXPECT_THAT(test::text_of_file(files / "margin.vtp"), HasSubstr("width_mm"));
  const Outcome refused = radtype(words);
  EXPECT_EQ(refused.exit, 5);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(radtype(words + std::vector<std::string>{"--force"}).exit, 0);

  // No ranks without an image: said, with the other outputs written.
  const Outcome none =
      radtype({"extract", "--mask", PhantomFiles::get()("tumour.nii.gz"), "--maps", (folder / "none").string(),
               "--families", "shape,margin", "--out", (folder / "o.json").string()});
  EXPECT_EQ(none.exit, 5);
  EXPECT_THAT(none.err, HasSubstr("needs an image"));
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
  EXPECT_THAT(test::text_of_file(folder / "o.json"), HasSubstr("no maps: needs an image"));
  EXPECT_EQ(radtype(ct_arguments() + std::vector<std::string>{"--maps", (folder / "o.json").string()}).exit, 5);
}

TEST(Extract, UnknownFamilyIsAUsageErrorThatListsThem) {
  const Outcome done = radtype(ct_arguments() + std::vector<std::string>{"--families", "shapes"});
  EXPECT_EQ(done.exit, 2);
  EXPECT_THAT(done.err, HasSubstr("shape_spectrum"));
}

TEST(Extract, OutputFollowsItsSchema) {
  const Outcome tool = test::run_command({"/usr/bin/python3", "-c", "import jsonschema"});
  if (tool.exit != 0) GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  const TempDir folder;
  const auto& file = PhantomFiles::get();
  // One document of each kind: all computed, shape only, failed.
  ASSERT_EQ(radtype(ct_arguments() + std::vector<std::string>{"--out", (folder / "full.json").string()}).exit, 0);
  ASSERT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--out", (folder / "mask.json").string()}).exit, 0);
  ASSERT_EQ(radtype({"extract", "--mask", file("none.nii.gz"), "--out", (folder / "failed.json").string()}).exit, 3);
  for (const char* name : {"full.json", "mask.json", "failed.json"}) {
    const Outcome valid = test::run_command({"/usr/bin/python3", "-m", "jsonschema", "-i", (folder / name).string(),
                                             RADTYPE_SOURCE_DIR "/schemas/extract-output.schema.json"});
    EXPECT_EQ(valid.exit, 0) << name << ": " << valid.err << valid.out;
  }
  std::ofstream(folder / "wrong.json") << R"({"cases": [{"case": "x"}], "catalogue": "", "provenance": {}})";
  EXPECT_NE(test::run_command({"/usr/bin/python3", "-m", "jsonschema", "-i", (folder / "wrong.json").string(),
                               RADTYPE_SOURCE_DIR "/schemas/extract-output.schema.json"})
                .exit,
            0);
}

TEST(Extract, EveryCatalogueFeatureIsANumberOrMissingWithItsReason) {
  const auto& file = PhantomFiles::get();
  const Outcome done = radtype({"extract", "--mask", file("tumour.nii.gz")});
  ASSERT_EQ(done.exit, 0) << done.err;
  const json row = json::parse(done.out)["cases"][0];
  EXPECT_EQ(row["status"], "ok") << "a mask alone allows shape";
  EXPECT_EQ(row["features"].size(), feature::catalogue().size());
  for (const feature::Entry& entry : feature::catalogue()) {
    ASSERT_TRUE(row["features"].contains(entry.name));
    EXPECT_EQ(row["features"][entry.name].is_null(), row["missing"].contains(entry.name)) << entry.name;
    const bool shape = entry.name.starts_with("shape_");
    if (row["features"][entry.name].is_null() == shape) {
      EXPECT_TRUE(shape) << entry.name << " needs an image or was not asked for";
      EXPECT_THAT(row["missing"][entry.name].get<std::string>(), HasSubstr("unresolved")) << entry.name;
    }
  }
  EXPECT_THAT(row["missing"]["wu2021_core_vs_inner_correl_5mm"].get<std::string>(), HasSubstr("--image"));
}

TEST(Extract, MrAllowsShapeAndSaysWhyNotTheReferenceFamily) {
  const auto& file = PhantomFiles::get();
  const Outcome done = radtype({"extract", "--image", file("mr.nii.gz"), "--mask", file("tumour.nii.gz"), "--tissue",
                                file("lung.nii.gz"), "--modality", "MR"});
  ASSERT_EQ(done.exit, 0) << done.err;
  const json row = json::parse(done.out)["cases"][0];
  EXPECT_EQ(row["status"], "ok");
  EXPECT_THAT(row["families"]["reference_wu2021"]["reason"].get<std::string>(), HasSubstr("this is MR"));
}

TEST(Extract, SameBytesForAnyThreadCountAndAgain) {
  const Outcome one = radtype(std::vector<std::string>{"--threads", "1"} + ct_arguments());
  const Outcome two = radtype(std::vector<std::string>{"--threads", "2"} + ct_arguments());
  const Outcome again = radtype(std::vector<std::string>{"--threads", "16"} + ct_arguments());
  ASSERT_EQ(one.exit, 0);
  EXPECT_EQ(one.out, two.out);
  EXPECT_EQ(one.out, again.out);
}

TEST(Extract, NothingIsOverwrittenUntold) {
  const TempDir folder;
  const std::string out = (folder / "row.json").string();
  const std::string csv = (folder / "row.csv").string();
  const auto words = ct_arguments() + std::vector<std::string>{"--out", out, "--csv", csv};
  ASSERT_EQ(radtype(words).exit, 0);
  const std::string before = test::text_of_file(out);
  std::ofstream(csv) << "mine";
  const Outcome refused = radtype(words);
  EXPECT_EQ(refused.exit, 5);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(test::text_of_file(csv), "mine");
  EXPECT_EQ(radtype(words + std::vector<std::string>{"--force"}).exit, 0);
  EXPECT_EQ(json::parse(test::text_of_file(out))["cases"], json::parse(before)["cases"]);
  EXPECT_THAT(test::text_of_file(csv), testing::StartsWith("case,label,roi,status,reason,shape_volume_mm3,"));
}

TEST(Extract, CsvHoldsTheSameNumbers) {
  const TempDir folder;
  const std::string csv = (folder / "row.csv").string();
  const Outcome done = radtype(ct_arguments() + std::vector<std::string>{"--csv", csv});
  ASSERT_EQ(done.exit, 0);
  const json features = json::parse(done.out)["cases"][0]["features"];
  std::ifstream table(csv);
  std::string header;
  std::string line;
  std::getline(table, header);
  std::getline(table, line);
  const auto names = csv_cells(header);
  const auto cells = csv_cells(line);
  ASSERT_EQ(names.size(), cells.size());
  for (std::size_t i = 5; i + 1 < names.size(); ++i) {
    const json& number = features[names[i]];
    if (number.is_null()) {
      EXPECT_EQ(cells[i], "") << names[i];
    } else {
      EXPECT_EQ(*parse_double(cells[i]), number.get<double>()) << names[i];
    }
  }
}

TEST(Extract, ConfigurationFileFlagsAndProvenance) {
  const TempDir folder;
  const auto& file = PhantomFiles::get();
  std::ofstream(folder / "c.json") << json{
      {"image", file("ct.nii.gz")}, {"mask", file("tumour.nii.gz")}, {"modality", "CT"}, {"case", "from-file"}};
  const Outcome done = radtype({"extract", "--config", (folder / "c.json").string(), "--case", "from-flag"});
  ASSERT_EQ(done.exit, 0) << done.err;
  const json output = json::parse(done.out);
  EXPECT_EQ(output["cases"][0]["case"], "from-flag");
  // The resolved configuration is itself a configuration: running it again gives the same rows.
  std::ofstream(folder / "again.json") << output["provenance"]["config"];
  const Outcome again = radtype({"extract", "--config", (folder / "again.json").string()});
  EXPECT_EQ(json::parse(again.out)["cases"], output["cases"]);
  EXPECT_EQ(output["provenance"]["inputs"].size(), 2u);

  std::ofstream(folder / "typo.json") << json{{"maks", "x"}};
  const Outcome typo = radtype({"extract", "--config", (folder / "typo.json").string()});
  EXPECT_EQ(typo.exit, 2);
  EXPECT_THAT(typo.err, HasSubstr("maks"));
}

TEST(Extract, RegionsAreChosenByLabel) {
  const auto& file = PhantomFiles::get();
  const Outcome none = radtype({"extract", "--mask", file("tumour.nii.gz"), "--label", "7"});
  EXPECT_EQ(none.exit, 3);
  EXPECT_THAT(none.err, HasSubstr("no region '7'; there are: 1"));
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--label", "1"}).exit, 0);
}

TEST(Extract, WhatIsWrongIsSaidAndTheFailedCaseIsWritten) {
  const TempDir folder;
  const std::string out = (folder / "failed.json").string();
  const Outcome done =
      radtype({"--json-errors", "extract", "--mask", (folder / "no such mask.nii").string(), "--out", out});
  EXPECT_EQ(done.exit, 3);
  const auto begin = done.err.find("{\"error\"");
  ASSERT_NE(begin, std::string::npos) << done.err;
  const json error = json::parse(done.err.substr(begin));
  EXPECT_EQ(error["error"]["code"], "not_found");
  EXPECT_EQ(error["error"]["exit"], 3);
  const json row = json::parse(test::text_of_file(out))["cases"][0];
  EXPECT_EQ(row["status"], "failed");
  EXPECT_THAT(row["reason"].get<std::string>(), HasSubstr("no such mask.nii"));
  EXPECT_EQ(row["missing"].size(), feature::catalogue().size());
}

TEST(Extract, UsageErrors) {
  const auto& file = PhantomFiles::get();
  EXPECT_EQ(radtype({"extract"}).exit, 2);
  EXPECT_EQ(radtype({}).exit, 2);
  EXPECT_EQ(radtype({"extrakt"}).exit, 2);
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--oops"}).exit, 2);
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--roi", "a", "--label", "1"}).exit, 2);
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--modality", "XX"}).exit, 2);
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--tissue", file("lung.nii.gz")}).exit, 2);
  EXPECT_EQ(radtype({"--help"}).exit, 0);
  EXPECT_THAT(radtype({"--version"}).out, testing::StartsWith("radtype "));
}

TEST(Extract, PathsWithSpacesAndJapaneseLetters) {
  const TempDir folder;
  const auto deep = folder / "患者 1/肺 がん";
  std::filesystem::create_directories(deep);
  const auto& file = PhantomFiles::get();
  std::filesystem::copy(file("tumour.nii.gz"), deep / "腫瘍 mask.nii.gz");
  const Outcome done = radtype({"extract", "--mask", (deep / "腫瘍 mask.nii.gz").string(), "--out",
                                (deep / "結果.json").string(), "--figure", (deep / "図.svg").string()});
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_EQ(json::parse(test::text_of_file(deep / "結果.json"))["cases"][0]["case"], "腫瘍 mask");
  EXPECT_THAT(test::text_of_file(deep / "図.svg"), HasSubstr("<svg"));
}

TEST(Info, DescribesAnImage) {
  const Outcome done = radtype({"info", PhantomFiles::get()("ct.nii.gz")});
  ASSERT_EQ(done.exit, 0) << done.err;
  const json info = json::parse(done.out);
  EXPECT_EQ(info["format"], "NIfTI-1");
  EXPECT_EQ(info["grid"]["size"], (json{224, 176, 72}));
  EXPECT_EQ(info["stored_type"], "int16");
  EXPECT_EQ(radtype({"info", RADTYPE_SOURCE_DIR "/README.md"}).exit, 3);
}

TEST(Features, CatalogueInThreeForms) {
  EXPECT_EQ(json::parse(radtype({"features", "--format", "json"}).out)["features"].size(), feature::catalogue().size());
  EXPECT_THAT(radtype({"features"}).out, HasSubstr("shape_volume_mm3"));
  EXPECT_THAT(radtype({"features", "--format", "markdown"}).out, HasSubstr("| `shape_volume_mm3` | mm3 |"));
}

TEST(Reference, GeneratedPagesAreUpToDate) {
  const Outcome done = radtype({"reference", "--source-dir", RADTYPE_SOURCE_DIR, "--check"});
  EXPECT_EQ(done.exit, 0) << done.err;
}

}  // namespace
}  // namespace radtype
