#include "radtype/core/provenance.h"

#include <algorithm>

#include "radtype/core/hash.h"

namespace radtype {

const char* research_notice() { return "Research use only. Not a medical device."; }

Result<nlohmann::json> describe_input(const std::string& role, const std::filesystem::path& path,
                                      const std::vector<std::filesystem::path>& files) {
  nlohmann::json entry = {{"role", role}, {"path", path.string()}};
  std::vector<std::string> hashes;
  std::uintmax_t bytes = 0;
  for (const auto& file : files) {
    auto hash = sha256_of_file(file.string());
    if (!hash) return pass_on(std::move(hash));
    hashes.push_back(*hash);
    std::error_code ignored;
    bytes += std::filesystem::file_size(file, ignored);
  }
  entry["bytes"] = bytes;
  if (hashes.size() == 1) {
    entry["sha256"] = hashes.front();
    return entry;
  }
  std::sort(hashes.begin(), hashes.end());
  std::string joined;
  for (const std::string& hash : hashes) joined += hash + "\n";
  entry["files"] = hashes.size();
  entry["sha256"] = sha256(joined);
  return entry;
}

nlohmann::json make_provenance(const std::string& verb, const nlohmann::json& config, nlohmann::json inputs) {
  return {{"program", "radtype"}, {"version", version()},        {"git_revision", git_revision()}, {"verb", verb},
          {"config", config},     {"inputs", std::move(inputs)}, {"notice", research_notice()}};
}

}  // namespace radtype
