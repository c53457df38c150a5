#include "cli.h"

#include <cstdio>

#include <fmt/format.h>

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

}  // namespace radtype::app
