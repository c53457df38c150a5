// Inflating a gzip or zlib stream piece by piece.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <span>
#include <vector>

#include "radtype/io/bytes.h"

namespace radtype::io {

/// Deflate turns one byte into at most this many (258 bytes from 2 bits).
inline constexpr std::uint64_t kMaxInflation = 1032;

/// The content of the bytes [begin, end) of a source, which hold a zlib stream, or gzip members one after another. As
/// gunzip does, zeros after the last member are padding and anything else is an error. Truncation, damage and wrong
/// checksums are kCorrupt, found at the latest when the end is reached.
class Inflater {
 public:
  Inflater(const ByteSource& bytes, std::uint64_t begin, std::uint64_t end);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The next bytes; fewer than asked only at the end.
  Result<std::size_t> read(std::span<std::byte> into);
  /// Passes over the next `count` bytes; returns how many there were.
  Result<std::uint64_t> skip(std::uint64_t count);

 private:
  Result<void> refill();
  Result<void> start_next_member();

  const ByteSource& bytes_;
  std::uint64_t next_;  ///< first byte of the source not yet in input_
  std::uint64_t end_;
  std::vector<std::byte> input_;
  std::vector<std::byte> scratch_;
  z_stream stream_{};
  bool finished_ = false;
};

/// 1f 8b: how every gzip member begins.
bool looks_like_gzip(std::span<const std::byte> bytes);

}  // namespace radtype::io
