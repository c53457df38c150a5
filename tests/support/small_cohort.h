// Small cases on disk with a manifest, and the program as a process that can be watched and killed.
#pragma once

#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <fmt/format.h>

#include "radtype/core/seed.h"
#include "radtype/io/volume_files.h"
#include "support/run_command.h"

namespace radtype::test {

// A sanitizer's own memory is beyond every estimate.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

/// Enough that a run is still at work when a test comes to disturb it.
inline constexpr int kManyCases = kSanitized ? 60 : 200;

/// Families that take milliseconds on a small case.
inline const char* const kQuickFamilies = "shape,regional,radial,texture";

/// A ball of some radius with a gradient inside and noise, 20 mm wide; every n another one.
inline void write_small_case(const std::filesystem::path& folder, std::uint64_t n, int lesions = 1) {
  const auto grid = make_grid({24, 22, 20}, Eigen::Vector3d(1, 1, 1.5), Eigen::Matrix3d::Identity(),
                              Eigen::Vector3d(10.0 * static_cast<double>(n), -5, 7));
  Random random(derive_seed(7, {n}));
  const double radius = 4 + 3 * random.uniform();
  Image image(*grid);
  Mask mask(*grid);
  for (std::int64_t k = 0; k < 20; ++k) {
    for (std::int64_t j = 0; j < 22; ++j) {
      for (std::int64_t i = 0; i < 24; ++i) {
        const double x = static_cast<double>(i) - 11;
        const double r = std::hypot(x, static_cast<double>(j) - 10.5, 1.5 * (static_cast<double>(k) - 9.5));
        if (r < radius) mask.at(i, j, k) = static_cast<std::uint8_t>(lesions > 1 && x > 0 ? 2 : 1);
        image.at(i, j, k) = static_cast<float>(std::round((r < radius ? 40 : -60) - 2 * r + 10 * random.normal()));
      }
    }
  }
  std::filesystem::create_directories(folder);
  if (!io::write_image(image, folder / "image.nii.gz", {true}) || !io::write_mask(mask, folder / "mask.nii.gz", {true}))
    throw std::runtime_error("cannot write " + folder.string());
}

/// "case,patient,cohort,organ,modality,timepoint,image,mask,age" with a line for each case c0000, c0001, ...
inline std::filesystem::path write_small_cohort(const std::filesystem::path& folder, int cases, int first = 0) {
  std::string text = "case,patient,cohort,organ,modality,timepoint,image,mask,age\n";
  for (int n = first; n < first + cases; ++n) {
    const std::string name = fmt::format("c{:04}", n);
    write_small_case(folder / name, static_cast<std::uint64_t>(n));
    text += fmt::format("{0},patient-{1:04},{2},other,CT,t0,{0}/image.nii.gz,{0}/mask.nii.gz,{3}\n", name, n,
                        n % 2 == 0 ? "north" : "south", 40 + n % 40);
  }
  const std::filesystem::path manifest = folder / fmt::format("manifest{}.csv", first);
  std::ofstream(manifest) << text;
  return manifest;
}

/// How many cases of a study are measured by now; 0 where there is none yet.
inline int measured_cases(const std::filesystem::path& study) {
  sqlite3* handle = nullptr;
  sqlite3_stmt* statement = nullptr;
  int count = 0;
  if (sqlite3_open_v2((study / "study.sqlite").c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(handle, "SELECT count(*) FROM cases WHERE status = 'ok'", -1, &statement, nullptr) ==
          SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    count = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return count;
}

/// The program in the background.
class Process {
 public:
  Process(std::vector<std::string> words, const std::filesystem::path& err) {
    words.insert(words.begin(), RADTYPE_BINARY);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int out = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      ::dup2(out, 1);
      ::dup2(out, 2);
      ::execv(RADTYPE_BINARY, arguments.data());
      ::_exit(127);
    }
  }
  ~Process() {
    if (pid_ > 0 && !ended_) {
      ::kill(pid_, SIGKILL);
      wait();
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const { ::kill(pid_, signal); }
  bool running() {
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) end(status);
    return !ended_;
  }
  /// Exit status; 128 + the signal that ended it.
  int wait() {
    int status = 0;
    if (!ended_ && ::waitpid(pid_, &status, 0) == pid_) end(status);
    return exit_;
  }
  /// Processes that it has started and that are still there.
  std::vector<pid_t> children() const {
    std::vector<pid_t> found;
    std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", pid_));
    for (pid_t child = 0; list >> child;) found.push_back(child);
    return found;
  }

 private:
  void end(int status) {
    ended_ = true;
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  pid_t pid_ = -1;
  bool ended_ = false;
  int exit_ = -1;
};

/// Whether `what` becomes true within the time.
inline bool soon(const std::function<bool()>& what, double seconds = 60) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!what()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace radtype::test
