// itk_read FILE SIZE SLICES: reads an int16 volume whole with ITK's reader; what bench/scan.sh sets beside radtype's
// memory.
#include <cstdio>
#include <cstdlib>

#include "support/itk_volume.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "itk_read FILE SIZE SLICES\n");
    return 2;
  }
  try {
    auto reader = itk::ImageFileReader<itk::Image<short, 3>>::New();
    reader->SetImageIO(radtype::test::itk_io_for(argv[1]));
    reader->SetFileName(argv[1]);
    reader->Update();
    const auto size = reader->GetOutput()->GetLargestPossibleRegion().GetSize();
    const auto side = std::strtoul(argv[2], nullptr, 10);
    // Every voxel must have been brought in before the memory counts.
    const short* voxels = reader->GetOutput()->GetBufferPointer();
    long sum = 0;
    for (std::size_t i = 0; i < size[0] * size[1] * size[2]; ++i) sum += voxels[i];
    return size[0] == side && size[1] == side && size[2] == std::strtoul(argv[3], nullptr, 10) && sum != 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "itk_read: %s\n", error.what());
    return 1;
  }
}
