// Whole files to gzip.
#pragma once

#include <filesystem>

#include "radtype/core/error.h"

namespace radtype::io {

/// In members of 64 MiB of input (RFC 1952 joins them); the same bytes for the same input. kUnreadable when a file
/// cannot be read or written.
Result<void> gzip_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace radtype::io
