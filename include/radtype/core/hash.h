// SHA-256 of inputs, for provenance.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "radtype/core/error.h"

namespace radtype {

/// Lower-case hexadecimal, 64 characters.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(const std::string& text);
Result<std::string> sha256_of_file(const std::string& path);

}  // namespace radtype
