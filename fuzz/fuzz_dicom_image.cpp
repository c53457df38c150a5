// One DICOM image slice: structure, attributes, SUV, native and compressed pixel data.
#include <cstddef>
#include <cstdint>

#include "radtype/io/dicom.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace radtype;
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  auto source = io::open_dicom_slice(io::memory_bytes(bytes));
  if (source) {
    // Whether the pixel data can be decoded is not for the fuzzer to say.
    (void)(*source)->read_slices(0, 1, [](std::int64_t, std::span<const double>) -> Result<void> { return {}; });
  }
  return 0;
}
