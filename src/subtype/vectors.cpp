#include "subtype/vectors.h"

namespace radtype::subtype {

// -ffp-contract=off keeps multiplications and additions apart, which wider processors could fuse.
#if defined(__x86_64__)
#define RADTYPE_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define RADTYPE_WIDE
#endif

RADTYPE_WIDE
void inner_products(const double* row, const VectorRows& rows, const std::vector<std::uint32_t>& which,
                    double* products) {
  for (std::size_t n = 0; n < which.size(); ++n) products[n] = inner_product(row, rows.row(which[n]), rows.width());
}

RADTYPE_WIDE
void squared_distances(const double* row, const VectorRows& rows, const std::vector<std::uint32_t>& which,
                       double* squared) {
  for (std::size_t n = 0; n < which.size(); ++n) squared[n] = squared_distance(row, rows.row(which[n]), rows.width());
}

RADTYPE_WIDE
void squared_to_columns(const double* row, const double* points, std::size_t width, std::size_t columns,
                        double* squared) {
  constexpr std::size_t kQuad = 4;
  using Quad = double __attribute__((vector_size(kQuad * sizeof(double))));
  for (std::size_t c = 0; c < columns; c += kQuad) {
    Quad sums[4] = {};
    for (std::size_t f = 0; f < width; f += 4) {
      for (std::size_t n = 0; n < 4; ++n) {
        Quad apart;
        std::memcpy(&apart, points + (f + n) * columns + c, sizeof apart);
        apart -= row[f + n];
        sums[n] += apart * apart;
      }
    }
    const Quad sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
    std::memcpy(squared + c, &sum, sizeof sum);
  }
}

RADTYPE_WIDE
std::size_t equal_bytes(const std::uint8_t* a, const std::uint8_t* b, std::size_t n) {
  constexpr std::size_t kLanes = 32;
  using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));
  std::size_t count = 0;
  std::size_t r = 0;
  while (r + kLanes <= n) {
    Bytes equal = {};  // a lane counts to 255 before it is emptied
    const std::size_t stop = std::min(n - n % kLanes, r + kLanes * 255);
    for (; r < stop; r += kLanes) {
      Bytes x, y;
      std::memcpy(&x, a + r, sizeof x);
      std::memcpy(&y, b + r, sizeof y);
      equal -= static_cast<Bytes>(x == y);  // true is -1
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) count += equal[lane];
  }
  for (; r < n; ++r) count += a[r] == b[r];
  return count;
}

}  // namespace radtype::subtype
