// Where labels of points stand in a plot.
#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace radtype::outcome {

struct Rectangle {
  double left = 0, top = 0, right = 0, bottom = 0;  ///< y downwards

  bool overlaps(const Rectangle& other) const;
  bool holds(double x, double y, double margin = 0) const;
  /// Its point nearest to this one.
  std::pair<double, double> nearest(double x, double y) const;
};

/// Places are given away one by one, each near its point, within the frame, clear of those given before and of all
/// points, and off the lines where that is near enough.
class LabelPlaces {
 public:
  /// Lines are given as points along them.
  LabelPlaces(const Rectangle& frame, std::vector<std::pair<double, double>> points,
              std::vector<std::pair<double, double>> lines = {});
  /// None where there is no free place near the point.
  std::optional<Rectangle> take(double x, double y, double width, double height);

 private:
  Rectangle frame_;
  std::vector<std::pair<double, double>> points_;
  std::vector<std::pair<double, double>> lines_;  ///< and those from points to their labels
  std::vector<Rectangle> taken_;
};

}  // namespace radtype::outcome
