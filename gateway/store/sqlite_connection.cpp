#include "gateway/store/sqlite_connection.hpp"

#include <algorithm>
#include <mutex>

namespace gateway::store {
namespace {

StoreError::Cause cause_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return StoreError::Cause::disk_full;
    case SQLITE_CONSTRAINT:
      return StoreError::Cause::conflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreError::Cause::in_use;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreError::Cause::damaged;
    default:
      return StoreError::Cause::failed;
  }
}

}  // namespace

void throw_sqlite(int code, sqlite3* db, std::string_view during) {
  // The extended code says which operation of the disk failed (SQLITE_IOERR_FSYNC); sqlite3_errmsg may quote SQL, so it
  // stays out.
  int extended = db ? sqlite3_extended_errcode(db) : code;
  if ((extended & 0xff) != (code & 0xff)) extended = code;
  throw StoreError(cause_of(code), "store: " + std::string(during) + ": " + sqlite3_errstr(code) + " (" +
                                       std::to_string(extended) + ")");
}

bool SqliteQuery::step() {
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw_sqlite(code, db_, sqlite3_stmt_readonly(statement_) ? "read" : "write");
}

std::string_view SqliteQuery::view(int column) const {
  // Blob access serves text too and skips the check for a terminating zero.
  const void* data = sqlite3_column_blob(statement_, column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data ? std::string_view(static_cast<const char*>(data), size) : std::string_view();
}

Key SqliteQuery::key(int column) const {
  std::string_view bytes = view(column);
  if (bytes.size() != sizeof(Key)) throw StoreError(StoreError::Cause::damaged, "store: a key of a wrong length");
  Key key;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

SqliteConnection::SqliteConnection(const SqliteFile& file, Mode mode, std::int64_t cache_bytes, int busy_timeout_ms) {
  // Counting every allocation under one lock would make readers wait for each other.
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
  sqlite3* db = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX |
              (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE);
  int code = sqlite3_open_v2(file.path.c_str(), &db, flags, file.vfs.empty() ? nullptr : file.vfs.c_str());
  db_.reset(db);
  if (code != SQLITE_OK) throw_sqlite(code, db, "open");
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_timeout_ms);
  execute("pragma cache_size=-" + std::to_string(cache_bytes / 1024));
  execute("pragma mmap_size=0; pragma temp_store=memory");
  if (mode == Mode::read_only) execute("pragma query_only=1");
}

SqliteConnection::Prepared SqliteConnection::prepare(std::string_view sql, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), flags, &statement, nullptr);
  if (code != SQLITE_OK) throw_sqlite(code, db_.get(), "prepare");
  return Prepared(statement);
}

SqliteQuery SqliteConnection::query(const char* sql) {
  Prepared& statement = statements_[sql];
  if (!statement) statement = prepare(sql, SQLITE_PREPARE_PERSISTENT);
  return SqliteQuery(db_.get(), statement.get());
}

SqliteConnection::Once SqliteConnection::once(const std::string& sql) {
  return Once(db_.get(), prepare(sql, 0));
}

void SqliteConnection::execute(const std::string& sql) {
  int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_sqlite(code, db_.get(), "execute");
}

SqliteSnapshot::~SqliteSnapshot() {
  if (outer_ || !db_.in_transaction()) return;
  // Nothing was written, so a failure here can lose nothing; the next read reports a broken file.
  sqlite3_exec(db_.raw(), "commit", nullptr, nullptr, nullptr);
}

SqliteTransaction::~SqliteTransaction() {
  if (db_.in_transaction()) sqlite3_exec(db_.raw(), "rollback", nullptr, nullptr, nullptr);
}

}  // namespace gateway::store
