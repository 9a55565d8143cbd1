#include "gateway/store/sqlite_keys.hpp"

#include <algorithm>
#include <cstring>

namespace gateway::store {
namespace {

// Row ids: the run in the high half, the chunk or part in the low half, so that a run is one stretch of its table.
std::int64_t row_of(std::int64_t run, std::size_t place) {
  return (run << 32) | static_cast<std::int64_t>(place);
}

constexpr std::size_t filter_part_bytes = 256 * 1024;

std::uint64_t fence_of(const Key& key) {
  std::uint64_t fence = 0;
  for (std::size_t i = 0; i < 8; ++i) fence = (fence << 8) | key[i];
  return fence;
}

std::string_view chunk_bytes(SqliteQuery& query, std::int64_t run, std::size_t chunk) {
  query.bind(row_of(run, chunk));
  std::string_view bytes = query.step() ? query.view(0) : std::string_view();
  if (bytes.empty() || bytes.size() % bytes_per_key != 0)
    throw StoreError(StoreError::Cause::damaged, "store: a chunk of keys");
  return bytes;
}

constexpr const char* select_chunk = "select pairs from key_chunk where id = ?1";

// 0: not in this chunk.
std::int64_t find_in_chunk(SqliteConnection& db, const KeyRun& run, std::size_t chunk, const Key& key) {
  SqliteQuery query = db.query(select_chunk);
  std::string_view bytes = chunk_bytes(query, run.id, chunk);
  std::size_t low = 0, high = bytes.size() / bytes_per_key;
  while (low < high) {
    std::size_t middle = (low + high) / 2;
    const char* pair = bytes.data() + middle * bytes_per_key;
    int order = std::memcmp(pair, key.data(), sizeof(Key));
    if (order == 0) {
      std::int64_t id;
      std::memcpy(&id, pair + sizeof(Key), sizeof id);
      return id;
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 0;
}

std::int64_t find_in_run(SqliteConnection& db, const KeyRun& run, const Key& key) {
  std::uint64_t fence = fence_of(key);
  auto above = std::upper_bound(run.fences.begin(), run.fences.end(), fence);
  // Keys with the same first bytes may begin in the chunk before one that begins with them.
  for (auto chunk = static_cast<std::size_t>(above - run.fences.begin()); chunk-- > 0;) {
    if (std::int64_t id = find_in_chunk(db, run, chunk, key)) return id;
    if (run.fences[chunk] != fence) return 0;
  }
  return 0;
}

void load_filter(SqliteConnection& db, KeyRun& run, std::size_t chunks) {
  std::vector<std::uint64_t> numbers;
  SqliteQuery query = db.query("select bits from key_filter where id >= ?1 and id < ?2 order by id");
  query.bind(row_of(run.id, 0), row_of(run.id + 1, 0));
  while (query.step()) {
    std::string_view bytes = query.view(0);
    std::size_t before = numbers.size();
    numbers.resize(before + bytes.size() / sizeof(std::uint64_t));
    std::memcpy(numbers.data() + before, bytes.data(), (numbers.size() - before) * sizeof(std::uint64_t));
  }
  if (numbers.size() <= chunks) throw StoreError(StoreError::Cause::damaged, "store: the filter of a run of keys");
  auto end_of_fences = numbers.begin() + static_cast<std::ptrdiff_t>(chunks);
  run.fences.assign(numbers.begin(), end_of_fences);
  run.filter = KeyFilter(std::vector<std::uint64_t>(end_of_fences, numbers.end()));
}

}  // namespace

void KeyIndex::find(SqliteConnection& db, std::span<const Key> keys, std::span<std::int64_t> found) const {
  std::fill(found.begin(), found.end(), 0);
  tail_.find(keys, found);
  // After the tail: a key that has left the tail is in a run published before it left.
  std::shared_ptr<const KeyRuns> runs = this->runs();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (found[i] != 0) continue;
    std::uint64_t hash = key_hash(keys[i]);
    for (const std::shared_ptr<const KeyRun>& run : *runs) {
      if (!run->filter.may_contain(hash)) continue;
      found[i] = find_in_run(db, *run, keys[i]);
      if (found[i] != 0) break;
    }
  }
}

void KeyIndex::publish(KeyRuns runs) {
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a->newest > b->newest; });
  auto fresh = std::make_shared<const KeyRuns>(std::move(runs));
  std::lock_guard lock(mutex_);
  std::swap(runs_, fresh);
}

std::shared_ptr<const KeyRuns> KeyIndex::runs() const {
  std::lock_guard lock(mutex_);
  return runs_;
}

void KeyIndex::load(SqliteConnection& db) {
  KeyRuns runs;
  SqliteQuery query = db.query("select id, newest, level, keys, chunks from key_run where state = 1");
  while (query.step()) {
    auto run = std::make_shared<KeyRun>();
    run->id = query.integer(0);
    run->newest = query.integer(1);
    run->level = query.number<int>(2);
    run->keys = query.number<std::size_t>(3);
    load_filter(db, *run, query.number<std::size_t>(4));
    runs.push_back(std::move(run));
  }
  publish(std::move(runs));
}

std::vector<KeyMap::Slot> read_chunk(SqliteConnection& db, const KeyRun& run, std::size_t chunk) {
  SqliteQuery query = db.query(select_chunk);
  std::string_view bytes = chunk_bytes(query, run.id, chunk);
  std::vector<KeyMap::Slot> pairs(bytes.size() / bytes_per_key);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    std::memcpy(pairs[i].key.data(), bytes.data() + i * bytes_per_key, sizeof(Key));
    std::memcpy(&pairs[i].id, bytes.data() + i * bytes_per_key + sizeof(Key), sizeof(std::int64_t));
  }
  return pairs;
}

KeyRunWriter::KeyRunWriter(std::int64_t id, std::int64_t newest, int level, std::size_t most_keys)
    : run_(std::make_shared<KeyRun>()) {
  run_->id = id;
  run_->newest = newest;
  run_->level = level;
  run_->filter = KeyFilter(most_keys);
}

void KeyRunWriter::begin(SqliteConnection& db) const {
  db.query("insert into key_run(id, state, newest, level, keys, chunks) values(?1, ?2, ?3, ?4, 0, 0)")
      .bind(run_->id, RunState::building, run_->newest, run_->level)
      .run();
}

void KeyRunWriter::add(SqliteConnection& db, const KeyMap::Slot& pair) {
  if (chunk_.empty()) run_->fences.push_back(fence_of(pair.key));
  std::size_t place = chunk_.size();
  chunk_.resize(place + bytes_per_key);
  std::memcpy(&chunk_[place], pair.key.data(), sizeof(Key));
  std::memcpy(&chunk_[place + sizeof(Key)], &pair.id, sizeof pair.id);
  run_->filter.add(pair.key);
  ++run_->keys;
  if (chunk_.size() == keys_per_chunk * bytes_per_key) finish_chunk(db);
}

void KeyRunWriter::finish_chunk(SqliteConnection& db) {
  if (chunk_.empty()) return;
  db.query("insert into key_chunk(id, pairs) values(?1, ?2)")
      .bind(row_of(run_->id, run_->fences.size() - 1), std::span<const std::uint8_t>(chunk_))
      .run();
  chunk_.clear();
}

bool KeyRunWriter::write_filter_part(SqliteConnection& db) {
  constexpr std::size_t numbers_per_part = filter_part_bytes / sizeof(std::uint64_t);
  if (numbers_.empty()) {  // the fences and the filter as one stretch of numbers
    numbers_ = run_->fences;
    numbers_.insert(numbers_.end(), run_->filter.words().begin(), run_->filter.words().end());
  }
  std::size_t from = filter_written_ * numbers_per_part;
  std::size_t count = std::min(numbers_per_part, numbers_.size() - from);
  db.query("insert into key_filter(id, bits) values(?1, ?2)")
      .bind(row_of(run_->id, filter_written_),
            std::span(reinterpret_cast<const std::uint8_t*>(numbers_.data() + from), count * sizeof(std::uint64_t)))
      .run();
  ++filter_written_;
  return from + count < numbers_.size();
}

std::shared_ptr<const KeyRun> KeyRunWriter::finish(SqliteConnection& db) {
  db.query("update key_run set state = ?2, keys = ?3, chunks = ?4 where id = ?1")
      .bind(run_->id, RunState::live, run_->keys, run_->fences.size())
      .run();
  return run_;
}

bool delete_some_of_run(SqliteConnection& db, std::int64_t run, std::size_t most_chunks) {
  db.query(
        "delete from key_chunk where id in (select id from key_chunk where id >= ?1 and id < ?2 order by id limit ?3)")
      .bind(row_of(run, 0), row_of(run + 1, 0), most_chunks)
      .run();
  {
    SqliteQuery left = db.query("select 1 from key_chunk where id >= ?1 and id < ?2 limit 1");
    left.bind(row_of(run, 0), row_of(run + 1, 0));
    if (left.step()) return true;
  }
  db.query("delete from key_filter where id >= ?1 and id < ?2").bind(row_of(run, 0), row_of(run + 1, 0)).run();
  db.query("delete from key_run where id = ?1").bind(run).run();
  return false;
}

}  // namespace gateway::store
