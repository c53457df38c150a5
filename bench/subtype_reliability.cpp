// Are the probabilities of a model right? docs/validation/subtypes.md.
//   subtype_reliability OUT.png
// Virtual patients of the preset paper by their true traits: a model of the subtypes found among 1,682 of them (whose
// kinds overlap), asked about 20,000 others whose kind is known. Draws share right against probability, and fails where
// they differ by more than 0.02 in the mean over all.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "radtype/figure/canvas.h"
#include "radtype/simulate/study.h"
#include "radtype/subtype/validation.h"

namespace {
using namespace radtype;
using namespace radtype::subtype;

constexpr std::size_t kTraining = 1682;
constexpr std::size_t kNew = 20000;
constexpr int kSubtypes = 4;
constexpr std::size_t kBins = 10;

struct Patients {
  CaseTable table;
  std::vector<int> kind;
};

Patients draw(const simulate::Study& study, double apart, std::size_t count, std::uint64_t seed) {
  Patients patients;
  for (const char* name : simulate::kTraits) patients.table.features.push_back({name, 1, "trait"});
  for (std::size_t n = 0; n < count; ++n) {
    const simulate::Patient one =
        simulate::make_patient(study, apart, seed, n % study.cohorts.size(), n / study.cohorts.size());
    patients.table.cases.push_back({fmt::format("p{:06}", n), "", "virtual", "lung", "CT", std::exp(one.log_volume_z)});
    patients.table.values.insert(patients.table.values.end(), one.traits.begin(), one.traits.end());
    patients.kind.push_back(static_cast<int>(one.subtype) + 1);
  }
  return patients;
}

struct Bin {
  double cases = 0, probability = 0, right = 0;
};

/// Of the probability that a case is of a subtype, every case and every subtype.
struct Reliability {
  std::array<Bin, kBins> bins{};
  double first = 0;  ///< mean probability of the subtype assigned
  double right = 0;  ///< share of cases assigned to their kind
  double error = 0;  ///< mean over cases and subtypes of |probability - share right| of their bin
};

Reliability reliability(const Model& model, const Patients& patients) {
  const auto assigned = classify(model, patients.table);
  if (!assigned) {
    fmt::print(stderr, "subtype_reliability: {}\n", assigned.error().to_string());
    std::exit(1);
  }
  std::vector<int> labels;
  for (const Assignment& one : *assigned) {
    if (one.state == AssignmentState::kRefused) {
      fmt::print(stderr, "subtype_reliability: {} is refused\n", patients.table.cases[one.row].name);
      std::exit(1);
    }
    labels.push_back(one.subtype);
  }
  const std::vector<int> kind_of = match_labels(patients.kind, labels, kSubtypes);
  Reliability result;
  const auto n = static_cast<double>(assigned->size());
  for (const Assignment& one : *assigned) {
    for (int c = 1; c <= kSubtypes; ++c) {
      const double probability = one.posterior[static_cast<std::size_t>(c - 1)];
      const bool hit = kind_of[static_cast<std::size_t>(c - 1)] == patients.kind[one.row];
      Bin& bin = result.bins[std::min(kBins - 1, static_cast<std::size_t>(probability * kBins))];
      ++bin.cases;
      bin.probability += probability;
      bin.right += hit;
      if (c != one.subtype) continue;
      result.first += probability / n;
      result.right += hit / n;
    }
  }
  for (Bin& bin : result.bins) {
    if (bin.cases == 0) continue;
    bin.probability /= bin.cases;
    bin.right /= bin.cases;
    result.error += bin.cases / (n * kSubtypes) * std::abs(bin.probability - bin.right);
  }
  return result;
}

figure::Canvas drawn(const Reliability& found, const Reliability& told) {
  using figure::Anchor;
  constexpr double kSide = 260, kLeft = 52, kTop = 34;
  figure::Canvas canvas(kLeft + kSide + 170, kTop + kSide + 46);
  const auto x = [&](double value) { return kLeft + value * kSide; };
  const auto y = [&](double value) { return kTop + (1 - value) * kSide; };
  for (int tick = 0; tick <= 5; ++tick) {
    const double at = tick / 5.0;
    canvas.line(x(at), y(0), x(at), y(1), {0.9, 0.9, 0.9, 1}, 0.6);
    canvas.line(x(0), y(at), x(1), y(at), {0.9, 0.9, 0.9, 1}, 0.6);
    canvas.text(x(at), y(0) + 14, fmt::format("{:.1f}", at), {.size_pt = 9, .anchor = Anchor::kMiddle});
    canvas.text(x(0) - 6, y(at) + 3, fmt::format("{:.1f}", at), {.size_pt = 9, .anchor = Anchor::kEnd});
  }
  canvas.line(x(0), y(0), x(1), y(1), {0.5, 0.5, 0.5, 1}, 0.8);
  int series = 0;
  for (const auto& [name, of] : {std::pair{"subtypes found", &found}, {"kinds told", &told}}) {
    const figure::Colour colour = figure::series_colour(series);
    std::vector<std::pair<double, double>> points;
    for (const Bin& bin : of->bins) {
      if (bin.cases > 0) points.emplace_back(x(bin.probability), y(bin.right));
    }
    canvas.polyline(points, colour, 1.6);
    for (const auto& [px, py] : points) canvas.circle(px, py, 3, colour);
    const double line = kTop + 16 + 18 * series;
    canvas.line(x(1) + 14, line - 3, x(1) + 34, line - 3, colour, 2);
    canvas.text(x(1) + 40, line, fmt::format("{} (error {:.3f})", name, of->error), {.size_pt = 9});
    ++series;
  }
  canvas.text(kLeft, 18, "is a probability as often right as it says?", {.size_pt = 11, .bold = true});
  canvas.text(kLeft + kSide / 2, kTop + kSide + 34, "probability of a subtype",
              {.size_pt = 10, .anchor = Anchor::kMiddle});
  canvas.text(14, kTop + kSide / 2, "share of that kind",
              {.size_pt = 10, .anchor = Anchor::kMiddle, .rotate_degrees = -90});
  return canvas;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "subtype_reliability OUT.png\n");
    return 2;
  }
  const simulate::Study study = simulate::preset("paper");
  const double apart = simulate::calibrate(study).factor;
  const Patients training = draw(study, apart, kTraining, 1);
  const Patients others = draw(study, apart, kNew, 2);
  DiscoveryOptions options;
  options.numbers = {kSubtypes, kSubtypes};
  options.k = kSubtypes;
  options.references = 0;
  options.repetitions = 100;
  const auto found = discover(training.table, options);
  if (!found || !found->model) {
    fmt::print(stderr, "subtype_reliability: {}\n", found ? "no model" : found.error().to_string());
    return 1;
  }
  std::vector<int> kinds;
  for (const std::size_t row : found->fitted.training.source_rows)
    kinds.push_back(training.kind[static_cast<std::size_t>(std::stoi(found->cases.cases[row].name.substr(1)))]);
  const auto told = fit_model(found->fitted, found->cases, kinds, kSubtypes);
  if (!told) {
    fmt::print(stderr, "subtype_reliability: {}\n", told.error().to_string());
    return 1;
  }
  const Reliability of_found = reliability(*found->model, others);
  const Reliability of_told = reliability(*told, others);
  fmt::print("| model of | mean probability of the subtype assigned | assigned to their kind | calibration error |\n");
  fmt::print("|---|---|---|---|\n");
  for (const auto& [name, of] : {std::pair{"subtypes found", &of_found}, {"kinds told", &of_told}})
    fmt::print("| {} | {:.3f} | {:.3f} | {:.3f} |\n", name, of->first, of->right, of->error);
  if (const auto saved = drawn(of_found, of_told).save(argv[1], true); !saved) {
    fmt::print(stderr, "subtype_reliability: {}\n", saved.error().to_string());
    return 1;
  }
  const bool right = std::abs(of_found.first - of_found.right) <= 0.02 && of_found.error <= 0.02;
  fmt::print("{}\n", right ? "probabilities are right" : "PROBABILITIES ARE WRONG");
  return right ? 0 : 1;
}
