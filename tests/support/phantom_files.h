// The demo phantom on disk, written once a test program by the command that users run.
#pragma once

#include "support/run_command.h"

namespace radtype::test {

class PhantomFiles {
 public:
  static const PhantomFiles& get() {
    static const PhantomFiles files;
    return files;
  }
  std::string operator()(const std::string& name) const { return (folder_ / name).string(); }

 private:
  PhantomFiles() {
    const Outcome done = radtype({"simulate", "--preset", "phantom", "--out", folder_.path().string()});
    if (done.exit != 0) throw std::runtime_error("radtype simulate failed: " + done.err);
  }
  TempDir folder_;
};

}  // namespace radtype::test
