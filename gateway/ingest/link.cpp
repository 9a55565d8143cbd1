#include "gateway/ingest/link.hpp"

#include <algorithm>
#include <set>

#include "gateway/ingest/place.hpp"
#include "gateway/ingest/relink.hpp"
#include "gateway/journal/alarm_writer.hpp"

namespace gateway::ingest {
namespace {

bool inside(const store::Link& link, fhir::Time measured) {
  return link.from <= measured && (!link.to || measured < *link.to);
}

bool meets(const store::Link& link, const store::Link& wanted) {
  const bool before = link.to && *link.to <= wanted.from;
  const bool after = wanted.to && *wanted.to <= link.from;
  return !before && !after;
}

// The parts of the old period that the new one no longer covers.
std::vector<LinkWork::Period> given_up(const store::Link& old, const store::Link& now) {
  std::vector<LinkWork::Period> periods;
  if (old.from < now.from) periods.push_back({old.from, old.to ? std::min(*old.to, now.from) : now.from});
  if (now.to && (!old.to || *now.to < *old.to)) periods.push_back({std::max(*now.to, old.from), old.to});
  return periods;
}

// A safety event that came before anybody knew whose it was gets its patient, and so does its open alarm (invariant 5).
void claim_alarm(journal::Working& working, const store::Link& link, registry::PatientState& patient, AlarmId id) {
  auto alarm = journal::find_alarm(working, link.tenant, id);
  if (!alarm || !alarm->open() || alarm->patient) return;
  // The alarm leaves the devices' list: its identity becomes the patient's, unless the patient has such an alarm open.
  alarms::AlarmChange probe = alarms::apply_patient_known(*alarm, link.patient, false, working.now);
  const bool taken = probe.alarm && patient.open_alarm(probe.alarm->identity) != nullptr;
  alarms::AlarmChange change = taken ? alarms::apply_patient_known(*alarm, link.patient, true, working.now) : std::move(probe);
  if (!change.alarm) return;
  journal::write_alarm(working, link.tenant, *change.alarm, change.change);
  working.loose_alarms.erase({link.tenant, alarm->identity});
}

void claim_events(journal::Working& working, const store::Link& link, registry::PatientState& patient) {
  std::vector<AlarmId> alarms;
  auto claim = [&](store::Event& event) {
    event.patient = link.patient;
    if (event.alarm && std::find(alarms.begin(), alarms.end(), event.alarm) == alarms.end()) alarms.push_back(event.alarm);
  };
  std::vector<EventId> of_this_group;
  for (store::Event& event : working.changes.events) {
    if (event.source != link.source || event.subject != link.subject) continue;
    of_this_group.push_back(event.id);
    if (!event.patient && inside(link, event.measured)) claim(event);
  }
  for (store::Event& event : working.reader.events_without_patient(link.source, link.subject)) {
    const bool newer = std::find(of_this_group.begin(), of_this_group.end(), event.id) != of_this_group.end();
    if (newer || !inside(link, event.measured)) continue;
    claim(event);
    working.changes.events.push_back(std::move(event));
  }
  for (AlarmId id : alarms) claim_alarm(working, link, patient, id);
}

bool in_one_of(const std::vector<LinkWork::Period>& periods, fhir::Time measured) {
  return std::any_of(periods.begin(), periods.end(), [&](const LinkWork::Period& period) {
    return period.from <= measured && (!period.to || measured < *period.to);
  });
}

// Doses filed under a patient by a period that is given up are nobody's again, until a link says whose they were. Events of
// alarms stay with theirs: people have acted on those.
void withdraw_doses(journal::Working& working, const store::Link& link, const std::vector<LinkWork::Period>& periods) {
  if (periods.empty()) return;
  const auto of_link = [&](const store::Event& event) {
    return event.kind == fhir::EventKind::medication_dispensed && event.source == link.source &&
           event.subject == link.subject && event.patient == link.patient && in_one_of(periods, event.measured);
  };
  std::set<EventId> of_this_group;
  for (store::Event& event : working.changes.events) {
    of_this_group.insert(event.id);
    if (of_link(event)) event.patient = PatientId{};
  }
  constexpr std::size_t portion = 500;
  std::optional<EventId> after;
  for (;;) {
    std::vector<store::Event> rows = working.reader.dispenses(link.tenant, link.patient, after, portion);
    if (rows.empty()) return;
    after = rows.back().id;
    for (store::Event& event : rows) {
      if (of_this_group.contains(event.id) || !of_link(event)) continue;
      event.patient = PatientId{};
      working.changes.events.push_back(std::move(event));
    }
  }
}

}  // namespace

LinkOutcome make_link(journal::Working& working, const SourceFacts& source, const LinkRequest& request, std::string who) {
  registry::PatientState* patient = nullptr;
  if (auto known = working.patients.by_identifier(source.tenant_no, request.patient.system, request.patient.value)) {
    patient = working.patients.find(*known);
  }
  if (patient == nullptr) {
    patient = &create_patient(working, source.tenant_no, request.patient.system, request.patient.value);
  }
  LinkOutcome outcome;
  store::Link& link = outcome.link;
  link.tenant = source.tenant_no;
  link.source = source.source;
  link.subject = request.subject;
  link.patient = patient->patient.id;
  link.from = request.from.value_or(working.now);
  link.to = request.to;
  link.who = std::move(who);

  const std::vector<store::Link> existing = working.links.of(source.source, request.subject);
  if (registry::overlap(existing, link) != nullptr) {
    throw journal::JobRefused{{fhir::ErrorCategory::conflict,
                               "this subject belongs to another patient in a part of this period; correct that link first"}};
  }
  LinkWork work;
  work.source = source.source;
  work.subject = request.subject;
  work.patient = link.patient;
  // One link of the same patient that this one meets is corrected; further ones would make the correction ambiguous.
  const store::Link* corrected = nullptr;
  for (const store::Link& other : existing) {
    if (other.patient != link.patient || !meets(other, link)) continue;
    if (corrected != nullptr) {
      throw journal::JobRefused{{fhir::ErrorCategory::conflict, "this period meets several links of the same patient"}};
    }
    corrected = &other;
  }
  if (corrected != nullptr) {
    link.id = corrected->id;
    link.version = corrected->version + 1;
    if (!request.from) link.from = corrected->from;  // only the end was given: the beginning stands
    work.withdraw = given_up(*corrected, link);
  } else {
    link.id = LinkId{working.next_id()};
    outcome.created = true;
  }
  if (link.to && *link.to <= link.from) {
    throw journal::JobRefused{fhir::invalid("to: has to be after from")};
  }
  if (request.release) work.release = LinkWork::Period{link.from, link.to};

  working.links.keep(link);
  working.changes.links.push_back(link);
  store::JournalEntry entry;
  entry.kind = store::Entry::link;
  entry.tenant = link.tenant;
  entry.patient = link.patient;
  entry.ref = link.id.value;
  entry.version = link.version;
  entry.change = outcome.created ? "created" : "corrected";
  entry.data = work.json();
  working.record(std::move(entry));
  withdraw_doses(working, link, work.withdraw);
  claim_events(working, link, *patient);
  return outcome;
}

}  // namespace gateway::ingest
