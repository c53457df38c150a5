// Values of a column as words.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace radtype::outcome {

/// More different words than this are no groups and no categories.
constexpr std::size_t kMostCategories = 50;

/// "1.0" and "1" are one word.
std::string canonical_word(const std::string& cell);
/// Different ones, numbers by size, else by name.
std::vector<std::string> distinct_words(std::vector<std::string> words);

}  // namespace radtype::outcome
