// One process-wide number of threads, and loops that give the same result for any number.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace radtype {

/// Threads used by parallel_for and by the libraries we call; 0 = every core. Call before work starts.
void set_thread_count(int threads);
int thread_count();

/// Calls body(i) for begin <= i < end, in any order and on any thread. body writes only to its own index:
/// reductions are summed afterwards in index order, so that the bytes do not depend on the thread count.
/// An exception of the body ends the loop and is rethrown.
void parallel_for(std::int64_t begin, std::int64_t end, const std::function<void(std::int64_t)>& body);

/// Texts made on any thread and given on one at a time in their order: make(i, text) for 0 <= i < count appends to an
/// empty text, take(text) returns false to end the work. Only a few texts are held at any time.
void parallel_in_order(std::int64_t count, const std::function<void(std::int64_t, std::string&)>& make,
                       const std::function<bool(const std::string&)>& take);

}  // namespace radtype
