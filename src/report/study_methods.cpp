// Methods in words, from what was recorded: no sentence about what was not done.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"
#include "report/study_parts.h"
#include "report/words.h"

namespace radtype::report {
namespace {

using nlohmann::json;

/// Settings of a verb, with what is absent as null.
class Settings {
 public:
  explicit Settings(const json& document)
      : values_(document.is_object() ? document.value("/provenance/config"_json_pointer, json::object())
                                     : json::object()) {}
  std::string text(const char* key) const {
    const auto found = values_.find(key);
    if (found == values_.end() || found->is_null()) return "";
    return found->is_string() ? found->get<std::string>() : found->dump();
  }
  bool on(const char* key) const { return text(key) == "true"; }
  double number(const char* key) const { return parse_double(text(key)).value_or(0); }

 private:
  json values_;
};

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t n = 0; n < words.size(); ++n)
    text += (n == 0 ? "" : n + 1 == words.size() ? " and " : ", ") + words[n];
  return text;
}

void add_section(json& methods, const char* heading, const std::string& text) {
  methods.push_back({{"heading", heading}, {"text", text}});
}

std::string cohort_text(const StudyData& study) {
  std::set<std::string> programs;
  for (const cohort::RunRecord& run : study.runs) programs.insert(run.program);
  std::set<std::string> patients;
  std::set<std::string> scans;
  for (const cohort::TableRow& row : study.table.rows) {
    patients.insert(row.key.patient);
    scans.insert(row.key.name);
  }
  std::string text =
      fmt::format("{} of {} were measured by {}.", counted(scans.size(), "scan", "scans"),
                  counted(patients.size(), "patient", "patients"), join_words({programs.begin(), programs.end()}));
  for (std::size_t s = 0; s < study.used.settings.size(); ++s) {
    const json& settings = study.used.settings[s];
    if (!settings.is_object()) continue;
    if (study.used.settings.size() > 1) text += fmt::format(" Settings {}:", s + 1);
    const std::string tissue = settings.value("tissue", "");
    text += tissue.empty() || tissue == "none"
                ? " Where no mask of the organ was given, what lies around a tumour was taken from the body."
                : fmt::format(" The organ around a tumour: a mask where one was given, else \"{}\".", tissue);
    if (settings.value("raw_pet", false)) text += " PET is in the stored unit, not in SUV.";
    if (settings.value("label_encoding", "") == "bits") text += " Masks hold a region per bit.";
  }
  return text;
}

std::string feature_text(const StudyData& study, const ModelData* model) {
  std::map<std::string, std::set<std::string>> sources;  // by family
  std::size_t features = 0;
  for (const feature::Entry& entry : feature::catalogue()) {
    const bool in_model =
        model == nullptr || !model->model ||
        std::any_of(model->model->preparation.features.begin(), model->model->preparation.features.end(),
                    [&](const subtype::FrozenFeature& one) { return one.column.name == entry.name; });
    if (!in_model) continue;
    ++features;
    if (!entry.citation.empty()) sources[entry.family].insert(entry.citation);
  }
  std::string text = fmt::format(
      "{} of {} features in the catalogue ({}) bear on this report. Lengths are in millimetres of the patient's frame; "
      "intensities enter as ranks within the tumour and what is around it, so that CT, MR and PET are treated alike; "
      "shape is "
      "measured on a smooth closed surface and in spherical harmonics [@brechbuehler1995].",
      features, study.table.features.size(), feature::catalogue_id());
  std::string listed;
  for (const auto& [family, keys] : sources) {
    std::string citation;
    for (const std::string& key : keys) citation += (citation.empty() ? "@" : "; @") + key;
    listed += fmt::format("{}{} [{}]", listed.empty() ? "" : ", ", family, citation);
  }
  if (!listed.empty()) text += " Families: " + listed + ".";
  return text;
}

std::string preparation_text(const ModelData& model) {
  const Settings used(model.discovery);
  const std::string group = used.text("group");
  std::string text =
      fmt::format("Each feature was scaled {} ({}), groups of fewer than {} cases left out, and cut at ±{}.",
                  group == "organ_modality" ? "among the cases of one organ and modality"
                  : group == "cohort"       ? "within each cohort"
                                            : "among all cases",
                  used.text("scaling") == "rank_normal" ? "normal scores of ranks [@blom1958]"
                  : used.text("scaling") == "robust"    ? "median and MAD [@rousseeuw1993]"
                                                        : "mean and standard deviation",
                  used.text("smallest_group"), used.text("clip"));
  if (used.on("combat")) text += " Location and scale of cohorts were removed by ComBat [@johnson2007].";
  text += used.on("keep_size") ? " The part that tumour size explains was kept."
                               : " The part that log volume explains within a group was removed.";
  text += fmt::format(
      " Cases and features with more than {:g} % of values missing were left out, and of two features with |Spearman's "
      "rho| "
      "above {} the later one.",
      100 * used.number("most_missing"), used.text("near_duplicate"));
  if (!used.on("equal_features")) text += " Families of features weigh the same [@escofier1994].";
  const json& left = model.discovery;
  text += fmt::format(
      " {} and {} remained; {} were dropped. Scores in this report are scaled values before the weights of families.",
      counted(left.value("cases", std::size_t{0}), "case", "cases"),
      counted(left.value("features", json::array()).size(), "feature", "features"),
      left.value("dropped_features", json::array()).size());
  return text;
}

std::string clustering_text(const ModelData& model) {
  static const std::map<std::string, std::string> methods = {
      {"kmeans", "k-means [@lloyd1982; @arthur2007; @hartigan1979]"},
      {"average", "average linkage [@sokal1958]"},
      {"complete", "complete linkage"},
      {"ward", "Ward's method [@murtagh2014]"},
      {"medoids", "partitioning around medoids [@kaufman1990; @schubert2019]"}};
  static const std::map<std::string, std::string> distances = {{"euclidean", "Euclidean distance"},
                                                               {"pearson", "1 − Pearson's correlation"},
                                                               {"spearman", "1 − Spearman's correlation"}};
  const Settings used(model.discovery);
  const auto word = [](const std::map<std::string, std::string>& words, const std::string& key) {
    const auto found = words.find(key);
    return found == words.end() ? key : found->second;
  };
  std::string text = fmt::format(
      "Consensus clustering [@monti2003]: {} repetitions, each on {:g} % of the cases, by {} under {}; the final "
      "groups by "
      "average linkage of 1 − consensus. Looked at: {} to {} groups; seed {}.",
      used.text("repetitions"), 100 * used.number("share"), word(methods, used.text("method")),
      word(distances, used.text("distance")), used.text("smallest"), used.text("largest"), used.text("seed"));
  const json& p = model.discovery.value("p_of_any_clusters", json());
  if (p.is_number()) {
    text += fmt::format(
        " Whether there are groups at all was tested against {} tables of the same covariance without clusters "
        "[@john2020], by "
        "the share of ambiguous pairs [@senbabaoglu2014] over {} repetitions: p = {:.3g} (level {}).",
        used.text("references"), used.text("reference_repetitions"), p.get<double>(), used.text("level"));
  } else {
    text += " Whether there are groups at all was not tested.";
  }
  text += fmt::format(" Number of subtypes: {} ({}). Silhouettes after [@rousseeuw1987].",
                      model.discovery.value("k", 0), model.discovery.value("reason", ""));
  return text;
}

std::string model_text(const ModelData& model) {
  return fmt::format(
      "New cases are assigned by a linear discriminant whose covariance is shrunk towards its diagonal [@schaefer2005] "
      "(shrinkage {:.3g}), with log odds divided by {:.3g} so that probabilities are not overstated. A case farther "
      "than {:.3g} "
      "from every centroid is flagged.",
      model.model->shrinkage, model.model->temperature, model.model->outside);
}

std::string validation_text(const json& validation) {
  const Settings used(validation);
  const std::string by = used.text("by");
  return fmt::format(
      "The frozen model was applied {}: in-group proportion with p from {} permutations of the centroids [@kapp2007], "
      "as "
      "published and, conservatively, among null groups of the size or larger; the cases clustered anew ({} "
      "repetitions) and "
      "compared by the adjusted Rand index [@hubert1985], mutual information and Cohen's kappa [@cohen1960]; seed {}.",
      by == "all" ? "to all cases together" : "to each " + by + " by itself", used.text("permutations"),
      used.text("repetitions"), used.text("seed"));
}

/// {"a": ["1"], "b": ["x", "y"]} as words; "" for none.
std::string condition_text(const json& where) {
  std::string text;
  for (const auto& [column, values] : where.items()) {
    std::vector<std::string> words;
    for (const json& value : values) words.push_back(value.get<std::string>());
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", column, join_words(words));
  }
  return text;
}

std::string outcome_text(const json& outcome) {
  static const std::map<std::string, std::string> adjustments = {{"BH", "Benjamini and Hochberg [@benjamini1995]"},
                                                                 {"BY", "Benjamini and Yekutieli [@benjamini2001]"},
                                                                 {"holm", "Holm [@holm1979]"},
                                                                 {"hochberg", "Hochberg [@hochberg1988]"},
                                                                 {"bonferroni", "Bonferroni"}};
  static const std::map<std::string, std::string> ties = {{"efron", "Efron's ties [@efron1977]"},
                                                          {"breslow", "Breslow's ties [@breslow1974]"},
                                                          {"exact", "exact ties [@gail1981]"}};
  const json plan = outcome.value("plan", json::object());
  std::string text = fmt::format(
      "Carried out as planned ({}); one row a patient, of several cases the {}. Survival by Kaplan and Meier "
      "[@kaplan1958] with "
      "{:g} % bands by log(−log) [@kalbfleisch2002], log-rank tests [@mantel1966], Cox's model [@cox1972], "
      "proportional hazards "
      "by score test [@grambsch1994].",
      plan.value("title", ""), plan.value("one_case", "largest"), 100 * plan.value("confidence", 0.95));
  const json size = plan.value("size", json());
  text += size.is_object() ? fmt::format(" In every adjusted model: {}.", size.value("name", ""))
                           : std::string(" Tumour size is in no model.");
  for (const json& analysis : plan.value("analyses", json::array())) {
    const auto listed = [&](const char* key) {
      std::vector<std::string> words;
      for (const json& word : analysis.value(key, json::array())) words.push_back(word.get<std::string>());
      return join_words(words);
    };
    text += fmt::format(" {}: {} by {}", analysis.value("name", ""), analysis.value("endpoint", ""),
                        analysis.value("group", ""));
    if (const std::string who = condition_text(analysis.value("where", json::object())); !who.empty())
      text += " among " + who;
    if (!listed("covariates").empty()) text += ", adjusted for " + listed("covariates");
    if (!listed("strata").empty()) text += ", stratified by " + listed("strata");
    if (const std::string with = analysis.value("interaction", ""); !with.empty())
      text += ", with interaction of " + with + " and group";
    const auto how = ties.find(analysis.value("ties", ""));
    text += how == ties.end() ? "." : ", " + how->second + ".";
  }
  const auto adjustment = adjustments.find(plan.value("adjustment", ""));
  if (adjustment != adjustments.end())
    text += fmt::format(" Primary p values of a family are adjusted after {}.", adjustment->second);
  for (const json& analysis : outcome.value("analyses", json::array())) {
    if (analysis.value("competing", 0) > 0) {
      text +=
          " Competing events: cumulative incidence [@aalen1978], Gray's test [@gray1988], Fine and Gray's model "
          "[@fine1999].";
      break;
    }
  }
  return text;
}

std::string associate_text(const json& associate) {
  std::set<std::string> tests;
  for (const json& column : associate.value("columns", json::array())) tests.insert(column.value("test", ""));
  std::string text = fmt::format("Groups by {}.", associate.value("group", ""));
  if (!associate.value("columns", json::array()).empty()) {
    text +=
        " Numbers by group: Kruskal-Wallis [@kruskal1952]. Categories by group: chi-square, or Fisher's exact test "
        "where "
        "counts are small [@mehta1983]. q values after Benjamini and Hochberg [@benjamini1995] over all columns.";
  }
  const json expression = associate.value("expression", json());
  if (expression.is_object()) {
    std::vector<std::string> covariates;
    for (const json& word : expression.value("covariates", json::array()))
      covariates.push_back(word.get<std::string>());
    text += fmt::format(
        " Expression of {} genes in {} patients: moderated t of each group against the others [@smyth2004]{}; gene "
        "sets by "
        "CAMERA with estimated correlation between genes [@wu2012]; scores of sets in each sample [@foroutan2018].",
        expression.value("genes", std::size_t{0}), expression.value("patients", std::size_t{0}),
        covariates.empty() ? "" : ", beside " + join_words(covariates));
  }
  if (!associate.value("mutations", json::array()).empty())
    text += " Mutations by gene: Fisher's exact test [@mehta1983].";
  return text;
}

}  // namespace

json methods_of(const StudyData& study, const ModelData* model, const ResultFiles& results, bool portraits) {
  json methods = json::array();
  add_section(methods, "Scans", cohort_text(study));
  add_section(methods, "Features", feature_text(study, model));
  if (model != nullptr) {
    add_section(methods, "Preparation", preparation_text(*model));
    add_section(methods, "Subtypes", clustering_text(*model));
    if (model->model) add_section(methods, "Model", model_text(*model));
  }
  if (portraits) {
    add_section(
        methods, "Portraits",
        "Each subtype is shown by the tumour nearest to its centroid in the prepared features whose files could be "
        "read again and are those that were measured (SHA-256). Its surface encloses the volume of the outline's "
        "largest part; slices are means over blocks of whole voxels, with 15 mm around the tumour.");
  }
  if (!results.validation.is_null()) add_section(methods, "Validation", validation_text(results.validation));
  if (!results.outcome.is_null()) add_section(methods, "Survival", outcome_text(results.outcome));
  if (!results.associate.is_null()) add_section(methods, "Associations", associate_text(results.associate));
  if (model != nullptr && !model->notes.empty()) {
    std::string beware;
    for (const std::string& note : model->notes) beware += (beware.empty() ? "" : "; ") + note;
    add_section(methods, "To beware of", beware + ".");
  }
  add_section(methods, "Software",
              fmt::format("radtype {} ({}), after [@wu2021]. {}", version(), git_revision(), research_notice()));
  return methods;
}

}  // namespace radtype::report
