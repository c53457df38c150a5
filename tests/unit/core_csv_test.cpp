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

TEST(Csv, SeparatorByteOrderMarkLineEndsAndLineNumbers) {
  for (const std::string separator : {",", ";", "\t"}) {
    std::string text =
        "\xEF\xBB\xBF"
        "case|\"a, b; c\"|note\r\nA|1|\"two\nlines\"\r\n\r\nB|2|last";
    for (std::size_t at; (at = text.find('|')) != std::string::npos;) text.replace(at, 1, separator);
    const auto table = parse_csv(text);
    ASSERT_TRUE(table) << table.error().to_string();
    EXPECT_EQ(table->columns, (std::vector<std::string>{"case", "a, b; c", "note"}));
    ASSERT_EQ(table->rows.size(), 2u);
    EXPECT_EQ(table->rows[0].cells, (std::vector<std::string>{"A", "1", "two\nlines"}));
    EXPECT_EQ(table->rows[0].line, 2u);
    EXPECT_EQ(table->rows[1].line, 5u);
    EXPECT_EQ(table->rows[1].cells.back(), "last");
  }
}

TEST(Csv, NamesTheLineOfAQuoteThatNeverEnds) {
  const auto table = parse_csv("case,note\nA,fine\nB,\"not so\nC,fine\n");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(table.error().message().find("line 3"), std::string::npos) << table.error().message();
  EXPECT_EQ(parse_csv("").error().code(), ErrorCode::kEmpty);
  EXPECT_EQ(parse_csv("\n\n").error().code(), ErrorCode::kEmpty);
}

}  // namespace
}  // namespace radtype
