// Keeps the write-ahead log short. A thread of low priority copies it into the database every few thousand pages; with
// steady writes that alone never lets the log start again from its beginning (limits.md 10.5), so past a bound the
// writer copies the few pages left itself, between two groups, right after the thread has copied the rest: whoever waits
// for those groups waits for that copy and its sync too. The file is never truncated: overwriting a log is cheaper than
// growing one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "gateway/store/sqlite_connection.hpp"

namespace gateway::store {

class SqliteCheckpoint {
 public:
  struct Settings {
    int pages = 4'000;          // since the last copy, before the thread begins the next
    int writer_pages = 16'000;  // in the log, before the writer itself does it
    bool thread = true;         // false: only the writer (a test that must be replayed)
  };

  // `failed` is told about an I/O error in the thread.
  SqliteCheckpoint(SqliteConnection& writer, SqliteFile, Settings, std::function<void(const StoreError&)> failed);
  ~SqliteCheckpoint();

  // Writer's thread, between two groups: does what is due. A full disk is no failure: the log keeps what cannot be
  // copied.
  void between_groups();
  // Writer's thread: copy now, so that the log can start again without taking more of the disk.
  void now();
  std::int64_t log_pages() const { return pages_.load(std::memory_order_relaxed); }

 private:
  static int on_commit(void* self, sqlite3*, const char*, int pages);
  static void copy(SqliteConnection&);
  void run();
  void wait_for_thread();
  void ask_thread();
  bool thread_idle();

  SqliteConnection& writer_;
  SqliteFile file_;
  Settings settings_;
  std::function<void(const StoreError&)> failed_;
  std::atomic<std::int64_t> pages_{0};
  std::int64_t pages_seen_ = 0, pages_new_ = 0;  // writer's thread, as the next
  int last_copies_ = 0;                          // asked of the thread, so that little is left for the writer
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  bool wanted_ = false, copying_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace gateway::store
