#include "tests/gateway/store/conformance.hpp"

namespace gateway::store::conformance {

Key key_of(std::int64_t number) {
  Key key{};
  std::uint64_t state = static_cast<std::uint64_t>(number);
  for (std::uint8_t& byte : key) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  return key;
}

Observation observation(std::int64_t id, std::int64_t patient, int kind, Time measured) {
  Observation o;
  o.id = {id};
  o.tenant = Tenant{1};
  o.patient = {patient};
  o.source = Source{1};
  o.kind = static_cast<fhir::Kind>(kind);
  o.measured = measured;
  o.updated = at(id);
  o.key = key_of(id);
  o.digest = static_cast<Digest>(id);
  o.subject = "user-17";
  o.device = {77};
  o.value = fhir::Decimal(930, 1);
  o.judgement = R"({"outcome":"within"})";
  o.resource = R"({"resourceType":"Observation","id":")" + o.id.text() + R"("})";
  return o;
}

Event event(std::int64_t id) {
  Event e;
  e.id = {id};
  e.tenant = Tenant{1};
  e.source = Source{1};
  e.kind = fhir::EventKind::fall;
  e.measured = t0;
  e.received = at(1);
  e.key = key_of(id);
  e.subject = "user-17";
  e.content = R"({"text":"fall"})";
  return e;
}

Alarm alarm(std::int64_t id, std::string identity, bool open) {
  Alarm a;
  a.id = {id};
  a.tenant = Tenant{1};
  a.patient = {100};
  a.identity = std::move(identity);
  a.open = open;
  a.severity = 30;
  a.raised = t0;
  a.document = R"({"state":"raised"})";
  return a;
}

JournalEntry entry(Entry kind, std::int64_t ref, Tenant tenant) {
  JournalEntry e;
  e.at = t0;
  e.kind = kind;
  e.tenant = tenant;
  e.patient = {100};
  e.ref = ref;
  e.version = 1;
  e.change = "created";
  return e;
}

Position commit(Backend& backend, Changes changes) {
  for (const Observation& o : changes.observations)
    changes.journal.push_back(entry(Entry::observation, o.id.value, o.tenant));
  Result<Position> first = backend.store().commit(changes, Lane::bulk);
  INFO((first.has_error() ? first.error().detail : ""));
  REQUIRE(first.has_value());
  backend.between_commits();
  return *first;
}

Changes changes_of(std::vector<Observation> observations) {
  Changes changes;
  changes.observations = std::move(observations);
  return changes;
}

}  // namespace gateway::store::conformance
