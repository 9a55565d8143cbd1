#include "tests/gateway/store/conformance.hpp"

#include <atomic>
#include <thread>

namespace gateway::store::conformance {
namespace {

template <class Row>
std::vector<std::int64_t> ids_of(const std::vector<Row>& rows) {
  std::vector<std::int64_t> ids;
  for (const Row& row : rows) ids.push_back(row.id.value);
  return ids;
}
using Ids = std::vector<std::int64_t>;

void names(Backend& backend) {
  Store& store = backend.store();
  CHECK(store.tenant("") == Tenant::none);
  CHECK(store.source("bodo", "") == Source::none);
  Tenant bodo = store.tenant("bodo"), oslo = store.tenant("oslo");
  CHECK(bodo != Tenant::none);
  CHECK(bodo != oslo);
  Source a = store.source("bodo", "oth"), b = store.source("oslo", "oth"), c = store.source("bodo", "telli");
  CHECK((a != b && a != c && b != c));
  backend.reopen();
  CHECK(backend.store().source("oslo", "oth") == b);
  CHECK(backend.store().tenant("oslo") == oslo);
  CHECK(backend.store().tenant("bodo") == bodo);
}

// The metrics page asks for a tenant's number on its own thread.
void names_while_committing(Backend& backend) {
  Store& store = backend.store();
  const Tenant bodo = store.tenant("bodo");
  const Source oth = store.source("bodo", "oth");
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0}, asked{0};
  std::thread other([&] {
    while (!done) {
      wrong += store.tenant("bodo") == bodo && store.source("bodo", "oth") == oth ? 0 : 1;
      ++asked;
    }
  });
  for (int i = 1; i <= 200 || asked < 200; ++i) {
    Changes changes;
    changes.patients = {{{i}, bodo, "sys", std::to_string(i), at(i)}};
    commit(backend, changes);
  }
  done = true;
  other.join();
  CHECK(wrong == 0);
}

void people(Backend& backend) {
  Changes changes;
  changes.patients = {
      {{10}, Tenant{1}, "sys", "1", at(1)}, {{11}, Tenant{1}, "sys", "2", at(2)}, {{12}, Tenant{2}, "sys", "1", at(3)}};
  changes.devices = {{{20}, Tenant{1}, Source{1}, "SN-1", "A", at(1)},
                     {{21}, Tenant{1}, Source{1}, "SN-2", "B", at(2)},
                     {{22}, Tenant{2}, Source{2}, "SN-1", "C", at(3)}};
  commit(backend, changes);
  Changes again;
  again.devices = {{{20}, Tenant{1}, Source{1}, "SN-1", "changed", at(9)}};
  commit(backend, again);
  std::unique_ptr<Reader> reader = backend.store().reader();
  CHECK(reader->patient({11})->value == "2");
  CHECK(reader->patient({11})->created == at(2));
  CHECK_FALSE(reader->patient({13}));
  CHECK(reader->patient_by_identifier(Tenant{1}, "sys", "1")->id == PatientId{10});
  CHECK(reader->patient_by_identifier(Tenant{2}, "sys", "1")->id == PatientId{12});
  CHECK_FALSE(reader->patient_by_identifier(Tenant{2}, "sys", "2"));
  CHECK_FALSE(reader->patient_by_identifier(Tenant{1}, "other", "1"));
  CHECK(ids_of(reader->patients(Tenant{1}, {}, 10)) == Ids{10, 11});
  CHECK(ids_of(reader->patients(Tenant{1}, {}, 1)) == Ids{10});
  CHECK(ids_of(reader->patients(Tenant{1}, PatientId{10}, 10)) == Ids{11});
  CHECK(reader->device({20})->model == "A");  // a known device is left alone
  CHECK(reader->device({20})->first_seen == at(1));
  CHECK(ids_of(reader->devices(Tenant{1}, {}, 10)) == Ids{20, 21});
  CHECK(ids_of(reader->devices(Tenant{1}, DeviceId{20}, 10)) == Ids{21});
  CHECK_FALSE(reader->device({99}));
}

void links_and_plans(Backend& backend) {
  Link first{{30}, 1, Tenant{1}, Source{1}, "user-17", {10}, at(0), at(100), "admin"};
  Link second{{31}, 1, Tenant{1}, Source{1}, "user-17", {11}, at(100), {}, "admin"};
  Link other{{32}, 1, Tenant{1}, Source{1}, "user-18", {11}, at(0), {}, "admin"};
  Changes changes;
  changes.links = {second, first, other};
  changes.plans = {{{10}, 1, at(1), "a", {"copd", "heart-failure"}, R"([{"kind":"pulse-rate"}])", R"([{"id":"r"}])", R"({"pregnant":false})"},
                   {{10}, 2, at(2), "b", {}, "[]"}};
  commit(backend, changes);
  Changes correction;
  first.version = 2;
  first.to = at(50);
  correction.links = {first};
  commit(backend, correction);
  backend.reopen();
  std::unique_ptr<Reader> reader = backend.store().reader();
  std::vector<Link> links = reader->links(Source{1}, "user-17");
  REQUIRE(ids_of(links) == Ids{30, 31});
  CHECK(links[0].version == 2);
  CHECK(links[0].to == at(50));
  CHECK_FALSE(links[1].to);
  CHECK(links[1].patient == PatientId{11});
  CHECK(links[1].who == "admin");
  CHECK(reader->links(Source{2}, "user-17").empty());
  CHECK(ids_of(reader->links_of_tenant(Tenant{1}, LinkId{30}, 1)) == Ids{31});
  CHECK(reader->plan({10})->version == 2);
  CHECK(reader->plan({10})->programmes.empty());
  std::optional<Plan> plan = reader->plan({10}, 1);
  REQUIRE(plan);
  CHECK(plan->programmes == std::vector<std::string>{"copd", "heart-failure"});
  CHECK(plan->limits == R"([{"kind":"pulse-rate"}])");
  CHECK(plan->rules == R"([{"id":"r"}])");
  CHECK(reader->plan({10})->rules == "[]");
  CHECK(plan->person == R"({"pregnant":false})");
  CHECK(reader->plan({10})->person == "{}");
  CHECK(plan->who == "a");
  CHECK(plan->at == at(1));
  CHECK_FALSE(reader->plan({10}, 3));
  CHECK_FALSE(reader->plan({11}));
}

void alarms(Backend& backend) {
  Changes changes;
  changes.alarms = {alarm(40, "a"), alarm(41, "b"), alarm(42, "c", false), alarm(43, "a")};
  changes.alarms[1].patient = {101};
  changes.alarms[3].tenant = Tenant{2};  // another tenant's alarm of the same identity is another alarm
  commit(backend, changes);
  std::unique_ptr<Reader> reader = backend.store().reader();
  std::optional<Alarm> read = reader->alarm({40});
  REQUIRE(read);
  CHECK(read->identity == "a");
  CHECK(read->severity == 30);
  CHECK(read->raised == t0);
  CHECK(read->document == R"({"state":"raised"})");
  CHECK(ids_of(reader->open_alarms({100})) == Ids{40, 43});
  CHECK(reader->open_alarm(Tenant{1}, "a")->id == AlarmId{40});
  CHECK(reader->open_alarm(Tenant{2}, "a")->id == AlarmId{43});
  CHECK_FALSE(reader->open_alarm(Tenant{1}, "c"));
  CHECK(reader->open_alarm_count(Tenant{1}) == 2);
  CHECK(ids_of(reader->alarms({.tenant = Tenant{1}})) == Ids{40, 41, 42});
  CHECK(ids_of(reader->alarms({.tenant = Tenant{1}, .open = true})) == Ids{40, 41});
  CHECK(ids_of(reader->alarms({.tenant = Tenant{1}, .open = false})) == Ids{42});
  CHECK(ids_of(reader->alarms({.tenant = Tenant{1}, .patients = {{101}, {100}}, .after = AlarmId{40}})) == Ids{41, 42});
  CHECK(ids_of(reader->alarms({.tenant = Tenant{1}, .limit = 1})) == Ids{40});

  // Closing it frees its identity for a new one, in the same group too.
  Changes next;
  next.alarms = {alarm(40, "a", false), alarm(44, "a")};
  next.alarms[0].version = 2;
  commit(backend, next);
  CHECK(reader->open_alarm(Tenant{1}, "a")->id == AlarmId{44});
  CHECK(reader->alarm({40})->version == 2);
  CHECK_FALSE(reader->alarm({40})->open);
}

void replies(Backend& backend) {
  Changes changes;
  changes.replies = {{"centre/k1", 200, "{}", at(1)}};
  commit(backend, changes);
  std::optional<Changes::Reply> reply = backend.store().reader()->reply("centre/k1");
  REQUIRE(reply);
  CHECK(reply->key == "centre/k1");
  CHECK(reply->status == 200);
  CHECK(reply->body == "{}");
  CHECK(reply->at == at(1));
  CHECK_FALSE(backend.store().reader()->reply("centre/k2"));
}

void events(Backend& backend) {
  Changes changes;
  changes.events = {event(50), event(51), event(52), event(53)};
  changes.events[0].alarm = {60};
  changes.events[1].alarm = {61};
  changes.events[2].alarm = {60};
  changes.events[2].patient = {100};
  changes.events[3].alarm = {60};
  changes.events[3].subject = "user-18";
  changes.alarms = {alarm(60, "a"), alarm(61, "b", false)};
  commit(backend, changes);
  CHECK(ids_of(backend.store().reader()->events_without_patient(Source{1}, "user-17")) == Ids{50});
  CHECK(backend.store().reader()->events_without_patient(Source{2}, "user-17").empty());
  Changes placed;
  placed.events = {changes.events[0]};
  placed.events[0].patient = {100};
  commit(backend, placed);
  CHECK(backend.store().reader()->events_without_patient(Source{1}, "user-17").empty());
  backend.reopen();
  std::optional<Event> read = backend.store().reader()->event({50});
  REQUIRE(read);
  CHECK(read->patient == PatientId{100});
  CHECK(read->kind == fhir::EventKind::fall);
  CHECK(read->received == at(1));
  CHECK(read->alarm == AlarmId{60});
  CHECK(read->content == R"({"text":"fall"})");
  CHECK(read->key == key_of(50));
  CHECK_FALSE(backend.store().reader()->event({59}));
}

void dispenses(Backend& backend) {
  Changes changes;
  for (std::int64_t id = 50; id <= 57; ++id) {
    changes.events.push_back(event(id));
    changes.events.back().kind = fhir::EventKind::medication_dispensed;
    changes.events.back().patient = {100};
  }
  changes.events[1].kind = fhir::EventKind::fall;
  changes.events[2].patient = {101};
  changes.events[3].tenant = Tenant{2};
  changes.events[4].patient = {};
  commit(backend, changes);
  auto ids = [&](Tenant tenant, std::optional<PatientId> patient, std::optional<EventId> after, std::size_t limit) {
    return ids_of(backend.store().reader()->dispenses(tenant, patient, after, limit));
  };
  CHECK(ids(Tenant{1}, {}, {}, 10) == Ids{50, 52, 55, 56, 57});
  CHECK(ids(Tenant{1}, PatientId{100}, {}, 10) == Ids{50, 55, 56, 57});
  CHECK(ids(Tenant{1}, PatientId{101}, {}, 10) == Ids{52});
  CHECK(ids(Tenant{1}, PatientId{102}, {}, 10).empty());
  CHECK(ids(Tenant{2}, {}, {}, 10) == Ids{53});
  CHECK(ids(Tenant{2}, PatientId{101}, {}, 10).empty());
  CHECK(ids(Tenant{1}, {}, {}, 2) == Ids{50, 52});
  CHECK(ids(Tenant{1}, {}, EventId{52}, 2) == Ids{55, 56});
  CHECK(ids(Tenant{1}, PatientId{100}, {}, 2) == Ids{50, 55});
  CHECK(ids(Tenant{1}, PatientId{100}, EventId{55}, 2) == Ids{56, 57});
  CHECK(ids(Tenant{1}, PatientId{100}, EventId{57}, 2).empty());
  // A link finds a dose without an alarm, too, and then the dose is the patient's.
  CHECK(ids_of(backend.store().reader()->events_without_patient(Source{1}, "user-17")) == Ids{54});
  Changes placed;
  placed.events = {changes.events[4]};
  placed.events[0].patient = {101};
  commit(backend, placed);
  backend.reopen();
  CHECK(ids(Tenant{1}, PatientId{101}, {}, 10) == Ids{52, 54});
  CHECK(backend.store().reader()->dispenses(Tenant{1}, PatientId{101}, {}, 10)[1].content == R"({"text":"fall"})");
}

void quarantine(Backend& backend) {
  auto held = [](std::int64_t id, Source source, std::uint8_t reason, std::string subject) {
    Quarantined q;
    q.id = {id};
    q.tenant = Tenant{1};
    q.source = source;
    q.reason = reason;
    q.received = at(id);
    q.key = key_of(id);
    q.subject = std::move(subject);
    q.kind = static_cast<fhir::Kind>(3);
    q.index = 7;
    q.payload = key_of(900);
    q.note = "unit";
    return q;
  };
  Changes changes;
  changes.quarantined = {held(70, Source{1}, 2, "user-17"), held(71, Source{1}, 3, "user-18"),
                         held(72, Source{2}, 2, "user-17")};
  changes.quarantined[0].measured = at(5);
  std::string bytes("{\"a\":\0\xff}", 8);
  changes.payloads = {{key_of(900), Source{1}, at(1), "application/json", bytes}};
  commit(backend, changes);
  Changes again;
  again.payloads = {{key_of(900), Source{1}, at(2), "text/plain", "other"}};  // a known digest is left alone
  commit(backend, again);
  std::unique_ptr<Reader> reader = backend.store().reader();
  std::optional<Quarantined> read = reader->quarantined({70});
  REQUIRE(read);
  CHECK(read->measured == at(5));
  CHECK(read->index == 7);
  CHECK(read->payload == key_of(900));
  CHECK(read->note == "unit");
  CHECK(read->kind == static_cast<fhir::Kind>(3));
  CHECK_FALSE(reader->quarantined({71})->measured);
  CHECK(reader->waiting_by_key(key_of(71))->id == QuarantineId{71});
  CHECK_FALSE(reader->waiting_by_key(key_of(1)));
  CHECK(ids_of(reader->quarantine({})) == Ids{70, 71, 72});
  CHECK(ids_of(reader->quarantine({.tenant = Tenant{2}})).empty());
  CHECK(ids_of(reader->quarantine(
            {.source = Source{1}, .state = QuarantineState::waiting, .after = QuarantineId{70}})) == Ids{71});
  CHECK(ids_of(reader->quarantine(
            {.tenant = Tenant{1}, .reason = std::uint8_t{2}, .subject = "user-17", .limit = 5})) == Ids{70, 72});
  CHECK(ids_of(reader->quarantine({.limit = 2})) == Ids{70, 71});
  CHECK(reader->waiting_count(Source{1}) == 2);
  const std::vector<Reader::WaitingPayload> kept = reader->waiting_payloads(Source{1});
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].digest == key_of(900));
  CHECK(kept[0].items == 2);
  CHECK(kept[0].bytes == static_cast<std::int64_t>(bytes.size()));
  CHECK(reader->waiting_payloads(Source{9}).empty());
  std::optional<Payload> payload = reader->payload(key_of(900));
  REQUIRE(payload);
  CHECK(payload->bytes == bytes);
  CHECK(payload->content_type == "application/json");
  CHECK(payload->received == at(1));

  Changes released;
  released.quarantined = {held(70, Source{1}, 2, "user-17")};
  released.quarantined[0].state = QuarantineState::released;
  released.quarantined[0].decided_by = "admin: link";
  released.quarantined[0].outcome = "accepted";
  released.dropped_payloads = {key_of(900)};
  commit(backend, released);
  CHECK_FALSE(reader->waiting_by_key(key_of(70)));
  CHECK(reader->quarantined({70})->outcome == "accepted");
  CHECK(reader->quarantined({70})->decided_by == "admin: link");
  CHECK(reader->waiting_count(Source{1}) == 1);
  CHECK(ids_of(reader->quarantine({.state = QuarantineState::released})) == Ids{70});
  CHECK_FALSE(reader->payload(key_of(900)));
}

void journal(Backend& backend) {
  std::unique_ptr<Reader> reader = backend.store().reader();
  CHECK(reader->newest() == 0);
  CHECK(reader->oldest() == 1);
  CHECK(reader->journal(0, 10).empty());
  Position expected = 1;
  for (std::int64_t round = 0; round < 5; ++round) {
    Changes changes;
    changes.journal = {entry(Entry::alarm, 10 * round), entry(Entry::observation, 10 * round + 1),
                       entry(Entry::event, 10 * round + 2, Tenant{2})};
    changes.journal[0].data = "data";
    changes.journal[0].change = "raised";
    changes.journal[0].version = 4;
    CHECK(commit(backend, changes) == expected);
    expected += 3;
    CHECK(reader->newest() == expected - 1);
    if (round == 2) {
      reader.reset();
      backend.reopen();
      reader = backend.store().reader();
    }
  }
  std::vector<JournalEntry> all = reader->journal(0, 100);
  REQUIRE(all.size() == 15);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].position == static_cast<Position>(i + 1));
  CHECK(all[3].ref == 10);
  CHECK(all[3].change == "raised");
  CHECK(all[3].data == "data");
  CHECK(all[3].version == 4);
  CHECK(all[3].at == t0);
  CHECK(all[3].patient == PatientId{100});
  auto positions = [&](Position after, std::size_t limit, std::uint32_t kinds, std::optional<Tenant> tenant) {
    std::vector<Position> found;
    for (const JournalEntry& e : reader->journal(after, limit, kinds, tenant)) found.push_back(e.position);
    return found;
  };
  constexpr std::uint32_t of_alarms = 1u << 2, of_events = 1u << 3, of_readings = 1u << 1;
  CHECK(positions(4, 3, 0, {}) == std::vector<Position>{5, 6, 7});
  CHECK(positions(4, 3, of_alarms, {}) == std::vector<Position>{7, 10, 13});
  CHECK(positions(0, 9, of_alarms | of_events, Tenant{2}) == std::vector<Position>{3, 6, 9, 12, 15});
  CHECK(positions(10, 9, of_readings | of_events, {}) == std::vector<Position>{11, 12, 14, 15});
  CHECK(positions(0, 2, 0, Tenant{2}) == std::vector<Position>{3, 6});
  CHECK(positions(15, 9, 0, {}).empty());
}

void deliveries(Backend& backend) {
  Changes changes;
  changes.deliveries = {{{80}, "epj", 9, Tenant{1}, {100}, DeliveryState::retrying, 2, at(60), "503"},
                        {{81}, "epj", 7, Tenant{1}, {101}, DeliveryState::parked, 5, at(0), "400"},
                        {{82}, "vkp", 8, Tenant{1}, {100}, DeliveryState::waiting, 0, at(0), ""}};
  changes.cursors = {{"epj", 12}};
  commit(backend, changes);
  Changes next;
  next.deliveries = {changes.deliveries[0]};
  next.deliveries[0].attempts = 3;
  next.dropped_deliveries = {{82}};
  next.cursors = {{"epj", 14}, {"vkp", 1}};
  commit(backend, next);
  backend.reopen();
  std::unique_ptr<Reader> reader = backend.store().reader();
  CHECK(ids_of(reader->deliveries("epj", {}, 10)) == Ids{81, 80});  // by position
  CHECK(ids_of(reader->deliveries("epj", DeliveryState::parked, 10)) == Ids{81});
  CHECK(ids_of(reader->deliveries("epj", {}, 1)) == Ids{81});
  CHECK(reader->deliveries("vkp", {}, 10).empty());
  std::optional<Delivery> read = reader->delivery({80});
  REQUIRE(read);
  CHECK(read->attempts == 3);
  CHECK(read->next_at == at(60));
  CHECK(read->reason == "503");
  CHECK(read->position == 9);
  CHECK(read->destination == "epj");
  CHECK_FALSE(reader->delivery({82}));
  CHECK(reader->cursor("epj") == Position{14});
  CHECK(reader->cursor("vkp") == Position{1});
  CHECK_FALSE(reader->cursor("pmd"));
}

// A sealed token is any bytes, NUL among them; two sources may call their users the same.
void pulled_users(Backend& backend) {
  PullUser ola;
  ola.source = Source{1};
  ola.user = "12345";
  ola.tenant = Tenant{1};
  ola.version = 3;
  ola.token = std::string("\0\xff sealed\0", 10);
  ola.connected = at(1);
  ola.who = "operator";
  PullUser kari = ola;
  kari.user = "12399";
  kari.state = PullState::consent_lost;
  kari.reason = "refused";
  kari.asked = at(4);
  PullUser namesake = ola;
  namesake.source = Source{2};
  Changes changes;
  changes.pull_users = {kari, ola, namesake};
  commit(backend, changes);
  Changes next;
  ola.version = 4;
  ola.token = "another";
  ola.mark = at(7);
  ola.pulled = at(8);
  ola.vendor_user = "v-1";
  next.pull_users = {ola};
  next.dropped_pull_users = {{Source{2}, "12345"}, {Source{2}, "nobody"}};
  commit(backend, next);
  backend.reopen();

  auto reader = backend.store().reader();
  CHECK(reader->pull_users(Source{2}).empty());
  CHECK_FALSE(reader->pull_user(Source{1}, "nobody"));
  auto rows = reader->pull_users(Source{1});
  REQUIRE(rows.size() == 2);
  CHECK((rows[0].user == "12345" && rows[0].version == 4 && rows[0].token == "another"));
  CHECK((rows[0].mark == at(7) && rows[0].pulled == at(8) && !rows[0].asked && rows[0].vendor_user == "v-1"));
  CHECK((rows[0].connected == at(1) && rows[0].who == "operator" && rows[0].tenant == Tenant{1}));
  CHECK((rows[1].user == "12399" && rows[1].state == PullState::consent_lost && rows[1].reason == "refused"));
  CHECK((rows[1].asked == at(4) && !rows[1].mark && rows[1].token == std::string("\0\xff sealed\0", 10)));
  CHECK(reader->pull_user(Source{1}, "12399")->reason == "refused");
}

// What supervision knows of sources and devices.
void audits_and_highest_id(Backend& backend) {
  CHECK(backend.store().own().highest_id() == 0);
  Changes changes;
  changes.audits = {{at(1), Tenant{1}, "hospital", "search Observation", {100}, "care", "ok"},
                    {at(2), Tenant{1}, "hospital", "read Patient", {101}, "care", "denied"},
                    {at(3), Tenant{1}, "hospital", "metadata", {}, "", "ok"},
                    {at(4), Tenant{2}, "centre", "read Alarm", {100}, "care", "ok"}};
  changes.highest_id = 5000;
  commit(backend, changes);
  changes.clear();
  CHECK(changes.empty());
  changes.highest_id = 4000;
  commit(backend, changes);
  backend.reopen();
  std::unique_ptr<Reader> reader = backend.store().reader();
  CHECK(reader->highest_id() == 5000);
  std::vector<Audit> audits = reader->audits(Tenant{1}, {}, 10);
  REQUIRE(audits.size() == 3);
  CHECK(audits[0].at == at(3));  // newest first
  CHECK(audits[1].outcome == "denied");
  CHECK(audits[2].client == "hospital");
  CHECK(audits[2].action == "search Observation");
  CHECK(audits[2].purpose == "care");
  CHECK(reader->audits(Tenant{1}, {}, 2).size() == 2);
  audits = reader->audits(Tenant{1}, PatientId{100}, 10);
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].at == at(1));
}

void empty_changes(Backend& backend) {
  Changes changes;
  CHECK(changes.empty());
  CHECK(commit(backend, changes) == 1);
  changes.journal = {entry(Entry::alarm, 1)};
  CHECK_FALSE(changes.empty());
  CHECK(commit(backend, changes) == 1);
  CHECK(commit(backend, {}) == 2);
}

}  // namespace

std::span<const Case> table_cases() {
  static const Case cases[] = {
      {"names get numbers once and keep them", names},
      {"known names are answered on any thread while groups are committed", names_while_committing},
      {"patients and devices", people},
      {"links and plans", links_and_plans},
      {"alarms: at most one open per identity and tenant", alarms},
      {"replies to repeated actions", replies},
      {"events wait for their patient while their alarm is open", events},
      {"dispensed doses of a patient and of a tenant", dispenses},
      {"quarantine and the payloads it needs", quarantine},
      {"journal: order, positions without gaps, filters", journal},
      {"deliveries and cursors", deliveries},
      {"pulled users", pulled_users},
      {"audits and the highest id", audits_and_highest_id},
      {"a commit of nothing takes no position", empty_changes},
  };
  return cases;
}

}  // namespace gateway::store::conformance
