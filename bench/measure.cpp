// measure COMMAND ARGS...: runs it and prints "wall_s user_s system_s peak_kib" to stderr's neighbour, file
// descriptor 3. measure --inflate FILE: the same for inflating a gzip file with zlib alone.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

int inflate_all(const char* path) {
  gzFile file = gzopen(path, "rb");
  if (file == nullptr) return 1;
  gzbuffer(file, 1U << 17);
  std::vector<char> buffer(1U << 17);
  int got = 0;
  while ((got = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0) {
  }
  return gzclose(file) == Z_OK && got == 0 ? 0 : 1;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: measure COMMAND ARGS... 3>FIGURES\n");
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    close(3);
    if (argc == 3 && std::strcmp(argv[1], "--inflate") == 0) _exit(inflate_all(argv[2]));
    execvp(argv[1], argv + 1);
    std::perror(argv[1]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return 1;
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  if (FILE* figures = fdopen(3, "w")) {
    std::fprintf(figures, "%.3f %.3f %.3f %ld\n", wall.count(), seconds(usage.ru_utime), seconds(usage.ru_stime),
                 usage.ru_maxrss);
    std::fclose(figures);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
