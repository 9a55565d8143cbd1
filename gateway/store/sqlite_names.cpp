#include "gateway/store/sqlite_names.hpp"

namespace gateway::store {
namespace {

template <class Number>
Number inserted(SqliteQuery& query) {
  query.step();
  auto number = query.number<Number>(0);
  query.run();  // to its end: only then is it committed
  return number;
}

}  // namespace

void SqliteNames::load() {
  std::lock_guard lock(mutex_);
  SqliteQuery tenants = writer_.query("select id, name from tenant");
  while (tenants.step()) tenants_.emplace(tenants.text(1), tenants.number<Tenant>(0));
  SqliteQuery sources = writer_.query("select id, tenant, name from source");
  while (sources.step()) {
    sources_.emplace(std::pair(sources.number<Tenant>(1), sources.text(2)), sources.number<Source>(0));
  }
}

Tenant SqliteNames::tenant(std::string_view name) {
  if (name.empty()) return Tenant::none;
  std::lock_guard lock(mutex_);
  return known_or_new(name);
}

Source SqliteNames::source(std::string_view tenant, std::string_view name) {
  if (name.empty()) return Source::none;
  std::lock_guard lock(mutex_);
  std::pair key(tenant.empty() ? Tenant::none : known_or_new(tenant), std::string(name));
  if (auto known = sources_.find(key); known != sources_.end()) return known->second;
  SqliteQuery query = writer_.query("insert into source(tenant, name) values(?1, ?2) returning id");
  return sources_.emplace(std::move(key), inserted<Source>(query.bind(key.first, name))).first->second;
}

Tenant SqliteNames::known_or_new(std::string_view name) {
  if (auto known = tenants_.find(name); known != tenants_.end()) return known->second;
  SqliteQuery query = writer_.query("insert into tenant(name) values(?1) returning id");
  return tenants_.emplace(name, inserted<Tenant>(query.bind(name))).first->second;
}

}  // namespace gateway::store
