#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli.h"
#include "radtype/core/parallel.h"
#include "radtype/core/provenance.h"

namespace radtype::app {
namespace {

// What the command line gave for one verb, as text by key.
struct Given {
  CLI::App* verb = nullptr;
  std::map<std::string, std::string> text;
  std::string config_file;
};

// "cohort run" is the verb run of the group cohort.
CLI::App* add_word(CLI::App& app, const std::string& verb, const std::string& summary) {
  const std::size_t space = verb.find(' ');
  if (space == std::string::npos) return app.add_subcommand(verb, summary);
  const std::string group = verb.substr(0, space);
  const auto there = app.get_subcommands([&](const CLI::App* word) { return word->get_name() == group; });
  CLI::App* inner = there.empty() ? nullptr : there.front();
  if (inner == nullptr) {
    inner = app.add_subcommand(group, group_summary(group));
    inner->require_subcommand(1);
    inner->fallthrough();
  }
  return inner->add_subcommand(verb.substr(space + 1), summary);
}

void add_verb(CLI::App& app, const Command& command, Given& given) {
  const ConfigSpec& spec = command.spec();
  CLI::App* verb = add_word(app, spec.verb, spec.summary);
  given.verb = verb;
  for (const ConfigField& field : spec.fields) {
    std::string name = field.flag();
    for (const std::string& positional : command.positional) {
      if (positional == field.key) name += "," + field.key;
    }
    std::string help = field.help;
    if (!field.default_value.is_null() && field.type != FieldType::kSwitch)
      help += " [" + field.default_value.dump() + "]";
    const std::string key = field.key;
    if (field.type == FieldType::kSwitch) {
      verb->add_flag_function(
          name, [&given, key](std::int64_t) { given.text[key] = "true"; }, help);
    } else {
      auto* option = verb->add_option_function<std::string>(
          name, [&given, key](const std::string& value) { given.text[key] = value; }, help);
      option->type_name(field.type == FieldType::kPath ? "PATH" : field.type == FieldType::kChoice ? "WORD" : "VALUE");
    }
  }
  verb->add_option("--config", given.config_file, "JSON file with any of these settings; flags override it")
      ->type_name("PATH");
}

Result<int> run_verb(const Command& command, const Given& given) {
  const ConfigSpec& spec = command.spec();
  nlohmann::json flags = nlohmann::json::object();
  for (const ConfigField& field : spec.fields) {
    const auto found = given.text.find(field.key);
    if (found == given.text.end()) continue;
    auto value = ConfigSpec::parse_flag(field, found->second);
    if (!value) return pass_on(std::move(value));
    flags[field.key] = std::move(*value);
  }
  nlohmann::json file;
  if (!given.config_file.empty()) {
    auto read = read_json_file(given.config_file);
    if (!read) return pass_on(std::move(read), "configuration");
    file = std::move(*read);
  }
  auto config = spec.resolve(file, flags);
  if (!config) return pass_on(std::move(config));
  return command.run(*config);
}

int run(int argc, char** argv) {
  CLI::App app{std::string("radtype: radiological tumour classification across imaging modality and histology\n") +
                   research_notice(),
               "radtype"};
  app.set_version_flag("--version", fmt::format("radtype {} ({})", version(), git_revision()));
  app.require_subcommand(1);
  app.fallthrough();
  int threads = 0;
  app.add_option("--threads", threads, "threads for all work; 0 = every core (results do not depend on it)")
      ->check(CLI::Range(0, 4096));
  app.add_flag("--json-errors", json_errors, "print errors as JSON lines on stderr");
  app.add_flag("--quiet", quiet, "no summary on stderr");
  app.footer("Exit status and every setting: docs/reference/cli.md");

  std::map<std::string, Given> given;
  for (const Command& command : commands()) add_verb(app, command, given[command.spec().verb]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& wrong) {
    report(Error(ErrorCode::kUsage, std::string(wrong.what()) + "; see radtype --help"));
    return kExitUsage;
  }
  set_thread_count(threads);
  for (const Command& command : commands()) {
    const Given& chosen = given.at(command.spec().verb);
    if (!chosen.verb->parsed()) continue;
    auto done = run_verb(command, chosen);
    if (done) return *done;
    report(done.error());
    return exit_code_of(done.error());
  }
  return kExitUsage;
}

}  // namespace
}  // namespace radtype::app

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::string_view(argv[1]) == "cohort" && std::string_view(argv[2]) == "worker")
      return radtype::app::cohort_worker();
    return radtype::app::run(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "radtype: not enough memory\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "radtype: {}\n", error.what());
  }
  return radtype::app::kExitInternal;
}
