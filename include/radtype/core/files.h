// Writing results: never over an existing file without being told to, never half a file.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "radtype/core/error.h"

namespace radtype {

/// kExists when the file is there and force is not given; kUnreadable when its folder is not there.
Result<void> check_output(const std::filesystem::path& path, bool force);

/// check_output, then text to a temporary neighbour that is renamed into place.
Result<void> write_text_file(const std::filesystem::path& path, std::string_view text, bool force);

/// Lets `write` fill a temporary neighbour (its name keeps the extension) and renames it; nothing is left behind on
/// failure.
Result<void> write_then_rename(const std::filesystem::path& path, bool force,
                               const std::function<Result<void>(const std::filesystem::path&)>& write);

}  // namespace radtype
