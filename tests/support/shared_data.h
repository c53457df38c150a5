// Where real data and others' numbers lie, and how a test skips, visibly, without them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace radtype::test {

/// $RADTYPE_SHARED, else "shared" beside the checkout.
inline std::filesystem::path shared_dir() {
  if (const char* given = std::getenv("RADTYPE_SHARED")) return given;
  return std::filesystem::path(RADTYPE_SOURCE_DIR).parent_path() / "shared";
}
inline std::filesystem::path shared(const std::string& relative) { return shared_dir() / relative; }

/// A fresh empty folder, removed at the end of the test.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "radtype-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace radtype::test

/// First line of a test that reads ../shared: NEEDS_SHARED("data/kits19");
#define NEEDS_SHARED(relative)                                     \
  if (!std::filesystem::exists(::radtype::test::shared(relative))) \
  GTEST_SKIP() << "needs " << ::radtype::test::shared(relative) << " (set RADTYPE_SHARED)"
