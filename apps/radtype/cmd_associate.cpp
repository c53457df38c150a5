// radtype associate: what differs between subtypes beside survival.
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "patients.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/molecular/expression.h"
#include "radtype/outcome/associate_results.h"
#include "written_folder.h"

namespace radtype::app {
namespace {

using nlohmann::json;
using outcome::Records;

const ConfigSpec& associate_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec spec{"associate",
                    "What differs between subtypes: clinical columns, mutations, genes, gene sets, immune scores",
                    patient_fields()};
    append(
        spec.fields,
        {{"group", FieldType::kText, "column whose values are compared", "subtype"},
         {"where", FieldType::kText, "only patients with these values: \"role=discovery,sex=F\"", nullptr},
         {"columns", FieldType::kText,
          "columns compared, separated by commas; without it, all of the clinical table; \"none\" for none", nullptr},
         {"expression", FieldType::kPath,
          "CSV or TSV table of expression, gzip or not: a line a gene and a column a patient, or the other way round",
          nullptr},
         {"unit",
          FieldType::kChoice,
          "of expression: log2 of a number plus one, or a number that is not logarithmic (its log2 is taken)",
          "log2",
          {"log2", "linear"}},
         {"gene_sets", FieldType::kPath, "gene sets, a .gmt file", nullptr},
         {"adjust", FieldType::kText,
          "covariates of the genes' model, separated by commas: column, log(column), factor(column)", nullptr},
         {"mutations", FieldType::kPath, "table of mutations (MAF, or columns gene and sample), gzip or not", nullptr},
         {"profiled",
          FieldType::kChoice,
          "who was looked at for mutations: listed, patients with a line in the table; all, everybody, so that a "
          "patient "
          "without a line has none",
          "listed",
          {"listed", "all"}},
         {"least_mutated", FieldType::kInteger, "genes mutated in fewer patients are left out", 5, {}, 1, 1000000},
         {"one_case", FieldType::kChoice, "of a patient with several cases", "largest", {"only", "first", "largest"}},
         {"seed",
          FieldType::kInteger,
          "of Monte-Carlo tables, where the exact test would take too long",
          1,
          {},
          0,
          1e15},
         {"out", FieldType::kPath, "folder for associate.json, tables and figures", nullptr},
         {"figures", FieldType::kChoice, "format of the figures", "svg", {"png", "svg", "none"}},
         {"force", FieldType::kSwitch, "overwrite the files", false}});
    return spec;
  }();
  return description;
}

/// The patients that --where asks for.
Result<Records> asked_for(Records records, const std::string& where) {
  for (const std::string& condition : comma_words(where)) {
    const std::size_t equals = condition.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::kUsage, fmt::format("--where \"{}\" is not column=value", condition));
    const std::string value(trimmed(condition.substr(equals + 1)));
    const auto cells = records.texts(std::string(trimmed(condition.substr(0, equals))));
    if (!cells) return tl::unexpected(cells.error());
    std::vector<std::size_t> rows;
    for (std::size_t r = 0; r < records.size(); ++r) {
      if ((*cells)[r] == value) rows.push_back(r);
    }
    if (rows.empty()) return fail(ErrorCode::kEmpty, "no patient has " + condition);
    records = records.of(rows);
  }
  return records;
}

/// "log(volume_mm3)", "factor(stage)", "age"; a column of texts is a factor.
Result<std::vector<outcome::Covariate>> covariates_of(const std::string& text, const Records& records) {
  std::vector<outcome::Covariate> list;
  for (const std::string& word : comma_words(text)) {
    outcome::Covariate covariate{word, word};
    for (const char* function : {"log", "factor"}) {
      const std::string front = std::string(function) + "(";
      if (!word.starts_with(front) || word.back() != ')') continue;
      covariate.column = word.substr(front.size(), word.size() - front.size() - 1);
      covariate.categorical = std::string_view(function) == "factor";
      if (!covariate.categorical) covariate.transform = outcome::Transform::kLog;
    }
    const auto cells = records.texts(covariate.column);
    if (!cells) return tl::unexpected(cells.error());
    if (covariate.column == word) {
      for (const std::string& cell : *cells) covariate.categorical |= !cell.empty() && !parse_double(cell);
    }
    list.push_back(std::move(covariate));
  }
  return list;
}

/// Lines as genes, whichever way round the table is: whether it was turned.
bool turn(molecular::ExpressionMatrix& matrix, const Records& records) {
  std::size_t lines = 0;
  std::size_t columns = 0;
  const auto genes = molecular::places(matrix.genes);
  const auto samples = molecular::places(matrix.samples);
  for (const std::string& patient : records.patients) {
    lines += genes.contains(patient);
    columns += samples.contains(patient);
  }
  if (lines <= columns) return false;
  molecular::ExpressionMatrix turned{matrix.samples, matrix.genes, std::vector<double>(matrix.values.size())};
  for (std::size_t g = 0; g < turned.genes.size(); ++g) {
    for (std::size_t s = 0; s < turned.samples.size(); ++s)
      turned.values[g * turned.samples.size() + s] = matrix.value(s, g);
  }
  matrix = std::move(turned);
  return true;
}

Result<void> to_log2(molecular::ExpressionMatrix& matrix) {
  for (std::size_t n = 0; n < matrix.values.size(); ++n) {
    double& value = matrix.values[n];
    if (value < 0) {
      return fail(
          ErrorCode::kUsage,
          fmt::format("expression of {} in {} is {:g}: a number below 0 is no linear unit; say --unit log2",
                      matrix.genes[n / matrix.samples.size()], matrix.samples[n % matrix.samples.size()], value));
    }
    value = std::log2(value + 1);
  }
  return {};
}

Result<void> add_expression(outcome::AssociationResult& result, Patients& patients, const json& config) {
  const std::string path = text_of(config, "expression");
  if (path.empty()) return {};
  auto read = molecular::read_expression(path);
  if (!read) return pass_on(std::move(read), "expression");
  if (turn(read->matrix, patients.records) && !read->repeated.empty())
    return fail(ErrorCode::kCorrupt,
                fmt::format("expression: {} patients have several lines; leave one of each", read->repeated.size()));
  if (text_of(config, "unit") == "linear") {
    if (auto done = to_log2(read->matrix); !done) return done;
  }
  if (!quiet && !read->repeated.empty())
    fmt::print(stderr, "note: {} genes have several lines, of which the highest is kept\n", read->repeated.size());
  std::vector<molecular::GeneSet> sets;
  if (!config["gene_sets"].is_null()) {
    auto gmt = molecular::read_gmt(text_of(config, "gene_sets"));
    if (!gmt) return pass_on(std::move(gmt), "gene sets");
    sets = std::move(*gmt);
  }
  auto covariates = covariates_of(text_of(config, "adjust"), patients.records);
  if (!covariates) return pass_on(std::move(covariates));
  auto found = outcome::associate_expression(patients.records, result.grouped, read->matrix, sets,
                                             {std::move(*covariates), molecular::ExpressionUnit::kLog2PlusOne, 0.95});
  if (found) {
    result.expression = std::move(*found);
  } else if (found.error().code() == ErrorCode::kUsage) {
    return pass_on(std::move(found));
  } else {
    result.expression_missing = found.error().to_string();
  }
  return {};
}

Result<void> add_mutations(outcome::AssociationResult& result, const Patients& patients, const json& config,
                           const outcome::AssociationOptions& options) {
  if (config["mutations"].is_null()) return {};
  molecular::MutationOptions reading;
  const bool all = text_of(config, "profiled") == "all";
  if (all) reading.profiled = patients.records.patients;
  auto read = molecular::read_mutations(text_of(config, "mutations"), reading);
  if (!read) return pass_on(std::move(read), "mutations");
  const auto place = molecular::places(read->samples);
  std::size_t known = 0;
  for (const std::string& patient : patients.records.patients) known += place.contains(patient);
  if (known == 0)
    return fail(
        ErrorCode::kInconsistent,
        "mutations: no sample is called as a patient is (barcodes of samples are longer than those of patients)");
  if (!quiet) {
    fmt::print(stderr, "mutations: {} of {} patients are profiled; {} lines change no protein\n", known,
               patients.records.size(), read->skipped);
  }
  Records mutated{"mutations", patients.records.patients, {}, {}};
  std::vector<std::string> genes;
  for (std::size_t g = 0; g < read->genes.size(); ++g) {
    std::vector<std::string> cells(patients.records.size());
    long long count = 0;
    for (std::size_t r = 0; r < cells.size(); ++r) {
      const auto at = place.find(patients.records.patients[r]);
      if (at == place.end()) continue;
      count += read->value(g, at->second);
      cells[r] = read->value(g, at->second) ? "1" : "0";
    }
    if (count < config["least_mutated"].get<long long>()) continue;
    genes.push_back(read->genes[g]);
    mutated.set(genes.back(), std::move(cells));
  }
  auto found = outcome::associate_columns(mutated, result.grouped, genes, options);
  if (!found) return pass_on(std::move(found));
  result.mutations = std::move(*found);
  return {};
}

outcome::OneCase one_case_of(const json& config) {
  const std::string word = text_of(config, "one_case");
  return word == "only"    ? outcome::OneCase::kOnly
         : word == "first" ? outcome::OneCase::kFirst
                           : outcome::OneCase::kLargest;
}

Result<int> run_associate(const json& config) {
  if (config["out"].is_null()) return fail(ErrorCode::kUsage, "--out is missing: name a folder for the results");
  if (config["expression"].is_null() && (!config["gene_sets"].is_null() || !config["adjust"].is_null()))
    return fail(ErrorCode::kUsage, "--gene-sets and --adjust are of use with --expression only");
  std::vector<std::string> columns = comma_words(text_of(config, "columns"));
  auto patients = read_patients(config, columns, one_case_of(config));
  if (!patients) return pass_on(std::move(patients));
  auto records = asked_for(std::move(patients->records), text_of(config, "where"));
  if (!records) return pass_on(std::move(records));
  patients->records = std::move(*records);
  const std::string group = text_of(config, "group");
  if (config["columns"].is_null()) {
    for (const std::string& column : patients->clinical_columns) {
      const auto cells = patients->records.texts(column);
      if (column != group && cells && *cells != patients->records.patients) columns.push_back(column);
    }
  } else if (columns == std::vector<std::string>{"none"}) {
    columns.clear();
  }
  for (const char* role : {"expression", "gene_sets", "mutations"}) {
    if (config[role].is_null()) continue;
    auto described = describe_input(role, text_of(config, role), {text_of(config, role)});
    if (!described) return pass_on(std::move(described));
    patients->inputs.push_back(std::move(*described));
  }
  auto grouped = outcome::grouped_patients(patients->records, group);
  if (!grouped) return pass_on(std::move(grouped));
  outcome::AssociationResult result;
  result.grouped = std::move(*grouped);
  const outcome::AssociationOptions options{config["seed"], 0.95};
  auto found = outcome::associate_columns(patients->records, result.grouped, columns, options);
  if (!found) return pass_on(std::move(found));
  result.columns = std::move(*found);
  if (auto done = add_mutations(result, *patients, config, options); !done) return pass_on(std::move(done));
  if (auto done = add_expression(result, *patients, config); !done) return pass_on(std::move(done));

  WrittenFolder folder(text_of(config, "out"), config["force"]);
  json report = outcome::to_json(result);
  report["unmatched"] = to_json(patients->unmatched);
  report["notes"] = patients->notes;
  report["provenance"] = make_provenance("associate", config, patients->inputs);
  folder.add("associate.json", report.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  for (auto& [name, text] : outcome::tables(result, patients->records)) folder.add(name, std::move(text));
  if (const std::string format = text_of(config, "figures"); format != "none") {
    for (outcome::NamedFigure& figure : outcome::figures(result))
      folder.add(figure.name + "." + format, std::move(figure.canvas));
  }
  if (auto written = folder.write(); !written) return tl::unexpected(output_error(written.error()));
  if (!quiet) {
    for (const std::string& line : outcome::headlines(result)) fmt::print(stderr, "{}\n", line);
  }
  return result.expression_missing.empty() ? kExitOk : kExitSomeFailed;
}

}  // namespace

Command associate_command() { return {associate_spec, {"input"}, run_associate}; }

}  // namespace radtype::app
