// A whole life of one destination in simulated time: thousands of entries, random answers, lost writes, crashes in the
// middle. Whatever happens, each entry arrives or is listed as a dead letter, and first arrivals of one patient are in
// the journal's order.
#include <catch2/catch.hpp>
#include <map>
#include <queue>
#include <set>

#include "gateway/deliver/lane.hpp"
#include "tests/support/manual_clock.hpp"

using namespace gateway;
using namespace gateway::deliver;
using namespace std::chrono_literals;
using store::Position;

namespace {

struct Odds {                                                   // percent of the answers
  int failed = 0, refused = 0, throttled = 0, lost_answer = 0;  // lost: it arrived, the answer did not
  int lost_write = 0;
  int crash_per_mille = 0;
  int poison_every = 0;  // each n-th entry is refused for ever, 0: none
  int stuck_every = 0;   // each n-th entry fails for ever
};

// The journal, the rows and the cursor as they would be on disk, the receiver, and what is on its way.
class World {
 public:
  World(std::uint64_t seed, Odds odds, int entries, int patients)
      : random_(seed), lane_random_(seed + 1), odds_(odds), entries_(entries) {
    for (int i = 0; i < entries; ++i) series_.push_back(static_cast<std::int64_t>(1 + random_.below(patients)));
    settings_.backoff = {100ms, 5'000ms};
    settings_.breaker.wait = settings_.backoff;
    settings_.attempts = 6;
    settings_.window = 32;
    boot();
  }

  void run() {
    for (int steps = 0; !finished(); ++steps) {
      REQUIRE(steps < 2'000'000);
      drive();
      if (odds_.crash_per_mille > 0 && random_.below(1'000) < static_cast<std::uint64_t>(odds_.crash_per_mille)) {
        boot();
        continue;
      }
      advance();
    }
  }

  // Anomalies, empty when all promises held.
  std::string broken() const {
    for (Position p = 1; p <= entries_; ++p)
      if (arrivals_.count(p) == 0 && parked_.count(p) == 0) return "lost: " + std::to_string(p);
    for (Position p : parked_)
      if (!hopeless(p) && odds_.failed == 0 && odds_.refused == 0)
        return "parked without a reason: " + std::to_string(p);
    std::map<std::int64_t, Position> last;
    for (Position p : first_arrivals_) {
      Position& before = last[series(p)];
      if (p < before) return "order: " + std::to_string(p) + " after " + std::to_string(before);
      before = p;
    }
    if (rows_parked_twice()) return "one entry has two dead letters";
    if (cursor_ != entries_) return "cursor stands at " + std::to_string(cursor_);
    return "";
  }

  std::size_t most_in_memory() const { return most_in_memory_; }
  const std::set<Position>& parked() const { return parked_; }
  int repeats() const { return repeats_; }
  void destination_down_until(fhir::Time at) { down_until_ = at; }
  fhir::Time now() const { return clock_.now(); }
  int requests_while_down() const { return requests_while_down_; }
  std::size_t most_rows() const { return most_rows_; }

 private:
  struct Happening {
    fhir::Time at;
    std::uint64_t order;
    enum { answer, write_done } what;
    Position position = 0;
    Answer received;
    bool operator>(const Happening& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };

  std::int64_t series(Position p) const { return series_[static_cast<std::size_t>(p - 1)]; }
  bool hopeless(Position p) const {
    return (odds_.poison_every > 0 && p % odds_.poison_every == 0) ||
           (odds_.stuck_every > 0 && p % odds_.stuck_every == 0);
  }
  Owed owed(Position p) const { return {p, series(p), store::Tenant(1), PatientId{series(p)}, fhir::Time()}; }

  // A program starts over what is on disk; everything on its way is gone.
  void boot() {
    coming_ = {};
    lane_ = std::make_unique<Lane>(settings_, lane_random_);
    std::vector<KnownRow> rows;
    for (const auto& [id, row] : rows_) rows.push_back({row.owed, id, row.state, row.attempts, row.next_at});
    lane_->start(cursor_, rows);
  }

  bool finished() const {
    bool waiting = std::any_of(rows_.begin(), rows_.end(),
                               [](const auto& row) { return row.second.state != store::DeliveryState::parked; });
    return cursor_ == entries_ && !waiting;
  }

  void drive() {
    Lane::Wanted wanted = lane_->next(clock_.now());
    wake_ = wanted.wake;
    for (Position p : wanted.send) send(p);
    if (wanted.write)
      coming_.push(
          {clock_.now() + std::chrono::milliseconds(1 + random_.below(50)), ++order_, Happening::write_done, 0, {}});
    if (wanted.write) writing_ = *wanted.write;
    if (wanted.read) read(*wanted.read);
    most_in_memory_ = std::max(most_in_memory_, lane_->in_memory());
    most_rows_ = std::max(most_rows_, lane_->rows());
    REQUIRE(lane_->in_flight() <= 8);
    if (wanted.read) drive();
  }

  void read(Lane::Read wanted) {
    std::vector<Owed> found;
    Position at = wanted.after;
    while (at < entries_ && found.size() < wanted.limit) found.push_back(owed(++at));
    lane_->entries(found, at, at < entries_, clock_.now());
  }

  Answer decide(Position p) {
    if (clock_.now() < down_until_) return {Outcome::unreachable, "down", {}};
    if (odds_.poison_every > 0 && p % odds_.poison_every == 0) return {Outcome::refused, "poison", {}};
    if (odds_.stuck_every > 0 && p % odds_.stuck_every == 0) return {Outcome::failed, "stuck", {}};
    if (random_.chance(odds_.failed)) return {Outcome::failed, "failed", {}};
    if (random_.chance(odds_.refused)) return {Outcome::refused, "refused", {}};
    if (random_.chance(odds_.throttled)) return {Outcome::throttled, "busy", 1s};
    return {Outcome::delivered, "", {}};
  }

  void send(Position p) {
    if (clock_.now() < down_until_) ++requests_while_down_;
    Answer answer = decide(p);
    if (answer.outcome == Outcome::delivered) {
      if (arrivals_[p]++ == 0)
        first_arrivals_.push_back(p);
      else
        ++repeats_;
      if (random_.chance(odds_.lost_answer)) answer = {Outcome::failed, "timed out", {}};
    }
    coming_.push(
        {clock_.now() + std::chrono::milliseconds(1 + random_.below(80)), ++order_, Happening::answer, p, answer});
  }

  void commit() {
    if (random_.chance(odds_.lost_write)) {
      lane_->not_written(clock_.now());
      return;
    }
    std::vector<DeliveryId> ids;
    for (const RowWrite& row : writing_.put) {
      DeliveryId id = row.id ? row.id : DeliveryId{++last_id_};
      ids.push_back(id);
      rows_[id] = row;
      if (row.state == store::DeliveryState::parked) parked_.insert(row.owed.position);
    }
    for (DeliveryId id : writing_.drop) rows_.erase(id);
    if (writing_.cursor) {
      REQUIRE(*writing_.cursor >= cursor_);
      cursor_ = *writing_.cursor;
    }
    lane_->written(ids);
  }

  void advance() {
    fhir::Time next = clock_.now() + 1s;
    if (!coming_.empty()) next = std::min(next, coming_.top().at);
    if (wake_) next = std::min(next, std::max(*wake_, clock_.now()));
    clock_.advance(next - clock_.now());
    while (!coming_.empty() && coming_.top().at <= clock_.now()) {
      Happening event = coming_.top();
      coming_.pop();
      if (event.what == Happening::answer)
        lane_->answered(event.position, event.received, clock_.now());
      else
        commit();
    }
  }

  bool rows_parked_twice() const {
    std::set<Position> seen;
    for (const auto& [id, row] : rows_)
      if (!seen.insert(row.owed.position).second) return true;
    return false;
  }

  support::ManualClock clock_;
  support::SeededRandom random_, lane_random_;
  Odds odds_;
  Position entries_;
  Lane::Settings settings_;
  std::vector<std::int64_t> series_;
  std::unique_ptr<Lane> lane_;
  std::optional<fhir::Time> wake_;
  std::priority_queue<Happening, std::vector<Happening>, std::greater<>> coming_;
  std::uint64_t order_ = 0;
  Writes writing_;

  Position cursor_ = 0;  // on disk
  std::map<DeliveryId, RowWrite> rows_;
  std::int64_t last_id_ = 0;
  std::set<Position> parked_;

  std::map<Position, int> arrivals_;  // at the receiver
  std::vector<Position> first_arrivals_;
  int repeats_ = 0, requests_while_down_ = 0;
  fhir::Time down_until_{};
  std::size_t most_in_memory_ = 0, most_rows_ = 0;
};

}  // namespace

TEST_CASE("lane: whatever the receiver answers, nothing is lost and each patient stays in order",
          "[deliver][property]") {
  struct Row {
    std::string name;
    Odds odds;
  };
  const std::vector<Row> rows = {
      {"a perfect receiver", {}},
      {"one answer in five fails", {.failed = 20}},
      {"one in two fails", {.failed = 50}},
      {"refusals now and then", {.failed = 5, .refused = 5}},
      {"throttling", {.throttled = 10}},
      {"answers get lost after the effect", {.lost_answer = 15}},
      {"writes get lost", {.failed = 10, .lost_write = 20}},
      {"crashes", {.crash_per_mille = 5}},
      {"poison items", {.poison_every = 17}},
      {"items that always fail", {.stuck_every = 23}},
      {"everything at once",
       {.failed = 15,
        .refused = 2,
        .throttled = 3,
        .lost_answer = 5,
        .lost_write = 10,
        .crash_per_mille = 5,
        .poison_every = 41,
        .stuck_every = 53}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        World world(seed, row.odds, 2'000, 40);
        world.run();
        INFO("seed " << seed);
        CHECK(world.broken() == "");
        CHECK(world.most_in_memory() <= 10'000 + 64);
      }
    }
  }
}

TEST_CASE("lane: a receiver that always fails some items still gets all others, and those are listed",
          "[deliver][property]") {
  World world(7, {.poison_every = 10, .stuck_every = 33}, 1'000, 20);
  world.run();
  CHECK(world.broken() == "");
  for (Position p = 1; p <= 1'000; ++p) {
    INFO("entry " << p);
    CHECK(world.parked().count(p) == ((p % 10 == 0 || p % 33 == 0) ? 1U : 0U));
  }
}

TEST_CASE("lane: a destination that is down for a day costs few requests, few rows and no dead letter",
          "[deliver][property]") {
  World world(3, {}, 50'000, 500);
  world.destination_down_until(world.now() + 24h);
  world.run();
  CHECK(world.broken() == "");
  CHECK(world.parked().empty());
  CHECK(world.requests_while_down() < 50'000);  // a probe every 5 s at most, and the first handful
  CHECK(world.most_rows() <= 500);
  CHECK(world.most_in_memory() <= 600);
}
