// Idempotency key -> id of the observation or event stored under it: the merged part in the store united with the tail.
#pragma once

#include <span>

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/tail.hpp"

namespace gateway::store {

class KeyIndex {
 public:
  explicit KeyIndex(const Tail& tail) : tail_(tail) {}
  void find(SqliteConnection&, std::span<const Key> keys, std::span<std::int64_t> found) const;

 private:
  const Tail& tail_;
};

}  // namespace gateway::store
