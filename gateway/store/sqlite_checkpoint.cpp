#include "gateway/store/sqlite_checkpoint.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

namespace gateway::store {
namespace {

// Behind everything that somebody waits for, yet not starved (nice 0 is the rest of the program).
constexpr int checkpoint_niceness = 10;
constexpr std::int64_t checkpoint_cache_bytes = 256 * 1024;
// While a reader holds the log open the writer cannot make it start again; it tries anew after so many pages, as each
// try syncs.
constexpr std::int64_t pages_between_tries = 500;
// Pages the writer copies without making anybody wait noticeably, and rounds of the thread to come down to it.
constexpr std::int64_t writers_part = 250;
constexpr int most_last_copies = 5;

}  // namespace

SqliteCheckpoint::SqliteCheckpoint(SqliteConnection& writer, SqliteFile file, Settings settings,
                                   std::function<void(const StoreError&)> failed)
    : writer_(writer), file_(std::move(file)), settings_(settings), failed_(std::move(failed)) {
  // The hook takes the place of the automatic checkpoint.
  sqlite3_wal_hook(writer_.raw(), &SqliteCheckpoint::on_commit, this);
  if (settings_.thread) thread_ = std::thread([this] { run(); });
}

SqliteCheckpoint::~SqliteCheckpoint() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  sqlite3_wal_hook(writer_.raw(), nullptr, nullptr);
}

int SqliteCheckpoint::on_commit(void* self, sqlite3*, const char*, int pages) {
  auto& checkpoint = *static_cast<SqliteCheckpoint*>(self);
  // Fewer than before: the log started again.
  checkpoint.pages_new_ += pages >= checkpoint.pages_seen_ ? pages - checkpoint.pages_seen_ : pages;
  checkpoint.pages_seen_ = pages;
  checkpoint.pages_.store(pages, std::memory_order_relaxed);
  return SQLITE_OK;
}

void SqliteCheckpoint::copy(SqliteConnection& db) {
  // PASSIVE waits for nobody: what a reader still needs stays for the next time.
  int code = sqlite3_wal_checkpoint_v2(db.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL) return;
  throw_sqlite(code, db.raw(), "checkpoint");
}

void SqliteCheckpoint::between_groups() {
  const bool long_log = pages_seen_ >= settings_.writer_pages;
  const bool due = pages_new_ >= (long_log ? pages_between_tries : settings_.pages);
  if (!settings_.thread) {
    if (long_log && due) now();
  } else if (pages_seen_ >= 2 * settings_.writer_pages && due) {
    wait_for_thread();
    now();
  } else if (last_copies_ > 0) {
    if (!thread_idle()) return;
    // What was written while the thread copied is the writer's part; each round of the thread leaves less of it.
    if (pages_new_ <= writers_part || last_copies_ == most_last_copies) return now();
    ++last_copies_;
    ask_thread();
  } else if (due) {
    last_copies_ = long_log ? 1 : 0;
    ask_thread();
  }
}

void SqliteCheckpoint::now() {
  pages_new_ = 0;
  last_copies_ = 0;
  copy(writer_);
}

void SqliteCheckpoint::ask_thread() {
  pages_new_ = 0;
  {
    std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  wake_.notify_one();
}

bool SqliteCheckpoint::thread_idle() {
  std::lock_guard lock(mutex_);
  return !wanted_ && !copying_;
}

// While the thread copies, the writer's own copy is refused, and a thread that gets no processor would let the log grow
// without end. The deadline is for a disk that hangs: then the log may as well grow.
void SqliteCheckpoint::wait_for_thread() {
  std::unique_lock lock(mutex_);
  done_.wait_for(lock, std::chrono::seconds(2), [this] { return !copying_ && !wanted_; });
}

void SqliteCheckpoint::run() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), checkpoint_niceness);
  try {
    SqliteConnection db(file_, SqliteConnection::Mode::read_write, checkpoint_cache_bytes);
    db.execute("pragma synchronous=full");
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return wanted_ || stopping_; });
        if (stopping_) return;
        wanted_ = false;
        copying_ = true;
      }
      copy(db);
      {
        std::lock_guard lock(mutex_);
        copying_ = false;
      }
      done_.notify_one();
    }
  } catch (const StoreError& error) {
    failed_(error);
  }
}

}  // namespace gateway::store
