// What the inputs of a case look like from outside, to see whether it must be measured again.
#include <algorithm>
#include <fstream>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include "cohort/message.h"
#include "radtype/cohort/run.h"
#include "radtype/core/hash.h"
#include "radtype/core/text.h"

namespace radtype::cohort {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr std::streamsize kHeaderBytes = 65536;

std::string look_of(const fs::path& path) {
  struct stat look {};
  if (::stat(path.c_str(), &look) != 0) return "absent";
  return fmt::format("{}:{}.{:09}:{}", look.st_size, look.st_mtim.tv_sec, look.st_mtim.tv_nsec, look.st_ino);
}

bool ends_in(const std::string& name, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](const char* ending) { return name.ends_with(ending); });
}

/// Files beside `path` that are read with it, or may be.
std::vector<fs::path> companions(const fs::path& path) {
  const std::string name = lower_case(path.filename().string());
  if (ends_in(name, {".nii", ".nii.gz", ".nrrd", ".mha"})) return {};
  std::string header;
  const bool names_its_data = ends_in(name, {".mhd", ".nhdr"});
  const bool pair = ends_in(name, {".hdr", ".img", ".img.gz"});
  if (names_its_data) {
    header.resize(kHeaderBytes);
    std::ifstream file(path, std::ios::binary);
    file.read(header.data(), kHeaderBytes);
    header.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  }
  const std::string stem = path.filename().string().substr(0, path.filename().string().find('.'));
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(path.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path() == path || entry->is_directory(error)) continue;
    const std::string other = entry->path().filename().string();
    // Else one slice of a DICOM series, which is read with the others of its folder.
    const bool belongs = names_its_data ? header.find(other) != std::string::npos
                         : pair
                             ? other.starts_with(stem + ".")
                             : !ends_in(other, {".sqlite", ".sqlite-wal", ".sqlite-shm", ".sqlite-journal", ".lock"});
    if (belongs) found.push_back(entry->path());
  }
  return found;
}

}  // namespace

std::string input_stamp(const fs::path& path) {
  std::error_code error;
  std::vector<std::string> lines;
  if (fs::is_directory(path, error)) {
    for (auto entry = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (!entry->is_directory(error))
        lines.push_back(entry->path().lexically_relative(path).string() + " " + look_of(entry->path()));
    }
  } else {
    const std::string look = look_of(path);
    const std::vector<fs::path> others = companions(path);
    if (look == "absent") return look;
    if (others.empty()) return "file:" + look;
    lines.push_back("self " + look);
    for (const fs::path& other : others) lines.push_back(other.filename().string() + " " + look_of(other));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return "files:" + sha256(all);
}

json stamps_of(const CaseKey& key, const fs::path& folder, const json& settings) {
  json stamps = {{"mask", input_stamp(resolved(folder, key.mask))}};
  if (!key.image.empty()) stamps["image"] = input_stamp(resolved(folder, key.image));
  if (const auto request = make_request(key, folder, settings); request && request->tissue)
    stamps["tissue"] = input_stamp(*request->tissue);
  return stamps;
}

}  // namespace radtype::cohort
