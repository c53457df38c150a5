#include "radtype/cohort/manifest.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "radtype/core/csv.h"
#include "radtype/core/hash.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"

namespace radtype::cohort {
namespace fs = std::filesystem;
namespace {

struct KnownColumn {
  const char* name;
  std::string CaseKey::*field;
};
constexpr std::array<KnownColumn, 13> kColumns{{{"case", &CaseKey::name},
                                                {"patient", &CaseKey::patient},
                                                {"cohort", &CaseKey::cohort},
                                                {"organ", &CaseKey::organ},
                                                {"modality", &CaseKey::modality},
                                                {"timepoint", &CaseKey::timepoint},
                                                {"image", &CaseKey::image},
                                                {"mask", &CaseKey::mask},
                                                {"roi", &CaseKey::roi},
                                                {"label", &CaseKey::label},
                                                {"tissue", &CaseKey::tissue},
                                                {"tissue_roi", &CaseKey::tissue_roi},
                                                {"series", &CaseKey::series}}};
// Columns that the exported table has itself (export.cpp): a clinical column of that name would stand twice in it.
constexpr std::array<const char*, 7> kTakenNames{"lesion",       "status",      "reason", "missing",
                                                 "image_sha256", "mask_sha256", "derived"};

std::string known_columns() {
  std::vector<std::string> names;
  for (const KnownColumn& column : kColumns) names.emplace_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool is_tissue_word(const std::string& text) {
  feature::CaseRequest request;
  feature::set_tissue(request, text);
  return !request.tissue;
}

Result<io::Modality> modality_of(const std::string& written) {
  const std::string word = written == "PET" ? "PT" : written == "MRI" ? "MR" : written;
  if (const auto modality = io::modality_from_word(word); modality && *modality != io::Modality::kOther)
    return *modality;
  return fail(ErrorCode::kUsage, fmt::format("modality: \"{}\" is none of CT, MR, PT", written));
}

void check_row(ManifestRow& row, const fs::path& folder) {
  const CaseKey& key = row.key;
  const auto problem = [&](std::string text) { row.problems.push_back(std::move(text)); };
  const auto check_file = [&](const char* column, const std::string& written) {
    const fs::path path = resolved(folder, written);
    std::error_code error;
    if (!fs::exists(path, error)) {
      problem(error && error != std::errc::no_such_file_or_directory
                  ? fmt::format("{}: {} cannot be reached: {}", column, path.string(), error.message())
                  : fmt::format("{}: there is no file or folder {}", column, path.string()));
    }
  };
  if (key.mask.empty()) {
    problem("mask: is empty; name the outline to measure");
  } else {
    check_file("mask", key.mask);
  }
  if (!key.image.empty()) check_file("image", key.image);
  if (!key.tissue.empty() && !is_tissue_word(key.tissue)) check_file("tissue", key.tissue);
  if (!key.tissue.empty() && key.tissue != "auto" && key.image.empty()) problem("tissue: is of use with an image only");
  if (!key.organ.empty() && key.organ != "lung" && key.organ != "breast" && key.organ != "brain" &&
      key.organ != "other")
    problem(fmt::format("organ: \"{}\" is none of lung, breast, brain, other", key.organ));
  if (!key.modality.empty()) {
    if (auto known = modality_of(key.modality); !known) problem(known.error().message());
  }
  if (!key.label.empty()) {
    const auto label = parse_integer(key.label);
    if (!label || *label < 1 || *label > 65535)
      problem(fmt::format("label: \"{}\" is no whole number from 1 to 65535", key.label));
  }
}

/// Which cell of a line belongs to which column, or every problem of the header.
Result<std::map<std::string, std::size_t>> column_places(const std::vector<std::string>& header) {
  std::map<std::string, std::size_t> places;
  std::vector<std::string> problems;
  for (std::size_t c = 0; c < header.size(); ++c) {
    const std::string name(trimmed(header[c]));
    if (!valid_utf8(name)) {
      problems.push_back(fmt::format("column {} is not UTF-8; save the table as UTF-8", c + 1));
    } else if (name.empty()) {
      problems.push_back(fmt::format("column {} has no name", c + 1));
    } else if (!places.emplace(name, c).second) {
      problems.push_back(fmt::format("column \"{}\" is there twice", name));
    } else if (std::find(kTakenNames.begin(), kTakenNames.end(), name) != kTakenNames.end()) {
      problems.push_back(fmt::format("column \"{}\": the exported table has a column of that name; rename it", name));
    } else if (feature::find_feature(name) != nullptr) {
      problems.push_back(fmt::format("column \"{}\" is the name of a feature; rename it", name));
    }
  }
  for (const char* needed : {"case", "mask"}) {
    if (!places.contains(needed))
      problems.push_back(fmt::format("there is no column \"{}\"; known columns are {}, any others are carried along",
                                     needed, known_columns()));
  }
  if (!problems.empty()) return fail(ErrorCode::kUsage, fmt::format("line 1: {}", fmt::join(problems, "\nline 1: ")));
  return places;
}

}  // namespace

fs::path resolved(const fs::path& folder, const std::string& written) { return (folder / written).lexically_normal(); }

std::vector<std::string> Manifest::problems() const {
  std::vector<std::string> lines;
  for (const ManifestRow& row : rows) {
    for (const std::string& problem : row.problems)
      lines.push_back(fmt::format("line {}: case {}: {}", row.line, row.key.name, problem));
  }
  return lines;
}

Result<Manifest> read_manifest(const fs::path& path) {
  Manifest manifest;
  auto table = read_csv_table(path);
  if (!table) return pass_on(std::move(table), "manifest");
  auto hash = sha256_of_file(path.string());
  if (!hash) return pass_on(std::move(hash), "manifest");
  manifest.sha256 = *hash;
  const std::string where = "manifest " + path.string();
  auto places = column_places(table->columns);
  if (!places) return pass_on(std::move(places), where);
  std::error_code error;
  manifest.folder = fs::absolute(path, error).parent_path().lexically_normal();
  std::vector<std::size_t> clinical;
  for (std::size_t c = 0; c < table->columns.size(); ++c) {
    const std::string name(trimmed(table->columns[c]));
    const bool known =
        std::any_of(kColumns.begin(), kColumns.end(), [&](const KnownColumn& k) { return name == k.name; });
    if (known) continue;
    clinical.push_back(c);
    manifest.clinical_columns.push_back(name);
  }
  if (!places->contains("patient"))
    manifest.notes.emplace_back("there is no column \"patient\": every case counts as a patient of its own");

  std::map<std::string, std::size_t> line_of_case;
  std::vector<std::string> fatal;
  for (const CsvLine& line : table->rows) {
    ManifestRow row;
    row.line = line.line;
    const auto cell = [&](std::size_t c) {
      return c < line.cells.size() ? std::string(trimmed(line.cells[c])) : std::string();
    };
    for (const KnownColumn& column : kColumns) {
      if (const auto place = places->find(column.name); place != places->end())
        row.key.*column.field = cell(place->second);
    }
    for (const std::size_t c : clinical) row.key.clinical.push_back(cell(c));
    for (const std::string& text : line.cells) {
      if (!valid_utf8(text)) {
        fatal.push_back(fmt::format("line {}: is not UTF-8; save the table as UTF-8", line.line));
        break;
      }
    }
    if (line.cells.size() != table->columns.size()) {
      row.problems.push_back(fmt::format("has {} cells, the header {}", line.cells.size(), table->columns.size()));
    }
    if (row.key.patient.empty()) row.key.patient = row.key.name;
    check_row(row, manifest.folder);
    if (row.key.name.empty()) {
      fatal.push_back(fmt::format("line {}: case is empty; every line needs a name of its own", row.line));
    } else {
      const auto [before, added] = line_of_case.emplace(row.key.name, row.line);
      if (!added)
        fatal.push_back(
            fmt::format("line {}: case {} is there already, in line {}", row.line, row.key.name, before->second));
    }
    manifest.rows.push_back(std::move(row));
  }
  if (!fatal.empty()) return fail(ErrorCode::kUsage, fmt::format("{}: {}", where, fmt::join(fatal, "\n")));
  if (manifest.rows.empty()) return fail(ErrorCode::kEmpty, where + " names no case");
  return manifest;
}

Result<feature::CaseRequest> make_request(const CaseKey& key, const fs::path& folder, const nlohmann::json& settings) {
  feature::CaseRequest request;
  request.case_id = key.name;
  request.mask = resolved(folder, key.mask);
  if (!key.image.empty()) request.image = resolved(folder, key.image);
  request.organ = key.organ;
  if (!key.modality.empty()) {
    auto modality = modality_of(key.modality);
    if (!modality) return pass_on(std::move(modality));
    request.modality = *modality;
  }
  // With a number, the name is only carried along.
  const std::string& region = key.label.empty() ? key.roi : key.label;
  if (!region.empty()) request.mask_options.regions = {region};
  if (settings.at("label_encoding") == "bits") request.mask_options.encoding = io::LabelEncoding::kBits;
  request.mask_options.rtstruct.partial_roi = settings.at("partial_roi");
  request.mask_options.rtstruct.max_lost_share = settings.at("max_lost_share");
  request.mask_options.seg.fraction = settings.at("fraction");
  request.tissue_options = request.mask_options;
  request.tissue_options.encoding = io::LabelEncoding::kValue;
  request.tissue_options.regions.clear();
  for (const std::string_view part : split(key.tissue_roi, ",")) {
    request.tissue_options.regions.emplace_back(trimmed(part));
  }
  request.open_options.series_uid = key.series;
  request.open_options.raw_pet = settings.at("raw_pet");
  const std::string tissue = key.tissue.empty() ? settings.at("tissue").get<std::string>() : key.tissue;
  if (request.image) feature::set_tissue(request, tissue);
  if (request.tissue) request.tissue = resolved(folder, tissue);
  request.families = settings.at("families").get<std::vector<std::string>>();
  return request;
}

std::string settings_id(const CaseKey& key, const nlohmann::json& settings) {
  // A tissue file is an input and known by its content.
  const std::string tissue = is_tissue_word(key.tissue) ? key.tissue : "file";
  const nlohmann::json all = {settings,  key.organ, key.modality,   key.roi,
                              key.label, tissue,    key.tissue_roi, key.series};
  return sha256(all.dump());
}

}  // namespace radtype::cohort
