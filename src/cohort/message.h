// What a run and its workers tell each other: one JSON object a line.
//   run -> worker   {"case": {...}, "folder": "...", "settings": {...}}
//   worker -> run   {"need": BYTES}             an upper estimate, once the size of the case is known
//   run -> worker   {"go": true} or {"refuse": "why"}
//   worker -> run   {"record": {...}}           the case's CaseRecord without position
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "radtype/cohort/store.h"

namespace radtype::cohort {

/// Lines over a pipe. Neither throws nor raises SIGPIPE: a partner that has gone is a false or nothing.
class Channel {
 public:
  Channel(int from, int to) : from_(from), to_(to) {}
  bool send(const nlohmann::json& message) const;
  /// Waits for the next line; nothing when the other side has closed, or sent what is no JSON.
  std::optional<nlohmann::json> receive();
  /// Takes what has arrived without waiting for more than one read; false when the other side has closed.
  bool fill();
  /// The next whole line among what has arrived.
  std::optional<nlohmann::json> take();

 private:
  int from_;
  int to_;
  std::string buffer_;
};

nlohmann::json key_to_json(const CaseKey& key);
CaseKey key_from_json(const nlohmann::json& json);
nlohmann::json record_to_json(const CaseRecord& record);
CaseRecord record_from_json(const nlohmann::json& json);

/// Stamps of all inputs of a case.
nlohmann::json stamps_of(const CaseKey& key, const std::filesystem::path& folder, const nlohmann::json& settings);

}  // namespace radtype::cohort
