#include "radtype/cohort/manifest.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/shared_data.h"

namespace radtype::cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ManifestFile : public testing::Test {
 protected:
  ManifestFile() {
    for (const char* name : {"a.nii.gz", "b.nii.gz", "t.nii.gz"}) std::ofstream(folder / name) << "x";
  }
  Result<Manifest> read(const std::string& text) {
    std::ofstream(folder / "m.csv", std::ios::binary) << text;
    return read_manifest(folder / "m.csv");
  }
  static nlohmann::json settings() {
    return {{"families", nlohmann::json::array()},
            {"tissue", "none"},
            {"label_encoding", "value"},
            {"raw_pet", false},
            {"partial_roi", false},
            {"max_lost_share", 0.02},
            {"fraction", 0.5}};
  }
  test::TempDir folder;
};

TEST_F(ManifestFile, KnownColumnsInAnyOrderAndTheRestCarriedAlong) {
  const auto manifest = read(
      "age;mask;case;patient;image;organ;modality;tissue;note\n"
      "61;a.nii.gz;A1;P1;b.nii.gz;lung;PET;t.nii.gz;\"one; two\"\n"
      ";b.nii.gz;A2;;;;;;\n");
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  EXPECT_THAT(manifest->problems(), testing::IsEmpty());
  EXPECT_THAT(manifest->clinical_columns, ElementsAre("age", "note"));
  ASSERT_EQ(manifest->rows.size(), 2u);
  const CaseKey& first = manifest->rows[0].key;
  EXPECT_EQ(first.name, "A1");
  EXPECT_EQ(first.patient, "P1");
  EXPECT_THAT(first.clinical, ElementsAre("61", "one; two"));
  EXPECT_EQ(manifest->rows[1].key.patient, "A2") << "a patient of its own";
  const auto request = make_request(first, manifest->folder, settings());
  ASSERT_TRUE(request);
  EXPECT_EQ(request->mask, folder / "a.nii.gz");
  EXPECT_EQ(*request->image, folder / "b.nii.gz");
  EXPECT_EQ(*request->tissue, folder / "t.nii.gz");
  EXPECT_EQ(*request->modality, io::Modality::kPet);
}

TEST_F(ManifestFile, EveryProblemWithItsLine) {
  const auto manifest = read(
      "case,mask,image,organ,modality,label,tissue\n"
      "A,a.nii.gz,,,,,\n"
      "B,none.nii.gz,gone.nii.gz,liver,XA,0,lost.nii.gz\n"
      "D,,,,,,\n"
      "E,a.nii.gz,,,,,lung\n"
      "F,a.nii.gz\n"
      "G,a.nii.gz,,,,seven,\n");
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  EXPECT_THAT(
      manifest->problems(),
      ElementsAre(
          AllOf(HasSubstr("line 3: case B: mask: there is no file"), HasSubstr("none.nii.gz")),
          HasSubstr("line 3: case B: image: there is no file"), HasSubstr("line 3: case B: tissue: there is no file"),
          HasSubstr("line 3: case B: organ: \"liver\" is none of lung, breast, brain, other"),
          HasSubstr("line 3: case B: modality: \"XA\" is none of"),
          HasSubstr("line 3: case B: label: \"0\" is no whole number"), HasSubstr("line 4: case D: mask: is empty"),
          HasSubstr("line 5: case E: tissue: is of use with an image"),
          HasSubstr("line 6: case F: has 2 cells, the header 7"), HasSubstr("line 7: case G: label: \"seven\"")));
}

TEST_F(ManifestFile, RefusesWhatIsNoManifestListingAllOfIt) {
  const auto message = [&](const std::string& text) {
    const auto manifest = read(text);
    return manifest ? std::string("read") : manifest.error().to_string();
  };
  EXPECT_THAT(message("patient,image\nA,b\n"),
              AllOf(HasSubstr("no column \"case\""), HasSubstr("no column \"mask\""), HasSubstr("tissue_roi")));
  EXPECT_THAT(message("case,mask,age,age,,status,shape_volume_mm3\n"),
              AllOf(HasSubstr("column \"age\" is there twice"), HasSubstr("column 5 has no name"),
                    HasSubstr("column \"status\": the exported table"),
                    HasSubstr("\"shape_volume_mm3\" is the name of a feature")));
  EXPECT_THAT(message("case,mask\nA,a.nii.gz\nB,a.nii.gz\nA,b.nii.gz\nB,b.nii.gz\n"),
              AllOf(HasSubstr("line 4: case A is there already, in line 2"), HasSubstr("line 5: case B")));
  EXPECT_THAT(message("case,mask\nM\xFCller,a.nii.gz\n"), HasSubstr("line 2: is not UTF-8"));
  EXPECT_THAT(message("case,mask\n,a.nii.gz\n"), HasSubstr("line 2: case is empty"));
  EXPECT_THAT(message("case,mask,M\xFCller\n"), HasSubstr("column 3 is not UTF-8"));
  EXPECT_THAT(message("case,mask\n"), HasSubstr("names no case"));
  EXPECT_THAT(message("case,mask\nA,\"a.nii.gz\n"), HasSubstr("line 2: a quoted cell begins here"));
  EXPECT_THAT(message(""), HasSubstr("is empty"));
  EXPECT_THAT(read_manifest(folder / "none.csv").error().to_string(), HasSubstr("cannot be read"));
  EXPECT_THAT(read_manifest(folder.path()).error().to_string(), HasSubstr("cannot be read"));
}

TEST_F(ManifestFile, SettingsIdFollowsWhatChangesNumbers) {
  CaseKey key;
  key.name = "A";
  key.mask = "a.nii.gz";
  const std::string before = settings_id(key, settings());
  CaseKey same = key;
  same.name = "B";
  same.patient = "somebody";
  same.mask = "elsewhere.nii.gz";
  same.clinical = {"61"};
  EXPECT_EQ(settings_id(same, settings()), before) << "files are known by content, and these change no number";
  std::set<std::string> ids{before};
  for (const auto& field : {&CaseKey::organ, &CaseKey::modality, &CaseKey::roi, &CaseKey::label, &CaseKey::tissue,
                            &CaseKey::tissue_roi, &CaseKey::series}) {
    CaseKey other = key;
    other.*field = "lung";
    EXPECT_TRUE(ids.insert(settings_id(other, settings())).second);
  }
  const nlohmann::json usual = settings();
  for (const auto& [name, value] : usual.items()) {
    nlohmann::json other = usual;
    other[name] = "changed";
    EXPECT_TRUE(ids.insert(settings_id(key, other)).second) << name;
  }
}

}  // namespace
}  // namespace radtype::cohort
