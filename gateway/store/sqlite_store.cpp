#include "gateway/store/sqlite_store.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "gateway/store/sqlite_checkpoint.hpp"
#include "gateway/store/sqlite_merge.hpp"
#include "gateway/store/sqlite_names.hpp"
#include "gateway/store/sqlite_reader.hpp"
#include "gateway/store/sqlite_reserve.hpp"
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
  HeldConnection(ReaderPool& readers) : pool(readers), db(readers.take()) {}
  ~HeldConnection() { pool.give_back(std::move(db)); }
  HeldConnection(const HeldConnection&) = delete;
};

class PooledReader : HeldConnection, public SqliteReader {
 public:
  PooledReader(ReaderPool& readers, const Tail& tail, const KeyIndex& keys)
      : HeldConnection(readers), SqliteReader(*HeldConnection::db, tail, keys) {}
};

// One process at a time: the tail is in memory, so a second writer's rows would not be found by the first. Held by an
// exclusive lock on an empty database beside the store, which the kernel lets go of when the process dies.
class ProcessLock {
 public:
  explicit ProcessLock(const SqliteFile& store) {
    try {
      db_.emplace(SqliteFile{store.path + "-lock", store.vfs}, SqliteConnection::Mode::read_write, 0, 0);
      db_->execute("pragma journal_mode=memory; begin exclusive");
    } catch (const StoreError& error) {
      if (error.cause() != StoreError::Cause::in_use) throw;
      throw StoreError(StoreError::Cause::in_use, "store: another process has it open");
    }
  }

 private:
  std::optional<SqliteConnection> db_;
};

std::function<std::int64_t()> free_bytes_of(const SqliteOptions& options) {
  if (options.free_bytes) return options.free_bytes;
  std::filesystem::path directory = std::filesystem::path(options.path).parent_path();
  if (directory.empty()) directory = ".";
  return [directory] {
    std::error_code error;
    std::filesystem::space_info space = std::filesystem::space(directory, error);
    return error ? 0 : static_cast<std::int64_t>(space.available);
  };
}

class SqliteStore : public Store {
 public:
  explicit SqliteStore(SqliteOptions options)
      : options_(std::move(options)),
        file_{options_.path, options_.vfs},
        lock_(file_),
        writer_(file_, SqliteConnection::Mode::read_write, options_.writer_cache_bytes),
        names_(writer_),
        keys_(tail_),
        readers_(file_, options_.reader_cache_bytes, options_.idle_readers),
        own_(writer_, tail_, keys_),
        free_bytes_(free_bytes_of(options_)),
        merge_(writer_, tail_, keys_,
               {options_.tail_rows, 2 * options_.merge_portion_rows, options_.merge_portion_chunks, 4}) {
    writer_.execute("pragma journal_mode=wal; pragma synchronous=full");
    migrate(writer_, sqlite_migrations());
    names_.load();
    merge_.load();
    newest_ = own_.newest();
    checkpoint_.emplace(writer_, file_,
                        SqliteCheckpoint::Settings{options_.checkpoint_pages, options_.writer_checkpoint_pages,
                                                   options_.checkpoint_thread},
                        [this](const StoreError& error) { note(error); });
    reserve_.emplace(file_, options_.reserve_bytes, free_bytes_);
    if (!reserve_->whole()) set_disk_full(true);
  }

  Tenant tenant(std::string_view name) override { return names_.tenant(name); }
  Source source(std::string_view tenant, std::string_view name) override { return names_.source(tenant, name); }

  std::unique_ptr<Reader> reader() override { return std::make_unique<PooledReader>(readers_, tail_, keys_); }
  Reader& own() override { return own_; }

  Result<Position> commit(const Changes& changes, Lane lane) override {
    if (failed_) return unavailable();
    // Until the reserve is whole again it and what it freed belong to the urgent lane.
    if (lane == Lane::bulk && !reserve_->whole()) return disk_full();
    Result<Position> result = attempt(changes);
    if (full_ && lane == Lane::urgent && make_room()) result = attempt(changes);
    return result;
  }

  bool upkeep() override {
    if (failed_) return false;
    bool idle = rows_since_upkeep_ == 0;
    rows_since_portion_ += std::exchange(rows_since_upkeep_, 0);
    try {
      reserve_->rebuild();
      if (!reserve_->whole()) {
        if (checkpoint_->log_pages() >= log_pages_when_full()) checkpoint_->now();
        return false;
      }
      if (disk_full_ && free_bytes_() >= enough_again) set_disk_full(false);
      checkpoint_->between_groups();
      if (!merge_.due()) return false;
      // Under load portions are spread over the groups, yet merge twice as fast as rows arrive.
      if (!idle && 2 * rows_since_portion_ < options_.merge_portion_rows) return true;
      rows_since_portion_ = 0;
      merge_.step();
      return merge_.due();
    } catch (const StoreError& error) {
      note(error);
      return false;
    }
  }

  Health health() override {
    std::lock_guard lock(health_mutex_);
    Health health = health_;
    health.wal_bytes = checkpoint_->log_pages() * page_bytes;
    health.unmerged_rows = static_cast<std::int64_t>(tail_.rows());
    return health;
  }

 private:
  // While the disk is full the log is copied often and starts again, so that what the reserve gave goes to rows, not to
  // the log.
  std::int64_t log_pages_when_full() const {
    return std::clamp<std::int64_t>(options_.reserve_bytes / page_bytes / 16, 32, 1'000);
  }
  static constexpr std::int64_t page_bytes = 4096;
  // Free bytes at which a full disk counts as having room, for the health when nothing is being written.
  static constexpr std::int64_t enough_again = 4 << 20;

  Result<Position> attempt(const Changes& changes) {
    Position first = newest_ + 1;
    full_ = false;
    placements_.clear();
    added_ = false;
    moved_ = 0;
    try {
      SqliteTransaction transaction(writer_);
      write_changes(writer_, changes, first, placements_);
      place();
      transaction.commit();
    } catch (const StoreError& error) {
      withdraw();
      note(error);
      if (error.cause() == StoreError::Cause::conflict) return fhir::Error(fhir::ErrorCategory::conflict, error.what());
      return error.cause() == StoreError::Cause::disk_full ? disk_full() : unavailable();
    } catch (...) {
      withdraw();
      throw;
    }
    if (restart_merge_) merge_.start_over();
    restart_merge_ = false;
    newest_ += static_cast<Position>(changes.journal.size());
    rows_since_upkeep_ += changes.observations.size() + changes.events.size() + 1;
    if (reserve_->whole()) set_disk_full(false);
    return first;
  }

  // -- what the tail has to know, before the commit so that whoever sees the commit finds its rows

  void place() {
    if (placements_.added.empty() && placements_.moved.empty()) return;
    for (const TailRow& row : placements_.added) {
      if (row.id <= merge_.boundary())
        throw StoreError(StoreError::Cause::conflict, "store: an id older than what is merged");
    }
    check_keys();
    tail_.add(placements_.added, keys_before_);
    added_ = true;
    for (std::size_t i = 0; i < placements_.added.size(); ++i) {
      if (keys_before_[i] != 0 && keys_before_[i] != holders_[i])
        require_given_up(keys_before_[i]);  // twice in this group
    }
    for (const Placements::Move& move : placements_.moved) {
      merge_.move_merged(move);
      restart_merge_ = tail_.move(move.from, move.to) == Tail::Where::frozen || restart_merge_;
      ++moved_;
    }
  }

  void withdraw() {
    if (moved_ > 0) restart_merge_ = false;
    while (moved_ > 0) {
      const Placements::Move& move = placements_.moved[--moved_];
      if (tail_.move(move.to, move.from) == Tail::Where::frozen) merge_.start_over();
    }
    if (added_) tail_.withdraw(placements_.added, keys_before_);
    added_ = false;
  }

  // A key names one reading. Only one entered in error gives it up, to the reading that stands for it on the right
  // patient.
  void check_keys() {
    new_keys_.clear();
    for (const TailRow& row : placements_.added) new_keys_.push_back(row.key);
    holders_.assign(new_keys_.size(), 0);
    keys_.find(writer_, new_keys_, holders_);
    for (std::int64_t holder : holders_) {
      if (holder != 0) require_given_up(holder);
    }
  }

  void require_given_up(std::int64_t holder) {
    SqliteQuery query = writer_.query("select status from observation where id = ?1");
    query.bind(holder);
    if (!query.step() || query.number<Status>(0) != Status::entered_in_error) {
      throw StoreError(StoreError::Cause::conflict, "store: a key that is taken");
    }
  }

  // -- failures

  // Any thread. After an I/O error nothing is written any more: what a failed sync left on the disk is not known, and a
  // second sync may report success for pages the kernel has dropped (reliability: PostgreSQL's fsync errors). Opening
  // the store again reads what is really there.
  void note(const StoreError& error) {
    switch (error.cause()) {
      case StoreError::Cause::conflict:
        return;
      case StoreError::Cause::disk_full:
        full_ = true;
        return set_disk_full(true);
      default: {
        failed_ = true;
        std::lock_guard lock(health_mutex_);
        health_.writable = false;
        health_.detail = std::string(error.what()) + "; nothing is written until the store is opened again";
      }
    }
  }

  void set_disk_full(bool full) {
    if (full == disk_full_) return;
    std::lock_guard lock(health_mutex_);
    if (failed_) return;
    disk_full_ = full;
    health_.writable = !full;
    health_.detail = full ? "disk full" : "";
  }

  // Even without a reserve left the log may give room: once copied it starts again in the place it has.
  bool make_room() {
    reserve_->release();
    try {
      checkpoint_->now();
    } catch (const StoreError& error) {
      note(error);
      return false;
    }
    return true;
  }

  static fhir::Error disk_full() { return {fhir::ErrorCategory::unavailable, "disk full"}; }
  fhir::Error unavailable() { return {fhir::ErrorCategory::unavailable, health().detail}; }

  SqliteOptions options_;
  SqliteFile file_;
  ProcessLock lock_;
  SqliteConnection writer_;
  SqliteNames names_;
  Tail tail_;
  KeyIndex keys_;
  ReaderPool readers_;
  SqliteReader own_;
  std::function<std::int64_t()> free_bytes_;
  SqliteMerge merge_;
  std::mutex health_mutex_;
  Health health_;
  std::atomic<bool> failed_{false};
  std::optional<SqliteCheckpoint> checkpoint_;
  std::optional<SqliteReserve> reserve_;

  // The group in hand.
  Placements placements_;
  std::vector<Key> new_keys_;
  std::vector<std::int64_t> holders_, keys_before_;
  std::size_t moved_ = 0;
  bool added_ = false, restart_merge_ = false, full_ = false, disk_full_ = false;

  Position newest_ = 0;
  std::size_t rows_since_upkeep_ = 0, rows_since_portion_ = 0;
};

}  // namespace

std::unique_ptr<Store> open_sqlite(SqliteOptions options) {
  return std::make_unique<SqliteStore>(std::move(options));
}

}  // namespace gateway::store
