// Tissue found by extract, and maps made by dce, as a user runs them.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/io/volume_files.h"
#include "support/bodies.h"
#include "support/phantom_files.h"

namespace radtype {
namespace {

using nlohmann::json;
using test::Outcome;
using test::PhantomFiles;
using test::radtype;
using test::TempDir;
using testing::HasSubstr;

Outcome extract_with(const std::vector<std::string>& more) {
  const auto& file = PhantomFiles::get();
  std::vector<std::string> words = {
      "extract", "--image", file("ct.nii.gz"), "--mask", file("tumour.nii.gz"), "--families", "shape,reference_wu2021"};
  words.insert(words.end(), more.begin(), more.end());
  return radtype(words);
}

TEST(ExtractTissue, FindsWhatFitsModalityAndOrgan) {
  const Outcome found = extract_with({"--tissue", "auto", "--modality", "CT", "--organ", "lung"});
  ASSERT_EQ(found.exit, 0) << found.err;
  const json output = json::parse(found.out);
  const json row = output["cases"][0];
  EXPECT_EQ(row["quality"]["tissue"]["source"], "found: lung");
  EXPECT_EQ(row["families"]["reference_wu2021"]["outcome"], "computed");
  EXPECT_EQ(output["provenance"]["config"]["tissue"], "auto");
  EXPECT_EQ(output["provenance"]["inputs"].size(), 2u) << "no file, no hash";

  const Outcome given =
      extract_with({"--tissue", PhantomFiles::get()("lung.nii.gz"), "--modality", "CT", "--organ", "lung"});
  const json drawn = json::parse(given.out)["cases"][0];
  EXPECT_EQ(drawn["quality"]["tissue"]["source"], "file");
  const double drawn_ml = drawn["quality"]["tissue"]["volume_ml"];
  EXPECT_NEAR(row["quality"]["tissue"]["volume_ml"].get<double>() / drawn_ml, 1, 0.1);
}

TEST(ExtractTissue, WordsAndFilesNamedLikeThem) {
  for (const auto& [word, source] : {std::pair{"body", "found: body"}, std::pair{"none", "found: body"},
                                     std::pair{"lung", "found: lung"}, std::pair{"auto", "found: body"}}) {
    const Outcome done = extract_with({"--tissue", word, "--modality", "CT"});
    ASSERT_EQ(done.exit, 0) << done.err;
    EXPECT_EQ(json::parse(done.out)["cases"][0]["quality"]["tissue"]["source"], source) << word;
  }
  const Outcome file = extract_with({"--tissue", "./lung", "--modality", "CT"});
  EXPECT_EQ(file.exit, 3);
  EXPECT_THAT(file.err, HasSubstr("tissue mask ./lung"));
  EXPECT_FALSE(json::parse(extract_with({"--modality", "CT"}).out)["cases"][0]["quality"].contains("tissue"));
}

TEST(ExtractTissue, AnUnknownModalityIsSaidWithTheWayOn) {
  const Outcome done = extract_with({"--tissue", "auto"});
  EXPECT_EQ(done.exit, 2);
  EXPECT_THAT(done.err, HasSubstr("--modality"));
  const auto& file = PhantomFiles::get();
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--tissue", "lung"}).exit, 2);
  EXPECT_EQ(radtype({"extract", "--mask", file("tumour.nii.gz"), "--tissue", "auto"}).exit, 0);
}

class Dce : public testing::Test {
 protected:
  std::string phase(const std::string& name, float value) {
    Image image(test::grid_of({6, 5, 4}), value);
    image.at(0, 0, 0) = 0;
    image.at(1, 0, 0) = 50;
    const auto path = folder_ / name;
    EXPECT_TRUE(io::write_image(image, path));
    return path.string();
  }
  double at(const std::string& name, std::int64_t i, std::int64_t j, std::int64_t k) {
    const auto source = io::open_image(folder_ / name).value();
    return io::read_region(*source, source->info().grid.box()).value().at(i, j, k);
  }
  std::string path(const std::string& name) { return (folder_ / name).string(); }

  TempDir folder_;
};

TEST_F(Dce, WritesBothMapsAndCountsWhatIsUndefined) {
  Mask mask(test::grid_of({6, 5, 4}), 1);
  mask.at(5, 4, 3) = 0;
  ASSERT_TRUE(io::write_mask(mask, folder_ / "mask.nii.gz"));
  const std::vector<std::string> words = {"dce",
                                          "--pre",
                                          phase("pre.nii.gz", 100),
                                          "--early",
                                          phase("early.nii.gz", 250),
                                          "--late",
                                          phase("late.nii.gz", 200),
                                          "--mask",
                                          path("mask.nii.gz"),
                                          "--pe",
                                          path("pe.nii.gz"),
                                          "--ser",
                                          path("ser.nii.gz")};
  const Outcome done = radtype(words);
  ASSERT_EQ(done.exit, 0) << done.err;
  const json output = json::parse(done.out);
  EXPECT_EQ(output["voxels"]["computed"], 118);
  EXPECT_EQ(output["voxels"]["outside_mask"], 1);
  EXPECT_EQ(output["voxels"]["no_pre_signal"], 1);
  EXPECT_EQ(output["voxels"]["ratio_undefined"], 1);
  EXPECT_EQ(output["provenance"]["inputs"].size(), 4u);
  EXPECT_EQ(at("pe.nii.gz", 2, 2, 2), 150);
  EXPECT_EQ(at("ser.nii.gz", 2, 2, 2), 1.5);
  EXPECT_EQ(at("pe.nii.gz", 5, 4, 3), 0);
  const Outcome again = radtype(words);
  EXPECT_EQ(again.exit, 5);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  auto forced = words;
  forced.insert(forced.end(), {"--force", "--least-pre", "60"});
  EXPECT_EQ(json::parse(radtype(forced).out)["voxels"]["below_least_pre"], 1);
}

TEST_F(Dce, UsageAndInputErrors) {
  const std::string image = phase("image.nii.gz", 100);
  EXPECT_EQ(radtype({"dce"}).exit, 2);
  EXPECT_EQ(radtype({"dce", "--pre", image, "--early", image, "--late", image}).exit, 2);
  EXPECT_EQ(
      radtype({"dce", "--pre", image, "--early", image, "--late", image, "--pe", path("a.nii"), "--ser", path("a.nii")})
          .exit,
      2);
  EXPECT_EQ(radtype({"dce", "--pre", image, "--early", image, "--late", path("none.nii"), "--pe", path("a.nii")}).exit,
            3);
  ASSERT_TRUE(io::write_image(Image(test::grid_of({6, 5, 3}), 1), folder_ / "other.nii"));
  const Outcome other =
      radtype({"dce", "--pre", image, "--early", image, "--late", path("other.nii"), "--pe", path("a.nii")});
  EXPECT_EQ(other.exit, 3);
  EXPECT_THAT(other.err, HasSubstr("resample"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.nii"));
}

}  // namespace
}  // namespace radtype
