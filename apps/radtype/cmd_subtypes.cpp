// radtype discover, classify, validate: subtypes from a cohort, for the next patient, and in other cohorts.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "cases.h"
#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/subtype/discovery_figures.h"
#include "radtype/subtype/robustness.h"
#include "radtype/subtype/validation.h"
#include "scan_request.h"

namespace radtype::app {
namespace {

using nlohmann::json;
using subtype::Assignment;
using subtype::Discovery;
using subtype::Model;

ConfigField input_field() {
  return {"input", FieldType::kPath,
          "study folder, or a CSV table as radtype cohort export writes it: a line a case, a column a feature",
          nullptr};
}
std::vector<ConfigField> filter_fields() {
  return {{"cohort", FieldType::kText, "only these cohorts, separated by commas", nullptr},
          {"modality", FieldType::kText, "only these modalities, separated by commas", nullptr},
          {"timepoint", FieldType::kText, "only these timepoints, separated by commas", nullptr}};
}

const ConfigSpec& discover_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{
        "discover",
        "Finds subtypes: consensus clustering, how many there are, and a frozen model that assigns the next patient",
        {input_field(),
         {"out", FieldType::kPath, "folder for model.json, discovery.json, consensus.json and assignments.csv",
          nullptr},
         {"set", FieldType::kPath,
          "\"default\": the features that the catalogue marks for clustering; or a file that lists features, one a "
          "line",
          "default"},
         {"k", FieldType::kText, "number of subtypes, or \"auto\": as the stability test recommends", "auto"},
         {"smallest", FieldType::kInteger, "numbers of subtypes looked at: from", 2, {}, 2, 9},
         {"largest", FieldType::kInteger, "numbers of subtypes looked at: to", 8, {}, 2, 9},
         {"method",
          FieldType::kChoice,
          "how each part of the cases is clustered",
          "kmeans",
          {"kmeans", "average", "complete", "ward", "medoids"}},
         {"distance", FieldType::kChoice, "between cases", "euclidean", {"pearson", "spearman", "euclidean"}},
         {"repetitions", FieldType::kInteger, "of the clustering, each on a part of the cases", 1000, {}, 10, 65535},
         {"share", FieldType::kNumber, "of the cases, in each repetition", 0.8, {}, 0.1, 0.99},
         {"references",
          FieldType::kInteger,
          "tables of the same covariance without clusters, which the stability test compares with; 0 for none",
          100,
          {},
          0,
          100000},
         {"reference_repetitions", FieldType::kInteger, "repetitions of each of them", 100, {}, 10, 65535},
         {"level", FieldType::kNumber, "significance level of the stability test", 0.01, {}, 1e-6, 0.5},
         {"scaling",
          FieldType::kChoice,
          "of each feature within its group",
          "rank_normal",
          {"robust", "standard", "rank_normal"}},
         {"group",
          FieldType::kChoice,
          "cases that are scaled together",
          "organ_modality",
          {"organ_modality", "cohort", "none"}},
         {"smallest_group", FieldType::kInteger, "groups of fewer cases are left out", 10, {}, 2, 1000000},
         {"clip", FieldType::kNumber, "scaled values end at minus and plus this", 5, {}, 0.1, 1e6},
         {"combat", FieldType::kSwitch, "remove location and scale of each cohort (ComBat)", false},
         {"keep_size", FieldType::kSwitch,
          "keep the part of each feature that log volume explains within its group; it is removed otherwise, so that "
          "subtypes are not sizes",
          false},
         {"equal_features", FieldType::kSwitch,
          "every feature weighs the same; families do otherwise, however many features they have", false},
         {"near_duplicate",
          FieldType::kNumber,
          "of two features with |Spearman's rho| above this the later one is dropped",
          0.95,
          {},
          0.01,
          1},
         {"most_missing",
          FieldType::kNumber,
          "a case or feature with a larger share of missing values is left out",
          0.2,
          {},
          0,
          0.99},
         {"robustness",
          FieldType::kInteger,
          "find the subtypes again without a tenth of the features and without a fifth of the cases, so many times, "
          "and "
          "without each cohort, organ and modality; 0 for none",
          0,
          {},
          0,
          10000},
         {"figures", FieldType::kChoice, "format of the figures", "png", {"png", "svg", "none"}},
         {"seed", FieldType::kInteger, "of everything drawn", 1, {}, 0, 1e15},
         {"force", FieldType::kSwitch, "overwrite the files", false}}};
    for (ConfigField& field : filter_fields()) spec.fields.push_back(std::move(field));
    return spec;
  }();
  return description;
}

const ConfigSpec& classify_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{"classify",
                    "Assigns cases to the subtypes of a frozen model, each with its probability and its reasons",
                    {{"model", FieldType::kPath, "model.json of radtype discover, or its folder", nullptr},
                     input_field(),
                     {"out", FieldType::kPath, "CSV file; without it, stdout", nullptr},
                     {"json", FieldType::kPath, "the same with reasons and contributions in full", nullptr},
                     {"force", FieldType::kSwitch, "overwrite the files", false},
                     {"cohort", FieldType::kText,
                      "only these cohorts, separated by commas; with --mask, the cohort that the scan is of", nullptr},
                     {"modality", FieldType::kText,
                      "only these modalities, separated by commas; with --mask, what the image is where the file does "
                      "not say: CT, MR or PT",
                      nullptr},
                     {"timepoint", FieldType::kText, "only these timepoints, separated by commas", nullptr}}};
    append(spec.fields, scan_fields());
    return spec;
  }();
  return description;
}

const ConfigSpec& validate_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{
        "validate",
        "Says whether the subtypes of a frozen model are found again in other cases",
        {{"model", FieldType::kPath, "model.json of radtype discover, or its folder", nullptr},
         input_field(),
         {"out", FieldType::kPath, "JSON file; without it, stdout", nullptr},
         {"by",
          FieldType::kChoice,
          "the cases all together, or each of these by itself",
          "cohort",
          {"all", "cohort", "organ", "modality"}},
         {"permutations", FieldType::kInteger, "of the centroids, for the in-group proportion", 1000, {}, 10, 1000000},
         {"repetitions", FieldType::kInteger, "of the clustering anew", 100, {}, 10, 65535},
         {"seed", FieldType::kInteger, "of everything drawn", 1, {}, 0, 1e15},
         {"force", FieldType::kSwitch, "overwrite the file", false}}};
    for (ConfigField& field : filter_fields()) spec.fields.push_back(std::move(field));
    return spec;
  }();
  return description;
}

Result<CasesRead> with_notes(Result<CasesRead> read) {
  if (!read || quiet) return read;
  for (const std::string& note : read->notes) fmt::print(stderr, "note: {}\n", note);
  return read;
}

Result<CasesRead> read_wanted(const json& config, std::vector<std::string> features) {
  if (config["input"].is_null()) return fail(ErrorCode::kUsage, "name a study folder or a table");
  for (const char* key : {"roi", "label", "tissue", "tissue_roi", "organ", "series", "case"}) {
    if (!config.contains(key) || config[key].is_null()) continue;
    ConfigField field;
    field.key = key;
    return fail(ErrorCode::kUsage, field.flag() + " is of use with --mask only");
  }
  return with_notes(read_cases(text_of(config, "input"),
                               {std::move(features), comma_words(text_of(config, "cohort")),
                                comma_words(text_of(config, "modality")), comma_words(text_of(config, "timepoint"))}));
}

Result<CasesRead> measure_wanted(const json& config, const std::vector<std::string>& features) {
  if (!config["input"].is_null())
    return fail(ErrorCode::kUsage, "name a study or table, or a scan by --image and --mask, not both");
  if (!config["timepoint"].is_null())
    return fail(ErrorCode::kUsage, "--timepoint chooses cases of a study; a scan has none");
  auto request = scan_request(config);
  if (!request) return pass_on(std::move(request));
  if (config["tissue"].is_null() && request->image) feature::set_tissue(*request, "none");  // as in a study
  return with_notes(measure_cases(std::move(*request), text_of(config, "cohort"), features));
}

template <class Word, class Value>
Value choice(const json& config, const char* key, std::initializer_list<std::pair<Word, Value>> words) {
  for (const auto& [word, value] : words) {
    if (text_of(config, key) == word) return value;
  }
  internal_error("a choice", __FILE__, __LINE__);
}

Result<subtype::Method> method_of(const std::string& word) {
  for (const auto method : {subtype::Method::kAverage, subtype::Method::kComplete, subtype::Method::kWard,
                            subtype::Method::kKMeans, subtype::Method::kMedoids}) {
    if (subtype::method_word(method) == word) return method;
  }
  return fail(ErrorCode::kCorrupt, fmt::format("the model's method \"{}\" is not known to this program", word));
}
Result<subtype::Distance> distance_of(const std::string& word) {
  for (const auto distance :
       {subtype::Distance::kPearson, subtype::Distance::kSpearman, subtype::Distance::kEuclidean}) {
    if (subtype::distance_word(distance) == word) return distance;
  }
  return fail(ErrorCode::kCorrupt, fmt::format("the model's distance \"{}\" is not known to this program", word));
}

Result<subtype::DiscoveryOptions> discovery_options(const json& config) {
  subtype::DiscoveryOptions options;
  subtype::PreparationOptions& preparation = options.preparation;
  preparation.scaling = choice<const char*, subtype::Scaling>(config, "scaling",
                                                              {{"robust", subtype::Scaling::kRobust},
                                                               {"standard", subtype::Scaling::kStandard},
                                                               {"rank_normal", subtype::Scaling::kRankNormal}});
  preparation.grouping = choice<const char*, subtype::Grouping>(config, "group",
                                                                {{"organ_modality", subtype::Grouping::kOrganModality},
                                                                 {"cohort", subtype::Grouping::kCohort},
                                                                 {"none", subtype::Grouping::kNone}});
  preparation.smallest_group = config["smallest_group"];
  preparation.clip = config["clip"];
  preparation.combat = config["combat"];
  preparation.remove_size = !config["keep_size"].get<bool>();
  preparation.balance_families = !config["equal_features"].get<bool>();
  preparation.near_duplicate = config["near_duplicate"];
  preparation.most_missing_of_case = preparation.most_missing_of_feature = config["most_missing"];
  options.method = *method_of(text_of(config, "method"));  // the settings were checked
  options.distance = *distance_of(text_of(config, "distance"));
  options.numbers = {config["smallest"], config["largest"]};
  if (options.numbers.smallest > options.numbers.largest) {
    return fail(ErrorCode::kUsage, fmt::format("--smallest {} is more than --largest {}: there is nothing to look at",
                                               options.numbers.smallest, options.numbers.largest));
  }
  options.repetitions = config["repetitions"];
  options.share = config["share"];
  options.references = config["references"];
  options.reference_repetitions = config["reference_repetitions"];
  options.level = config["level"];
  options.seed = config["seed"];
  if (text_of(config, "k") != "auto") {
    const auto k = parse_integer(text_of(config, "k"));
    if (!k || *k < options.numbers.smallest || *k > options.numbers.largest) {
      return fail(ErrorCode::kUsage, fmt::format("--k {} is neither auto nor from {} to {}", text_of(config, "k"),
                                                 options.numbers.smallest, options.numbers.largest));
    }
    options.k = static_cast<int>(*k);
  }
  return options;
}

json number_or_null(double value) { return std::isfinite(value) ? json(value) : json(); }

json described(const Discovery& found, const CasesRead& read, const json& config) {
  json dropped = json::array();
  for (const subtype::DroppedFeature& feature : found.fitted.dropped) {
    dropped.push_back({{"feature", feature.column.name},
                       {"reason", subtype::drop_word(feature.reason)},
                       {"sentence", feature.sentence},
                       {"stays", feature.other},
                       {"rho", number_or_null(feature.rho)}});
  }
  json notices = json::array();
  for (const subtype::Notice& notice : found.fitted.training.notices) {
    notices.push_back({{"case", found.cases.cases[notice.row].name},
                       {"refused", subtype::refuses(notice.kind)},
                       {"reason", subtype::notice_word(notice.kind)},
                       {"sentence", notice.sentence}});
  }
  json features = json::array();
  for (const subtype::FrozenFeature& feature : found.fitted.preparation.features)
    features.push_back(feature.column.name);
  json numbers = json::array();
  for (const subtype::DiscoveryOfK& of : found.of_k) {
    json one = {{"k", of.k},
                {"area", of.consensus.area},
                {"delta_area", of.delta_area},
                {"ambiguous_share", of.consensus.ambiguous},
                {"mean_silhouette", of.mean_silhouette},
                {"sizes", json::array()},
                {"cluster_consensus", json::array()}};
    for (int c = 1; c <= of.k; ++c)
      one["sizes"].push_back(std::count(of.consensus.labels.begin(), of.consensus.labels.end(), c));
    for (const double value : of.consensus.cluster_consensus) one["cluster_consensus"].push_back(number_or_null(value));
    if (found.stability) {
      for (const subtype::StabilityOfK& test : found.stability->of_k) {
        if (test.k != of.k) continue;
        one["stability"] = {{"ambiguous_share", test.ambiguous},
                            {"expected", test.expected},
                            {"sd", test.spread},
                            {"p", test.p},
                            {"index", test.index}};
      }
    }
    numbers.push_back(std::move(one));
  }
  return {{"k", found.k},
          {"reason", found.reason},
          {"p_of_any_clusters", found.stability ? json(found.stability->p) : json()},
          {"cases", found.prepared().rows},
          {"features", features},
          {"dropped_features", dropped},
          {"notices", notices},
          {"numbers", numbers},
          {"provenance", make_provenance("discover", config, read.inputs)}};
}

Result<json> robustness_json(const Discovery& found, int draws) {
  subtype::RobustnessOptions options;
  options.draws = draws;
  const auto rows = subtype::robustness(found, options);
  if (!rows) return tl::unexpected(rows.error());
  json list = json::array();
  for (const subtype::Robustness& one : *rows) {
    list.push_back({{"without", one.without},
                    {"name", one.name.empty() ? json() : json(one.name)},
                    {"draws", one.draws},
                    {"cases", one.cases},
                    {"kappa", number_or_null(one.kappa)},
                    {"least_kappa", number_or_null(one.least_kappa)},
                    {"cases_assigned", one.cases_assigned},
                    {"kappa_assigned", number_or_null(one.kappa_assigned)},
                    {"reason", one.reason.empty() ? json() : json(one.reason)}});
    if (!quiet) {
      fmt::print(stderr,
                 "without {}: ", one.name.empty() ? "a part of the " + one.without : one.without + " " + one.name);
      if (one.draws > 0)
        fmt::print(stderr, "kappa {:.2f} (least {:.2f}) of {:.0f} cases", one.kappa, one.least_kappa, one.cases);
      if (one.cases_assigned > 0)
        fmt::print(stderr, "; of {:.0f} assigned {:.2f}", one.cases_assigned, one.kappa_assigned);
      fmt::print(stderr, "{}{}\n", one.draws > 0 && !one.reason.empty() ? "; " : "", one.reason);
    }
  }
  return list;
}

std::string training_csv(const Discovery& found) {
  std::string text = "case,patient,cohort,organ,modality,subtype,item_consensus,silhouette\n";
  const subtype::DiscoveryOfK* of = found.at(found.k);
  for (std::size_t r = 0; r < found.prepared().rows; ++r) {
    const subtype::Case& one = found.prepared_case(r);
    for (const std::string* cell : {&one.name, &one.patient, &one.cohort, &one.organ, &one.modality})
      text += csv_cell(*cell) + ",";
    text += fmt::format("{}", found.labels[r]);
    text += of == nullptr || !std::isfinite(of->consensus.item_consensus[r])
                ? std::string(",")
                : "," + shortest(of->consensus.item_consensus[r]);
    text += of == nullptr ? std::string(",\n") : "," + shortest(of->silhouette[r]) + "\n";
  }
  return text;
}

/// By file name.
std::vector<std::pair<std::string, figure::Canvas (*)(const Discovery&)>> figures() {
  return {{"consensus", subtype::consensus_figure}, {"choice", subtype::choice_figure},
          {"tracking", subtype::tracking_figure},   {"silhouettes", subtype::silhouette_figure},
          {"features", subtype::feature_figure},    {"embedding", subtype::embedding_figure}};
}

Result<int> run_discover(const json& config) {
  if (config["out"].is_null()) return fail(ErrorCode::kUsage, "--out is missing: name a folder for the model");
  auto options = discovery_options(config);
  if (!options) return pass_on(std::move(options));
  auto features = feature_set(text_of(config, "set"));
  if (!features) return pass_on(std::move(features));
  const std::filesystem::path folder = text_of(config, "out");
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const std::string format = text_of(config, "figures");
  std::vector<std::string> outputs = {"model.json", "discovery.json", "consensus.json", "assignments.csv"};
  for (const auto& [name, draw] : figures()) {
    if (format != "none") outputs.push_back(name + "." + format);
  }
  for (const std::string& name : outputs) {
    if (auto allowed = check_output(folder / name, config["force"]); !allowed)
      return tl::unexpected(output_error(allowed.error()));
  }
  auto read = read_wanted(config, std::move(*features));
  if (!read) return pass_on(std::move(read));
  const auto& cases = read->table.cases;
  if (options->preparation.remove_size &&
      std::none_of(cases.begin(), cases.end(), [](const subtype::Case& one) { return one.volume_mm3 > 0; })) {
    return fail(
        ErrorCode::kUsage,
        "no case has a volume (shape_volume_mm3), whose part is removed from the features: add it, or leave size "
        "in by --keep-size");
  }
  auto found = subtype::discover(read->table, *options);
  if (!found) return pass_on(std::move(found));

  json report = described(*found, *read, config);
  if (const int draws = config["robustness"]; draws > 0 && found->k == 1) {
    report["robustness"] = json::array();
    if (!quiet) fmt::print(stderr, "note: one group has no robustness\n");
  } else if (draws > 0) {
    auto robustness = robustness_json(*found, draws);
    if (!robustness) return pass_on(std::move(robustness));
    report["robustness"] = std::move(*robustness);
  }
  const bool force = config["force"];
  // What an earlier run left must not stand beside what this one finds.
  for (const auto& [name, draw] : figures()) {
    for (const char* ending : {".png", ".svg"}) outputs.push_back(name + ending);
  }
  for (const std::string& name : outputs) {
    if (force) std::filesystem::remove(folder / name, failed);
  }
  const auto write = [&](const char* name, const std::string& text) -> Result<void> {
    if (auto written = write_text_file(folder / name, text, force); !written)
      return tl::unexpected(output_error(written.error()));
    return {};
  };
  if (auto written = write("discovery.json", report.dump(2) + "\n"); !written) return pass_on(std::move(written));
  if (auto written = write("consensus.json", subtype::consensus_json(*found).dump() + "\n"); !written)
    return pass_on(std::move(written));
  if (auto written = write("assignments.csv", training_csv(*found)); !written) return pass_on(std::move(written));
  if (found->model) {
    // Without paths, and what does not bear on it: the same cases and settings give the same model anywhere.
    json settings = config;
    for (const char* key : {"input", "out", "force", "set", "figures", "robustness"}) settings.erase(key);
    found->model->features_id = read->features_id;
    found->model->discovery = {{"k", report["k"]},
                               {"reason", report["reason"]},
                               {"config", settings},
                               {"version", report["provenance"]["version"]}};
    if (auto written = write("model.json", to_json(*found->model).dump(1) + "\n"); !written)
      return pass_on(std::move(written));
  }
  for (const auto& [name, draw] : figures()) {
    if (format == "none") break;
    const std::filesystem::path path = folder / (name + "." + format);
    const auto save = [&](const std::filesystem::path& at) { return draw(*found).save(at); };
    if (auto written = write_then_rename(path, force, save); !written)
      return tl::unexpected(output_error(written.error()));
  }
  if (!quiet) {
    std::set<std::size_t> refused;
    for (const subtype::Notice& notice : found->fitted.training.notices) {
      if (subtype::refuses(notice.kind)) refused.insert(notice.row);
    }
    fmt::print(stderr, "{} cases ({} left out), {} features ({} dropped)\n", found->prepared().rows, refused.size(),
               found->fitted.preparation.features.size(), found->fitted.dropped.size());
    fmt::print(stderr, "subtypes: {} ({})\n", found->k, found->reason);
    if (found->k == 1) fmt::print(stderr, "no model is written: there is nothing to assign to; --k N insists\n");
  }
  return kExitOk;
}

std::filesystem::path model_file(const json& config) {
  std::filesystem::path path = text_of(config, "model");
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored) ? path / "model.json" : path;
}

Result<Model> read_model(const json& config) {
  if (config["model"].is_null()) return fail(ErrorCode::kUsage, "name the model");
  const std::filesystem::path path = model_file(config);
  auto document = read_json_file(path.string());
  if (!document) return pass_on(std::move(document));
  auto model = subtype::model_from_json(*document);
  if (!model) return pass_on(std::move(model), path.string());
  return model;
}

std::vector<std::string> features_of(const Model& model) {
  std::vector<std::string> names;
  for (const subtype::FrozenFeature& feature : model.preparation.features) names.push_back(feature.column.name);
  return names;
}

std::string assignments_csv(const Model& model, const subtype::CaseTable& table,
                            const std::vector<Assignment>& assignments) {
  std::string text = "case,patient,cohort,organ,modality,state,subtype,posterior,second,margin,distance";
  for (std::size_t c = 1; c <= model.subtypes.size(); ++c) text += fmt::format(",posterior_{}", c);
  for (std::size_t c = 1; c <= model.subtypes.size(); ++c) text += fmt::format(",correlation_{}", c);
  text += ",reasons\n";
  for (const Assignment& one : assignments) {
    const subtype::Case& from = table.cases[one.row];
    for (const std::string* cell : {&from.name, &from.patient, &from.cohort, &from.organ, &from.modality})
      text += csv_cell(*cell) + ",";
    text += subtype::state_word(one.state);
    if (one.state == subtype::AssignmentState::kRefused) {
      text += std::string(5 + 2 * model.subtypes.size(), ',');
    } else {
      text += fmt::format(",{},{},{},{},{}", one.subtype,
                          shortest(one.posterior[static_cast<std::size_t>(one.subtype - 1)]), one.second,
                          shortest(one.margin), shortest(one.distance));
      for (const double value : one.posterior) text += "," + shortest(value);
      for (const double value : one.correlation) text += "," + shortest(value);
    }
    std::string reasons;
    for (const auto& [word, sentence] : one.reasons) reasons += (reasons.empty() ? "" : "; ") + word + ": " + sentence;
    text += "," + csv_cell(reasons) + "\n";
  }
  return text;
}

json assignments_json(const Model& model, const subtype::CaseTable& table, const std::vector<Assignment>& assignments) {
  json cases = json::array();
  for (const Assignment& one : assignments) {
    json reasons = json::array();
    for (const auto& [word, sentence] : one.reasons) reasons.push_back({{"reason", word}, {"sentence", sentence}});
    json object = {{"case", table.cases[one.row].name},
                   {"patient", table.cases[one.row].patient},
                   {"state", subtype::state_word(one.state)},
                   {"reasons", reasons}};
    if (one.state != subtype::AssignmentState::kRefused) {
      json why = json::array();
      for (const subtype::Contribution& part : one.why) {
        why.push_back({{"feature", model.preparation.features[part.feature].column.name},
                       {"value", part.value},
                       {"log_odds", part.log_odds}});
      }
      object.update({{"subtype", one.subtype},
                     {"second", one.second},
                     {"posterior", one.posterior},
                     {"correlation", one.correlation},
                     {"margin", one.margin},
                     {"distance", one.distance},
                     {"why", why}});
    }
    cases.push_back(std::move(object));
  }
  return cases;
}

Result<int> run_classify(const json& config) {
  for (const char* key : {"out", "json"}) {
    if (config[key].is_null()) continue;
    if (auto allowed = check_output(text_of(config, key), config["force"]); !allowed)
      return tl::unexpected(output_error(allowed.error()));
  }
  const auto model = read_model(config);
  if (!model) return tl::unexpected(model.error());
  auto read = config["mask"].is_null() && config["image"].is_null() ? read_wanted(config, features_of(*model))
                                                                    : measure_wanted(config, features_of(*model));
  if (!read) return pass_on(std::move(read));
  auto assignments = subtype::classify(*model, read->table);
  if (!assignments) return pass_on(std::move(assignments));
  for (const auto& [row, why] : read->not_measured) {
    Assignment& refused = (*assignments)[row] = Assignment();
    refused.row = row;
    refused.reasons.emplace_back("not_measured", why);
  }
  const std::string csv = assignments_csv(*model, read->table, *assignments);
  if (config["out"].is_null()) {
    fmt::print("{}", csv);
  } else if (auto written = write_text_file(text_of(config, "out"), csv, config["force"]); !written) {
    return tl::unexpected(output_error(written.error()));
  }
  if (!config["json"].is_null()) {
    const json document = {{"cases", assignments_json(*model, read->table, *assignments)},
                           {"provenance", make_provenance("classify", config, read->inputs)}};
    if (auto written = write_text_file(text_of(config, "json"), document.dump(1) + "\n", config["force"]); !written)
      return tl::unexpected(output_error(written.error()));
  }
  const auto refused = std::count_if(assignments->begin(), assignments->end(), [](const Assignment& one) {
    return one.state == subtype::AssignmentState::kRefused;
  });
  if (!quiet) fmt::print(stderr, "{} cases, {} refused\n", assignments->size(), refused);
  return refused == 0 ? kExitOk : kExitSomeFailed;
}

json validation_json(const subtype::Validation& found) {
  json subtypes = json::array();
  for (const subtype::ValidatedSubtype& one : found.subtypes) {
    subtypes.push_back({{"cases", one.cases},
                        {"cases_by_correlation", one.by_correlation},
                        {"in_group_proportion", number_or_null(one.in_group)},
                        {"p", number_or_null(one.p)},
                        {"null_groups_of_the_size", one.same_size},
                        {"p_conservative", number_or_null(one.p_conservative)},
                        {"centroid_correlation", number_or_null(one.centroid_correlation)}});
  }
  return {{"cases", found.cases},
          {"refused", found.refused},
          {"flagged", found.flagged},
          {"subtypes", subtypes},
          {"notes", found.notes},
          {"clustered_anew",
           {{"adjusted_rand_index", number_or_null(found.adjusted_rand)},
            {"mutual_information_over_mean_entropy", number_or_null(found.mutual_information)},
            {"kappa", number_or_null(found.kappa)}}},
          {"eta_squared_of_volume", number_or_null(found.eta_squared_of_volume)}};
}

Result<int> run_validate(const json& config) {
  if (!config["out"].is_null()) {
    if (auto allowed = check_output(text_of(config, "out"), config["force"]); !allowed)
      return tl::unexpected(output_error(allowed.error()));
  }
  const auto model = read_model(config);
  if (!model) return tl::unexpected(model.error());
  auto read = read_wanted(config, features_of(*model));
  if (!read) return pass_on(std::move(read));
  auto described_model = describe_input("model", model_file(config), {model_file(config)});
  if (!described_model) return pass_on(std::move(described_model));
  read->inputs.push_back(std::move(*described_model));
  subtype::ValidationOptions options;
  const json as_found =
      model->discovery.is_object() ? model->discovery.value("config", json::object()) : json::object();
  const auto word = [&](const char* key) {
    return as_found.is_object() && as_found.contains(key) && as_found[key].is_string()
               ? as_found[key].get<std::string>()
               : std::string();
  };
  const auto method = method_of(word("method"));
  const auto distance = distance_of(word("distance"));
  if (!method) return tl::unexpected(method.error());
  if (!distance) return tl::unexpected(distance.error());
  options.method = *method;
  options.distance = *distance;
  options.repetitions = config["repetitions"];
  options.permutations = config["permutations"];
  options.seed = config["seed"];

  const std::string by = text_of(config, "by");
  std::map<std::string, std::vector<std::size_t>> parts;
  for (std::size_t r = 0; r < read->table.cases.size(); ++r) {
    const subtype::Case& one = read->table.cases[r];
    parts[by == "cohort"     ? one.cohort
          : by == "organ"    ? one.organ
          : by == "modality" ? one.modality
                             : "all"]
        .push_back(r);
  }
  json found = json::object();
  std::size_t failures = 0;
  for (const auto& [name, rows] : parts) {
    const auto validation = subtype::validate(*model, read->table.of(rows), options);
    if (!validation && validation.error().code() == ErrorCode::kInconsistent) return tl::unexpected(validation.error());
    failures += !validation;
    found[name] = validation ? validation_json(*validation) : json({{"error", validation.error().message()}});
    if (quiet) continue;
    if (!validation) {
      fmt::print(stderr, "{}: {}\n", name, validation.error().message());
      continue;
    }
    fmt::print(stderr, "{}: {} cases, {} refused; in-group proportion (conservative p)", name, validation->cases,
               validation->refused);
    for (const subtype::ValidatedSubtype& one : validation->subtypes)
      fmt::print(stderr, " {:.2f} ({:.3g})", one.in_group, one.p_conservative);
    fmt::print(stderr, "; kappa with clusters found anew {:.2f}; eta squared of volume {:.3f}\n", validation->kappa,
               validation->eta_squared_of_volume);
    for (const std::string& note : validation->notes) fmt::print(stderr, "  note: {}\n", note);
  }
  const json document = {
      {"by", by}, {"parts", found}, {"provenance", make_provenance("validate", config, read->inputs)}};
  if (config["out"].is_null()) {
    fmt::print("{}\n", document.dump(2));
  } else if (auto written = write_text_file(text_of(config, "out"), document.dump(2) + "\n", config["force"]);
             !written) {
    return tl::unexpected(output_error(written.error()));
  }
  return failures == 0 ? kExitOk : kExitSomeFailed;
}

}  // namespace

std::vector<Command> subtype_commands() {
  return {{discover_spec, {"input"}, run_discover},
          {classify_spec, {"model", "input"}, run_classify},
          {validate_spec, {"model", "input"}, run_validate}};
}

}  // namespace radtype::app
