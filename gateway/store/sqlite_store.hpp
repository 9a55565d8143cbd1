// The embedded backend: one SQLite file in WAL mode, one writing connection (the committer's), a pool of reading ones.
// Every acknowledged commit is synced. Nothing of SQLite shows here; the structures are explained in
// docs/decisions/0002-store-structures.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/store/store.hpp"

namespace gateway::store {

struct SqliteOptions {
  std::string path;
  std::string vfs;  // name of a registered SQLite VFS; empty: the platform's. Tests put a faulty disk here.
  std::int64_t writer_cache_bytes = 64 << 20;
  std::int64_t reader_cache_bytes = 2 << 20;
  std::size_t idle_readers = 8;  // connections kept open for the next reader

  // The two random structures (docs/decisions/0002): rows kept in memory before a merge, and how much one portion of
  // upkeep does.
  std::size_t tail_rows = 131'072;
  std::size_t merge_portion_rows = 3'000;
  std::size_t merge_portion_chunks = 128;

  // The write-ahead log: pages between two copies by the low-priority thread, and pages at which the writer helps.
  int checkpoint_pages = 4'000;
  int writer_checkpoint_pages = 16'000;
  bool checkpoint_thread = true;

  // Kept free for events and alarms when the disk is full. A day without space: 64 MiB hold about 10,000 alarms with
  // their changes.
  std::int64_t reserve_bytes = 64 << 20;
  // Bytes free where the store is; empty: asked of the file system.
  std::function<std::int64_t()> free_bytes;
};

// Opens, creates or migrates. Throws StoreError (store_error.hpp).
std::unique_ptr<Store> open_sqlite(SqliteOptions);

}  // namespace gateway::store
