#include "cohort/sqlite.h"

#include <limits>

#include <fmt/format.h>

namespace radtype::cohort {

Result<bool> Statement::step() {
  const int code = sqlite3_step(get());
  if (code == SQLITE_ROW) return true;
  const Error why = code == SQLITE_DONE ? Error(ErrorCode::kUsage, "") : connection_->error(code);
  sqlite3_reset(get());
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(why);
}

Result<void> Statement::run() {
  auto row = step();
  if (!row) return pass_on(std::move(row));
  RADTYPE_CHECK(!*row);
  return {};
}

double Statement::number_or_nan(int column) const {
  sqlite3_value* value = sqlite3_column_value(get(), column);
  return sqlite3_value_type(value) == SQLITE_NULL ? std::numeric_limits<double>::quiet_NaN()
                                                  : sqlite3_value_double(value);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(get(), column));
  return bytes == nullptr ? std::string()
                          : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(get(), column)));
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path, int flags,
                                                     int lock_wait_seconds) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle, path));
  if (code != SQLITE_OK) return tl::unexpected(connection->error(code));
  sqlite3_busy_timeout(handle, lock_wait_seconds * 1000);
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  Statement statement;
  statement.statement_.reset(raw);
  statement.connection_ = this;
  return statement;
}

Result<void> Connection::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error(code));
  return {};
}

Result<std::int64_t> Connection::integer(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return pass_on(std::move(statement));
  auto row = statement->step();
  if (!row) return pass_on(std::move(row));
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Connection::text(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return pass_on(std::move(statement));
  auto row = statement->step();
  if (!row) return pass_on(std::move(row));
  return *row ? statement->text(0) : std::string();
}

Error Connection::error(int code) const {
  const std::string where = path_.string();
  const char* detail = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kUnreadable,
              where + ": the disk is full; what was stored is safe: free some space and run the same command again"};
    case SQLITE_READONLY:
      return {ErrorCode::kUnreadable, where + ": cannot be written: the file or its folder is read-only"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnreadable,
              where + ": another program keeps the database locked; close it and run the same command again"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::kUnreadable, where + ": cannot be opened: does its folder exist, and may it be written?"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {ErrorCode::kCorrupt, fmt::format("{}: is no sound SQLite database ({})", where, detail)};
    case SQLITE_IOERR:
      return {
          ErrorCode::kUnreadable,
          fmt::format("{}: reading or writing failed ({}): disk full, or a file system that is gone?", where, detail)};
    default:
      return {ErrorCode::kUnreadable, fmt::format("{}: {} (SQLite error {})", where, detail, code)};
  }
}

Result<Transaction> Transaction::begin(Connection& connection) {
  if (auto begun = connection.run("BEGIN IMMEDIATE"); !begun) return pass_on(std::move(begun));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ != nullptr) (void)connection_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  if (auto done = connection_->run("COMMIT"); !done) return done;
  connection_ = nullptr;
  return {};
}

}  // namespace radtype::cohort
