// Runs the radtype binary (or another program) as a user would.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <sys/wait.h>

#include "support/shared_data.h"

namespace radtype::test {

struct Outcome {
  int exit = -1;
  std::string out;
  std::string err;
};

inline std::string shell_quoted(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

inline std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline Outcome run_command(const std::vector<std::string>& words) {
  const TempDir folder;
  std::string line;
  for (const std::string& word : words) line += shell_quoted(word) + " ";
  line += "> " + shell_quoted((folder / "out").string()) + " 2> " + shell_quoted((folder / "err").string()) +
          " < /dev/null";
  const int status = std::system(line.c_str());
  Outcome outcome;
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = text_of_file(folder / "out");
  outcome.err = text_of_file(folder / "err");
  return outcome;
}

inline Outcome radtype(std::vector<std::string> words) {
  words.insert(words.begin(), RADTYPE_BINARY);
  return run_command(words);
}

}  // namespace radtype::test
