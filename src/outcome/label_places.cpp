#include "outcome/label_places.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace radtype::outcome {
namespace {

constexpr double kFromPointPt = 3;
constexpr double kFurthestPt = 33;
constexpr double kRingPt = 5;
constexpr int kDirections = 16;
constexpr int kSteps = 16;          ///< of a leader
constexpr double kPointPt = 1.6;    ///< a point covered by a label reaches so far
constexpr double kPriceOfLine = 8;  ///< of a covered point of a line, in points of distance

/// Points on the line from a point to its label.
std::vector<std::pair<double, double>> leader(const Rectangle& place, double x, double y) {
  const auto [end_x, end_y] = place.nearest(x, y);
  std::vector<std::pair<double, double>> points;
  for (int n = 1; n < kSteps; ++n) points.emplace_back(x + (end_x - x) * n / kSteps, y + (end_y - y) * n / kSteps);
  return points;
}

}  // namespace

bool Rectangle::overlaps(const Rectangle& other) const {
  return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
}

bool Rectangle::holds(double x, double y, double margin) const {
  return x > left - margin && x < right + margin && y > top - margin && y < bottom + margin;
}

std::pair<double, double> Rectangle::nearest(double x, double y) const {
  return {std::clamp(x, left, right), std::clamp(y, top, bottom)};
}

LabelPlaces::LabelPlaces(const Rectangle& frame, std::vector<std::pair<double, double>> points,
                         std::vector<std::pair<double, double>> lines)
    : frame_(frame), points_(std::move(points)), lines_(std::move(lines)) {}

std::optional<Rectangle> LabelPlaces::take(double x, double y, double width, double height) {
  std::optional<Rectangle> best;
  double lowest_price = 0;
  for (double distance = kFromPointPt; distance <= kFurthestPt; distance += kRingPt) {
    if (best && distance >= lowest_price) break;
    for (int n = 0; n < kDirections; ++n) {
      // The label's nearest edge or corner is so far away in this direction; the first is to the right.
      const double angle = 2 * std::numbers::pi * n / kDirections;
      const double across = std::cos(angle), down = std::sin(angle);
      const double middle_x = x + distance * across + 0.5 * width * std::clamp(1.5 * across, -1.0, 1.0);
      const double middle_y = y + distance * down + 0.5 * height * std::clamp(1.5 * down, -1.0, 1.0);
      const Rectangle place{middle_x - 0.5 * width, middle_y - 0.5 * height, middle_x + 0.5 * width,
                            middle_y + 0.5 * height};
      if (place.left < frame_.left || place.right > frame_.right || place.top < frame_.top ||
          place.bottom > frame_.bottom)
        continue;
      const std::vector<std::pair<double, double>> line = leader(place, x, y);
      const auto is_taken = [&](const Rectangle& other) {
        return place.overlaps(other) || std::any_of(line.begin(), line.end(), [&](const auto& point) {
                 return other.holds(point.first, point.second);
               });
      };
      if (std::any_of(taken_.begin(), taken_.end(), is_taken)) continue;
      const auto covers = [&](const auto& point) { return place.holds(point.first, point.second, kPointPt); };
      if (std::any_of(points_.begin(), points_.end(), covers)) continue;
      const auto covered = std::count_if(lines_.begin(), lines_.end(), covers);
      const double price = distance + kPriceOfLine * static_cast<double>(covered);
      if (best && price >= lowest_price) continue;
      best = place;
      lowest_price = price;
    }
  }
  if (!best) return best;
  taken_.push_back(*best);
  const std::vector<std::pair<double, double>> line = leader(*best, x, y);
  lines_.insert(lines_.end(), line.begin(), line.end());  // later labels keep off it
  return best;
}

}  // namespace radtype::outcome
