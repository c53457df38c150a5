// Small files of a test.
#pragma once

#include <fstream>

#include "support/shared_data.h"

namespace radtype::test {

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace radtype::test
