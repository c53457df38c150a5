// Tables as comma-separated text (RFC 4180), the counterpart of csv_cell().
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "radtype/core/error.h"

namespace radtype {

/// Lines by column name. A line with fewer cells than the header lacks the last names.
using CsvRow = std::map<std::string, std::string>;

/// Cells of one line; quotes removed, doubled quotes single.
std::vector<std::string> csv_cells(std::string_view line);

/// The first line names the columns. Quoted cells may hold commas, not line ends. kUnreadable where the file is not
/// there; kCorrupt, with its number, for a line with more cells than the header.
Result<std::vector<CsvRow>> read_csv(const std::filesystem::path& path);

}  // namespace radtype
