// What is SQLite's own: merging, runs of keys, restarts in between, the schema, who may open it.
#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "gateway/store/key_filter.hpp"
#include "gateway/store/key_map.hpp"
#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/sqlite_schema.hpp"
#include "gateway/store/sqlite_store.hpp"
#include "tests/gateway/store/conformance.hpp"
#include "tests/support/fault_vfs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace gateway::store {
namespace {

using conformance::at;
using conformance::entry;
using conformance::key_of;
using conformance::observation;

SqliteOptions small(const tests::TemporaryFolder& folder, const tests::FaultVfs& disk) {
  SqliteOptions options;
  options.path = folder.path() / "hjemport.db";
  options.vfs = disk.name();
  options.tail_rows = 50;
  options.merge_portion_rows = 10;
  options.merge_portion_chunks = 1;
  options.reserve_bytes = 64 << 10;
  return options;
}

Changes group(std::int64_t first_id, std::int64_t rows) {
  Changes changes;
  for (std::int64_t id = first_id; id < first_id + rows; ++id) {
    changes.observations.push_back(observation(id, 100 + id % 7, 1 + static_cast<int>(id % 3), at(id)));
    changes.journal.push_back(entry(Entry::observation, id));
  }
  return changes;
}

// Ids 1..newest, each found by id, by key and in its series, once.
void check_all(Store& store, std::int64_t newest) {
  std::unique_ptr<Reader> reader = store.reader();
  std::vector<Key> keys;
  for (std::int64_t id = 1; id <= newest; ++id) keys.push_back(key_of(id));
  std::vector<std::int64_t> found(keys.size());
  reader->find_keys(keys, found);
  for (std::int64_t id = 1; id <= newest; ++id) REQUIRE(found[static_cast<std::size_t>(id - 1)] == id);
  ObservationFilter filter;
  filter.tenant = Tenant{1};
  filter.sort.descending = false;
  filter.limit = 1'000'000;
  std::int64_t expected = 1;
  for (const Observation& o : reader->search(filter).rows) REQUIRE(o.id.value == expected++);
  REQUIRE(expected == newest + 1);
  REQUIRE(reader->count(filter) == newest);
  filter.patients = {{101}};
  REQUIRE(reader->count(filter) == (newest + 6) / 7);
}

std::int64_t number(const SqliteOptions& options, const std::string& sql) {
  SqliteConnection db({options.path, options.vfs}, SqliteConnection::Mode::read_only, 1 << 20);
  SqliteConnection::Once statement = db.once(sql);
  REQUIRE(statement.query.step());
  return statement.query.integer(0);
}

}  // namespace

TEST_CASE("sqlite: a restart at any point of merging and compaction finds everything once", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteOptions options = small(folder, disk);
  options.tail_rows = 200;  // more than a chunk of keys
  std::unique_ptr<Store> store = open_sqlite(options);
  std::int64_t newest = 0;
  std::mt19937 random(1);
  bool merged = false, compacted = false, half_built = false, half_deleted = false;
  for (int restart = 0; restart < 250; ++restart) {
    REQUIRE(store->commit(group(newest + 1, 25), Lane::bulk).has_value());
    newest += 25;
    // Closing keeps the rows but not where the merge was: as after a kill between two portions.
    for (auto portions = random() % 60; portions > 0; --portions) store->upkeep();
    store.reset();
    merged = merged || number(options, "select coalesce(max(value), 0) from counter where name = 'merged'") > 0;
    compacted = compacted || number(options, "select count(*) from key_run where state = 1 and level > 0") > 0;
    half_built = half_built || number(options, "select count(*) from key_run where state = 0") > 0;
    half_deleted = half_deleted || number(options, "select count(*) from key_run where state = 2") > 0;
    store = open_sqlite(options);
    if (restart % 12 == 0) check_all(*store, newest);
  }
  check_all(*store, newest);
  CHECK(merged);
  CHECK(compacted);
  CHECK(half_built);
  CHECK(half_deleted);
  while (store->upkeep()) {
  }
  store.reset();
  CHECK(number(options, "select count(*) from key_run where state <> 1") == 0);
  CHECK(number(options, "select count(*) from key_run") < 20);  // runs are compacted as they come
  CHECK(number(options, "select count(*) from key_chunk") == number(options, "select sum(chunks) from key_run"));
  CHECK(number(options, "select sum(keys) from key_run") >= newest - 2 * 200 - 50);
}

TEST_CASE("sqlite: unmerged rows are found after a restart", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteOptions options = small(folder, disk);
  options.tail_rows = 1'000;
  std::unique_ptr<Store> store = open_sqlite(options);
  REQUIRE(store->commit(group(1, 300), Lane::bulk).has_value());
  CHECK(store->health().unmerged_rows == 300);
  store.reset();
  store = open_sqlite(options);
  CHECK(store->health().unmerged_rows == 300);
  check_all(*store, 300);
  CHECK(number(options, "select count(*) from series") == 0);
}

TEST_CASE("sqlite: keys that begin alike are found across chunks", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteOptions options = small(folder, disk);
  options.tail_rows = 500;
  std::unique_ptr<Store> store = open_sqlite(options);
  auto alike = [](std::int64_t id) {
    Key key{};
    key[14] = static_cast<std::uint8_t>(id >> 8);
    key[15] = static_cast<std::uint8_t>(id);
    return key;
  };
  Changes changes = group(1, 800);
  for (Observation& o : changes.observations) o.key = alike(o.id.value);
  REQUIRE(store->commit(changes, Lane::bulk).has_value());
  while (store->upkeep()) {
  }
  REQUIRE(store->health().unmerged_rows == 0);
  for (std::int64_t id = 0; id <= 801; ++id) {
    Key key = alike(id);
    std::int64_t found = -1;
    store->own().find_keys({&key, 1}, {&found, 1});
    REQUIRE(found == (id >= 1 && id <= 800 ? id : 0));
  }
}

TEST_CASE("sqlite: an id that is not newer than what is merged is refused", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  std::unique_ptr<Store> store = open_sqlite(small(folder, disk));
  REQUIRE(store->commit(group(1000, 60), Lane::bulk).has_value());
  store->upkeep();
  Result<Position> result = store->commit(group(500, 1), Lane::bulk);
  REQUIRE(result.has_error());
  CHECK(result.error().category == fhir::ErrorCategory::conflict);
}

TEST_CASE("sqlite: a newer schema and another program's file are refused untouched", "[store]") {
  struct Row {
    const char* name;
    const char* sql;
    StoreError::Cause cause;
  };
  const Row rows[] = {
      {"newer schema", "pragma user_version=999", StoreError::Cause::newer_schema},
      {"another program", "pragma application_id=7", StoreError::Cause::damaged},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      tests::TemporaryFolder folder;
      tests::FaultVfs disk;
      SqliteOptions options = small(folder, disk);
      open_sqlite(options).reset();
      SqliteConnection({options.path, options.vfs}, SqliteConnection::Mode::read_write, 1 << 20).execute(row.sql);
      try {
        open_sqlite(options);
        FAIL("opened");
      } catch (const StoreError& error) {
        CHECK(error.cause() == row.cause);
        CHECK(std::string(error.what()).find(folder.path()) == std::string::npos);
      }
      SqliteConnection db({options.path, options.vfs}, SqliteConnection::Mode::read_write, 1 << 20);
      db.execute("pragma user_version=" + std::to_string(sqlite_migrations().size()) +
                 "; pragma application_id=1212829780");  // 'HJPT'
      open_sqlite(options).reset();
    }
  }
  tests::TemporaryFolder folder;
  SqliteOptions options;
  options.path = folder.write("hjemport.db", std::string(5000, 'x'));
  CHECK_THROWS_AS(open_sqlite(options), StoreError);
}

TEST_CASE("sqlite: a migration that fails half-way is as if it had not begun", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteConnection db({folder.path() / "m.db", disk.name()}, SqliteConnection::Mode::read_write, 1 << 20);
  const char* broken[] = {"create table a(x)", "create table b(x); insert into missing values(1)"};
  CHECK_THROWS_AS(migrate(db, broken), StoreError);
  const char* mended[] = {"create table a(x)", "create table b(x); create table c(x)"};
  migrate(db, mended);
  migrate(db, mended);  // nothing left to do
  CHECK_THROWS_AS(migrate(db, std::span(mended).first(1)), StoreError);
}

TEST_CASE("sqlite: one process at a time", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteOptions options = small(folder, disk);
  std::unique_ptr<Store> store = open_sqlite(options);
  try {
    open_sqlite(options);
    FAIL("opened twice");
  } catch (const StoreError& error) {
    CHECK(error.cause() == StoreError::Cause::in_use);
  }
  store.reset();
  store = open_sqlite(options);
}

TEST_CASE("sqlite: the log stays bounded while readers come and go", "[store]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteOptions options = small(folder, disk);
  options.checkpoint_thread = false;
  options.writer_checkpoint_pages = 600;
  std::unique_ptr<Store> store = open_sqlite(options);
  std::int64_t most = 0;
  for (std::int64_t i = 0; i < 400; ++i) {
    REQUIRE(store->commit(group(1 + i * 20, 20), Lane::bulk).has_value());
    store->upkeep();
    static_cast<void>(store->reader()->latest_measured({100}, static_cast<fhir::Kind>(1)));
    most = std::max(most, store->health().wal_bytes);
  }
  CHECK(most >= 600 * 4096);
  CHECK(most < 2 * 1200 * 4096);
}

// What a reader may rely on: what it sees in the journal it finds by id, by key and by search, whatever is being merged
// meanwhile.
TEST_CASE("sqlite: readers find what the journal shows while everything is merged", "[store][threads]") {
  tests::TemporaryFolder folder;
  tests::FaultVfs disk;
  SqliteOptions options = small(folder, disk);
  options.checkpoint_pages = 100;
  options.writer_checkpoint_pages = 600;
  std::unique_ptr<Store> store = open_sqlite(options);
  std::atomic<bool> done{false};
  std::atomic<int> missed{0}, seen{0};
  auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (!done) {
      std::unique_ptr<Reader> reader = store->reader();
      for (int i = 0; i < 20 && !done; ++i) {
        Position newest = reader->newest();
        if (newest == 0) continue;
        Position place = std::max<Position>(1, newest - static_cast<Position>(random() % 200));
        std::vector<JournalEntry> entries = reader->journal(place - 1, 1);
        std::int64_t id = entries.at(0).ref;
        Key key = key_of(id);
        std::int64_t by_key = 0;
        reader->find_keys({&key, 1}, {&by_key, 1});
        std::optional<Observation> by_id = reader->observation({id});
        ObservationFilter filter;
        filter.tenant = Tenant{1};
        filter.measured = {{fhir::DatePrefix::eq, at(id), at(id + 1)}};
        if (i % 2 == 0) {
          filter.patients = {{100 + id % 7}};
          filter.kinds = {static_cast<fhir::Kind>(1 + id % 3)};
        }
        ObservationPage page = reader->search(filter);
        bool found = by_key == id && by_id && page.rows.size() == 1 && page.rows[0].id.value == id;
        if (!found) ++missed;
        ++seen;
      }
    }
  };
  std::vector<std::thread> readers;
  for (unsigned seed = 1; seed <= 3; ++seed) readers.emplace_back(read, seed);
  std::int64_t newest = 0;
  for (int i = 0; i < 300 || (seen < 300 && i < 3000); ++i) {
    if (Result<Position> result = store->commit(group(newest + 1, 11), Lane::bulk); !result) break;
    newest += 11;
    store->upkeep();
    store->upkeep();
  }
  done = true;
  for (std::thread& thread : readers) thread.join();
  CHECK(newest >= 3300);
  CHECK(seen > 0);
  CHECK(missed == 0);
  check_all(*store, newest);
}

TEST_CASE("key map: does what a std::map does", "[store]") {
  std::mt19937_64 random(1);
  KeyMap map;
  std::map<Key, std::int64_t> model;
  for (int i = 0; i < 20'000; ++i) {
    Key key{};  // few different ones, alike in most bytes
    key[0] = static_cast<std::uint8_t>(random() % 4);
    key[15] = static_cast<std::uint8_t>(random());
    if (random() % 3 == 0) {
      map.erase(key);
      model.erase(key);
    } else {
      std::int64_t before = model.contains(key) ? model[key] : 0;
      REQUIRE(map.put(key, i + 1) == before);
      model[key] = i + 1;
    }
    REQUIRE(map.size() == model.size());
    key[15] = static_cast<std::uint8_t>(random());
    REQUIRE(map.find(key) == (model.contains(key) ? model[key] : 0));
  }
  std::vector<KeyMap::Slot> sorted = map.sorted();
  REQUIRE(sorted.size() == model.size());
  auto expected = model.begin();
  for (const KeyMap::Slot& slot : sorted) {
    REQUIRE(slot.key == expected->first);
    REQUIRE(slot.id == expected++->second);
  }
}

TEST_CASE("key filter: never denies a key it has, seldom claims one it has not", "[store]") {
  constexpr std::int64_t keys = 50'000;
  KeyFilter made(keys);
  for (std::int64_t n = 0; n < keys; ++n) made.add(key_of(n));
  KeyFilter filter(std::vector<std::uint64_t>(made.words().begin(), made.words().end()));
  int claimed = 0;
  for (std::int64_t n = 0; n < keys; ++n) {
    REQUIRE(filter.may_contain(key_hash(key_of(n))));
    if (filter.may_contain(key_hash(key_of(n + keys)))) ++claimed;
  }
  CHECK(claimed < keys / 50);  // about one in a hundred is expected
  CHECK(claimed > 0);
}

}  // namespace gateway::store
