#include "outcome/figure_parts.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

namespace radtype::outcome {

using figure::Anchor;
using figure::Canvas;
using figure::Colour;
using figure::TextStyle;

namespace {

const TextStyle kTitle{.size_pt = 9, .colour = kInk, .bold = true};
const TextStyle kNote{.size_pt = kSmallPt, .colour = kSoft};
constexpr double kTitleLinePt = 12;

/// Where the characters of the text begin, and its end.
std::vector<std::size_t> characters(const std::string& text) {
  std::vector<std::size_t> begins;
  for (std::size_t n = 0; n < text.size(); ++n) {
    if ((static_cast<unsigned char>(text[n]) & 0xC0) != 0x80) begins.push_back(n);
  }
  begins.push_back(text.size());
  return begins;
}

/// The longest beginning of whole characters that fits.
std::string beginning(const std::string& text, double width_pt, const TextStyle& style) {
  const std::vector<std::size_t> ends = characters(text);
  const auto too_long = std::partition_point(
      ends.begin(), ends.end(), [&](std::size_t end) { return text_width(text.substr(0, end), style) <= width_pt; });
  return too_long == ends.begin() ? "" : text.substr(0, *(too_long - 1));
}

}  // namespace

double width_pt(PageWidth width) { return width == PageWidth::kOneColumn ? 250 : 510; }

Colour group_colour(int index) {
  constexpr int kSeries = 7;
  constexpr double kShade = 0.55;
  const Colour colour = figure::series_colour(index % kSeries);
  return index % (2 * kSeries) < kSeries ? colour : Colour{kShade * colour.r, kShade * colour.g, kShade * colour.b, 1};
}

TextStyle small(Anchor anchor, bool bold) {
  return {.size_pt = kSmallPt, .colour = kInk, .anchor = anchor, .bold = bold};
}

double text_width(const std::string& text, const TextStyle& style) { return Canvas(1, 1).text_width_pt(text, style); }

double widest(const std::vector<std::string>& texts, const TextStyle& style) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, style));
  return width;
}

std::string shortened(const std::string& text, double width_pt, const TextStyle& style) {
  if (text_width(text, style) <= width_pt) return text;
  std::string kept = beginning(text, width_pt - text_width("…", style), style);
  while (kept.ends_with(' ')) kept.pop_back();
  return kept + "…";
}

std::vector<std::string> wrapped(const std::string& text, double width_pt, const TextStyle& style) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && text_width(lines.back() + " " + word, style) <= width_pt) {
      lines.back() += " " + word;
      continue;
    }
    while (text_width(word, style) > width_pt) {
      std::string part = beginning(word, width_pt, style);
      if (part.empty()) part = word.substr(0, characters(word)[1]);
      word.erase(0, part.size());
      lines.push_back(std::move(part));
      if (word.empty()) break;
    }
    if (!word.empty()) lines.push_back(word);
  }
  return lines;
}

double draw_lines(Canvas& canvas, double x, double y, const std::vector<std::string>& lines, const TextStyle& style) {
  for (const std::string& line : lines) {
    canvas.text(x, y, line, style);
    y += kLinePt * style.size_pt / kSmallPt;
  }
  return y;
}

std::string number_text(double value) {
  const double size = std::abs(value);
  const std::string digits =
      size == 0 || (size >= 1e-4 && size < 1e7) ? fmt::format("{}", size) : fmt::format("{:g}", size);
  return (value < 0 ? "−" : "") + digits;
}

std::string count_text(double count) {
  return count == std::round(count) ? fmt::format("{:.0f}", count) : fmt::format("{:.1f}", count);
}

Heading::Heading(const Caption& caption, const std::string& more_note) {
  const double room = width_pt(caption.width) - 2 * kMarginPt;
  title_ = wrapped(caption.title, room, kTitle);
  note_ = wrapped(caption.note + " " + more_note, room, kNote);
}

double Heading::height_pt() const {
  const double height = kTitleLinePt * static_cast<double>(title_.size()) + kLinePt * static_cast<double>(note_.size());
  return kMarginPt + height + (height > 0 ? 6 : 0);
}

void Heading::draw(Canvas& canvas) const {
  double y = kMarginPt;
  for (const std::string& line : title_) {
    canvas.text(kMarginPt, y + 8, line, kTitle);
    y += kTitleLinePt;
  }
  draw_lines(canvas, kMarginPt, y + 6.5, note_, kNote);
}

Canvas page(PageWidth width, double height_pt) { return {width_pt(width), std::ceil(height_pt)}; }

Canvas empty_page(const Caption& caption, const std::string& reason) {
  const Heading heading(caption);
  const double room = width_pt(caption.width) - 2 * kMarginPt;
  const std::vector<std::string> lines = wrapped(reason, room - 12, small());
  const double height = kLinePt * static_cast<double>(lines.size()) + 11;
  Canvas canvas = page(caption.width, heading.height_pt() + height + kMarginPt);
  heading.draw(canvas);
  canvas.rectangle(kMarginPt, heading.height_pt(), room, height, kStripe);
  draw_lines(canvas, kMarginPt + 6, heading.height_pt() + 12, lines, kNote);
  return canvas;
}

std::vector<Tick> number_ticks(double low, double high, int count) {
  std::vector<Tick> ticks;
  std::size_t decimals = 0;
  for (const double at : figure::nice_ticks(low, high, count)) {
    ticks.push_back({at, number_text(at)});
    const std::string& text = ticks.back().text;
    if (text.find('e') == std::string::npos && text.find('.') != std::string::npos)
      decimals = std::max(decimals, text.size() - text.find('.') - 1);
  }
  for (Tick& tick : ticks) {
    if (tick.at == 0 || decimals == 0 || tick.text.find('e') != std::string::npos) continue;
    tick.text = fmt::format("{}{:.{}f}", tick.at < 0 ? "−" : "", std::abs(tick.at), decimals);
  }
  return ticks;
}

std::vector<Tick> ticks_within(double low, double high, int count) {
  std::vector<Tick> ticks = number_ticks(low, high, count);
  const double slack = 1e-9 * (high - low);
  std::erase_if(ticks, [&](const Tick& tick) { return tick.at < low - slack || tick.at > high + slack; });
  return ticks;
}

double widest(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, text_width(tick.text, small()));
  return width;
}

void Plot::draw_left_axis(Canvas& canvas, const std::vector<Tick>& ticks, const std::string& name, bool grid) const {
  for (const Tick& tick : ticks) {
    if (grid) canvas.line(x, down(tick.at), x + width, down(tick.at), kFaint, 0.5);
    canvas.line(x - 2.5, down(tick.at), x, down(tick.at), kInk, 0.6);
    canvas.text(x - 4.5, down(tick.at) + 2.5, tick.text, small(Anchor::kEnd));
  }
  canvas.line(x, y, x, y + height, kInk, 0.6);
  TextStyle style = small(Anchor::kMiddle);
  style.rotate_degrees = -90;
  canvas.text(x - widest(ticks) - 8.5, y + 0.5 * height, shortened(name, height, style), style);
}

void Plot::draw_lower_axis(Canvas& canvas, const std::vector<Tick>& ticks, const std::string& name) const {
  for (const Tick& tick : ticks) {
    canvas.line(across(tick.at), y + height, across(tick.at), y + height + 2.5, kInk, 0.6);
    canvas.text(across(tick.at), y + height + 10, tick.text, small(Anchor::kMiddle));
  }
  canvas.line(x, y + height, x + width, y + height, kInk, 0.6);
  canvas.text(x + 0.5 * width, y + height + 20, shortened(name, width, small()), small(Anchor::kMiddle));
}

double left_axis_pt(const std::vector<Tick>& ticks, const std::string& name) {
  return widest(ticks) + (name.empty() ? 5 : 15);
}

ColumnNames::ColumnNames(std::vector<std::string> names, double pitch_pt, double most_pt)
    : names_(std::move(names)), pitch_(pitch_pt) {
  const double width = widest(names_, small());
  constexpr double kSmallestPt = 6;
  size_pt_ = std::clamp(kSmallPt * (pitch_ - 2.5) / std::max(width, 1.0), kSmallestPt, kSmallPt);
  // Names shortened to less than this say nothing.
  upright_ = width * size_pt_ / kSmallPt > pitch_ - 2 && pitch_ < 44;
  if (upright_) size_pt_ = kSmallPt;
  figure::TextStyle style = small();
  style.size_pt = size_pt_;
  for (std::string& name : names_) name = shortened(name, upright_ ? most_pt : pitch_ - 2, style);
  if (upright_) height_ = std::min(width, most_pt) + 2;
}

void ColumnNames::draw(Canvas& canvas, double x, double y, bool above) const {
  TextStyle style = small(above && upright_ ? Anchor::kStart : upright_ ? Anchor::kEnd : Anchor::kMiddle);
  style.size_pt = size_pt_;
  if (upright_) style.rotate_degrees = -90;
  for (const std::string& name : names_) {
    if (upright_)
      canvas.text(x + 2.5, above ? y - 1 : y + 1, name, style);
    else
      canvas.text(x, above ? y - 2 : y + 7, name, style);
    x += pitch_;
  }
}

double draw_legend(Canvas& canvas, double x, double y, double width_pt, const std::vector<LegendEntry>& entries) {
  for (const LegendEntry& entry : entries) {
    canvas.rectangle(x, y + 1, 7, 7, entry.colour);
    canvas.text(x + 11, y + 7, shortened(entry.text, width_pt - 11, small()), small());
    y += 10.5;
  }
  return y;
}

Colour with_alpha(const Colour& colour, double alpha) { return {colour.r, colour.g, colour.b, alpha}; }

Colour ink_on(const Colour& colour) {
  // Relative luminance of sRGB (IEC 61966-2-1), gamma taken as 2.2.
  const double luminance =
      0.2126 * std::pow(colour.r, 2.2) + 0.7152 * std::pow(colour.g, 2.2) + 0.0722 * std::pow(colour.b, 2.2);
  return luminance > 0.3 ? kInk : Colour{1, 1, 1, 1};
}

}  // namespace radtype::outcome
