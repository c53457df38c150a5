// The studies that the program knows, and studies as JSON.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "radtype/simulate/study.h"

namespace radtype::simulate {
namespace {

// Order of kTraits: elongation, flatness, roughness, spectral slope, spicules, lobes, necrosis, softness, coarseness,
// layering, margin, bend.
std::vector<Subtype> four_subtypes() {
  std::vector<Subtype> subtypes(4);
  subtypes[0] = {.name = "smooth",
                 .share = 0.3,
                 .traits = {0.5, 0.3, -1.0, 0.4, -0.9, -0.5, -0.8, -0.2, 0.3, 0.1, -0.7, -0.2},
                 .log_hazard = 0,
                 .log_hazard_immunotherapy = 0,
                 .til_logit = 0,
                 .receptor_logit = 0.8,
                 .expression = {-0.6, -0.3, 0, -0.5, 0, 0, 0.5, 0, 0, 0},
                 .mutation_logit = {-0.5, 0, 0, 0.5}};
  subtypes[1] = {.name = "spiculated",
                 .share = 0.25,
                 .traits = {-0.2, 0, 0.5, -0.5, 1.3, -0.3, -0.4, 0.5, -0.2, -0.2, 1.0, 0.3},
                 .log_hazard = 0.75,
                 .log_hazard_immunotherapy = 0,
                 .til_logit = -0.4,
                 .receptor_logit = 0,
                 .expression = {0.3, 0, 0.2, 1.0, -0.3, -0.4, 0, 0.8, 0, 0},
                 .mutation_logit = {0.9, 0, 0.4, 0}};
  subtypes[2] = {.name = "necrotic",
                 .share = 0.25,
                 .traits = {0, 0, 0, 0, -0.3, 0, 1.3, -0.4, 0.6, 1.0, -0.3, 0},
                 .log_hazard = 0.95,
                 .log_hazard_immunotherapy = 0.1,
                 .til_logit = -0.2,
                 .receptor_logit = -0.9,
                 .expression = {0.9, 1.1, 0.6, 0, 0, -0.3, -0.5, 0, 0, 0},
                 .mutation_logit = {0, 1.1, 0, 0}};
  subtypes[3] = {.name = "lobulated",
                 .share = 0.2,
                 .traits = {-0.5, -0.3, 0.5, -0.2, -0.2, 1.2, 0, 0.3, -0.8, -1.0, 0.1, 0},
                 .log_hazard = 0.35,
                 .log_hazard_immunotherapy = -0.8,
                 .til_logit = 1.0,
                 .receptor_logit = 0,
                 .expression = {0, 0, -0.4, 0, 1.0, 1.2, 0, -0.3, 0, 0},
                 .mutation_logit = {0, 0, 0.9, 0}};
  return subtypes;
}

Visit ct(const std::string& name, double slice_mm) {
  return {.name = name,
          .day = 0,
          .modality = Modality::kCt,
          .sequence = Sequence::kT1Contrast,
          .slice_mm = slice_mm,
          .readers = 0,
          .growth = 1};
}
Visit mr(const std::string& name, Sequence sequence, double slice_mm) {
  Visit visit = ct(name, slice_mm);
  visit.modality = Modality::kMr;
  visit.sequence = sequence;
  return visit;
}

Cohort cohort(const std::string& name, const std::string& region, const std::string& role, Organ organ, int patients,
              std::vector<double> slice_mm, Visit visit) {
  Cohort c;
  c.name = name;
  c.region = region;
  c.role = role;
  c.organ = organ;
  c.patients = patients;
  c.slice_mm = std::move(slice_mm);
  c.visits = {std::move(visit)};
  c.radius_mm = organ == Organ::kBrain ? 17 : organ == Organ::kBreast ? 13 : 15;
  return c;
}

Study demo() {
  Study s;
  s.name = "demo";
  s.subtypes = four_subtypes();
  s.cohorts = {
      cohort("lung-a", "USA", "discovery", Organ::kLung, 24, {3, 5}, ct("baseline", 0)),
      cohort("breast-a", "Europe", "discovery", Organ::kBreast, 18, {2, 2.5}, mr("baseline", Sequence::kT1Contrast, 0)),
      cohort("brain-a", "Japan", "validation", Organ::kBrain, 18, {3, 5}, mr("baseline", Sequence::kT1Contrast, 0))};
  s.cohorts[0].immunotherapy_share = 0.5;
  s.oracle_ari = 0.98;  // far apart: 60 patients are few
  return s;
}

Study paper() {
  Study s;
  s.name = "paper";
  s.subtypes = four_subtypes();
  const auto post = Sequence::kT1Contrast;
  s.cohorts = {cohort("lung-usa", "USA", "discovery", Organ::kLung, 310, {3, 5}, ct("baseline", 0)),
               cohort("lung-europe", "Europe", "validation", Organ::kLung, 260, {5}, ct("baseline", 0)),
               cohort("lung-japan", "Japan", "validation", Organ::kLung, 120, {5}, ct("baseline", 0)),
               cohort("lung-immunotherapy", "USA", "validation", Organ::kLung, 192, {5}, ct("baseline", 0)),
               cohort("breast-usa", "USA", "discovery", Organ::kBreast, 240, {2.5, 3}, mr("baseline", post, 0)),
               cohort("breast-europe", "Europe", "validation", Organ::kBreast, 160, {3}, mr("baseline", post, 0)),
               cohort("brain-usa", "USA", "discovery", Organ::kBrain, 230, {3, 5}, mr("baseline", post, 0)),
               cohort("brain-europe", "Europe", "validation", Organ::kBrain, 170, {5}, mr("baseline", post, 0))};
  // Scanners differ between sites.
  const std::array<double, 8> noise{1, 1.3, 0.8, 1.1, 1, 1.4, 1, 1.3};
  const std::array<double, 8> blur{0.6, 0.7, 0.5, 0.6, 0.7, 0.8, 0.6, 0.7};
  for (std::size_t n = 0; n < s.cohorts.size(); ++n) {
    s.cohorts[n].noise = noise[n];
    s.cohorts[n].point_spread_mm = blur[n];
  }
  s.cohorts[1].enhancement_hu = 90;
  s.cohorts[2].enhancement_hu = 0;
  s.cohorts[3].immunotherapy_share = 0.6;
  s.cohorts[3].radius_mm = 18;
  return s;
}

Study pairs() {
  Study s;
  s.name = "pairs";
  s.subtypes = four_subtypes();
  s.retest_volume_spread = 0.05;
  const std::array<std::pair<Organ, const char*>, 3> organs{
      {{Organ::kLung, "lung-pairs"}, {Organ::kBreast, "breast-pairs"}, {Organ::kBrain, "brain-pairs"}}};
  for (const auto& [organ, name] : organs) {
    Cohort c = cohort(name, "USA", "discovery", organ, 8, {3}, {});
    Visit read = ct("ct-1mm", 1);
    read.readers = 2;
    c.visits = {read,
                ct("ct-3mm", 3),
                ct("ct-5mm", 5),
                ct("ct-3mm-retest", 3),
                mr("mr-3mm", Sequence::kT1Contrast, 3),
                mr("mr-3mm-retest", Sequence::kT1Contrast, 3),
                mr("mr-t2", Sequence::kT2, 3)};
    if (organ == Organ::kBreast) c.visits.push_back(mr("mr-ser", Sequence::kSer, 3));
    Visit later = ct("ct-followup", 3);
    later.day = 90;
    later.growth = 1.3;
    c.visits.push_back(later);
    s.cohorts.push_back(c);
  }
  return s;
}

Study nothing() {
  Study s = demo();
  s.name = "null";
  s.subtypes = {Subtype{}};
  s.subtypes[0].name = "one";
  s.subtypes[0].share = 1;
  s.oracle_ari = 1;
  s.log_hazard_volume = s.log_hazard_age = s.log_hazard_stage = s.log_hazard_immunotherapy = 0;
  for (Cohort& c : s.cohorts) c.patients = 40;
  return s;
}

// One description of each struct's fields serves reading and writing: visit(key, member[, least, most]).
template <class V>
void fields(V& v, Subtype& s) {
  v("name", s.name);
  v("share", s.share, 0.0, 1.0);
  v.named("traits", s.traits, kTraits);
  v("log_hazard", s.log_hazard, -10.0, 10.0);
  v("log_hazard_immunotherapy", s.log_hazard_immunotherapy, -10.0, 10.0);
  v("til_logit", s.til_logit, -10.0, 10.0);
  v("receptor_logit", s.receptor_logit, -10.0, 10.0);
  v.named("expression", s.expression, kGeneSets);
  v.named("mutation_logit", s.mutation_logit, kMutations);
}
constexpr std::array<const char*, 2> kModalityNames{"CT", "MR"};
constexpr std::array<const char*, 4> kSequenceNames{"T1", "T1c", "T2", "SER"};
constexpr std::array<const char*, 3> kOrganNames{"lung", "breast", "brain"};
template <class V>
void fields(V& v, Visit& s) {
  v("name", s.name);
  v("day", s.day, 0.0, 1e5);
  v.choice("modality", s.modality, kModalityNames);
  v.choice("sequence", s.sequence, kSequenceNames);
  v("slice_mm", s.slice_mm, 0.0, 20.0);
  v("readers", s.readers, 0, 20);
  v("growth", s.growth, 0.01, 100.0);
}
template <class V>
void fields(V& v, Cohort& s) {
  v("name", s.name);
  v("region", s.region);
  v("role", s.role);
  v.choice("organ", s.organ, kOrganNames);
  v("patients", s.patients, 1, 1000000);
  v("slice_mm", s.slice_mm);
  v.list("visits", s.visits);
  v("radius_mm", s.radius_mm, 4.0, 45.0);
  v("noise", s.noise, 0.0, 20.0);
  v("point_spread_mm", s.point_spread_mm, 0.1, 5.0);
  v("enhancement_hu", s.enhancement_hu, 0.0, 500.0);
  v("immunotherapy_share", s.immunotherapy_share, 0.0, 1.0);
  v("followup_years", s.followup_years, 0.01, 100.0);
}
template <class V>
void fields(V& v, Study& s) {
  v("name", s.name);
  v.list("subtypes", s.subtypes);
  v.list("cohorts", s.cohorts);
  v("oracle_ari", s.oracle_ari, 0.05, 1.0);
  v("size_spread", s.size_spread, 0.0, 1.0);
  v("log_hazard_volume", s.log_hazard_volume, -10.0, 10.0);
  v("log_hazard_age", s.log_hazard_age, -10.0, 10.0);
  v("log_hazard_stage", s.log_hazard_stage, -10.0, 10.0);
  v("log_hazard_immunotherapy", s.log_hazard_immunotherapy, -10.0, 10.0);
  v("weibull_shape", s.weibull_shape, 0.1, 10.0);
  v("median_days", s.median_days, 1.0, 1e5);
  v("reader_dice", s.reader_dice, 0.3, 1.0);
  v("retest_volume_spread", s.retest_volume_spread, 0.0, 1.0);
  v("missing_share", s.missing_share, 0.0, 1.0);
}

struct Writer {
  nlohmann::json json = nlohmann::json::object();

  template <class T, class... Range>
  void operator()(const char* key, T& value, Range...) {
    json[key] = value;
  }
  template <std::size_t N>
  void named(const char* key, std::array<double, N>& values, const std::array<const char*, N>& names) {
    for (std::size_t n = 0; n < N; ++n) json[key][names[n]] = values[n];
  }
  template <class T, std::size_t N>
  void choice(const char* key, T& value, const std::array<const char*, N>& names) {
    json[key] = names[static_cast<std::size_t>(value)];
  }
  template <class T>
  void list(const char* key, std::vector<T>& items) {
    json[key] = nlohmann::json::array();
    for (T& item : items) {
      Writer inner;
      fields(inner, item);
      json[key].push_back(std::move(inner.json));
    }
  }
};

/// Keys that are missing keep their default.
class Reader {
 public:
  Reader(const nlohmann::json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) complain("is not an object");
  }
  void finish() {
    if (!json_.is_object()) return;
    for (const auto& [key, unused] : json_.items()) {
      if (!known_.contains(key)) complain(fmt::format("has no key \"{}\"", key));
    }
  }
  const std::string& problem() const { return problem_; }

  void operator()(const char* key, std::string& value) {
    if (const auto* found = find(key)) {
      if (found->is_string() && !found->empty())
        value = found->get<std::string>();
      else
        complain(fmt::format("\"{}\" must be text", key));
    }
  }
  template <class T>
  void operator()(const char* key, T& value, T least, T most) {
    const auto* found = find(key);
    if (found == nullptr) return;
    const bool fits = std::is_integral_v<T> ? found->is_number_integer() : found->is_number();
    const double number = fits ? found->template get<double>() : 0;
    if (!fits || !(number >= static_cast<double>(least) && number <= static_cast<double>(most)))
      complain(fmt::format("\"{}\" must be {} from {} to {}", key,
                           std::is_integral_v<T> ? "a whole number" : "a number", least, most));
    else
      value = found->template get<T>();
  }
  void operator()(const char* key, std::vector<double>& values) {
    const auto* found = find(key);
    if (found == nullptr) return;
    const bool fits =
        found->is_array() && !found->empty() && std::all_of(found->begin(), found->end(), [](const auto& n) {
          return n.is_number() && n.template get<double>() >= 0.2 && n.template get<double>() <= 20;
        });
    if (fits)
      values = found->get<std::vector<double>>();
    else
      complain(fmt::format("\"{}\" must be a list of numbers from 0.2 to 20", key));
  }
  template <std::size_t N>
  void named(const char* key, std::array<double, N>& values, const std::array<const char*, N>& names) {
    const auto* found = find(key);
    if (found == nullptr) return;
    Reader inner(*found, where_ + "." + key);
    for (std::size_t n = 0; n < N; ++n) inner(names[n], values[n], -20.0, 20.0);
    take(inner);
  }
  template <class T, std::size_t N>
  void choice(const char* key, T& value, const std::array<const char*, N>& names) {
    const auto* found = find(key);
    if (found == nullptr) return;
    const auto* name = std::find_if(names.begin(), names.end(), [&](const char* n) { return *found == n; });
    if (name == names.end())
      complain(fmt::format("\"{}\" must be one of {}", key, fmt::join(names, ", ")));
    else
      value = static_cast<T>(name - names.begin());
  }
  template <class T>
  void list(const char* key, std::vector<T>& items) {
    const auto* found = find(key);
    if (found == nullptr) return;
    if (!found->is_array() || found->empty()) return complain(fmt::format("\"{}\" must be a list of objects", key));
    items.clear();
    for (const auto& entry : *found) {
      Reader inner(entry, fmt::format("{}.{}[{}]", where_, key, items.size()));
      fields(inner, items.emplace_back());
      take(inner);
    }
  }

 private:
  const nlohmann::json* find(const char* key) {
    known_.insert(key);
    return json_.is_object() && json_.contains(key) ? &json_.at(key) : nullptr;
  }
  void complain(const std::string& what) {
    if (problem_.empty()) problem_ = where_ + " " + what;
  }
  void take(Reader& inner) {
    inner.finish();
    if (problem_.empty()) problem_ = inner.problem_;
  }

  const nlohmann::json& json_;
  std::string where_;
  std::set<std::string> known_;
  std::string problem_;
};

bool is_folder_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> names{"demo", "paper", "pairs", "null"};
  return names;
}

Study preset(const std::string& name) {
  if (name == "paper") return paper();
  if (name == "pairs") return pairs();
  if (name == "null") return nothing();
  RADTYPE_CHECK(name == "demo");
  return demo();
}

nlohmann::json to_json(const Study& study) {
  Writer writer;
  Study copy = study;
  fields(writer, copy);
  return writer.json;
}

Result<Study> study_from_json(const nlohmann::json& json) {
  Study study;
  Reader reader(json, "study");
  fields(reader, study);
  reader.finish();
  std::string problem = reader.problem();
  std::set<std::string> names;
  for (const Cohort& c : study.cohorts) {
    if (!is_folder_name(c.name) || !names.insert(c.name).second)
      problem = fmt::format("study.cohorts: the name \"{}\" must be a folder's name and its own", c.name);
    std::set<std::string> visits;
    for (const Visit& visit : c.visits) {
      if (!is_folder_name(visit.name) || !visits.insert(visit.name).second)
        problem = fmt::format("study.cohorts.{}.visits: the name \"{}\" must be a folder's name and its own", c.name,
                              visit.name);
    }
  }
  double shares = 0;
  for (const Subtype& subtype : study.subtypes) shares += subtype.share;
  if (problem.empty() && study.cohorts.empty()) problem = "study.cohorts is missing";
  if (problem.empty() && !(shares > 0)) problem = "study.subtypes: no share is above 0";
  if (!problem.empty()) return fail(ErrorCode::kUsage, problem + "; a preset's study.json shows what can be set");
  return study;
}

}  // namespace radtype::simulate
