#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "radtype/core/parallel.h"
#include "radtype/core/seed.h"
#include "radtype/stats/partition.h"
#include "radtype/subtype/robustness.h"
#include "radtype/subtype/validation.h"

namespace radtype::subtype {
namespace {

constexpr std::size_t kFeatures = 12;

std::string fmt_labels(const std::vector<int>& labels) {
  std::string text;
  for (const int label : labels) text += static_cast<char>(48 + label);
  return text;
}

struct Made {
  CaseTable table;
  std::vector<int> truth;
};

/// Three kinds `apart` standard deviations from each other in organs that measure on scales of their own.
Made made(std::size_t cases, double apart, std::uint64_t seed, const std::string& cohort = "") {
  Made made;
  Random random(seed);
  for (std::size_t f = 0; f < kFeatures; ++f)
    made.table.features.push_back({f == 0 ? "shape_smooth_sphericity" : "feature_" + std::to_string(f), 2, "made"});
  for (std::size_t n = 0; n < cases; ++n) {
    const std::size_t kind = random.below(3);
    const bool lung = random.below(2) == 0;
    std::string name = std::to_string(n);
    name.insert(0, 4 - name.size(), '0');
    made.table.cases.push_back({"case" + name, "patient" + name,
                                !cohort.empty()        ? cohort
                                : random.below(2) == 0 ? "one"
                                                       : "two",
                                lung ? "lung" : "breast", lung ? "CT" : "MR", std::exp(9 + random.normal())});
    made.truth.push_back(static_cast<int>(kind) + 1);
    for (std::size_t f = 0; f < kFeatures; ++f) {
      // Kind 0 has the highest first feature: the roundest.
      const double mean = f == 0 ? -apart * static_cast<double>(kind) / 4 : f % 3 == kind ? apart / 2 : 0;
      made.table.values.push_back((mean + random.normal()) * (lung ? 1 : 40) + (lung ? 0 : 1000));
    }
  }
  return made;
}

DiscoveryOptions quick() {
  DiscoveryOptions options;
  options.numbers = {2, 5};
  options.repetitions = 60;
  options.references = 19;
  options.reference_repetitions = 30;
  options.level = 0.05;
  return options;
}

std::vector<int> truth_of(const Made& made, const Discovery& found) {
  std::vector<int> truth;
  for (std::size_t r = 0; r < found.prepared().rows; ++r) {
    const auto at = std::find_if(made.table.cases.begin(), made.table.cases.end(),
                                 [&](const Case& one) { return one.name == found.prepared_case(r).name; });
    truth.push_back(made.truth[static_cast<std::size_t>(at - made.table.cases.begin())]);
  }
  return truth;
}

TEST(Discovery, FindsKindsAcrossOrgansAndNamesThemByRoundness) {
  const Made data = made(300, 5, 1);
  for (const Method method : {Method::kKMeans, Method::kWard, Method::kAverage, Method::kComplete, Method::kMedoids}) {
    DiscoveryOptions options = quick();
    options.numbers = {3, 5};  // two of three kinds together are stable, too
    options.method = method;
    const auto found = discover(data.table, options);
    ASSERT_TRUE(found) << found.error().to_string();
    EXPECT_EQ(found->k, 3) << method_word(method) << ": " << found->reason;
    EXPECT_GT(stats::adjusted_rand_index(found->labels, truth_of(data, *found)), 0.9) << method_word(method);
    const std::vector<int> truth = truth_of(data, *found);
    std::size_t same = 0;
    for (std::size_t r = 0; r < truth.size(); ++r) same += truth[r] == found->labels[r];
    EXPECT_GT(same, truth.size() * 9 / 10) << "subtypes are not named by the rule";
    EXPECT_GT(found->at(3)->mean_silhouette, found->at(5)->mean_silhouette);
    ASSERT_TRUE(found->model);
    EXPECT_EQ(found->model->cohorts, (std::vector<std::string>{"one", "two"}));
  }
}

TEST(Discovery, SaysThatThereAreNoneWhereThereAreNone) {
  const auto found = discover(made(300, 0, 2).table, quick());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->k, 1) << found->reason;
  EXPECT_FALSE(found->model);
  EXPECT_GT(found->stability->p, 0.05);
  EXPECT_EQ(*std::max_element(found->labels.begin(), found->labels.end()), 1);
  DiscoveryOptions given = quick();
  given.k = 2;
  given.references = 0;
  EXPECT_EQ(discover(made(300, 0, 2).table, given)->k, 2) << "the user insists";
}

TEST(Discovery, DoesNotDependOnThreadsOrOrder) {
  const Made data = made(120, 4, 3);
  DiscoveryOptions options = quick();
  options.k = 3;
  std::vector<std::size_t> order(120);
  for (std::size_t n = 0; n < 120; ++n) order[n] = n * 77 % 120;
  std::vector<std::string> models;
  for (const int threads : {1, 2, 16}) {
    set_thread_count(threads);
    for (const CaseTable& table : {data.table, data.table.of(order)}) {
      const auto found = discover(table, options);
      ASSERT_TRUE(found && found->model && found->stability);
      nlohmann::json all = {to_json(*found->model), fmt_labels(found->labels), found->stability->p};
      for (const DiscoveryOfK& of : found->of_k)
        all.push_back({of.consensus.area, of.consensus.ambiguous, of.consensus.item_consensus, of.silhouette});
      for (const StabilityOfK& of : found->stability->of_k) all.push_back({of.ambiguous, of.expected, of.p});
      models.push_back(all.dump());
    }
  }
  set_thread_count(0);
  for (const std::string& model : models) EXPECT_EQ(model, models.front());
}

TEST(Discovery, EndsWhereCasesDifferByRoundingAlone) {
  // Distances are rounding then, and nothing that compares them may go in circles.
  for (const std::size_t columns : {1, 2, 3, 12}) {
    Random random(20 + columns);
    CaseTable table;
    for (std::size_t f = 0; f < columns; ++f) table.features.push_back({"f" + std::to_string(f), 1, "made"});
    for (int n = 0; n < 90; ++n) {
      table.cases.push_back({"c" + std::to_string(100 + n), "p", "a", "lung", "CT", 1000});
      for (std::size_t f = 0; f < columns; ++f) {
        const double base = (n + static_cast<int>(f) * (n % 5)) % 5 * 0.7 + 0.1;
        table.values.push_back(base + static_cast<double>(random.below(7)) * 4e-16);
      }
    }
    for (const Method method :
         {Method::kKMeans, Method::kWard, Method::kAverage, Method::kComplete, Method::kMedoids}) {
      for (const Distance distance : {Distance::kEuclidean, Distance::kPearson}) {
        DiscoveryOptions options = quick();
        options.preparation.scaling = Scaling::kStandard;
        options.preparation.near_duplicate = 1;
        options.method = method;
        options.distance = distance;
        options.references = 0;
        options.k = 3;
        const auto found = discover(table, options);
        // One feature has no correlation; groups of one case make no model.
        EXPECT_TRUE(found || found.error().code() == ErrorCode::kUndefined) << found.error().to_string();
      }
    }
  }
}

TEST(Discovery, RefusesWhatContradictsItself) {
  const CaseTable table = made(60, 4, 4).table;
  DiscoveryOptions options = quick();
  options.references = 0;
  EXPECT_EQ(discover(table, options).error().code(), ErrorCode::kUsage);
  options.k = 9;
  EXPECT_EQ(discover(table, options).error().code(), ErrorCode::kUsage);
  options = quick();
  options.level = 0.01;  // which 19 references cannot show
  EXPECT_NE(discover(table, options).error().message().find("99"), std::string::npos);
}

TEST(Model, ReloadedGivesTheSameAndAPatientAloneTheSameAsAmongOthers) {
  const Made data = made(200, 4, 5);
  const auto found = discover(data.table, quick());
  ASSERT_TRUE(found && found->model);
  const nlohmann::json document = to_json(*found->model);
  const auto again = model_from_json(nlohmann::json::parse(document.dump(1)));
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(to_json(*again).dump(), document.dump());

  const Made other = made(50, 4, 6, "three");
  const auto together = classify(*again, other.table);
  ASSERT_TRUE(together);
  int right = 0;
  for (std::size_t r = 0; r < 50; ++r) {
    const auto alone = classify(*found->model, other.table.of({r}));
    ASSERT_TRUE(alone);
    const Assignment& a = alone->front();
    const Assignment& b = (*together)[r];
    EXPECT_EQ(a.posterior, b.posterior);
    EXPECT_EQ(a.distance, b.distance);
    EXPECT_EQ(a.correlation, b.correlation);
    right += b.subtype == other.truth[r];
    EXPECT_EQ(b.reasons.back().first, "cohort_not_in_training");
    double sum = 0;
    for (const double value : b.posterior) sum += value;
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_NEAR(
        b.margin,
        b.posterior[static_cast<std::size_t>(b.subtype - 1)] - b.posterior[static_cast<std::size_t>(b.second - 1)],
        1e-15);
  }
  EXPECT_GT(right, 45);
}

TEST(Model, ContributionsAddUpToTheLogOdds) {
  const Made all = made(200, 4, 7);
  CaseTable five = all.table;
  five.features.resize(5);
  five.values.clear();
  for (std::size_t r = 0; r < 200; ++r) {
    for (std::size_t f = 0; f < 5; ++f) five.values.push_back(all.table.value(r, f));
  }
  DiscoveryOptions options = quick();
  options.k = 3;
  options.references = 0;
  const auto found = discover(five, options);
  ASSERT_TRUE(found && found->model);
  const Model& model = *found->model;
  const auto assigned = classify(model, five);
  ASSERT_TRUE(assigned);
  for (const Assignment& one : *assigned) {
    ASSERT_EQ(one.why.size(), 5u);
    double sum = 0;
    for (std::size_t n = 0; n < 5; ++n) {
      sum += one.why[n].log_odds;
      EXPECT_TRUE(n == 0 || std::abs(one.why[n - 1].log_odds) >= std::abs(one.why[n].log_odds));
    }
    const auto first = static_cast<std::size_t>(one.subtype - 1);
    const auto second = static_cast<std::size_t>(one.second - 1);
    if (one.posterior[second] < 1e-12) continue;  // the quotient is rounding
    const double prior =
        std::log(static_cast<double>(model.subtypes[first].cases) / static_cast<double>(model.subtypes[second].cases)) /
        model.temperature;
    EXPECT_NEAR(sum + prior, std::log(one.posterior[first] / one.posterior[second]), 1e-6);
  }
}

TEST(Model, RefusesAndFlagsWithReasons) {
  const Made data = made(200, 4, 8);
  const auto found = discover(data.table, quick());
  ASSERT_TRUE(found && found->model);
  CaseTable odd = data.table.of({0, 1, 2});
  odd.cases[0].organ = "liver";
  for (std::size_t f = 0; f < 4; ++f) odd.values[kFeatures + f] = std::nan("");
  const bool lung = odd.cases[2].organ == "lung";
  for (std::size_t f = 0; f < kFeatures; ++f)
    odd.values[2 * kFeatures + f] = (f % 2 == 0 ? 12 : -12) * (lung ? 1 : 40) + (lung ? 0 : 1000);
  const auto assigned = classify(*found->model, odd);
  ASSERT_TRUE(assigned);
  EXPECT_EQ((*assigned)[0].state, AssignmentState::kRefused);
  EXPECT_EQ((*assigned)[0].reasons.front().first, "group_not_in_training");
  EXPECT_EQ((*assigned)[1].reasons.front().first, "too_many_missing");
  EXPECT_EQ((*assigned)[1].subtype, 0);
  EXPECT_EQ((*assigned)[2].state, AssignmentState::kFlagged);
  EXPECT_EQ((*assigned)[2].reasons.back().first, "outside_training");
  odd.features[3].version = 9;
  EXPECT_EQ(classify(*found->model, odd).error().code(), ErrorCode::kInconsistent);
  // Training cases are rarely outside.
  int outside = 0;
  const auto training = classify(*found->model, data.table);
  ASSERT_TRUE(training);
  for (const Assignment& one : *training) outside += one.state == AssignmentState::kFlagged;
  EXPECT_LE(outside, 4);
}

TEST(Model, EditedOrCutFilesAreKnownForIt) {
  const auto found = discover(made(200, 4, 9).table, quick());
  ASSERT_TRUE(found && found->model);
  nlohmann::json document = to_json(*found->model);
  document["temperature"] = 2.0;
  const auto edited = model_from_json(document);
  ASSERT_FALSE(edited);
  EXPECT_NE(edited.error().message().find("sha256"), std::string::npos);
  document = to_json(*found->model);
  document.erase("subtypes");
  EXPECT_FALSE(model_from_json(document));
  document = to_json(*found->model);
  document["version"] = 2;
  EXPECT_EQ(model_from_json(document).error().code(), ErrorCode::kUnsupported);
  EXPECT_FALSE(model_from_json(nlohmann::json::array()));
}

TEST(Model, DoubtIsWhereTheErrorsAre) {
  // Of kinds that overlap: clusters are cut where these are not, and the model knows (docs/methods/subtypes.md).
  const Made data = made(1500, 2, 10);
  DiscoveryOptions options = quick();
  options.k = 3;
  options.references = 0;
  const auto found = discover(data.table, options);
  ASSERT_TRUE(found && found->model);
  const Made fresh = made(3000, 2, 11);
  double expected = 0, right = 0, doubtful = 0, doubtful_right = 0;
  const auto assigned = classify(*found->model, fresh.table);
  ASSERT_TRUE(assigned);
  for (const Assignment& one : *assigned) {
    const double q = one.posterior[static_cast<std::size_t>(one.subtype - 1)];
    const bool hit = one.subtype == fresh.truth[one.row];
    expected += q / 3000;
    right += hit / 3000.0;
    doubtful += q < 0.8 ? 1 : 0;
    doubtful_right += q < 0.8 && hit ? 1 : 0;
  }
  EXPECT_NEAR(expected, right, 0.03);
  EXPECT_GT(doubtful, 50);
  EXPECT_LT(doubtful_right / doubtful, right - 0.1);
}

TEST(Robustness, SubtypesStayWithoutAPartAndSlicesOfOneCloudDoNot) {
  const Made data = made(300, 5, 20);
  DiscoveryOptions options = quick();
  options.references = 0;
  options.k = 3;
  const auto found = discover(data.table, options);
  ASSERT_TRUE(found);
  RobustnessOptions quickly;
  quickly.draws = 4;
  quickly.repetitions = 30;
  const auto rows = robustness(*found, quickly);
  ASSERT_TRUE(rows);
  std::vector<std::string> names;
  for (const Robustness& one : *rows) {
    names.push_back(one.without + " " + one.name);
    EXPECT_GT(one.kappa, 0.9) << names.back();
    EXPECT_LE(one.least_kappa, one.kappa) << names.back();
    EXPECT_EQ(one.reason, "") << names.back();
    const bool chance = one.name.empty();
    EXPECT_EQ(one.draws, chance ? 4 : 1) << names.back();
    EXPECT_GT(one.cases, 100) << names.back();
    // An organ, or a modality, that the others' model has not seen is refused.
    const bool seen = one.without == "cases" || one.without == "cohort";
    EXPECT_EQ(one.cases_assigned > 0, seen) << names.back();
    if (seen) {
      EXPECT_GT(one.kappa_assigned, 0.85) << names.back();
    }
  }
  EXPECT_EQ(names, (std::vector<std::string>{"features ", "cases ", "cohort one", "cohort two", "organ breast",
                                             "organ lung", "modality CT", "modality MR"}));
  EXPECT_EQ((*rows)[1].cases, 240);
  EXPECT_EQ((*rows)[1].cases_assigned, 60);

  const auto cloud = discover(made(300, 0, 21).table, options);
  ASSERT_TRUE(cloud);
  const auto loose = robustness(*cloud, quickly);
  ASSERT_TRUE(loose);
  EXPECT_LT((*loose)[0].kappa, 0.75);

  Discovery none = *found;
  none.k = 1;
  EXPECT_EQ(robustness(none, quickly).error().code(), ErrorCode::kUsage);
}

TEST(Validation, FindsSubtypesAgainInNewCasesAndNotInNoise) {
  const Made data = made(300, 4, 12);
  const auto found = discover(data.table, quick());
  ASSERT_TRUE(found && found->model);
  ValidationOptions options;
  options.repetitions = 40;
  options.permutations = 500;
  const auto again = validate(*found->model, made(150, 4, 13, "three").table, options);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->cases, 150u);
  EXPECT_EQ(again->refused, 0u);
  for (const ValidatedSubtype& one : again->subtypes) {
    EXPECT_GT(one.in_group, 0.8);
    EXPECT_LT(one.p_conservative, 0.02);
    EXPECT_GT(one.centroid_correlation, 0.9);
  }
  EXPECT_GT(again->kappa, 0.85);
  EXPECT_GT(again->adjusted_rand, 0.75);
  EXPECT_LT(again->eta_squared_of_volume, 0.1);
  const auto noise = validate(*found->model, made(150, 0, 14, "four").table, options);
  ASSERT_TRUE(noise);
  EXPECT_LT(noise->kappa, 0.75);
  double lowest = 1;
  for (const ValidatedSubtype& one : noise->subtypes) lowest = std::min(lowest, one.in_group);
  EXPECT_LT(lowest, 0.7);
}

TEST(Validation, MatchingKappaAndEta) {
  EXPECT_EQ(match_labels({1, 1, 2, 2, 3}, {3, 3, 1, 1, 2}, 3), (std::vector<int>{2, 3, 1}));
  // cohen1960: 25 of 40 agree where 19.75 would by chance.
  std::vector<int> a, b;
  const auto add = [&](int x, int y, int times) {
    a.insert(a.end(), static_cast<std::size_t>(times), x);
    b.insert(b.end(), static_cast<std::size_t>(times), y);
  };
  add(1, 1, 20);
  add(1, 2, 5);
  add(2, 1, 10);
  add(2, 2, 15);
  EXPECT_NEAR(cohen_kappa(a, b), 0.4, 1e-12);
  EXPECT_EQ(cohen_kappa({1, 1}, {1, 1}), 1);
  EXPECT_NEAR(eta_squared({1, 3, 5, 7}, {1, 1, 2, 2}), 0.8, 1e-12);
  EXPECT_TRUE(std::isnan(eta_squared({2, 2}, {1, 2})));
}

}  // namespace
}  // namespace radtype::subtype
