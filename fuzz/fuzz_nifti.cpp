#include "fuzz_volume.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  const auto bytes = std::as_bytes(std::span(data, size));
  fuzz::read_a_bit(io::open_nifti(
      io::memory_bytes(bytes), [&]() -> Result<std::shared_ptr<io::ByteSource>> { return io::memory_bytes(bytes); }));
  return 0;
}
