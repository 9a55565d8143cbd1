// One SQLite connection and its prepared statements. With the other gateway/store/sqlite_* files the only place that
// spells sqlite3 types. A connection belongs to one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "gateway/store/rows.hpp"
#include "gateway/store/store_error.hpp"

namespace gateway::store {

// A failed SQLite call, with what to do about it as the cause. The text names the call, never SQL or a value.
[[noreturn]] void throw_sqlite(int code, sqlite3* db, std::string_view during);

constexpr std::int64_t micros(Time t) {
  return t.time_since_epoch().count();
}
constexpr Time time_of(std::int64_t micros) {
  return Time{std::chrono::microseconds{micros}};
}

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};

// A statement in use: values are bound in order, rows are stepped through, and the statement is reset when this goes
// out of scope. Bound text and bytes are not copied: they must outlive the use. One use of a statement at a time.
class SqliteQuery {
 public:
  SqliteQuery(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  ~SqliteQuery() {
    if (statement_) reset();
  }
  SqliteQuery(SqliteQuery&& other) noexcept : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}
  SqliteQuery& operator=(SqliteQuery&&) = delete;

  template <class... T>
  SqliteQuery& bind(const T&... values) {
    (put(++bound_, values), ...);
    return *this;
  }
  bool step();  // true: a row is there
  void run() { step(); }
  void reset() {
    sqlite3_reset(statement_);
    bound_ = 0;
  }

  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  template <class T>
  T number(int column) const {
    if constexpr (IsId<T>::value) {
      return T{integer(column)};
    } else {
      return static_cast<T>(integer(column));
    }
  }
  Time time(int column) const { return time_of(integer(column)); }
  std::optional<Time> optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
  }
  std::string_view view(int column) const;
  std::string text(int column) const { return std::string(view(column)); }
  Key key(int column) const;

 private:
  void put(int index, std::int64_t value) { check(sqlite3_bind_int64(statement_, index, value)); }
  template <class T>
    requires(std::is_enum_v<T> || std::is_integral_v<T>)
  void put(int index, T value) {
    put(index, static_cast<std::int64_t>(value));
  }
  template <class Tag>
  void put(int index, Id<Tag> id) {
    put(index, id.value);
  }
  void put(int index, Time t) { put(index, micros(t)); }
  void put(int index, std::nullptr_t) { check(sqlite3_bind_null(statement_, index)); }
  void put(int index, std::string_view text) {
    check(sqlite3_bind_text64(statement_, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
  }
  void put(int index, const std::string& text) { put(index, std::string_view(text)); }
  void put(int index, std::span<const std::uint8_t> bytes) {
    check(
        sqlite3_bind_blob64(statement_, index, bytes.data() ? bytes.data() : bytes_none, bytes.size(), SQLITE_STATIC));
  }
  void put(int index, const Key& key) { put(index, std::span<const std::uint8_t>(key)); }
  template <class T>
  void put(int index, const std::optional<T>& value) {
    if (value) {
      put(index, *value);
    } else {
      put(index, nullptr);
    }
  }
  void check(int code) {
    if (code != SQLITE_OK) throw_sqlite(code, db_, "bind");
  }

  static constexpr std::uint8_t bytes_none[1] = {0};
  sqlite3* db_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

struct SqliteFile {
  std::string path;
  std::string vfs;  // empty: the platform's
};

class SqliteConnection {
 public:
  enum class Mode : std::uint8_t { read_write, read_only };
  SqliteConnection(const SqliteFile&, Mode, std::int64_t cache_bytes, int busy_timeout_ms = 5'000);

  // A statement kept prepared for the life of the connection; `sql` must be a literal (it is known by its address).
  SqliteQuery query(const char* sql);
  // One-off, or several statements separated by semicolons.
  void execute(const std::string& sql);
  // A statement that is thrown away after use (assembled from fixed fragments).
  class Once;
  Once once(const std::string& sql);

  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  sqlite3* raw() { return db_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;
  Prepared prepare(std::string_view sql, unsigned flags);

  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<const char*, Prepared> statements_;
};

class SqliteConnection::Once {
 public:
  Once(sqlite3* db, Prepared statement) : statement_(std::move(statement)), query(db, statement_.get()) {}

 private:
  Prepared statement_;

 public:
  SqliteQuery query;
};

// What several statements read is one state of the store.
class SqliteSnapshot {
 public:
  explicit SqliteSnapshot(SqliteConnection& db) : db_(db), outer_(db.in_transaction()) {
    if (!outer_) db_.query("begin").run();
  }
  ~SqliteSnapshot();
  SqliteSnapshot(const SqliteSnapshot&) = delete;

 private:
  SqliteConnection& db_;
  bool outer_;
};

// A write transaction; rolled back unless commit() returned.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteConnection& db) : db_(db) { db_.query("begin immediate").run(); }
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  void commit() { db_.query("commit").run(); }

 private:
  SqliteConnection& db_;
};

}  // namespace gateway::store
