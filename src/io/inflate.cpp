#include "inflate.h"

#include <algorithm>
#include <new>

#include <fmt/format.h>

namespace radtype::io {
namespace {

constexpr std::size_t kInputBytes = std::size_t{1} << 17;
constexpr std::size_t kScratchBytes = std::size_t{1} << 17;
constexpr int kDetectGzipOrZlib = 15 + 32;

}  // namespace

bool looks_like_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

Inflater::Inflater(const ByteSource& bytes, std::uint64_t begin, std::uint64_t end)
    : bytes_(bytes), next_(begin), end_(std::min(end, bytes.size())) {
  input_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kInputBytes, end_ > begin ? end_ - begin : 0)));
  const int status = inflateInit2(&stream_, kDetectGzipOrZlib);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  RADTYPE_CHECK(status == Z_OK);
}

Inflater::~Inflater() { inflateEnd(&stream_); }

/// Leaves avail_in at 0 only at the end of the source.
Result<void> Inflater::refill() {
  if (stream_.avail_in > 0 || next_ >= end_) return {};
  const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(input_.size(), end_ - next_));
  auto got = bytes_.read_at(next_, std::span(input_).first(want));
  if (!got) return pass_on(std::move(got));
  next_ = *got == 0 ? end_ : next_ + *got;
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(*got);
  return {};
}

Result<void> Inflater::start_next_member() {
  bool padding = false;
  while (true) {
    if (auto filled = refill(); !filled) return filled;
    if (stream_.avail_in == 0) {
      finished_ = true;
      return {};
    }
    if (*stream_.next_in != 0) break;
    padding = true;
    ++stream_.next_in;
    --stream_.avail_in;
  }
  // Only the first byte is looked at here: inflate itself refuses what is not a gzip member.
  if (padding || *stream_.next_in != 0x1f) {
    return fail(ErrorCode::kCorrupt,
                fmt::format("there are bytes after the end of the compressed data (near byte {} of the file); the file "
                            "was damaged or joined to another: copy it again",
                            next_ - stream_.avail_in));
  }
  RADTYPE_CHECK(inflateReset2(&stream_, kDetectGzipOrZlib) == Z_OK);
  return {};
}

Result<std::size_t> Inflater::read(std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size() && !finished_) {
    if (auto filled = refill(); !filled) return pass_on(std::move(filled));
    const std::size_t room = std::min<std::size_t>(into.size() - done, std::size_t{1} << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(into.data() + done);
    stream_.avail_out = static_cast<uInt>(room);
    const bool source_ended = stream_.avail_in == 0;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    done += room - stream_.avail_out;
    if (status == Z_STREAM_END) {
      if (auto next = start_next_member(); !next) return pass_on(std::move(next));
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format("the compressed data is damaged near byte {} of the file ({}); copy or download the file again",
                      next_ - stream_.avail_in, stream_.msg != nullptr ? stream_.msg : "preset dictionary"));
    } else if (source_ended && stream_.avail_out > 0) {
      return fail(
          ErrorCode::kCorrupt,
          fmt::format(
              "the compressed data ends too early, at byte {} of the file: it is truncated; copy or download it again",
              end_));
    }
  }
  return done;
}

Result<std::uint64_t> Inflater::skip(std::uint64_t count) {
  scratch_.resize(kScratchBytes);
  std::uint64_t done = 0;
  while (done < count) {
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(count - done, scratch_.size()));
    auto got = read(std::span(scratch_).first(want));
    if (!got) return pass_on(std::move(got));
    done += *got;
    if (*got < want) break;
  }
  return done;
}

}  // namespace radtype::io
