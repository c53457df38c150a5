#include "fuzz_volume.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  const auto bytes = std::as_bytes(std::span(data, size));
  fuzz::read_a_bit(io::open_metaimage(io::memory_bytes(bytes), fuzz::sibling_of(bytes)));
  return 0;
}
