// A folder of results: all files are checked before the first is written.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "radtype/core/error.h"
#include "radtype/figure/canvas.h"

namespace radtype::app {

class WrittenFolder {
 public:
  WrittenFolder(std::filesystem::path folder, bool force) : folder_(std::move(folder)), force_(force) {}

  void add(const std::string& name, std::string text) { files_.emplace_back(name, std::move(text)); }
  void add(const std::string& name, figure::Canvas canvas) { files_.emplace_back(name, std::move(canvas)); }
  /// kExists, before anything is written, where a file is there and force is not given.
  Result<void> write();

 private:
  std::filesystem::path folder_;
  bool force_;
  std::vector<std::pair<std::string, std::variant<std::string, figure::Canvas>>> files_;
};

}  // namespace radtype::app
