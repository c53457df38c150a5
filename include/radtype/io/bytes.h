// Random access to the bytes of a file, or of memory in tests and fuzzers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "radtype/core/error.h"

namespace radtype::io {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `into` from `offset`; returns how many bytes were there (less than asked only at the end).
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
};

/// Refuses folders, sockets and files that do not exist, with what and how.
Result<std::shared_ptr<ByteSource>> open_file(const std::filesystem::path& path);
/// `bytes` must outlive the source.
std::shared_ptr<ByteSource> memory_bytes(std::span<const std::byte> bytes);

}  // namespace radtype::io
