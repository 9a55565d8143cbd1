#include "gateway/deliver/lane.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "tests/support/manual_clock.hpp"

using namespace gateway;
using namespace gateway::deliver;
using namespace std::chrono_literals;
using store::DeliveryState;
using store::Position;

namespace {

const Answer ok{Outcome::delivered, "", {}};
const Answer refused{Outcome::refused, "HTTP 422", {}};
const Answer failed{Outcome::failed, "HTTP 500", {}};
const Answer unreachable{Outcome::unreachable, "Timeout was reached", {}};

Owed owed(Position position, std::int64_t patient) {
  return {position, patient, store::Tenant(1), PatientId{patient}, fhir::Time(std::chrono::seconds(position))};
}

Lane::Settings quick() {
  Lane::Settings settings;
  settings.concurrency = 4;
  settings.attempts = 3;
  settings.backoff = {1s, 60s};
  settings.breaker.failures = 5;
  settings.breaker.wait = settings.backoff;
  return settings;
}

// One lane with a store that always writes and a journal given as (position, patient).
struct Fixture {
  explicit Fixture(Lane::Settings settings = quick()) : lane(settings, random) {}

  support::SeededRandom random{1};
  support::ManualClock clock;
  Lane lane;
  std::int64_t last_id = 0;
  std::map<Position, RowWrite> rows;
  std::optional<Position> cursor;
  std::vector<Position> sent;
  Lane::Wanted last;

  void journal(const std::vector<std::int64_t>& patients) {
    lane.start(0, {});
    step();
    std::vector<Owed> entries;
    for (std::size_t i = 0; i < patients.size(); ++i)
      entries.push_back(owed(static_cast<Position>(i) + 1, patients[i]));
    lane.entries(entries, static_cast<Position>(patients.size()), false, clock.now());
  }
  std::vector<Position> step() {
    last = lane.next(clock.now());
    if (last.write) write(*last.write);
    sent.insert(sent.end(), last.send.begin(), last.send.end());
    return last.send;
  }
  void write(const Writes& writes) {
    std::vector<DeliveryId> ids;
    for (RowWrite row : writes.put) {
      if (!row.id) row.id = DeliveryId{++last_id};
      ids.push_back(row.id);
      rows[row.owed.position] = row;
    }
    for (DeliveryId id : writes.drop) std::erase_if(rows, [id](const auto& entry) { return entry.second.id == id; });
    if (writes.cursor) cursor = writes.cursor;
    lane.written(ids);
  }
  void answer(Position position, const Answer& with) { lane.answered(position, with, clock.now()); }
  void settle() {
    clock.advance(300ms);
    step();
  }
};

Lane::Settings ten_tries() {
  Lane::Settings settings = quick();
  settings.attempts = 10;
  return settings;
}
struct MoreTriesThanTheBreaker : Fixture {
  MoreTriesThanTheBreaker() : Fixture(ten_tries()) {}
};

Lane::Settings three_rows() {
  Lane::Settings settings = quick();
  settings.rows_max = 3;
  return settings;
}
struct FewRows : Fixture {
  FewRows() : Fixture(three_rows()) {}
};

using Positions = std::vector<Position>;

}  // namespace

TEST_CASE_METHOD(Fixture, "lane: one request per patient at a time, patients beside each other", "[deliver][lane]") {
  journal({1, 1, 2, 3, 2});
  CHECK(step() == Positions{1, 3, 4});
  answer(1, ok);
  answer(4, ok);
  CHECK(step() == Positions{2});
  answer(3, ok);
  CHECK(step() == Positions{5});
}

TEST_CASE_METHOD(Fixture, "lane: no more under way than configured", "[deliver][lane]") {
  journal({1, 2, 3, 4, 5, 6});
  CHECK(step() == Positions{1, 2, 3, 4});
  CHECK(step().empty());
  answer(2, ok);
  CHECK(step() == Positions{5});
}

TEST_CASE_METHOD(Fixture, "lane: what is delivered has no row, and the cursor passes it", "[deliver][lane]") {
  journal({1, 2, 3});
  step();
  answer(1, ok);
  answer(3, ok);
  settle();
  CHECK(cursor == 1);  // the second is still under way
  answer(2, ok);
  settle();
  CHECK(cursor == 3);
  CHECK(rows.empty());
}

TEST_CASE_METHOD(Fixture, "lane: a failure keeps its patient waiting with rows, and the cursor moves on",
                 "[deliver][lane]") {
  journal({1, 1, 2, 1});
  CHECK(step() == Positions{1, 3});
  answer(1, failed);
  answer(3, ok);
  settle();
  CHECK(cursor == 4);
  REQUIRE(rows.size() == 3);
  CHECK(rows.at(1).state == DeliveryState::retrying);
  CHECK(rows.at(1).attempts == 1);
  CHECK(rows.at(1).reason == "HTTP 500");
  CHECK(rows.at(2).state == DeliveryState::waiting);
  CHECK(rows.at(4).state == DeliveryState::waiting);

  clock.advance(1s);
  CHECK(step() == Positions{1});
  answer(1, ok);
  CHECK(step() == Positions{2});
  answer(2, ok);
  CHECK(step() == Positions{4});
  answer(4, ok);
  settle();
  CHECK(rows.empty());
}

TEST_CASE_METHOD(Fixture, "lane: what is read for a patient who waits gets a row at once", "[deliver][lane]") {
  journal({1});
  step();
  answer(1, failed);
  std::vector<Owed> more{owed(2, 1), owed(3, 2)};
  lane.entries(more, 3, false, clock.now());
  CHECK(step() == Positions{3});
  settle();
  CHECK(rows.at(2).state == DeliveryState::waiting);
  CHECK(cursor == 2);
}

TEST_CASE_METHOD(Fixture, "lane: a refused item is parked at once with the reason, and the lane behind it moves",
                 "[deliver][lane]") {
  journal({1, 1});
  CHECK(step() == Positions{1});
  answer(1, refused);
  CHECK(step().empty());  // not before the dead letter is durable
  REQUIRE(last.parked.size() == 1);
  CHECK(last.parked[0].owed.position == 1);
  settle();
  CHECK(rows.at(1).state == DeliveryState::parked);
  CHECK(rows.at(1).reason == "HTTP 422");
  CHECK(step() == Positions{2});
}

TEST_CASE_METHOD(Fixture, "lane: an item that keeps failing is parked after its tries", "[deliver][lane]") {
  journal({1, 1});
  for (int i = 0; i < 3; ++i) {
    clock.advance(60s);
    REQUIRE(step() == Positions{1});
    answer(1, failed);
    settle();
  }
  CHECK(rows.at(1).state == DeliveryState::parked);
  CHECK(rows.at(1).attempts == 3);
  clock.advance(60s);
  CHECK(step() == Positions{2});
  answer(2, ok);
  settle();
  CHECK(rows.size() == 1);
}

TEST_CASE_METHOD(Fixture, "lane: the wait before a retry is jittered, grows and respects Retry-After",
                 "[deliver][lane]") {
  journal({1});
  step();
  answer(1, failed);
  settle();
  CHECK(rows.at(1).next_at <= clock.now() + 1s);
  clock.advance(1s);
  step();
  Answer later = failed;
  later.retry_after = 40s;
  auto asked_at = clock.now();
  answer(1, later);
  settle();
  CHECK(rows.at(1).next_at == asked_at + 40s);
  clock.advance(39s);
  CHECK(step().empty());
  clock.advance(1s);
  CHECK(step() == Positions{1});
}

TEST_CASE_METHOD(Fixture, "lane: a busy receiver stops everybody, and costs nobody a try or a row", "[deliver][lane]") {
  journal({1, 2, 3, 4, 5});
  step();
  answer(1, {Outcome::throttled, "HTTP 429", 30s});
  answer(2, ok);
  CHECK(step().empty());
  clock.advance(29s);
  CHECK(step().empty());
  clock.advance(1s);
  CHECK(step() == Positions{1, 5});
  CHECK(rows.empty());
}

TEST_CASE_METHOD(Fixture, "lane: a destination that is down is left alone but for one probe", "[deliver][lane]") {
  journal({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  for (int failures = 0; failures < 5; ++failures) {
    step();
    answer(sent.at(static_cast<std::size_t>(failures)), unreachable);
  }
  step();
  CHECK(last.breaker == Lane::BreakerChange::opened);
  std::size_t before = sent.size();
  // Stragglers of the time before: no row, no try.
  for (std::size_t i = 5; i < before; ++i) answer(sent[i], unreachable);
  settle();
  CHECK(rows.size() == 5);
  CHECK(lane.in_flight() == 0);

  lane.journal_grew();
  for (int probe = 0; probe < 20; ++probe) {
    clock.advance(60s);
    auto sends = step();
    REQUIRE(sends.size() == 1);
    CHECK_FALSE(last.breaker.has_value());  // its change is told once
    CHECK_FALSE(last.read.has_value());
    answer(sends[0], unreachable);
    step();
  }
  CHECK(rows.size() == 5);
  for (const auto& [position, row] : rows) CHECK(row.attempts == 1);

  clock.advance(60s);
  auto sends = step();
  REQUIRE(sends.size() == 1);
  answer(sends[0], ok);
  step();
  CHECK(last.breaker == Lane::BreakerChange::closed);
  CHECK(last.read.has_value());
  CHECK(last.send.size() == 4);
}

TEST_CASE_METHOD(Fixture, "lane: probes take turns, so that one bad item cannot keep the breaker open",
                 "[deliver][lane]") {
  journal({1, 2, 3, 4, 5, 6});
  for (std::size_t i = 0; i < 5; ++i) {
    step();
    answer(sent.at(i), unreachable);
  }
  for (std::size_t i = 5; i < sent.size(); ++i) answer(sent[i], unreachable);
  std::set<Position> probed;
  for (int i = 0; i < 12; ++i) {
    clock.advance(60s);
    for (Position position : step()) {
      probed.insert(position);
      answer(position, unreachable);
    }
  }
  CHECK(probed.size() == 6);
}

TEST_CASE_METHOD(Fixture, "lane: probes take turns over items never tried before, too", "[deliver][lane]") {
  journal({1, 2, 3, 4, 5, 6, 7, 8, 9});
  for (std::size_t i = 0; i < 5; ++i) {
    step();
    answer(sent.at(i), unreachable);
  }
  for (std::size_t i = 5; i < sent.size(); ++i) answer(sent[i], unreachable);
  std::set<Position> probed;
  for (int i = 0; i < 9; ++i) {
    clock.advance(60s);
    for (Position position : step()) {
      if (position > 5) probed.insert(position);
      answer(position, unreachable);
    }
  }
  CHECK(probed == std::set<Position>{6, 7, 8, 9});
}

TEST_CASE_METHOD(Fixture, "lane: Retry-After of one answer stops the whole destination", "[deliver][lane]") {
  journal({1, 2, 2});
  CHECK(step() == Positions{1, 2});
  answer(1, {Outcome::unreachable, "HTTP 503", 30s});
  answer(2, ok);
  CHECK(step().empty());
  clock.advance(29s);
  CHECK(step().empty());
  clock.advance(1s);
  CHECK(step() == Positions{1, 3});
}

TEST_CASE_METHOD(MoreTriesThanTheBreaker,
                 "lane: an item only the receiver chokes on is parked even when nothing else is sent",
                 "[deliver][lane]") {
  journal({1});
  for (int i = 0; i < 10; ++i) {
    clock.advance(60s);
    REQUIRE(step() == Positions{1});
    answer(1, failed);
  }
  settle();
  CHECK(rows.at(1).state == DeliveryState::parked);
}

TEST_CASE_METHOD(Fixture, "lane: rows are taken up again after a restart, in order", "[deliver][lane]") {
  lane.start(10, {{owed(4, 1), DeliveryId{1}, DeliveryState::retrying, 2, clock.now() + 5s},
                  {owed(7, 1), DeliveryId{2}, DeliveryState::waiting, 0, {}},
                  {owed(8, 2), DeliveryId{3}, DeliveryState::waiting, 0, {}}});
  last = lane.next(clock.now());
  CHECK(last.send == Positions{8});
  REQUIRE(last.read.has_value());
  CHECK(last.read->after == 10);
  lane.entries(std::vector<Owed>{owed(11, 1)}, 11, false, clock.now());
  clock.advance(5s);
  CHECK(step() == Positions{4});
  answer(4, failed);  // the third try
  settle();
  CHECK(rows.at(4).state == DeliveryState::parked);
  CHECK(rows.at(4).id == DeliveryId{1});
  CHECK(step() == Positions{7});
  answer(7, ok);
  CHECK(step() == Positions{11});
}

TEST_CASE_METHOD(Fixture, "lane: a row beyond the cursor is not taken for a new entry after a restart",
                 "[deliver][lane]") {
  lane.start(2, {{owed(4, 1), DeliveryId{1}, DeliveryState::retrying, 2, clock.now() + 50s}});
  lane.next(clock.now());
  lane.entries(std::vector<Owed>{owed(3, 2), owed(4, 1)}, 4, false, clock.now());
  CHECK(step() == Positions{3});
  clock.advance(50s);
  CHECK(step() == Positions{4});
  answer(4, failed);  // its third try
  settle();
  CHECK(rows.at(4).state == DeliveryState::parked);
  CHECK(rows.at(4).id == DeliveryId{1});
}

TEST_CASE_METHOD(Fixture, "lane: an entry parked beyond the cursor is not sent again after a restart",
                 "[deliver][lane]") {
  lane.start(2, {{owed(4, 1), DeliveryId{1}, DeliveryState::parked, 3, {}}});
  lane.next(clock.now());
  lane.entries(std::vector<Owed>{owed(3, 1), owed(4, 1), owed(5, 1)}, 5, false, clock.now());
  CHECK(step() == Positions{3});
  answer(3, ok);
  CHECK(step() == Positions{5});
}

TEST_CASE_METHOD(Fixture, "lane: a dead letter taken back goes before its patient's later items", "[deliver][lane]") {
  journal({1, 1, 1});
  step();
  answer(1, refused);
  settle();
  CHECK(step() == Positions{2});
  lane.reinstated({owed(1, 1), rows.at(1).id, DeliveryState::retrying, 0, clock.now()});
  answer(2, ok);
  CHECK(step() == Positions{1});
  answer(1, ok);
  CHECK(step() == Positions{3});
  settle();
  CHECK(rows.count(1) == 0);
}

TEST_CASE_METHOD(Fixture, "lane: a lost write is written again, with the same effect", "[deliver][lane]") {
  journal({1, 1, 2});
  step();
  answer(1, failed);
  answer(3, ok);
  clock.advance(300ms);
  Lane::Wanted wanted = lane.next(clock.now());
  REQUIRE(wanted.write.has_value());
  lane.not_written(clock.now());
  CHECK_FALSE(lane.next(clock.now()).write.has_value());  // not at once
  clock.advance(2s);
  auto sends = step();
  CHECK(sends == Positions{1});
  CHECK(rows.size() == 2);
  CHECK(cursor == 3);
}

TEST_CASE_METHOD(Fixture, "lane: an item delivered while its row is being written leaves no row behind",
                 "[deliver][lane]") {
  journal({1});
  step();
  answer(1, failed);
  clock.advance(1s);
  Lane::Wanted wanted = lane.next(clock.now());
  REQUIRE(wanted.write.has_value());
  REQUIRE(wanted.send == Positions{1});
  answer(1, ok);
  write(*wanted.write);
  CHECK(rows.size() == 1);
  settle();
  CHECK(rows.empty());
}

TEST_CASE_METHOD(Fixture, "lane: many changes are one write, and an idle cursor is rarely written", "[deliver][lane]") {
  std::vector<std::int64_t> patients(60);
  std::iota(patients.begin(), patients.end(), 1);
  journal(patients);
  int writes = 0;
  for (int done = 0; done < 60;) {
    step();
    writes += last.write ? 1 : 0;
    for (Position position : last.send) {
      answer(position, ok);
      ++done;
    }
  }
  CHECK(writes == 0);  // all within 200 ms
  settle();
  CHECK(cursor == 60);

  lane.entries({}, 100, false, clock.now());  // forty entries of others
  settle();
  CHECK(cursor == 60);
  clock.advance(5s);
  step();
  CHECK(cursor == 100);
}

TEST_CASE_METHOD(FewRows, "lane: too many rows stop the reading, not the sending", "[deliver][lane]") {
  journal({1, 1, 1, 1, 2});
  step();
  answer(1, failed);
  lane.journal_grew();
  step();
  CHECK_FALSE(last.read.has_value());
  answer(5, ok);
  clock.advance(1s);
  CHECK(step() == Positions{1});
  answer(1, ok);
  step();
  answer(2, ok);
  step();
  CHECK(last.read.has_value());
}

TEST_CASE_METHOD(Fixture, "lane: stopping sends nothing new, and writes what is known", "[deliver][lane]") {
  journal({1, 1, 2});
  step();
  lane.stop();
  answer(1, ok);
  CHECK_FALSE(lane.idle());
  CHECK(step().empty());
  answer(3, failed);
  step();
  CHECK(cursor == 1);
  CHECK(rows.at(3).state == DeliveryState::retrying);
  step();
  CHECK(lane.idle());
}

TEST_CASE_METHOD(Fixture, "lane: a wall clock set back does not postpone what was due", "[deliver][lane]") {
  journal({1});
  step();
  answer(1, failed);
  settle();
  clock.set_wall(clock.now() - 48h);
  CHECK(step() == Positions{1});
}
