// Lines of a text header in front of binary data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "radtype/io/bytes.h"

namespace radtype::io {

/// Reads lines (ending in \n or \r\n) and knows where the next one begins. A file that is no text cannot
/// make it read far: lines over 1 MiB and headers over 16 MiB are kCorrupt.
class LineReader {
 public:
  explicit LineReader(const ByteSource& bytes) : bytes_(bytes) {}
  /// Without its ending; nothing at the end of the file.
  Result<std::optional<std::string>> next();
  std::uint64_t position() const { return piece_begin_ + used_; }

 private:
  const ByteSource& bytes_;
  std::vector<std::byte> piece_;
  std::uint64_t piece_begin_ = 0;
  std::size_t used_ = 0;
};

/// Where the line after the next `count` lines begins, from `begin` on; kCorrupt when there are fewer lines.
Result<std::uint64_t> skip_lines(const ByteSource& bytes, std::uint64_t begin, std::int64_t count);

/// Numbers separated by any of `separators`; kCorrupt, naming `where`, for anything else or for another count.
Result<std::vector<double>> parse_numbers(std::string_view text, std::string_view separators, std::size_t count,
                                          std::string_view where);
Result<std::vector<std::int64_t>> parse_integers(std::string_view text, std::size_t count, std::string_view where);
Result<std::int64_t> parse_one_integer(std::string_view text, std::string_view where);

}  // namespace radtype::io
