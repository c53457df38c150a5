#include "scan_request.h"

#include <filesystem>

#include <fmt/format.h>

#include "cli.h"

namespace radtype::app {
namespace {

std::string default_case_id(const std::filesystem::path& mask) {
  std::string name = mask.filename().string();
  if (name.empty()) name = mask.parent_path().filename().string();
  for (const char* extension : {".gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".hdr", ".img"}) {
    const std::string_view ending(extension);
    if (name.size() > ending.size() && name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return name;
}

}  // namespace

Result<feature::CaseRequest> scan_request(const nlohmann::json& config) {
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
  if (!config["modality"].is_null()) {
    request.modality = io::modality_from_word(text_of(config, "modality"));
    if (!request.modality) {
      return fail(ErrorCode::kUsage,
                  fmt::format("--modality {} is no modality of an image: CT, MR or PT", text_of(config, "modality")));
    }
  }
  request.organ = text_of(config, "organ");
  request.case_id = config["case"].is_null() ? default_case_id(request.mask) : config["case"].get<std::string>();
  return request;
}

std::vector<ConfigField> scan_fields() {
  std::vector<ConfigField> fields = {
      {"image", FieldType::kPath,
       "NIfTI, NRRD or MetaImage file, or folder or file of a DICOM series; without it, shape only", nullptr},
      {"mask", FieldType::kPath, "outline: label map in the same formats, DICOM RTSTRUCT or SEG", nullptr},
      {"roi", FieldType::kText, "name of the region of interest or segment; without it every one, a row each", nullptr},
      {"label",
       FieldType::kInteger,
       "value in the label map, or segment number; without it every one, a row each",
       nullptr,
       {},
       1,
       65535},
  };
  append(fields, reading_fields());
  append(fields,
         {
             {"tissue", FieldType::kText,
              "organ around the tumour: a mask file, or a word to find it in the image: auto (lung for a CT of organ "
              "lung, "
              "brain for an MR of organ brain, else body), lung, brain, body or none (as body); ./lung is a file",
              nullptr},
             {"tissue_roi", FieldType::kText,
              "regions of the tissue mask, by name or number, separated by commas; all = every one", nullptr},
             {"organ", FieldType::kChoice, "where the tumour lies", nullptr, {"lung", "breast", "brain", "other"}},
             {"series", FieldType::kText, "SeriesInstanceUID, for a folder that holds several series", nullptr},
             {"case", FieldType::kText, "name of the case in the output; without it the mask's file name", nullptr},
         });
  return fields;
}

}  // namespace radtype::app
