#include "radtype/core/csv.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace radtype {
char separator_of(std::string_view line) {
  char best = 0;
  std::ptrdiff_t most = 0;
  for (const char candidate : {',', ';', '\t'}) {
    bool quoted = false;
    std::ptrdiff_t count = 0;
    for (const char c : line) {
      quoted ^= c == '"';
      count += !quoted && c == candidate;
    }
    if (count > most) {
      best = candidate;
      most = count;
    }
  }
  return best;
}

namespace {

/// Reads one line's cells from `at`, which is left behind the line end. False where a quote is never closed.
bool read_line(std::string_view text, char separator, std::size_t& at, std::size_t& line,
               std::vector<std::string>& cells) {
  cells.assign(1, "");
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++line;
    if (c == '"') {
      if (quoted && at + 1 < text.size() && text[at + 1] == '"') {
        cells.back() += text[++at];
      } else {
        quoted = !quoted;
      }
    } else if (quoted) {
      cells.back() += c;
    } else if (c == separator) {
      cells.emplace_back();
    } else if (c == '\n') {
      ++at;
      return true;
    } else if (c != '\r' || (at + 1 < text.size() && text[at + 1] != '\n')) {
      cells.back() += c;
    }
  }
  ++line;
  return !quoted;
}

}  // namespace

Result<CsvTable> parse_csv(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const char found = separator_of(text.substr(0, text.find('\n')));
  const char separator = found == 0 ? ',' : found;
  CsvTable table;
  std::size_t at = 0;
  std::size_t line = 1;
  while (at < text.size()) {
    CsvLine row{line, {}};
    if (!read_line(text, separator, at, line, row.cells))
      return fail(ErrorCode::kCorrupt, fmt::format("line {}: a quoted cell begins here and never ends", row.line));
    if (row.cells.size() == 1 && row.cells.front().empty()) continue;
    if (table.columns.empty()) {
      table.columns = std::move(row.cells);
    } else {
      table.rows.push_back(std::move(row));
    }
  }
  if (table.columns.empty()) return fail(ErrorCode::kEmpty, "there is no first line that names the columns");
  return table;
}

Result<CsvTable> read_csv_table(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // A folder opens and then cannot be read.
  if (!file || !(text << file.rdbuf())) {
    std::error_code ignored;
    const bool empty =
        std::filesystem::is_regular_file(path, ignored) && std::filesystem::file_size(path, ignored) == 0;
    return fail(empty ? ErrorCode::kEmpty : ErrorCode::kUnreadable,
                path.string() + (empty ? " is empty" : " cannot be read"));
  }
  auto table = parse_csv(text.view());
  if (!table) return pass_on(std::move(table), path.string());
  return table;
}

std::vector<std::string> csv_cells(std::string_view line) {
  std::vector<std::string> cells;
  std::size_t at = 0;
  std::size_t number = 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  read_line(line, ',', at, number, cells);
  return cells;
}

Result<std::vector<CsvRow>> read_csv(const std::filesystem::path& path) {
  auto table = read_csv_table(path);
  if (!table) return pass_on(std::move(table));
  std::vector<CsvRow> rows;
  for (CsvLine& line : table->rows) {
    if (line.cells.size() > table->columns.size()) {
      return fail(ErrorCode::kCorrupt, fmt::format("{} line {} has {} cells, the header {}", path.string(), line.line,
                                                   line.cells.size(), table->columns.size()));
    }
    CsvRow& row = rows.emplace_back();
    for (std::size_t i = 0; i < line.cells.size(); ++i) row[table->columns[i]] = std::move(line.cells[i]);
  }
  return rows;
}

}  // namespace radtype
