#include "tests/gateway/store/conformance.hpp"

namespace gateway::store::conformance {
namespace {

using Ids = std::vector<std::int64_t>;

Store& fill(Backend& backend, std::vector<Observation> observations) {
  commit(backend, changes_of(std::move(observations)));
  return backend.store();
}

void same(const Observation& a, const Observation& b) {
  CHECK(a.id == b.id);
  CHECK(a.version == b.version);
  CHECK(a.tenant == b.tenant);
  CHECK(a.patient == b.patient);
  CHECK(a.source == b.source);
  CHECK(a.kind == b.kind);
  CHECK(a.measured == b.measured);
  CHECK(a.updated == b.updated);
  CHECK(a.status == b.status);
  CHECK(a.key == b.key);
  CHECK(a.digest == b.digest);
  CHECK(a.vendor_version == b.vendor_version);
  CHECK(a.subject == b.subject);
  CHECK(a.device == b.device);
  REQUIRE(a.value.has_value() == b.value.has_value());
  if (a.value) {
    CHECK(a.value->coefficient() == b.value->coefficient());
    CHECK(a.value->scale() == b.value->scale());
  }
  CHECK(a.comparator == b.comparator);
  REQUIRE(a.components.size() == b.components.size());
  for (std::size_t i = 0; i < a.components.size(); ++i) {
    CHECK(a.components[i].kind == b.components[i].kind);
    CHECK(a.components[i].value.coefficient() == b.components[i].value.coefficient());
    CHECK(a.components[i].value.scale() == b.components[i].value.scale());
    CHECK(a.components[i].comparator == b.components[i].comparator);
  }
  CHECK(a.late == b.late);
  CHECK(a.superseded == b.superseded);
  CHECK(a.absent == b.absent);
  CHECK(a.doubled_hour == b.doubled_hour);
  CHECK(a.sequence == b.sequence);
  CHECK(a.judgement == b.judgement);
  CHECK(a.resource == b.resource);
}

Observation full_row() {
  Observation o = observation(1);
  o.status = Status::amended;
  o.digest = 0xfedcba9876543210u;  // above the signed range
  o.vendor_version = "2026-11-20T08:00:00Z";
  o.value = fhir::Decimal(-3750, 2);
  o.comparator = 3;
  o.components = {{static_cast<fhir::Kind>(5), fhir::Decimal(1320, 1), 0},
                  {static_cast<fhir::Kind>(6), fhir::Decimal(-84), 2}};
  o.late = true;
  o.resource += std::string(9000, 'x');  // longer than a page
  return o;
}

void round_trip(Backend& backend) {
  Observation bare = observation(2);
  bare.value.reset();
  bare.superseded = true;
  bare.subject.clear();
  bare.absent = fhir::AbsentReason::not_permitted;
  bare.doubled_hour = true;
  bare.sequence = (std::uint64_t{1} << 47) - 1;
  fill(backend, {full_row(), bare});
  backend.reopen();
  std::unique_ptr<Reader> reader = backend.store().reader();
  std::optional<Observation> first = reader->observation({1}), second = reader->observation({2});
  REQUIRE(first);
  REQUIRE(second);
  same(*first, full_row());
  same(*second, bare);
  CHECK_FALSE(reader->observation({3}));
  CHECK_FALSE(reader->observation({1}, 2));
}

void keys_found(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 200; ++id) {
    rows.push_back(observation(id, 100 + id % 7));
    if (rows.size() == 10) fill(backend, std::exchange(rows, {}));
  }
  Changes events;
  events.events = {event(201), event(202)};
  commit(backend, std::move(events));
  auto check = [&](Reader& reader) {
    for (std::int64_t id = 1; id <= 202; ++id) {
      std::vector<Key> keys = {key_of(id), key_of(id + 1000), key_of(203 - id)};
      std::vector<std::int64_t> found = {-1, -1, -1};
      reader.find_keys(keys, found);
      CHECK(found == std::vector<std::int64_t>{id, 0, 203 - id});
    }
  };
  check(backend.store().own());
  check(*backend.store().reader());
  backend.reopen();
  check(*backend.store().reader());
  std::unique_ptr<Reader> reader = backend.store().reader();
  reader->find_keys({}, {});
}

Observation amended(Observation o, std::uint32_t version, Time updated) {
  o.version = version;
  o.status = Status::amended;
  o.digest = o.digest * 1000 + version;
  o.vendor_version = "v" + std::to_string(version);
  o.updated = updated;
  o.resource += std::to_string(version);
  return o;
}

void amendment(Backend& backend) {
  Observation first = observation(1);
  Store& store = fill(backend, {first, observation(2)});
  Observation second = amended(first, 2, at(50)), third = amended(first, 3, at(60));
  fill(backend, {second});
  fill(backend, {third});
  for (int restarted = 0; restarted < 2; ++restarted) {
    std::unique_ptr<Reader> reader = backend.store().reader();
    same(*reader->observation({1}), third);
    same(*reader->observation({1}, 1), first);
    same(*reader->observation({1}, 2), second);
    same(*reader->observation({1}, 3), third);
    std::vector<VersionMark> versions = reader->versions({1});
    REQUIRE(versions.size() == 3);
    CHECK(versions[0].version == 1);
    CHECK(versions[0].digest == first.digest);
    CHECK(versions[1].digest == second.digest);
    CHECK(versions[2].digest == third.digest);
    CHECK(versions[2].vendor_version == "v3");
    CHECK(reader->versions({9}).empty());
    reader.reset();
    backend.reopen();
  }
  static_cast<void>(store);
}

// Each of these is a caller's mistake: the whole group is refused and nothing of it is there.
void conflicts(Backend& backend) {
  Changes start = changes_of({observation(1), observation(2)});
  Patient patient{{100}, Tenant{1}, "urn:oid:2.16.578.1.12.4.1.4.1", "13886512345", t0};
  start.patients = {patient};
  start.alarms = {alarm(3, "limit/100/spo2/low")};
  start.plans = {{{100}, 1, t0, "clinician", {"copd"}, "[]"}};
  start.events = {event(4)};
  commit(backend, start);

  struct Row {
    const char* name;
    std::function<void(Changes&)> spoil;
  };
  const Row rows[] = {
      {"the same observation again", [](Changes& c) { c.observations = {observation(1)}; }},
      {"the key of another observation",
       [](Changes& c) {
         Observation o = observation(10);
         o.key = key_of(2);
         c.observations = {o};
       }},
      {"the key of an event",
       [](Changes& c) {
         Observation o = observation(10);
         o.key = key_of(4);
         c.observations = {o};
       }},
      {"one key twice in a group",
       [](Changes& c) {
         Observation o = observation(11);
         o.key = key_of(10);
         c.observations = {observation(10), o};
       }},
      {"a version that does not follow", [](Changes& c) { c.observations = {amended(observation(1), 3, at(9))}; }},
      {"a version of nothing", [](Changes& c) { c.observations = {amended(observation(10), 2, at(9))}; }},
      {"a patient's identifier again",
       [&](Changes& c) {
         c.patients = {patient};
         c.patients[0].id = {101};
       }},
      {"a second open alarm of one identity", [](Changes& c) { c.alarms = {alarm(12, "limit/100/spo2/low")}; }},
      {"a plan's version again",
       [](Changes& c) {
         c.plans = {{{100}, 1, t0, "other", {}, "[]"}};
       }},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Position newest = backend.store().own().newest();
      Changes changes;
      row.spoil(changes);
      changes.observations.insert(changes.observations.begin(), observation(9));
      changes.alarms.push_back(alarm(13, "neighbour"));
      changes.journal = {entry(Entry::observation, 9)};
      Result<Position> result = backend.store().commit(changes, Lane::bulk);
      REQUIRE(result.has_error());
      CHECK(result.error().category == fhir::ErrorCategory::conflict);
      for (int restarted = 0; restarted < 2; ++restarted) {
        std::unique_ptr<Reader> reader = backend.store().reader();
        CHECK_FALSE(reader->observation({9}));
        CHECK_FALSE(reader->alarm({13}));
        CHECK(reader->newest() == newest);
        std::vector<Key> keys = {key_of(9), key_of(1), key_of(2), key_of(4), key_of(10)};
        std::vector<std::int64_t> found(5);
        reader->find_keys(keys, found);
        CHECK(found == std::vector<std::int64_t>{0, 1, 2, 4, 0});
        CHECK(reader->search({.tenant = Tenant{1}, .patients = {{100}}}).rows.size() == 2);
        CHECK(reader->observation({1})->version == 1);
        reader.reset();
        backend.reopen();
      }
      CHECK(commit(backend, changes_of({observation(9)})) == newest + 1);  // positions have no gap
    }
  }
}

// A corrected link: the reading is wrong on the old patient and stands anew, under its key, on the right one.
void entered_in_error_gives_up_its_key(Backend& backend) {
  fill(backend, {observation(1, 100), observation(2, 100)});
  Observation wrong = amended(observation(1, 100), 2, at(30)), right = observation(3, 200);
  wrong.status = Status::entered_in_error;
  right.key = wrong.key;
  fill(backend, {wrong, right});
  for (int restarted = 0; restarted < 2; ++restarted) {
    std::int64_t found = 0;
    Key key = key_of(1);
    backend.store().reader()->find_keys({&key, 1}, {&found, 1});
    CHECK(found == 3);
    backend.reopen();
  }
}

void latest(Backend& backend) {
  Observation wrong = observation(3, 100, 1, at(30));
  fill(backend,
       {observation(1, 100, 1, at(20)), observation(2, 100, 1, at(10)), wrong, observation(4, 100, 2, at(99))});
  auto latest_of = [&](std::int64_t patient, int kind) {
    return backend.store().reader()->latest_measured({patient}, static_cast<fhir::Kind>(kind));
  };
  CHECK(latest_of(100, 1) == at(30));
  wrong = amended(wrong, 2, at(40));
  wrong.status = Status::entered_in_error;
  fill(backend, {wrong});
  CHECK(latest_of(100, 1) == at(20));
  Observation absent = observation(5, 100, 1, at(98));
  absent.absent = fhir::AbsentReason::error;
  fill(backend, {absent});
  CHECK(latest_of(100, 1) == at(20));
  CHECK(latest_of(100, 2) == at(99));
  CHECK_FALSE(latest_of(100, 3));
  CHECK_FALSE(latest_of(200, 1));
}

void history(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 8; ++id) rows.push_back(observation(id, 100, 1, at(id * 10)));
  rows[6].measured = at(60);  // id 7 at the time of id 6
  rows.push_back(observation(9, 100, 2, at(50)));
  rows.push_back(observation(10, 200, 1, at(50)));
  rows.push_back(observation(11, 100, 1, at(55)));
  rows.back().absent = fhir::AbsentReason::error;
  Observation wrong = rows[2];
  fill(backend, rows);
  wrong = amended(wrong, 2, at(12));
  wrong.status = Status::entered_in_error;
  fill(backend, {wrong});
  auto found = [&](Time from, Time to, std::size_t fewest, std::size_t most) {
    Reader::HistoryFilter filter;
    filter.patient = {100};
    filter.kind = static_cast<fhir::Kind>(1);
    filter.from = from;
    filter.to = to;
    filter.fewest = fewest;
    filter.most = most;
    Ids ids;
    for (const Observation& row : backend.store().reader()->history(filter)) ids.push_back(row.id.value);
    return ids;
  };
  for (int restart = 0; restart < 2; ++restart) {
    CHECK(found(Time::min(), Time::max(), 0, 100) == Ids{8, 7, 6, 5, 4, 2, 1});
    CHECK(found(at(50), at(60), 0, 100) == Ids{7, 6, 5});
    CHECK(found(at(60), at(79), 4, 100) == Ids{7, 6, 5, 4});
    CHECK(found(at(99), Time::max(), 1, 100) == Ids{8});
    CHECK(found(at(99), Time::max(), 0, 100).empty());
    CHECK(found(Time::min(), Time::max(), 9, 2) == Ids{8, 7});
    backend.reopen();
  }
  // A reading that an amendment moves is there once, where it is now.
  Observation moved = amended(rows[7], 2, at(99));
  moved.measured = at(15);
  fill(backend, {moved});
  CHECK(found(Time::min(), Time::max(), 0, 100) == Ids{7, 6, 5, 4, 2, 8, 1});
  const std::vector<Observation> whole = backend.store().reader()->history({{100}, static_cast<fhir::Kind>(1), at(15), at(15), 0, 1});
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].version == 2);
  CHECK(whole[0].value == fhir::Decimal(930, 1));
  CHECK(whole[0].resource == backend.store().reader()->observation({8})->resource);
}

void placed(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 12; ++id)
    rows.push_back(observation(id, 100, 1 + static_cast<int>(id % 3), at(id * 10)));
  rows[2].subject = "user-18";
  rows[3].source = Source{2};
  rows[4].subject.clear();
  rows[5].patient = {200};
  fill(backend, rows);
  Observation wrong = amended(rows[6], 2, at(500));
  wrong.status = Status::entered_in_error;  // already moved
  fill(backend, {wrong});
  auto ids = [&](Time from, std::optional<Time> to, std::optional<ObservationId> after, std::size_t limit) {
    std::vector<std::int64_t> found;
    for (const Observation& o : backend.store().reader()->placed({100}, Source{1}, "user-17", from, to, after, limit)) {
      found.push_back(o.id.value);
      same(o, rows[static_cast<std::size_t>(o.id.value - 1)]);
    }
    return found;
  };
  CHECK(ids(t0, {}, {}, 100) == Ids{1, 2, 8, 9, 10, 11, 12});
  CHECK(ids(at(20), at(110), {}, 100) == Ids{2, 8, 9, 10});  // from inclusive, to exclusive
  CHECK(ids(t0, {}, {}, 3) == Ids{1, 2, 8});
  CHECK(ids(t0, {}, ObservationId{8}, 3) == Ids{9, 10, 11});
  CHECK(ids(t0, {}, ObservationId{12}, 3).empty());
}

void recalled(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 12; ++id) {
    rows.push_back(observation(id, 100 + id % 2, 1 + static_cast<int>(id % 3), at(id * 10)));
    rows.back().device = {id % 4 == 0 ? 78 : 77};
  }
  rows[2].source = Source{2};
  rows[4].tenant = Tenant{2};
  rows[5].device = {};
  rows[6].device = {79};
  fill(backend, rows);
  Changes devices;
  devices.devices = {{{77}, Tenant{1}, Source{1}, "SN-1", "A", at(0)},
                     {{78}, Tenant{1}, Source{1}, "SN-2", "A", at(0)},
                     {{79}, Tenant{1}, Source{1}, "SN-3", "B", at(0)}};
  commit(backend, devices);
  auto taken_back = [&](std::size_t row, std::int64_t seconds, bool recalled) {
    rows[row] = amended(rows[row], 2, at(seconds));
    rows[row].status = Status::entered_in_error;
    rows[row].recalled = recalled;
    fill(backend, {rows[row]});
  };
  taken_back(7, 500, false);  // moved to another patient, say
  taken_back(8, 600, true);
  taken_back(9, 700, true);
  auto ids = [&](const RecallFilter& filter, std::optional<ObservationId> after = {}, std::size_t limit = 100) {
    Ids found;
    for (const Observation& o : backend.store().reader()->recalled_by(filter, after, limit)) {
      found.push_back(o.id.value);
      same(o, rows[static_cast<std::size_t>(o.id.value - 1)]);
      CHECK(o.recalled == rows[static_cast<std::size_t>(o.id.value - 1)].recalled);
    }
    return found;
  };
  for (int restarted = 0; restarted < 2; ++restarted) {
    CHECK(ids({.tenant = Tenant{1}}) == Ids{1, 2, 3, 4, 6, 7, 11, 12});
    CHECK(ids({.tenant = Tenant{2}}) == Ids{5});
    CHECK(ids({.tenant = Tenant{3}}).empty());
    CHECK(ids({.tenant = Tenant{1}, .source = Source{1}}) == Ids{1, 2, 4, 6, 7, 11, 12});
    CHECK(ids({.tenant = Tenant{1}, .device = "SN-1"}) == Ids{1, 2, 3, 11});
    CHECK(ids({.tenant = Tenant{2}, .device = "SN-1"}).empty());  // another tenant's device is another device
    CHECK(ids({.tenant = Tenant{1}, .model = "A"}) == Ids{1, 2, 3, 4, 11, 12});
    CHECK(ids({.tenant = Tenant{1}, .device = "SN-2", .model = "B"}).empty());
    CHECK(ids({.tenant = Tenant{1}, .device = "SN-3", .model = "B"}) == Ids{7});
    CHECK(ids({.tenant = Tenant{1}, .from = at(20), .to = at(110)}) == Ids{2, 3, 4, 6, 7});  // from inclusive, to exclusive
    CHECK(ids({.tenant = Tenant{1}, .source = Source{2}, .device = "SN-1", .from = at(30), .to = at(31)}) == Ids{3});
    // A recall that was interrupted goes on over what it has already taken back.
    CHECK(ids({.tenant = Tenant{1}, .recalled_since = at(600)}) == Ids{1, 2, 3, 4, 6, 7, 9, 10, 11, 12});
    CHECK(ids({.tenant = Tenant{1}, .recalled_since = at(601)}) == Ids{1, 2, 3, 4, 6, 7, 10, 11, 12});
    CHECK(ids({.tenant = Tenant{1}, .device = "SN-1", .recalled_since = at(0)}) == Ids{1, 2, 3, 9, 10, 11});
    CHECK(ids({.tenant = Tenant{1}}, {}, 3) == Ids{1, 2, 3});
    CHECK(ids({.tenant = Tenant{1}}, ObservationId{3}, 3) == Ids{4, 6, 7});
    CHECK(ids({.tenant = Tenant{1}}, ObservationId{12}, 3).empty());
    backend.reopen();
  }
}

void moved_by_amendment(Backend& backend) {
  std::vector<Observation> rows;
  for (std::int64_t id = 1; id <= 30; ++id) rows.push_back(observation(id, 100, 1, at(id)));
  fill(backend, rows);
  // The vendor corrects the time and the kind.
  Observation o = amended(rows[4], 2, at(100));
  o.measured = at(1000);
  o.kind = static_cast<fhir::Kind>(2);
  fill(backend, {o});
  for (std::int64_t id = 31; id <= 40; ++id) fill(backend, {observation(id, 100, 1, at(id))});
  for (int restarted = 0; restarted < 2; ++restarted) {
    std::unique_ptr<Reader> reader = backend.store().reader();
    ObservationFilter filter{.tenant = Tenant{1}, .patients = {{100}}, .kinds = {static_cast<fhir::Kind>(2)}};
    ObservationPage page = reader->search(filter);
    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows[0].id == ObservationId{5});
    CHECK(page.rows[0].measured == at(1000));
    filter.kinds = {static_cast<fhir::Kind>(1)};
    CHECK(reader->search(filter).rows.size() == 39);
    CHECK(reader->count(filter) == 39);
    filter.kinds.clear();
    CHECK(reader->count(filter) == 40);
    CHECK(reader->latest_measured({100}, static_cast<fhir::Kind>(1)) == at(40));
    reader.reset();
    backend.reopen();
  }
}

}  // namespace

std::span<const Case> observation_cases() {
  static const Case cases[] = {
      {"an observation is read back as written, also after a restart", round_trip},
      {"keys of observations and events are found, others are not", keys_found},
      {"an amendment replaces the row and keeps every version", amendment},
      {"a conflict leaves neighbours and store untouched", conflicts},
      {"an observation entered in error gives up its key", entered_in_error_gives_up_its_key},
      {"latest measured time leaves out what was entered in error", latest},
      {"history: what a patient's readings of a kind were, newest first", history},
      {"placed: what a subject placed in a period, oldest first", placed},
      {"recalled_by: what a source, device or model measured in a period", recalled},
      {"an amendment that changes time and kind moves the row", moved_by_amendment},
  };
  return cases;
}

}  // namespace gateway::store::conformance
