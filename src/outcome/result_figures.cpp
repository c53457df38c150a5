#include <cmath>

#include <fmt/format.h>

#include "radtype/outcome/figures.h"
#include "radtype/outcome/results.h"

namespace radtype::outcome {
namespace {

/// A file's name from a title: ASCII letters and digits, the rest dashes.
std::string file_word(const std::string& title) {
  std::string word;
  for (const char c : title) {
    const bool upper = c >= 'A' && c <= 'Z';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper) {
      word += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty() && word.back() != '-') {
      word += '-';
    }
    if (word.size() == 40) break;
  }
  while (!word.empty() && word.back() == '-') word.pop_back();
  return word;
}

std::string p_equals(double p) { return p < 0.0001 ? "p < 0.0001" : "p = " + p_text(p); }

StepCurve incidence_curve(const std::string& name, const survival::Incidence& incidence, double confidence) {
  StepCurve curve;
  curve.name = name;
  for (const survival::IncidencePoint& point : incidence.points) {
    const auto limits = survival::limits(point, survival::IntervalKind::kLogLog, confidence);
    // Who had another event is at risk no more, as who was seen last.
    const double gone = point.censored + point.events_of_any - point.events;
    curve.steps.push_back({point.time, point.incidence, limits.lower, limits.upper, point.at_risk, point.events, gone});
  }
  return curve;
}

CurveFigure curves_of(const AnalysisResult& one, const Plan& plan) {
  const Endpoint& endpoint = plan.endpoint(one.analysis.endpoint);
  const bool incidence = !endpoint.competing.empty();
  CurveFigure figure;
  figure.caption.title = one.analysis.name;
  figure.caption.note = fmt::format("{} patients, {} events{}; {:g} % confidence bands{}", one.n, one.events,
                                    incidence ? fmt::format(", {} competing events", one.competing) : "",
                                    100 * plan.confidence, incidence ? "; dashes: seen last, or another event" : "");
  figure.kind = incidence ? CurveKind::kIncidence : CurveKind::kSurvival;
  figure.time_name = "time, " + endpoint.unit;
  figure.share_name = incidence ? "cumulative incidence of " + endpoint.label : endpoint.label;
  for (std::size_t g = 0; g < one.groups.size(); ++g) {
    const GroupResult& group = one.groups[g];
    StepCurve curve = group.incidence
                          ? incidence_curve(group.label, *group.incidence, plan.confidence)
                          : step_curve(group.label, group.curve, survival::IntervalKind::kLogLog, plan.confidence);
    curve.colour = static_cast<int>(g);
    figure.curves.push_back(std::move(curve));
  }
  if (const TestResult* test = one.test(incidence ? "Gray" : "log-rank"); test != nullptr && test->missing.empty())
    figure.annotation =
        fmt::format("{}{} {}", one.analysis.strata.empty() ? "" : "stratified ", test->name, p_equals(test->test.p));
  return figure;
}

void add_model(ForestFigure& figure, const ModelResult& model) {
  ForestRow heading;
  heading.label = model.title;
  heading.heading = true;
  figure.rows.push_back(heading);
  if (!model.missing.empty()) {
    ForestRow row;
    row.label = "all";
    row.indent = 1;
    row.n = static_cast<std::int64_t>(model.n);
    row.events = static_cast<std::int64_t>(model.events);
    row.missing = "not estimable: " + model.missing;
    figure.rows.push_back(std::move(row));
    return;
  }
  for (const CoefficientResult& line : model.coefficients) {
    ForestRow row;
    row.label = line.level.empty()                                                   ? line.term
                : line.term == line.level || line.level.starts_with(line.term + " ") ? line.level
                                                                                     : line.term + " " + line.level;
    row.indent = 1;
    row.n = static_cast<std::int64_t>(line.n);
    row.events = static_cast<std::int64_t>(line.events);
    if (line.reference) {
      row.missing = "reference";
    } else {
      row.estimate = line.ratio.estimate;
      row.lower = line.ratio.lower;
      row.upper = line.ratio.upper;
      row.p = p_text(line.ratio.p);
    }
    figure.rows.push_back(std::move(row));
  }
}

ForestFigure forest_of(const AnalysisResult& one, const Plan& plan) {
  ForestFigure figure;
  figure.caption.title = one.analysis.name;
  figure.column_name = fmt::format("HR ({:g} % CI)", 100 * plan.confidence);
  figure.below_one = "fewer events";
  figure.above_one = "more events";
  std::string note;
  for (const TestResult& test : one.tests) {
    const bool of_models = test.name.ends_with(" alone") || test.name.find(" beyond ") != std::string::npos ||
                           test.name == one.analysis.interaction + " by " + one.analysis.group;
    if (of_models && test.missing.empty())
      note += (note.empty() ? "" : "; ") + test.name + ": " + p_equals(test.test.p);
  }
  figure.caption.note = note;
  for (const char* name : {"group", "adjusted", "subdistribution"}) {
    if (const ModelResult* model = one.model(name)) add_model(figure, *model);
  }
  std::string level;
  for (const EffectInGroup& effect : one.effects) {
    if (effect.level != level) {
      level = effect.level;
      ForestRow heading;
      heading.label = one.analysis.interaction + " " + level + ", in each group";
      heading.heading = true;
      figure.rows.push_back(std::move(heading));
    }
    ForestRow row;
    row.label = effect.group;
    row.indent = 1;
    row.n = static_cast<std::int64_t>(effect.n);
    row.events = static_cast<std::int64_t>(effect.events);
    row.estimate = effect.ratio.estimate;
    row.lower = effect.ratio.lower;
    row.upper = effect.ratio.upper;
    row.p = p_text(effect.ratio.p);
    figure.rows.push_back(std::move(row));
  }
  return figure;
}

}  // namespace

std::vector<NamedFigure> figures(const OutcomeResult& result) {
  std::vector<NamedFigure> all;
  for (std::size_t n = 0; n < result.analyses.size(); ++n) {
    const AnalysisResult& one = result.analyses[n];
    if (one.groups.empty()) continue;
    const std::string front = fmt::format("{:02}-{}", n + 1, file_word(one.analysis.name));
    const bool incidence = !result.plan.endpoint(one.analysis.endpoint).competing.empty();
    all.push_back({front + (incidence ? "-incidence" : "-survival"), curve_figure(curves_of(one, result.plan))});
    if (!one.models.empty()) all.push_back({front + "-models", forest_figure(forest_of(one, result.plan))});
  }
  return all;
}

}  // namespace radtype::outcome
