#include "report/words.h"

#include <fmt/format.h>

#include "radtype/feature/catalogue.h"

namespace radtype::report {

nlohmann::json feature_words(const std::vector<std::string>& names) {
  nlohmann::json words = nlohmann::json::object();
  for (const std::string& name : names) {
    const feature::Entry* entry = feature::find_feature(name);
    words[name] = entry == nullptr
                      ? nlohmann::json({{"unit", ""}, {"family", "given"}, {"definition", ""}, {"version", 1}})
                      : nlohmann::json({{"unit", entry->unit},
                                        {"family", entry->family},
                                        {"definition", entry->definition},
                                        {"version", entry->version}});
  }
  return words;
}

std::string counted(std::size_t n, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace radtype::report
