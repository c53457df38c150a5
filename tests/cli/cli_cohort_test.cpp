// Studies as a user runs them, and what happens to them.
#include <cstring>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "support/dicom_writer.h"
#include "support/small_cohort.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::Process;
using test::soon;
using test::TempDir;
using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

Words run_words(const fs::path& manifest, const fs::path& study, const Words& more = {}) {
  Words words = {"cohort", "run", manifest.string(), "--out", study.string(), "--families", test::kQuickFamilies};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Outcome run(const fs::path& manifest, const fs::path& study, const Words& more = {}) {
  return test::radtype(run_words(manifest, study, more));
}

std::string exported(const fs::path& study, const std::string& format = "csv") {
  const Outcome done = test::radtype({"cohort", "export", study.string(), "--format", format});
  EXPECT_EQ(done.exit, 0) << done.err;
  return done.out;
}

std::vector<CsvRow> rows_of(const std::string& csv) {
  const auto table = parse_csv(csv);
  EXPECT_TRUE(table);
  std::vector<CsvRow> rows;
  for (const CsvLine& line : table->rows) {
    CsvRow& row = rows.emplace_back();
    for (std::size_t c = 0; c < line.cells.size(); ++c) row[table->columns[c]] = line.cells[c];
  }
  return rows;
}

std::string status_of(const fs::path& study) {
  return test::radtype({"cohort", "status", study.string(), "--cases"}).out;
}

/// One value of the study's database.
std::string asked(const fs::path& study, const std::string& sql) {
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open_v2((study / "study.sqlite").c_str(), &handle, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
  std::string answer;
  if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr)
    answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return answer;
}

void write_bytes(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

TEST(CohortRun, MeasuresEveryCaseAndTheTableHoldsWhatExtractSays) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 5);
  const Outcome done = run(manifest, folder / "S");
  ASSERT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("study: 5 ok; measured now 5, unchanged 0"));
  const auto rows = rows_of(exported(folder / "S"));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[3].at("case"), "c0003");
  EXPECT_EQ(rows[3].at("patient"), "patient-0003");
  EXPECT_EQ(rows[3].at("cohort"), "south");
  EXPECT_EQ(rows[3].at("age"), "43");
  EXPECT_EQ(rows[3].at("lesion"), "1");
  const Outcome single = test::radtype({"extract", "--image", (folder / "c0003/image.nii.gz").string(), "--mask",
                                        (folder / "c0003/mask.nii.gz").string(), "--modality", "CT", "--organ", "other",
                                        "--tissue", "none", "--families", test::kQuickFamilies, "--csv",
                                        (folder / "one.csv").string(), "--out", (folder / "one.json").string()});
  ASSERT_EQ(single.exit, 0) << single.err;
  const auto one = rows_of(test::text_of_file(folder / "one.csv"));
  int compared = 0;
  for (const auto& [column, cell] : one[0]) {
    if (column == "case" || column == "missing") continue;
    EXPECT_EQ(rows[3].at(column), cell) << column;
    ++compared;
  }
  EXPECT_GT(compared, 250);
  EXPECT_EQ(nlohmann::json::parse(rows[3].at("missing")), nlohmann::json::parse(one[0].at("missing")));
  const auto provenance = nlohmann::json::parse(test::text_of_file(folder / "one.json"))["provenance"];
  EXPECT_EQ(rows[3].at("image_sha256"), provenance["inputs"][0]["sha256"].get<std::string>());
  EXPECT_EQ(rows[3].at("mask_sha256"), provenance["inputs"][1]["sha256"].get<std::string>());
}

TEST(CohortRun, OneThreadTwoThreadsFourShardsGiveTheSameBytes) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 9);
  ASSERT_EQ(run(manifest, folder / "one", {"--threads", "1"}).exit, 0);
  ASSERT_EQ(run(manifest, folder / "two", {"--threads", "2"}).exit, 0);
  const auto shard = [&](const char* which) {
    return test::radtype({"cohort", "shard", which, manifest.string(), "--out", (folder / "four").string(),
                          "--families", test::kQuickFamilies});
  };
  const auto merge = [&] { return test::radtype({"cohort", "merge", (folder / "four").string()}); };
  EXPECT_THAT(merge().err, HasSubstr("there is no study at"));
  for (const char* which : {"4/4", "1/4", "2/4"}) ASSERT_EQ(shard(which).exit, 0) << which;
  const Outcome early = merge();
  EXPECT_EQ(early.exit, 3);
  EXPECT_THAT(early.err, HasSubstr("nothing was merged: missing are shards 3/4"));
  ASSERT_EQ(shard("3/4").exit, 0);
  ASSERT_EQ(merge().exit, 0);
  for (const char* format : {"csv", "tidy", "json"}) {
    const std::string one = exported(folder / "one", format);
    EXPECT_GT(one.size(), 10000u);
    EXPECT_EQ(one, exported(folder / "two", format)) << format;
    EXPECT_EQ(one, exported(folder / "four", format)) << format;
  }
  const std::string before = exported(folder / "four");
  ASSERT_EQ(merge().exit, 0);
  EXPECT_EQ(exported(folder / "four"), before) << "a second merge changes nothing";
  fs::remove(folder / "four/shards/0002-of-0004.sqlite");
  const Outcome again = shard("2/4");
  EXPECT_THAT(again.err, HasSubstr("unchanged 2")) << "what the study holds is not measured again";
  ASSERT_EQ(merge().exit, 0);
  EXPECT_EQ(exported(folder / "four"), before);

  // A shard of other settings, or unfinished.
  ASSERT_EQ(test::radtype({"cohort", "shard", "2/4", manifest.string(), "--out", (folder / "four").string(),
                           "--families", "shape"})
                .exit,
            0);
  EXPECT_THAT(merge().err,
              AllOf(HasSubstr("nothing was merged"), HasSubstr("shard 1/4 and shard 2/4 differ in settings")));
  fs::remove_all(folder / "four" / "shards");
  ASSERT_EQ(shard("1/2").exit, 0);
  ASSERT_EQ(shard("1/3").exit, 0);
  EXPECT_THAT(merge().err, HasSubstr("several divisions"));
}

TEST(CohortRun, MeasuresAgainOnlyWhatHasChanged) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 4);
  ASSERT_EQ(run(manifest, folder / "S").exit, 0);
  const std::string before = exported(folder / "S");
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 0, unchanged 4"));
  // Touched, with the clock moved back: the content is the same.
  fs::last_write_time(folder / "c0001/image.nii.gz",
                      fs::last_write_time(folder / "c0001/image.nii.gz") - std::chrono::hours(999));
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 0, unchanged 4"));
  // Another outline under the same name, and as old as the first.
  const auto old = fs::last_write_time(folder / "c0002/mask.nii.gz");
  fs::copy_file(folder / "c0003/mask.nii.gz", folder / "c0002/mask.nii.gz", fs::copy_options::overwrite_existing);
  fs::last_write_time(folder / "c0002/mask.nii.gz", old - std::chrono::seconds(1));
  const Outcome changed = run(manifest, folder / "S");
  EXPECT_THAT(changed.err, AllOf(HasSubstr("measured now 1, unchanged 3"), HasSubstr("1 cases are measured again")));
  EXPECT_NE(exported(folder / "S"), before);
  // Another file of the same size and age, in another place.
  std::string moved = test::text_of_file(manifest);
  fs::copy_file(folder / "c0003/mask.nii.gz", folder / "other.nii.gz");
  moved.replace(moved.find("c0001/mask.nii.gz"), 17, "other.nii.gz");
  write_bytes(manifest, moved);
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 1, unchanged 3"));
  fs::copy_file(folder / "c0000/mask.nii.gz", folder / "twin.nii.gz");
  moved.replace(moved.find("c0000/mask.nii.gz"), 17, "twin.nii.gz");
  write_bytes(manifest, moved);
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("measured now 0, unchanged 4"))
      << "a copy is the same outline";
  // Another setting.
  EXPECT_THAT(
      test::radtype({"cohort", "run", manifest.string(), "--out", (folder / "S").string(), "--families", "shape"}).err,
      HasSubstr("measured now 4, unchanged 0"));
  // Only what is carried along: nothing is measured, and the table says it.
  std::string text = test::text_of_file(manifest);
  text.replace(text.find(",40\n"), 4, ",99\n");
  write_bytes(manifest, text);
  EXPECT_THAT(
      test::radtype({"cohort", "run", manifest.string(), "--out", (folder / "S").string(), "--families", "shape"}).err,
      HasSubstr("measured now 0, unchanged 4"));
  EXPECT_EQ(rows_of(exported(folder / "S"))[0].at("age"), "99");
}

TEST(CohortShards, StalePartsNeverWinAndColumnsAndTimeKeepTheirOrder) {
  const TempDir folder;
  for (int n = 0; n < 6; ++n) test::write_small_case(folder / fmt::format("c{}", n), static_cast<std::uint64_t>(n));
  const fs::path study = folder / "S";
  const auto write = [&](const std::string& header, const std::vector<std::string>& lines) {
    std::string text = header + "\n";
    for (const std::string& line : lines) text += line + "\n";
    write_bytes(folder / "m.csv", text);
  };
  const auto line = [](int n, const char* patient, const char* timepoint, const char* more) {
    return fmt::format("c{0},{1},{2},CT,c{0}/image.nii.gz,c{0}/mask.nii.gz,{3}", n, patient, timepoint, more);
  };
  const auto shards = [&](int count) {
    for (int i = 1; i <= count; ++i) {
      const Outcome done =
          test::radtype({"cohort", "shard", fmt::format("{}/{}", i, count), (folder / "m.csv").string(), "--out",
                         study.string(), "--families", test::kQuickFamilies});
      ASSERT_EQ(done.exit, 0) << done.err;
    }
  };
  const auto merge = [&] { return test::radtype({"cohort", "merge", study.string()}); };
  const std::string header = "case,patient,timepoint,modality,image,mask,";
  write(header + "age,sex", {line(0, "P", "first", "61,F"), line(1, "Q", "first", "62,M")});
  shards(2);
  // The header turned between two parts of one division, and a longer manifest.
  write(header + "sex,age", {line(0, "P", "first", "F,61"), line(1, "Q", "first", "M,62"),
                             line(2, "R", "before", "F,63"), line(3, "R", "after", "F,64")});
  shards(2);
  ASSERT_EQ(merge().exit, 0);
  auto rows = rows_of(exported(study));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1].at("age") + rows[1].at("sex"), "62M");
  EXPECT_EQ(rows[3].at("age") + rows[3].at("sex"), "64F");
  const auto followed = rows_of(test::radtype({"cohort", "lesions", study.string()}).out);
  for (const CsvRow& match : followed) {
    if (match.at("patient") == "R" && match.at("verdict") == "first") {
      EXPECT_EQ(match.at("to_timepoint"), "before");
    }
  }
  // The study is run by itself after an outline has changed; the parts are older then.
  const std::string old_volume = rows[0].at("shape_volume_mm3");
  test::write_small_case(folder / "c0", 55);
  ASSERT_EQ(run(folder / "m.csv", study).exit, 0);
  const std::string after_run = exported(study);
  EXPECT_NE(rows_of(after_run)[0].at("shape_volume_mm3"), old_volume);
  const Outcome refused = merge();
  EXPECT_NE(refused.exit, 0);
  EXPECT_THAT(refused.err, HasSubstr("the study itself was run after shards 1/2, 2/2"));
  shards(2);
  ASSERT_EQ(merge().exit, 0);
  EXPECT_EQ(exported(study), after_run);
}

TEST(CohortRun, OldNumbersNeverStandUnderNewLines) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 100);
  ASSERT_EQ(run(manifest, folder / "S").exit, 0);
  // Every case gets another scan, and the run is killed in the middle.
  std::string text = "case,modality,image,mask\n";
  for (int n = 0; n < 100; ++n)
    text += fmt::format("c{0:04},CT,c{1:04}/image.nii.gz,c{1:04}/mask.nii.gz\n", n, (n + 1) % 100);
  write_bytes(manifest, text);
  {
    Process process(run_words(manifest, folder / "S", {"--threads", "1"}), folder / "log");
    ASSERT_TRUE(soon([&] {
      const int done = test::measured_cases(folder / "S");
      return done >= 2 && done < 100;
    }));
    process.send(SIGKILL);
  }
  int pending = 0;
  for (const CsvRow& row : rows_of(exported(folder / "S"))) {
    pending += row.at("status") == "pending";
    EXPECT_EQ(row.at("status") == "pending", row.at("shape_volume_mm3").empty()) << row.at("case");
  }
  EXPECT_GT(pending, 0);
  // A share that is away for a while costs nothing that was measured.
  EXPECT_EQ(run(manifest, folder / "S").exit, 0);
  const std::string whole = exported(folder / "S");
  fs::rename(folder / "c0004", folder / "away");
  const Outcome away = run(manifest, folder / "S", {"--skip-problems"});
  EXPECT_THAT(away.err, HasSubstr("keep what was measured"));
  EXPECT_EQ(exported(folder / "S"), whole);
}

TEST(CohortRun, GrowsAndForgets) {
  const TempDir folder;
  const fs::path first = test::write_small_cohort(folder.path(), 3);
  const fs::path second = test::write_small_cohort(folder.path(), 2, 3);
  ASSERT_EQ(run(first, folder / "S").exit, 0);
  const Outcome grown = run(second, folder / "S");
  EXPECT_THAT(grown.err, AllOf(HasSubstr("study: 5 ok; measured now 2"),
                               HasSubstr("3 cases of the study are not in this manifest")));
  const Outcome removed = test::radtype({"cohort", "remove", (folder / "S").string(), "--patient", "patient-0001"});
  EXPECT_EQ(removed.exit, 0) << removed.err;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "S")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(test::text_of_file(entry.path()), Not(AnyOf(HasSubstr("patient-0001"), HasSubstr("c0001"))))
        << entry.path();
  }
  EXPECT_EQ(rows_of(exported(folder / "S")).size(), 4u);
  // A patient whose case failed: its reason quotes the file.
  std::ofstream(folder / "Doe Jane.nii.gz") << "no image";
  write_bytes(folder / "d.csv", "case,patient,image,mask\nd,Doe,Doe Jane.nii.gz,c0000/mask.nii.gz\n");
  ASSERT_EQ(run(folder / "d.csv", folder / "S").exit, 4);
  ASSERT_EQ(test::radtype({"cohort", "remove", (folder / "S").string(), "--patient", "Doe"}).exit, 0);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "S")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(test::text_of_file(entry.path()), Not(AnyOf(HasSubstr("Jane"), HasSubstr("Doe")))) << entry.path();
  }
  const Outcome nobody = test::radtype({"cohort", "remove", (folder / "S").string(), "--patient", "patient-0001"});
  EXPECT_EQ(nobody.exit, 3);
  EXPECT_THAT(nobody.err, AllOf(HasSubstr("no such patient"), Not(HasSubstr("patient-0001"))));
}

TEST(CohortRun, SeveralLesionsOfAScanAreNumbered) {
  const TempDir folder;
  test::write_small_case(folder / "a", 1, 2);
  write_bytes(folder / "m.csv",
              "case,image,mask,modality,label,roi\nboth,a/image.nii.gz,a/mask.nii.gz,CT,,\n"
              "second,a/image.nii.gz,a/mask.nii.gz,CT,2,right half\nthird,a/image.nii.gz,a/mask.nii.gz,CT,3,\n");
  const Outcome done = run(folder / "m.csv", folder / "S");
  EXPECT_EQ(done.exit, 4) << done.err;
  const auto rows = rows_of(exported(folder / "S"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].at("lesion") + rows[0].at("label"), "11");
  EXPECT_EQ(rows[1].at("lesion") + rows[1].at("label"), "22");
  EXPECT_EQ(rows[2].at("lesion") + rows[2].at("label") + rows[2].at("roi"), "12right half");
  EXPECT_EQ(rows[1].at("shape_volume_mm3"), rows[2].at("shape_volume_mm3"));
  EXPECT_EQ(rows[3].at("status"), "failed");
  EXPECT_THAT(rows[3].at("reason"), HasSubstr("3"));
}

TEST(CohortRun, ManifestIsCheckedAsAWholeBeforeAnythingRuns) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 2);
  std::ofstream(manifest, std::ios::app) << "x,x,north,other,CT,t0,none.nii.gz,c0000/mask.nii.gz,50\n";
  const Outcome refused = run(manifest, folder / "S");
  EXPECT_EQ(refused.exit, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("nothing was run"), HasSubstr("line 4: case x: image: there is no file"),
                                 HasSubstr("--skip-problems")));
  EXPECT_FALSE(fs::exists(folder / "S"));
  const Outcome skipped = run(manifest, folder / "S", {"--skip-problems"});
  EXPECT_EQ(skipped.exit, 4);
  EXPECT_THAT(skipped.err, HasSubstr("1 failed, 2 ok"));
  EXPECT_THAT(status_of(folder / "S"), HasSubstr("x,,failed,image: there is no file"));
  // Mended: measured without being asked.
  fs::copy_file(folder / "c0000/image.nii.gz", folder / "none.nii.gz");
  const Outcome mended = run(manifest, folder / "S");
  EXPECT_EQ(mended.exit, 0) << mended.err;
  EXPECT_THAT(mended.err, HasSubstr("measured now 1, unchanged 2"));
}

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
    bad_image("nifti-truncated", "truncated", image_.substr(0, image_.size() / 2));
    std::string damaged = image_;
    damaged[damaged.size() - 6] ^= 0x55;
    bad_image("gzip-checksum", "check", damaged);
    bad_image("empty-file", "empty", "");
    bad_image("a-letter", "no known format", "This is no image at all, it is a letter.");
    bad_image("nifti-4d", "4", header({4, 3, 3, 3, 5}, 4, 1) + std::string(270, 'x'), ".nii");
    bad_image("nifti-complex", "type", header({3, 3, 3, 3, 1}, 32, 1) + std::string(300, 'x'), ".nii");
    bad_image("nifti-spacing", "spacing", header({3, 3, 3, 3, 1}, 4, -1) + std::string(54, 'x'), ".nii");
    bad_image("nifti-giant", "", header({3, 32000, 32000, 32000, 1}, 4, 1), ".nii");
    bad_image("nrrd-type", "banana", "NRRD0004\ntype: banana\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n12345678",
              ".nrrd");
    bad_image(
        "nrrd-short", "",
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
    add("dicom-none", "", "dicom-none", "good/mask.nii.gz");
    auto missing = slices(7);
    missing.erase(missing.begin() + 3);
    series_of("dicom-missing-slice", "missing", missing);
    auto twice = slices(4);
    twice.push_back(twice[2]);
    twice.back().instance_uid = "1.2.3.4.99";
    series_of("dicom-twice", "", twice);
    auto two = slices(3);
    auto other = slices(3);
    for (auto& slice : other) {
      slice.series_uid = "1.2.3.9";
      slice.instance_uid += ".9";
      two.push_back(slice);
    }
    series_of("dicom-two-series", "series", two);
    auto mixed = slices(3);
    mixed[1].columns = 5;
    series_of("dicom-mixed", "", mixed);
    auto tilted = slices(4);
    for (std::size_t k = 0; k < tilted.size(); ++k) tilted[k].position_lps_mm[1] += static_cast<double>(k);
    series_of("dicom-tilt", "", tilted);
    fs::create_directory(folder_ / "dicom-truncated");
    const auto whole = test::dicom::bytes_of(test::dicom::Slice{});
    write_bytes(folder_ / "dicom-truncated/a.dcm",
                std::string(reinterpret_cast<const char*>(whole.data()), whole.size() - 10));
    add("dicom-truncated", "", "dicom-truncated", "good/mask.nii.gz");
    fs::create_directory(folder_ / "dicom-mr");
    test::dicom::Slice mr;
    mr.modality = "MR";
    test::dicom::write_series(folder_ / "dicom-mr", test::dicom::series(mr, 3, 2));
    add("modality-lie", "says it is MR", "dicom-mr", "good/mask.nii.gz");
    test::dicom::RtStruct outlines;
    outlines.rois = {{1, "GTV-1", {{{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}}}}}};
    const auto structures = test::dicom::bytes_of(outlines);
    write_bytes(folder_ / "rt.dcm", std::string(reinterpret_cast<const char*>(structures.data()), structures.size()));
    add("rtstruct-elsewhere", "", "good/image.nii.gz", "rt.dcm", "GTV-1,");
    add("rtstruct-no-roi", "GTV-9", "good/image.nii.gz", "rt.dcm", "GTV-9,");
  }

  void masks(const Grid& grid) {
    (void)io::write_mask(Mask(grid), folder_ / "nothing.nii.gz", {true});
    add("mask-empty", "", "good/image.nii.gz", "nothing.nii.gz");
    const Mask far(
        *make_grid({4, 4, 4}, Eigen::Vector3d::Ones(), Eigen::Matrix3d::Identity(), Eigen::Vector3d(9000, 0, 0)), 1);
    (void)io::write_mask(far, folder_ / "far.nii.gz", {true});
    add("mask-elsewhere", "", "good/image.nii.gz", "far.nii.gz");
    Image fractions(grid, 0.0F);
    fractions.at(5, 5, 5) = 0.5F;
    (void)io::write_image(fractions, folder_ / "fractions.nii.gz", {true});
    add("mask-fractions", "", "good/image.nii.gz", "fractions.nii.gz");
    add("label-not-there", "9", "good/image.nii.gz", "good/mask.nii.gz", ",9");
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
    EXPECT_GT(row.at("reason").size(), 20u) << row.at("case");
    reasons.insert(row.at("reason"));
    if (std::getenv("RADTYPE_SHOW_REASONS") != nullptr) fmt::print("{:24} {}\n", row.at("case"), row.at("reason"));
  }
  EXPECT_GE(static_cast<int>(reasons.size()), bad - 1) << "each its own";
  EXPECT_GE(bad, 25);
  EXPECT_THAT(run(folder / "m.csv", folder / "S", {"--skip-problems"}).err,
              HasSubstr(fmt::format("unchanged {}", good + bad - 1)));
  EXPECT_THAT(run(folder / "m.csv", folder / "S", {"--skip-problems", "--retry", "failed"}).err,
              HasSubstr(fmt::format("measured now {}, unchanged {}", bad, good)));
}

TEST(CohortRun, ACrashOrAHangCostsOneCase) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 40);
  Process process(
      run_words(manifest, folder / "S", {"--threads", "2", "--case-seconds", test::kSanitized ? "40" : "6"}),
      folder / "log");
  ASSERT_TRUE(soon([&] { return process.children().size() == 2; }));
  // A worker stopped at any moment is at work, and hangs for ever.
  const std::vector<pid_t> workers = process.children();
  kill(workers[0], SIGSTOP);
  kill(workers[1], SIGKILL);
  EXPECT_EQ(process.wait(), 4) << test::text_of_file(folder / "log");
  int failed = 0;
  for (const CsvRow& row : rows_of(exported(folder / "S"))) {
    if (row.at("status") == "ok") continue;
    ++failed;
    EXPECT_THAT(row.at("reason"), HasSubstr("took longer than"));
  }
  EXPECT_EQ(failed, 1) << "the case of the worker that was killed has had a second try";
  EXPECT_THAT(run(manifest, folder / "S").err, HasSubstr("study: 40 ok; measured now 1,"));
  ASSERT_EQ(run(manifest, folder / "T").exit, 0);
  EXPECT_EQ(exported(folder / "S"), exported(folder / "T"));
}

TEST(CohortRun, CtrlCEndsAfterTheCasesInHand) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), test::kManyCases);
  for (const int signal : {SIGINT, SIGTERM}) {
    const fs::path study = folder / std::to_string(signal);
    Process process(run_words(manifest, study, {"--threads", "2"}), folder / "log");
    ASSERT_TRUE(soon([&] { return test::measured_cases(study) >= 2; }));
    process.send(signal);
    EXPECT_EQ(process.wait(), 6) << test::text_of_file(folder / "log");
    EXPECT_THAT(test::text_of_file(folder / "log"), HasSubstr("the same command goes on"));
    const std::string done = asked(study, "SELECT count(*) FROM cases WHERE status = 'ok'");
    EXPECT_GT(std::stoi(done), 0);
    EXPECT_LT(std::stoi(done), test::kManyCases);
    EXPECT_EQ(asked(study, "SELECT outcome FROM runs ORDER BY id DESC LIMIT 1"), "interrupted");
    const Outcome rest = run(manifest, study);
    EXPECT_EQ(rest.exit, 0) << rest.err;
    EXPECT_THAT(rest.err,
                HasSubstr(fmt::format("measured now {}, unchanged {}", test::kManyCases - std::stoi(done), done)));
  }
  EXPECT_EQ(exported(folder / std::to_string(SIGINT)), exported(folder / std::to_string(SIGTERM)));
}

TEST(CohortRun, MemoryLimitRefusesWhatCannotFitAndHoldsForTheRest) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 6);
  const Outcome none = run(manifest, folder / "none", {"--memory", "50MiB"});
  EXPECT_EQ(none.exit, 4);
  EXPECT_THAT(none.err, HasSubstr("give a larger --memory"));
  EXPECT_THAT(run(manifest, folder / "none").err, HasSubstr("study: 6 ok")) << "and with more, they are measured";
  // Room for one case at a time, whatever the number of threads.
  const Outcome tight = run(manifest, folder / "tight", {"--memory", "150MiB", "--threads", "4"});
  EXPECT_EQ(tight.exit, 0) << tight.err;
  if (!test::kSanitized) {
    EXPECT_EQ(asked(folder / "tight", "SELECT count(*) FROM cases WHERE peak_bytes > estimated_bytes"), "0");
  }
  ASSERT_EQ(run(manifest, folder / "wide").exit, 0);
  EXPECT_EQ(exported(folder / "tight"), exported(folder / "wide"));
  EXPECT_EQ(run(manifest, folder / "x", {"--memory", "much"}).exit, 2);
}

TEST(CohortRun, SecondRunOfAStudyIsRefusedAndALockedDatabaseLosesNothing) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), test::kManyCases);
  const fs::path study = folder / "S";
  Process process(run_words(manifest, study, {"--threads", "2", "--lock-wait", "1"}), folder / "log");
  ASSERT_TRUE(soon([&] { return test::measured_cases(study) >= 2; }));
  const Outcome second = run(manifest, study);
  EXPECT_EQ(second.exit, 5);
  EXPECT_THAT(second.err, HasSubstr("another radtype is writing to this study"));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open((study / "study.sqlite").c_str(), &other), SQLITE_OK);
  sqlite3_busy_timeout(other, 5000);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(process.wait(), 5);
  EXPECT_THAT(test::text_of_file(folder / "log"),
              AllOf(HasSubstr("keeps the database locked"),
                    HasSubstr(fmt::format("of {} cases are stored", test::kManyCases))));
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  const int stored = std::stoi(asked(study, "SELECT count(*) FROM cases WHERE status = 'ok'"));
  EXPECT_GT(stored, 0);
  EXPECT_LT(stored, test::kManyCases);
  const Outcome rest = run(manifest, study);
  EXPECT_EQ(rest.exit, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr(fmt::format("unchanged {}", stored)));
}

TEST(CohortRun, FullDiskAndReadOnlyFolderAreSaidAndNothingIsLost) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 30);
  const fs::path disk = folder / "disk";
  fs::create_directory(disk);
  if (::mount("none", disk.c_str(), "tmpfs", 0, "size=400k") != 0)
    GTEST_SKIP() << "needs the right to mount a small disk";
  const Outcome full = run(manifest, disk / "S");
  EXPECT_EQ(full.exit, 5) << full.err;
  EXPECT_THAT(full.err, HasSubstr("the disk is full"));
  ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT, "size=40m"), 0);
  const int stored = std::stoi(asked(disk / "S", "SELECT count(*) FROM cases WHERE status = 'ok'"));
  EXPECT_LT(stored, 30);
  const Outcome rest = run(manifest, disk / "S");
  EXPECT_EQ(rest.exit, 0) << rest.err;
  EXPECT_THAT(rest.err, HasSubstr(fmt::format("unchanged {}", stored)));
  const std::string before = exported(disk / "S");
  ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const Outcome refused = run(manifest, disk / "S");
  EXPECT_EQ(refused.exit, 5);
  EXPECT_THAT(refused.err, AnyOf(HasSubstr("Read-only"), HasSubstr("read-only")));
  EXPECT_EQ(run(manifest, disk / "T").exit, 5);
  EXPECT_EQ(exported(disk / "S"), before) << "reading needs no right to write";
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST(CohortExport, OverwritesNothingAndFilters) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 4);
  ASSERT_EQ(run(manifest, folder / "S").exit, 0);
  const Words words = {"cohort", "export", (folder / "S").string(), "--out", (folder / "t.csv").string()};
  ASSERT_EQ(test::radtype(words).exit, 0);
  EXPECT_EQ(test::text_of_file(folder / "t.csv"), exported(folder / "S"));
  EXPECT_EQ(test::radtype(words).exit, 5);
  const Outcome south = test::radtype({"cohort", "export", (folder / "S").string(), "--cohort", "south"});
  const auto rows = rows_of(south.out);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("case"), "c0001");
  EXPECT_EQ(test::radtype({"cohort", "export", (folder / "none").string()}).exit, 3);
}

TEST(CohortExport, PatientsByARuleAndLesionsThroughTime) {
  const TempDir folder;
  test::write_small_case(folder / "a", 1, 2);
  test::write_small_case(folder / "b", 1, 1);
  write_bytes(folder / "m.csv",
              "case,patient,timepoint,modality,image,mask\na,P,before,CT,a/image.nii.gz,a/mask.nii.gz\n"
              "b,P,after,CT,b/image.nii.gz,b/mask.nii.gz\n");
  ASSERT_EQ(run(folder / "m.csv", folder / "S").exit, 0);
  const auto lesions = rows_of(exported(folder / "S"));
  ASSERT_EQ(lesions.size(), 3u);
  const auto patients = [&](const Words& more) {
    Words words = {"cohort", "export", (folder / "S").string(), "--rows", "patients"};
    words.insert(words.end(), more.begin(), more.end());
    return test::radtype(words);
  };
  const auto volume = [](const CsvRow& row) { return std::stod(row.at("shape_volume_mm3")); };
  const auto largest = rows_of(patients({}).out);
  ASSERT_EQ(largest.size(), 2u);
  EXPECT_EQ(largest[0].at("timepoint"), "before");
  EXPECT_EQ(volume(largest[0]), std::max(volume(lesions[0]), volume(lesions[1])));
  EXPECT_THAT(largest[0].at("derived"), HasSubstr("largest of 2 lesions"));
  const auto weighted = rows_of(patients({"--rule", "volume-weighted"}).out);
  EXPECT_NEAR(volume(weighted[0]), volume(lesions[0]) + volume(lesions[1]), 1e-9);
  const auto worst = rows_of(patients({"--rule", "worst", "--by", "shape_volume_mm3", "--worst", "lowest"}).out);
  EXPECT_EQ(volume(worst[0]), std::min(volume(lesions[0]), volume(lesions[1])));
  EXPECT_EQ(patients({"--rule", "worst"}).exit, 2);
  const Outcome followed = test::radtype({"cohort", "lesions", (folder / "S").string()});
  ASSERT_EQ(followed.exit, 0) << followed.err;
  const auto matches = rows_of(followed.out);
  ASSERT_EQ(matches.size(), 4u) << followed.out;
  std::map<std::string, int> verdicts;
  for (const CsvRow& match : matches) ++verdicts[match.at("verdict")];
  EXPECT_EQ(verdicts, (std::map<std::string, int>{{"first", 2}, {"matched", 1}, {"gone", 1}})) << followed.out;
}

TEST(CohortExport, JsonIsAsItsSchemaSays) {
  const Outcome tool = test::run_command({"/usr/bin/python3", "-c", "import jsonschema"});
  if (tool.exit != 0) GTEST_SKIP() << "needs Debian's python3-jsonschema (scripts/deps --test)";
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 2);
  write_bytes(folder / "c0001/image.nii.gz", "no image");
  ASSERT_EQ(run(manifest, folder / "S").exit, 4);
  const auto valid = [&](const std::string& text) {
    write_bytes(folder / "e.json", text);
    return test::run_command({"/usr/bin/python3", "-m", "jsonschema", "-i", (folder / "e.json").string(),
                              RADTYPE_SOURCE_DIR "/schemas/cohort-export.schema.json"});
  };
  const std::string text = exported(folder / "S", "json");
  const Outcome good = valid(text);
  EXPECT_EQ(good.exit, 0) << good.err;
  auto wrong = nlohmann::json::parse(text);
  EXPECT_EQ(wrong["cases"][1]["status"], "failed");
  wrong["cases"][1]["reason"] = "";
  EXPECT_NE(valid(wrong.dump()).exit, 0) << "a failure without a reason";
}

TEST(CohortSlurm, DryRunWritesScriptsThatNameEverything) {
  const TempDir folder;
  const fs::path manifest = test::write_small_cohort(folder.path(), 2);
  const Outcome done =
      test::radtype({"cohort", "slurm", manifest.string(), "--out", (folder / "a study").string(), "--shards", "3",
                     "--job-memory", "2G", "--partition", "short", "--families", "shape", "--dry-run"});
  ASSERT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("--dependency=afterany:"));
  const std::string array = test::text_of_file(folder / "a study/slurm/array.sbatch");
  EXPECT_THAT(array,
              AllOf(HasSubstr("#SBATCH --array=1-3\n"), HasSubstr("#SBATCH --mem=2048M\n"),
                    HasSubstr("#SBATCH --partition=short\n"), HasSubstr("cohort shard \"$SLURM_ARRAY_TASK_ID/3\""),
                    HasSubstr("--families shape"), HasSubstr("'" + (folder / "a study").string() + "'")));
  EXPECT_THAT(test::text_of_file(folder / "a study/slurm/merge.sbatch"), HasSubstr("cohort merge"));
}

}  // namespace
}  // namespace radtype
