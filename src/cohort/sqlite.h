// A thin layer over SQLite's C interface: errors as values, statements that close themselves.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "radtype/core/error.h"

namespace radtype::cohort {

class Connection;

/// One prepared statement. Binding and reading count from 1 and 0, as SQLite does.
class Statement {
 public:
  void bind(int place, std::int64_t value) { sqlite3_bind_int64(get(), place, value); }
  void bind(int place, double value) { sqlite3_bind_double(get(), place, value); }
  void bind(int place, std::string_view value) {
    sqlite3_bind_text(get(), place, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
  void bind_null(int place) { sqlite3_bind_null(get(), place); }

  /// True when there is a row to read. Done or failed, the statement is ready to be bound and run again.
  Result<bool> step();
  /// step() of a statement that gives no rows.
  Result<void> run();

  std::int64_t integer(int column) const { return sqlite3_column_int64(get(), column); }
  double number(int column) const { return sqlite3_column_double(get(), column); }
  /// NaN for NULL.
  double number_or_nan(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(get(), column) == SQLITE_NULL; }
  std::string text(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3_stmt* get() const { return statement_.get(); }
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  Connection* connection_ = nullptr;
};

class Connection {
 public:
  /// `flags` of sqlite3_open_v2.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path, int flags, int lock_wait_seconds);
  ~Connection() { sqlite3_close(handle_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<Statement> prepare(std::string_view sql);
  Result<void> run(const std::string& sql);  ///< one or several statements without rows to read
  Result<std::int64_t> integer(const std::string& sql);
  Result<std::string> text(const std::string& sql);
  std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_); }
  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  /// What the last call failed with, in words of a user.
  Error error(int code) const;

 private:
  Connection(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}
  sqlite3* handle_;
  std::filesystem::path path_;
};

/// Rolled back when it is left before commit().
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace radtype::cohort
