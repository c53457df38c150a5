// Integer ranks of many values, with ties.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace radtype::texture {

/// Ascending; radix, so that its cost does not depend on the values.
void sort_keys(std::vector<std::uint32_t>& keys);

/// Unsigned integers in the order of the (finite) values; -0 and 0 are one.
std::uint32_t ordered_key(float value);

/// Finds a key among ascending distinct ones.
class KeyIndex {
 public:
  KeyIndex() = default;
  explicit KeyIndex(std::vector<std::uint32_t> ascending);
  /// Place of `key`, which is one of them.
  std::size_t operator()(std::uint32_t key) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::vector<std::uint32_t> keys_;
  std::vector<std::uint32_t> first_;  // of each bucket of keys that share their leading bits
  unsigned shift_ = 0;
};

/// Centred mid-ranks of a sample: values below minus values above. They sum to zero, and reversing the order of all
/// values changes every sign.
class MidRanks {
 public:
  explicit MidRanks(std::vector<std::uint32_t> keys);
  std::int32_t operator()(std::uint32_t key) const { return centred_[index_(key)]; }

 private:
  KeyIndex index_;
  std::vector<std::int32_t> centred_;
};

}  // namespace radtype::texture
