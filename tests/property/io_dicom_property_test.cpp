// The contour fill against a point-in-polygon test, and series written and read in any orientation.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <numeric>

#include "io/dicom_contours.h"
#include "radtype/io/dicom.h"
#include "support/dicom_writer.h"
#include "support/shared_data.h"
#include "support/volume_reader.h"

namespace radtype::io {
namespace {

// Vertices on a grid of quarter pixels, so that many lie on centres and edges run through them.
Outline any_outline(int vertices) {
  Outline outline;
  for (int n = 0; n < vertices; ++n) {
    outline.emplace_back(*rc::gen::inRange(-8, 60) * 0.25, *rc::gen::inRange(-8, 60) * 0.25);
  }
  return outline;
}

// Crossings of the ray from (i, j) to smaller columns; a crossing at i counts, as does an edge's upper end.
bool inside_by_ray(const std::vector<Outline>& outlines, int i, int j) {
  int crossings = 0;
  for (const Outline& o : outlines) {
    for (std::size_t n = 0; n < o.size(); ++n) {
      const Eigen::Vector2d &a = o[n], &b = o[(n + 1) % o.size()];
      if ((a.y() <= j) == (b.y() <= j)) continue;
      const Eigen::Vector2d &top = a.y() < b.y() ? a : b, &bottom = a.y() < b.y() ? b : a;
      // By the side of the edge on which the centre lies: exact on a grid of quarter pixels.
      if ((top.x() - i) * (bottom.y() - top.y()) + (j - top.y()) * (bottom.x() - top.x()) <= 0) ++crossings;
    }
  }
  return crossings % 2 != 0;
}

std::vector<int> pixels_of(const std::vector<Run>& runs, int columns, int rows) {
  std::vector<int> pixels(static_cast<std::size_t>(columns * rows));
  for (const Run& run : runs) {
    for (int i = run.i_begin; i < run.i_end; ++i) ++pixels[static_cast<std::size_t>(run.j * columns + i)];
  }
  return pixels;
}

RC_GTEST_PROP(DicomContours, EqualsPointInPolygon, ()) {
  std::vector<Outline> outlines;
  const int count = *rc::gen::inRange(1, 4);
  for (int n = 0; n < count; ++n) outlines.push_back(any_outline(*rc::gen::inRange(3, 12)));
  const std::vector<Run> runs = fill_even_odd(outlines, 14, 13, 0);
  const std::vector<int> pixels = pixels_of(runs, 14, 13);
  for (int j = 0; j < 13; ++j) {
    for (int i = 0; i < 14; ++i) {
      RC_ASSERT(pixels[static_cast<std::size_t>(j * 14 + i)] == (inside_by_ray(outlines, i, j) ? 1 : 0));
    }
  }
  RC_ASSERT(std::is_sorted(runs.begin(), runs.end(),
                           [](const Run& a, const Run& b) { return a.j != b.j ? a.j < b.j : a.i_begin < b.i_begin; }));
}

// Found by a random run: of an edge through a pixel's centre, moved by whole pixels, another pixel was inside.
TEST(DicomContours, FollowsAWholePixelShiftWhereAnEdgeMeetsACentre) {
  for (int x = -8; x < 60; ++x) {
    for (int y = -8; y < 60; ++y) {
      const Outline outline = {{-2, -2}, {12.5, 5}, {-1.25, 10.5}, {x * 0.25, y * 0.25}};
      Outline moved = outline;
      for (Eigen::Vector2d& p : moved) p += Eigen::Vector2d(10, 7);
      const auto pixels = pixels_of(fill_even_odd(std::vector<Outline>{outline}, 20, 20, 0), 20, 20);
      const auto after = pixels_of(fill_even_odd(std::vector<Outline>{moved}, 30, 27, 0), 30, 27);
      for (int j = 0; j < 20; ++j) {
        for (int i = 0; i < 20; ++i) {
          ASSERT_EQ(pixels[static_cast<std::size_t>(j * 20 + i)],
                    after[static_cast<std::size_t>((j + 7) * 30 + i + 10)])
              << "at " << i << ", " << j << " with the vertex " << outline.back().transpose();
        }
      }
    }
  }
}

RC_GTEST_PROP(DicomContours, HalvesOfAnOutlineShareNothingAndLeaveNothingOut, ()) {
  const Outline whole = any_outline(*rc::gen::inRange(4, 12));
  const auto cut = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(2, whole.size() - 1));
  const Outline first(whole.begin(), whole.begin() + cut + 1);
  Outline second(whole.begin() + cut, whole.end());
  second.push_back(whole.front());
  const auto all = pixels_of(fill_even_odd(std::vector<Outline>{whole}, 14, 13, 0), 14, 13);
  const auto a = pixels_of(fill_even_odd(std::vector<Outline>{first}, 14, 13, 0), 14, 13);
  const auto b = pixels_of(fill_even_odd(std::vector<Outline>{second}, 14, 13, 0), 14, 13);
  // By parity: where the halves of a self-crossing outline overlap, the whole is outside.
  for (std::size_t n = 0; n < all.size(); ++n) RC_ASSERT(all[n] == (a[n] + b[n]) % 2);
}

RC_GTEST_PROP(DicomContours, FollowsWholePixelShiftsAndReversal, ()) {
  Outline outline = any_outline(*rc::gen::inRange(3, 10));
  const auto runs = fill_even_odd(std::vector<Outline>{outline}, 40, 40, 0);
  Outline reversed(outline.rbegin(), outline.rend());
  RC_ASSERT(fill_even_odd(std::vector<Outline>{reversed}, 40, 40, 0) == runs);
  for (Eigen::Vector2d& p : outline) p += Eigen::Vector2d(10, 7);
  auto shifted = fill_even_odd(std::vector<Outline>{outline}, 60, 60, 0);
  std::int64_t kept = 0;
  for (const Run& run : shifted) {
    const int begin = std::max(run.i_begin - 10, 0), end = std::min(run.i_end - 10, 40);
    if (run.j >= 7 && end > begin) kept += end - begin;
  }
  std::int64_t before = 0;
  for (const Run& run : runs) before += run.i_end - run.i_begin;
  RC_ASSERT(kept == before);
}

RC_GTEST_PROP(DicomSeries, AnyOrientationAndOrderGivesTheSamePlaces, ()) {
  const auto number = [] { return *rc::gen::inRange(-1000, 1001) / 1000.0; };
  Eigen::Quaterniond turn(number(), number(), number(), number());
  RC_PRE(turn.norm() > 0.1);
  turn.normalize();
  const Eigen::Matrix3d axes = turn.toRotationMatrix();
  test::dicom::Slice first;
  first.columns = *rc::gen::inRange(1, 6);
  first.rows = *rc::gen::inRange(1, 6);
  first.pixel_spacing_mm = {0.3 + std::abs(number()), 0.3 + std::abs(number())};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    first.cosines[axis] = axes(static_cast<int>(axis), 0);
    first.cosines[3 + axis] = axes(static_cast<int>(axis), 1);
    first.position_lps_mm[axis] = 300 * number();
  }
  const int count = *rc::gen::inRange(2, 7);
  const double step = 0.5 + 4 * std::abs(number());
  std::vector<test::dicom::Slice> slices = test::dicom::series(first, count, step);
  std::vector<std::size_t> order(slices.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[*rc::gen::inRange<std::size_t>(0, n)]);
  test::TempDir folder;
  for (std::size_t n = 0; n < order.size(); ++n) {
    test::dicom::write_bytes(folder / ("s" + std::to_string(n)), test::dicom::bytes_of(slices[order[n]]));
  }

  auto source = open_dicom_series(folder.path());
  RC_ASSERT(source.has_value());
  const Grid& grid = (*source)->info().grid;
  RC_ASSERT(grid.size() == (Size3{first.columns, first.rows, count}));
  const auto values = test::all_values(**source);
  RC_ASSERT(values.has_value());
  const Eigen::Map<const Eigen::Vector3d> origin(first.position_lps_mm.data());
  std::size_t n = 0;
  for (int k = 0; k < count; ++k) {
    for (int j = 0; j < first.rows; ++j) {
      for (int i = 0; i < first.columns; ++i, ++n) {
        const Eigen::Vector3d expected =
            origin + axes * Eigen::Vector3d(i * first.pixel_spacing_mm[1], j * first.pixel_spacing_mm[0], k * step);
        RC_ASSERT((grid.lps_from_index()(Point<Index>(i, j, k)).v - expected).norm() < 1e-6);
        RC_ASSERT((*values)[n] == j * first.columns + i + 100 * k - 1024);
      }
    }
  }
}

}  // namespace
}  // namespace radtype::io
