#include "radtype/core/parallel.h"

#include <atomic>
#include <memory>
#include <mutex>

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>

namespace radtype {
namespace {

std::mutex control_mutex;
std::unique_ptr<tbb::global_control> control;
std::atomic<int> threads_in_use{0};

}  // namespace

void set_thread_count(int threads) {
  const std::lock_guard lock(control_mutex);
  const int count = threads > 0 ? threads : tbb::info::default_concurrency();
  control.reset();
  control = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                  static_cast<std::size_t>(count));
  threads_in_use = count;
}

int thread_count() {
  const int set = threads_in_use;
  return set > 0 ? set : tbb::info::default_concurrency();
}

void parallel_for(std::int64_t begin, std::int64_t end, const std::function<void(std::int64_t)>& body) {
  tbb::parallel_for(begin, end, body);
}

}  // namespace radtype
