#include "molecular/lines.h"

#include <zlib.h>

#include <cstring>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::molecular {

void LineReader::Close::operator()(gzFile_s* file) const { gzclose_r(file); }

LineReader::LineReader(std::filesystem::path path, gzFile_s* file)
    : path_(std::move(path)), file_(file), buffer_(std::size_t{1} << 20) {}

Result<LineReader> LineReader::open(const std::filesystem::path& path) {
  std::error_code ignored;
  gzFile_s* file = std::filesystem::is_directory(path, ignored) ? nullptr : gzopen(path.c_str(), "rb");
  if (file == nullptr) return fail(ErrorCode::kUnreadable, fmt::format("{} cannot be read", path.string()));
  gzbuffer(file, 1 << 18);
  return LineReader(path, file);
}

Result<bool> LineReader::refill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const auto room = static_cast<unsigned>(std::min<std::size_t>(buffer_.size() - end_, std::size_t{1} << 30));
  const int got = gzread(file_.get(), buffer_.data() + end_, room);
  int code = Z_OK;
  const char* reason = gzerror(file_.get(), &code);
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    return fail(code == Z_ERRNO ? ErrorCode::kUnreadable : ErrorCode::kCorrupt,
                fmt::format("{} after line {}: {}", path_.string(), number_,
                            code == Z_BUF_ERROR ? "the gzip stream ends too early" : reason));
  }
  end_ += static_cast<std::size_t>(got);
  return got > 0;
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = 0;
  for (;;) {
    const char* start = buffer_.data() + begin_;
    const void* found = std::memchr(start + searched, '\n', end_ - begin_ - searched);
    std::size_t length = end_ - begin_;
    if (found != nullptr) {
      length = static_cast<std::size_t>(static_cast<const char*>(found) - start);
    } else {
      searched = length;
      const auto more = refill();
      if (!more) return tl::unexpected(more.error());
      if (*more) continue;
      if (length == 0) return std::optional<std::string_view>();
      start = buffer_.data() + begin_;
    }
    begin_ += std::min(length + 1, end_ - begin_);
    std::string_view line(start, length);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (++number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    return std::optional(line);
  }
}

Result<std::optional<std::string_view>> LineReader::next_with_text() {
  for (;;) {
    auto line = next();
    if (!line || !*line || !trimmed(**line).empty()) return line;
  }
}

namespace {

std::string_view without_spaces(std::string_view cell) {
  while (cell.starts_with(' ')) cell.remove_prefix(1);
  while (cell.ends_with(' ')) cell.remove_suffix(1);
  return cell;
}

/// The quoted cell that begins at `at`, which is left behind its end.
bool read_quoted(std::string_view line, std::size_t& at, std::string_view& cell,
                 std::vector<std::unique_ptr<std::string>>& unquoted) {
  const std::size_t begin = at + 1;
  bool doubled = false;
  for (std::size_t end = begin; end < line.size(); ++end) {
    if (line[end] != '"') continue;
    if (end + 1 < line.size() && line[end + 1] == '"') {
      doubled = true;
      ++end;
      continue;
    }
    cell = line.substr(begin, end - begin);
    at = end + 1;
    if (doubled) {
      std::string text;
      for (std::size_t n = 0; n < cell.size(); ++n) {
        text += cell[n];
        if (cell[n] == '"') ++n;
      }
      unquoted.push_back(std::make_unique<std::string>(std::move(text)));
      cell = *unquoted.back();
    }
    return true;
  }
  return false;
}

}  // namespace

bool split_cells(std::string_view line, char separator, std::vector<std::string_view>& cells,
                 std::vector<std::unique_ptr<std::string>>& unquoted) {
  cells.clear();
  unquoted.clear();
  std::size_t at = 0;
  for (;;) {
    std::size_t first = at;
    while (first < line.size() && line[first] == ' ') ++first;
    if (first < line.size() && line[first] == '"') {
      std::string_view cell;
      if (!read_quoted(line, first, cell, unquoted)) return false;
      cells.push_back(without_spaces(cell));
      while (first < line.size() && line[first] == ' ') ++first;
      if (first == line.size()) return true;
      if (line[first] != separator) return false;
      at = first + 1;
      continue;
    }
    const std::size_t end = line.find(separator, at);
    cells.push_back(without_spaces(line.substr(at, end == std::string_view::npos ? end : end - at)));
    if (end == std::string_view::npos) return true;
    at = end + 1;
  }
}

}  // namespace radtype::molecular
