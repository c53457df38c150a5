#include "radtype/core/csv.h"

#include <fstream>

#include <gtest/gtest.h>

#include "radtype/core/text.h"
#include "support/shared_data.h"

namespace radtype {
namespace {

TEST(Csv, ReadsWhatCsvCellWrites) {
  const std::vector<std::string> cells{"plain", "with, comma", "with \"quotes\"", "", "last"};
  std::string line;
  for (const std::string& cell : cells) line += (line.empty() ? "" : ",") + csv_cell(cell);
  EXPECT_EQ(csv_cells(line), cells);
  EXPECT_EQ(csv_cells(line + "\r"), cells);
}

TEST(Csv, RowsByName) {
  const test::TempDir folder;
  std::ofstream(folder / "a.csv") << "case,value\nA,1\n\nB,\"2,5\"\nC\n";
  const auto rows = read_csv(folder / "a.csv");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ((*rows)[1].at("value"), "2,5");
  EXPECT_FALSE((*rows)[2].contains("value"));
}

TEST(Csv, RefusesMissingFilesAndLongLines) {
  const test::TempDir folder;
  EXPECT_EQ(read_csv(folder / "none.csv").error().code(), ErrorCode::kUnreadable);
  std::ofstream(folder / "a.csv") << "case,value\nA,1\nB,2,3\n";
  const auto rows = read_csv(folder / "a.csv");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(rows.error().message().find("line 3"), std::string::npos);
}

}  // namespace
}  // namespace radtype
