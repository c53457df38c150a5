// What lies where in an SVG that Canvas wrote: letters are outlines at absolute places, one group of them a text.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace radtype::test {

struct Box {
  double left = std::numeric_limits<double>::infinity(), top = left, right = -left, bottom = -left;

  bool empty() const { return left > right; }
  void add(double x, double y) {
    left = std::min(left, x);
    right = std::max(right, x);
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
  Box moved(double x, double y) const { return {left + x, top + y, right + x, bottom + y}; }
  bool within(const Box& other, double slack) const {
    return left > other.left - slack && right < other.right + slack && top > other.top - slack &&
           bottom < other.bottom + slack;
  }
  /// By more than the slack.
  bool overlaps(const Box& other, double slack) const {
    return left + slack < other.right && other.left + slack < right && top + slack < other.bottom &&
           other.top + slack < bottom;
  }
};

struct SvgLayout {
  std::vector<Box> shapes;
  std::vector<std::vector<Box>> texts;  ///< letters of each; spaces left out
};

/// Bounds of curves are those of their control points. Images are left out.
inline SvgLayout layout_of(const std::string& svg) {
  const auto attribute = [](const std::string& tag, const std::string& name) -> std::string {
    const std::size_t at = tag.find(" " + name + "=\"");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 3;
    return tag.substr(begin, tag.find('"', begin) - begin);
  };
  const auto bounds = [](const std::string& path) {
    Box box;
    const char* at = path.c_str();
    bool is_x = true;
    for (double x = 0; *at != 0;) {
      char* end = nullptr;
      const double number = std::strtod(at, &end);
      if (end == at) {
        ++at;  // a letter or a space
        continue;
      }
      at = end;
      if (!is_x) box.add(x, number);
      x = number;
      is_x = !is_x;
    }
    return box;
  };
  SvgLayout layout;
  std::map<std::string, Box> letters;
  std::string symbol;
  bool in_definitions = false;
  for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const std::string tag = svg.substr(at, svg.find('>', at) - at);
    if (tag.starts_with("<defs")) in_definitions = true;
    if (tag.starts_with("</defs")) in_definitions = false;
    if (tag.starts_with("<symbol")) symbol = attribute(tag, "id");
    if (tag.starts_with("<path") && in_definitions && !symbol.empty()) letters[symbol] = bounds(attribute(tag, "d"));
    if (tag.starts_with("</symbol")) symbol.clear();
    if (in_definitions) continue;
    if (tag.starts_with("<g style")) layout.texts.emplace_back();
    if (tag.starts_with("<path")) layout.shapes.push_back(bounds(attribute(tag, "d")));
    const std::string target = attribute(tag, "xlink:href");
    if (!tag.starts_with("<use") || !target.starts_with("#glyph")) continue;
    const Box letter = letters[target.substr(1)];
    if (!letter.empty())
      layout.texts.back().push_back(letter.moved(std::stod(attribute(tag, "x")), std::stod(attribute(tag, "y"))));
  }
  return layout;
}

}  // namespace radtype::test
