// Writes one Changes into an open transaction. Throws StoreError; the caller rolls back.
#pragma once

#include <vector>

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/tail.hpp"

namespace gateway::store {

// What the tail has to learn of a group.
struct Placements {
  std::vector<TailRow> added;
  struct Move {
    TailRow from, to;
  };
  std::vector<Move> moved;  // an amendment changed patient, kind or measured time
  void clear() {
    added.clear();
    moved.clear();
  }
};

// `first` is the position of the group's first journal entry.
void write_changes(SqliteConnection&, const Changes&, Position first, Placements&);

}  // namespace gateway::store
