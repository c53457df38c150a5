#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/core/seed.h"
#include "radtype/subtype/discovery_figures.h"
#include "subtype/figure_data.h"
#include "subtype/figure_parts.h"

namespace radtype::subtype {
namespace {

using figure::Canvas;
using figure::Colour;

constexpr std::size_t kMostPoints = 3000;
constexpr int kPanels = 3;
constexpr double kEmbeddingLeftPt = kMarginPt + 30;
constexpr double kPitchPt = 164;
constexpr double kSidePt = 134;
constexpr double kEmbeddingTitlePt = 20;
constexpr double kAxisPt = 30;

struct Components {
  Eigen::MatrixXd scores;  ///< cases x 2
  double share[2] = {0, 0};
};

Components components(const Table& table) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> values(table.values.data(), static_cast<Eigen::Index>(table.rows),
                                          static_cast<Eigen::Index>(table.columns));
  const Eigen::MatrixXd centred = values.rowwise() - values.colwise().mean();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(centred.transpose() * centred);
  RADTYPE_CHECK(solver.info() == Eigen::Success);
  Components result;
  result.scores = Eigen::MatrixXd::Zero(centred.rows(), 2);
  const double all = solver.eigenvalues().sum();
  const Eigen::Index features = centred.cols();
  for (Eigen::Index c = 0; c < std::min<Eigen::Index>(2, features); ++c) {
    Eigen::VectorXd axis = solver.eigenvectors().col(features - 1 - c);
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis[largest] < 0) axis = -axis;  // an eigenvector has no sign of its own
    result.scores.col(c) = centred * axis;
    result.share[c] = all > 0 ? solver.eigenvalues()[features - 1 - c] / all : 0;
  }
  return result;
}

/// In an order that lets no group lie on top of the others, the same for any order of the table.
std::vector<std::size_t> drawn_cases(const Discovery& discovery) {
  std::vector<std::size_t> order = by_label(discovery.of_k[shown(discovery)].consensus);
  Random random(derive_seed(discovery.options.seed, {hash_name("embedding figure")}));
  for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
  order.resize(std::min(order.size(), kMostPoints));
  return order;
}

}  // namespace

Canvas embedding_figure(const Discovery& discovery) {
  const Components found = components(discovery.prepared());
  const std::vector<std::size_t> cases = drawn_cases(discovery);
  const Categories cohorts(words_of(discovery, [](const Case& one) { return one.cohort; }));
  const Categories kinds(words_of(discovery, [](const Case& one) {
    return one.organ.empty() || one.modality.empty() ? one.organ + one.modality : one.organ + " " + one.modality;
  }));
  const auto subtypes = subtype_legend(discovery);
  struct Panel {
    const char* title;
    const std::vector<LegendEntry>& legend;
    std::function<Colour(std::size_t)> colour;
  };
  const std::vector<Panel> panels = {
      {"by subtype", subtypes,
       [&](std::size_t row) { return discovery.k == 1 ? kOthers : subtype_colour(discovery.labels[row] - 1); }},
      {"by cohort", cohorts.legend(), [&](std::size_t row) { return cohorts.colour(row); }},
      {"by organ and modality", kinds.legend(), [&](std::size_t row) { return kinds.colour(row); }}};

  const std::size_t all = discovery.prepared().rows;
  const Heading heading(
      fmt::format("Principal components: {}", outcome(discovery)),
      fmt::format("{}, {} features as prepared; the same points in every panel. One scale for both axes.",
                  cases.size() == all ? fmt::format("{} cases", all) : fmt::format("{} of {} cases", cases.size(), all),
                  discovery.prepared().columns));

  // One scale for both axes: distances in the picture are distances between cases.
  const Eigen::RowVector2d low = found.scores.colwise().minCoeff();
  const Eigen::RowVector2d high = found.scores.colwise().maxCoeff();
  const double span = std::max((high - low).maxCoeff(), 1e-9) * 1.06;
  const Eigen::RowVector2d middle = 0.5 * (low + high);
  const double height = kSidePt * std::clamp((high - low)[1] * 1.06 / span, 0.6, 1.0);
  const double tall = span * height / kSidePt;

  double legend = 0;
  for (const Panel& panel : panels) legend = std::max(legend, legend_height_pt(panel.legend));
  const double top = heading.height_pt() + kEmbeddingTitlePt;
  Canvas canvas = page(top + height + kAxisPt + legend + kMarginPt);
  heading.draw(canvas);
  const auto inside = [](double from, double to) {
    std::vector<Tick> ticks = number_ticks(from, to, 6);
    std::erase_if(ticks, [&](const Tick& tick) { return tick.at < from || tick.at > to; });
    return ticks;
  };
  for (int n = 0; n < kPanels; ++n) {
    const Panel& panel = panels[static_cast<std::size_t>(n)];
    const Plot plot{kEmbeddingLeftPt + n * kPitchPt,
                    top,
                    kSidePt,
                    height,
                    middle[0] - span / 2,
                    middle[0] + span / 2,
                    middle[1] - tall / 2,
                    middle[1] + tall / 2};
    canvas.text(plot.x, top - 5, panel.title, {.size_pt = 8, .colour = kInk, .bold = true});
    for (const std::size_t row : cases) {
      const auto at = static_cast<Eigen::Index>(row);
      Colour colour = panel.colour(row);
      colour.a = 0.75;
      canvas.circle(plot.across(found.scores(at, 0)), plot.down(found.scores(at, 1)), 1.3, colour);
    }
    plot.draw(canvas, inside(plot.left, plot.right), inside(plot.bottom, plot.top),
              fmt::format("component 1 ({:.0f} % of variance)", 100 * found.share[0]),
              n == 0 ? fmt::format("component 2 ({:.0f} %)", 100 * found.share[1]) : "");
    draw_legend(canvas, plot.x, top + height + kAxisPt, kSidePt, panel.legend);
  }
  return canvas;
}

}  // namespace radtype::subtype
