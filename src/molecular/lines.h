// Lines and cells of a text file, gzip or not.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "radtype/core/error.h"

struct gzFile_s;

namespace radtype::molecular {

class LineReader {
 public:
  /// kUnreadable where there is no such file.
  static Result<LineReader> open(const std::filesystem::path& path);

  /// The next line without its end, which the next call takes away; none at the end of the file. kCorrupt: a broken
  /// gzip stream.
  Result<std::optional<std::string_view>> next();
  /// The next that is not blank.
  Result<std::optional<std::string_view>> next_with_text();
  /// Of the last line, from 1.
  std::size_t number() const { return number_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };
  LineReader(std::filesystem::path path, gzFile_s* file);
  Result<bool> refill();

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< of what has not been given yet
  std::size_t end_ = 0;
  std::size_t number_ = 0;
};

/// Cells of a line, trimmed, without their quotes. They are views of the line, or of `unquoted` where a quote was
/// doubled. False where a quote does not end on the line, or something follows it.
bool split_cells(std::string_view line, char separator, std::vector<std::string_view>& cells,
                 std::vector<std::unique_ptr<std::string>>& unquoted);

}  // namespace radtype::molecular
