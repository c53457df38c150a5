#include "feature/texture_figure.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "feature/slice_view.h"
#include "feature/texture_families.h"
#include "radtype/texture/radial.h"

namespace radtype::feature {
namespace {

using figure::Anchor;
using figure::Colour;

constexpr int kTexturePanels = 4;
constexpr double kTexturePanelGapPt = 10;
constexpr double kTextureTitlePt = 14;
constexpr double kLegendPt = 24;
constexpr int kPixelsAVoxel = 3;  ///< so that the picture of a fine scan is not coarsened to the working grid
constexpr double kSmallPt = 7;

double texture_panel_pt(double width_pt) {
  return (width_pt - (kTexturePanels - 1) * kTexturePanelGapPt) / kTexturePanels;
}

struct Region {
  const char* name;
  Colour outline;
};
/// By label less one, from the inside out.
const std::array<Region, 4>& regions() {
  static const std::array<Region, 4> all = {{{"core", figure::series_colour(6)},
                                             {"tumour", figure::series_colour(1)},
                                             {"ring 5 mm", figure::series_colour(5)},
                                             {"ring 10 mm", figure::series_colour(3)}}};
  return all;
}

Colour rank_colour(double rank) { return figure::sequential_colour(0.5 * (rank + 1)); }
Colour habitat_colour(int habitat) { return figure::sequential_colour(0.22 + 0.36 * (habitat - 1)); }

/// An axial slice of the working grid, columns to the patient's left, rows to the back.
class Slice {
 public:
  Slice(const CaseData& data, const texture::Neighbourhood& around)
      : around_(around), column_(index_axis_of(around.grid, 0)), row_(index_axis_of(around.grid, 1)) {
    const Size3 centre = central_voxel(data.tumour);
    const Eigen::Vector3d at(static_cast<double>(centre[0]), static_cast<double>(centre[1]),
                             static_cast<double>(centre[2]));
    const Point<LpsMm> lps = data.tumour.grid.lps_from_index()(Point<Index>(at));
    const Eigen::Vector3d here = around.grid.index_from_lps()(lps).v;
    const int axis = index_axis_of(around.grid, 2).axis;
    slice_axis_ = axis;
    slice_ = std::clamp<std::int64_t>(std::lround(here[axis]), 0, size(axis) - 1);
    columns_ = static_cast<int>(size(column_.axis));
    rows_ = static_cast<int>(size(row_.axis));
  }

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  double voxel_mm() const { return around_.grid.spacing_mm()[0]; }

  /// 0 outside the grid.
  std::uint8_t region(int c, int r) const {
    if (c < 0 || r < 0 || c >= columns_ || r >= rows_) return 0;
    return region_of(around_.zones[offset(c, r)]);
  }
  double rank(int c, int r) const {
    return static_cast<double>(around_.ranks[offset(c, r)].around) / texture::kRankScale;
  }
  /// c and r in voxels from the middle of the first one.
  Point<LpsMm> place(double c, double r) const {
    Eigen::Vector3d index;
    index[slice_axis_] = static_cast<double>(slice_);
    index[column_.axis] = column_.same_way ? c : columns_ - 1 - c;
    index[row_.axis] = row_.same_way ? r : rows_ - 1 - r;
    return around_.grid.lps_from_index()(Point<Index>(index));
  }

 private:
  std::int64_t size(int axis) const { return around_.grid.size()[static_cast<std::size_t>(axis)]; }
  std::size_t offset(int c, int r) const {
    Size3 at{};
    at[static_cast<std::size_t>(slice_axis_)] = slice_;
    at[static_cast<std::size_t>(column_.axis)] = column_.same_way ? c : columns_ - 1 - c;
    at[static_cast<std::size_t>(row_.axis)] = row_.same_way ? r : rows_ - 1 - r;
    const Size3& size = around_.grid.size();
    return static_cast<std::size_t>((at[2] * size[1] + at[1]) * size[0] + at[0]);
  }

  const texture::Neighbourhood& around_;
  AxisInIndex column_;
  AxisInIndex row_;
  int slice_axis_ = 2;
  std::int64_t slice_ = 0;
  int columns_ = 0;
  int rows_ = 0;
};

/// The voxel of a grid that holds a place, or nothing.
std::optional<Size3> voxel_at(const Grid& grid, const Point<LpsMm>& place) {
  const Eigen::Vector3d index = grid.index_from_lps()(place).v;
  Size3 voxel{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    voxel[axis] = std::lround(index[static_cast<Eigen::Index>(axis)]);
    if (voxel[axis] < 0 || voxel[axis] >= grid.size()[axis]) return std::nullopt;
  }
  return voxel;
}

class Page {
 public:
  Page(figure::Canvas& canvas, const CaseRow& row, double x, double y, double width_pt)
      : canvas_(canvas),
        row_(row),
        around_(*row.extraction.neighbourhood),
        slice_(row.data, around_),
        window_(choose_window(row.data)),
        x_(x),
        top_(y + kTextureTitlePt),
        side_(texture_panel_pt(width_pt)) {
    scale_ = side_ / std::max(slice_.columns(), slice_.rows());
  }

  void draw_regions() const {
    title(0, "regions, axial");
    paint(0, [&](const Point<LpsMm>& place, int, int) { return grey(place, 1); });
    for (std::uint8_t label = 4; label >= 1; --label) outline(0, label);
    scale_bar(0);
    double at = left(0);
    for (const Region& region : regions()) {
      canvas_.rectangle(at, top_ + side_ + 5, 6, 6, region.outline);
      canvas_.text(at + 8, top_ + side_ + 11, region.name, {.size_pt = kSmallPt});
      at += 13 + canvas_.text_width_pt(region.name, {.size_pt = kSmallPt});
    }
  }

  void draw_ranks() const {
    title(1, "rank of intensity");
    paint(1, [&](const Point<LpsMm>& place, int c, int r) {
      return slice_.region(c, r) == 0 ? grey(place, 0.35) : rank_colour(slice_.rank(c, r));
    });
    outline(1, 2, {1, 1, 1, 1});
    constexpr int kSteps = 64;
    const double bar = left(1) + 34;
    const double length = side_ - 76;
    for (int n = 0; n < kSteps; ++n) {
      canvas_.rectangle(bar + length * n / kSteps, top_ + side_ + 5, length / kSteps + 0.3, 6,
                        figure::sequential_colour((n + 0.5) / kSteps));
    }
    canvas_.text(bar - 4, top_ + side_ + 11, "darkest", {.size_pt = kSmallPt, .anchor = Anchor::kEnd});
    canvas_.text(bar + length + 4, top_ + side_ + 11, "brightest", {.size_pt = kSmallPt});
  }

  void draw_habitats() const {
    title(2, "habitats, share of the tumour");
    const auto& habitats = row_.extraction.habitats;
    paint(2, [&](const Point<LpsMm>& place, int, int) {
      const auto voxel = habitats ? voxel_at(habitats->grid, place) : std::nullopt;
      if (!voxel) return grey(place, 0.35);
      const Size3& size = habitats->grid.size();
      const std::int64_t offset = ((*voxel)[2] * size[1] + (*voxel)[1]) * size[0] + (*voxel)[0];
      const int habitat = habitats->habitat[static_cast<std::size_t>(offset)];
      return habitat == 0 ? grey(place, 0.35) : habitat_colour(habitat);
    });
    outline(2, 2, {1, 1, 1, 1});
    if (!habitats) {
      const auto& values = row_.extraction.row.values();
      canvas_.text(left(2), top_ + side_ + 11, "no habitats:", {.size_pt = kSmallPt});
      canvas_.text(left(2), top_ + side_ + 20, values.at("habitat_fraction_low").missing_reason, {.size_pt = 6});
      return;
    }
    constexpr std::array<const char*, texture::kHabitats> kNames = {"dark", "middle", "bright"};
    double at = left(2);
    for (int n = 0; n < texture::kHabitats; ++n) {
      const std::string text = fmt::format("{} {:.0f} %", kNames[static_cast<std::size_t>(n)],
                                           100 * habitats->fraction[static_cast<std::size_t>(n)]);
      canvas_.rectangle(at, top_ + side_ + 5, 6, 6, habitat_colour(n + 1));
      canvas_.text(at + 8, top_ + side_ + 11, text, {.size_pt = kSmallPt});
      at += 14 + canvas_.text_width_pt(text, {.size_pt = kSmallPt});
    }
  }

  /// The tumour's depth in shares of its greatest, the ring in mm: as the zones are.
  void draw_profile() const {
    title(3, "mean rank from the centre to the ring");
    const Colour grid_colour{0.85, 0.85, 0.85, 1};
    const double begin = left(3) + 34;
    const double end = left(3) + side_ - 6;
    const double bottom = top_ + side_ - 4;
    const double upper = top_ + 6;
    const double surface = begin + 0.55 * (end - begin);
    const auto level = [&](double rank) { return 0.5 * (bottom + upper) - 0.5 * rank * (bottom - upper); };
    for (const double rank : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
      canvas_.line(begin, level(rank), end, level(rank), grid_colour, 0.5);
      canvas_.text(begin - 4, level(rank) + 2.5, fmt::format("{:g}", rank),
                   {.size_pt = kSmallPt, .anchor = Anchor::kEnd});
    }
    canvas_.text(left(3) + 7, 0.5 * (bottom + upper), "darker     brighter",
                 {.size_pt = kSmallPt, .anchor = Anchor::kMiddle, .rotate_degrees = -90});
    canvas_.line(surface, upper, surface, bottom, regions()[1].outline, 1.2);
    const auto tick = [&](double at, const std::string& text, Anchor anchor) {
      canvas_.line(at, bottom, at, bottom + 3, {0, 0, 0, 1}, 0.7);
      canvas_.text(at, bottom + 12, text, {.size_pt = kSmallPt, .anchor = anchor});
    };
    tick(begin, "centre", Anchor::kMiddle);
    tick(surface, "surface", Anchor::kMiddle);
    tick(0.5 * (surface + end), "5 mm", Anchor::kMiddle);
    tick(end, "10", Anchor::kMiddle);

    const auto means = texture::zone_means(around_);
    const auto place = [&](int zone) {
      if (texture::in_tumour(static_cast<texture::Zone>(zone)))
        return surface - (zone - 0.5) / texture::kDepthZones * (surface - begin);
      return surface + (zone - texture::kDepthZones - 0.5) / texture::kRingZones * (end - surface);
    };
    std::vector<std::pair<double, double>> line;
    const auto add = [&](int zone) {
      if (means[static_cast<std::size_t>(zone)])
        line.emplace_back(place(zone), level(*means[static_cast<std::size_t>(zone)]));
    };
    for (int zone = texture::kDepthZones; zone >= 1; --zone) add(zone);
    for (int zone = texture::kDepthZones + 1; zone < texture::kZones; ++zone) add(zone);
    if (line.size() > 1) canvas_.polyline(line, figure::series_colour(0), 1.2);
    for (const auto& [at, high] : line) canvas_.circle(at, high, 2.2, figure::series_colour(0));
  }

 private:
  double left(int panel) const { return x_ + panel * (side_ + kTexturePanelGapPt); }
  double image_left(int panel) const { return left(panel) + 0.5 * (side_ - slice_.columns() * scale_); }
  double image_top() const { return top_ + 0.5 * (side_ - slice_.rows() * scale_); }

  void title(int panel, const std::string& text) const { canvas_.text(left(panel), top_ - 5, text, {.size_pt = 8}); }

  Colour grey(const Point<LpsMm>& place, double strength) const {
    const Image& image = *row_.data.image;
    const auto voxel = voxel_at(image.grid, place);
    const double value = voxel ? image.at((*voxel)[0], (*voxel)[1], (*voxel)[2]) : window_.low;
    const double shade = strength * std::clamp((value - window_.low) / (window_.high - window_.low), 0.0, 1.0);
    return {shade, shade, shade, 1};
  }

  /// colour(place, column, row) of every pixel.
  template <class ColourOf>
  void paint(int panel, ColourOf&& colour) const {
    canvas_.rectangle(left(panel), top_, side_, side_, {0, 0, 0, 1});
    const int columns = kPixelsAVoxel * slice_.columns();
    const int rows = kPixelsAVoxel * slice_.rows();
    std::vector<std::uint8_t> rgb;
    rgb.reserve(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows) * 3);
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        const auto voxels = [](int pixel) { return (pixel + 0.5) / kPixelsAVoxel - 0.5; };
        const Colour pixel = colour(slice_.place(voxels(c), voxels(r)), c / kPixelsAVoxel, r / kPixelsAVoxel);
        for (const double part : {pixel.r, pixel.g, pixel.b})
          rgb.push_back(static_cast<std::uint8_t>(std::lround(255 * part)));
      }
    }
    canvas_.image(image_left(panel), image_top(), slice_.columns() * scale_, slice_.rows() * scale_, columns, rows,
                  rgb);
  }

  /// Around all regions up to a label.
  void outline(int panel, int label) const {
    outline(panel, label, regions()[static_cast<std::size_t>(label - 1)].outline);
  }
  void outline(int panel, int label, const Colour& colour) const {
    const auto within = [&](int c, int r) { return slice_.region(c, r) != 0 && slice_.region(c, r) <= label; };
    const double x = image_left(panel);
    const double y = image_top();
    for (int r = 0; r <= slice_.rows(); ++r) {
      for (int c = 0; c <= slice_.columns(); ++c) {
        if (within(c, r) != within(c, r - 1))
          canvas_.line(x + c * scale_, y + r * scale_, x + (c + 1) * scale_, y + r * scale_, colour, 1);
        if (within(c, r) != within(c - 1, r))
          canvas_.line(x + c * scale_, y + r * scale_, x + c * scale_, y + (r + 1) * scale_, colour, 1);
      }
    }
  }

  void scale_bar(int panel) const {
    const double bar_mm = slice_.columns() * slice_.voxel_mm() > 60 ? 20 : 10;
    const double length = bar_mm / slice_.voxel_mm() * scale_;
    const double x = left(panel);
    canvas_.rectangle(x + 4, top_ + side_ - 22, std::max(length, 22.0) + 8, 18, {0, 0, 0, 0.6});
    canvas_.line(x + 8, top_ + side_ - 8, x + 8 + length, top_ + side_ - 8, {1, 1, 1, 1}, 2);
    canvas_.text(x + 8, top_ + side_ - 12, fmt::format("{} mm", bar_mm), {.size_pt = kSmallPt, .colour = {1, 1, 1, 1}});
  }

  figure::Canvas& canvas_;
  const CaseRow& row_;
  const texture::Neighbourhood& around_;
  Slice slice_;
  Window window_;
  double x_;
  double top_;
  double side_;
  double scale_ = 1;  ///< points a voxel
};

}  // namespace

double texture_figure_height_pt(double width_pt) { return kTextureTitlePt + texture_panel_pt(width_pt) + kLegendPt; }

void draw_texture(figure::Canvas& canvas, const CaseRow& row, double x, double y, double width_pt) {
  RADTYPE_CHECK(row.extraction.neighbourhood && row.data.image);
  const Page page(canvas, row, x, y, width_pt);
  page.draw_regions();
  page.draw_ranks();
  page.draw_habitats();
  page.draw_profile();
}

}  // namespace radtype::feature
