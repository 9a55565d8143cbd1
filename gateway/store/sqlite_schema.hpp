// The tables and how they came to be: a list of migrations, each one transaction, each applied once, never changed
// after a release. PRAGMA user_version is the number of migrations applied.
#pragma once

#include <span>

#include "gateway/store/sqlite_connection.hpp"

namespace gateway::store {

std::span<const char* const> sqlite_migrations();

// Brings the file to the newest schema. Throws newer_schema when it already is beyond it, damaged when it is not a
// store of ours.
void migrate(SqliteConnection&, std::span<const char* const> migrations);

}  // namespace gateway::store
