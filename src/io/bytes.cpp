#include "radtype/io/bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace radtype::io {
namespace {

class FileBytes final : public ByteSource {
 public:
  FileBytes(int descriptor, std::uint64_t size, std::string name)
      : descriptor_(descriptor), size_(size), name_(std::move(name)) {}
  ~FileBytes() override { ::close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= size_) return 0;
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got =
          ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        return fail(ErrorCode::kUnreadable,
                    fmt::format("reading {} at byte {} failed: {}; check the disk or the network", name_, offset + done,
                                std::strerror(errno)));
      }
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  int descriptor_;
  std::uint64_t size_;
  std::string name_;
};

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_.size(); }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_.size()) return 0;
    const std::size_t count = std::min(into.size(), bytes_.size() - static_cast<std::size_t>(offset));
    std::copy_n(bytes_.data() + offset, count, into.data());
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

Result<std::shared_ptr<ByteSource>> open_file(const std::filesystem::path& path) {
  const std::string& name = path.native();
  // Not blocking: opening a named pipe would otherwise wait for a writer.
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const int reason = errno;
    if (reason == ENOENT || reason == ENOTDIR) {
      return fail(ErrorCode::kNotFound, fmt::format("there is no file {}; check the path", name));
    }
    return fail(ErrorCode::kUnreadable, fmt::format("{} cannot be opened: {}", name, std::strerror(reason)));
  }
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    if (known && S_ISDIR(status.st_mode)) {
      return fail(ErrorCode::kUsage, fmt::format("{} is a folder; name a file in it", name));
    }
    return fail(ErrorCode::kUsage,
                fmt::format("{} is not a plain file (a pipe, socket or device); copy its content to a file", name));
  }
  return std::make_shared<FileBytes>(descriptor, static_cast<std::uint64_t>(status.st_size), name);
}

std::shared_ptr<ByteSource> memory_bytes(std::span<const std::byte> bytes) {
  return std::make_shared<MemoryBytes>(bytes);
}

}  // namespace radtype::io
