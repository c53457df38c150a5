#include "written_folder.h"

#include "radtype/core/files.h"

namespace radtype::app {

Result<void> WrittenFolder::write() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  for (const auto& [name, content] : files_) {
    if (auto allowed = check_output(folder_ / name, force_); !allowed) return allowed;
  }
  for (const auto& [name, content] : files_) {
    const std::filesystem::path path = folder_ / name;
    const auto* text = std::get_if<std::string>(&content);
    const auto save = [&](const std::filesystem::path& at) { return std::get<figure::Canvas>(content).save(at); };
    auto written = text != nullptr ? write_text_file(path, *text, force_) : write_then_rename(path, force_, save);
    if (!written) return written;
  }
  return {};
}

}  // namespace radtype::app
