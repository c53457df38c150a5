// What a result was made from: enough to make it again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype {

const char* version();
const char* git_revision();  ///< 12 hex digits, "+changes" when the tree was not clean

/// {"role", "path", "sha256", "bytes"}; for several files of one role (a DICOM series): "files" and the SHA-256 of
/// their sorted SHA-256s, so that neither order nor file names matter.
Result<nlohmann::json> describe_input(const std::string& role, const std::filesystem::path& path,
                                      const std::vector<std::filesystem::path>& files);

/// {"program", "version", "git_revision", "verb", "config", "inputs", "notice"}. No date: the same inputs give the same
/// bytes.
nlohmann::json make_provenance(const std::string& verb, const nlohmann::json& config, nlohmann::json inputs);

/// "Research use only. Not a medical device."
const char* research_notice();

}  // namespace radtype
