// Studies made, exported and looked at by the program.
#pragma once

#include <gtest/gtest.h>

#include "radtype/core/csv.h"
#include "support/small_cohort.h"
#include "support/text_files.h"

namespace radtype::test {
using Words = std::vector<std::string>;

inline Words run_words(const std::filesystem::path& manifest, const std::filesystem::path& study,
                       const Words& more = {}) {
  Words words = {"cohort", "run", manifest.string(), "--out", study.string(), "--families", kQuickFamilies};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

inline Outcome run(const std::filesystem::path& manifest, const std::filesystem::path& study, const Words& more = {}) {
  return radtype(run_words(manifest, study, more));
}

inline std::string exported(const std::filesystem::path& study, const std::string& format = "csv") {
  const Outcome done = radtype({"cohort", "export", study.string(), "--format", format});
  EXPECT_EQ(done.exit, 0) << done.err;
  return done.out;
}

inline std::vector<CsvRow> rows_of(const std::string& csv) {
  const auto table = parse_csv(csv);
  EXPECT_TRUE(table);
  std::vector<CsvRow> rows;
  for (const CsvLine& line : table->rows) {
    CsvRow& row = rows.emplace_back();
    for (std::size_t c = 0; c < line.cells.size(); ++c) row[table->columns[c]] = line.cells[c];
  }
  return rows;
}

inline std::string status_of(const std::filesystem::path& study) {
  return radtype({"cohort", "status", study.string(), "--cases"}).out;
}

/// One value of the study's database.
inline std::string asked(const std::filesystem::path& study, const std::string& sql) {
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

}  // namespace radtype::test
