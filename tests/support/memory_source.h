// An image in memory where one from a file is expected.
#pragma once

#include <utility>

#include "radtype/io/image_source.h"

namespace radtype::test {

class MemorySource : public io::ImageSource {
 public:
  explicit MemorySource(Image image) : image_(std::move(image)) { info_.grid = image_.grid; }

  Result<void> read_slices(std::int64_t k_begin, std::int64_t k_end, const io::SliceVisitor& visit) override {
    const auto count = static_cast<std::size_t>(image_.grid.size()[0] * image_.grid.size()[1]);
    for (std::int64_t k = k_begin; k < k_end; ++k) {
      const auto first = image_.voxels.begin() + static_cast<std::ptrdiff_t>(image_.offset(0, 0, k));
      const std::vector<double> slice(first, first + static_cast<std::ptrdiff_t>(count));
      if (auto visited = visit(k, slice); !visited) return visited;
    }
    return {};
  }

 private:
  Image image_;
};

}  // namespace radtype::test
