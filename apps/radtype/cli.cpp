#include "cli.h"

#include <cstdio>

#include <fmt/format.h>

#include "radtype/core/text.h"
#include "radtype/feature/family.h"

namespace radtype::app {

bool json_errors = false;
bool quiet = false;

namespace {
constexpr const char* kOutputContext = "output";
}

const std::vector<ExitCode>& exit_codes() {
  static const std::vector<ExitCode> codes = {
      {kExitOk, "done; every case is ok"},
      {kExitInternal, "a defect of radtype (please report it)"},
      {kExitUsage, "the command line or configuration asks for something that does not exist or contradicts itself"},
      {kExitInput,
       "an input cannot be read or does not fit the others; nothing was measured (the output, where asked "
       "for, holds the failed case with its reason)"},
      {kExitSomeFailed, "done, and at least one case is partial or failed; the output says which and why"},
      {kExitOutput, "an output exists (--force overwrites) or cannot be written"},
      {kExitInterrupted, "stopped by Ctrl-C or a signal; what was measured is stored, and the same command goes on"},
  };
  return codes;
}

Error output_error(Error error) { return std::move(error).within(kOutputContext); }

int exit_code_of(const Error& error) {
  if (!error.context().empty() && error.context().front() == kOutputContext) return kExitOutput;
  return error.code() == ErrorCode::kUsage ? kExitUsage : kExitInput;
}

void report(const Error& error) {
  if (json_errors) {
    const nlohmann::json line = {{"error",
                                  {{"code", error_word(error.code())},
                                   {"message", error.message()},
                                   {"context", error.context()},
                                   {"exit", exit_code_of(error)}}}};
    // A path may hold bytes that are no UTF-8; the line must still be JSON.
    fmt::print(stderr, "{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print(stderr, "radtype: {}\n", error.to_string());
  }
}

const std::vector<Command>& commands() {
  static const std::vector<Command> table = [] {
    std::vector<Command> all = {extract_command(), dce_command(), info_command()};
    for (const Command& command : cohort_commands()) all.push_back(command);
    for (const Command& command : subtype_commands()) all.push_back(command);
    for (const Command& command :
         {outcome_command(), associate_command(), report_command(), follow_command(), serve_command()})
      all.push_back(command);
    for (const Command& command : {features_command(), simulate_command(), reference_command()}) all.push_back(command);
    return all;
  }();
  return table;
}

std::string group_summary(const std::string& group) {
  RADTYPE_CHECK(group == "cohort");
  return "Measures many cases as one study, and what is done with a study";
}

std::string text_of(const nlohmann::json& config, const char* key) {
  const auto& value = config.at(key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

std::vector<std::string> comma_words(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string_view part : split(text, ",")) {
    if (!trimmed(part).empty()) words.emplace_back(trimmed(part));
  }
  return words;
}

std::vector<ConfigField> feature_fields() {
  return {
      {"families", FieldType::kText,
       "families of features to compute, separated by commas (radtype features lists them); without it, all but compat",
       nullptr},
      {"compat",
       FieldType::kChoice,
       "adds the shape definitions of the reference, on our surface and map",
       nullptr,
       {"wu2021"}},
  };
}

std::vector<ConfigField> reading_fields() {
  return {
      {"label_encoding",
       FieldType::kChoice,
       "value: a region per value; bits: a region per bit, label = bit number + 1",
       "value",
       {"value", "bits"}},
      {"raw_pet", FieldType::kSwitch, "PET in the stored unit instead of SUV by body weight", false},
      {"partial_roi", FieldType::kSwitch,
       "go on although more than max_lost_share of an RTSTRUCT's contours lie off the image", false},
      {"max_lost_share",
       FieldType::kNumber,
       "share of an RTSTRUCT's contours that may lie off the image",
       0.02,
       {},
       0,
       1},
      {"fraction", FieldType::kNumber, "fractional SEG: inside where the fraction is at least this", 0.5, {}, 0, 1},
  };
}

Result<std::vector<std::string>> chosen_families(const nlohmann::json& config) {
  std::vector<std::string> families = comma_words(text_of(config, "families"));
  if (!config["compat"].is_null()) {
    if (families.empty()) {
      for (const feature::Family& family : feature::families()) {
        if (family.by_default) families.push_back(family.name);
      }
    }
    families.push_back("compat_" + text_of(config, "compat"));
  }
  if (auto known = feature::check_families(families); !known) return pass_on(std::move(known));
  return families;
}

void append(std::vector<ConfigField>& fields, std::vector<ConfigField> more) {
  fields.insert(fields.end(), more.begin(), more.end());
}

}  // namespace radtype::app
