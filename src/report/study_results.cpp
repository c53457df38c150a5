#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "radtype/core/config.h"
#include "radtype/core/csv.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "report/encode.h"
#include "report/study_parts.h"

namespace radtype::report {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

/// With more genes than this, numbers have seven digits.
constexpr std::size_t kGenesInFull = 2000;

Result<json> read_result(const fs::path& file, const char* verb, json& inputs) {
  auto document = read_json_file(file.string());
  if (!document) return pass_on(std::move(document), fmt::format("the results of radtype {}", verb));
  const json provenance = document->value("provenance", json::object());
  if (!provenance.is_object() || provenance.value("verb", "") != verb) {
    return fail(ErrorCode::kCorrupt, fmt::format("{} is not what radtype {} writes", file.string(), verb));
  }
  auto described = describe_input(verb, file, {file});
  if (!described) return pass_on(std::move(described));
  inputs.push_back(std::move(*described));
  return document;
}

/// SHA-256 of an input of a verb by its role; "" where it had none.
std::string input_sha256(const json& document, const std::string& role) {
  for (const json& input : document.value("/provenance/inputs"_json_pointer, json::array())) {
    if (input.value("role", "") == role) return input.value("sha256", "");
  }
  return "";
}

/// assignments.csv of the model must be the one that the verb read, where it read one.
Result<void> check_assignments(const json& document, const fs::path& file, const char* verb, const ModelData& model) {
  const std::string before = input_sha256(document, "assignments");
  if (before.empty() || before == model.assignments_sha256) return {};
  return fail(
      ErrorCode::kInconsistent,
      fmt::format("{} is of other subtypes: its assignments have SHA-256 {}..., those of {} {}...; run radtype {} "
                  "with --assignments {}",
                  file.string(), before.substr(0, 12), model.folder.string(), model.assignments_sha256.substr(0, 12),
                  verb, (model.folder / "assignments.csv").string()));
}

Result<void> check_validation(const json& document, const fs::path& file, const ModelData& model) {
  const std::string before = input_sha256(document, "model");
  if (!before.empty() && before != model.model_sha256) {
    return fail(
        ErrorCode::kInconsistent,
        fmt::format("{} is of another model: SHA-256 {}..., that of {} is {}...; run radtype validate with this "
                    "model",
                    file.string(), before.substr(0, 12), model.folder.string(),
                    model.model_sha256.empty() ? "not there" : model.model_sha256.substr(0, 12)));
  }
  const json parts = document.value("parts", json::object());
  for (const json& part : parts) {
    if (!part.contains("subtypes")) continue;
    const std::size_t found = part["subtypes"].size();
    const std::size_t known = model.model ? model.model->subtypes.size() : 0;
    if (found == known) continue;
    return fail(
        ErrorCode::kInconsistent,
        fmt::format("{} has {} subtypes, the model {}: it is of another model; run radtype validate with this one",
                    file.string(), found, known));
  }
  return {};
}

/// Columns of a table that another verb wrote, checked to be there.
class Columns {
 public:
  static Result<Columns> read(const fs::path& file) {
    auto table = read_csv_table(file);
    if (!table) return pass_on(std::move(table));
    for (const CsvLine& line : table->rows) {
      if (line.cells.size() == table->columns.size()) continue;
      return fail(ErrorCode::kCorrupt, fmt::format("{} line {} has {} cells, the header {}", file.string(), line.line,
                                                   line.cells.size(), table->columns.size()));
    }
    return Columns(std::move(*table), file);
  }

  std::size_t rows() const { return table_.rows.size(); }
  const std::vector<std::string>& names() const { return table_.columns; }
  Result<std::size_t> find(const std::string& name) const {
    const auto found = std::find(table_.columns.begin(), table_.columns.end(), name);
    if (found == table_.columns.end())
      return fail(ErrorCode::kCorrupt, fmt::format("{} has no column {}", file_.string(), name));
    return static_cast<std::size_t>(found - table_.columns.begin());
  }
  const std::string& cell(std::size_t row, std::size_t column) const { return table_.rows[row].cells[column]; }
  double number(std::size_t row, std::size_t column) const {
    return parse_double(cell(row, column)).value_or(std::numeric_limits<double>::quiet_NaN());
  }

 private:
  Columns(CsvTable table, fs::path file) : table_(std::move(table)), file_(std::move(file)) {}
  CsvTable table_;
  fs::path file_;
};

Result<json> curves_json(const fs::path& file) {
  auto table = Columns::read(file);
  if (!table) return pass_on(std::move(table));
  json columns = json::object();
  for (const char* name :
       {"analysis", "group", "curve", "time", "at_risk", "events", "censored", "estimate", "lower", "upper"}) {
    const auto place = table->find(name);
    if (!place) return tl::unexpected(place.error());
    const std::string_view word = name;
    const bool text = word == "analysis" || word == "group" || word == "curve";
    json values = json::array();
    for (std::size_t r = 0; r < table->rows(); ++r)
      values.push_back(text ? json(table->cell(r, *place)) : number_or_null(table->number(r, *place)));
    columns[name] = std::move(values);
  }
  return columns;
}

Result<json> genes_json(const fs::path& file, const json& contrasts) {
  auto table = Columns::read(file);
  if (!table) return pass_on(std::move(table));
  const auto gene = table->find("gene");
  const auto mean = table->find("mean");
  const auto p = table->find("p");
  if (!gene || !mean || !p) return tl::unexpected((!gene ? gene : !mean ? mean : p).error());
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < table->rows(); ++r) rows.push_back(r);
  if (rows.size() > kMostGenes) {  // those that differ most, in the order of the table
    const auto p_of = [&](std::size_t r) {
      const double value = table->number(r, *p);
      return std::isfinite(value) ? value : 2.;
    };
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return p_of(a) < p_of(b); });
    rows.resize(kMostGenes);
    std::sort(rows.begin(), rows.end());
  }
  const bool in_full = table->rows() <= kGenesInFull;
  const auto numbers = [&](std::size_t column) {
    json values = json::array();
    for (const std::size_t r : rows) {
      double value = table->number(r, column);
      if (!in_full && std::isfinite(value)) value = parse_double(fmt::format("{:.7g}", value)).value_or(value);
      values.push_back(number_or_null(value));
    }
    return values;
  };
  json names = json::array();
  for (const std::size_t r : rows) names.push_back(table->cell(r, *gene));
  json per_contrast = json::array();
  for (const json& contrast : contrasts) {
    json one = json::object();
    for (const char* what : {"log2_fold_change", "lower", "upper", "p", "q"}) {
      const auto place = table->find(fmt::format("{}: {}", contrast.get<std::string>(), what));
      if (!place) return tl::unexpected(place.error());
      one[what] = numbers(*place);
    }
    per_contrast.push_back(std::move(one));
  }
  return json{{"contrasts", contrasts},
              {"gene", std::move(names)},
              {"mean", numbers(*mean)},
              {"per_contrast", std::move(per_contrast)},
              {"measured", table->rows()}};
}

Result<json> scores_json(const fs::path& file) {
  auto table = Columns::read(file);
  if (!table) return pass_on(std::move(table));
  const auto group = table->find("group");
  if (!group) return tl::unexpected(group.error());
  json sets = json::array();
  json values = json::array();
  json groups = json::array();
  for (std::size_t r = 0; r < table->rows(); ++r) groups.push_back(table->cell(r, *group));
  for (std::size_t c = *group + 1; c < table->names().size(); ++c) {
    sets.push_back(table->names()[c]);
    json of_set = json::array();
    for (std::size_t r = 0; r < table->rows(); ++r) of_set.push_back(number_or_null(table->number(r, c)));
    values.push_back(std::move(of_set));
  }
  return json{{"sets", sets}, {"group", groups}, {"values", values}};
}

/// A table beside a result; null where the verb wrote none.
Result<json> beside(const fs::path& file, const char* role, json& inputs, Result<json> table) {
  if (!table) return table;
  auto described = describe_input(role, file, {file});
  if (!described) return pass_on(std::move(described));
  inputs.push_back(std::move(*described));
  return table;
}

bool there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

}  // namespace

Result<ResultFiles> read_results(const ResultPaths& paths, const ModelData* model) {
  ResultFiles results;
  const auto put = [](json& into, Result<json> from) -> Result<void> {
    if (!from) return pass_on(std::move(from));
    into = std::move(*from);
    return {};
  };
  if (paths.validation) {
    const fs::path& file = *paths.validation;
    if (auto read = put(results.validation, read_result(file, "validate", results.inputs)); !read)
      return pass_on(std::move(read));
    if (model != nullptr) {
      if (auto checked = check_validation(results.validation, file, *model); !checked)
        return pass_on(std::move(checked));
    }
  }
  if (paths.outcome) {
    const fs::path file = *paths.outcome / "outcome.json";
    if (auto read = put(results.outcome, read_result(file, "outcome", results.inputs)); !read)
      return pass_on(std::move(read));
    if (model != nullptr) {
      if (auto checked = check_assignments(results.outcome, file, "outcome", *model); !checked)
        return pass_on(std::move(checked));
    }
    if (const fs::path table = *paths.outcome / "curves.csv"; there(table)) {
      if (auto read = put(results.curves, beside(table, "curves", results.inputs, curves_json(table))); !read)
        return pass_on(std::move(read));
    }
  }
  if (paths.associate) {
    const fs::path file = *paths.associate / "associate.json";
    if (auto read = put(results.associate, read_result(file, "associate", results.inputs)); !read)
      return pass_on(std::move(read));
    if (model != nullptr) {
      if (auto checked = check_assignments(results.associate, file, "associate", *model); !checked)
        return pass_on(std::move(checked));
    }
    const json contrasts = results.associate.value("/expression/contrasts"_json_pointer, json::array());
    if (const fs::path table = *paths.associate / "genes.csv"; there(table) && !contrasts.empty()) {
      if (auto read = put(results.genes, beside(table, "genes", results.inputs, genes_json(table, contrasts))); !read)
        return pass_on(std::move(read));
    }
    if (const fs::path table = *paths.associate / "scores.csv"; there(table)) {
      if (auto read = put(results.scores, beside(table, "scores", results.inputs, scores_json(table))); !read)
        return pass_on(std::move(read));
    }
  }
  return results;
}

}  // namespace radtype::report
