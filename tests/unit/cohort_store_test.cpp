#include "radtype/cohort/store.h"

#include <cmath>
#include <fstream>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "cohort/message.h"
#include "cohort/place.h"
#include "radtype/cohort/export.h"
#include "radtype/cohort/run.h"
#include "radtype/cohort/shards.h"
#include "radtype/core/csv.h"
#include "radtype/feature/catalogue.h"
#include "support/run_command.h"

namespace radtype::cohort {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const double kMissing = std::numeric_limits<double>::quiet_NaN();

CaseRecord record_of(const std::string& name, const std::string& patient, double value) {
  CaseRecord record;
  record.key.name = name;
  record.key.patient = patient;
  record.key.cohort = value < 10 ? "small" : "large";
  record.key.image = name + "/image.nii.gz";
  record.key.mask = name + "/mask.nii.gz";
  record.key.clinical = {"61", "a, \"b\"\nc"};
  record.settings_id = "settings";
  record.features_id = features_id();
  record.status = "partial";
  record.reason = "lesion 2: too thin";
  record.inputs = {{{"role", "image"}, {"sha256", "aa" + name}}, {{"role", "mask"}, {"sha256", "bb" + name}}};
  record.stamps = {{"mask", "file:1:2.3"}};
  record.seconds = {{"opening", 0.5}};
  record.estimated_bytes = 100;
  record.peak_bytes = 90;
  for (int number = 1; number <= 2; ++number) {
    Lesion lesion;
    lesion.number = number;
    lesion.label = 10 + number;
    lesion.roi = "GTV " + std::to_string(number);
    lesion.status = number == 1 ? "ok" : "failed";
    lesion.reason = number == 1 ? "" : "too thin";
    lesion.quality = {{"centroid_lps_mm", {1.5, -2.0, value}}};
    lesion.notes = {"a note"};
    if (number == 1) {
      for (std::size_t f = 0; f < feature::catalogue().size(); ++f)
        lesion.features.push_back(f % 7 == 3 ? kMissing : value + static_cast<double>(f) / 3);
      lesion.missing = {{feature::catalogue()[3].name, "why not"}};
      lesion.families = {{"shape", {{"outcome", "computed"}, {"reason", ""}}}};
    }
    record.lesions.push_back(std::move(lesion));
  }
  return record;
}

CaseState state_of(const CaseRecord& record, std::int64_t position) {
  CaseState state;
  state.key = record.key;
  state.position = position;
  return state;
}

/// JSON, in which a missing number is null and equal to itself.
json comparable(const CaseRecord& record) {
  json all = record_to_json(record);
  all["position"] = record.position;
  return all;
}

class StudyStore : public testing::Test {
 protected:
  StudyStore() : store(*Store::open(file(), Store::Access::kMake)) {}
  fs::path file() const { return folder / "study.sqlite"; }
  void put(const CaseRecord& record, std::int64_t position = 0) {
    ASSERT_TRUE(store.register_cases({state_of(record, position)}, {"age", "note"}));
    const auto done = store.put(record);
    ASSERT_TRUE(done) << done.error().to_string();
  }
  test::TempDir folder;
  Store store;
};

TEST_F(StudyStore, GivesBackEveryBitOfWhatWasPut) {
  CaseRecord record = record_of("A", "P", 1.0 / 3);
  record.lesions[0].features[0] = 5e-324;
  record.lesions[0].features[1] = -0.0;
  record.lesions[0].features[2] = 1.7976931348623157e308;
  put(record, 7);
  record.position = 7;
  const auto back = store.get("A");
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(comparable(*back), comparable(record));
  EXPECT_TRUE(std::signbit(back->lesions[0].features[1]) || back->lesions[0].features[1] == 0);
  // The same through the messages between run and worker.
  EXPECT_EQ(comparable(record_from_json(json::parse(record_to_json(record).dump()))), [&] {
    CaseRecord at_zero = record;
    at_zero.position = 0;
    return comparable(at_zero);
  }());
}

TEST_F(StudyStore, ReplacesACaseWholly) {
  put(record_of("A", "P", 1));
  CaseRecord again = record_of("A", "P", 2);
  again.lesions.pop_back();
  put(again);
  const auto table = store.load();
  ASSERT_TRUE(table);
  ASSERT_EQ(table->rows.size(), 1u);
  EXPECT_EQ(table->value(0, 0), 2);
  EXPECT_TRUE(std::isnan(table->value(0, 3)));
}

TEST_F(StudyStore, RefusesACaseThatWasNeverNamed) {
  const auto done = store.put(record_of("A", "P", 1));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kInconsistent);
  EXPECT_TRUE(store.load()->rows.empty());
}

TEST_F(StudyStore, TableIsInOrderOfNamesWhateverCameFirstAndFiltered) {
  put(record_of("B", "P", 20), 0);
  put(record_of("A", "P", 1), 1);
  CaseRecord pending = record_of("C", "Q", 1);
  ASSERT_TRUE(store.register_cases({state_of(pending, 2)}, {"age", "note"}));
  const auto table = store.load();
  ASSERT_TRUE(table);
  std::vector<std::string> names;
  for (const TableRow& row : table->rows) names.push_back(row.key.name + std::to_string(row.lesion) + row.status);
  EXPECT_THAT(names, ElementsAre("A1ok", "A2failed", "B1ok", "B2failed", "C0pending"));
  EXPECT_EQ(table->rows[0].image_sha256, "aaA");
  EXPECT_EQ((*table->rows[2].centroid_lps_mm)[2], 20);
  EXPECT_EQ(store.load({{"large"}, {}})->rows.size(), 2u);
  EXPECT_EQ(store.load({{"large", "small"}, {"ok"}})->rows.size(), 2u);
  EXPECT_EQ(store.load({{"none"}, {}})->rows.size(), 0u);
}

TEST_F(StudyStore, LeavesOutFeaturesOfOtherDefinitionsAndCountsThem) {
  put(record_of("A", "P", 1));
  CaseRecord old = record_of("B", "P", 1);
  old.features_id = "an older catalogue";
  put(old);
  std::int64_t older = 0;
  const auto table = store.load({}, &older);
  ASSERT_TRUE(table);
  ASSERT_EQ(table->rows.size(), 3u);
  EXPECT_EQ(older, 1);
  EXPECT_EQ(table->rows[2].status, "pending") << "and not gone without a word";
  EXPECT_THAT(table->rows[2].reason, HasSubstr("other definitions"));
  EXPECT_TRUE(std::isnan(table->value(2, 0)));
}

TEST_F(StudyStore, ErasesAPatientFromTheBytesOfTheFile) {
  for (int n = 0; n < 40; ++n) put(record_of(fmt::format("case-{}", n), fmt::format("patient-{}", n), n), n);
  CaseRecord gone = record_of("JANE-case", "JANE-DOE", 0.123456789);
  gone.lesions[0].notes = {"JANE-note"};
  gone.reason = "JANE-reason";
  put(gone, 40);
  const auto found = [&](const std::string& text) {
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (test::text_of_file(entry.path()).find(text) != std::string::npos) return true;
    }
    return false;
  };
  ASSERT_TRUE(found("JANE"));
  const double number = gone.lesions[0].features[5];
  std::string bytes(8, '\0');
  for (std::size_t b = 0; b < 8; ++b)
    bytes[b] = static_cast<char>(std::bit_cast<std::uint64_t>(number) >> (56 - 8 * b));
  ASSERT_TRUE(found(bytes)) << "SQLite stores doubles big-endian";
  const auto erased = store.erase_patient("JANE-DOE");
  ASSERT_TRUE(erased) << erased.error().to_string();
  EXPECT_EQ(*erased, 1);
  EXPECT_FALSE(found("JANE"));
  EXPECT_FALSE(found(bytes));
  EXPECT_EQ(store.load()->rows.size(), 80u) << "the others stay";
  EXPECT_EQ(*store.integrity(), "ok");
  EXPECT_EQ(*store.erase_patient("JANE-DOE"), 0);

  // Somebody who reads keeps the old bytes alive: that is no success.
  put(gone, 41);
  auto patient_store = Store::open(file(), Store::Access::kWrite, 0);
  sqlite3* reader = nullptr;
  sqlite3_open(file().c_str(), &reader);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM cases", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto kept = patient_store->erase_patient("JANE-DOE");
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().message(), HasSubstr("another program reads the study"));
  sqlite3_close(reader);
  ASSERT_TRUE(store.erase_patient("JANE-DOE"));
  EXPECT_FALSE(found("JANE"));
}

TEST_F(StudyStore, RefusesForeignNewerAndBrokenDatabases) {
  const auto error_of = [&](const fs::path& path) {
    const auto opened = Store::open(path, Store::Access::kRead);
    return opened ? std::string("opened") : opened.error().to_string();
  };
  const auto made_by_hand = [&](const char* name, const char* sql) {
    sqlite3* handle = nullptr;
    sqlite3_open((folder / name).c_str(), &handle);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
    return folder / name;
  };
  EXPECT_THAT(error_of(folder / "none.sqlite"), HasSubstr("there is no study at"));
  EXPECT_THAT(error_of(made_by_hand("other.sqlite", "CREATE TABLE a(b)")), HasSubstr("database of another program"));
  EXPECT_THAT(error_of(made_by_hand("newer.sqlite",
                                    "PRAGMA application_id=1920235888; PRAGMA user_version=99; CREATE TABLE a(b)")),
              HasSubstr("written by a newer radtype (schema 99"));
  std::ofstream(folder / "text.sqlite") << std::string(5000, 'x');
  EXPECT_THAT(error_of(folder / "text.sqlite"), HasSubstr("is no sound SQLite database"));
  // Broken in the middle.
  for (int n = 0; n < 40; ++n) put(record_of(fmt::format("case-{}", n), "P", n), n);
  ASSERT_TRUE(store.fold());
  fs::copy_file(file(), folder / "damaged.sqlite");
  {
    std::fstream damaged(folder / "damaged.sqlite", std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 2; page < 12; ++page) {
      damaged.seekp(page * 16384);
      damaged << std::string(8000, '\xff');
    }
  }
  auto damaged = Store::open(folder / "damaged.sqlite", Store::Access::kRead);
  ASSERT_TRUE(damaged) << damaged.error().to_string();
  const auto loaded = damaged->load();
  const auto integrity = damaged->integrity();
  EXPECT_TRUE(!loaded || !integrity || *integrity != "ok");
}

TEST_F(StudyStore, SecondWriterIsRefusedUntilTheFirstIsDone) {
  {
    const auto first = StudyLock::take(folder / "study.lock");
    ASSERT_TRUE(first);
    const auto second = StudyLock::take(folder / "study.lock");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::kExists);
  }
  EXPECT_TRUE(StudyLock::take(folder / "study.lock"));
}

TEST_F(StudyStore, TheLogOfManyCasesIsEmptiedBetweenThem) {
  const CaseRecord record = record_of("A", "P", 1);
  put(record);
  for (int n = 0; n < 400; ++n) ASSERT_TRUE(store.put(record));
  // SQLite empties it from 1,000 pages on.
  EXPECT_LT(fs::file_size(folder / "study.sqlite-wal"), 1100 * (16384 + 24));
}

TEST_F(StudyStore, ExportsSayTheSameInThreeForms) {
  CaseRecord record = record_of("A", "P", 1);
  record.key.organ = "a\ttab, \x01, \x7f, a \\ and a \"quote\"";
  record.key.timepoint =
      "fr\xc3\xbc"
      "h";
  record.key.modality = "no UTF-8: \xff";
  put(record);
  const auto table = store.load();
  ASSERT_TRUE(table);
  std::string csv, tidy, text;
  const auto into = [](std::string& to) {
    return [&to](std::string_view piece) -> Result<void> {
      to += piece;
      return {};
    };
  };
  ASSERT_TRUE(export_csv(*table, into(csv)));
  ASSERT_TRUE(export_tidy(*table, into(tidy)));
  ASSERT_TRUE(export_json(*table, *store.details(), {}, {{"program", "radtype"}}, into(text)));
  const auto wide = parse_csv(csv);
  const auto narrow = parse_csv(tidy);
  const json whole = json::parse(text);
  ASSERT_TRUE(wide && narrow);
  ASSERT_EQ(wide->rows.size(), 2u);
  ASSERT_EQ(narrow->rows.size(), 2 * table->features.size());
  ASSERT_EQ(whole["cases"].size(), 2u);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(wide->columns.begin(), wide->columns.end(), name) -
                                    wide->columns.begin());
  };
  EXPECT_EQ(wide->rows[0].cells[column("note")], "a, \"b\"\nc");
  EXPECT_EQ(whole["cases"][0]["clinical"]["note"], "a, \"b\"\nc");
  for (std::size_t f = 0; f < table->features.size(); ++f) {
    const std::string& name = table->features[f];
    const std::string& cell = wide->rows[0].cells[column(name)];
    const CsvLine& line = narrow->rows[f];
    EXPECT_EQ(line.cells[8], name);
    EXPECT_EQ(line.cells[9], cell);
    if (std::isnan(table->value(0, f))) {
      EXPECT_EQ(cell, "");
      EXPECT_TRUE(whole["cases"][0]["features"][name].is_null());
    } else {
      EXPECT_EQ(std::stod(cell), table->value(0, f));
      EXPECT_EQ(whole["cases"][0]["features"][name].get<double>(), table->value(0, f));
    }
  }
  EXPECT_EQ(narrow->rows[3].cells[11], "why not");
  EXPECT_EQ(narrow->rows[table->features.size()].cells[11], "too thin") << "the lesion's own reason";
  EXPECT_EQ(whole["cases"][0]["quality"]["centroid_lps_mm"][0], 1.5);
  EXPECT_EQ(whole["cases"][0]["inputs"][1]["sha256"], "bbA");
  EXPECT_EQ(whole["cases"][0]["organ"], record.key.organ);
  EXPECT_EQ(whole["cases"][0]["timepoint"], record.key.timepoint);
  EXPECT_EQ(whole["cases"][0]["modality"], "no UTF-8: \xef\xbf\xbd");
  // Every row's bytes are those of a parser that writes it again, the features last.
  for (json row : whole["cases"]) {
    row.erase("features");
    std::string bytes = row.dump();
    bytes.back() = ',';
    EXPECT_THAT(text, HasSubstr("\n" + bytes + "\"features\":{"));
  }
}

TEST(StudyOrder, NewCasesComeAfterThoseThatAManifestDoesNotName) {
  const auto state = [](const char* name, std::int64_t position) {
    CaseState made;
    made.key.name = name;
    made.position = position;
    return made;
  };
  std::vector<CaseState> coming{state("B", 0), state("N", 1), state("A", 2)};
  place_cases(coming, {{"A", state("A", 0)}, {"B", state("B", 1)}});
  EXPECT_EQ(coming[0].position, 0) << "the manifest names all: its order counts";
  EXPECT_EQ(coming[1].position, 1);
  coming = {state("N", 0), state("A", 1)};
  place_cases(coming, {{"A", state("A", 0)}, {"B", state("B", 4)}});
  EXPECT_EQ(coming[0].position, 5);
  EXPECT_EQ(coming[1].position, 0);
}

TEST(CohortWords, ShardsReasonsStampsAndShellWords) {
  EXPECT_EQ(parse_shard("2/4")->text(), "2/4");
  EXPECT_EQ(shard_file("S", *parse_shard("2/4")), fs::path("S/shards/0002-of-0004.sqlite"));
  for (const char* wrong : {"", "2", "0/4", "5/4", "a/b", "1/0", "1/4/5", "-1/4", "1/10000"})
    EXPECT_FALSE(parse_shard(wrong)) << wrong;
  EXPECT_EQ(general_reason("mask /data/P 17/a.nii.gz: slice 13 is missing at 4.50 mm"),
            general_reason("mask /d/P 4/b.nii.gz: slice 2 is missing at 41.5 mm"));
  EXPECT_EQ(general_reason("no region 'GTV Miller' among 3"), general_reason("no region 'Doe' among 12"));
  EXPECT_EQ(general_reason("Miller's \"tumour 1\""), "Miller's <name>");
  EXPECT_NE(general_reason("mask: empty"), general_reason("image: empty"));
  EXPECT_EQ(shell_word("plain-1.5/a_b"), "plain-1.5/a_b");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("$(rm)"), "'$(rm)'");

  const test::TempDir folder;
  const auto write = [&](const char* name, const char* text) { std::ofstream(folder / name) << text; };
  const auto stamp = [&](const char* name) { return input_stamp(folder / name); };
  EXPECT_EQ(stamp("a.nii"), "absent");
  write("a.nii", "1234");
  write("slice1.dcm", "1234");
  write("h.mhd", "ElementDataFile = data.raw");
  const std::string volume = stamp("a.nii"), slice = stamp("slice1.dcm"), header = stamp("h.mhd"),
                    whole = input_stamp(folder.path());
  EXPECT_TRUE(volume.starts_with("file:"));
  EXPECT_EQ(volume, stamp("a.nii"));
  write("slice2.dcm", "new slice");
  EXPECT_EQ(volume, stamp("a.nii"));
  EXPECT_EQ(header, stamp("h.mhd"));
  EXPECT_NE(slice, stamp("slice1.dcm")) << "a slice stands for its folder";
  EXPECT_NE(whole, input_stamp(folder.path()));
  write("data.raw", "1");
  const std::string with_data = stamp("h.mhd");
  EXPECT_NE(header, with_data) << "a header stands for the file that it names, also when that comes later";
  write("data.raw", "22");
  EXPECT_NE(with_data, stamp("h.mhd"));
  const std::string beside_a_study = stamp("slice1.dcm");
  write("study.sqlite", "1");
  EXPECT_EQ(beside_a_study, stamp("slice1.dcm")) << "or the study would never rest";
  fs::last_write_time(folder / "a.nii", fs::last_write_time(folder / "a.nii") - std::chrono::hours(48));
  EXPECT_NE(volume, stamp("a.nii")) << "also when the clock went back";
}

}  // namespace
}  // namespace radtype::cohort
