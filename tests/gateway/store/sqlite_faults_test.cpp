// What the store promises when the disk fails (reliability G1, G2, G17, G18; F2, F3, F5, F7, F39): nothing acknowledged
// is lost, nothing is acknowledged that is not there, and it starts again by itself.
#include <algorithm>
#include <map>
#include <random>

#include "gateway/store/sqlite_connection.hpp"
#include "gateway/store/sqlite_store.hpp"
#include "gateway/store/store_error.hpp"
#include "tests/gateway/store/conformance.hpp"
#include "tests/support/fault_vfs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace gateway::store {
namespace {

using conformance::alarm;
using conformance::at;
using conformance::entry;
using conformance::event;
using conformance::key_of;
using conformance::observation;
using tests::FaultVfs;

// Everything happens within a few rows, and in one thread, so that a run can be repeated call by call.
SqliteOptions eager(const tests::TemporaryFolder& folder, const FaultVfs& disk) {
  SqliteOptions options;
  options.path = folder.path() / "hjemport.db";
  options.vfs = disk.name();
  options.tail_rows = 30;
  options.merge_portion_rows = 10;
  options.merge_portion_chunks = 1;
  options.checkpoint_thread = false;
  options.writer_checkpoint_pages = 200;
  options.reserve_bytes = 128 << 10;
  options.free_bytes = [&disk] { return disk.free_bytes(); };
  return options;
}

// Writes groups of everything and remembers what was acknowledged.
class Workload {
 public:
  explicit Workload(std::uint64_t seed) : random_(seed) {}

  Changes group() {
    Changes changes;
    for (std::uint64_t n = random_() % 12; n > 0; --n) {
      Observation o = observation(next_id_++, 100 + static_cast<std::int64_t>(random_() % 5),
                                  1 + static_cast<int>(random_() % 3), at(static_cast<std::int64_t>(random_() % 1000)));
      o.resource += std::string(random_() % 3000, 'x');
      changes.observations.push_back(std::move(o));
    }
    if (!current_.empty() && random_() % 3 == 0) {
      Observation o = std::next(current_.begin(), static_cast<std::ptrdiff_t>(random_() % current_.size()))->second;
      ++o.version;
      o.digest += 1'000'000;
      if (random_() % 2 == 0) o.measured = at(static_cast<std::int64_t>(random_() % 1000));
      changes.observations.push_back(std::move(o));
    }
    if (random_() % 4 == 0) changes.events.push_back(event(next_id_++));
    if (random_() % 4 == 0) changes.alarms.push_back(alarm(next_id_, "identity-" + std::to_string(next_id_)));
    if (!changes.alarms.empty()) ++next_id_;
    for (const Observation& o : changes.observations) changes.journal.push_back(entry(Entry::observation, o.id.value));
    for (const Event& e : changes.events) changes.journal.push_back(entry(Entry::event, e.id.value));
    changes.journal.push_back(entry(Entry::self_test, next_id_));
    changes.highest_id = next_id_;
    return changes;
  }

  // As the committer does it: one group, then upkeep. False: refused.
  bool write(Store& store, Lane lane = Lane::bulk) {
    Changes changes = group();
    Result<Position> first = store.commit(changes, lane);
    if (first) acknowledged(changes, *first);
    store.upkeep();
    store.upkeep();
    return first.has_value();
  }

  void acknowledged(const Changes& changes, Position first) {
    for (const Observation& o : changes.observations) current_[o.id.value] = o;
    for (const Event& e : changes.events) events_.push_back(e.id.value);
    for (const Alarm& a : changes.alarms) alarms_.push_back(a.id.value);
    newest_ = first + static_cast<Position>(changes.journal.size()) - 1;
  }

  // All that was acknowledged is there, by every way it can be asked for. One group more may be: it was not answered.
  void check(Store& store) const {
    std::unique_ptr<Reader> reader = store.reader();
    bool one_more = reader->newest() > newest_;
    REQUIRE(reader->newest() >= newest_);
    for (const auto& [id, o] : current_) {
      std::optional<Observation> found = reader->observation({id});
      REQUIRE(found);
      REQUIRE(found->version >= o.version);
      REQUIRE(found->version <= o.version + (one_more ? 1 : 0));
      if (found->version == o.version) REQUIRE(found->digest == o.digest);
      std::int64_t by_key = 0;
      reader->find_keys({&o.key, 1}, {&by_key, 1});
      REQUIRE(by_key == id);
    }
    for (std::int64_t id : events_) {
      Key key = key_of(id);
      std::int64_t by_key = 0;
      reader->find_keys({&key, 1}, {&by_key, 1});
      REQUIRE(by_key == id);
      REQUIRE(reader->event({id}));
    }
    for (std::int64_t id : alarms_) REQUIRE(reader->alarm({id}));
    std::map<std::int64_t, Observation> by_series;
    ObservationFilter filter;
    filter.tenant = Tenant{1};
    filter.limit = 100'000;
    for (Observation& o : reader->search(filter).rows) by_series[o.id.value] = std::move(o);
    for (const auto& [id, o] : current_) REQUIRE(by_series.contains(id));
    REQUIRE(by_series.size() >= current_.size());
    REQUIRE(by_series.size() <= current_.size() + (one_more ? 13 : 0));
    Position expected = 1;
    for (const JournalEntry& e : reader->journal(0, 1'000'000)) REQUIRE(e.position == expected++);
    REQUIRE(expected == reader->newest() + 1);
  }

  // After a restart: what was not answered may be there or not; the store says what it is.
  void take_over(Store& store) {
    std::unique_ptr<Reader> reader = store.reader();
    for (const JournalEntry& e : reader->journal(newest_, 1'000'000)) {
      if (e.kind == Entry::observation) current_[e.ref] = *reader->observation({e.ref});
    }
    newest_ = reader->newest();
    next_id_ = std::max(next_id_, reader->highest_id()) + 1;
  }

  std::size_t readings() const { return current_.size(); }

 private:
  std::mt19937_64 random_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, Observation> current_;
  std::vector<std::int64_t> events_, alarms_;
  Position newest_ = 0;
};

void check_integrity(const SqliteOptions& options) {
  SqliteConnection db({options.path, options.vfs}, SqliteConnection::Mode::read_write, 1 << 20);
  SqliteConnection::Once statement = db.once("pragma integrity_check");
  REQUIRE(statement.query.step());
  REQUIRE(statement.query.text(0) == "ok");
}

// Opens, works and ends where the disk makes it end; whatever the store throws or answers is as good as a dead process.
void run_until_fault(const SqliteOptions& options, Workload& workload, int groups) {
  try {
    std::unique_ptr<Store> store = open_sqlite(options);
    for (int i = 0; i < groups && workload.write(*store); ++i) {
    }
  } catch (const StoreError&) {
  }
}

void power_cuts(std::uint64_t from_seed, std::uint64_t to_seed) {
  for (std::uint64_t seed = from_seed; seed <= to_seed; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    Workload workload(seed);
    std::vector<std::unique_ptr<tests::TemporaryFolder>> folders;
    folders.push_back(std::make_unique<tests::TemporaryFolder>());
    // Three lives, each ended by a power cut at any call, the first perhaps while the store is being made.
    for (int life = 0; life < 3; ++life) {
      FaultVfs disk;
      SqliteOptions options = eager(*folders.back(), disk);
      disk.cut_power_at(static_cast<std::int64_t>(1 + random() % (life == 0 ? 1500 : 800)));
      run_until_fault(options, workload, 1000);
      REQUIRE(disk.struck());
      folders.push_back(std::make_unique<tests::TemporaryFolder>());
      disk.after_power_cut(folders.back()->path(), random());

      FaultVfs next_disk;
      SqliteOptions next = eager(*folders.back(), next_disk);
      std::unique_ptr<Store> store = open_sqlite(next);
      workload.check(*store);
      workload.take_over(*store);
      store.reset();
      check_integrity(next);
    }
  }
}

// Every `step`th call fails, each in a run of its own, until a run comes to its end without.
void io_errors(std::int64_t step) {
  struct Row {
    const char* name;
    FaultVfs::Counting counting;
    FaultVfs::Lasting lasting;
    bool power_cut;  // after the failure, so that what a failed sync lost is really lost
  };
  const Row rows[] = {
      {"every change, once", FaultVfs::Counting::changes, FaultVfs::Lasting::once, false},
      {"every change, once, then a power cut", FaultVfs::Counting::changes, FaultVfs::Lasting::once, true},
      {"every change, for ever", FaultVfs::Counting::changes, FaultVfs::Lasting::for_ever, true},
      {"every read and change, once", FaultVfs::Counting::reads_too, FaultVfs::Lasting::once, true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      bool struck = true;
      for (std::int64_t call = 1; struck; call += step) {
        INFO("call " << call);
        tests::TemporaryFolder folder, after;
        FaultVfs disk;
        Workload workload(3);
        SqliteOptions options = eager(folder, disk);
        disk.fail_at(call, row.counting, row.lasting);
        run_until_fault(options, workload, 14);
        struck = disk.struck();
        if (row.power_cut) {
          disk.after_power_cut(after.path(), static_cast<std::uint64_t>(call));
          options.path = after.path() / "hjemport.db";
        }
        disk.heal();
        FaultVfs fresh;
        options.vfs = fresh.name();
        std::unique_ptr<Store> store = open_sqlite(options);
        workload.check(*store);
        workload.take_over(*store);
        REQUIRE(workload.write(*store));
        workload.check(*store);
        store.reset();
        check_integrity(options);
      }
    }
  }
}

}  // namespace

TEST_CASE("sqlite: power loss loses nothing that was acknowledged", "[store][faults]") {
  power_cuts(1, 50);
}
TEST_CASE("sqlite: power loss, many more", "[store][faults][.slow]") {
  power_cuts(51, 350);
}

TEST_CASE("sqlite: an I/O error never makes an acknowledged group disappear", "[store][faults]") {
  io_errors(11);
}
TEST_CASE("sqlite: an I/O error at any call never makes one disappear", "[store][faults][.slow]") {
  io_errors(1);
}

TEST_CASE("sqlite: after a failed sync nothing is written until the store is opened again", "[store][faults]") {
  tests::TemporaryFolder folder;
  FaultVfs disk;
  SqliteOptions options = eager(folder, disk);
  std::unique_ptr<Store> store = open_sqlite(options);
  Workload workload(1);
  REQUIRE(workload.write(*store));
  CHECK(store->health().writable);
  disk.fail_at(3, FaultVfs::Counting::changes, FaultVfs::Lasting::once);
  while (!disk.struck()) static_cast<void>(workload.write(*store));
  disk.heal();
  CHECK_FALSE(store->health().writable);
  CHECK(store->health().detail.find("opened again") != std::string::npos);
  Position newest = store->own().newest();
  Result<Position> refused = store->commit(workload.group(), Lane::urgent);
  REQUIRE(refused.has_error());
  CHECK(refused.error().category == fhir::ErrorCategory::unavailable);
  CHECK(store->own().newest() == newest);  // reads go on
  CHECK_FALSE(store->upkeep());
  store.reset();
  store = open_sqlite(options);
  workload.check(*store);
  workload.take_over(*store);
  CHECK(store->health().writable);
  CHECK(workload.write(*store));
}

TEST_CASE("sqlite: full disk refuses readings, the reserve admits alarms, space brings it back", "[store][faults]") {
  tests::TemporaryFolder folder;
  FaultVfs disk;
  SqliteOptions options = eager(folder, disk);
  options.reserve_bytes = 2 << 20;
  std::unique_ptr<Store> store = open_sqlite(options);
  Workload workload(5);
  for (int i = 0; i < 20; ++i) REQUIRE(workload.write(*store));
  CHECK(disk.used_bytes() > options.reserve_bytes);

  disk.limit(disk.used_bytes() + (1 << 20));
  while (workload.write(*store)) {
  }
  CHECK_FALSE(store->health().writable);
  CHECK(store->health().detail == "disk full");
  Position newest = store->own().newest();
  for (int i = 0; i < 5; ++i) CHECK_FALSE(workload.write(*store));
  CHECK(store->own().newest() == newest);  // nothing of the refused groups is there
  workload.check(*store);

  int urgent = 0;
  for (; urgent < 300; ++urgent) {
    Changes changes;
    std::int64_t id = 1'000'000 + urgent;
    changes.alarms = {alarm(id, "press-" + std::to_string(id))};
    changes.alarms[0].document += std::string(900, 'x');
    changes.journal = {entry(Entry::alarm, id)};
    changes.journal[0].data = changes.alarms[0].document;
    Result<Position> result = store->commit(changes, Lane::urgent);
    INFO(urgent << ": " << (result.has_error() ? result.error().detail : ""));
    REQUIRE(result.has_value());
    workload.acknowledged(changes, *result);
    store->upkeep();
    // The room the reserve gave is not for readings.
    if (urgent % 50 == 0) CHECK_FALSE(workload.write(*store));
  }
  workload.check(*store);

  disk.limit(disk.used_bytes() + (64 << 20));
  store->upkeep();
  CHECK(workload.write(*store));
  CHECK(store->health().writable);
  CHECK(store->health().detail.empty());
  workload.check(*store);
  store.reset();
  store = open_sqlite(options);
  workload.check(*store);
}

TEST_CASE("sqlite: the default reserve holds ten thousand presses", "[store][faults][.slow]") {
  tests::TemporaryFolder folder;
  FaultVfs disk;
  SqliteOptions options;
  options.path = folder.path() / "hjemport.db";
  options.vfs = disk.name();
  options.checkpoint_thread = false;
  options.free_bytes = [&disk] { return disk.free_bytes(); };
  std::unique_ptr<Store> store = open_sqlite(options);
  Workload workload(8);
  for (int i = 0; i < 2'000; ++i) REQUIRE(workload.write(*store));
  disk.limit(disk.used_bytes());
  while (workload.write(*store)) {
  }
  // Each in a group of its own, with its event and the alarm's JSON in the journal: the dearest case.
  std::int64_t urgent = 0;
  for (; urgent < 20'000; ++urgent) {
    std::int64_t id = 1'000'000 + 2 * urgent;
    Changes changes;
    changes.events = {event(id)};
    changes.alarms = {alarm(id + 1, "press-" + std::to_string(id))};
    changes.alarms[0].document += std::string(900, 'x');
    changes.journal = {entry(Entry::event, id), entry(Entry::alarm, id + 1)};
    changes.journal[1].data = changes.alarms[0].document;
    changes.highest_id = id + 1;
    Result<Position> result = store->commit(changes, Lane::urgent);
    if (!result) break;
    workload.acknowledged(changes, *result);
    store->upkeep();
  }
  WARN(urgent << " presses");
  CHECK(urgent >= 10'000);
  workload.check(*store);
}

TEST_CASE("sqlite: opened on a full disk it serves and waits for space", "[store][faults]") {
  tests::TemporaryFolder folder;
  FaultVfs disk;
  SqliteOptions options = eager(folder, disk);
  Workload workload(6);
  run_until_fault(options, workload, 10);
  std::filesystem::remove(options.path + "-reserve");
  FaultVfs full;
  options.vfs = full.name();
  options.free_bytes = [&full] { return full.free_bytes(); };
  full.limit(64 << 10);
  std::unique_ptr<Store> store = open_sqlite(options);
  workload.check(*store);
  CHECK_FALSE(store->health().writable);
  CHECK_FALSE(workload.write(*store));
  full.limit({});
  store->upkeep();
  CHECK(workload.write(*store));
  CHECK(store->health().writable);
}

}  // namespace gateway::store
