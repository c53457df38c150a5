#include "radtype/core/hash.h"

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include <openssl/evp.h>

namespace radtype {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    RADTYPE_CHECK(context_ != nullptr);
    RADTYPE_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(const void* data, std::size_t size) { RADTYPE_CHECK(EVP_DigestUpdate(context_.get(), data, size) == 1); }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    unsigned int length = 0;
    RADTYPE_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1 && length == digest.size());
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.add(bytes.data(), bytes.size());
  return hash.hex();
}

std::string sha256(const std::string& text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

Result<std::string> sha256_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return fail(ErrorCode::kUnreadable, "cannot open " + path + " to hash it");
  Sha256 hash;
  std::vector<unsigned char> buffer(std::size_t{1} << 18);
  for (;;) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get());
    hash.add(buffer.data(), got);
    if (got < buffer.size()) break;
  }
  if (std::ferror(file.get())) return fail(ErrorCode::kUnreadable, "reading " + path + " failed");
  return hash.hex();
}

}  // namespace radtype
