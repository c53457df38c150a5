#include "radtype/cohort/store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cohort/sqlite.h"
#include "radtype/core/hash.h"
#include "radtype/feature/catalogue.h"

namespace radtype::cohort {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

constexpr std::int64_t kApplicationId = 0x72747970;  // "rtyp"

// Each entry takes a database from the version of its place to the next. Never change one that has been released: add.
constexpr std::array<const char*, 1> kMigrations{R"sql(
CREATE TABLE clinical_columns(position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE catalogues(id INTEGER PRIMARY KEY, features_id TEXT NOT NULL UNIQUE, names TEXT NOT NULL);
CREATE TABLE runs(id INTEGER PRIMARY KEY, verb TEXT NOT NULL, program TEXT NOT NULL, settings TEXT NOT NULL,
  manifest_sha256 TEXT NOT NULL, shard TEXT NOT NULL, begun TEXT NOT NULL DEFAULT (datetime('now')), ended TEXT,
  outcome TEXT NOT NULL, summary TEXT NOT NULL);
CREATE TABLE cases(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, patient TEXT NOT NULL,
  cohort TEXT NOT NULL, organ TEXT NOT NULL, modality TEXT NOT NULL, timepoint TEXT NOT NULL, image TEXT NOT NULL,
  mask TEXT NOT NULL, roi TEXT NOT NULL, label TEXT NOT NULL, tissue TEXT NOT NULL, tissue_roi TEXT NOT NULL,
  series TEXT NOT NULL, clinical TEXT NOT NULL, settings_id TEXT NOT NULL, features_id TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, inputs TEXT NOT NULL, stamps TEXT NOT NULL, seconds TEXT NOT NULL,
  estimated_bytes INTEGER NOT NULL, peak_bytes INTEGER NOT NULL, image_sha256 TEXT NOT NULL, mask_sha256 TEXT NOT NULL);
CREATE INDEX cases_by_patient ON cases(patient);
CREATE TABLE lesions(id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES cases(id) ON DELETE CASCADE,
  number INTEGER NOT NULL, label INTEGER NOT NULL, roi TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
  missing TEXT NOT NULL, x_lps_mm REAL, y_lps_mm REAL, z_lps_mm REAL, UNIQUE(case_id, number));
CREATE TABLE details(lesion INTEGER PRIMARY KEY REFERENCES lesions(id) ON DELETE CASCADE, families TEXT NOT NULL,
  quality TEXT NOT NULL, notes TEXT NOT NULL);
)sql"};

// Columns of `cases` that hold a text of CaseKey, in the order of all statements below.
constexpr std::array<std::string CaseKey::*, 13> kKeyFields{
    &CaseKey::name,      &CaseKey::patient,    &CaseKey::cohort, &CaseKey::organ, &CaseKey::modality,
    &CaseKey::timepoint, &CaseKey::image,      &CaseKey::mask,   &CaseKey::roi,   &CaseKey::label,
    &CaseKey::tissue,    &CaseKey::tissue_roi, &CaseKey::series};
constexpr const char* kKeyColumns =
    "c.name, c.patient, c.cohort, c.organ, c.modality, c.timepoint, c.image, c.mask, c.roi, c.label, c.tissue, "
    "c.tissue_roi, c.series, c.clinical";
constexpr int kKeyCount = 14;

std::string to_text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json parsed(const std::string& text) { return json::parse(text, nullptr, false); }

CaseKey read_key(const Statement& row, std::size_t clinical_columns) {
  CaseKey key;
  int column = 0;
  for (const auto field : kKeyFields) key.*field = row.text(column++);
  const json clinical = parsed(row.text(column));
  if (clinical.is_array()) key.clinical = clinical.get<std::vector<std::string>>();
  key.clinical.resize(clinical_columns);
  return key;
}

std::string hash_of(const json& inputs, const char* role) {
  for (const json& input : inputs) {
    if (input.value("role", "") == role) return input.value("sha256", "");
  }
  return "";
}

}  // namespace

std::string features_id() {
  static const std::string id = [] {
    std::string text;
    for (const feature::Entry& entry : feature::catalogue()) text += fmt::format("{}@{}\n", entry.name, entry.version);
    return sha256(text);
  }();
  return id;
}

struct Store::Impl {
  std::unique_ptr<Connection> db;
  bool writable = false;

  Result<void> open(const fs::path& file, Access access, int lock_wait_seconds);
  Result<void> migrate();
  /// Id of today's catalogue, whose table is features_<id>; nothing where the file has none of it yet.
  Result<std::optional<std::int64_t>> catalogue();
  Result<std::int64_t> make_catalogue();
  Result<std::vector<std::string>> clinical_columns();
  Result<std::optional<std::int64_t>> case_id(const std::string& name);
  Result<void> put_lesion(std::int64_t case_id, const Lesion& lesion, std::int64_t catalogue);
};

Result<void> Store::Impl::open(const fs::path& file, Access access, int lock_wait_seconds) {
  std::error_code ignored;
  if ((access == Access::kRead || access == Access::kWrite) && !fs::exists(file, ignored))
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no study at {}; radtype cohort run makes one", file.parent_path().string()));
  writable = access != Access::kRead;
  // A connection is used by one thread at a time: SQLite's own locks would take a quarter of the time of reading.
  int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  if (access == Access::kMake || access == Access::kAlone) flags |= SQLITE_OPEN_CREATE;
  auto opened = Connection::open(file, flags, lock_wait_seconds);
  if (!opened) return pass_on(std::move(opened));
  db = std::move(*opened);
  auto id = db->integer("PRAGMA application_id");
  if (!id && !writable && ::access(file.parent_path().c_str(), W_OK) != 0) {
    // A database in WAL mode in a folder that cannot be written: readable as it is where nothing is left in a log.
    for (const char* ending : {"-wal", "-journal"}) {
      fs::path log = file;
      log += ending;
      if (fs::exists(log, ignored) && fs::file_size(log, ignored) > 0) return pass_on(std::move(id));
    }
    std::string uri = "file:";
    for (const char c : file.string())
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
    auto again = Connection::open(uri + "?immutable=1", flags | SQLITE_OPEN_URI, lock_wait_seconds);
    if (!again) return pass_on(std::move(again));
    db = std::move(*again);
    id = db->integer("PRAGMA application_id");
  }
  if (!id) return pass_on(std::move(id));
  auto tables = db->integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return pass_on(std::move(tables));
  if (*id != kApplicationId && (*id != 0 || *tables > 0))
    return fail(ErrorCode::kUnsupported, file.string() + ": is a database of another program");
  if (!writable && *tables == 0)
    return fail(ErrorCode::kNotFound,
                file.string() + ": holds nothing yet: its first run was stopped at once; run it again");
  if (!writable) return migrate();
  // page_size counts before the first table; secure_delete: what is deleted is overwritten. cache_size, KiB: SQLite's
  // own would grow with the study for a thousand cases (500 pages, whatever their size), and a run hardly reads.
  for (const char* pragma : {"PRAGMA page_size=16384",
                             access == Access::kAlone ? "PRAGMA locking_mode=EXCLUSIVE" : "PRAGMA temp_store=MEMORY",
                             "PRAGMA temp_store=MEMORY", "PRAGMA cache_size=-1024", "PRAGMA foreign_keys=ON",
                             "PRAGMA secure_delete=ON", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"}) {
    if (auto set = db->run(pragma); !set) return set;
  }
  return migrate();
}

Result<void> Store::Impl::migrate() {
  auto version = db->integer("PRAGMA user_version");
  if (!version) return pass_on(std::move(version));
  const auto newest = static_cast<std::int64_t>(kMigrations.size());
  if (*version > newest) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the study was written by a newer radtype (schema {}, this one knows {}): use that one",
                            *version, newest));
  }
  if (*version == newest) return {};
  if (!writable) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the study has schema {} of an older radtype; `radtype cohort run` brings it to {}",
                            *version, newest));
  }
  auto transaction = Transaction::begin(*db);
  if (!transaction) return pass_on(std::move(transaction));
  for (std::int64_t step = *version; step < newest; ++step) {
    if (auto done = db->run(kMigrations[static_cast<std::size_t>(step)]); !done) return done;
  }
  for (const std::string& pragma :
       {fmt::format("PRAGMA application_id={}", kApplicationId), fmt::format("PRAGMA user_version={}", newest)}) {
    if (auto set = db->run(pragma); !set) return set;
  }
  return transaction->commit();
}

Result<std::optional<std::int64_t>> Store::Impl::catalogue() {
  auto find = db->prepare("SELECT id FROM catalogues WHERE features_id = ?");
  if (!find) return pass_on(std::move(find));
  find->bind(1, features_id());
  auto there = find->step();
  if (!there) return pass_on(std::move(there));
  return *there ? std::optional(find->integer(0)) : std::nullopt;
}

Result<std::int64_t> Store::Impl::make_catalogue() {
  auto there = catalogue();
  if (!there) return pass_on(std::move(there));
  if (*there) return **there;
  json names = json::object();
  std::string columns;
  for (const feature::Entry& entry : feature::catalogue()) {
    names[entry.name] = entry.version;
    columns += fmt::format(", \"{}\" REAL", entry.name);
  }
  auto insert = db->prepare("INSERT INTO catalogues(features_id, names) VALUES(?, ?)");
  if (!insert) return pass_on(std::move(insert));
  insert->bind(1, features_id());
  insert->bind(2, to_text(names));
  if (auto done = insert->run(); !done) return pass_on(std::move(done));
  const std::int64_t id = db->last_row();
  auto made = db->run(fmt::format(
      "CREATE TABLE features_{}(lesion INTEGER PRIMARY KEY REFERENCES lesions(id) ON DELETE CASCADE{})", id, columns));
  if (!made) return pass_on(std::move(made));
  return id;
}

Result<std::vector<std::string>> Store::Impl::clinical_columns() {
  auto read = db->prepare("SELECT name FROM clinical_columns ORDER BY position");
  if (!read) return pass_on(std::move(read));
  std::vector<std::string> names;
  for (;;) {
    auto row = read->step();
    if (!row) return pass_on(std::move(row));
    if (!*row) return names;
    names.push_back(read->text(0));
  }
}

/// By itself: a statement that still stands on its row while a transaction ends keeps SQLite from emptying its log,
/// which then grows with every case.
Result<std::optional<std::int64_t>> Store::Impl::case_id(const std::string& name) {
  auto find = db->prepare("SELECT id FROM cases WHERE name = ?");
  if (!find) return pass_on(std::move(find));
  find->bind(1, name);
  auto there = find->step();
  if (!there) return pass_on(std::move(there));
  return *there ? std::optional(find->integer(0)) : std::nullopt;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const fs::path& file, Access access, int lock_wait_seconds) {
  auto impl = std::make_unique<Impl>();
  if (auto opened = impl->open(file, access, lock_wait_seconds); !opened) return pass_on(std::move(opened));
  return Store(std::move(impl));
}

Result<void> Store::add_clinical_columns(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    auto insert = impl_->db->prepare(
        "INSERT OR IGNORE INTO clinical_columns(position, name) "
        "SELECT coalesce(max(position) + 1, 0), ? FROM clinical_columns");
    if (!insert) return pass_on(std::move(insert));
    insert->bind(1, name);
    if (auto done = insert->run(); !done) return done;
  }
  return {};
}

Result<std::vector<std::string>> Store::clinical_columns() const { return impl_->clinical_columns(); }

Result<std::map<std::string, CaseState>> Store::states() const {
  auto columns = impl_->clinical_columns();
  if (!columns) return pass_on(std::move(columns));
  auto read = impl_->db->prepare(fmt::format(
      "SELECT {}, c.position, c.settings_id, c.features_id, c.status, c.inputs, c.stamps FROM cases c", kKeyColumns));
  if (!read) return pass_on(std::move(read));
  std::map<std::string, CaseState> states;
  for (;;) {
    auto row = read->step();
    if (!row) return pass_on(std::move(row));
    if (!*row) return states;
    CaseState state;
    state.key = read_key(*read, columns->size());
    state.position = read->integer(kKeyCount);
    state.settings_id = read->text(kKeyCount + 1);
    state.features_id = read->text(kKeyCount + 2);
    state.status = read->text(kKeyCount + 3);
    state.inputs = parsed(read->text(kKeyCount + 4));
    state.stamps = parsed(read->text(kKeyCount + 5));
    std::string name = state.key.name;
    states.emplace(std::move(name), std::move(state));
  }
}

Result<void> Store::relax() { return impl_->db->run("PRAGMA synchronous=NORMAL"); }

Result<void> Store::keep_only(const std::set<std::string>& names) {
  auto known = states();
  if (!known) return pass_on(std::move(known));
  auto transaction = Transaction::begin(*impl_->db);
  if (!transaction) return pass_on(std::move(transaction));
  auto erase = impl_->db->prepare("DELETE FROM cases WHERE name = ?");
  if (!erase) return pass_on(std::move(erase));
  for (const auto& [name, state] : *known) {
    if (names.contains(name)) continue;
    erase->bind(1, name);
    if (auto done = erase->run(); !done) return done;
  }
  return transaction->commit();
}

Result<void> Store::register_cases(const std::vector<CaseState>& cases, const std::vector<std::string>& columns,
                                   const std::vector<std::string>& again) {
  auto transaction = Transaction::begin(*impl_->db);
  if (!transaction) return pass_on(std::move(transaction));
  if (auto added = add_clinical_columns(columns); !added) return added;
  auto all = impl_->clinical_columns();
  if (!all) return pass_on(std::move(all));
  std::vector<std::size_t> places;
  for (const std::string& name : columns)
    places.push_back(static_cast<std::size_t>(std::find(all->begin(), all->end(), name) - all->begin()));
  auto insert = impl_->db->prepare(
      "INSERT INTO cases(name, patient, cohort, organ, modality, timepoint, image, mask, roi, label, tissue, "
      "tissue_roi, "
      "series, clinical, position, settings_id, features_id, status, reason, inputs, stamps, seconds, estimated_bytes, "
      "peak_bytes, image_sha256, mask_sha256) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'','','pending','not measured "
      "yet','[]','{}','{}',0,0,"
      "'','') ON CONFLICT(name) DO UPDATE SET patient=excluded.patient, cohort=excluded.cohort, organ=excluded.organ, "
      "modality=excluded.modality, timepoint=excluded.timepoint, image=excluded.image, mask=excluded.mask, "
      "roi=excluded.roi, label=excluded.label, tissue=excluded.tissue, tissue_roi=excluded.tissue_roi, "
      "series=excluded.series, clinical=excluded.clinical, position=excluded.position");
  if (!insert) return pass_on(std::move(insert));
  for (const CaseState& state : cases) {
    std::vector<std::string> clinical(all->size());
    for (std::size_t c = 0; c < places.size(); ++c) clinical[places[c]] = state.key.clinical.at(c);
    int place = 0;
    for (const auto field : kKeyFields) insert->bind(++place, state.key.*field);
    insert->bind(++place, to_text(clinical));
    insert->bind(++place, state.position);
    if (auto done = insert->run(); !done) return done;
  }
  auto forget = impl_->db->prepare("DELETE FROM lesions WHERE case_id IN (SELECT id FROM cases WHERE name = ?)");
  if (!forget) return pass_on(std::move(forget));
  auto clear = impl_->db->prepare(
      "UPDATE cases SET settings_id='', features_id='', status='pending', reason='not measured yet', inputs='[]', "
      "stamps='{}', seconds='{}', estimated_bytes=0, peak_bytes=0, image_sha256='', mask_sha256='' WHERE name = ?");
  if (!clear) return pass_on(std::move(clear));
  for (const std::string& name : again) {
    for (Statement* statement : {&*forget, &*clear}) {
      statement->bind(1, name);
      if (auto done = statement->run(); !done) return done;
    }
  }
  return transaction->commit();
}

Result<void> Store::Impl::put_lesion(std::int64_t case_id, const Lesion& lesion, std::int64_t catalogue_id) {
  auto insert = db->prepare(
      "INSERT INTO lesions(case_id, number, label, roi, status, reason, missing, x_lps_mm, y_lps_mm, z_lps_mm) "
      "VALUES(?,?,?,?,?,?,?,?,?,?)");
  if (!insert) return pass_on(std::move(insert));
  insert->bind(1, case_id);
  insert->bind(2, std::int64_t{lesion.number});
  insert->bind(3, std::int64_t{lesion.label});
  insert->bind(4, lesion.roi);
  insert->bind(5, lesion.status);
  insert->bind(6, lesion.reason);
  insert->bind(7, lesion.missing.empty() ? "" : to_text(lesion.missing));
  const auto centroid = lesion.quality.find("centroid_lps_mm");
  for (int axis = 0; axis < 3; ++axis) {
    if (centroid == lesion.quality.end()) {
      insert->bind_null(8 + axis);
    } else {
      insert->bind(8 + axis, centroid->at(static_cast<std::size_t>(axis)).get<double>());
    }
  }
  if (auto done = insert->run(); !done) return done;
  const std::int64_t id = db->last_row();

  auto detail = db->prepare("INSERT INTO details(lesion, families, quality, notes) VALUES(?,?,?,?)");
  if (!detail) return pass_on(std::move(detail));
  detail->bind(1, id);
  detail->bind(2, to_text(lesion.families));
  detail->bind(3, to_text(lesion.quality));
  detail->bind(4, to_text(lesion.notes));
  if (auto done = detail->run(); !done) return done;

  if (lesion.features.empty()) return {};
  RADTYPE_CHECK(lesion.features.size() == feature::catalogue().size());
  std::string places = "?";
  for (std::size_t f = 0; f < lesion.features.size(); ++f) places += ",?";
  auto numbers = db->prepare(fmt::format("INSERT INTO features_{} VALUES({})", catalogue_id, places));
  if (!numbers) return pass_on(std::move(numbers));
  numbers->bind(1, id);
  int place = 1;
  for (const double value : lesion.features) {
    ++place;
    if (std::isfinite(value)) {
      numbers->bind(place, value);
    } else {
      numbers->bind_null(place);
    }
  }
  return numbers->run();
}

Result<void> Store::put(const CaseRecord& record) {
  auto transaction = Transaction::begin(*impl_->db);
  if (!transaction) return pass_on(std::move(transaction));
  auto catalogue = impl_->make_catalogue();
  if (!catalogue) return pass_on(std::move(catalogue));
  auto known = impl_->case_id(record.key.name);
  if (!known) return pass_on(std::move(known));
  if (!*known) return fail(ErrorCode::kInconsistent, "the study does not know the case that was measured");
  const std::int64_t id = **known;
  auto clear = impl_->db->prepare("DELETE FROM lesions WHERE case_id = ?");
  if (!clear) return pass_on(std::move(clear));
  clear->bind(1, id);
  if (auto done = clear->run(); !done) return done;
  auto update = impl_->db->prepare(
      "UPDATE cases SET settings_id=?, features_id=?, status=?, reason=?, inputs=?, stamps=?, seconds=?, "
      "estimated_bytes=?, peak_bytes=?, "
      "image_sha256=?, mask_sha256=? WHERE id=?");
  if (!update) return pass_on(std::move(update));
  int place = 0;
  for (const std::string& text : {record.settings_id, record.features_id, record.status, record.reason,
                                  to_text(record.inputs), to_text(record.stamps), to_text(record.seconds)}) {
    update->bind(++place, text);
  }
  update->bind(++place, record.estimated_bytes);
  update->bind(++place, record.peak_bytes);
  update->bind(++place, hash_of(record.inputs, "image"));
  update->bind(++place, hash_of(record.inputs, "mask"));
  update->bind(++place, id);
  if (auto done = update->run(); !done) return done;
  for (const Lesion& lesion : record.lesions) {
    if (auto done = impl_->put_lesion(id, lesion, *catalogue); !done) return done;
  }
  return transaction->commit();
}

Result<void> Store::renew_stamps(const std::string& name, const json& stamps) {
  auto update = impl_->db->prepare("UPDATE cases SET stamps=? WHERE name=?");
  if (!update) return pass_on(std::move(update));
  update->bind(1, to_text(stamps));
  update->bind(2, name);
  return update->run();
}

Result<CaseRecord> Store::get(const std::string& name) const {
  auto columns = impl_->clinical_columns();
  if (!columns) return pass_on(std::move(columns));
  auto read = impl_->db->prepare(
      fmt::format("SELECT {}, c.position, c.settings_id, c.features_id, c.status, c.reason, c.inputs, c.stamps, "
                  "c.seconds, c.estimated_bytes, c.peak_bytes, c.id FROM cases c WHERE c.name = ?",
                  kKeyColumns));
  if (!read) return pass_on(std::move(read));
  read->bind(1, name);
  auto there = read->step();
  if (!there) return pass_on(std::move(there));
  if (!*there) return fail(ErrorCode::kNotFound, "the study has no case of that name");
  CaseRecord record;
  record.key = read_key(*read, columns->size());
  int column = kKeyCount;
  record.position = read->integer(column++);
  record.settings_id = read->text(column++);
  record.features_id = read->text(column++);
  record.status = read->text(column++);
  record.reason = read->text(column++);
  record.inputs = parsed(read->text(column++));
  record.stamps = parsed(read->text(column++));
  record.seconds = parsed(read->text(column++));
  record.estimated_bytes = read->integer(column++);
  record.peak_bytes = read->integer(column++);
  const std::int64_t id = read->integer(column);

  auto find = impl_->db->prepare("SELECT id FROM catalogues WHERE features_id = ?");
  if (!find) return pass_on(std::move(find));
  find->bind(1, record.features_id);
  auto known = find->step();
  if (!known) return pass_on(std::move(known));
  const bool current = record.features_id == features_id() && *known;
  const std::string features = current ? fmt::format("features_{}", find->integer(0)) : "";
  auto lesions = impl_->db->prepare(fmt::format(
      "SELECT l.number, l.label, l.roi, l.status, l.reason, l.missing, d.families, d.quality, d.notes{} FROM lesions l "
      "JOIN details d ON d.lesion = l.id {} WHERE l.case_id = ? ORDER BY l.number",
      current ? ", f.*" : "", current ? "LEFT JOIN " + features + " f ON f.lesion = l.id" : ""));
  if (!lesions) return pass_on(std::move(lesions));
  lesions->bind(1, id);
  for (;;) {
    auto row = lesions->step();
    if (!row) return pass_on(std::move(row));
    if (!*row) return record;
    Lesion& lesion = record.lesions.emplace_back();
    lesion.number = static_cast<int>(lesions->integer(0));
    lesion.label = static_cast<int>(lesions->integer(1));
    lesion.roi = lesions->text(2);
    lesion.status = lesions->text(3);
    lesion.reason = lesions->text(4);
    if (const std::string missing = lesions->text(5); !missing.empty()) lesion.missing = parsed(missing);
    lesion.families = parsed(lesions->text(6));
    lesion.quality = parsed(lesions->text(7));
    lesion.notes = parsed(lesions->text(8));
    if (!current || lesions->is_null(9)) continue;
    for (int f = 0; f < static_cast<int>(feature::catalogue().size()); ++f) {
      lesion.features.push_back(lesions->number_or_nan(10 + f));
    }
  }
}

Result<FeatureTable> Store::load(const TableFilter& filter, std::int64_t* older) const {
  FeatureTable table;
  for (const feature::Entry& entry : feature::catalogue()) table.features.push_back(entry.name);
  auto columns = impl_->clinical_columns();
  if (!columns) return pass_on(std::move(columns));
  table.clinical_columns = std::move(*columns);
  auto catalogue = impl_->catalogue();
  if (!catalogue) return pass_on(std::move(catalogue));
  auto count = impl_->db->integer("SELECT count(*) FROM lesions");
  if (!count) return pass_on(std::move(count));
  if (filter.cohorts.empty()) {
    table.rows.reserve(static_cast<std::size_t>(*count));
    table.values.reserve(static_cast<std::size_t>(*count) * table.features.size());
  }
  std::string where;
  for (std::size_t n = 0; n < filter.cohorts.size(); ++n) where += n == 0 ? " WHERE c.cohort IN (?" : ",?";
  if (!where.empty()) where += ")";
  // In the order of the index on names, so that nothing has to be sorted.
  auto read = impl_->db->prepare(fmt::format(
      "SELECT {}, c.position, c.status, c.reason, c.image_sha256, c.mask_sha256, c.features_id, l.number, l.label, "
      "l.roi, "
      "l.status, l.reason, l.missing, l.x_lps_mm, l.y_lps_mm, l.z_lps_mm{} FROM cases c LEFT JOIN lesions l ON "
      "l.case_id = c.id{}{} ORDER BY c.name, l.number",
      kKeyColumns, *catalogue ? ", f.*" : "",
      *catalogue ? fmt::format(" LEFT JOIN features_{} f ON f.lesion = l.id", **catalogue) : "", where));
  if (!read) return pass_on(std::move(read));
  for (std::size_t n = 0; n < filter.cohorts.size(); ++n) read->bind(static_cast<int>(n) + 1, filter.cohorts[n]);
  const auto listed = [](const std::vector<std::string>& list, const std::string& word) {
    return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
  };
  const std::size_t features = table.features.size();
  const std::string today = features_id();
  std::int64_t left_out = 0;
  for (;;) {
    auto there = read->step();
    if (!there) return pass_on(std::move(there));
    if (!*there) break;
    int column = kKeyCount;
    TableRow row;
    row.position = read->integer(column++);
    row.status = read->text(column++);
    row.reason = read->text(column++);
    row.image_sha256 = read->text(column++);
    row.mask_sha256 = read->text(column++);
    const bool of_today = read->text(column++) == today;
    const bool outdated = row.status != "pending" && row.status != "failed" && !of_today;
    if (outdated) {
      if (!read->is_null(column) && read->integer(column) > 1) continue;  // one row stands for the case
      ++left_out;
      row.status = "pending";
      row.reason = "measured with other definitions of features; run the cohort again";
    }
    const bool has_lesion = !outdated && !read->is_null(column);
    if (has_lesion) {
      row.lesion = static_cast<int>(read->integer(column));
      row.label = static_cast<int>(read->integer(column + 1));
      row.roi = read->text(column + 2);
      row.status = read->text(column + 3);
      row.reason = read->text(column + 4);
      row.missing = read->text(column + 5);
      if (!read->is_null(column + 6)) {
        row.centroid_lps_mm = {read->number(column + 6), read->number(column + 7), read->number(column + 8)};
      }
    }
    if (!listed(filter.statuses, row.status)) continue;
    row.key = read_key(*read, table.clinical_columns.size());
    if (row.roi.empty()) row.roi = row.key.roi;
    column += 9;
    const bool has_numbers = has_lesion && *catalogue && !read->is_null(column);
    for (std::size_t f = 0; f < features; ++f) {
      table.values.push_back(has_numbers ? read->number_or_nan(column + 1 + static_cast<int>(f))
                                         : std::numeric_limits<double>::quiet_NaN());
    }
    table.rows.push_back(std::move(row));
  }
  if (older != nullptr) *older = left_out;
  return table;
}

FeatureTable with_status(FeatureTable table, const std::vector<std::string>& statuses) {
  if (statuses.empty()) return table;
  const std::size_t features = table.features.size();
  FeatureTable kept{std::move(table.features), std::move(table.clinical_columns), {}, {}};
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    if (std::find(statuses.begin(), statuses.end(), table.rows[r].status) == statuses.end()) continue;
    kept.rows.push_back(std::move(table.rows[r]));
    const auto first = table.values.begin() + static_cast<std::ptrdiff_t>(r * features);
    kept.values.insert(kept.values.end(), first, first + static_cast<std::ptrdiff_t>(features));
  }
  return kept;
}

Result<std::map<std::string, Store::Details>> Store::details() const {
  auto read = impl_->db->prepare(
      "SELECT c.name, c.inputs, c.seconds, c.settings_id, l.number, d.families, d.quality, d.notes FROM cases c LEFT "
      "JOIN lesions l ON l.case_id = c.id LEFT JOIN details d ON d.lesion = l.id ORDER BY c.name");
  if (!read) return pass_on(std::move(read));
  std::map<std::string, Details> all;
  for (;;) {
    auto row = read->step();
    if (!row) return pass_on(std::move(row));
    if (!*row) return all;
    std::string name = read->text(0);
    if (all.empty() || all.rbegin()->first != name)
      all.emplace_hint(all.end(), std::move(name), Details{read->text(1), read->text(2), read->text(3), {}});
    if (read->is_null(4)) continue;
    all.rbegin()->second.lesions[static_cast<int>(read->integer(4))] = {read->text(5), read->text(6), read->text(7)};
  }
}

Result<std::int64_t> Store::erase_patient(const std::string& patient) {
  std::int64_t cases = 0;
  {
    auto transaction = Transaction::begin(*impl_->db);
    if (!transaction) return pass_on(std::move(transaction));
    auto erase = impl_->db->prepare("DELETE FROM cases WHERE patient = ?");
    if (!erase) return pass_on(std::move(erase));
    erase->bind(1, patient);
    if (auto done = erase->run(); !done) return pass_on(std::move(done));
    cases = impl_->db->changes();
    if (auto done = transaction->commit(); !done) return pass_on(std::move(done));
  }
  // secure_delete has overwritten the rows; VACUUM also drops the pages that held them, and the log goes.
  if (auto done = impl_->db->run("VACUUM"); !done) return pass_on(std::move(done));
  auto busy = impl_->db->integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy) return pass_on(std::move(busy));
  if (*busy != 0) {
    return fail(
        ErrorCode::kUnreadable,
        "the patient's rows are deleted, but another program reads the study, and its file still holds their bytes: "
        "close that program and run the same command again");
  }
  if (auto done = fold(); !done) return pass_on(std::move(done));
  return cases;
}

Result<std::int64_t> Store::begin_run(const RunRecord& run) {
  auto insert = impl_->db->prepare(
      "INSERT INTO runs(verb, program, settings, manifest_sha256, shard, outcome, summary) VALUES(?,?,?,?,?,?,?)");
  if (!insert) return pass_on(std::move(insert));
  int place = 0;
  for (const std::string& text : {run.verb, run.program, to_text(run.settings), run.manifest_sha256, run.shard,
                                  run.outcome, to_text(run.summary)})
    insert->bind(++place, text);
  if (auto done = insert->run(); !done) return pass_on(std::move(done));
  return impl_->db->last_row();
}

Result<void> Store::end_run(std::int64_t id, const std::string& outcome, const json& summary) {
  auto update = impl_->db->prepare("UPDATE runs SET ended=datetime('now'), outcome=?, summary=? WHERE id=?");
  if (!update) return pass_on(std::move(update));
  update->bind(1, outcome);
  update->bind(2, to_text(summary));
  update->bind(3, id);
  return update->run();
}

Result<std::vector<RunRecord>> Store::runs() const {
  auto read = impl_->db->prepare(
      "SELECT verb, program, settings, manifest_sha256, shard, outcome, summary FROM runs ORDER BY id");
  if (!read) return pass_on(std::move(read));
  std::vector<RunRecord> runs;
  for (;;) {
    auto row = read->step();
    if (!row) return pass_on(std::move(row));
    if (!*row) return runs;
    runs.push_back({read->text(0), read->text(1), parsed(read->text(2)), read->text(3), read->text(5), read->text(4),
                    parsed(read->text(6))});
  }
}

Result<std::string> Store::integrity() const { return impl_->db->text("PRAGMA integrity_check(20)"); }

Result<void> Store::fold() {
  if (auto done = impl_->db->run("PRAGMA wal_checkpoint(TRUNCATE)"); !done) return done;
  // At rest without a log: readable from several machines and from read-only disks. Not while somebody reads: the next
  // run comes by.
  (void)impl_->db->run("PRAGMA busy_timeout=0; PRAGMA journal_mode=DELETE");
  return {};
}

fs::path study_file(const fs::path& study) { return study / "study.sqlite"; }

Result<StudyLock> StudyLock::take(const fs::path& file, int wait_seconds) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return fail(ErrorCode::kUnreadable, fmt::format("{} cannot be written: {}", file.string(), std::strerror(errno)));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(wait_seconds);
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= until) {
      ::close(descriptor);
      return fail(ErrorCode::kExists,
                  file.parent_path().string() +
                      ": another radtype is writing to this study; wait for it, or use another folder");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return StudyLock(descriptor);
}

StudyLock::StudyLock(StudyLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
StudyLock::~StudyLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace radtype::cohort
