#include "io/gzip_file.h"

#include <fstream>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <libdeflate.h>

namespace radtype::io {

Result<void> gzip_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  constexpr std::size_t kMember = std::size_t{64} << 20;
  // Scans are noise below a few bits: higher levels cost much and save little.
  constexpr int kLevel = 1;
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
  RADTYPE_CHECK(compressor != nullptr);
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  std::vector<char> plain(std::min<std::size_t>(kMember, std::max<std::size_t>(std::filesystem::file_size(from), 1)));
  std::vector<char> packed;
  while (in && out) {
    in.read(plain.data(), static_cast<std::streamsize>(plain.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    if (count == 0) break;
    packed.resize(libdeflate_gzip_compress_bound(compressor.get(), count));
    const std::size_t size =
        libdeflate_gzip_compress(compressor.get(), plain.data(), count, packed.data(), packed.size());
    RADTYPE_CHECK(size > 0);
    out.write(packed.data(), static_cast<std::streamsize>(size));
  }
  out.close();
  if (in.bad() || !in.eof()) return fail(ErrorCode::kUnreadable, fmt::format("cannot read {}", from.string()));
  if (!out) return fail(ErrorCode::kUnreadable, fmt::format("cannot write {}: is the disk full?", to.string()));
  return {};
}

}  // namespace radtype::io
