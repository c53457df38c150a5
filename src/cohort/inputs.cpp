// What the inputs of a case look like from outside, to see whether it must be measured again.
#include <algorithm>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include "cohort/message.h"
#include "radtype/cohort/run.h"
#include "radtype/core/hash.h"

namespace radtype::cohort {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

std::string look_of(const fs::path& path) {
  struct stat look {};
  if (::stat(path.c_str(), &look) != 0) return "absent";
  return fmt::format("{}:{}.{:09}", look.st_size, look.st_mtim.tv_sec, look.st_mtim.tv_nsec);
}

bool was_several_files(const json& inputs, const char* role) {
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](const json& input) { return input.value("role", "") == role && input.contains("files"); });
}

}  // namespace

std::string input_stamp(const fs::path& path, bool whole_folder) {
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  if (!is_folder && !whole_folder) {
    const std::string look = look_of(path);
    return look == "absent" ? look : "file:" + look;
  }
  const fs::path folder = is_folder ? path : path.parent_path();
  std::vector<std::string> lines;
  for (auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_directory(error)) continue;
    lines.push_back(entry->path().lexically_relative(folder).string() + " " + look_of(entry->path()));
  }
  if (error && lines.empty()) return "absent";
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return "folder:" + sha256(all);
}

json stamps_of(const CaseKey& key, const fs::path& folder, const json& settings, const json& inputs) {
  json stamps = json::object();
  const auto add = [&](const char* role, const fs::path& path) {
    stamps[role] = input_stamp(path, was_several_files(inputs, role));
  };
  add("mask", resolved(folder, key.mask));
  if (!key.image.empty()) add("image", resolved(folder, key.image));
  if (const auto request = make_request(key, folder, settings); request && request->tissue)
    add("tissue", *request->tissue);
  return stamps;
}

}  // namespace radtype::cohort
