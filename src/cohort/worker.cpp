#include <fstream>
#include <limits>

#include <malloc.h>

#include <fmt/format.h>

#include "cohort/message.h"
#include "radtype/cohort/run.h"
#include "radtype/core/text.h"
#include "radtype/feature/catalogue.h"

namespace radtype::cohort {
using nlohmann::json;
namespace {

/// Highest resident memory of this process since forget_peak(), where Linux says it.
std::int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("VmHWM:")) continue;
    const auto words = split(line, " \t");
    return words.size() > 1 ? parse_integer(words[1]).value_or(0) * 1024 : 0;
  }
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

Lesion lesion_of(const feature::CaseRow& row, int number) {
  Lesion lesion;
  lesion.number = number;
  lesion.label = row.label;
  lesion.roi = row.roi;
  lesion.status = feature::status_word(row.extraction.status);
  lesion.reason = row.extraction.reason;
  lesion.quality = row.quality;
  lesion.notes = row.notes;
  if (row.extraction.status == feature::Status::kFailed) return lesion;
  for (const feature::Entry& entry : feature::catalogue()) {
    const auto& number_of = row.extraction.row.values().at(entry.name).number;
    lesion.features.push_back(number_of.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  lesion.missing = feature::missing_reasons(row.extraction);
  for (const feature::FamilyReport& report : row.extraction.families)
    lesion.families[report.family] = {{"outcome", report.outcome}, {"reason", report.reason}};
  return lesion;
}

void settle(CaseRecord& record, const std::optional<Error>& error) {
  std::size_t ok = 0;
  std::size_t failed = 0;
  for (const Lesion& lesion : record.lesions) {
    ok += lesion.status == "ok";
    failed += lesion.status == "failed";
    if (record.reason.empty() && !lesion.reason.empty()) {
      record.reason =
          record.lesions.size() == 1 ? lesion.reason : fmt::format("lesion {}: {}", lesion.number, lesion.reason);
    }
  }
  record.status = failed == record.lesions.size() ? "failed" : ok == record.lesions.size() ? "ok" : "partial";
  if (record.status == "failed" && record.lesions.empty() && error) record.reason = error->to_string();
}

CaseRecord measure(const CaseKey& key, const std::filesystem::path& folder, const json& settings,
                   const std::function<Result<void>(std::int64_t)>& admit) {
  CaseRecord record;
  record.key = key;
  record.settings_id = settings_id(key, settings);
  record.features_id = features_id();
  // Looked at before they are read: a change while they are read shows in the next run.
  record.stamps = stamps_of(key, folder, settings);
  auto request = make_request(key, folder, settings);
  if (!request) {
    settle(record, request.error());
    return record;
  }
  request->admit = admit;
  const feature::CaseRun run = feature::run_case(*request);
  record.inputs = run.inputs;
  for (json& input : record.inputs) input.erase("path");
  record.seconds = run.seconds;
  // A case that could not be opened has one row that belongs to no region.
  const bool opened =
      !(run.error && run.rows.size() == 1 && run.rows.front().label == 0 && run.rows.front().roi.empty());
  if (opened) {
    for (const feature::CaseRow& row : run.rows)
      record.lesions.push_back(lesion_of(row, static_cast<int>(record.lesions.size()) + 1));
  }
  settle(record, run.error);
  return record;
}

}  // namespace

int serve_cases(int from, int to) {
  Channel run(from, to);
  while (const auto order = run.receive()) {
    const CaseKey key = key_from_json(order->at("case"));
    const std::filesystem::path folder = order->at("folder").get<std::string>();
    const json& settings = order->at("settings");
    forget_peak();
    const auto admit = [&](std::int64_t bytes) -> Result<void> {
      if (!run.send({{"need", bytes}})) return fail(ErrorCode::kUnreadable, "the run has ended");
      const auto answer = run.receive();
      if (!answer) return fail(ErrorCode::kUnreadable, "the run has ended");
      if (answer->contains("refuse")) return fail(ErrorCode::kTooLarge, answer->at("refuse").get<std::string>());
      return {};
    };
    CaseRecord record;
    const auto fail_case = [&](const std::string& reason) {
      record = {};
      record.key = key;
      record.settings_id = settings_id(key, settings);
      record.features_id = features_id();
      record.stamps = stamps_of(key, folder, settings);
      record.status = "failed";
      record.reason = reason;
    };
    try {
      record = measure(key, folder, settings, admit);
    } catch (const std::bad_alloc&) {
      fail_case("not enough memory");
    } catch (const std::exception& defect) {
      fail_case(fmt::format("a defect of radtype (please report it): {}", defect.what()));
    }
    record.peak_bytes = peak_bytes();
    if (!run.send({{"record", record_to_json(record)}})) return 1;
    malloc_trim(0);  // or a large case's memory stays with this worker
  }
  return 0;
}

}  // namespace radtype::cohort
