#include "radtype/core/parallel.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>

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

void parallel_in_order(std::int64_t count, const std::function<void(std::int64_t, std::string&)>& make,
                       const std::function<bool(const std::string&)>& take) {
  // As they leave in order, a text is free again when its successor by this number begins.
  const int in_hand = 2 * thread_count();
  std::vector<std::string> texts(static_cast<std::size_t>(in_hand));
  const auto text_of = [&](std::int64_t i) -> std::string& { return texts[static_cast<std::size_t>(i % in_hand)]; };
  std::atomic<bool> wanted{true};
  std::int64_t next = 0;
  const auto number = [&](tbb::flow_control& control_flow) {
    if (next == count || !wanted) control_flow.stop();
    return next++;
  };
  const auto fill = [&](std::int64_t i) {
    text_of(i).clear();
    make(i, text_of(i));
    return i;
  };
  const auto give = [&](std::int64_t i) {
    if (wanted && !take(text_of(i))) wanted = false;
  };
  tbb::parallel_pipeline(static_cast<std::size_t>(in_hand),
                         tbb::make_filter<void, std::int64_t>(tbb::filter_mode::serial_in_order, number) &
                             tbb::make_filter<std::int64_t, std::int64_t>(tbb::filter_mode::parallel, fill) &
                             tbb::make_filter<std::int64_t, void>(tbb::filter_mode::serial_in_order, give));
}

}  // namespace radtype
