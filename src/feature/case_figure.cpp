// One page that a person can judge: is the outline on the tumour, and do the numbers fit what is seen?
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "feature/shape_figure.h"
#include "feature/slice_view.h"
#include "feature/texture_figure.h"
#include "radtype/core/provenance.h"
#include "radtype/feature/case_run.h"
#include "radtype/feature/catalogue.h"
#include "radtype/figure/canvas.h"

namespace radtype::feature {
namespace {

constexpr double kPanelPt = 230;
constexpr double kGapPt = 14;
constexpr double kTopPt = 46;

/// A slice of the crop seen as radiologists hang it: columns to the patient's left or back, rows downwards or to the
/// feet.
struct View {
  const char* title;
  int column_axis;    ///< LPS axis along the columns
  int row_axis;       ///< LPS axis along the rows
  bool rows_upwards;  ///< row 0 lies at the high end of row_axis
};
constexpr std::array<View, 3> kViews = {{{"axial", 0, 1, false}, {"coronal", 0, 2, true}, {"sagittal", 1, 2, true}}};

class SlicePanel {
 public:
  SlicePanel(const CaseData& data, const View& view, const Size3& centre)
      : data_(data),
        column_(index_axis_of(data.tumour.grid, view.column_axis)),
        row_(index_axis_of(data.tumour.grid, view.row_axis)),
        centre_(centre) {
    if (view.rows_upwards) row_.same_way = !row_.same_way;
    const Size3& size = data.tumour.grid.size();
    columns_ = static_cast<int>(size[static_cast<std::size_t>(column_.axis)]);
    rows_ = static_cast<int>(size[static_cast<std::size_t>(row_.axis)]);
  }

  void draw(figure::Canvas& canvas, double x, double y, const Window& window) const {
    const auto& spacing = data_.tumour.grid.spacing_mm();
    const double width_mm = columns_ * spacing[column_.axis];
    const double height_mm = rows_ * spacing[row_.axis];
    const double scale = kPanelPt / std::max(width_mm, height_mm);
    const double width = width_mm * scale;
    const double height = height_mm * scale;
    const double left = x + 0.5 * (kPanelPt - width);
    const double top = y + 0.5 * (kPanelPt - height);
    canvas.rectangle(x, y, kPanelPt, kPanelPt, {0, 0, 0, 1});

    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(columns_ * rows_ * 3));
    for (int r = 0; r < rows_; ++r) {
      for (int c = 0; c < columns_; ++c) {
        const double shade = data_.image ? std::clamp((value(c, r) - window.low) / (window.high - window.low), 0.0, 1.0)
                                         : (inside(c, r) ? 0.75 : 0.1);
        const auto pixel = static_cast<std::size_t>((r * columns_ + c) * 3);
        std::fill_n(rgb.begin() + static_cast<std::ptrdiff_t>(pixel), 3,
                    static_cast<std::uint8_t>(std::lround(255 * shade)));
      }
    }
    canvas.image(left, top, width, height, columns_, rows_, rgb);

    const double dx = width / columns_;
    const double dy = height / rows_;
    const figure::Colour outline = figure::series_colour(1);
    for (int r = 0; r <= rows_; ++r) {
      for (int c = 0; c <= columns_; ++c) {
        if (inside(c, r) != inside(c, r - 1))
          canvas.line(left + c * dx, top + r * dy, left + (c + 1) * dx, top + r * dy, outline, 1.2);
        if (inside(c, r) != inside(c - 1, r))
          canvas.line(left + c * dx, top + r * dy, left + c * dx, top + (r + 1) * dy, outline, 1.2);
      }
    }
    const double bar_mm = width_mm > 60 ? 20 : 10;
    canvas.rectangle(x + 4, y + kPanelPt - 24, bar_mm * scale + 8, 20, {0, 0, 0, 0.6});
    canvas.line(x + 8, y + kPanelPt - 8, x + 8 + bar_mm * scale, y + kPanelPt - 8, {1, 1, 1, 1}, 2);
    canvas.text(x + 8, y + kPanelPt - 13, fmt::format("{} mm", bar_mm), {.size_pt = 8, .colour = {1, 1, 1, 1}});
  }

 private:
  Size3 voxel(int c, int r) const {
    Size3 at = centre_;
    at[static_cast<std::size_t>(column_.axis)] = column_.same_way ? c : columns_ - 1 - c;
    at[static_cast<std::size_t>(row_.axis)] = row_.same_way ? r : rows_ - 1 - r;
    return at;
  }
  bool inside(int c, int r) const {
    if (c < 0 || r < 0 || c >= columns_ || r >= rows_) return false;
    const Size3 at = voxel(c, r);
    return data_.tumour.at(at[0], at[1], at[2]) != 0;
  }
  double value(int c, int r) const {
    const Size3 at = voxel(c, r);
    return data_.image->at(at[0], at[1], at[2]);
  }

  const CaseData& data_;
  AxisInIndex column_;
  AxisInIndex row_;
  Size3 centre_;
  int columns_ = 0;
  int rows_ = 0;
};

}  // namespace

Result<void> draw_case(const CaseRow& row, const std::filesystem::path& path, bool force) {
  const CaseData& data = row.data;
  RADTYPE_CHECK(!data.tumour.voxels.empty());
  std::vector<const Entry*> shown;
  for (const Entry& entry : catalogue()) {
    if (row.extraction.row.values().at(entry.name).number) shown.push_back(&entry);
  }
  const std::size_t columns = shown.size() > 60 ? 4 : 3;
  const double pitch = columns == 4 ? 9.5 : 14;
  const double text_pt = columns == 4 ? 5.6 : 7;
  const std::size_t rows_per_column = std::max<std::size_t>(12, (shown.size() + columns - 1) / columns);
  const double width = 3 * kPanelPt + 4 * kGapPt;
  const double shape_top = kTopPt + kPanelPt + kGapPt;
  const double shape_height = row.extraction.spectrum ? shape_figure_height_pt(width - 2 * kGapPt) : 0;
  const double texture_top = shape_top + shape_height + (row.extraction.spectrum ? kGapPt : 0);
  const double texture_height = row.extraction.neighbourhood ? texture_figure_height_pt(width - 2 * kGapPt) : 0;
  const double table_top = texture_top + texture_height + 16;
  const double height = table_top + pitch * static_cast<double>(rows_per_column) + 24;
  figure::Canvas canvas(width, height);

  const std::string region = row.roi.empty() ? fmt::format("label {}", row.label) : row.roi;
  const std::string modality = data.modality ? std::string(io::modality_word(*data.modality)) + ", " : "";
  canvas.text(kGapPt, 22, fmt::format("{}  ({}{})", row.case_id, modality, region), {.size_pt = 13, .bold = true});
  canvas.text(width - kGapPt, 22, fmt::format("status: {}", status_word(row.extraction.status)),
              {.size_pt = 10, .anchor = figure::Anchor::kEnd});

  const Size3 centre = central_voxel(data.tumour);
  const Window window = data.image ? choose_window(data) : Window{0, 1};
  for (std::size_t i = 0; i < kViews.size(); ++i) {
    const double x = kGapPt + static_cast<double>(i) * (kPanelPt + kGapPt);
    canvas.text(x, kTopPt - 6, kViews[i].title, {.size_pt = 9});
    SlicePanel(data, kViews[i], centre).draw(canvas, x, kTopPt, window);
  }
  if (data.modality == io::Modality::kCt) {
    canvas.text(width - kGapPt, kTopPt - 6, fmt::format("window {} to {} HU", window.low, window.high),
                {.size_pt = 8, .anchor = figure::Anchor::kEnd});
  }

  if (row.extraction.spectrum) draw_shape(canvas, *row.extraction.spectrum, kGapPt, shape_top, width - 2 * kGapPt);

  if (row.extraction.neighbourhood) draw_texture(canvas, row, kGapPt, texture_top, width - 2 * kGapPt);

  const double column_width = (width - 2 * kGapPt) / static_cast<double>(columns);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto column = static_cast<double>(i / rows_per_column);
    const double x = kGapPt + column * column_width;
    const double y = table_top + pitch * static_cast<double>(i % rows_per_column);
    const double number = *row.extraction.row.values().at(shown[i]->name).number;
    canvas.text(x, y, shown[i]->name, {.size_pt = text_pt});
    canvas.text(x + column_width - 12, y, fmt::format("{:.6g} {}", number, shown[i]->unit == "1" ? "" : shown[i]->unit),
                {.size_pt = text_pt, .anchor = figure::Anchor::kEnd, .bold = true});
  }
  canvas.text(kGapPt, height - 8, fmt::format("radtype {}. {}", version(), research_notice()),
              {.size_pt = 7, .colour = {0.4, 0.4, 0.4, 1}});
  return canvas.save(path, force);
}

}  // namespace radtype::feature
