// What every verb shares: its description, how flags reach it, exit codes.
#pragma once

#include <string>
#include <vector>

#include "radtype/core/config.h"

namespace radtype::app {

// Exit status. Documented in docs/reference/cli.md, which is generated from exit_codes().
inline constexpr int kExitOk = 0;
inline constexpr int kExitInternal = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInput = 3;
inline constexpr int kExitSomeFailed = 4;
inline constexpr int kExitOutput = 5;
inline constexpr int kExitInterrupted = 6;

struct ExitCode {
  int code;
  const char* meaning;
};
const std::vector<ExitCode>& exit_codes();
int exit_code_of(const Error& error);

/// Errors that belong to an output file, so that main can tell them from unreadable input.
Error output_error(Error error);

/// Prints one error to stderr: a line for people, or {"error": {...}} with --json-errors.
void report(const Error& error);
extern bool json_errors;
extern bool quiet;

struct Command {
  const ConfigSpec& (*spec)();
  /// What the words after the verb fill, in order (a field's key), e.g. `radtype info FILE`.
  std::vector<std::string> positional;
  /// Exit status, or why nothing could be done.
  Result<int> (*run)(const nlohmann::json& config);
};

Command extract_command();
Command info_command();
Command dce_command();
Command features_command();
Command simulate_command();
Command reference_command();
std::vector<Command> cohort_commands();
std::vector<Command> subtype_commands();  ///< discover, classify, validate
Command outcome_command();
Command associate_command();
Command report_command();
Command follow_command();
Command serve_command();
/// What `radtype cohort run` starts for each of its processes; no verb for users.
int cohort_worker();
/// The one table of verbs. "cohort run" is the verb run of the group cohort.
const std::vector<Command>& commands();
/// What the help says of a group of verbs.
std::string group_summary(const std::string& group);

/// Text of an optional key: "" when it is null.
std::string text_of(const nlohmann::json& config, const char* key);
/// "a, b" -> {"a", "b"}; none for "".
std::vector<std::string> comma_words(const std::string& text);

// What one case and the cases of a study are measured with.
std::vector<ConfigField> feature_fields();  ///< families, compat
std::vector<ConfigField> reading_fields();  ///< of images and outlines
/// The families that feature_fields() ask for; none: those by default. kUsage for one that does not exist.
Result<std::vector<std::string>> chosen_families(const nlohmann::json& config);
void append(std::vector<ConfigField>& fields, std::vector<ConfigField> more);

}  // namespace radtype::app
