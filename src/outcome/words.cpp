#include "words.h"

#include <algorithm>
#include <cmath>

#include "radtype/core/text.h"

namespace radtype::outcome {

std::string canonical_word(const std::string& cell) {
  const auto number = parse_double(cell);
  return number && std::isfinite(*number) ? shortest(*number) : cell;
}

std::vector<std::string> distinct_words(std::vector<std::string> words) {
  const bool numbers = std::all_of(words.begin(), words.end(), [](const std::string& one) {
    const auto number = parse_double(one);
    return number && std::isfinite(*number);
  });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (numbers) {
    std::sort(words.begin(), words.end(),
              [](const std::string& a, const std::string& b) { return *parse_double(a) < *parse_double(b); });
  }
  return words;
}

}  // namespace radtype::outcome
