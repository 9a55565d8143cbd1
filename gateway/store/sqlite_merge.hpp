// Brings the tail into the store, and runs of keys into larger runs, in portions short enough to stand between two
// groups. Each portion is a transaction of its own; a crash or a failure between two leaves a state from which the next
// one goes on. The committer's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/sqlite_keys.hpp"
#include "gateway/store/sqlite_writer.hpp"
#include "gateway/store/tail.hpp"

namespace gateway::store {

class SqliteMerge {
 public:
  struct Settings {
    std::size_t tail_rows = 65'536;       // a merge starts when the tail has this many
    std::size_t portion_entries = 4'000;  // series entries, two for a reading
    std::size_t portion_chunks = 128;     // chunks of keys, 168 each
    std::size_t runs_per_level = 4;
  };

  SqliteMerge(SqliteConnection& db, Tail& tail, KeyIndex& keys, Settings settings)
      : db_(db), tail_(tail), keys_(keys), settings_(settings) {}

  // At start: the tail from the rows above the mark, the runs from their filters.
  void load();

  bool due() const;
  // One portion of what is due.
  void step();
  // Newest id that is merged or being merged; new rows have to be above it.
  std::int64_t boundary() const { return tail_.merging() ? tail_.frozen().highest : merged_; }

  // Amendments of the group in hand that moved rows which are merged already.
  void move_merged(const Placements::Move&);
  void start_over();  // a row that is being merged was moved

 private:
  void start();
  void step_series();
  void step_keys();
  void finish_merge(KeyRuns);
  bool start_compaction();
  void step_compaction();
  bool step_deletion();
  std::int64_t next_run();

  // A merge of the frozen tail: series in order, each sorted when its turn comes, then the keys as a run of their own.
  struct Progress {
    std::vector<SeriesId> series;
    std::size_t next_series = 0, next_entry = 0;
  };
  struct KeyProgress {
    std::vector<KeyMap::Slot> sorted;
    KeyRunWriter run;
    std::size_t next = 0;
    bool begun = false;
  };
  struct Source {
    std::shared_ptr<const KeyRun> run;
    std::vector<KeyMap::Slot> pairs;
    std::size_t next_pair = 0, next_chunk = 0;
  };
  struct Compaction {
    std::vector<Source> sources;  // newest first
    KeyRunWriter out;
    bool begun = false, keys_done = false;
  };
  static bool take_smallest(SqliteConnection&, Compaction&, KeyMap::Slot&);

  SqliteConnection& db_;
  Tail& tail_;
  KeyIndex& keys_;
  Settings settings_;
  std::int64_t merged_ = 0;
  std::optional<Progress> progress_;
  std::optional<KeyProgress> key_progress_;
  std::optional<Compaction> compaction_;
  // Runs that were replaced, until no reader searches in them.
  std::vector<std::weak_ptr<const KeyRun>> retired_;
  bool look_at_runs_ = true;  // there may be runs to compact, or to delete: dead ones, or left half-built
};

}  // namespace gateway::store
