// What the timers ask the store for: what is due, expected, or was last seen, and who answers when.
#include "tests/gateway/store/conformance.hpp"

namespace gateway::store::conformance {
namespace {

template <class Row>
std::vector<std::int64_t> ids_of(const std::vector<Row>& rows) {
  std::vector<std::int64_t> ids;
  for (const Row& row : rows) ids.push_back(row.id.value);
  return ids;
}
using Ids = std::vector<std::int64_t>;

void alarm_times(Backend& backend) {
  Changes changes;
  changes.alarms = {alarm(40, "a"), alarm(41, "b"), alarm(42, "c"), alarm(43, "d")};
  changes.alarms[0].due = at(20);
  changes.alarms[1].due = at(10);
  changes.alarms[3].due = at(30);
  changes.alarms[3].tenant = Tenant{2};
  changes.calls = {{{40}, 3, Tenant{1}, 1, 0, at(9)}, {{40}, 5, Tenant{1}, 2, 0, at(8)}};
  commit(backend, changes);
  backend.reopen();
  std::unique_ptr<Reader> reader = backend.store().reader();
  CHECK(reader->due_alarms(at(9), 10).empty());
  CHECK(ids_of(reader->due_alarms(at(20), 10)) == Ids{41, 40});
  CHECK(ids_of(reader->due_alarms(at(99), 10)) == Ids{41, 40, 43});
  CHECK(ids_of(reader->due_alarms(at(99), 1)) == Ids{41});
  CHECK(reader->alarm({40})->due == at(20));
  CHECK_FALSE(reader->alarm({42})->due);
  REQUIRE(reader->calls(10).size() == 2);
  CHECK(reader->calls(10)[0].version == 5);
  CHECK(reader->calls(1)[0].level == 2);

  Changes next;
  next.alarms = {changes.alarms[0]};
  next.alarms[0].due.reset();
  next.calls = {{{40}, 3, Tenant{1}, 1, 4, at(50)}};
  next.dropped_calls = {{{40}, 5}};
  commit(backend, next);
  CHECK(ids_of(reader->due_alarms(at(99), 10)) == Ids{41, 43});
  REQUIRE(reader->calls(10).size() == 1);
  CHECK(reader->calls(10)[0].attempts == 4);
  CHECK(reader->calls(10)[0].next_at == at(50));
}

void expected(Backend& backend) {
  Expected weight{{100}, "no-weight", Tenant{1}, "{}", at(1), at(10), at(20), at(20), {}, {}, {}, 0};
  Expected sugar{{100}, "no-sugar", Tenant{1}, "{\"every\":\"8h\"}", at(2), at(3), at(9), at(9), at(3), at(1), at(2), 2};
  Expected other{{101}, "no-weight", Tenant{2}, "{}", at(1), at(10), at(20), {}, {}, {}, {}, 1};
  Changes changes;
  changes.expected = {weight, sugar, other};
  commit(backend, changes);
  backend.reopen();
  std::unique_ptr<Reader> reader = backend.store().reader();
  CHECK(reader->expected({100}) == std::vector<Expected>{sugar, weight});
  CHECK(reader->expected({101}) == std::vector<Expected>{other});
  CHECK(reader->expected({102}).empty());
  CHECK(reader->expected_due(at(9), 10).empty());
  CHECK(reader->expected_due(at(30), 10) == std::vector<Expected>{sugar, weight});
  CHECK(reader->expected_due(at(30), 1) == std::vector<Expected>{sugar});
  changes.clear();
  weight.due = at(40);
  changes.dropped_expected = {{{100}, "no-sugar"}, {{100}, "no-weight"}};
  changes.expected = {weight};
  commit(backend, changes);
  CHECK(reader->expected({100}) == std::vector<Expected>{weight});
}

void responsibilities(Backend& backend) {
  Changes changes;
  changes.responsibilities = {{{100}, 1, at(1), "a", "[1]"}};
  commit(backend, changes);
  changes.responsibilities = {{{100}, 2, at(2), "b", "[2]"}};
  commit(backend, changes);
  std::optional<Responsibility> read = backend.store().reader()->responsibility({100});
  REQUIRE(read);
  CHECK(read->version == 2);
  CHECK(read->who == "b");
  CHECK(read->at == at(2));
  CHECK(read->periods == "[2]");
  CHECK_FALSE(backend.store().reader()->responsibility({101}));
}

void suppressions(Backend& backend) {
  const Suppression first{{9001}, 1, Tenant{1}, {100}, true, at(10), "{}"};
  const Suppression over{{9002}, 1, Tenant{1}, {100}, true, std::nullopt, "{\"a\":1}"};
  const Suppression closed{{9003}, 3, Tenant{1}, {100}, false, std::nullopt, "{}"};
  const Suppression other{{9004}, 1, Tenant{2}, {200}, true, at(5), "{}"};
  Changes changes;
  changes.suppressions = {first, over, closed, other};
  commit(backend, changes);
  backend.reopen();
  auto reader = backend.store().reader();
  CHECK(reader->suppression({9003}) == closed);
  CHECK_FALSE(reader->suppression({9009}));
  CHECK(reader->open_suppressions({100}) == std::vector<Suppression>{first, over});
  CHECK(reader->suppressions({.tenant = Tenant{1}}) == std::vector<Suppression>{first, over, closed});
  CHECK(reader->suppressions({.tenant = Tenant{1}, .patient = PatientId{100}, .open = false}) == std::vector<Suppression>{closed});
  CHECK(reader->suppressions({.tenant = Tenant{1}, .open = true, .after = SuppressionId{9001}, .limit = 1}) == std::vector<Suppression>{over});
  CHECK(reader->suppressions({.tenant = Tenant{2}, .patient = PatientId{100}}).empty());
  CHECK(reader->suppressions_due(at(10), 10) == std::vector<Suppression>{other, first});
  CHECK(reader->suppressions_due(at(9), 10) == std::vector<Suppression>{other});
  changes.clear();
  Suppression next = first;
  next.version = 2;
  next.open = false;
  next.due.reset();
  changes.suppressions = {next};
  commit(backend, changes);
  CHECK(reader->suppression({9001}) == next);
  CHECK(reader->open_suppressions({100}) == std::vector<Suppression>{over});
  CHECK(reader->suppressions_due(at(10), 10) == std::vector<Suppression>{other});
}

void care_plans(Backend& backend) {
  const CarePlan first{{100}, 1, Tenant{1}, at(1), "a", "{}"}, second{{100}, 2, Tenant{1}, at(2), "b", "{\"b\":2}"};
  Changes changes;
  changes.care_plans = {first};
  commit(backend, changes);
  changes.care_plans = {second};
  commit(backend, changes);
  backend.reopen();
  auto reader = backend.store().reader();
  CHECK(reader->care_plan({100}) == second);
  CHECK(reader->care_plan({100}, 1) == first);
  CHECK_FALSE(reader->care_plan({100}, 3));
  CHECK_FALSE(reader->care_plan({101}));
}

void last_seen(Backend& backend) {
  SourceSeen sensors;
  sensors.source = Source{1};
  sensors.tenant = Tenant{1};
  sensors.name = "sensors";
  sensors.watched = at(1);
  SourceSeen scales = sensors;
  scales.source = Source{2};
  scales.name = "scales";
  DeviceSeen cuff;
  cuff.device = {7001};
  cuff.source = Source{1};
  cuff.tenant = Tenant{1};
  cuff.patient = {100};
  cuff.subject = "user-17";
  cuff.identifier = "SN-1";
  cuff.seen = at(3);
  DeviceSeen lost = cuff;
  lost.device = {7002};
  Changes changes;
  changes.sources_seen = {scales, sensors};
  changes.devices_seen = {cuff, lost};
  commit(backend, changes);
  Changes next;
  sensors.accepted = at(5);
  sensors.heartbeat = at(6);
  sensors.state = 2;
  sensors.no_heartbeat = true;
  cuff.silent = true;
  cuff.patient = {101};
  next.sources_seen = {sensors};
  next.devices_seen = {cuff};
  next.dropped_devices_seen = {{7002}, {7003}};
  commit(backend, next);
  backend.reopen();

  auto reader = backend.store().reader();
  auto sources = reader->sources_seen();
  REQUIRE(sources.size() == 2);
  CHECK((sources[0].name == "sensors" && sources[0].accepted == at(5) && sources[0].heartbeat == at(6)));
  CHECK((sources[0].state == 2 && sources[0].no_heartbeat && sources[0].watched == at(1) && sources[0].tenant == Tenant{1}));
  CHECK((sources[1].source == Source{2} && !sources[1].accepted && !sources[1].heartbeat && sources[1].state == 0));
  auto devices = reader->devices_seen(Source{1});
  REQUIRE(devices.size() == 1);
  CHECK((devices[0].device == DeviceId{7001} && devices[0].patient == PatientId{101} && devices[0].silent));
  CHECK((devices[0].subject == "user-17" && devices[0].identifier == "SN-1" && devices[0].seen == at(3)));
  CHECK(reader->devices_seen(Source{2}).empty());
}

}  // namespace

std::span<const Case> time_cases() {
  static const Case cases[] = {
      {"alarms by when something is due, and calls owed", alarm_times},
      {"who answers for a patient, by version", responsibilities},
      {"readings that are expected, by patient and by when they are due", expected},
      {"suppressions, by patient, tenant and when they are due", suppressions},
      {"what patients are told to do themselves, by version", care_plans},
      {"when sources and devices were last seen", last_seen},
  };
  return cases;
}

}  // namespace gateway::store::conformance
