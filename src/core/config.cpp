#include "radtype/core/config.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/core/text.h"

namespace radtype {
namespace {

const char* type_word(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "text";
    case FieldType::kPath:
      return "path";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kNumber:
      return "number";
    case FieldType::kSwitch:
      return "true or false";
    case FieldType::kChoice:
      return "choice";
  }
  RADTYPE_CHECK(false);
}

bool bounded_below(const ConfigField& field) { return field.minimum > -1e300; }
bool bounded_above(const ConfigField& field) { return field.maximum < 1e300; }

std::string range_words(const ConfigField& field) {
  if (bounded_below(field) && bounded_above(field)) {
    return fmt::format("between {} and {}", shortest(field.minimum), shortest(field.maximum));
  }
  if (bounded_below(field)) return "at least " + shortest(field.minimum);
  if (bounded_above(field)) return "at most " + shortest(field.maximum);
  return "";
}

// What is wrong with a value for a field, or nothing.
std::string objection(const ConfigField& field, const nlohmann::json& value) {
  if (value.is_null()) return "";
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kPath:
      return value.is_string() ? "" : "must be text";
    case FieldType::kSwitch:
      return value.is_boolean() ? "" : "must be true or false";
    case FieldType::kChoice:
      if (value.is_string() &&
          std::find(field.choices.begin(), field.choices.end(), value.get<std::string>()) != field.choices.end()) {
        return "";
      }
      return fmt::format("must be one of: {}", fmt::join(field.choices, ", "));
    case FieldType::kInteger:
    case FieldType::kNumber: {
      const bool right_type = field.type == FieldType::kInteger ? value.is_number_integer() : value.is_number();
      if (!right_type) return field.type == FieldType::kInteger ? "must be a whole number" : "must be a number";
      const double number = value.get<double>();
      if (!std::isfinite(number) || number < field.minimum || number > field.maximum) {
        return "must be " + range_words(field);
      }
      return "";
    }
  }
  RADTYPE_CHECK(false);
}

}  // namespace

std::string ConfigField::flag() const {
  std::string name = "--" + key;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

Result<nlohmann::json> ConfigSpec::resolve(const nlohmann::json& file, const nlohmann::json& flags) const {
  nlohmann::json resolved = nlohmann::json::object();
  for (const ConfigField& field : fields) resolved[field.key] = field.default_value;
  for (const auto* layer : {&file, &flags}) {
    if (layer->is_null()) continue;
    const bool from_flags = layer == &flags;
    if (!layer->is_object()) {
      return fail(ErrorCode::kUsage,
                  "the configuration must be a JSON object, like {\"" + fields.front().key + "\": ...}");
    }
    for (const auto& [key, value] : layer->items()) {
      const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.key == key; });
      if (field == fields.end()) {
        std::vector<std::string> known;
        for (const ConfigField& f : fields) known.push_back(f.key);
        return fail(ErrorCode::kUsage,
                    fmt::format("unknown key \"{}\" in the configuration; known are: {}", key, fmt::join(known, ", ")));
      }
      if (const std::string wrong = objection(*field, value); !wrong.empty()) {
        return fail(ErrorCode::kUsage,
                    fmt::format("{} {}, not {}", from_flags ? field->flag() : "\"" + key + "\"", wrong, value.dump()));
      }
      resolved[key] = value;
    }
  }
  return resolved;
}

Result<nlohmann::json> ConfigSpec::parse_flag(const ConfigField& field, const std::string& text) {
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kPath:
    case FieldType::kChoice:
      return nlohmann::json(text);
    case FieldType::kSwitch:
      return nlohmann::json(text != "false");
    case FieldType::kInteger:
      if (const auto number = parse_integer(text)) return nlohmann::json(*number);
      return fail(ErrorCode::kUsage, fmt::format("{} must be a whole number, not '{}'", field.flag(), text));
    case FieldType::kNumber:
      if (const auto number = parse_double(text)) return nlohmann::json(*number);
      return fail(ErrorCode::kUsage, fmt::format("{} must be a number, not '{}'", field.flag(), text));
  }
  RADTYPE_CHECK(false);
}

nlohmann::json ConfigSpec::schema() const {
  nlohmann::json properties = nlohmann::json::object();
  for (const ConfigField& field : fields) {
    nlohmann::json property = {{"description", field.help}, {"default", field.default_value}};
    const char* type = "string";
    if (field.type == FieldType::kInteger) type = "integer";
    if (field.type == FieldType::kNumber) type = "number";
    if (field.type == FieldType::kSwitch) type = "boolean";
    if (field.default_value.is_null()) {
      property["type"] = {type, "null"};
    } else {
      property["type"] = type;
    }
    if (field.type == FieldType::kChoice) {
      property["enum"] = field.choices;
      if (field.default_value.is_null()) property["enum"].push_back(nullptr);
    }
    if (bounded_below(field)) property["minimum"] = field.minimum;
    if (bounded_above(field)) property["maximum"] = field.maximum;
    properties[field.key] = property;
  }
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "radtype " + verb + " configuration"},
          {"description", summary},
          {"type", "object"},
          {"additionalProperties", false},
          {"properties", properties}};
}

std::string ConfigSpec::markdown() const {
  std::string page = fmt::format(
      "## radtype {}\n\n{}\n\n| flag | JSON key | value | default | meaning |\n|---|---|---|---|---|\n", verb, summary);
  for (const ConfigField& field : fields) {
    std::string value = type_word(field.type);
    if (field.type == FieldType::kChoice) value = fmt::format("{}", fmt::join(field.choices, ", "));
    if (const std::string range = range_words(field); !range.empty()) value += " " + range;
    page += fmt::format("| `{}` | `{}` | {} | {} | {} |\n", field.flag(), field.key, value,
                        field.default_value.is_null() ? "not set" : "`" + field.default_value.dump() + "`", field.help);
  }
  return page;
}

Result<nlohmann::json> parse_json(const std::string& text, const std::string& name) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const std::string before = text.substr(0, error.byte > 0 ? error.byte - 1 : 0);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column =
        before.size() - (before.find_last_of('\n') == std::string::npos ? 0 : before.find_last_of('\n') + 1) + 1;
    return fail(ErrorCode::kCorrupt, fmt::format("{} is not valid JSON at line {}, column {}", name, line, column));
  }
}

Result<nlohmann::json> read_json_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kNotFound, "cannot open " + path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorCode::kUnreadable, "reading " + path + " failed");
  return parse_json(text.str(), path);
}

}  // namespace radtype
