#include "header_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "radtype/core/text.h"

namespace radtype::io {
namespace {

constexpr std::size_t kHeaderPieceBytes = std::size_t{1} << 14;
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMaxHeaderBytes = std::uint64_t{1} << 24;

tl::unexpected<Error> bad_numbers(std::string_view where, std::string_view text, std::size_t count) {
  return fail(ErrorCode::kCorrupt, fmt::format("{} should hold {} number(s) and says '{}': correct the header", where,
                                               count, text.substr(0, 100)));
}

}  // namespace

Result<std::optional<std::string>> LineReader::next() {
  std::string line;
  bool any = false;
  while (true) {
    if (used_ == piece_.size()) {
      piece_begin_ += piece_.size();
      used_ = 0;
      piece_.resize(kHeaderPieceBytes);
      auto got = bytes_.read_at(piece_begin_, piece_);
      if (!got) return pass_on(std::move(got));
      piece_.resize(*got);
      if (*got == 0) break;
    }
    any = true;
    const char* begin = reinterpret_cast<const char*>(piece_.data()) + used_;
    const char* end = reinterpret_cast<const char*>(piece_.data()) + piece_.size();
    const char* newline = std::find(begin, end, '\n');
    line.append(begin, newline);
    used_ += static_cast<std::size_t>(newline - begin);
    if (line.size() > kMaxLineBytes || position() > kMaxHeaderBytes) {
      return fail(ErrorCode::kCorrupt,
                  "the text header is longer than any real one (line over 1 MiB or header over 16 MiB); "
                  "the file is damaged");
    }
    if (newline != end) {
      ++used_;
      break;
    }
  }
  if (!any) return std::optional<std::string>();
  if (line.ends_with('\r')) line.pop_back();
  return std::optional<std::string>(std::move(line));
}

Result<std::uint64_t> skip_lines(const ByteSource& bytes, std::uint64_t begin, std::int64_t count) {
  std::vector<std::byte> piece(kHeaderPieceBytes);
  while (count > 0) {
    auto got = bytes.read_at(begin, piece);
    if (!got) return pass_on(std::move(got));
    if (*got == 0) {
      return fail(ErrorCode::kCorrupt, "the data has fewer lines than the header says to skip: correct the header");
    }
    const auto end = piece.begin() + static_cast<std::ptrdiff_t>(*got);
    auto at = piece.begin();
    while (at != end && count > 0) {
      at = std::find(at, end, std::byte{'\n'});
      if (at == end) break;
      ++at;
      --count;
    }
    begin += static_cast<std::uint64_t>(at - piece.begin());
  }
  return begin;
}

Result<std::vector<double>> parse_numbers(std::string_view text, std::string_view separators, std::size_t count,
                                          std::string_view where) {
  const std::vector<std::string_view> words = split(text, separators);
  if (words.size() != count) return bad_numbers(where, text, count);
  std::vector<double> numbers;
  for (const std::string_view word : words) {
    const std::optional<double> number = parse_double(word);
    if (!number) return bad_numbers(where, text, count);
    numbers.push_back(*number);
  }
  return numbers;
}

Result<std::vector<std::int64_t>> parse_integers(std::string_view text, std::size_t count, std::string_view where) {
  const std::vector<std::string_view> words = split(text, " \t");
  if (words.size() != count) return bad_numbers(where, text, count);
  std::vector<std::int64_t> numbers;
  for (const std::string_view word : words) {
    const std::optional<long long> number = parse_integer(word);
    if (!number) return bad_numbers(where, text, count);
    numbers.push_back(*number);
  }
  return numbers;
}

Result<std::int64_t> parse_one_integer(std::string_view text, std::string_view where) {
  auto numbers = parse_integers(text, 1, where);
  if (!numbers) return pass_on(std::move(numbers));
  return numbers->front();
}

}  // namespace radtype::io
