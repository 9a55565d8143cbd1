#include "gateway/store/sqlite_keys.hpp"

#include <algorithm>

namespace gateway::store {

void KeyIndex::find(SqliteConnection& db, std::span<const Key> keys, std::span<std::int64_t> found) const {
  std::fill(found.begin(), found.end(), 0);
  tail_.find(keys, found);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (found[i] != 0) continue;
    SqliteQuery query = db.query("select id from reading_key where key = ?1");
    query.bind(keys[i]);
    if (query.step()) found[i] = query.integer(0);
  }
}

}  // namespace gateway::store
