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
  /// Of one of the keys.
  std::int32_t operator()(std::uint32_t key) const { return centred_[place(key)]; }
  /// Where a key's mid-rank is found among all of them, which come in ascending order.
  std::size_t place(std::uint32_t key) const { return counted_ ? std::size_t{key - first_key_} : index_(key); }
  const std::vector<std::int32_t>& all() const { return centred_; }

 private:
  void count(const std::vector<std::uint32_t>& keys, std::size_t range);
  void sort(std::vector<std::uint32_t> keys);

  bool counted_ = false;         ///< centred_ has a value for every key from the first on; else index_ finds them
  std::uint32_t first_key_ = 0;  ///< least, where they are counted
  KeyIndex index_;
  std::vector<std::int32_t> centred_;
};

}  // namespace radtype::texture
