// radtype simulate: virtual patients with known truth.
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/io/volume_files.h"
#include "radtype/simulate/phantom.h"

namespace radtype::app {
namespace {

namespace fs = std::filesystem;

const ConfigSpec& spec() {
  static const ConfigSpec description{
      "simulate",
      "Writes virtual patients with known truth",
      {{"preset",
        FieldType::kChoice,
        "phantom: one lung tumour in a chest, as CT and as an MR-like contrast",
        "phantom",
        {"phantom"}},
       {"out", FieldType::kPath, "folder to write into; made where it is missing", nullptr},
       {"seed", FieldType::kInteger, "the same seed gives the same bytes", 1, {}, 0, 9007199254740992.0},
       {"force", FieldType::kSwitch, "overwrite files that exist", false}}};
  return description;
}

Result<int> run(const nlohmann::json& config) {
  if (config["out"].is_null()) return fail(ErrorCode::kUsage, "--out is missing: name a folder");
  const fs::path out = text_of(config, "out");
  std::error_code error;
  fs::create_directories(out, error);
  if (error)
    return tl::unexpected(
        output_error(Error(ErrorCode::kUnreadable, "cannot make folder " + out.string() + ": " + error.message())));

  simulate::PhantomOptions options;
  options.seed = config["seed"].get<std::uint64_t>();
  const simulate::Phantom phantom = simulate::make_phantom(options);
  const io::WriteOptions write{config["force"].get<bool>()};
  std::string truth = "feature,truth\n";
  for (const auto& [name, value] : phantom.truth) truth += name + "," + shortest(value) + "\n";
  const nlohmann::json provenance = make_provenance("simulate", config, nlohmann::json::array());

  for (const Result<void>& written :
       {io::write_image_int16(phantom.ct, out / "ct.nii.gz", write),
        io::write_image_int16(phantom.mr, out / "mr.nii.gz", write),
        io::write_mask(phantom.tumour, out / "tumour.nii.gz", write),
        io::write_mask(phantom.lung, out / "lung.nii.gz", write),
        write_text_file(out / "truth.csv", truth, write.force),
        write_text_file(out / "provenance.json", provenance.dump(2) + "\n", write.force)}) {
    if (!written) return tl::unexpected(output_error(written.error()));
  }
  if (!quiet)
    fmt::print(stderr, "wrote ct.nii.gz, mr.nii.gz, tumour.nii.gz, lung.nii.gz, truth.csv to {}\n", out.string());
  return kExitOk;
}

}  // namespace

Command simulate_command() { return {spec, {}, run}; }

}  // namespace radtype::app
