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
};

// Opens, creates or migrates. Throws StoreError (store_error.hpp).
std::unique_ptr<Store> open_sqlite(SqliteOptions);

}  // namespace gateway::store
