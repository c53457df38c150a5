#include "radtype/core/csv.h"

#include <fstream>

#include <fmt/format.h>

namespace radtype {

std::vector<std::string> csv_cells(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string> cells{""};
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back() += line[++i];
      } else {
        quoted = !quoted;
      }
    } else if (line[i] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += line[i];
    }
  }
  return cells;
}

Result<std::vector<CsvRow>> read_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) return fail(ErrorCode::kUnreadable, path.string() + " cannot be read");
  const std::vector<std::string> names = csv_cells(line);
  std::vector<CsvRow> rows;
  for (int number = 2; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    std::vector<std::string> cells = csv_cells(line);
    if (cells.size() > names.size()) {
      return fail(ErrorCode::kCorrupt, fmt::format("{} line {} has {} cells, the header {}", path.string(), number,
                                                   cells.size(), names.size()));
    }
    CsvRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) row[names[i]] = std::move(cells[i]);
  }
  return rows;
}

}  // namespace radtype
