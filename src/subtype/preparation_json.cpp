// A preparation as JSON and back. Reading believes nothing: a model travels, and is edited by hand.
#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "subtype/json_reader.h"
#include "subtype/preparation_parts.h"

namespace radtype::subtype {
namespace {

constexpr const char* kPreparationFormat = "radtype preparation";
constexpr int kPreparationFormatVersion = 2;

constexpr Words<Scaling> kScalings = {
    {{Scaling::kRobust, "robust"}, {Scaling::kStandard, "standard"}, {Scaling::kRankNormal, "rank_normal"}}};
constexpr Words<Grouping> kGroupings = {
    {{Grouping::kOrganModality, "organ_modality"}, {Grouping::kCohort, "cohort"}, {Grouping::kNone, "none"}}};

json of_options(const PreparationOptions& options) {
  return {{"most_missing_of_case", options.most_missing_of_case},
          {"most_missing_of_feature", options.most_missing_of_feature},
          {"scaling", word_of(kScalings, options.scaling)},
          {"grouping", word_of(kGroupings, options.grouping)},
          {"smallest_group", options.smallest_group},
          {"clip", options.clip},
          {"combat", options.combat},
          {"remove_size", options.remove_size},
          {"near_duplicate", options.near_duplicate},
          {"balance_families", options.balance_families}};
}

PreparationOptions read_options(const Reader& from) {
  from.keys({"most_missing_of_case", "most_missing_of_feature", "scaling", "grouping", "smallest_group", "clip",
             "combat", "remove_size", "near_duplicate", "balance_families"});
  PreparationOptions options;
  options.most_missing_of_case = from["most_missing_of_case"].number();
  options.most_missing_of_feature = from["most_missing_of_feature"].number();
  options.scaling = from["scaling"].choice(kScalings);
  options.grouping = from["grouping"].choice(kGroupings);
  options.smallest_group = from["smallest_group"].count();
  options.clip = from["clip"].number();
  options.combat = from["combat"].yes_or_no();
  options.remove_size = from["remove_size"].yes_or_no();
  options.near_duplicate = from["near_duplicate"].number();
  options.balance_families = from["balance_families"].yes_or_no();
  if (auto checked = check_options(options); !checked) from.wrong(checked.error().message());
  return options;
}

json of_groups(const std::vector<Group>& groups) {
  json list = json::array();
  for (const Group& group : groups)
    list.push_back({{"organ", group.organ},
                    {"modality", group.modality},
                    {"cohort", group.cohort},
                    {"cases", group.cases},
                    {"mean_log_volume", group.mean_log_volume}});
  return list;
}

std::vector<Group> read_groups(const Reader& from) {
  std::vector<Group> groups;
  for (const Reader& one : from.list()) {
    one.keys({"organ", "modality", "cohort", "cases", "mean_log_volume"});
    groups.push_back({one["organ"].text(), one["modality"].text(), one["cohort"].text(), one["cases"].count(),
                      one["mean_log_volume"].number()});
  }
  const auto out_of_order = [](const Group& a, const Group& b) { return !group_before(a, b); };
  if (std::adjacent_find(groups.begin(), groups.end(), out_of_order) != groups.end())
    from.wrong("does not ascend by organ, modality, cohort");
  return groups;
}

json of_cohorts(const std::vector<Cohort>& cohorts) {
  json list = json::array();
  for (const Cohort& cohort : cohorts) list.push_back({{"name", cohort.name}, {"cases", cohort.cases}});
  return list;
}

std::vector<Cohort> read_cohorts(const Reader& from) {
  std::vector<Cohort> cohorts;
  for (const Reader& one : from.list()) {
    one.keys({"name", "cases"});
    cohorts.push_back({one["name"].text(), one["cases"].count()});
  }
  const auto out_of_order = [](const Cohort& a, const Cohort& b) { return a.name >= b.name; };
  if (std::adjacent_find(cohorts.begin(), cohorts.end(), out_of_order) != cohorts.end())
    from.wrong("does not ascend by name");
  return cohorts;
}

json of_feature(const FrozenFeature& feature, const PreparationOptions& options) {
  json scales = json::array();
  for (const Scale& scale : feature.scales) {
    if (options.scaling == Scaling::kRankNormal)
      scales.push_back({{"values", scale.values}, {"scores", scale.scores}});
    else
      scales.push_back({{"centre", scale.centre}, {"spread", scale.spread}});
  }
  json result = {{"name", feature.column.name},
                 {"version", feature.column.version},
                 {"family", feature.column.family},
                 {"scales", scales},
                 {"size_slope", feature.size_slope},
                 {"weight", feature.weight},
                 {"batch", nullptr}};
  if (options.combat)
    result["batch"] = {{"grand_mean", feature.batch.grand_mean},
                       {"pooled_sd", feature.batch.pooled_sd},
                       {"shift", feature.batch.shift},
                       {"variance", feature.batch.variance}};
  return result;
}

FrozenFeature read_feature(const Reader& from, const Preparation& preparation) {
  from.keys({"name", "version", "family", "scales", "size_slope", "weight", "batch"});
  FrozenFeature feature;
  feature.column = {from["name"].text(), from["version"].integer(), from["family"].text()};
  for (const Reader& one : from["scales"].list()) {
    Scale scale;
    if (preparation.options.scaling == Scaling::kRankNormal) {
      one.keys({"values", "scores"});
      scale.values = one["values"].ascending_numbers();
      scale.scores = one["scores"].ascending_numbers();
      if (scale.values.size() < 2 || scale.values.size() != scale.scores.size())
        one.wrong("needs as many scores as values, and two at least");
    } else {
      one.keys({"centre", "spread"});
      scale.centre = one["centre"].number();
      scale.spread = one["spread"].number(0, Reader::kMost);
    }
    feature.scales.push_back(std::move(scale));
  }
  if (feature.scales.size() != preparation.groups.size())
    from["scales"].wrong(fmt::format("has {} entries for {} groups", feature.scales.size(), preparation.groups.size()));
  feature.size_slope = from["size_slope"].number();
  feature.weight = from["weight"].number(0, Reader::kMost);
  if (preparation.options.combat) {
    const Reader batch = from["batch"];
    batch.keys({"grand_mean", "pooled_sd", "shift", "variance"});
    feature.batch.grand_mean = batch["grand_mean"].number();
    feature.batch.pooled_sd = batch["pooled_sd"].number(0, Reader::kMost);
    feature.batch.shift = batch["shift"].numbers(preparation.cohorts.size(), -Reader::kMost);
    feature.batch.variance = batch["variance"].numbers(preparation.cohorts.size(), 0);
  } else {
    from["batch"].nothing();
  }
  return feature;
}

}  // namespace

json to_json(const Preparation& preparation) {
  json features = json::array();
  for (const FrozenFeature& feature : preparation.features)
    features.push_back(of_feature(feature, preparation.options));
  return {{"format", kPreparationFormat},
          {"version", kPreparationFormatVersion},
          {"options", of_options(preparation.options)},
          {"groups", of_groups(preparation.groups)},
          {"groups_too_small", of_groups(preparation.groups_too_small)},
          {"cohorts", of_cohorts(preparation.cohorts)},
          {"cohorts_too_small", of_cohorts(preparation.cohorts_too_small)},
          {"features", features}};
}

Result<Preparation> preparation_from_json(const json& document) {
  std::optional<Error> error;
  const Reader from(document, "", error);
  if (from["format"].text() != kPreparationFormat) from["format"].wrong(fmt::format("is not '{}'", kPreparationFormat));
  const int version = from["version"].integer();
  if (!error && version != kPreparationFormatVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("version: {} of the format; this program reads {}: use the program "
                            "that wrote the model",
                            version, kPreparationFormatVersion));
  from.keys({"format", "version", "options", "groups", "groups_too_small", "cohorts", "cohorts_too_small", "features"});
  Preparation preparation;
  preparation.options = read_options(from["options"]);
  preparation.groups = read_groups(from["groups"]);
  preparation.groups_too_small = read_groups(from["groups_too_small"]);
  preparation.cohorts = read_cohorts(from["cohorts"]);
  preparation.cohorts_too_small = read_cohorts(from["cohorts_too_small"]);
  if (preparation.groups.empty()) from["groups"].wrong("is empty");
  if (preparation.options.combat ? preparation.cohorts.size() < 2 : !preparation.cohorts.empty())
    from["cohorts"].wrong("must name two cohorts or more with ComBat, and none without");
  std::set<std::string> names;
  for (const Reader& one : from["features"].list()) {
    preparation.features.push_back(read_feature(one, preparation));
    const std::string& name = preparation.features.back().column.name;
    if (!names.insert(name).second) one["name"].wrong(fmt::format("'{}' is there twice", name));
  }
  if (preparation.features.empty()) from["features"].wrong("is empty");
  if (error) return tl::unexpected<Error>(std::move(*error));
  return preparation;
}

}  // namespace radtype::subtype
