// radtype extract: one scan and its outline to a row of features for each outlined region.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/feature/case_run.h"
#include "radtype/shape/mesh_files.h"

namespace radtype::app {
namespace {

const ConfigSpec& spec() {
  static const ConfigSpec description = [] {
    ConfigSpec extract{
        "extract",
        "Measures an outlined tumour: one row of features for each region of the mask",
        {
            {"image", FieldType::kPath,
             "NIfTI, NRRD or MetaImage file, or folder or file of a DICOM series; without it, shape only", nullptr},
            {"mask", FieldType::kPath, "outline: label map in the same formats, DICOM RTSTRUCT or SEG", nullptr},
            {"roi", FieldType::kText, "name of the region of interest or segment; without it every one, a row each",
             nullptr},
            {"label",
             FieldType::kInteger,
             "value in the label map, or segment number; without it every one, a row each",
             nullptr,
             {},
             1,
             65535},
        }};
    append(extract.fields, reading_fields());
    append(extract.fields,
           {
               {"tissue", FieldType::kText,
                "organ around the tumour: a mask file, or a word to find it in the image: auto (lung for a CT of organ "
                "lung, "
                "brain for an MR of organ brain, else body), lung, brain, body or none (as body); ./lung is a file",
                nullptr},
               {"tissue_roi", FieldType::kText,
                "regions of the tissue mask, by name or number, separated by commas; all = every one", nullptr},
               {"modality",
                FieldType::kChoice,
                "what the image is, where the file does not say",
                nullptr,
                {"CT", "MR", "PT"}},
               {"organ", FieldType::kChoice, "where the tumour lies", nullptr, {"lung", "breast", "brain", "other"}},
               {"series", FieldType::kText, "SeriesInstanceUID, for a folder that holds several series", nullptr},
               {"case", FieldType::kText, "name of the case in the output; without it the mask's file name", nullptr},
               {"out", FieldType::kPath, "JSON output; without it, stdout", nullptr},
               {"csv", FieldType::kPath, "the same as a table, one line a region", nullptr},
           });
    append(extract.fields, feature_fields());
    append(
        extract.fields,
        {
            {"surface", FieldType::kPath, "smooth surface (.vtp, .obj or .stl) of the first region that has one",
             nullptr},
            {"coefficients", FieldType::kPath, "its spherical-harmonic coefficients (.json)", nullptr},
            {"maps", FieldType::kPath,
             "folder that gets a folder <case>_<roi or label> of each region: regions.nii.gz, rank.nii.gz, "
             "habitats.nii.gz and margin.vtp, what the heterogeneity features were computed from",
             nullptr},
            {"figure", FieldType::kPath, "picture (.png or .svg) of the first region that could be measured", nullptr},
            {"force", FieldType::kSwitch, "overwrite outputs that exist", false},
        });
    return extract;
  }();
  return description;
}

std::string default_case_id(const std::filesystem::path& mask) {
  std::string name = mask.filename().string();
  if (name.empty()) name = mask.parent_path().filename().string();
  for (const char* extension : {".gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".hdr", ".img"}) {
    const std::string_view ending(extension);
    if (name.size() > ending.size() && name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return name;
}

Result<feature::CaseRequest> make_request(const nlohmann::json& config) {
  feature::CaseRequest request;
  if (config["mask"].is_null()) return fail(ErrorCode::kUsage, "--mask is missing: name the outline to measure");
  request.mask = config["mask"].get<std::string>();
  if (!config["image"].is_null()) request.image = config["image"].get<std::string>();
  const std::string tissue = text_of(config, "tissue");
  feature::set_tissue(request, tissue);
  // "auto" may one day be the default, and a mask alone is measured with it, too.
  if (!tissue.empty() && tissue != "auto" && !request.image)
    return fail(ErrorCode::kUsage, "--tissue is of use with --image only");
  if (!config["roi"].is_null() && !config["label"].is_null()) {
    return fail(ErrorCode::kUsage, "--roi and --label both choose a region: give one of them");
  }
  if (!config["roi"].is_null()) request.mask_options.regions = {config["roi"].get<std::string>()};
  if (!config["label"].is_null()) request.mask_options.regions = {std::to_string(config["label"].get<int>())};
  if (text_of(config, "label_encoding") == "bits") request.mask_options.encoding = io::LabelEncoding::kBits;
  request.mask_options.rtstruct.partial_roi = config["partial_roi"];
  request.mask_options.rtstruct.max_lost_share = config["max_lost_share"];
  request.mask_options.seg.fraction = config["fraction"];
  request.tissue_options = request.mask_options;
  request.tissue_options.encoding = io::LabelEncoding::kValue;
  request.tissue_options.regions = comma_words(text_of(config, "tissue_roi"));
  request.open_options.series_uid = text_of(config, "series");
  request.open_options.raw_pet = config["raw_pet"];
  if (!config["modality"].is_null()) request.modality = io::modality_from_word(config["modality"].get<std::string>());
  request.organ = text_of(config, "organ");
  request.case_id = config["case"].is_null() ? default_case_id(request.mask) : config["case"].get<std::string>();
  auto families = chosen_families(config);
  if (!families) return pass_on(std::move(families));
  request.families = std::move(*families);
  for (const char* output : {"figure", "surface", "coefficients", "maps"})
    request.keep_data |= !config[output].is_null();
  return request;
}

/// A region that has no maps is an error only where none has: its row has a note.
Result<void> write_all_maps(const std::filesystem::path& folder, const feature::CaseRun& run, bool force) {
  const std::vector<std::string> names = feature::map_folder_names(run.rows);
  const bool any = std::any_of(run.rows.begin(), run.rows.end(),
                               [](const feature::CaseRow& row) { return !feature::no_maps_reason(row); });
  for (std::size_t n = 0; n < run.rows.size(); ++n) {
    if (any && feature::no_maps_reason(run.rows[n])) continue;
    if (auto written = feature::write_maps(run.rows[n], folder / names[n], force); !written) return written;
  }
  return {};
}

Result<void> write_outputs(const nlohmann::json& config, const feature::CaseRun& run) {
  const bool force = config["force"];
  const nlohmann::json provenance = make_provenance("extract", config, run.inputs);
  // Names from files may not be UTF-8; a replaced letter is better than no output.
  const std::string json =
      feature::output_json(run.rows, provenance).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (config["out"].is_null()) {
    fmt::print("{}", json);
  } else if (auto written = write_text_file(text_of(config, "out"), json, force); !written) {
    return written;
  }
  if (!config["csv"].is_null()) {
    if (auto written = write_text_file(text_of(config, "csv"), feature::output_csv(run.rows), force); !written)
      return written;
  }
  const auto first = [&](const auto& fits) {
    const auto found = std::find_if(run.rows.begin(), run.rows.end(), fits);
    return found == run.rows.end() ? nullptr : &*found;
  };
  const auto* with_surface = first([](const feature::CaseRow& row) { return row.extraction.spectrum.has_value(); });
  if (with_surface == nullptr) with_surface = &run.rows.front();  // whose reason is then the error
  // What can be written is; the first failure is told afterwards.
  Result<void> outcome;
  const auto keep_first = [&](Result<void> written) {
    if (outcome && !written) outcome = std::move(written);
  };
  if (!config["surface"].is_null())
    keep_first(feature::write_surface(*with_surface, text_of(config, "surface"), force));
  if (!config["coefficients"].is_null()) {
    if (auto coefficients = feature::coefficients_json(*with_surface)) {
      (*coefficients)["provenance"] = provenance;
      const std::string text = coefficients->dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
      keep_first(write_text_file(text_of(config, "coefficients"), text, force));
    } else {
      keep_first(pass_on(std::move(coefficients)));
    }
  }
  if (!config["maps"].is_null()) keep_first(write_all_maps(text_of(config, "maps"), run, force));
  const auto* measured =
      first([](const feature::CaseRow& row) { return row.extraction.status != feature::Status::kFailed; });
  if (!config["figure"].is_null() && measured != nullptr)
    keep_first(feature::draw_case(*measured, text_of(config, "figure"), force));
  return outcome;
}

Result<int> run(const nlohmann::json& config) {
  auto request = make_request(config);
  if (!request) return pass_on(std::move(request));
  // Refused before the work, not after it.
  if (!config["surface"].is_null()) {
    if (auto known = shape::check_mesh_path(text_of(config, "surface")); !known) return pass_on(std::move(known));
  }
  for (const char* output : {"out", "csv", "surface", "coefficients", "figure"}) {
    if (config[output].is_null()) continue;
    if (auto allowed = check_output(text_of(config, output), config["force"]); !allowed) {
      return tl::unexpected(output_error(allowed.error()));
    }
  }
  if (std::error_code ignored; !config["maps"].is_null() && std::filesystem::exists(text_of(config, "maps"), ignored) &&
                               !std::filesystem::is_directory(text_of(config, "maps"), ignored)) {
    return tl::unexpected(output_error({ErrorCode::kExists, text_of(config, "maps") + " is a file; name a folder"}));
  }
  feature::CaseRun done = feature::run_case(*request);
  if (!config["maps"].is_null()) {
    for (feature::CaseRow& row : done.rows) {
      if (const auto reason = feature::no_maps_reason(row)) row.notes.push_back("no maps: " + *reason);
    }
  }
  if (auto written = write_outputs(config, done); !written) return tl::unexpected(output_error(written.error()));
  if (!quiet) fmt::print(stderr, "{}", feature::output_summary(done.rows));

  int ok = 0;
  int failed = 0;
  for (const feature::CaseRow& row : done.rows) {
    ok += row.extraction.status == feature::Status::kOk;
    failed += row.extraction.status == feature::Status::kFailed;
  }
  const int rows = static_cast<int>(done.rows.size());
  if (failed == rows && done.error) {
    report(*done.error);
    return exit_code_of(*done.error);
  }
  return ok == rows ? kExitOk : kExitSomeFailed;
}

}  // namespace

Command extract_command() { return {spec, {}, run}; }

}  // namespace radtype::app
