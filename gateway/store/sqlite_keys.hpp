// Idempotency key -> id of the observation or event stored under it. Keys are uniformly random, so a tree of them would
// be written at a new place for every reading. Instead they lie in sorted runs, each written once from end to end: the
// tail (in memory), runs made of a merged tail, and runs made of four runs of the level below. A newer run wins over an
// older one.
//
// Table key_chunk holds a run as rows of 168 sorted (key, id) pairs, one page each. In memory per run: the first key of
// each chunk and a Bloom filter, kept in table key_filter so that a start reads them and not the keys.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "gateway/store/key_filter.hpp"
#include "gateway/store/key_map.hpp"
#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/tail.hpp"

namespace gateway::store {

struct KeyRun {
  std::int64_t id = 0;
  std::int64_t newest = 0;  // the newest merged tail in it: runs are ordered by this
  int level = 0;
  std::size_t keys = 0;
  std::vector<std::uint64_t> fences;  // first 8 bytes of each chunk's first key
  KeyFilter filter{0};
};
using KeyRuns = std::vector<std::shared_ptr<const KeyRun>>;  // newest first

// 168 * 24 bytes and the row's head fit one leaf page of 4096 bytes without overflow.
constexpr std::size_t keys_per_chunk = 168;
constexpr std::size_t bytes_per_key = sizeof(Key) + sizeof(std::int64_t);

enum class RunState : std::uint8_t { building = 0, live = 1, dead = 2 };

class KeyIndex {
 public:
  explicit KeyIndex(const Tail& tail) : tail_(tail) {}

  // Any thread, outside a transaction of an older state.
  void find(SqliteConnection&, std::span<const Key> keys, std::span<std::int64_t> found) const;

  // Committer's thread: the runs after a commit that changed them. Whoever searches in the old ones keeps them; they
  // may be deleted from the store once it lets go (in_use).
  void publish(KeyRuns);
  std::shared_ptr<const KeyRuns> runs() const;
  void load(SqliteConnection&);  // at start

 private:
  const Tail& tail_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeyRuns> runs_ = std::make_shared<KeyRuns>();
};

// Pairs of one chunk, sorted.
std::vector<KeyMap::Slot> read_chunk(SqliteConnection&, const KeyRun&, std::size_t chunk);

// Writes one run from its first key to its last, within the caller's transactions.
class KeyRunWriter {
 public:
  KeyRunWriter(std::int64_t id, std::int64_t newest, int level, std::size_t most_keys);
  void begin(SqliteConnection&) const;  // registers the run as being built
  void add(SqliteConnection&, const KeyMap::Slot&);
  void finish_chunk(SqliteConnection&);
  // One part of the filter a call; false after the last.
  bool write_filter_part(SqliteConnection&);
  // The run counts from here on.
  std::shared_ptr<const KeyRun> finish(SqliteConnection&);
  std::int64_t id() const { return run_->id; }
  std::size_t chunks() const { return run_->fences.size(); }

 private:
  std::shared_ptr<KeyRun> run_;
  std::vector<std::uint8_t> chunk_;
  std::vector<std::uint64_t> numbers_;
  std::size_t filter_written_ = 0;
};

// Deletes up to `most_chunks` of a run that does not count; false when nothing of it is left.
bool delete_some_of_run(SqliteConnection&, std::int64_t run, std::size_t most_chunks);

}  // namespace gateway::store
