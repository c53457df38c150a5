// Outcome and biology of subtypes in pictures for print. Finished numbers go in; nothing is estimated here but the
// quartiles of box plots.
//
// A figure is as wide as one or two columns of a journal and as high as its content asks. Names may be long and in any
// script: what does not fit ends in an ellipsis. An input without content gives a page that says so. Unless said
// otherwise, numbers must be finite (a RADTYPE_CHECK). The same input gives the same picture.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "radtype/figure/canvas.h"
#include "radtype/survival/curve.h"

namespace radtype::outcome {

enum class PageWidth { kOneColumn, kTwoColumns };
/// 250 and 510 points (88 and 180 mm).
double width_pt(PageWidth width);

/// What stands above every figure. An empty title or note takes no room.
struct Caption {
  std::string title;
  std::string note;  ///< below the title, in lines of whole words
  PageWidth width = PageWidth::kTwoColumns;
};

/// Colours of groups by their place (0, 1, ...), those of subtypes in the figures of discovery: figure::series_colour()
/// without its black, then the same ones darker.
figure::Colour group_colour(int index);

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Of a curve, at a time at which something happened.
struct Step {
  double time = 0;
  double estimate = 0;       ///< from this time on
  double lower = kNoNumber;  ///< of its interval; NaN: none
  double upper = kNoNumber;
  double at_risk = 0;   ///< just before
  double events = 0;    ///< at this time
  double censored = 0;  ///< at this time
};

struct StepCurve {
  std::string name;
  std::vector<Step> steps;                   ///< by ascending time, times >= 0
  std::optional<survival::Quantile> median;  ///< for the legend
  std::optional<int> colour;                 ///< of group_colour(); none: by place
  bool in_table = true;                      ///< has a row below; causes of one group need one only
  std::string table_name;                    ///< of that row, where it stands for several curves; empty: the name
};
/// Kaplan and Meier's curve with its limits and its median.
StepCurve step_curve(std::string name, const survival::Curve& curve, survival::IntervalKind kind,
                     double confidence = 0.95);

enum class CurveKind {
  kSurvival,   ///< starts at 1
  kIncidence,  ///< starts at 0
};

struct CurveFigure {
  Caption caption;
  CurveKind kind = CurveKind::kSurvival;
  std::string time_name = "time, days";
  std::string share_name = "survival";
  std::vector<StepCurve> curves;
  std::string annotation;          ///< below the legend: "log-rank p = 0.003, 4 groups"
  std::optional<double> horizon;   ///< last time drawn, positive; none: the last time of all
  bool cumulative_events = false;  ///< a second table
};
/// Step curves with shaded limits and marks where cases were seen last (of marks closer than 1.5 points one is drawn);
/// below, aligned with the ticks, how many are at risk (still under observation just before that time). NR in a legend:
/// a limit of the median that is not reached.
figure::Canvas curve_figure(const CurveFigure& figure);

struct ForestRow {
  std::string label;
  int indent = 0;
  bool heading = false;  ///< of a block: the label alone, bold
  std::optional<std::int64_t> n;
  std::optional<std::int64_t> events;
  double estimate = kNoNumber;  ///< positive
  double lower = kNoNumber;     ///< >= 0; 0 is drawn as an arrow
  double upper = kNoNumber;     ///< may be infinite: an arrow
  std::string p;                ///< as it is to be printed
  std::string missing;          ///< instead of an estimate: "not estimable: no events"
};
struct ForestFigure {
  Caption caption;
  std::string estimate_name = "hazard ratio";  ///< of the axis
  std::string column_name = "HR (95 % CI)";
  std::string p_name = "p";
  std::string below_one;  ///< what an estimate on that side means: "better"
  std::string above_one;
  std::vector<ForestRow> rows;
};
/// Ratios on a logarithmic axis about 1. The axis covers the estimates and what fits of the limits; limits beyond it
/// end in arrows.
figure::Canvas forest_figure(const ForestFigure& figure);

struct VolcanoPoint {
  std::string label;
  double effect = 0;         ///< NaN: not drawn, but counted
  double minus_log10_p = 0;  ///< >= 0; infinite: at the upper edge; NaN as above
  bool significant = false;
};
struct VolcanoFigure {
  Caption caption;
  std::string effect_name = "log2 fold change";
  std::string p_name = "−log10 p";
  std::vector<VolcanoPoint> points;
  std::optional<double> effect_threshold;         ///< lines at plus and minus this
  std::optional<double> minus_log10_p_threshold;  ///< a line
  std::size_t labels = 15;                        ///< at most, of the significant points with the smallest p
};
/// Of points that would cover each other some are drawn; the figure says how many. Labels never overlap; one without a
/// free place is left out.
figure::Canvas volcano_figure(const VolcanoFigure& figure);

struct HeatmapFigure {
  Caption caption;
  std::vector<std::string> rows;     ///< gene sets, from the top
  std::vector<std::string> columns;  ///< subtypes
  std::vector<double> values;        ///< rows x columns, row by row; NaN: grey
  std::vector<double> q;             ///< alike; empty: no marks
  double level = 0.05;               ///< a mark where q < level
  std::string value_name;            ///< with its unit
  std::optional<double> limit;       ///< positive; beyond plus and minus this the colour is the last; none: the largest
};
figure::Canvas heatmap_figure(const HeatmapFigure& figure);

struct BoxGroup {
  std::string name;
  std::vector<double> values;
  std::optional<int> colour;  ///< of group_colour(); none: by place
};
struct BoxPanel {
  std::string title;
  std::string value_name;  ///< with its unit
  std::vector<BoxGroup> groups;
  std::string annotation;  ///< "Kruskal-Wallis p = 0.02"
};
struct BoxFigure {
  Caption caption;
  std::vector<BoxPanel> panels;
};
/// Median, quartiles (linear between order statistics, type 7 of hyndman1996), whiskers to the last value within 1.5
/// interquartile ranges of them (tukey1977), and the values; of more than 200 of a group 200, evenly by rank, and the
/// figure says so.
figure::Canvas box_figure(const BoxFigure& figure);

struct BarFigure {
  Caption caption;
  std::vector<std::string> groups;      ///< bars
  std::vector<std::string> categories;  ///< parts, from the bottom
  std::vector<double> counts;           ///< groups x categories, row by row, >= 0
  std::string category_name;            ///< above the legend
  std::string annotation;               ///< "chi-square p = 0.01, Cramér's V = 0.2"
};
/// Shares of the categories in each group.
figure::Canvas bar_figure(const BarFigure& figure);

}  // namespace radtype::outcome
