#include "radtype/core/seed.h"

#include <cmath>

#include "radtype/core/error.h"

namespace radtype {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;

// Finaliser of SplitMix64 (steele2014).
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t derive_seed(std::uint64_t seed, std::initializer_list<std::uint64_t> purpose) {
  std::uint64_t state = mix(seed + kGolden);
  for (const std::uint64_t part : purpose) state = mix(state + kGolden + mix(part + kGolden));
  return state;
}

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

Random::result_type Random::operator()() {
  state_ += kGolden;
  return mix(state_);
}

double Random::uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * M_PI * uniform());
}

std::uint64_t Random::below(std::uint64_t bound) {
  RADTYPE_CHECK(bound >= 1);
  // Numbers under 2^64 mod bound are drawn again, so that every remainder has the same number of sources.
  const std::uint64_t first_fair = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t drawn = (*this)();
    if (drawn >= first_fair) return drawn % bound;
  }
}

}  // namespace radtype
