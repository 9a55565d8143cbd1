// The committer's caches: patients, links, waiting items. What they answer is what the store would, whatever was
// dropped.
#include <algorithm>

#include "gateway/registry/links.hpp"
#include "gateway/registry/patients.hpp"
#include "gateway/registry/waiting.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;

namespace {

constexpr store::Tenant bodo{1}, oslo{2};
constexpr store::Source sensors{1}, scales{2};
const fhir::Time noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(12);

store::Patient person(std::int64_t id, store::Tenant tenant = bodo) {
  store::Patient patient;
  patient.id = PatientId{id};
  patient.tenant = tenant;
  patient.system = "urn:test";
  patient.value = std::to_string(id % 100);
  return patient;
}

store::Link link(std::int64_t id, std::int64_t patient, int from_hour, std::optional<int> to_hour) {
  store::Link made;
  made.id = LinkId{id};
  made.tenant = bodo;
  made.source = sensors;
  made.subject = "u";
  made.patient = PatientId{patient};
  made.from = noon + std::chrono::hours(from_hour);
  if (to_hour) made.to = noon + std::chrono::hours(*to_hour);
  return made;
}

store::Key key(std::uint8_t n) {
  store::Key made{};
  made.fill(n);
  return made;
}

}  // namespace

TEST_CASE("patients: the least recently used go, and come back from the store as they were", "[registry][patients]") {
  support::MemoryStore memory;
  store::Changes changes;
  for (int i = 1; i <= 5; ++i) changes.patients.push_back(person(i));
  store::Plan plan;
  plan.patient = PatientId{1};
  plan.programmes = {"copd"};
  plan.limits = R"([{"kind":"heart-rate","alert_high":120,"origin":"copd"}])";
  changes.plans.push_back(plan);
  REQUIRE(memory.commit(changes, store::Lane::bulk));
  registry::Patients patients(memory.own(), 2);
  for (int i = 1; i <= 5; ++i) REQUIRE(patients.find(PatientId{i}) != nullptr);
  CHECK(patients.find(PatientId{1}) == patients.find(PatientId{1}));  // all of a group's stay until its end
  patients.trim();
  const std::uint64_t misses = patients.misses();
  patients.find(PatientId{1});
  patients.find(PatientId{5});
  CHECK(patients.misses() == misses);
  patients.find(PatientId{2});
  CHECK(patients.misses() == misses + 1);
  CHECK(patients.find(PatientId{1})->plan.limits.size() == 1);
  CHECK(patients.find(PatientId{99}) == nullptr);
}

TEST_CASE("patients: an identifier is one tenant's", "[registry][patients]") {
  support::MemoryStore memory;
  store::Changes changes;
  changes.patients = {person(101), person(201, oslo)};
  REQUIRE(memory.commit(changes, store::Lane::bulk));
  registry::Patients patients(memory.own(), 10);
  CHECK(patients.by_identifier(bodo, "urn:test", "1") == PatientId{101});
  CHECK(patients.by_identifier(oslo, "urn:test", "1") == PatientId{201});
  CHECK_FALSE(patients.by_identifier(bodo, "urn:other", "1"));
  SECTION("one that a failed group created is forgotten") {
    patients.add(person(303));
    REQUIRE(patients.by_identifier(bodo, "urn:test", "3"));
    patients.forget_all();
    CHECK_FALSE(patients.by_identifier(bodo, "urn:test", "3"));
    CHECK(patients.find(PatientId{303}) == nullptr);
  }
}

TEST_CASE("patients: the newest judged time is loaded once and moves forward only", "[registry][patients]") {
  support::MemoryStore memory;
  store::Changes changes;
  changes.patients = {person(1)};
  store::Observation row;
  row.id = ObservationId{10};
  row.tenant = bodo;
  row.patient = PatientId{1};
  row.kind = fhir::kinds().heart_rate;
  row.measured = noon;
  changes.observations = {row};
  REQUIRE(memory.commit(changes, store::Lane::bulk));
  registry::Patients patients(memory.own(), 10);
  registry::PatientState& state = *patients.find(PatientId{1});
  const auto judged = [&](fhir::Kind kind, fhir::Time measured, fhir::AbsentReason absent = {}) {
    store::Observation judged_row = row;
    judged_row.kind = kind;
    judged_row.measured = measured;
    judged_row.absent = absent;
    patients.judged(state, judged_row);
  };
  const auto latest = [&](fhir::Kind kind) { return patients.latest(state, kind).measured; };
  CHECK(latest(fhir::kinds().heart_rate) == noon);
  CHECK_FALSE(latest(fhir::kinds().body_weight));
  judged(fhir::kinds().heart_rate, noon - std::chrono::hours(1));
  CHECK(latest(fhir::kinds().heart_rate) == noon);
  judged(fhir::kinds().body_weight, noon + std::chrono::hours(1));
  CHECK(latest(fhir::kinds().body_weight) == noon + std::chrono::hours(1));
  judged(fhir::kinds().body_weight, noon + std::chrono::hours(2), fhir::AbsentReason::error);
  CHECK(latest(fhir::kinds().body_weight) == noon + std::chrono::hours(1));
  SECTION("a state that is reloaded asks the store again") {
    patients.reload_later(PatientId{1});
    CHECK(patients.find(PatientId{1}) == &state);  // not within the group
    patients.trim();
    CHECK_FALSE(patients.latest(*patients.find(PatientId{1}), fhir::kinds().body_weight).measured);
  }
}

TEST_CASE("patients: the last values of a kind, newest first, loaded once and kept in step", "[registry][patients]") {
  support::MemoryStore memory;
  store::Changes changes;
  changes.patients = {person(1)};
  const auto weight = [](std::int64_t id, int hour, int kilograms) {
    store::Observation row;
    row.id = ObservationId{id};
    row.key[0] = static_cast<std::uint8_t>(id);
    row.tenant = bodo;
    row.patient = PatientId{1};
    row.kind = fhir::kinds().body_weight;
    row.measured = noon + std::chrono::hours(hour);
    row.value = fhir::Decimal(kilograms);
    return row;
  };
  for (int i = 1; i <= 9; ++i) changes.observations.push_back(weight(i, i, 80 + i));
  changes.observations[7].value.reset();  // the eighth has no value
  changes.observations[7].absent = fhir::AbsentReason::error;
  REQUIRE(memory.commit(changes, store::Lane::bulk));
  registry::Patients patients(memory.own(), 10);
  registry::PatientState& state = *patients.find(PatientId{1});
  const auto values = [&] {
    std::string text;
    for (const registry::PastReading& reading : patients.past(state, fhir::kinds().body_weight))
      text += reading.value.text() + " ";
    return text;
  };
  CHECK(values() == "89 87 86 85 84 83 ");  // of the last seven, six have a value
  patients.judged(state, weight(10, 10, 90));
  CHECK(values() == "90 89 87 86 85 84 83 ");
  patients.judged(state, weight(11, 6, 70));  // late, in its place
  CHECK(values() == "90 89 87 70 86 85 84 ");
  store::Observation amended = weight(10, 10, 95);
  patients.judged(state, amended);
  CHECK(values() == "95 89 87 70 86 85 84 ");
  amended.value.reset();
  amended.absent = fhir::AbsentReason::error;
  patients.judged(state, amended);
  CHECK(values() == "89 87 70 86 85 84 ");
  store::Observation bound = weight(12, 12, 200);
  bound.comparator = 4;
  patients.judged(state, bound);
  CHECK(values() == "89 87 70 86 85 84 ");
  CHECK(patients.past(state, fhir::kinds().blood_glucose).empty());
}

TEST_CASE("patients: open alarms are kept in step", "[registry][patients]") {
  registry::PatientState state;
  alarms::Alarm alarm;
  alarm.id = AlarmId{1};
  alarm.identity = "limit|x";
  state.keep(alarm);
  REQUIRE(state.open_alarm("limit|x") != nullptr);
  state.keep(*state.open_alarm("limit|x"));  // the one that is kept, itself
  CHECK(state.open_alarms.size() == 1);
  alarm.version = 2;
  state.keep(alarm);
  CHECK(state.open_alarm("limit|x")->version == 2);
  alarm.machine.state = thresholds::State::resolved;
  state.keep(alarm);
  CHECK(state.open_alarm("limit|x") == nullptr);
  state.keep(alarm);
  CHECK(state.open_alarms.empty());
}

TEST_CASE("links: half-open periods, found at their first instant and not at their last", "[registry][links]") {
  support::MemoryStore memory;
  store::Changes changes;
  changes.links = {link(1, 1, 0, 2), link(2, 2, 2, std::nullopt)};
  REQUIRE(memory.commit(changes, store::Lane::bulk));
  registry::Links links(memory.own(), 10);
  auto at = [&](int hour, std::string_view subject = "u") {
    auto found = links.at(sensors, subject, noon + std::chrono::hours(hour));
    return found ? found->patient.value : 0;
  };
  CHECK(at(-1) == 0);
  CHECK(at(0) == 1);
  CHECK(at(1) == 1);
  CHECK(at(2) == 2);
  CHECK(at(1'000) == 2);
  CHECK(at(1, "v") == 0);
  CHECK_FALSE(links.at(scales, "u", noon));
  SECTION("kept ones count at once, forgotten ones do not") {
    links.keep(link(1, 1, 0, 1));
    CHECK(at(1) == 0);
    links.keep(link(3, 3, 1, 2));
    CHECK(at(1) == 3);
    links.forget_all();
    CHECK(at(1) == 1);
  }
}

TEST_CASE("links: what overlaps another patient's period", "[registry][links]") {
  const std::vector<store::Link> existing{link(1, 1, 0, 10)};
  struct Row {
    const char* name;
    std::int64_t id, patient;
    int from;
    std::optional<int> to;
    bool overlaps;
  };
  const Row rows[] = {
      {"before", 9, 2, -5, 0, false},
      {"into the beginning", 9, 2, -5, 1, true},
      {"inside", 9, 2, 4, 5, true},
      {"over the end", 9, 2, 9, 20, true},
      {"after", 9, 2, 10, 20, false},
      {"around", 9, 2, -5, {}, true},
      {"open from the end", 9, 2, 10, {}, false},
      {"the same patient", 9, 1, 4, 5, false},
      {"the link itself", 1, 2, 4, 5, false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK((registry::overlap(existing, link(row.id, row.patient, row.from, row.to)) != nullptr) == row.overlaps);
    }
  }
}

TEST_CASE("waiting: loads each source's items in pages, and none that are decided", "[registry][waiting]") {
  support::MemoryStore memory;
  store::Changes changes;
  for (int i = 1; i <= 2'100; ++i) {
    store::Quarantined item;
    item.id = QuarantineId{i};
    item.source = i % 2 == 0 ? sensors : scales;
    item.state = i % 10 == 0 ? store::QuarantineState::released : store::QuarantineState::waiting;
    item.key = key(0);
    for (int b = 0; b < 4; ++b) item.key[b] = static_cast<std::uint8_t>(i >> (8 * b));
    changes.quarantined.push_back(item);
  }
  REQUIRE(memory.commit(changes, store::Lane::bulk));
  registry::Waiting waiting(memory.own());
  CHECK(waiting.count(sensors) == 840);
  CHECK(waiting.count(scales) == 1'050);
  store::Key known = key(0);
  known[0] = 3;
  CHECK(waiting.find(scales, known) == QuarantineId{3});
  CHECK_FALSE(waiting.find(sensors, known));
  store::Quarantined third;
  third.id = QuarantineId{3};
  third.source = scales;
  third.key = known;
  waiting.erase(third);
  CHECK_FALSE(waiting.find(scales, known));
  third.source = sensors;
  waiting.put(third, 10);
  CHECK(waiting.find(sensors, known) == QuarantineId{3});
  CHECK(waiting.count(sensors) == 841);
  waiting.forget_all();
  CHECK(waiting.count(sensors) == 840);
}
