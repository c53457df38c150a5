// One description of a verb's options: flags, JSON keys, defaults, help, JSON schema and reference page come from it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype {

enum class FieldType { kText, kPath, kInteger, kNumber, kSwitch, kChoice };

struct ConfigField {
  std::string key;  ///< JSON key, snake_case; the flag is --key with dashes
  FieldType type = FieldType::kText;
  std::string help;                       ///< one sentence
  nlohmann::json default_value;           ///< null: not set
  std::vector<std::string> choices = {};  ///< kChoice
  double minimum = -1e300;                ///< kInteger, kNumber
  double maximum = 1e300;
  std::string flag() const;  ///< "--max-lost-share"
};

struct ConfigSpec {
  std::string verb;
  std::string summary;
  std::vector<ConfigField> fields;

  /// Defaults, overridden by a JSON object, overridden by flags (both: key -> value). Unknown keys, wrong types,
  /// unknown choices and numbers out of range are refused, each by name, with what is allowed.
  Result<nlohmann::json> resolve(const nlohmann::json& file, const nlohmann::json& flags) const;
  /// The text of one flag as the field's JSON type.
  static Result<nlohmann::json> parse_flag(const ConfigField& field, const std::string& text);
  nlohmann::json schema() const;  ///< JSON Schema draft 2020-12 of the configuration file
  std::string markdown() const;   ///< reference page
};

/// Reads a JSON object; the error names line and column.
Result<nlohmann::json> read_json_file(const std::string& path);
Result<nlohmann::json> parse_json(const std::string& text, const std::string& name);

}  // namespace radtype
