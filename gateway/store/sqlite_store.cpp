#include "gateway/store/sqlite_store.hpp"

#include <atomic>
#include <mutex>

#include "gateway/store/sqlite_reader.hpp"
#include "gateway/store/sqlite_schema.hpp"
#include "gateway/store/sqlite_writer.hpp"

namespace gateway::store {
namespace {

// Reading connections that wait for their next use.
class ReaderPool {
 public:
  ReaderPool(SqliteFile file, std::int64_t cache_bytes, std::size_t most_idle)
      : file_(std::move(file)), cache_bytes_(cache_bytes), most_idle_(most_idle) {}

  std::unique_ptr<SqliteConnection> take() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<SqliteConnection> db = std::move(idle_.back());
        idle_.pop_back();
        return db;
      }
    }
    return std::make_unique<SqliteConnection>(file_, SqliteConnection::Mode::read_only, cache_bytes_);
  }

  void give_back(std::unique_ptr<SqliteConnection> db) {
    std::lock_guard lock(mutex_);
    if (idle_.size() < most_idle_) idle_.push_back(std::move(db));
  }

 private:
  SqliteFile file_;
  std::int64_t cache_bytes_;
  std::size_t most_idle_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
};

// Holds its connection; a base, so that it is there before SqliteReader uses it.
struct HeldConnection {
  ReaderPool& pool;
  std::unique_ptr<SqliteConnection> db;
  ~HeldConnection() { pool.give_back(std::move(db)); }
};

class PooledReader : HeldConnection, public SqliteReader {
 public:
  PooledReader(ReaderPool& readers, const Tail& tail, const KeyIndex& keys)
      : HeldConnection{readers, readers.take()}, SqliteReader(*HeldConnection::db, tail, keys) {}
};

class SqliteStore : public Store {
 public:
  explicit SqliteStore(SqliteOptions options)
      : options_(std::move(options)),
        file_{options_.path, options_.vfs},
        writer_(file_, SqliteConnection::Mode::read_write, options_.writer_cache_bytes),
        keys_(tail_),
        readers_(file_, options_.reader_cache_bytes, options_.idle_readers),
        own_(writer_, tail_, keys_) {
    writer_.execute("pragma journal_mode=wal; pragma synchronous=full");
    migrate(writer_, sqlite_migrations());
    newest_ = own_.newest();
  }

  Tenant tenant(std::string_view name) override {
    if (name.empty()) return Tenant::none;
    writer_.query("insert into tenant(name) values(?1) on conflict(name) do nothing").bind(name).run();
    SqliteQuery query = writer_.query("select id from tenant where name = ?1");
    query.bind(name).step();
    return query.number<Tenant>(0);
  }

  Source source(std::string_view tenant_name, std::string_view name) override {
    if (name.empty()) return Source::none;
    Tenant owner = tenant(tenant_name);
    writer_.query("insert into source(tenant, name) values(?1, ?2) on conflict(tenant, name) do nothing")
        .bind(owner, name)
        .run();
    SqliteQuery query = writer_.query("select id from source where tenant = ?1 and name = ?2");
    query.bind(owner, name).step();
    return query.number<Source>(0);
  }

  std::unique_ptr<Reader> reader() override { return std::make_unique<PooledReader>(readers_, tail_, keys_); }
  Reader& own() override { return own_; }

  Result<Position> commit(const Changes& changes, Lane) override {
    Position first = newest_ + 1;
    try {
      placements_.clear();
      SqliteTransaction transaction(writer_);
      write_changes(writer_, changes, first, placements_);
      index_inline();
      transaction.commit();
    } catch (const StoreError& failure) {
      return error_of(failure);
    }
    newest_ += static_cast<Position>(changes.journal.size());
    return first;
  }

  bool upkeep() override { return false; }

  Health health() override {
    std::lock_guard lock(health_mutex_);
    return health_;
  }

 private:
  void index_inline() {
    for (const TailRow& row : placements_.added) {
      if (row.observation) place(row);
      check_key(row);
      writer_.query("replace into reading_key(key, id) values(?1, ?2)").bind(row.key, row.id).run();
    }
    for (const Placements::Move& move : placements_.moved) {
      for (std::int64_t owner : {move.from.patient.value, -static_cast<std::int64_t>(move.from.tenant)}) {
        writer_.query("delete from series where owner = ?1 and kind = ?2 and measured = ?3 and id = ?4")
            .bind(owner, move.from.kind, move.from.measured, move.from.id)
            .run();
      }
      place(move.to);
    }
  }

  // A key names one reading. Only one entered in error gives it up, to the reading that stands for it on the right
  // patient.
  void check_key(const TailRow& row) {
    std::int64_t holder = 0;
    keys_.find(writer_, {&row.key, 1}, {&holder, 1});
    if (holder == 0) return;
    SqliteQuery query = writer_.query("select status from observation where id = ?1");
    query.bind(holder);
    if (!query.step() || query.number<Status>(0) != Status::entered_in_error) {
      throw StoreError(StoreError::Cause::conflict, "store: a key that is taken");
    }
  }

  void place(const TailRow& row) {
    for (std::int64_t owner : {row.patient.value, -static_cast<std::int64_t>(row.tenant)}) {
      writer_.query("insert into series(owner, kind, measured, id) values(?1, ?2, ?3, ?4)")
          .bind(owner, row.kind, row.measured, row.id)
          .run();
    }
  }

  static fhir::Error error_of(const StoreError& failure) {
    switch (failure.cause()) {
      case StoreError::Cause::conflict:
        return {fhir::ErrorCategory::conflict, "a uniqueness rule of the store"};
      case StoreError::Cause::disk_full:
        return {fhir::ErrorCategory::unavailable, "disk full"};
      default:
        return {fhir::ErrorCategory::unavailable, failure.what()};
    }
  }

  SqliteOptions options_;
  SqliteFile file_;
  SqliteConnection writer_;
  Tail tail_;
  KeyIndex keys_;
  ReaderPool readers_;
  SqliteReader own_;
  Placements placements_;
  Position newest_ = 0;
  std::mutex health_mutex_;
  Health health_;
};

}  // namespace

std::unique_ptr<Store> open_sqlite(SqliteOptions options) {
  return std::make_unique<SqliteStore>(std::move(options));
}

}  // namespace gateway::store
