// Subtypes found in a virtual study against those that were planted: docs/validation/subtypes.md.
//   subtype_truth TABLE.csv TRUTH.csv
// TABLE.csv: radtype cohort export; TRUTH.csv: radtype simulate. Prints the adjusted Rand index of clusters of the true
// traits (what an oracle could find), of the traits read with noise, of clusters of the measured features, and of a
// discriminant that is told the truth (what the features hold); and how well each trait can be told from the features.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <Eigen/Dense>

#include "radtype/core/csv.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "radtype/stats/partition.h"
#include "radtype/subtype/validation.h"

namespace {
using namespace radtype;
using namespace radtype::subtype;

constexpr std::size_t kFolds = 5;

struct Truth {
  std::map<std::string, int> subtype;
  CaseTable traits;
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "subtype_truth: {}\n", result.error().to_string());
  std::exit(1);
}

double number(const std::string& cell) { return parse_double(cell).value_or(std::nan("")); }

CaseTable read_features(const std::string& path) {
  CaseTable table;
  for (const feature::Entry& entry : feature::catalogue()) {
    if (entry.for_clustering) table.features.push_back({entry.name, entry.version, entry.family});
  }
  for (const CsvRow& row : need(read_csv(path))) {
    if (row.at("status") == "failed") continue;
    table.cases.push_back({row.at("case"), row.at("patient"), row.at("cohort"), row.at("organ"), row.at("modality"),
                           number(row.at("shape_volume_mm3"))});
    for (const FeatureColumn& column : table.features) table.values.push_back(number(row.at(column.name)));
  }
  return table;
}

Truth read_truth(const std::string& path) {
  Truth truth;
  std::map<std::string, int> numbers;
  for (const CsvRow& row : need(read_csv(path))) {
    const int next = static_cast<int>(numbers.size()) + 1;
    truth.subtype[row.at("case")] = numbers.emplace(row.at("subtype"), next).first->second;
    const bool first = truth.traits.cases.empty();
    truth.traits.cases.push_back({row.at("case"), "", "", "", "", std::nan("")});
    for (const auto& [name, cell] : row) {
      if (!name.starts_with("trait_")) continue;
      if (first) truth.traits.features.push_back({name, 1, "trait"});
      truth.traits.values.push_back(number(cell));
    }
  }
  return truth;
}

std::vector<int> planted(const Discovery& found, const Truth& truth) {
  std::vector<int> labels;
  for (std::size_t r = 0; r < found.prepared().rows; ++r)
    labels.push_back(truth.subtype.at(found.prepared_case(r).name));
  return labels;
}

Discovery clusters(const std::string& what, const CaseTable& table, const Truth& truth, DiscoveryOptions options) {
  options.numbers = {2, 6};
  options.k = 4;
  options.references = 0;
  options.repetitions = 50;
  Discovery found = need(discover(table, options));
  const std::vector<int> labels = planted(found, truth);
  std::string line = fmt::format("| {} | {} |", what, found.fitted.preparation.features.size());
  for (const DiscoveryOfK& of : found.of_k)
    line += fmt::format(" {:.3f} |", stats::adjusted_rand_index(of.consensus.labels, labels));
  std::vector<double> volumes;
  for (std::size_t r = 0; r < found.prepared().rows; ++r)
    volumes.push_back(std::log(found.prepared_case(r).volume_mm3));
  const double eta = eta_squared(volumes, found.labels);
  fmt::print("{} {} |\n", line, std::isfinite(eta) ? fmt::format("{:.3f}", eta) : "");
  return found;
}

/// Every fifth case left out in turn: model of the planted subtypes, and the case assigned by it.
double told_the_truth(const CaseTable& table, const Truth& truth) {
  std::vector<int> told, right;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> in, out;
    for (std::size_t r = 0; r < table.cases.size(); ++r) (r % kFolds == fold ? out : in).push_back(r);
    const CaseTable rest = table.of(in);
    const FittedPreparation fitted = need(fit_preparation(rest, {}));
    std::vector<int> labels;
    for (const std::size_t row : fitted.training.source_rows) labels.push_back(truth.subtype.at(rest.cases[row].name));
    const Model model = need(fit_model(fitted, rest, labels, *std::max_element(labels.begin(), labels.end())));
    const CaseTable left = table.of(out);
    for (const Assignment& one : need(classify(model, left))) {
      if (one.state == AssignmentState::kRefused) continue;
      told.push_back(one.subtype);
      right.push_back(truth.subtype.at(left.cases[one.row].name));
    }
  }
  return stats::adjusted_rand_index(told, right);
}

/// Traits as they are told from the prepared features by ridge regression, every fifth case left out in turn; prints
/// how well.
CaseTable predicted_traits(const Discovery& found, const Truth& truth) {
  const auto n = static_cast<Eigen::Index>(found.prepared().rows);
  const auto p = static_cast<Eigen::Index>(found.prepared().columns);
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> x(
      found.prepared().values.data(), n, p);
  std::map<std::string, std::size_t> row_of;
  for (std::size_t r = 0; r < truth.traits.cases.size(); ++r) row_of[truth.traits.cases[r].name] = r;
  CaseTable predicted{
      {}, truth.traits.features, std::vector<double>(found.prepared().rows * truth.traits.features.size())};
  for (std::size_t r = 0; r < found.prepared().rows; ++r) predicted.cases.push_back(found.prepared_case(r));
  fmt::print("\n| trait | R squared from the features |\n|---|---|\n");
  for (std::size_t t = 0; t < truth.traits.features.size(); ++t) {
    Eigen::VectorXd y(n);
    for (Eigen::Index r = 0; r < n; ++r)
      y[r] = truth.traits.value(row_of.at(found.prepared_case(static_cast<std::size_t>(r)).name), t);
    double left = 0, all = 0;
    for (Eigen::Index fold = 0; fold < static_cast<Eigen::Index>(kFolds); ++fold) {
      Eigen::VectorXd weight(n);  // 0 for those left out
      for (Eigen::Index r = 0; r < n; ++r) weight[r] = r % static_cast<Eigen::Index>(kFolds) == fold ? 0 : 1;
      const Eigen::RowVectorXd mean_x = weight.transpose() * x / weight.sum();
      const double mean_y = weight.dot(y) / weight.sum();
      const Eigen::MatrixXd centred = x.rowwise() - mean_x;
      const Eigen::MatrixXd weighted = weight.asDiagonal() * centred;
      const Eigen::MatrixXd normal = centred.transpose() * weighted + 20 * Eigen::MatrixXd::Identity(p, p);
      const Eigen::VectorXd slopes = normal.ldlt().solve(weighted.transpose() * (y.array() - mean_y).matrix());
      for (Eigen::Index r = 0; r < n; ++r) {
        if (weight[r] > 0) continue;
        const double told = mean_y + centred.row(r).dot(slopes);
        predicted.values[static_cast<std::size_t>(r) * truth.traits.features.size() + t] = told;
        left += (y[r] - told) * (y[r] - told);
        all += (y[r] - mean_y) * (y[r] - mean_y);
      }
    }
    fmt::print("| {} | {:.2f} |\n", truth.traits.features[t].name.substr(6), 1 - left / all);
  }
  return predicted;
}

/// The true traits, as if each could be read from an image with this R squared.
CaseTable with_noise(const CaseTable& traits, double r_squared) {
  CaseTable noisy = traits;
  const std::size_t columns = traits.features.size();
  const auto rows = static_cast<double>(traits.cases.size());
  Random random(1);
  for (std::size_t t = 0; t < columns; ++t) {
    double mean = 0, variance = 0;
    for (std::size_t r = 0; r < traits.cases.size(); ++r) mean += traits.value(r, t) / rows;
    for (std::size_t r = 0; r < traits.cases.size(); ++r) variance += std::pow(traits.value(r, t) - mean, 2) / rows;
    const double noise = std::sqrt(variance * (1 / r_squared - 1));
    for (std::size_t r = 0; r < traits.cases.size(); ++r) noisy.values[r * columns + t] += noise * random.normal();
  }
  return noisy;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "subtype_truth TABLE.csv TRUTH.csv\n");
    return 2;
  }
  const CaseTable table = read_features(argv[1]);
  const Truth truth = read_truth(argv[2]);
  fmt::print(
      "{} cases\n\n| clusters of | features | k = 2 | 3 | 4 | 5 | 6 | eta squared of volume, k = 4 |\n"
      "|---|---|---|---|---|---|---|---|\n",
      table.cases.size());
  DiscoveryOptions oracle;
  oracle.preparation.grouping = Grouping::kNone;
  oracle.preparation.scaling = Scaling::kStandard;
  clusters("true traits", truth.traits, truth, oracle);
  for (const double r_squared : {0.9, 0.8, 0.7, 0.6, 0.5})
    clusters(fmt::format("true traits, each read with R squared {:.1f}", r_squared),
             with_noise(truth.traits, r_squared), truth, oracle);
  const Discovery found = clusters("features, robust z", table, truth, {});
  DiscoveryOptions options;
  options.distance = Distance::kPearson;
  clusters("the same, 1 - Pearson", table, truth, options);
  options = {};
  options.preparation.remove_size = true;
  clusters("robust z, size removed", table, truth, options);
  options.preparation.balance_families = true;
  options.preparation.scaling = Scaling::kRankNormal;
  clusters("rank-normal, size removed, families balanced (what `discover` does)", table, truth, options);
  options = {};
  options.preparation.scaling = Scaling::kRankNormal;
  clusters("rank-normal", table, truth, options);
  options = {};
  options.method = Method::kWard;
  clusters("robust z, Ward", table, truth, options);
  fmt::print("\nDiscriminant that is told the planted subtypes, every fifth case left out: ARI {:.3f}\n",
             told_the_truth(table, truth));
  const CaseTable predicted = predicted_traits(found, truth);
  fmt::print("\n");
  clusters("traits told from the features", predicted, truth, oracle);
}
