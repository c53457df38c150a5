#include "cohort/message.h"

#include <cmath>
#include <limits>

#include <sys/socket.h>
#include <unistd.h>

namespace radtype::cohort {
using nlohmann::json;

bool Channel::send(const json& message) const {
  const std::string line = message.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t sent = ::send(to_, line.data() + at, line.size() - at, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  return true;
}

bool Channel::fill() {
  char bytes[65536];
  for (;;) {
    const ssize_t got = ::read(from_, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
}

std::optional<json> Channel::take() {
  const std::size_t end = buffer_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  json message = json::parse(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
  buffer_.erase(0, end + 1);
  return message;
}

std::optional<json> Channel::receive() {
  for (;;) {
    if (auto message = take()) return message->is_object() ? message : std::nullopt;
    if (!fill()) return std::nullopt;
  }
}

json key_to_json(const CaseKey& key) {
  return {{"name", key.name},     {"patient", key.patient},   {"cohort", key.cohort},
          {"organ", key.organ},   {"modality", key.modality}, {"timepoint", key.timepoint},
          {"image", key.image},   {"mask", key.mask},         {"roi", key.roi},
          {"label", key.label},   {"tissue", key.tissue},     {"tissue_roi", key.tissue_roi},
          {"series", key.series}, {"clinical", key.clinical}};
}

CaseKey key_from_json(const json& j) {
  return {j.at("name"),      j.at("patient"),    j.at("cohort"), j.at("organ"),   j.at("modality"),
          j.at("timepoint"), j.at("image"),      j.at("mask"),   j.at("roi"),     j.at("label"),
          j.at("tissue"),    j.at("tissue_roi"), j.at("series"), j.at("clinical")};
}

json record_to_json(const CaseRecord& record) {
  json lesions = json::array();
  for (const Lesion& lesion : record.lesions) {
    json features = json::array();
    for (const double value : lesion.features) features.push_back(std::isfinite(value) ? json(value) : json());
    lesions.push_back({{"number", lesion.number},
                       {"label", lesion.label},
                       {"roi", lesion.roi},
                       {"status", lesion.status},
                       {"reason", lesion.reason},
                       {"features", std::move(features)},
                       {"missing", lesion.missing},
                       {"families", lesion.families},
                       {"quality", lesion.quality},
                       {"notes", lesion.notes}});
  }
  return {{"key", key_to_json(record.key)}, {"settings_id", record.settings_id}, {"features_id", record.features_id},
          {"status", record.status},        {"reason", record.reason},           {"inputs", record.inputs},
          {"stamps", record.stamps},        {"seconds", record.seconds},         {"peak_bytes", record.peak_bytes},
          {"lesions", std::move(lesions)}};
}

CaseRecord record_from_json(const json& j) {
  CaseRecord record;
  record.key = key_from_json(j.at("key"));
  record.settings_id = j.at("settings_id");
  record.features_id = j.at("features_id");
  record.status = j.at("status");
  record.reason = j.at("reason");
  record.inputs = j.at("inputs");
  record.stamps = j.at("stamps");
  record.seconds = j.at("seconds");
  record.peak_bytes = j.at("peak_bytes");
  for (const json& item : j.at("lesions")) {
    Lesion& lesion = record.lesions.emplace_back();
    lesion.number = item.at("number");
    lesion.label = item.at("label");
    lesion.roi = item.at("roi");
    lesion.status = item.at("status");
    lesion.reason = item.at("reason");
    for (const json& value : item.at("features"))
      lesion.features.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
    lesion.missing = item.at("missing");
    lesion.families = item.at("families");
    lesion.quality = item.at("quality");
    lesion.notes = item.at("notes");
  }
  return record;
}

}  // namespace radtype::cohort
