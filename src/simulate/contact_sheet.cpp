#include "simulate/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "radtype/core/provenance.h"
#include "radtype/core/seed.h"
#include "radtype/figure/canvas.h"
#include "radtype/io/image_source.h"

namespace radtype::simulate {
namespace {

constexpr std::size_t kSheetColumns = 6;
constexpr std::size_t kSheetRows = 4;
constexpr double kTile = 176;
constexpr double kCaption = 24;

struct Slice {
  int columns = 0, rows = 0;
  std::vector<double> values;
  std::vector<std::uint8_t> tumour;
};

Result<Slice> largest_slice(const std::filesystem::path& folder) {
  auto mask_source = io::open_image(folder / "tumour.nii.gz");
  if (!mask_source) return pass_on(std::move(mask_source));
  const Size3 size = (*mask_source)->info().grid.size();
  const auto mask = io::read_region(**mask_source, (*mask_source)->info().grid.box());
  if (!mask) return tl::unexpected(mask.error());
  const auto plane = static_cast<std::size_t>(size[0] * size[1]);
  std::int64_t best = 0;
  double most = -1;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    const auto first = mask->voxels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(k) * plane);
    const double inside = std::accumulate(first, first + static_cast<std::ptrdiff_t>(plane), 0.0);
    if (inside > most) {
      most = inside;
      best = k;
    }
  }
  auto source = io::open_image(folder / "image.nii.gz");
  if (!source) return pass_on(std::move(source));
  const auto image = io::read_region(**source, {{0, 0, best}, {size[0], size[1], best + 1}});
  if (!image) return tl::unexpected(image.error());
  Slice slice;
  slice.columns = static_cast<int>(size[0]);
  slice.rows = static_cast<int>(size[1]);
  slice.values.assign(image->voxels.begin(), image->voxels.end());
  const auto first = static_cast<std::ptrdiff_t>(static_cast<std::size_t>(best) * plane);
  for (std::size_t n = 0; n < plane; ++n)
    slice.tumour.push_back(mask->voxels[static_cast<std::size_t>(first) + n] != 0 ? 1 : 0);
  return slice;
}

void draw(const Slice& slice, bool ct, double x, double y, figure::Canvas& canvas) {
  double low = 0, high = 0;
  if (ct) {
    // Lungs want a wide window: told by how much of the slice is air in tissue's place.
    const auto lung =
        std::count_if(slice.values.begin(), slice.values.end(), [](double v) { return v > -950 && v < -600; });
    const bool chest = static_cast<double>(lung) > 0.05 * static_cast<double>(slice.values.size());
    low = chest ? -1000 : -120;
    high = chest ? 350 : 220;
  } else {
    std::vector<double> sorted = slice.values;
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), at, sorted.end());
    high = std::max(*at, 1.0);
  }
  std::vector<std::uint8_t> rgb;
  for (const double value : slice.values)
    rgb.insert(rgb.end(), 3, static_cast<std::uint8_t>(255 * std::clamp((value - low) / (high - low), 0.0, 1.0)));
  canvas.image(x, y, kTile, kTile, slice.columns, slice.rows, rgb, true);
  const double w = kTile / slice.columns, h = kTile / slice.rows;
  const auto inside = [&](int i, int j) {
    return i >= 0 && j >= 0 && i < slice.columns && j < slice.rows &&
           slice.tumour[static_cast<std::size_t>(j * slice.columns + i)] != 0;
  };
  const figure::Colour red{0.95, 0.25, 0.2, 0.9};
  for (int j = 0; j <= slice.rows; ++j) {
    for (int i = 0; i <= slice.columns; ++i) {
      if (inside(i, j) != inside(i - 1, j)) canvas.line(x + i * w, y + j * h, x + i * w, y + (j + 1) * h, red, 0.5);
      if (inside(i, j) != inside(i, j - 1)) canvas.line(x + i * w, y + j * h, x + (i + 1) * w, y + j * h, red, 0.5);
    }
  }
}

}  // namespace

Result<void> write_contact_sheet(const std::vector<std::filesystem::path>& folders,
                                 const std::vector<nlohmann::json>& truth, std::uint64_t seed,
                                 const std::filesystem::path& path) {
  std::vector<std::size_t> chosen(folders.size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  Random random(derive_seed(seed, {hash_name("contact sheet")}));
  for (std::size_t n = chosen.size(); n > 1; --n) std::swap(chosen[n - 1], chosen[random.below(n)]);
  chosen.resize(std::min(chosen.size(), kSheetColumns * kSheetRows));
  std::sort(chosen.begin(), chosen.end());

  const std::size_t rows = (chosen.size() + kSheetColumns - 1) / kSheetColumns;
  figure::Canvas canvas(kSheetColumns * (kTile + 6) + 6, static_cast<double>(rows) * (kTile + kCaption) + 28,
                        {0.08, 0.08, 0.09, 1});
  for (std::size_t n = 0; n < chosen.size(); ++n) {
    const auto slice = largest_slice(folders[chosen[n]]);
    if (!slice) return tl::unexpected(slice.error());
    const double x = 6 + static_cast<double>(n % kSheetColumns) * (kTile + 6);
    const double y = 6 + static_cast<double>(n / kSheetColumns) * (kTile + kCaption);
    const auto& line = truth[chosen[n]];
    const auto sequence = line.at("sequence").get<std::string>();
    draw(*slice, sequence == "CT", x, y, canvas);
    canvas.text(x, y + kTile + 13,
                fmt::format("{}  {}  {:.0f} ml  {}", line.at("patient").get<std::string>(), sequence,
                            line.at("volume_mm3").get<double>() / 1000, line.at("subtype").get<std::string>()),
                {.size_pt = 8.5, .colour = {0.85, 0.85, 0.85, 1}});
  }
  canvas.text(
      6, canvas.height_pt() - 8,
      fmt::format("Simulated by radtype {}; no patient is behind any of this. {}", version(), research_notice()),
      {.size_pt = 8.5, .colour = {0.6, 0.6, 0.6, 1}});
  return canvas.save(path, true, 80);
}

}  // namespace radtype::simulate
