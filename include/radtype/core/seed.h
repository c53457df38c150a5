// Random streams derived from what they are for, never from threads or a global engine.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace radtype {

/// A seed for one purpose: derive_seed(run_seed, {hash_name(case), resample}). Order matters.
std::uint64_t derive_seed(std::uint64_t seed, std::initializer_list<std::uint64_t> purpose);
/// 64-bit FNV-1a of a name, the same on every machine.
std::uint64_t hash_name(std::string_view name);

/// SplitMix64 counter generator (Steele 2014): the n-th number depends on seed and n alone. Satisfies
/// UniformRandomBitGenerator; uniform() and normal() are given here because std:: distributions differ between
/// libraries.
class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()();
  double uniform();                          ///< [0, 1)
  double normal();                           ///< mean 0, standard deviation 1 (Box-Muller)
  std::uint64_t below(std::uint64_t bound);  ///< [0, bound), unbiased; bound >= 1

 private:
  std::uint64_t state_;
};

}  // namespace radtype
