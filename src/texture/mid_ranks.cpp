#include "texture/mid_ranks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "radtype/core/error.h"

namespace radtype::texture {
namespace {

constexpr unsigned kDigitBits = 11;
constexpr unsigned kDigits = 3;  // 33 bits
constexpr std::size_t kDigitValues = std::size_t{1} << kDigitBits;
constexpr unsigned kBucketBits = 16;
// Keys whose range is at most so many times their number are counted rather than sorted.
constexpr std::size_t kRangeToCount = 2;

}  // namespace

void sort_keys(std::vector<std::uint32_t>& keys) {
  std::array<std::array<std::size_t, kDigitValues>, kDigits> places{};
  for (const std::uint32_t key : keys) {
    for (unsigned digit = 0; digit < kDigits; ++digit)
      ++places[digit][key >> (digit * kDigitBits) & (kDigitValues - 1)];
  }
  std::vector<std::uint32_t> other(keys.size());
  for (unsigned digit = 0; digit < kDigits; ++digit) {
    const auto value_of_first = keys.empty() ? 0 : keys.front() >> (digit * kDigitBits) & (kDigitValues - 1);
    if (places[digit][value_of_first] == keys.size()) continue;  // as whole HU have in the last digit
    std::size_t before = 0;
    for (std::size_t& place : places[digit]) before += std::exchange(place, before);
    for (const std::uint32_t key : keys) {
      other[places[digit][key >> (digit * kDigitBits) & (kDigitValues - 1)]++] = key;
    }
    keys.swap(other);
  }
}

std::uint32_t ordered_key(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  constexpr std::uint32_t kSign = 0x80000000U;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

KeyIndex::KeyIndex(std::vector<std::uint32_t> ascending) : keys_(std::move(ascending)) {
  if (keys_.empty()) return;
  const std::uint32_t range = keys_.back() - keys_.front();
  const auto bits = static_cast<unsigned>(std::bit_width(range));
  shift_ = bits > kBucketBits ? bits - kBucketBits : 0;
  first_.assign((range >> shift_) + 2, static_cast<std::uint32_t>(keys_.size()));
  for (std::size_t n = keys_.size(); n-- > 0;) {
    first_[(keys_[n] - keys_.front()) >> shift_] = static_cast<std::uint32_t>(n);
  }
  for (std::size_t bucket = first_.size() - 1; bucket-- > 0;) {
    first_[bucket] = std::min(first_[bucket], first_[bucket + 1]);
  }
}

std::size_t KeyIndex::operator()(std::uint32_t key) const {
  const std::size_t bucket = (key - keys_.front()) >> shift_;
  const auto begin = keys_.begin() + first_[bucket];
  const auto found = std::lower_bound(begin, keys_.begin() + first_[bucket + 1], key);
  return static_cast<std::size_t>(found - keys_.begin());
}

MidRanks::MidRanks(std::vector<std::uint32_t> keys) {
  if (keys.empty()) return;
  const auto [least, most] = std::minmax_element(keys.begin(), keys.end());
  const std::size_t range = std::size_t{*most - *least} + 1;
  if (range / kRangeToCount <= keys.size()) {
    first_key_ = *least;
    count(keys, range);
  } else {
    sort(std::move(keys));
  }
}

void MidRanks::count(const std::vector<std::uint32_t>& keys, std::size_t range) {
  counted_ = true;
  centred_.assign(range, 0);
  for (const std::uint32_t key : keys) ++centred_[key - first_key_];
  const auto count = static_cast<std::int64_t>(keys.size());
  std::int64_t below = 0;
  for (std::int32_t& value : centred_) {
    const std::int64_t here = value;
    value = static_cast<std::int32_t>(2 * below + here - count);
    below += here;
  }
}

void MidRanks::sort(std::vector<std::uint32_t> keys) {
  sort_keys(keys);
  const auto count = static_cast<std::int64_t>(keys.size());
  std::size_t distinct = 0;
  for (std::size_t first = 0, next = 0; first < keys.size(); first = next) {
    const std::uint32_t key = keys[first];
    while (next < keys.size() && keys[next] == key) ++next;
    keys[distinct++] = key;
    centred_.push_back(static_cast<std::int32_t>(static_cast<std::int64_t>(first + next) - count));
  }
  keys.resize(distinct);
  keys.shrink_to_fit();
  index_ = KeyIndex(std::move(keys));
}

}  // namespace radtype::texture
