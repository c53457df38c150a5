// Reading JSON that was written by this module. It believes nothing: a model travels, and is edited by hand.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "radtype/core/error.h"

namespace radtype::subtype {

using nlohmann::json;

template <class T>
using Words = std::array<std::pair<T, const char*>, 3>;

template <class T>
const char* word_of(const Words<T>& words, T value) {
  return std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.first == value; })->second;
}

/// A place in the document. The first thing wrong is kept, and what is read after it is empty: one check at the end.
class Reader {
 public:
  Reader(const json& value, std::string path, std::optional<Error>& error)
      : value_(value), path_(std::move(path)), error_(error) {}

  void wrong(const std::string& what) const {
    if (!error_) error_ = Error(ErrorCode::kCorrupt, fmt::format("{}: {}", path_.empty() ? "the model" : path_, what));
  }
  /// An object with these keys and no others.
  void keys(std::initializer_list<std::string_view> names) const {
    if (!value_.is_object()) return wrong("is no object");
    for (const std::string_view name : names) {
      if (!value_.contains(name)) wrong(fmt::format("has no key '{}'", name));
    }
    for (const auto& [name, unused] : value_.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        wrong(fmt::format("has the key '{}', which is not known; known are {}", name, fmt::join(names, ", ")));
    }
  }
  Reader operator[](std::string_view key) const {
    const std::string path = path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
    const bool found = value_.is_object() && value_.contains(key);
    return {found ? value_[key] : kNothing, path, error_};
  }
  std::vector<Reader> list() const {
    std::vector<Reader> all;
    if (!value_.is_array()) wrong("is no list");
    for (std::size_t n = 0; n < value_.size() && value_.is_array(); ++n)
      all.emplace_back(value_[n], fmt::format("{}[{}]", path_, n), error_);
    return all;
  }
  double number() const {
    if (value_.is_number() && std::isfinite(value_.get<double>())) return value_.get<double>();
    wrong("is no finite number");
    return 0;
  }
  double number(double above, double most) const {
    const double value = number();
    if (!(value > above && value <= most)) wrong(fmt::format("{} is not above {} and at most {}", value, above, most));
    return value;
  }
  std::vector<double> numbers(std::size_t count, double above) const {
    std::vector<double> all;
    for (const Reader& one : list()) all.push_back(one.number(above, kMost));
    if (all.size() != count) wrong(fmt::format("has {} numbers where {} belong", all.size(), count));
    return all;
  }
  std::vector<double> ascending_numbers() const {
    std::vector<double> all;
    for (const Reader& one : list()) all.push_back(one.number());
    if (std::adjacent_find(all.begin(), all.end(), std::greater_equal<>()) != all.end()) wrong("does not ascend");
    return all;
  }
  std::size_t count() const {
    if (value_.is_number_unsigned()) return value_.get<std::size_t>();
    wrong("is no whole number from 0");
    return 0;
  }
  int integer() const {
    if (value_.is_number_integer() && std::abs(value_.get<double>()) < 1e9) return value_.get<int>();
    wrong("is no whole number");
    return 0;
  }
  bool yes_or_no() const {
    if (value_.is_boolean()) return value_.get<bool>();
    wrong("is neither true nor false");
    return false;
  }
  void nothing() const {
    if (!value_.is_null()) wrong("must be null: the options do not ask for it");
  }
  std::string text() const {
    if (value_.is_string()) return value_.get<std::string>();
    wrong("is no text");
    return {};
  }
  template <class T>
  T choice(const Words<T>& words) const {
    const std::string given = text();
    for (const auto& [value, word] : words) {
      if (given == word) return value;
    }
    wrong(fmt::format("'{}' is none of {}, {}, {}", given, words[0].second, words[1].second, words[2].second));
    return {};
  }

  static constexpr double kMost = std::numeric_limits<double>::max();

 private:
  static inline const json kNothing = nullptr;
  const json& value_;
  std::string path_;
  std::optional<Error>& error_;
};

}  // namespace radtype::subtype
