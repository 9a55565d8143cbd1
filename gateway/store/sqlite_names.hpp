// The small numbers of tenants and sources. All known names are held in memory, because they are asked for by every thread and
// a connection belongs to one; only a new name is written, through the committer's connection, before the committer runs or on its thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/store.hpp"

namespace gateway::store {

class SqliteNames {
 public:
  explicit SqliteNames(SqliteConnection& writer) : writer_(writer) {}

  void load();  // once the schema is there
  Tenant tenant(std::string_view name);
  Source source(std::string_view tenant, std::string_view name);

 private:
  Tenant known_or_new(std::string_view name);  // under the mutex

  SqliteConnection& writer_;
  std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
  std::map<std::pair<Tenant, std::string>, Source> sources_;
};

}  // namespace gateway::store
