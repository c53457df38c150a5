// The one database of a study: every case with its state, and every number that was measured. SQLite; all SQL of
// radtype is in src/cohort/store.cpp. docs/concepts/study.md describes the tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "radtype/cohort/table.h"
#include "radtype/core/error.h"

namespace radtype::cohort {

struct Lesion {
  int number = 0;
  int label = 0;
  std::string roi;
  std::string status;
  std::string reason;
  std::vector<double> features;  ///< by feature::catalogue(); NaN where missing; empty where nothing was measured
  nlohmann::json missing = nlohmann::json::object();
  nlohmann::json families = nlohmann::json::object();
  nlohmann::json quality = nlohmann::json::object();
  nlohmann::json notes = nlohmann::json::array();
};

struct CaseRecord {
  CaseKey key;
  std::int64_t position = 0;
  std::string settings_id;  ///< settings_id() of manifest.h
  std::string features_id;  ///< features_id() of below
  std::string status;       ///< pending, ok, partial, failed
  std::string reason;
  nlohmann::json inputs = nlohmann::json::array();    ///< role, path, sha256, bytes
  nlohmann::json stamps = nlohmann::json::object();   ///< role -> input_stamp()
  nlohmann::json seconds = nlohmann::json::object();  ///< by stage
  std::int64_t estimated_bytes = 0;                   ///< of memory, by which it was admitted
  std::int64_t peak_bytes = 0;                        ///< resident, of the process that measured it
  std::vector<Lesion> lesions;
};

/// What decides whether a case must be measured again.
struct CaseState {
  CaseKey key;
  std::int64_t position = 0;
  std::string settings_id;
  std::string features_id;
  std::string status;
  nlohmann::json inputs;
  nlohmann::json stamps;
};

/// SHA-256 of the names and versions of all features: changes when a definition does, not when a remark does.
std::string features_id();

/// One line of table `runs`: who wrote what. No paths and no names of cases.
struct RunRecord {
  std::string verb;
  std::string program;  ///< "radtype 0.1.0 (revision)"
  nlohmann::json settings;
  std::string manifest_sha256;
  std::string outcome;  ///< "running", "finished", "interrupted", or what went wrong
  std::string shard;    ///< "2/4", or ""
  nlohmann::json summary = nlohmann::json::object();
};

class Store {
 public:
  enum class Access {
    kRead,   ///< the file must exist; a read-only folder will do
    kWrite,  ///< the file must exist
    kMake,   ///< made where it is missing
    kAlone,  ///< as kMake, by one process only: needs no shared memory, so that network file systems will do
  };
  /// kNotFound, kUnreadable, kCorrupt; kUnsupported for a database of a newer radtype, or of something else.
  /// `lock_wait_seconds`: how long another program may keep the database locked.
  static Result<Store> open(const std::filesystem::path& file, Access access, int lock_wait_seconds = 30);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Columns that cases carry; new names are added at the end.
  Result<void> add_clinical_columns(const std::vector<std::string>& names);
  Result<std::vector<std::string>> clinical_columns() const;

  /// Every case, by name.
  Result<std::map<std::string, CaseState>> states() const;
  /// Names cases that are yet to be measured, and renews what the manifest says of the others. One transaction.
  /// `columns` names CaseKey::clinical.
  /// Of those in `again` what was measured is forgotten.
  Result<void> register_cases(const std::vector<CaseState>& cases, const std::vector<std::string>& columns,
                              const std::vector<std::string>& again = {});
  /// Deletes all other cases.
  Result<void> keep_only(const std::set<std::string>& names);
  /// Replaces the case of that name, all of it or nothing. kInconsistent when it was not registered before.
  Result<void> put(const CaseRecord& record);
  /// Only the stamps of files whose content has not changed.
  Result<void> renew_stamps(const std::string& name, const nlohmann::json& stamps);
  Result<CaseRecord> get(const std::string& name) const;

  /// Features of today's definitions. A case that has others is one row without a lesion, pending; `older` counts them.
  Result<FeatureTable> load(const TableFilter& filter = {}, std::int64_t* older = nullptr) const;
  /// Everything of one case but its features, each as the JSON that is stored.
  struct LesionDetails {
    std::string families;
    std::string quality;
    std::string notes;
  };
  struct Details {
    std::string inputs;
    std::string seconds;
    std::string settings_id;
    std::map<int, LesionDetails> lesions;  ///< by number
  };
  Result<std::map<std::string, Details>> details() const;

  /// Deletes every case of a patient and rewrites the file, so that its bytes hold no trace. How many cases there were.
  /// kUnreadable where the rows are deleted and another program, still reading, keeps the old bytes alive.
  Result<std::int64_t> erase_patient(const std::string& patient);

  Result<std::int64_t> begin_run(const RunRecord& run);
  Result<void> end_run(std::int64_t id, const std::string& outcome, const nlohmann::json& summary);
  Result<std::vector<RunRecord>> runs() const;

  /// What SQLite finds wrong with the file; "ok" where nothing is.
  Result<std::string> integrity() const;
  /// What can be done again need not wait for the disk at every case.
  Result<void> relax();
  /// Everything into the one file, without a log, so that it can be copied and read from anywhere.
  Result<void> fold();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// <study>/study.sqlite
std::filesystem::path study_file(const std::filesystem::path& study);

/// One writer at a time; released when the object or the process ends, however it ends.
class StudyLock {
 public:
  /// kExists when another process still holds the file after the wait; kUnreadable when it cannot be written.
  static Result<StudyLock> take(const std::filesystem::path& file, int wait_seconds = 0);
  StudyLock(StudyLock&& other) noexcept;
  StudyLock& operator=(StudyLock&&) = delete;
  ~StudyLock();

 private:
  explicit StudyLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

struct Erasure {
  std::int64_t cases = 0;
  std::int64_t databases = 0;
};
/// Erases a patient from the study and from all its shards, and rewrites all of them. kNotFound where no database knows
/// the patient.
Result<Erasure> erase_patient(const std::filesystem::path& study, const std::string& patient);

}  // namespace radtype::cohort
