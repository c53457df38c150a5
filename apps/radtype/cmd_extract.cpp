// radtype extract: one scan and its outline to a row of features for each outlined region.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/feature/case_run.h"
#include "radtype/shape/mesh_files.h"
#include "scan_request.h"

namespace radtype::app {
namespace {

const ConfigSpec& extract_spec() {
  static const ConfigSpec description = [] {
    ConfigSpec extract{"extract", "Measures an outlined tumour: one row of features for each region of the mask",
                       scan_fields()};
    append(extract.fields, {
                               {"modality",
                                FieldType::kChoice,
                                "what the image is, where the file does not say",
                                nullptr,
                                {"CT", "MR", "PT"}},
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

Result<feature::CaseRequest> make_request(const nlohmann::json& config) {
  auto request = scan_request(config);
  if (!request) return pass_on(std::move(request));
  auto families = chosen_families(config);
  if (!families) return pass_on(std::move(families));
  request->families = std::move(*families);
  for (const char* output : {"figure", "surface", "coefficients", "maps"})
    request->keep_data |= !config[output].is_null();
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
  const std::string document =
      feature::output_json(run.rows, provenance).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (config["out"].is_null()) {
    fmt::print("{}", document);
  } else if (auto written = write_text_file(text_of(config, "out"), document, force); !written) {
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

Result<int> run_extract(const nlohmann::json& config) {
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

Command extract_command() { return {extract_spec, {}, run_extract}; }

}  // namespace radtype::app
