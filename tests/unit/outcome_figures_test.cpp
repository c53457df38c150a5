// Every figure, of plain and of extreme input. RADTYPE_FIGURES_OUT=folder keeps the pictures, to be looked at.
#include "radtype/outcome/figures.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "radtype/core/seed.h"
#include "support/shared_data.h"
#include "support/svg_layout.h"

namespace radtype::outcome {
namespace {

using figure::Canvas;

constexpr double kUnbounded = std::numeric_limits<double>::infinity();
const char* const kLongName =
    "a name that nobody would give to a group and yet somebody did, with all that it stands for";

/// Exponential times in days, censored uniformly.
std::vector<survival::Subject> subjects(std::size_t count, double mean_days, double follow_up_days,
                                        std::uint64_t seed) {
  Random random(derive_seed(seed, {hash_name("subjects")}));
  std::vector<survival::Subject> subjects;
  for (std::size_t n = 0; n < count; ++n) {
    const double time = -mean_days * std::log(1 - random.uniform());
    const double seen = follow_up_days * (0.2 + 0.8 * random.uniform());
    subjects.push_back({std::ceil(std::min(time, seen)), time <= seen});
  }
  return subjects;
}
StepCurve curve_of(const std::string& name, std::size_t count, double mean_days, std::uint64_t seed) {
  return step_curve(name, survival::kaplan_meier(subjects(count, mean_days, 3000, seed)).value(),
                    survival::IntervalKind::kLogLog);
}

CurveFigure four_groups() {
  CurveFigure figure;
  figure.caption = {"Overall survival by subtype, TCIA lung",
                    "Shaded: 95 % confidence band (log-log). Marks: last seen.", PageWidth::kTwoColumns};
  for (std::size_t g = 0; g < 4; ++g) {
    figure.curves.push_back(
        curve_of(fmt::format("subtype {}", g + 1), 60 + 40 * g, 500 * static_cast<double>(1 + 2 * g), g));
  }
  figure.annotation = "log-rank χ² = 41.2 on 3 degrees of freedom, p = 5.9e-9";
  return figure;
}
Canvas curves() { return curve_figure(four_groups()); }
Canvas curves_in_one_column() {
  CurveFigure figure = four_groups();
  figure.caption.width = PageWidth::kOneColumn;
  figure.cumulative_events = true;
  figure.time_name = "time since diagnosis, days";
  return curve_figure(figure);
}
Canvas curves_of_twelve() {
  CurveFigure figure;
  figure.caption.title = "Twelve groups";
  for (std::size_t g = 0; g < 12; ++g) {
    figure.curves.push_back(curve_of(g == 3   ? kLongName
                                     : g == 4 ? "京都大学医学部附属病院の患者"
                                              : fmt::format("group {}", g + 1),
                                     6000 + 10 * g, 300 + 200 * static_cast<double>(g), g));
  }
  figure.horizon = 1825;
  figure.annotation = fmt::format("log-rank p < 0.001; {}", kLongName);
  return curve_figure(figure);
}
Canvas curve_without_events() {
  CurveFigure figure;
  figure.caption = {"", "", PageWidth::kOneColumn};
  figure.curves.push_back(step_curve("all", survival::kaplan_meier({{3, false}, {40, false}, {41, false}}).value(),
                                     survival::IntervalKind::kPlain));
  StepCurve nobody;
  nobody.name = "nobody";
  figure.curves.push_back(nobody);
  return curve_figure(figure);
}
Canvas curve_of_one_at_zero() {
  CurveFigure figure;
  figure.caption.title = kLongName;
  figure.curves.push_back(step_curve("one", survival::kaplan_meier({{0, true}}).value(), survival::IntervalKind::kLog));
  return curve_figure(figure);
}
Canvas no_curves() {
  CurveFigure figure;
  figure.caption.title = "Overall survival";
  return curve_figure(figure);
}

Canvas incidence() {
  Random random(5);
  CurveFigure figure;
  figure.caption.title = "Cumulative incidence of relapse and of death without relapse";
  figure.kind = CurveKind::kIncidence;
  figure.share_name = "cumulative incidence";
  figure.annotation = "Gray's test: relapse p = 0.003";
  for (const double share : {0.42, 0.11}) {
    StepCurve curve;
    curve.name = share > 0.3 ? "relapse" : "death without relapse";
    curve.in_table = share > 0.3;
    curve.table_name = "all";
    double at_risk = 150, time = 0;
    for (int n = 0; n < 60; ++n) {
      time += 1 + std::floor(40 * random.uniform());
      const double estimate = share * (1 - std::exp(-time / 500));
      const double half = 0.1 * std::sqrt(estimate);
      curve.steps.push_back({time, estimate, std::max(0.0, estimate - half), estimate + half, at_risk,
                             n % 2 ? 1.0 : 0.0, n % 5 ? 0.0 : 1.0});
      at_risk -= 2;
    }
    figure.curves.push_back(curve);
  }
  return curve_figure(figure);
}

ForestRow forest_row(const std::string& label, double estimate, double error, const std::string& p) {
  ForestRow row;
  row.label = label;
  row.indent = 1;
  row.n = 212;
  row.events = 87;
  row.estimate = estimate;
  row.lower = estimate * std::exp(-1.96 * error);
  row.upper = estimate * std::exp(1.96 * error);
  row.p = p;
  return row;
}
ForestRow forest_heading(const std::string& label) {
  ForestRow row;
  row.label = label;
  row.heading = true;
  return row;
}
ForestFigure adjusted_ratios() {
  ForestFigure figure;
  figure.caption = {"Hazard ratios of the subtypes",
                    "Cox's model with log volume, age and stage, stratified by cohort.", PageWidth::kTwoColumns};
  figure.below_one = "longer survival";
  figure.above_one = "shorter survival";
  figure.rows = {forest_heading("Univariable"),
                 forest_row("subtype 2 against 1", 1.43, 0.15, "0.018"),
                 forest_row("subtype 3 against 1", 0.71, 0.18, "0.06"),
                 forest_heading("Adjusted"),
                 forest_row("subtype 2 against 1", 1.22, 0.17, "0.24"),
                 forest_row("log volume, mL", 1.31, 0.05, "<0.001"),
                 forest_row("smoking (never)", 2.1, 1.4, "0.59")};
  ForestRow infinite = forest_row("metastasis", 6, 1, "0.07");
  infinite.upper = kUnbounded;
  figure.rows.push_back(infinite);
  ForestRow zero = forest_row("in situ", 0.6, 1, "0.3");
  zero.lower = 0;
  figure.rows.push_back(zero);
  ForestRow missing;
  missing.label = "subtype 4 against 1";
  missing.indent = 1;
  missing.n = 9;
  missing.events = 0;
  missing.missing = "not estimable: no events";
  figure.rows.push_back(missing);
  return figure;
}
Canvas forest() { return forest_figure(adjusted_ratios()); }
Canvas forest_in_one_column() {
  ForestFigure figure = adjusted_ratios();
  figure.caption.width = PageWidth::kOneColumn;
  return forest_figure(figure);
}
Canvas forest_of_sixty() {
  ForestFigure figure;
  figure.caption.title = kLongName;
  Random random(3);
  for (int n = 0; n < 60; ++n) {
    if (n % 12 == 0) figure.rows.push_back(forest_heading(n == 24 ? kLongName : fmt::format("Block {}", n / 12)));
    figure.rows.push_back(forest_row(n == 7   ? kLongName
                                     : n == 8 ? "京都大学医学部附属病院"
                                              : fmt::format("feature {}", n),
                                     std::exp(0.5 * random.normal()), 0.1 + 0.4 * random.uniform(), "0.05"));
  }
  figure.rows[9].missing = kLongName;
  return forest_figure(figure);
}
Canvas forest_of_extremes() {
  ForestFigure figure;
  ForestRow none = forest_row("1e-9", 1e-9, 1, "1");
  ForestRow vast = forest_row("1e9", 1e9, 1, "1");
  none.lower = 0;
  vast.upper = kUnbounded;
  figure.rows = {none, vast};
  return forest_figure(figure);
}
Canvas forest_of_narrow_intervals() {
  ForestFigure figure;
  figure.rows = {forest_row("age, year", 1.021, 0.004, "<0.001"), forest_row("volume, mL", 1.002, 0.001, "0.04")};
  return forest_figure(figure);
}
Canvas no_forest() { return forest_figure({}); }

VolcanoFigure genes(std::size_t count) {
  VolcanoFigure figure;
  figure.caption.title = "Genes of subtype 2 against the others";
  figure.effect_name = "log2 fold change";
  figure.effect_threshold = 0.5;
  Random random(11);
  double level = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const bool moved = n % 25 == 0;
    const double z = random.normal() + (moved ? (n % 50 == 0 ? 4.5 : -3.5) : 0);
    const double minus_log10 = -std::log10(std::erfc(std::abs(z) / std::sqrt(2.0)));
    const bool significant = minus_log10 > 3.1;
    if (significant) level = std::min(level == 0 ? 99 : level, minus_log10);
    figure.points.push_back({fmt::format("GENE{}", n), 0.3 * z * (0.5 + random.uniform()), minus_log10, significant});
  }
  figure.minus_log10_p_threshold = level;
  return figure;
}
Canvas volcano() { return volcano_figure(genes(20000)); }
Canvas volcano_in_one_column() {
  VolcanoFigure figure = genes(2000);
  figure.caption.width = PageWidth::kOneColumn;
  figure.points[50].label = kLongName;
  figure.points[100].label = "京都大学";
  figure.points[150].minus_log10_p = kUnbounded;
  figure.points[0].effect = kNoNumber;
  return volcano_figure(figure);
}
Canvas volcano_of_one_place() {
  VolcanoFigure figure;
  for (int n = 0; n < 40; ++n) figure.points.push_back({fmt::format("gene {}", n), 0, 2, true});
  return volcano_figure(figure);
}
Canvas no_volcano() { return volcano_figure({}); }

HeatmapFigure pathways(std::size_t rows, std::size_t columns) {
  HeatmapFigure figure;
  figure.caption = {"Hallmark sets by subtype", "CAMERA, correlation estimated; subtype against the others.",
                    PageWidth::kTwoColumns};
  figure.value_name = "mean difference, sd";
  Random random(2);
  for (std::size_t r = 0; r < rows; ++r)
    figure.rows.push_back(
        r == 2 ? "HALLMARK_EPITHELIAL_MESENCHYMAL_TRANSITION_OF_A_VERY_LONG_NAME_THAT_GOES_ON_AND_ON_AND_ON"
               : fmt::format("HALLMARK_SET_{}", r));
  for (std::size_t c = 0; c < columns; ++c) figure.columns.push_back(fmt::format("subtype {}", c + 1));
  for (std::size_t n = 0; n < rows * columns; ++n) {
    figure.values.push_back(0.6 * random.normal());
    figure.q.push_back(std::abs(figure.values.back()) > 0.8 ? 0.01 : 0.5);
  }
  return figure;
}
Canvas heatmap() {
  HeatmapFigure figure = pathways(24, 4);
  figure.values[5] = kNoNumber;
  figure.q[5] = kNoNumber;
  figure.limit = 1;
  return heatmap_figure(figure);
}
Canvas heatmap_of_twelve() { return heatmap_figure(pathways(60, 12)); }
Canvas heatmap_in_one_column() {
  HeatmapFigure figure = pathways(12, 5);
  figure.columns[1] = kLongName;
  figure.columns[2] = "免疫";
  figure.caption.width = PageWidth::kOneColumn;
  return heatmap_figure(figure);
}
Canvas heatmap_of_zeros() {
  HeatmapFigure figure;
  figure.rows = {"a"};
  figure.columns = {"b"};
  figure.values = {0};
  return heatmap_figure(figure);
}
Canvas no_heatmap() { return heatmap_figure({}); }

BoxPanel panel(const std::string& title, std::size_t groups, std::size_t values) {
  BoxPanel panel;
  panel.title = title;
  panel.value_name = "log2 (TPM + 1)";
  panel.annotation = "Kruskal-Wallis p = 0.002";
  Random random(derive_seed(4, {hash_name(title)}));
  for (std::size_t g = 0; g < groups; ++g) {
    panel.groups.push_back({fmt::format("subtype {}", g + 1), {}, {}});
    for (std::size_t n = 0; n < values + 7 * g; ++n)
      panel.groups.back().values.push_back(5 + 0.4 * static_cast<double>(g) + random.normal());
  }
  return panel;
}
Canvas boxes() {
  BoxFigure figure;
  figure.caption.title = "Immune scores by subtype";
  for (const char* title :
       {"Cytolytic activity", "TIL fraction", "PDCD1", "CD274", "A panel whose title is far too long for it"})
    figure.panels.push_back(panel(title, 4, 30));
  return box_figure(figure);
}
Canvas boxes_in_one_column() {
  BoxFigure figure;
  figure.caption.width = PageWidth::kOneColumn;
  figure.panels.push_back(panel("Cytolytic activity", 3, 500));
  figure.panels.back().groups[1].name = "病院";
  return box_figure(figure);
}
Canvas boxes_of_twelve() {
  BoxFigure figure;
  figure.panels = {panel("TIL fraction", 12, 15000), panel("Cytolytic activity", 12, 1)};
  figure.panels[1].groups[0].name = kLongName;
  figure.panels[1].groups[2].values.clear();
  return box_figure(figure);
}
Canvas boxes_of_one_value() {
  BoxFigure figure;
  figure.panels.push_back({"", "", {{"one", {7}, {}}, {"none", {}, {}}}, ""});
  figure.panels.push_back({"nothing", "", {}, ""});
  return box_figure(figure);
}
Canvas no_boxes() { return box_figure({}); }

BarFigure stages(std::size_t groups, std::size_t categories) {
  BarFigure figure;
  figure.caption.title = "Stage by subtype";
  figure.category_name = "AJCC stage";
  figure.annotation = "Fisher's exact test (Monte Carlo, 100,000 tables) p = 0.012; Cramér's V = 0.21 (0.14–0.30)";
  Random random(9);
  for (std::size_t g = 0; g < groups; ++g) figure.groups.push_back(fmt::format("subtype {}", g + 1));
  for (std::size_t c = 0; c < categories; ++c) figure.categories.push_back(fmt::format("stage {}", c + 1));
  for (std::size_t n = 0; n < groups * categories; ++n) figure.counts.push_back(static_cast<double>(random.below(60)));
  return figure;
}
Canvas bars() { return bar_figure(stages(5, 4)); }
Canvas bars_in_one_column() {
  BarFigure figure = stages(4, 3);
  figure.caption.width = PageWidth::kOneColumn;
  figure.groups[1] = "免疫";
  figure.categories[0] = kLongName;
  return bar_figure(figure);
}
Canvas bars_of_extremes() {
  BarFigure figure = stages(12, 13);
  figure.groups[3] = kLongName;
  figure.categories[2] = kLongName;
  for (std::size_t c = 0; c < 13; ++c) figure.counts[c] = 0;
  figure.counts[13] = 123456;
  return bar_figure(figure);
}
Canvas no_bars() { return bar_figure({}); }

struct Picture {
  const char* name;
  Canvas (*draw)();
};
void PrintTo(const Picture& picture, std::ostream* out) { *out << picture.name; }

class OutcomeFigure : public testing::TestWithParam<Picture> {
 protected:
  test::TempDir folder_;

  std::string svg() const {
    const auto path = folder_ / "figure.svg";
    EXPECT_TRUE(GetParam().draw().save(path, true));
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_P(OutcomeFigure, IsTheSameTwiceAndBelowAMegabyte) {
  const std::string first = svg();
  EXPECT_EQ(first, svg());
  EXPECT_LT(first.size(), 1'000'000U);
}

TEST_P(OutcomeFigure, LiesWithinThePageAndNoTextsOverlap) {
  const Canvas canvas = GetParam().draw();
  const test::SvgLayout layout = test::layout_of(svg());
  const test::Box whole{0, 0, canvas.width_pt(), canvas.height_pt()};
  std::size_t letters = 0;
  for (const test::Box& shape : layout.shapes) {
    EXPECT_TRUE(shape.empty() || shape.within(whole, 0.01)) << shape.left << " " << shape.top;
  }
  for (std::size_t a = 0; a < layout.texts.size(); ++a) {
    letters += layout.texts[a].size();
    for (const test::Box& letter : layout.texts[a]) {
      EXPECT_TRUE(letter.within(whole, -3)) << letter.left << " " << letter.top;
      for (std::size_t b = 0; b < a; ++b) {
        for (const test::Box& other : layout.texts[b])
          ASSERT_FALSE(letter.overlaps(other, 0.15))
              << "texts " << b << " and " << a << " at " << letter.left << " " << letter.top;
      }
    }
  }
  EXPECT_GT(letters, 0U);
}

TEST_P(OutcomeFigure, IsSaved) {
  const Canvas canvas = GetParam().draw();
  EXPECT_EQ(canvas.height_pt(), std::ceil(canvas.height_pt()));
  EXPECT_LT(canvas.height_pt(), 760) << "more than a page";
  EXPECT_TRUE(canvas.save(folder_ / "figure.png"));
  if (const char* kept = std::getenv("RADTYPE_FIGURES_OUT")) {
    const std::string path = fmt::format("{}/outcome_{}", kept, GetParam().name);
    EXPECT_TRUE(canvas.save(path + ".png", true, 144));
    EXPECT_TRUE(canvas.save(path + ".svg", true));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, OutcomeFigure,
    testing::Values(Picture{"Curves", curves}, Picture{"CurvesInOneColumn", curves_in_one_column},
                    Picture{"CurvesOfTwelve", curves_of_twelve}, Picture{"CurveWithoutEvents", curve_without_events},
                    Picture{"CurveOfOneAtZero", curve_of_one_at_zero}, Picture{"NoCurves", no_curves},
                    Picture{"Incidence", incidence}, Picture{"Forest", forest},
                    Picture{"ForestInOneColumn", forest_in_one_column}, Picture{"ForestOfSixty", forest_of_sixty},
                    Picture{"ForestOfExtremes", forest_of_extremes},
                    Picture{"ForestOfNarrowIntervals", forest_of_narrow_intervals}, Picture{"NoForest", no_forest},
                    Picture{"Volcano", volcano}, Picture{"VolcanoInOneColumn", volcano_in_one_column},
                    Picture{"VolcanoOfOnePlace", volcano_of_one_place}, Picture{"NoVolcano", no_volcano},
                    Picture{"Heatmap", heatmap}, Picture{"HeatmapOfTwelve", heatmap_of_twelve},
                    Picture{"HeatmapInOneColumn", heatmap_in_one_column}, Picture{"HeatmapOfZeros", heatmap_of_zeros},
                    Picture{"NoHeatmap", no_heatmap}, Picture{"Boxes", boxes},
                    Picture{"BoxesInOneColumn", boxes_in_one_column}, Picture{"BoxesOfTwelve", boxes_of_twelve},
                    Picture{"BoxesOfOneValue", boxes_of_one_value}, Picture{"NoBoxes", no_boxes}, Picture{"Bars", bars},
                    Picture{"BarsInOneColumn", bars_in_one_column}, Picture{"BarsOfExtremes", bars_of_extremes},
                    Picture{"NoBars", no_bars}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace radtype::outcome
