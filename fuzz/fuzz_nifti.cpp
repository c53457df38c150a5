#include "fuzz_volume.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  const auto bytes = std::as_bytes(std::span(data, size));
  const io::OpenPartner open_partner = [&]() -> Result<io::NiftiPartner> {
    return io::NiftiPartner{io::memory_bytes(bytes), size > 0 && data[0] == 0x1f};
  };
  fuzz::read_a_bit(io::open_nifti(io::memory_bytes(bytes), open_partner));
  return 0;
}
