// Space kept for the day the disk is full (invariant 4): a file beside the store, written so that its blocks are really
// allocated. Given up when an urgent group finds no space, rebuilt when there is enough again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/store/sqlite_connection.hpp"

namespace gateway::store {

class SqliteReserve {
 public:
  // `free_bytes` tells what the disk has left; rebuilding asks it first, so that it does not take the space from those
  // it is for.
  SqliteReserve(const SqliteFile& store, std::int64_t bytes, std::function<std::int64_t()> free_bytes);

  bool whole() const { return whole_; }
  void release();
  // Builds what is missing if the disk has that and a margin as large again.
  void rebuild();

 private:
  std::int64_t size() const;
  bool extend(std::int64_t from) const;

  std::string path_;
  sqlite3_vfs* vfs_;
  std::int64_t bytes_;
  std::function<std::int64_t()> free_bytes_;
  bool whole_ = false;
};

}  // namespace gateway::store
