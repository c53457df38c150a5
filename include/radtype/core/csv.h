// Tables as separated text (RFC 4180), the counterpart of csv_cell().
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "radtype/core/error.h"

namespace radtype {

struct CsvLine {
  std::size_t line = 0;  ///< where it begins in the file, from 1
  std::vector<std::string> cells;
};

struct CsvTable {
  std::vector<std::string> columns;  ///< of the first line
  std::vector<CsvLine> rows;         ///< without empty lines; as many cells as the line has
};

/// What a line has most of outside quotes: comma, semicolon or tab; 0 where it has none.
char separator_of(std::string_view line);

/// The cells of a text. A byte order mark is skipped; the separator is what the first line has most of: comma,
/// semicolon or tab. Quotes are removed, doubled quotes single; a quoted cell may hold separators and line ends.
/// kCorrupt for a quote that is never closed, with its line; kEmpty without a first line.
Result<CsvTable> parse_csv(std::string_view text);

/// parse_csv of a file. kUnreadable where the file is not there.
Result<CsvTable> read_csv_table(const std::filesystem::path& path);

/// Lines by column name. A line with fewer cells than the header lacks the last names.
using CsvRow = std::map<std::string, std::string>;

/// Cells of one line with commas.
std::vector<std::string> csv_cells(std::string_view line);

/// read_csv_table, by name; kCorrupt also, with its number, for a line with more cells than the header.
Result<std::vector<CsvRow>> read_csv(const std::filesystem::path& path);

}  // namespace radtype
