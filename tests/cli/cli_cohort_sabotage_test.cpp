// What cannot be measured fails with its reason, and costs the other cases nothing.

#include <array>
#include <cstring>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/cohort/run.h"
#include "support/dicom_writer.h"
#include "support/studies.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using test::exported;
using test::Outcome;
using test::rows_of;
using test::run;
using test::TempDir;
using test::write_bytes;
using testing::HasSubstr;

// Cases that cannot be measured, one of each kind that the readers' tests know, and a part of the reason of each.
class Sabotage {
 public:
  explicit Sabotage(const fs::path& folder) : folder_(folder) {
    test::write_small_case(folder / "good", 77);
    image_ = test::text_of_file(folder / "good/image.nii.gz");
    const Grid grid =
        *make_grid({24, 22, 20}, Eigen::Vector3d(1, 1, 1.5), Eigen::Matrix3d::Identity(), Eigen::Vector3d(770, -5, 7));
    volumes();
    dicom();
    masks(grid);
  }
  struct Case {
    std::string name, line, reason;
  };
  const std::vector<Case>& cases() const { return cases_; }

 private:
  void add(const std::string& name, const std::string& reason, const std::string& image, const std::string& mask,
           const std::string& more = ",") {
    cases_.push_back({name, fmt::format("{},{},{},{}\n", name, image, mask, more), reason});
  }
  void bad_image(const std::string& name, const std::string& reason, const std::string& bytes,
                 const char* extension = ".nii.gz") {
    write_bytes(folder_ / (name + extension), bytes);
    add(name, reason, name + extension, "good/mask.nii.gz");
  }
  static std::string header(std::array<std::int16_t, 5> dim, std::int16_t type, float spacing, float offset = 352) {
    std::string bytes(352, '\0');
    const auto put = [&](std::size_t at, auto value) { std::memcpy(&bytes[at], &value, sizeof value); };
    put(0, std::int32_t{348});
    for (std::size_t n = 0; n < 5; ++n) put(40 + 2 * n, dim[n]);
    put(70, type);
    put(72, static_cast<std::int16_t>(type == 2 ? 8 : 16));
    for (const std::size_t at : {76u, 80u, 84u, 88u}) put(at, spacing);
    put(108, offset);
    put(123, char{2});
    std::memcpy(&bytes[344], "n+1", 4);
    return bytes;
  }

  void volumes() {
    bad_image("nifti-truncated", "ends too early", image_.substr(0, image_.size() / 2));
    std::string damaged = image_;
    damaged[damaged.size() - 6] ^= 0x55;
    bad_image("gzip-checksum", "incorrect data check", damaged);
    bad_image("empty-file", "the file is empty", "");
    bad_image("a-letter", "no known format", "This is no image at all, it is a letter.");
    bad_image("nifti-4d", "the image is 4-D: it has 5 volumes", header({4, 3, 3, 3, 5}, 4, 1) + std::string(270, 'x'),
              ".nii");
    bad_image("nifti-complex", "voxels of type complex64 are not read",
              header({3, 3, 3, 3, 1}, 32, 1) + std::string(300, 'x'), ".nii");
    bad_image("nifti-spacing", "pixdim holds a negative spacing", header({3, 3, 3, 3, 1}, 4, -1) + std::string(54, 'x'),
              ".nii");
    bad_image("nifti-giant", "dim says 32000 x 32000 x 32000 voxels", header({3, 32000, 32000, 32000, 1}, 4, 1),
              ".nii");
    bad_image("nrrd-type", "'banana' is not a NRRD type",
              "NRRD0004\ntype: banana\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n12345678", ".nrrd");
    bad_image(
        "nrrd-short", "the header promises 1458 bytes of voxels, and there are 8",
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 9 9 9\nspacings: 1 1 1\nendian: little\nencoding: raw\n\n12345678",
        ".nrrd");
    bad_image("meta-no-data", "none.raw",
              "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementSpacing = 1 1 1\nElementType = "
              "MET_SHORT\nElementDataFile = none.raw\n",
              ".mhd");
    bad_image("meta-type", "MET_STRANGE",
              "ObjectType = Image\nNDims = 3\nDimSize = 4 4 4\nElementSpacing = 1 1 1\nElementType = "
              "MET_STRANGE\nElementDataFile = LOCAL\n1234",
              ".mha");
  }

  void dicom() {
    const auto series_of = [&](const std::string& name, const std::string& reason,
                               std::vector<test::dicom::Slice> slices) {
      fs::create_directory(folder_ / name);
      test::dicom::write_series(folder_ / name, slices);
      add(name, reason, name, "good/mask.nii.gz");
    };
    const auto slices = [](int count) { return test::dicom::series({}, count, 2); };
    fs::create_directory(folder_ / "dicom-none");
    add("dicom-none", "there is no DICOM image in dicom-none", "dicom-none", "good/mask.nii.gz");
    auto missing = slices(7);
    missing.erase(missing.begin() + 3);
    series_of("dicom-missing-slice", "1 slices are missing", missing);
    auto twice = slices(4);
    twice.push_back(twice[2]);
    twice.back().instance_uid = "1.2.3.4.99";
    series_of("dicom-twice", "lie where another slice lies", twice);
    auto two = slices(3);
    auto other = slices(3);
    for (auto& slice : other) {
      slice.series_uid = "1.2.3.9";
      slice.instance_uid += ".9";
      two.push_back(slice);
    }
    series_of("dicom-two-series", "holds 2 series", two);
    auto mixed = slices(3);
    mixed[1].columns = 5;
    series_of("dicom-mixed", "3 rows of 5 columns at 16 bits need 30", mixed);
    auto tilted = slices(4);
    for (std::size_t k = 0; k < tilted.size(); ++k) tilted[k].position_lps_mm[1] += static_cast<double>(k);
    series_of("dicom-tilt", "the slices are sheared", tilted);
    fs::create_directory(folder_ / "dicom-truncated");
    const auto whole = test::dicom::bytes_of(test::dicom::Slice{});
    write_bytes(folder_ / "dicom-truncated/a.dcm",
                std::string(reinterpret_cast<const char*>(whole.data()), whole.size() - 10));
    add("dicom-truncated", "the pixel data is truncated: 14 of 24 bytes", "dicom-truncated", "good/mask.nii.gz");
    fs::create_directory(folder_ / "dicom-mr");
    test::dicom::Slice mr;
    mr.modality = "MR";
    test::dicom::write_series(folder_ / "dicom-mr", test::dicom::series(mr, 3, 2));
    add("modality-lie", "says it is MR", "dicom-mr", "good/mask.nii.gz");
    test::dicom::RtStruct outlines;
    outlines.rois = {{1, "GTV-1", {{{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}}}}}};
    const auto structures = test::dicom::bytes_of(outlines);
    write_bytes(folder_ / "rt.dcm", std::string(reinterpret_cast<const char*>(structures.data()), structures.size()));
    add("rtstruct-elsewhere", "1 of 1 contours lie where the image has no slice", "good/image.nii.gz", "rt.dcm",
        "GTV-1,");
    add("rtstruct-no-roi", "no region \"GTV-9\"", "good/image.nii.gz", "rt.dcm", "GTV-9,");
  }

  void masks(const Grid& grid) {
    (void)io::write_mask(Mask(grid), folder_ / "nothing.nii.gz", {true});
    add("mask-empty", "no voxel of it is outlined", "good/image.nii.gz", "nothing.nii.gz");
    const Mask far(
        *make_grid({4, 4, 4}, Eigen::Vector3d::Ones(), Eigen::Matrix3d::Identity(), Eigen::Vector3d(9000, 0, 0)), 1);
    (void)io::write_mask(far, folder_ / "far.nii.gz", {true});
    add("mask-elsewhere", "mask and image do not overlap", "good/image.nii.gz", "far.nii.gz");
    Image fractions(grid, 0.0F);
    fractions.at(5, 5, 5) = 0.5F;
    (void)io::write_image(fractions, folder_ / "fractions.nii.gz", {true});
    add("mask-fractions", "a label must be a whole number", "good/image.nii.gz", "fractions.nii.gz");
    add("label-not-there", "no region '9'", "good/image.nii.gz", "good/mask.nii.gz", ",9");
    add("image-gone", "there is no file", "gone.nii.gz", "good/mask.nii.gz");
    write_bytes(folder_ / "garbage.nii.gz", std::string(500, '\0'));
    add("mask-garbage", "no known format", "good/image.nii.gz", "garbage.nii.gz");
  }

  fs::path folder_;
  std::string image_;
  std::vector<Case> cases_;
};

TEST(CohortRun, SabotagedCasesFailEachWithItsReasonAndTheRestComplete) {
  const TempDir folder;
  const Sabotage sabotage(folder.path());
  const int bad = static_cast<int>(sabotage.cases().size());
  const int good = 9 * bad;
  std::string text = "case,image,mask,roi,label,modality\n";
  std::map<std::string, std::string> expected;
  for (int n = 0; n < good; ++n) {
    if (n % 9 == 4) {
      const Sabotage::Case& wrong = sabotage.cases()[static_cast<std::size_t>(n / 9)];
      std::string line = wrong.line;
      line.insert(line.size() - 1, ",CT");
      text += line;
      expected[wrong.name] = wrong.reason;
    }
    text += fmt::format("good-{:03},good/image.nii.gz,good/mask.nii.gz,,,CT\n", n);
  }
  write_bytes(folder / "m.csv", text);
  const Outcome done = run(folder / "m.csv", folder / "S", {"--threads", "2", "--skip-problems"});
  EXPECT_EQ(done.exit, 4) << done.err;
  EXPECT_THAT(done.err, HasSubstr(fmt::format("study: {} failed, {} ok", bad, good))) << done.err;
  std::set<std::string> reasons;
  for (const CsvRow& row : rows_of(exported(folder / "S"))) {
    const auto found = expected.find(row.at("case"));
    EXPECT_EQ(row.at("status"), found == expected.end() ? "ok" : "failed") << row.at("case") << row.at("reason");
    if (found == expected.end()) continue;
    EXPECT_THAT(row.at("reason"), HasSubstr(found->second)) << row.at("case");
    EXPECT_FALSE(found->second.empty()) << row.at("case");
    reasons.insert(cohort::general_reason(row.at("reason")));
    if (std::getenv("RADTYPE_SHOW_REASONS") != nullptr) fmt::print("{:24} {}\n", row.at("case"), row.at("reason"));
  }
  EXPECT_EQ(static_cast<int>(reasons.size()), bad) << "each its own, without names and numbers";
  EXPECT_GE(bad, 25);
  EXPECT_THAT(run(folder / "m.csv", folder / "S", {"--skip-problems"}).err,
              HasSubstr(fmt::format("unchanged {}", good + bad - 1)));
  EXPECT_THAT(run(folder / "m.csv", folder / "S", {"--skip-problems", "--retry", "failed"}).err,
              HasSubstr(fmt::format("measured now {}, unchanged {}", bad, good)));
}

}  // namespace
}  // namespace radtype
