#include "radtype/core/files.h"

#include <fstream>
#include <string>

#include <unistd.h>

namespace radtype {
namespace fs = std::filesystem;

Result<void> check_output(const fs::path& path, bool force) {
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored)) {
    return fail(ErrorCode::kUnreadable, "cannot write " + path.string() + ": there is no folder " + folder.string());
  }
  if (fs::is_directory(path, ignored)) {
    return fail(ErrorCode::kExists, path.string() + " is a folder; name a file");
  }
  if (!force && fs::exists(path, ignored)) {
    return fail(ErrorCode::kExists, path.string() + " exists; --force overwrites it");
  }
  return {};
}

Result<void> write_then_rename(const fs::path& path, bool force,
                               const std::function<Result<void>(const fs::path&)>& write) {
  if (auto allowed = check_output(path, force); !allowed) return allowed;
  fs::path temporary = path;
  temporary.replace_filename(".writing-" + std::to_string(::getpid()) + "-" + path.filename().string());
  std::error_code error;
  if (auto written = write(temporary); !written) {
    fs::remove(temporary, error);
    return written;
  }
  fs::rename(temporary, path, error);
  if (error) {
    const std::string why = error.message();
    fs::remove(temporary, error);
    return fail(ErrorCode::kUnreadable, "cannot write " + path.string() + ": " + why);
  }
  return {};
}

Result<void> write_text_file(const fs::path& path, std::string_view text, bool force) {
  return write_then_rename(path, force, [&](const fs::path& temporary) -> Result<void> {
    std::ofstream file(temporary, std::ios::binary);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file) return fail(ErrorCode::kUnreadable, "cannot write " + path.string() + ": disk full, or no permission?");
    return {};
  });
}

}  // namespace radtype
