// Virtual studies through the program: the same bytes whatever happens on the way.
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include <nlohmann/json.hpp>

#include "radtype/core/csv.h"
#include "radtype/simulate/study.h"
#include "support/run_command.h"

namespace radtype {
namespace {

namespace fs = std::filesystem;

/// Three organs, both modalities, readers and a later scan, on thick slices.
nlohmann::json small_study() {
  simulate::Study study = simulate::preset("pairs");
  for (simulate::Cohort& cohort : study.cohorts) {
    cohort.patients = 1;
    cohort.radius_mm = 7;
    simulate::Visit read = cohort.visits[4];
    read.readers = 2;
    read.slice_mm = 6;
    simulate::Visit later = cohort.visits.back();
    later.slice_mm = 6;
    later.modality = io::Modality::kMr;
    cohort.visits = {read, later};
  }
  study.cohorts[2].visits.resize(1);
  study.cohorts[2].visits[0].modality = io::Modality::kCt;
  return simulate::to_json(study);
}

fs::path written(const test::TempDir& folder) {
  std::ofstream(folder / "mine.json") << small_study();
  return folder / "mine.json";
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = test::text_of_file(entry.path());
  }
  return files;
}

std::vector<std::string> command(const fs::path& study, const fs::path& out, const std::string& threads) {
  return {"--threads", threads, "simulate", "--study", study.string(), "--out", out.string(), "--seed", "9"};
}

TEST(Simulate, SameBytesForOneAndTwoThreadsAndAfterBeingKilled) {
  const test::TempDir folder;
  const fs::path study = written(folder);
  ASSERT_EQ(test::radtype(command(study, folder / "one", "1")).exit, 0);
  ASSERT_EQ(test::radtype(command(study, folder / "two", "2")).exit, 0);
  const auto one = contents(folder / "one");
  EXPECT_EQ(one.size(), 8 + 5 * 4 + 3 * 2);
  EXPECT_EQ(one, contents(folder / "two"));

  // Killed as soon as the first scan is whole.
  const fs::path killed = folder / "killed";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::vector<std::string> words = command(study, killed, "1");
    words.insert(words.begin(), RADTYPE_BINARY);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (freopen("/dev/null", "w", stderr) == nullptr) _exit(126);
    execv(RADTYPE_BINARY, arguments.data());
    _exit(127);
  }
  const auto whole = [&] {
    std::error_code error;
    for (fs::recursive_directory_iterator at(killed, error), end; !error && at != end; at.increment(error)) {
      if (at->path().filename() == "scan.json") return true;
    }
    return false;
  };
  for (int n = 0; n < 60000 && !whole() && waitpid(child, nullptr, WNOHANG) == 0; ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(fs::exists(killed / "manifest.csv"));
  const test::Outcome resumed = test::radtype(command(study, killed, "2"));
  ASSERT_EQ(resumed.exit, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("were there already"), std::string::npos) << resumed.err;
  // What the kill left half written is gone or replaced.
  auto after = contents(killed);
  std::erase_if(after, [&](const auto& file) { return !one.contains(file.first); });
  EXPECT_EQ(after, one);
}

TEST(Simulate, TablesNameEveryScanAndOutline) {
  const test::TempDir folder;
  ASSERT_EQ(test::radtype(command(written(folder), folder / "out", "2")).exit, 0);
  const auto manifest = read_csv(folder / "out" / "manifest.csv");
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(manifest->size(), 5 + 3 * 2);
  for (const CsvRow& row : *manifest) {
    for (const char* file : {"image", "mask", "tissue"})
      EXPECT_TRUE(fs::exists(folder / "out" / row.at(file))) << row.at(file);
  }
  const auto truth = read_csv(folder / "out" / "truth.csv");
  ASSERT_TRUE(truth.has_value());
  EXPECT_EQ(truth->size(), 5U);
  for (const CsvRow& row : *truth) {
    const double dice = std::stod(row.at("reader_dice"));
    if (dice < 1) {
      EXPECT_NEAR(dice, 0.757, 0.2) << row.at("case");
    }
  }
  const auto clinical = read_csv(folder / "out" / "clinical.csv");
  ASSERT_TRUE(clinical.has_value());
  EXPECT_EQ(clinical->size(), 3U);
  const auto expression = read_csv(folder / "out" / "expression.csv");
  ASSERT_TRUE(expression.has_value());
  EXPECT_EQ(expression->front().size(), 1 + simulate::gene_names().size());
  // The program's own reader takes what was written.
  const CsvRow& first = manifest->front();
  const test::Outcome extracted =
      test::radtype({"extract", "--image", (folder / "out" / first.at("image")).string(), "--modality",
                     first.at("modality"), "--mask", (folder / "out" / first.at("mask")).string(), "--out",
                     (folder / "features.json").string(), "--families", "shape"});
  EXPECT_EQ(extracted.exit, 0) << extracted.err;
}

TEST(Simulate, DicomHoldsTheSameScanAndOutline) {
  const test::TempDir folder;
  nlohmann::json study = small_study();
  study["cohorts"].erase(0);
  std::ofstream(folder / "mine.json") << study;
  auto words = command(folder / "mine.json", folder / "out", "2");
  words.push_back("--dicom");
  const test::Outcome made = test::radtype(words);
  ASSERT_EQ(made.exit, 0) << made.err;
  const auto manifest = read_csv(folder / "out" / "manifest.csv");
  ASSERT_TRUE(manifest.has_value());
  int compared = 0;
  for (const CsvRow& row : *manifest) {
    if (row.at("mask").find("tumour") == std::string::npos) continue;
    const fs::path scan = (folder / "out" / row.at("image")).parent_path();
    const auto features = [&](const fs::path& image, const fs::path& mask, const char* name) {
      const test::Outcome outcome =
          test::radtype({"extract", "--image", image.string(), "--mask", mask.string(), "--modality",
                         row.at("modality"), "--families", "shape", "--out", (folder / name).string(), "--force"});
      EXPECT_EQ(outcome.exit, 0) << outcome.err;
      return nlohmann::json::parse(test::text_of_file(folder / name))["cases"][0]["features"];
    };
    const auto nifti = features(scan / "image.nii.gz", scan / "tumour.nii.gz", "a.json");
    const auto dicom = features(scan / "dicom", scan / "tumour_rtstruct.dcm", "b.json");
    ASSERT_TRUE(nifti.is_object());
    // NIfTI holds spacings as 32-bit numbers. A voxel more or less would show in the third digit.
    for (const auto& [name, value] : nifti.items()) {
      ASSERT_EQ(value.is_number(), dicom[name].is_number()) << name;
      if (value.is_number()) {
        EXPECT_NEAR(value.get<double>(), dicom[name].get<double>(), 1e-6 * std::abs(value.get<double>())) << name;
      }
    }
    ++compared;
  }
  EXPECT_EQ(compared, 3);
}

TEST(Simulate, AnotherStudyIsNotWrittenOverAndMistakesAreNamed) {
  const test::TempDir folder;
  const fs::path study = written(folder);
  fs::create_directory(folder / "out");
  std::ofstream(folder / "out" / "study.json") << R"({"config": {"study": "another"}})";
  const test::Outcome refused = test::radtype(command(study, folder / "out", "1"));
  EXPECT_EQ(refused.exit, 5);
  EXPECT_NE(refused.err.find("another study"), std::string::npos) << refused.err;

  const auto complaint = [&](const nlohmann::json& file) {
    std::ofstream(folder / "wrong.json") << file;
    const test::Outcome outcome = test::radtype(command(folder / "wrong.json", folder / "none", "1"));
    EXPECT_EQ(outcome.exit, 2) << outcome.err;
    return outcome.err;
  };
  nlohmann::json wrong = small_study();
  wrong["cohorts"][0]["organ"] = "spleen";
  EXPECT_NE(complaint(wrong).find("study.cohorts[0] \"organ\" must be one of lung, breast, brain"), std::string::npos);
  wrong = small_study();
  wrong["cohorts"][1]["pateints"] = 4;
  EXPECT_NE(complaint(wrong).find("study.cohorts[1] has no key \"pateints\""), std::string::npos);
  wrong = small_study();
  wrong["subtypes"][0]["traits"]["margin"] = "wide";
  EXPECT_NE(complaint(wrong).find("study.subtypes[0].traits \"margin\" must be a number"), std::string::npos);
  wrong = small_study();
  wrong["cohorts"][1]["name"] = "../up";
  EXPECT_NE(complaint(wrong).find("folder's name"), std::string::npos);
}

}  // namespace
}  // namespace radtype
