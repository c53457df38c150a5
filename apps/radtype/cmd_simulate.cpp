// radtype simulate: virtual patients with known truth.
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include <fmt/format.h>

#include "cli.h"
#include "radtype/core/files.h"
#include "radtype/core/provenance.h"
#include "radtype/core/text.h"
#include "radtype/io/volume_files.h"
#include "radtype/simulate/phantom.h"
#include "radtype/simulate/study.h"

namespace radtype::app {
namespace {

namespace fs = std::filesystem;

const ConfigSpec& simulate_spec() {
  static const ConfigSpec description{
      "simulate",
      "Writes virtual patients with known truth",
      {{"preset",
        FieldType::kChoice,
        "phantom: one lung tumour in a chest, as CT and as an MR-like contrast; demo: 60 patients of three organs; "
        "paper: "
        "1,682 patients in eight cohorts; pairs: the same tumours in CT and MR, at several slice thicknesses, scanned "
        "twice, outlined by several readers; null: nothing planted",
        "phantom",
        {"phantom", "demo", "paper", "pairs", "null"}},
       {"study", FieldType::kPath, "a study of your own: the \"study\" of a preset's study.json, changed", nullptr},
       {"out", FieldType::kPath, "folder to write into; made where it is missing", nullptr},
       {"cases", FieldType::kInteger, "patients at most, of every cohort in proportion; 0: all", 0, {}, 0, 1000000},
       {"seed", FieldType::kInteger, "the same seed gives the same bytes", 1, {}, 0, 9007199254740992.0},
       {"dicom", FieldType::kSwitch, "also each scan as a DICOM series with an RTSTRUCT; not for the phantom", false},
       {"force", FieldType::kSwitch, "overwrite files that exist", false}}};
  return description;
}

Result<int> write_phantom(const nlohmann::json& config, const fs::path& out) {
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

/// Lines on a terminal replace each other; elsewhere one for every tenth.
void show_scans(std::size_t done, std::size_t all) {
  static const auto start = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double rate = static_cast<double>(done) / std::max(seconds, 1e-3);
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (!terminal && done != all && done * 10 / all == (done - 1) * 10 / all) return;
  fmt::print(stderr, "{}{} of {} scans, {:.1f} a second, {:.0f} s to go{}", terminal ? "\r" : "", done, all, rate,
             static_cast<double>(all - done) / rate, terminal && done != all ? "   " : "\n");
}

Result<int> run_simulate(const nlohmann::json& config) {
  if (config["out"].is_null()) return fail(ErrorCode::kUsage, "--out is missing: name a folder");
  const fs::path out = text_of(config, "out");
  const std::string preset = text_of(config, "preset");
  const std::string file = text_of(config, "study");
  if (file.empty() && preset == "phantom") return write_phantom(config, out);

  simulate::Study study;
  if (file.empty()) {
    study = simulate::preset(preset);
  } else {
    auto document = read_json_file(file);
    if (!document) return pass_on(std::move(document));
    // A whole study.json will do.
    const nlohmann::json::json_pointer whole("/config/study");
    if (document->contains(whole)) document = nlohmann::json(document->at(whole));
    auto read = simulate::study_from_json(*document);
    if (!read) return pass_on(std::move(read));
    study = std::move(*read);
  }
  simulate::WriteStudyOptions options;
  options.folder = out;
  options.seed = config["seed"].get<std::uint64_t>();
  options.cases = config["cases"].get<int>();
  options.dicom = config["dicom"].get<bool>();
  options.force = config["force"].get<bool>();
  if (!quiet) options.progress = show_scans;
  const auto summary = simulate::write_study(study, options);
  if (!summary) return tl::unexpected(output_error(summary.error()));
  if (!quiet) {
    fmt::print(stderr, "wrote {} scans of {} virtual patients to {}", summary->scans, summary->patients, out.string());
    if (summary->resumed > 0) fmt::print(stderr, " ({} were there already)", summary->resumed);
    fmt::print(stderr, "\n");
  }
  return kExitOk;
}

}  // namespace

Command simulate_command() { return {simulate_spec, {}, run_simulate}; }

}  // namespace radtype::app
