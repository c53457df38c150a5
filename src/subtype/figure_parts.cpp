#include "subtype/figure_parts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "radtype/subtype/discovery_figures.h"

namespace radtype::subtype {
namespace {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;
using figure::TextStyle;

constexpr std::size_t kMostCategories = 12;
constexpr double kBarHeightPt = 7;
const TextStyle kTitle{.size_pt = 10, .colour = kInk, .bold = true};
const TextStyle kBelow{.size_pt = 7.5, .colour = {0.35, 0.35, 0.35, 1}};
constexpr double kTitleBaselinePt = 20;
constexpr double kLinePt = 10.5;

double width_of(const std::string& text, const TextStyle& style) { return Canvas(1, 1).text_width_pt(text, style); }

}  // namespace

std::string shortened(const std::string& text, double width_pt, const TextStyle& style) {
  if (width_of(text, style) <= width_pt) return text;
  std::string kept = text;
  while (!kept.empty()) {
    while ((static_cast<unsigned char>(kept.back()) & 0xC0) == 0x80) kept.pop_back();  // the rest of a character
    kept.pop_back();
    if (width_of(kept + "…", style) <= width_pt) break;
  }
  return kept + "…";
}

std::vector<std::string> wrapped(const std::string& text, double width_pt, const TextStyle& style) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (lines.empty() || width_of(longer, style) > width_pt)
      lines.push_back(word);
    else
      lines.back() = longer;
  }
  return lines;
}

Heading::Heading(std::string title, const std::string& below)
    : title_(std::move(title)), lines_(wrapped(below, kDiscoveryFigureWidthPt - 2 * kMarginPt, kBelow)) {}

double Heading::height_pt() const { return kTitleBaselinePt + 4 + kLinePt * static_cast<double>(lines_.size()); }

void Heading::draw(Canvas& canvas) const {
  canvas.text(kMarginPt, kTitleBaselinePt, title_, kTitle);
  double y = kTitleBaselinePt + 2;
  for (const std::string& line : lines_) canvas.text(kMarginPt, y += kLinePt, line, kBelow);
}

Canvas page(double height_pt) { return {kDiscoveryFigureWidthPt, std::ceil(height_pt)}; }

std::string outcome(const Discovery& discovery) {
  return discovery.k == 1 ? "no subtypes found (k = 1)" : fmt::format("{} subtypes", discovery.k);
}

Colour subtype_colour(int index) {
  constexpr int kSeries = 7;  // the eighth is black, the colour of text
  const Colour colour = figure::series_colour(index % kSeries);
  constexpr double kShade = 0.55;
  return index % (2 * kSeries) < kSeries ? colour : Colour{kShade * colour.r, kShade * colour.g, kShade * colour.b, 1};
}

Colour consensus_colour(double value) { return figure::diverging_colour(0.5 - 0.5 * value); }

void append_rgb(std::vector<std::uint8_t>& rgb, const Colour& colour) {
  for (const double part : {colour.r, colour.g, colour.b})
    rgb.push_back(static_cast<std::uint8_t>(std::lround(255 * part)));
}

std::vector<Tick> number_ticks(double low, double high, int count) {
  std::vector<Tick> ticks;
  for (const double at : figure::nice_ticks(low, high, count)) ticks.push_back({at, fmt::format("{:g}", at)});
  return ticks;
}

void Plot::draw(Canvas& canvas, const std::vector<Tick>& across_ticks, const std::vector<Tick>& down_ticks,
                const std::string& across_name, const std::string& down_name) const {
  double widest = 0;
  for (const Tick& tick : down_ticks) {
    const TextStyle style{.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kEnd};
    canvas.line(x - 2.5, down(tick.at), x, down(tick.at), kInk, 0.6);
    canvas.text(x - 4, down(tick.at) + 2.5, tick.text, style);
    widest = std::max(widest, canvas.text_width_pt(tick.text, style));
  }
  for (const Tick& tick : across_ticks) {
    canvas.line(across(tick.at), y + height, across(tick.at), y + height + 2.5, kInk, 0.6);
    canvas.text(across(tick.at), y + height + 10, tick.text,
                {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kMiddle});
  }
  const std::pair<double, double> corners[] = {{x, y}, {x, y + height}, {x + width, y + height}, {x + width, y}};
  canvas.polyline(corners, kInk, 0.6, true);
  canvas.text(x + 0.5 * width, y + height + 20, across_name,
              {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kMiddle});
  canvas.text(x - widest - 8, y + 0.5 * height, down_name,
              {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kMiddle, .rotate_degrees = -90});
}

void draw_colour_bar(Canvas& canvas, double x, double y, double width_pt, const std::function<Colour(double)>& colour,
                     const std::vector<Tick>& ticks) {
  constexpr int kSteps = 128;
  std::vector<std::uint8_t> rgb;
  for (int n = 0; n < kSteps; ++n) append_rgb(rgb, colour((n + 0.5) / kSteps));
  canvas.image(x, y, width_pt, kBarHeightPt, kSteps, 1, rgb, true);
  const std::pair<double, double> corners[] = {
      {x, y}, {x, y + kBarHeightPt}, {x + width_pt, y + kBarHeightPt}, {x + width_pt, y}};
  canvas.polyline(corners, kInk, 0.4, true);
  for (const Tick& tick : ticks) {
    const double at = x + tick.at * width_pt;
    canvas.line(at, y + kBarHeightPt, at, y + kBarHeightPt + 2, kInk, 0.5);
    canvas.text(at, y + kBarHeightPt + 9, tick.text, {.size_pt = kSmallPt, .colour = kInk, .anchor = Anchor::kMiddle});
  }
}

void draw_legend(Canvas& canvas, double x, double y, double width_pt, const std::vector<LegendEntry>& entries) {
  const TextStyle style{.size_pt = kSmallPt, .colour = kInk};
  for (const LegendEntry& entry : entries) {
    canvas.rectangle(x, y + 1, 7, 7, entry.colour);
    canvas.text(x + 10, y + 7.2, shortened(entry.text, width_pt - 10, style), style);
    y += kLegendRowPt;
  }
}

double legend_height_pt(const std::vector<LegendEntry>& entries) {
  return kLegendRowPt * static_cast<double>(entries.size());
}

std::vector<LegendEntry> subtype_legend(const Discovery& discovery) {
  if (discovery.k == 1) return {{kOthers, "no subtypes"}};
  std::vector<LegendEntry> entries;
  for (int label = 1; label <= discovery.k; ++label) {
    const auto cases = std::count(discovery.labels.begin(), discovery.labels.end(), label);
    entries.push_back({subtype_colour(label - 1), fmt::format("subtype {}, n = {}", label, cases)});
  }
  return entries;
}

Categories::Categories(const std::vector<std::string>& of_case, int first_colour) {
  std::map<std::string, std::size_t> cases;
  for (const std::string& word : of_case) ++cases[word];
  std::vector<std::string> words;
  for (const auto& [word, count] : cases) words.push_back(word);
  const bool has_others = words.size() > kMostCategories;
  if (has_others) {
    std::stable_sort(words.begin(), words.end(),
                     [&](const std::string& a, const std::string& b) { return cases[a] > cases[b]; });
    words.resize(kMostCategories);
    std::sort(words.begin(), words.end());
  }
  std::map<std::string, std::size_t> place;
  for (const std::string& word : words) {
    place[word] = legend_.size();
    const int colour = first_colour + static_cast<int>(legend_.size());
    legend_.push_back({figure::muted_colour(colour), word.empty() ? "not stated" : word});
  }
  if (has_others) legend_.push_back({kOthers, fmt::format("others ({})", cases.size() - kMostCategories)});
  for (const std::string& word : of_case) {
    const auto found = place.find(word);
    of_case_.push_back(found == place.end() ? kMostCategories : found->second);
  }
}

std::vector<std::string> words_of(const Discovery& discovery, const std::function<std::string(const Case&)>& word) {
  std::vector<std::string> words;
  for (std::size_t row = 0; row < discovery.prepared().rows; ++row) words.push_back(word(discovery.prepared_case(row)));
  return words;
}

std::vector<double> spread_out(std::vector<double> wanted, double gap, double low, double high) {
  for (double& place : wanted) {
    place = std::max(place, low);
    low = place + gap;
  }
  for (auto place = wanted.rbegin(); place != wanted.rend(); ++place) {
    *place = std::min(*place, high);
    high = *place - gap;
  }
  return wanted;
}

}  // namespace radtype::subtype
