// A study on disk: scans streamed by as many threads as there are, tables at the end.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <mutex>
#include <numbers>
#include <optional>

#include <fmt/format.h>

#include "radtype/core/files.h"
#include "radtype/core/parallel.h"
#include "radtype/core/provenance.h"
#include "radtype/core/seed.h"
#include "radtype/core/text.h"
#include "radtype/io/dicom_write.h"
#include "radtype/io/volume_files.h"
#include "radtype/simulate/study.h"
#include "simulate/contact_sheet.h"

namespace radtype::simulate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Job {
  Patient patient;
  const Cohort* cohort = nullptr;
  const Visit* visit = nullptr;

  std::string name() const { return patient.id + "_" + visit->name; }
  std::uint64_t seed(const char* purpose) const {
    return derive_seed(patient.seed, {hash_name(purpose), hash_name(visit->name)});
  }
};

Scanner scanner_of(const Job& job) {
  const Cohort& cohort = *job.cohort;
  const Visit& visit = *job.visit;
  Random random(job.seed("scanner"));
  Scanner s;
  s.seed = job.seed("noise");
  s.modality = visit.modality;
  s.sequence = visit.sequence;
  s.slice_mm = visit.slice_mm > 0 ? visit.slice_mm : cohort.slice_mm[random.below(cohort.slice_mm.size())];
  s.point_spread_mm = cohort.point_spread_mm * (visit.modality == Modality::kMr ? 0.9 : 1);
  // Thin slices are noisier.
  s.noise_hu = 13 * cohort.noise * std::exp(0.15 * random.normal()) * std::sqrt(3 / s.slice_mm);
  s.enhancement_hu = cohort.enhancement_hu;
  s.snr = 28 / cohort.noise * std::exp(0.15 * random.normal());
  s.bias = 0.08 + 0.1 * random.uniform();
  s.scale = std::round(200 * std::exp(2 * random.uniform()));
  s.band_limit = random.uniform() < 0.3 ? 0.8 : 1;
  return s;
}

TumourParameters tumour_of(const Job& job, const Body& body, const Study& study) {
  TumourParameters p =
      traits_to_parameters(job.patient, job.cohort->organ,
                           body.place(derive_seed(job.patient.seed, {hash_name("place")}), job.patient.radius_mm));
  Random random(job.seed("size"));
  // Each scan of a day has its share, so that any two differ by what was asked.
  double log_volume = study.retest_volume_spread / std::numbers::sqrt2 * random.normal();
  if (job.visit->growth != 1) log_volume += std::log(job.visit->growth) + 0.25 * random.normal();
  const double factor = std::exp(log_volume / 3);
  p.radius_mm *= factor;
  p.correlation_mm *= factor;
  for (Satellite& satellite : p.satellites) {
    satellite.offset_mm *= factor;
    satellite.radius_mm *= factor;
  }
  return p;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return {};
  return fail(ErrorCode::kUnreadable, fmt::format("cannot make folder {}: {}", folder.string(), error.message()));
}

/// One scan: images and masks, and what the tables say of it.
Result<json> write_scan(const Job& job, const Study& study, const fs::path& folder, bool dicom) {
  const Body body(job.cohort->organ, derive_seed(job.patient.seed, {hash_name("body")}));
  const Tumour tumour(tumour_of(job, body, study));
  const Scanner scanner = scanner_of(job);
  const Scan scanned = scan(body, tumour, scanner);
  // Files of a run that was interrupted here are replaced.
  const io::WriteOptions replace{.force = true};
  for (const Result<void>& written : {io::write_image_int16(scanned.image, folder / "image.nii.gz", replace),
                                      io::write_mask(scanned.tumour, folder / "tumour.nii.gz", replace),
                                      io::write_mask(scanned.tissue, folder / "tissue.nii.gz", replace)}) {
    if (!written) return tl::unexpected(written.error());
  }
  double reader_dice = 1;
  if (job.visit->readers > 0) {
    std::vector<std::uint64_t> seeds;
    for (int n = 0; n < job.visit->readers; ++n)
      seeds.push_back(derive_seed(job.seed("reader"), {static_cast<std::uint64_t>(n)}));
    // Cases differ as readers do, spread by 0.06 evenly over the study, so that few patients too have the mean asked
    // for.
    const auto number = static_cast<double>(job.patient.index * study.cohorts.size() + job.patient.cohort);
    const double place = std::fmod((number + 0.5) / std::numbers::phi, 1.0);
    const double asked = std::clamp(study.reader_dice + 0.06 * std::sqrt(12.0) * (place - 0.5), 0.3, 0.98);
    const double amplitude = seeds.size() > 1 ? reader_amplitude(tumour, scanned.tumour, seeds, asked) : 0;
    std::vector<Mask> masks;
    for (std::size_t n = 0; n < seeds.size(); ++n) {
      masks.push_back(second_reader(tumour, scanned.tumour, seeds[n], amplitude));
      auto written = io::write_mask(masks.back(), folder / fmt::format("reader{}.nii.gz", n + 1), replace);
      if (!written) return tl::unexpected(written.error());
    }
    double sum = 0, pairs = 0;
    for (std::size_t a = 0; a < masks.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b, ++pairs) sum += dice(masks[a], masks[b]);
    }
    if (pairs > 0) reader_dice = sum / pairs;
  }

  if (dicom) {
    if (auto made = make_folder(folder / "dicom"); !made) return pass_on(std::move(made));
    const io::DicomIdentity identity{.identity = fmt::format("{} {:016x}", job.name(), job.patient.seed),
                                     .patient_id = job.patient.id,
                                     .study = job.visit->name,
                                     .description = "virtual " + organ_name(job.cohort->organ),
                                     .modality = job.visit->modality};
    for (const Result<void>& written :
         {io::write_dicom_series(scanned.image, identity, folder / "dicom", true),
          io::write_rtstruct({{"tumour", &scanned.tumour}}, identity, folder / "tumour_rtstruct.dcm", true)}) {
      if (!written) return tl::unexpected(written.error());
    }
  }

  const TumourParameters& p = tumour.parameters();
  json truth = {{"case", job.name()},
                {"patient", job.patient.id},
                {"subtype", study.subtypes[job.patient.subtype].name},
                {"volume_mm3", tumour.volume_mm3()},
                {"area_mm2", tumour.area_mm2()},
                {"sphericity", tumour.sphericity()},
                {"main_volume_mm3", tumour.main_volume_mm3()},
                {"radius_mm", p.radius_mm},
                {"elongation", p.elongation},
                {"flatness", p.flatness},
                {"roughness", p.roughness},
                {"spectral_slope", p.spectral_slope},
                {"bumps", p.bumps.size()},
                {"bend", p.bend},
                {"satellites", p.satellites.size()},
                {"necrotic_share", p.necrotic_share},
                {"soft_share", p.soft_share},
                {"correlation_mm", p.correlation_mm},
                {"layering", p.layering},
                {"margin_mm", p.margin_mm},
                {"slice_mm", scanner.slice_mm},
                {"pixel_mm", scanned.image.grid.spacing_mm()[0]},
                {"point_spread_mm", scanner.point_spread_mm},
                {"noise", scanned.noise},
                {"sequence", scanner.modality == Modality::kCt ? "CT" : sequence_name(scanner.sequence)},
                {"reader_dice", reader_dice}};
  for (std::size_t n = 0; n < kTraits.size(); ++n) truth[fmt::format("trait_{}", kTraits[n])] = job.patient.traits[n];
  return truth;
}

std::string cell(const json& value) {
  if (value.is_string()) return csv_cell(value.get<std::string>());
  return value.is_number_float() ? shortest(value.get<double>()) : value.dump();
}

std::string truth_table(const std::vector<json>& rows) {
  std::string text;
  if (rows.empty()) return text;
  std::string comma;
  for (const auto& [key, unused] : rows.front().items()) {
    text += comma + key;
    comma = ",";
  }
  text += "\n";
  for (const json& row : rows) {
    comma.clear();
    for (const auto& [unused, value] : row.items()) {
      text += comma + cell(value);
      comma = ",";
    }
    text += "\n";
  }
  return text;
}

std::string manifest(const std::vector<Job>& jobs) {
  std::string text = "case,patient,cohort,organ,modality,timepoint,image,mask,roi,label,tissue\n";
  for (const Job& job : jobs) {
    for (int reader = 0; reader <= job.visit->readers; ++reader) {
      const std::string outline = reader == 0 ? "tumour" : fmt::format("reader{}", reader);
      text += fmt::format(
          "{0}{1},{2},{3},{4},{5},{6},scans/{0}/image.nii.gz,scans/{0}/{7}.nii.gz,tumour,1,scans/{0}/tissue.nii.gz\n",
          job.name(), reader == 0 ? "" : "_" + outline, job.patient.id, job.cohort->name, organ_name(job.cohort->organ),
          job.visit->modality == Modality::kCt ? "CT" : "MR",
          job.visit->day == 0 ? job.visit->name : fmt::format("day{:.0f}", job.visit->day), outline);
    }
  }
  return text;
}

std::string clinical(const Study& study, const std::vector<Patient>& patients) {
  std::string text = "patient,cohort,region,role,age,sex,stage,treatment,time_days,event,receptor,til_share";
  for (const char* mutation : kMutations) text += fmt::format(",{}", mutation);
  text += "\n";
  for (const Patient& p : patients) {
    Random random(derive_seed(p.seed, {hash_name("missing")}));
    const auto or_missing = [&](const std::string& value) {
      return random.uniform() < study.missing_share ? std::string() : value;
    };
    const Cohort& c = study.cohorts[p.cohort];
    text += fmt::format("{},{},{},{}", p.id, c.name, csv_cell(c.region), csv_cell(c.role));
    text += "," + or_missing(fmt::format("{:.0f}", p.age)) + (p.female ? ",F" : ",M");
    text += "," + or_missing(fmt::format("{}", p.stage)) + (p.immunotherapy ? ",immunotherapy" : ",conventional");
    text += fmt::format(",{:.1f},{}", p.time_days, p.event ? 1 : 0);
    text += "," + or_missing(p.receptor ? "positive" : "negative");
    text += "," + or_missing(fmt::format("{:.4f}", p.til_share));
    for (const bool mutated : p.mutations) text += "," + or_missing(mutated ? "1" : "0");
    text += "\n";
  }
  return text;
}

std::string gene_sets() {
  const auto genes = gene_names();
  std::string text;
  for (std::size_t set = 0; set < kGeneSets.size(); ++set) {
    text += fmt::format("{}\tplanted by radtype simulate", kGeneSets[set]);
    for (std::size_t n = 0; n < kGenesPerSet; ++n) text += "\t" + genes[set * kGenesPerSet + n];
    text += "\n";
  }
  return text;
}

/// One patient a line: the whole table never lies in memory.
Result<void> write_expression(const Study& study, double separation, std::uint64_t seed,
                              const std::vector<Patient>& patients, const fs::path& path) {
  return write_then_rename(path, true, [&](const fs::path& temporary) -> Result<void> {
    std::ofstream out(temporary, std::ios::binary);
    out << "patient";
    for (const std::string& gene : gene_names()) out << ',' << gene;
    out << '\n';
    for (const Patient& known : patients) {
      const Patient p = make_patient(study, separation, seed, known.cohort, known.index, true);
      out << p.id;
      for (const float value : p.expression) out << fmt::format(",{:.3f}", value);
      out << '\n';
    }
    out.close();
    if (!out) return fail(ErrorCode::kUnreadable, fmt::format("cannot write {}: is the disk full?", path.string()));
    return {};
  });
}

/// Patients of every cohort in proportion, at least one of each.
std::vector<Patient> draw_patients(const Study& study, double separation, const WriteStudyOptions& options) {
  int all = 0;
  for (const Cohort& cohort : study.cohorts) all += cohort.patients;
  std::vector<Patient> patients;
  for (std::size_t c = 0; c < study.cohorts.size(); ++c) {
    int count = study.cohorts[c].patients;
    if (options.cases > 0 && options.cases < all)
      count = std::max(1, static_cast<int>(std::lround(static_cast<double>(count) * options.cases / all)));
    for (int n = 0; n < count; ++n)
      patients.push_back(make_patient(study, separation, options.seed, c, static_cast<std::size_t>(n)));
  }
  return patients;
}

/// What a finished scan left, if this very study and version made it.
std::optional<json> finished(const fs::path& file, const std::string& made_by) {
  std::ifstream in(file);
  if (!in) return std::nullopt;
  json found = json::parse(in, nullptr, false);
  if (!found.is_object() || !found.contains("truth") || found["made_by"] != made_by) return std::nullopt;
  return found["truth"];
}

}  // namespace

Result<StudySummary> write_study(const Study& study, const WriteStudyOptions& options) {
  if (auto made = make_folder(options.folder / "scans"); !made) return pass_on(std::move(made));
  const json config = {
      {"study", to_json(study)}, {"seed", options.seed}, {"cases", options.cases}, {"dicom", options.dicom}};
  json header = make_provenance("simulate", config, json::array());
  header["virtual"] = "Simulated. No patient is behind any of this.";
  const std::string header_text = header.dump(2) + "\n";
  const fs::path study_file = options.folder / "study.json";
  {
    std::ifstream in(study_file);
    const json before = in ? json::parse(in, nullptr, false) : json();
    if (in && (!before.is_object() || before.value("config", json()) != config) && !options.force) {
      return fail(ErrorCode::kExists,
                  fmt::format("{} describes another study; choose another folder, or --force to replace it",
                              study_file.string()));
    }
  }
  if (auto written = write_text_file(study_file, header_text, true); !written) return pass_on(std::move(written));
  const std::string made_by = fmt::format("{:016x}", hash_name(config.dump() + version() + git_revision()));

  const Separation separation = calibrate(study);
  const std::vector<Patient> patients = draw_patients(study, separation.factor, options);
  std::vector<Job> jobs;
  for (const Patient& patient : patients) {
    const Cohort& cohort = study.cohorts[patient.cohort];
    for (const Visit& visit : cohort.visits) jobs.push_back({patient, &cohort, &visit});
  }

  StudySummary summary;
  summary.patients = patients.size();
  summary.scans = jobs.size();
  std::vector<json> truth(jobs.size());
  std::vector<std::optional<Error>> errors(jobs.size());
  std::atomic<std::size_t> done = 0, resumed = 0;
  std::mutex reporting;
  parallel_for(0, static_cast<std::int64_t>(jobs.size()), [&](std::int64_t n) {
    const auto at = static_cast<std::size_t>(n);
    const fs::path folder = options.folder / "scans" / jobs[at].name();
    if (auto before = finished(folder / "scan.json", made_by)) {
      truth[at] = std::move(*before);
      ++resumed;
    } else {
      const auto run = [&]() -> Result<void> {
        if (auto made = make_folder(folder); !made) return made;
        auto row = write_scan(jobs[at], study, folder, options.dicom);
        if (!row) return pass_on(std::move(row));
        truth[at] = std::move(*row);
        // Last: a folder with this file is whole.
        return write_text_file(folder / "scan.json", json{{"made_by", made_by}, {"truth", truth[at]}}.dump(2) + "\n",
                               true);
      };
      if (auto result = run(); !result) errors[at] = result.error();
    }
    const std::size_t count = ++done;
    if (options.progress) {
      const std::lock_guard lock(reporting);
      options.progress(count, jobs.size());
    }
  });
  for (const auto& error : errors) {
    if (error) return tl::unexpected(*error);
  }
  summary.resumed = resumed;

  json planted = header;
  planted["separation"] = separation.factor;
  planted["oracle_ari"] = separation.oracle_ari;
  std::vector<fs::path> images;
  for (const Job& job : jobs) images.push_back(options.folder / "scans" / job.name());
  for (const Result<void>& written :
       {write_text_file(options.folder / "manifest.csv", manifest(jobs), true),
        write_text_file(options.folder / "clinical.csv", clinical(study, patients), true),
        write_text_file(options.folder / "gene_sets.gmt", gene_sets(), true),
        write_text_file(options.folder / "truth.csv", truth_table(truth), true),
        write_text_file(options.folder / "truth.json", planted.dump(2) + "\n", true),
        write_expression(study, separation.factor, options.seed, patients, options.folder / "expression.csv"),
        write_contact_sheet(images, truth, options.seed, options.folder / "contact_sheet.png")}) {
    if (!written) return tl::unexpected(written.error());
  }
  return summary;
}

}  // namespace radtype::simulate
