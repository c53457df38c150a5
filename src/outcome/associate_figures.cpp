#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/outcome/associate_results.h"
#include "radtype/outcome/figures.h"

namespace radtype::outcome {
namespace {

constexpr std::size_t kPanels = 12;
constexpr double kLevel = 0.05;

std::string p_equals(double p) { return p < 0.0001 ? "p < 0.0001" : "p = " + p_text(p); }

BoxPanel panel(const std::string& title, const std::vector<std::string>& labels,
               const std::vector<std::vector<double>>& values, const stats::Association& test) {
  BoxPanel box;
  box.title = title;
  for (std::size_t g = 0; g < labels.size(); ++g) box.groups.push_back({labels[g], values[g], static_cast<int>(g)});
  box.annotation = "Kruskal-Wallis " + p_equals(test.p);
  return box;
}

/// Places of the smallest p, at most kPanels of them, in their order.
template <class T, class Fits>
std::vector<std::size_t> strongest(const std::vector<T>& all, const Fits& p_of) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t n = 0; n < all.size(); ++n) {
    if (const auto p = p_of(all[n])) order.emplace_back(*p, n);
  }
  std::sort(order.begin(), order.end());
  if (order.size() > kPanels) order.resize(kPanels);
  std::vector<std::size_t> places;
  for (const auto& [p, n] : order) places.push_back(n);
  std::sort(places.begin(), places.end());
  return places;
}

void add_columns(std::vector<NamedFigure>& all, const AssociationResult& result) {
  const auto numbers = strongest(result.columns, [](const ColumnAssociation& one) {
    return one.undefined.empty() && !one.categorical ? std::optional(one.result.p) : std::nullopt;
  });
  BoxFigure boxes;
  boxes.caption.title = "Numbers by " + result.grouped.column;
  for (const std::size_t n : numbers)
    boxes.panels.push_back(
        panel(result.columns[n].column, result.grouped.labels, result.columns[n].values, result.columns[n].result));
  if (!boxes.panels.empty()) all.push_back({"columns", box_figure(boxes)});
  const auto categories = strongest(result.columns, [](const ColumnAssociation& one) {
    return one.undefined.empty() && one.categorical ? std::optional(one.result.p) : std::nullopt;
  });
  for (const std::size_t n : categories) {
    const ColumnAssociation& one = result.columns[n];
    BarFigure bars;
    bars.caption = {one.column + " by " + result.grouped.column, "", PageWidth::kOneColumn};
    bars.groups = result.grouped.labels;
    bars.categories = one.categories;
    bars.counts = one.counts;
    bars.category_name = one.column;
    bars.annotation =
        fmt::format("{} {}, Cramér's V = {:.2f}", one.test, p_equals(one.result.p), one.result.effect.estimate);
    std::string word;
    for (const char c : one.column) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      word += plain ? c : '-';
    }
    all.push_back({fmt::format("column-{:02}-{}", n + 1, word.substr(0, 40)), bar_figure(bars)});
  }
}

void add_mutations(std::vector<NamedFigure>& all, const AssociationResult& result) {
  const auto places = strongest(result.mutations, [](const ColumnAssociation& one) {
    return one.undefined.empty() ? std::optional(one.result.p) : std::nullopt;
  });
  if (places.empty()) return;
  HeatmapFigure figure;
  figure.caption = {"Mutations by " + result.grouped.column, "share of each group less that of all",
                    PageWidth::kTwoColumns};
  figure.columns = result.grouped.labels;
  figure.value_name = "difference of shares";
  for (const std::size_t n : places) {
    const ColumnAssociation& one = result.mutations[n];
    const auto yes = std::find(one.categories.begin(), one.categories.end(), "1");
    if (yes == one.categories.end()) continue;
    const auto at = static_cast<std::size_t>(yes - one.categories.begin());
    double mutated = 0, cases = 0;
    for (std::size_t g = 0; g < result.grouped.labels.size(); ++g) {
      mutated += one.counts[g * one.categories.size() + at];
      for (std::size_t c = 0; c < one.categories.size(); ++c) cases += one.counts[g * one.categories.size() + c];
    }
    figure.rows.push_back(
        fmt::format("{} ({:.0f} of {:.0f}), q = {}", one.column, mutated, cases, p_text(one.q.value_or(1))));
    for (std::size_t g = 0; g < result.grouped.labels.size(); ++g) {
      double of_group = 0;
      for (std::size_t c = 0; c < one.categories.size(); ++c) of_group += one.counts[g * one.categories.size() + c];
      figure.values.push_back(of_group > 0 ? one.counts[g * one.categories.size() + at] / of_group - mutated / cases
                                           : kNoNumber);
    }
  }
  if (!figure.rows.empty()) all.push_back({"mutations", heatmap_figure(figure)});
}

void add_expression(std::vector<NamedFigure>& all, const ExpressionAssociation& found, const std::string& column) {
  const std::size_t tests = found.fit.contrasts.size();
  for (std::size_t c = 0; c < tests; ++c) {
    VolcanoFigure volcano;
    volcano.caption.title = found.fit.contrasts[c];
    volcano.caption.note = fmt::format("{} patients; moderated t{}; significant: q < {:g}.", found.rows.size(),
                                       found.covariates.empty() ? "" : ", adjusted", kLevel);
    for (std::size_t g = 0; g < found.genes.size(); ++g) {
      if (found.fit.status[g] != molecular::GeneStatus::kTested) continue;
      const molecular::GeneTest& one = found.fit.test(g, c);
      volcano.points.push_back({found.genes[g], one.estimate, -std::log10(one.p), found.q[g * tests + c] < kLevel});
    }
    all.push_back({fmt::format("volcano-{}", c + 1), volcano_figure(volcano)});
  }
  if (!found.sets.empty()) {
    HeatmapFigure figure;
    figure.caption = {"Gene sets by " + column,
                      "mean moderated t (as normal deviate) of the set less that of other genes; marked: q < 0.05, "
                      "correlation between genes counted",
                      PageWidth::kTwoColumns};
    figure.rows = found.sets;
    figure.columns = tests == found.labels.size() ? found.labels : found.fit.contrasts;
    figure.value_name = "difference of mean t";
    figure.level = kLevel;
    const std::size_t wide = found.sets.size();
    for (std::size_t s = 0; s < wide; ++s) {
      for (std::size_t c = 0; c < tests; ++c) {
        figure.values.push_back(found.enrichment[c * wide + s].difference);
        figure.q.push_back(found.set_q[c * wide + s]);
      }
    }
    all.push_back({"gene-sets", heatmap_figure(figure)});
  }
  BoxFigure boxes;
  boxes.caption.title = "Scores by " + column;
  for (const std::size_t n : strongest(found.scores, [](const ScoreAssociation& one) {
         return one.undefined.empty() ? std::optional(one.kruskal_wallis.p) : std::nullopt;
       }))
    boxes.panels.push_back(
        panel(found.scores[n].name, found.labels, found.scores[n].values, found.scores[n].kruskal_wallis));
  if (!boxes.panels.empty()) all.push_back({"scores", box_figure(boxes)});
}

}  // namespace

std::vector<NamedFigure> figures(const AssociationResult& result) {
  std::vector<NamedFigure> all;
  add_columns(all, result);
  add_mutations(all, result);
  if (result.expression) add_expression(all, *result.expression, result.grouped.column);
  return all;
}

}  // namespace radtype::outcome
