// radtype discover, classify, validate as a user runs them.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/core/seed.h"
#include "radtype/io/image_source.h"
#include "support/studies.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::TempDir;
using test::Words;
using testing::HasSubstr;

constexpr int kFeatures = 8;

/// Three kinds, as `radtype cohort export` would write them, with features of a name of their own.
std::string table(int cases, std::uint64_t seed, const std::string& cohort, double apart = 6) {
  Random random(seed);
  std::string text = "case,patient,cohort,organ,modality,status,shape_volume_mm3";
  for (int f = 0; f < kFeatures; ++f) text += ",f" + std::to_string(f);
  text += "\n";
  for (int n = 0; n < cases; ++n) {
    const int kind = n % 3;
    const std::string name = cohort + std::to_string(n);
    text += name + ",p" + name + "," + cohort + ",lung,CT,ok," + std::to_string(std::exp(8 + random.normal()));
    for (int f = 0; f < kFeatures; ++f)
      text += "," + std::to_string(random.normal() + (f % 3 == kind ? apart * (1 + 0.2 * f) / 2 : 0));
    text += "\n";
  }
  return text;
}

class Subtypes : public testing::Test {
 protected:
  void SetUp() override {
    test::write_bytes(folder / "train.csv", table(150, 1, "a"));
    test::write_bytes(folder / "new.csv", table(60, 2, "b"));
    std::string names = "# made up\n";
    for (int f = 0; f < kFeatures; ++f) names += "f" + std::to_string(f) + "\n";
    test::write_bytes(folder / "set.txt", names);
  }
  Outcome discover(const std::string& out, Words more = {}, const std::string& smallest = "3") {
    Words words = {"discover",
                   (folder / "train.csv").string(),
                   "--out",
                   (folder / out).string(),
                   "--set",
                   (folder / "set.txt").string(),
                   "--smallest",
                   smallest,
                   "--largest",
                   "4",
                   "--repetitions",
                   "50",
                   "--references",
                   "19",
                   "--level",
                   "0.05",
                   "--reference-repetitions",
                   "20"};
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  }
  TempDir folder;
};

TEST_F(Subtypes, FromATableToTheNextPatient) {
  const Outcome found = discover("model");
  ASSERT_EQ(found.exit, 0) << found.err;
  EXPECT_THAT(found.err, HasSubstr("subtypes: 3 ("));
  for (const char* name : {"consensus", "choice", "tracking", "silhouettes", "features", "embedding"})
    EXPECT_GT(fs::file_size(folder / "model" / (std::string(name) + ".png")), 3000u) << name;
  const auto report = nlohmann::json::parse(test::text_of_file(folder / "model" / "discovery.json"));
  EXPECT_EQ(report["k"], 3);
  EXPECT_EQ(report["cases"], 150);
  EXPECT_EQ(report["numbers"].size(), 2u);

  const auto assigned = *read_csv(folder / "model" / "assignments.csv");
  ASSERT_EQ(assigned.size(), 150u);
  std::map<std::string, std::string> subtype;
  for (const CsvRow& row : assigned) subtype[row.at("case")] = row.at("subtype");
  int same = 0;
  for (int n = 3; n < 150; ++n) same += subtype["a" + std::to_string(n)] == subtype["a" + std::to_string(n - 3)];
  EXPECT_GT(same, 140) << "every third case is of one kind";

  // Nothing is overwritten, and the same run gives the same bytes.
  EXPECT_NE(discover("model").exit, 0);
  ASSERT_EQ(discover("again", {"--threads", "2"}).exit, 0);
  for (const char* name : {"model.json", "assignments.csv", "consensus.png"})
    EXPECT_EQ(test::text_of_file(folder / "model" / name), test::text_of_file(folder / "again" / name)) << name;

  const Outcome all = test::radtype({"classify", (folder / "model").string(), (folder / "new.csv").string()});
  ASSERT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("cohort_not_in_training"));
  // One patient alone: the same line.
  const std::string text = table(60, 2, "b");
  const std::size_t first = text.find('\n') + 1;
  const std::size_t second = text.find('\n', first) + 1;
  test::write_bytes(folder / "one.csv", text.substr(0, second));
  const Outcome one = test::radtype({"classify", (folder / "model" / "model.json").string(),
                                     (folder / "one.csv").string(), "--json", (folder / "one.json").string()});
  ASSERT_EQ(one.exit, 0) << one.err;
  EXPECT_EQ(one.out, all.out.substr(0, one.out.size()));
  const auto why = nlohmann::json::parse(test::text_of_file(folder / "one.json"))["cases"][0]["why"];
  EXPECT_EQ(why.size(), 5u);
  EXPECT_THAT(why[0]["feature"].get<std::string>(), testing::StartsWith("f"));

  const Outcome valid = test::radtype({"validate", (folder / "model").string(), (folder / "new.csv").string(), "--out",
                                       (folder / "v.json").string(), "--repetitions", "30"});
  ASSERT_EQ(valid.exit, 0) << valid.err;
  const auto part = nlohmann::json::parse(test::text_of_file(folder / "v.json"))["parts"]["b"];
  EXPECT_EQ(part["cases"], 60);
  for (const auto& one_of : part["subtypes"]) EXPECT_GT(one_of["in_group_proportion"].get<double>(), 0.9);
  EXPECT_GT(part["clustered_anew"]["kappa"].get<double>(), 0.9);
}

TEST(ClassifyScan, AnImageAndItsOutlineGiveWhatTheStudyGives) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 16);
  const std::string study = (folder / "S").string(), model = (folder / "model").string();
  ASSERT_EQ(test::run(manifest, folder / "S").exit, 0);
  const Outcome found = test::radtype({"discover", study, "--out", model, "--k", "2", "--largest", "3", "--references",
                                       "0", "--repetitions", "20", "--figures", "none"});
  ASSERT_EQ(found.exit, 0) << found.err;
  const Outcome all = test::radtype({"classify", model, study});
  ASSERT_EQ(all.exit, 0) << all.err;
  const Words scan = {"classify",   model,
                      "--image",    (folder / "c0003/image.nii.gz").string(),
                      "--mask",     (folder / "c0003/mask.nii.gz").string(),
                      "--modality", "CT",
                      "--cohort",   "south",
                      "--case",     "c0003"};
  const auto with = [&](const Words& more) {
    Words words = scan;
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  };
  const Outcome one = with({"--organ", "other", "--json", (folder / "one.json").string()});
  ASSERT_EQ(one.exit, 0) << one.err;
  auto row = test::rows_of(one.out).at(0);
  auto same = test::rows_of(all.out).at(3);
  same["patient"].clear();
  EXPECT_EQ(row, same);
  const auto inputs = nlohmann::json::parse(test::text_of_file(folder / "one.json"))["provenance"]["inputs"];
  EXPECT_EQ(inputs.size(), 2u);

  // A region of several that cannot be measured has a line that says why, and keeps its number.
  const auto source = io::open_image(folder / "c0003/mask.nii.gz");
  ASSERT_TRUE(source);
  const Box all_of_it{{0, 0, 0}, (*source)->info().grid.size()};
  const auto outline = io::read_region(**source, all_of_it);
  ASSERT_TRUE(outline);
  Mask two(outline->grid);
  for (std::size_t n = 0; n < two.voxels.size(); ++n) two.voxels[n] = outline->voxels[n] > 0 ? 3 : 0;
  two.at(0, 0, 0) = 2;
  ASSERT_TRUE(io::write_mask(two, folder / "two.nii.gz", {true}));
  Words several = scan;
  several[5] = (folder / "two.nii.gz").string();
  several.insert(several.end(), {"--organ", "other"});
  const Outcome some = test::radtype(several);
  EXPECT_EQ(some.exit, 4) << some.err;
  const auto lines = test::rows_of(some.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("case"), "c0003/1");
  EXPECT_EQ(lines[0].at("state"), "refused");
  EXPECT_EQ(lines[1].at("case"), "c0003/2");
  EXPECT_EQ(lines[1].at("subtype"), row.at("subtype"));
  EXPECT_EQ(lines[1].at("posterior"), row.at("posterior"));

  const Outcome unseen = with({"--organ", "brain"});
  EXPECT_EQ(unseen.exit, 4);
  EXPECT_THAT(unseen.out, HasSubstr("refused"));
  EXPECT_THAT(with({study}).err, HasSubstr("not both"));
  EXPECT_THAT(with({"--timepoint", "t0"}).err, HasSubstr("a scan has none"));
  EXPECT_THAT(test::radtype({"classify", model, study, "--organ", "other"}).err, HasSubstr("with --mask only"));
  EXPECT_THAT(test::radtype({"classify", model, "--image", (folder / "c0003/image.nii.gz").string()}).err,
              HasSubstr("--mask is missing"));
  Words other = scan;
  other[7] = "XR";
  EXPECT_THAT(test::radtype(other).err, HasSubstr("no modality of an image"));
  Words nothing = scan;
  nothing[5] = (folder / "absent.nii.gz").string();
  EXPECT_EQ(test::radtype(nothing).exit, 3);
}

TEST_F(Subtypes, NoSubtypesNoModel) {
  test::write_bytes(folder / "train.csv", table(150, 5, "a", 0));
  const Outcome none = discover("none", {"--figures", "none"}, "2");
  ASSERT_EQ(none.exit, 0) << none.err;
  EXPECT_THAT(none.err, HasSubstr("subtypes: 1 (no number of clusters"));
  EXPECT_FALSE(fs::exists(folder / "none" / "model.json"));
  EXPECT_FALSE(fs::exists(folder / "none" / "choice.png"));
  // A model that was there before does not stand beside the finding that there is none.
  test::write_bytes(folder / "train.csv", table(150, 1, "a"));
  ASSERT_EQ(discover("none", {"--force"}).exit, 0);
  ASSERT_TRUE(fs::exists(folder / "none" / "model.json"));
  test::write_bytes(folder / "train.csv", table(150, 5, "a", 0));
  ASSERT_EQ(discover("none", {"--force", "--figures", "svg"}, "2").exit, 0);
  EXPECT_FALSE(fs::exists(folder / "none" / "model.json"));
  EXPECT_FALSE(fs::exists(folder / "none" / "choice.png"));
  EXPECT_TRUE(fs::exists(folder / "none" / "choice.svg"));
}

TEST_F(Subtypes, SaysWhatIsWrong) {
  EXPECT_THAT(discover("x", {"--k", "7"}).err, HasSubstr("--k 7 is neither auto nor from 3 to 4"));
  std::string sizeless = table(150, 1, "a");
  sizeless.replace(sizeless.find("shape_volume_mm3"), 16, "volume");
  test::write_bytes(folder / "train.csv", sizeless);
  EXPECT_THAT(discover("x").err, HasSubstr("leave size in by --keep-size"));
  EXPECT_EQ(discover("sized", {"--keep-size", "--figures", "none"}).exit, 0);
  test::write_bytes(folder / "train.csv", table(150, 1, "a"));
  EXPECT_THAT(discover("x", {"--cohort", "elsewhere"}).err, HasSubstr("no case with features"));
  EXPECT_THAT(test::radtype({"discover", (folder / "train.csv").string(), "--out", (folder / "x").string()}).err,
              HasSubstr("none of the"));
  EXPECT_THAT(test::radtype({"discover", (folder / "nowhere.csv").string(), "--out", (folder / "x").string()}).err,
              HasSubstr("nowhere.csv"));
  test::write_bytes(folder / "train.csv", table(150, 1, "a") + "odd,p,a,lung,CT,ok,1,none\n");
  EXPECT_THAT(discover("x").err, HasSubstr("line 152 has 8 cells, the header 15: a comma within a cell"));
  test::write_bytes(folder / "train.csv", table(150, 1, "a") + "odd,p,a,lung,CT,ok,1,none,1,1,1,1,1,1,1\n");
  EXPECT_THAT(discover("x").err, HasSubstr("line 152: f0 is \"none\""));
  EXPECT_THAT(discover("x", {}, "5").err, HasSubstr("--smallest 5 is more than --largest 4"));
  test::write_bytes(folder / "set.txt", "f0\nf1\nf0\n");
  EXPECT_THAT(discover("x").err, HasSubstr("lists f0 twice"));
  EXPECT_THAT(test::radtype({"classify", (folder / "set.txt").string(), (folder / "new.csv").string()}).err,
              HasSubstr("set.txt"));
  test::write_bytes(folder / "model.json", "{\"format\": \"radtype subtypes\", \"version\": 1}");
  EXPECT_THAT(test::radtype({"classify", folder.path().string(), (folder / "new.csv").string()}).err,
              HasSubstr("has no key"));
}

TEST_F(Subtypes, RefusedCasesAreTold) {
  ASSERT_EQ(discover("model", {"--figures", "none"}).exit, 0);
  std::string text = table(6, 3, "b");
  text.replace(text.find(",lung,"), 6, ",liver,");
  test::write_bytes(folder / "new.csv", text);
  const Outcome some = test::radtype({"classify", (folder / "model").string(), (folder / "new.csv").string()});
  EXPECT_EQ(some.exit, 4) << some.err;
  EXPECT_THAT(some.out, HasSubstr("group_not_in_training: "));
  EXPECT_THAT(some.err, HasSubstr("6 cases, 1 refused"));
}

}  // namespace
}  // namespace radtype
