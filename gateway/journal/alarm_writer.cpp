#include "gateway/journal/alarm_writer.hpp"

namespace gateway::journal {
namespace {

// A person closed it with this very version: the patient's record is owed the document (deliver/document.hpp). Of an
// alarm of nobody there is no record. The alarm is kept whole in the entry, because it may be reopened before the
// document is sent.
void owe_document(Working& working, store::Tenant tenant, const alarms::Alarm& alarm) {
  if (alarm.open() || !alarm.patient || alarm.events.empty()) return;
  const alarms::LogEntry& last = alarm.events.back();
  if (!last.who || last.action != thresholds::name(thresholds::Action::resolve)) return;
  store::JournalEntry entry;
  entry.kind = store::Entry::document;
  entry.tenant = tenant;
  entry.patient = alarm.patient;
  entry.ref = alarm.id.value;
  entry.version = alarm.version;
  entry.change = "owed";
  entry.data = alarms::stored_json(alarm);
  working.record(std::move(entry));
}

std::optional<alarms::Alarm> loaded(const std::optional<store::Alarm>& row) {
  if (!row) return std::nullopt;
  auto alarm = alarms::alarm_from_stored(*row);
  return alarm ? std::optional(std::move(*alarm)) : std::nullopt;
}

}  // namespace

std::optional<alarms::Alarm> find_alarm(Working& working, store::Tenant tenant, AlarmId id) {
  std::optional<store::Alarm> row;
  if (auto written = working.alarm_rows.find(id); written != working.alarm_rows.end()) {
    row = working.changes.alarms[written->second];
  } else {
    row = working.reader.alarm(id);
  }
  if (!row || row->tenant != tenant) return std::nullopt;
  return loaded(row);
}

std::optional<alarms::Alarm> find_open_alarm(Working& working, registry::PatientState* patient, store::Tenant tenant,
                                             const std::string& identity) {
  if (patient != nullptr) {
    const alarms::Alarm* open = patient->open_alarm(identity);
    return open == nullptr ? std::nullopt : std::optional(*open);
  }
  if (auto written = working.loose_alarms.find({tenant, identity}); written != working.loose_alarms.end()) {
    return written->second.open() ? std::optional(written->second) : std::nullopt;
  }
  std::optional<store::Alarm> row = working.reader.open_alarm(tenant, identity);
  if (!row) return std::nullopt;
  if (auto written = working.alarm_rows.find(row->id); written != working.alarm_rows.end()) {
    row = working.changes.alarms[written->second];
    if (!row->open || row->identity != identity) return std::nullopt;  // closed or given to its patient by this group
  }
  return loaded(row);
}

namespace {

// Row and caches together.
void keep(Working& working, store::Tenant tenant, const alarms::Alarm& alarm) {
  store::Alarm row = alarms::row(alarm, tenant);
  // One row an alarm and group: a batch of 500 readings writes its alarm once, and streams every change.
  auto [place, fresh] = working.alarm_rows.try_emplace(alarm.id, working.changes.alarms.size());
  if (fresh) {
    working.changes.alarms.push_back(std::move(row));
  } else {
    working.changes.alarms[place->second] = std::move(row);
  }
  registry::PatientState* patient = alarm.patient ? working.patients.find(alarm.patient) : nullptr;
  if (patient != nullptr) {
    patient->keep(alarm);
  } else {
    working.loose_alarms[{tenant, alarm.identity}] = alarm;
  }
}

// One that comes in a flood says so (timers/flood_watch): whoever reads it knows that they are not the only ones.
void mark_flood(Working& working, store::Tenant tenant, alarms::Alarm& alarm) {
  const std::string identity = alarms::technical_identity("flood", alarm.tenant);
  if (alarm.identity == identity) return;
  const std::optional<alarms::Alarm> flood = find_open_alarm(working, nullptr, tenant, identity);
  if (flood) alarms::mark(alarm, alarms::mark_flood, flood->reason.text);
}

void keep_in_step(Working& working, store::Tenant tenant, alarms::Alarm& alarm) {
  const alarms::Service& service = working.services.of(tenant);
  registry::Responsibility::Answering answering;
  if (const auto* patient = alarm.patient ? working.patients.find(alarm.patient) : nullptr) {
    answering = patient->responsibility.at(working.now);
    const bool measured = alarm.origin == alarms::Origin::limit || alarm.origin == alarms::Origin::rule;
    if (measured) alarm.advice = patient->self_treatment.advice(alarm.machine.severity, working.now, service.zone.get());
  }
  auto who = [&](const std::string& organization) { return organization.empty() ? service.organization : organization; };
  // Handed to whoever answers anyway: nothing the periods could not say.
  if (alarm.handed_over && who(alarm.responsible) == who(answering.organization)) alarm.handed_over = false;
  if (!alarm.handed_over) {
    alarm.responsible = answering.organization;
    alarm.responsible_until = answering.until;
  }
  alarms::keep_time(alarm, service, working.now);
}

}  // namespace

alarms::Alarm write_alarm(Working& working, store::Tenant tenant, alarms::Alarm alarm, thresholds::Change change) {
  if (change == thresholds::Change::raised) mark_flood(working, tenant, alarm);
  keep_in_step(working, tenant, alarm);
  keep(working, tenant, alarm);
  store::JournalEntry entry;
  entry.kind = store::Entry::alarm;
  entry.tenant = tenant;
  entry.patient = alarm.patient;
  entry.ref = alarm.id.value;
  entry.version = alarm.version;
  entry.change = thresholds::name(change);
  entry.data = alarms::shown_json(alarm);
  working.record(std::move(entry));
  owe_document(working, tenant, alarm);
  return alarm;
}

bool settle_alarm(Working& working, store::Tenant tenant, const alarms::Alarm& alarm) {
  alarms::Alarm next = alarm;
  keep_in_step(working, tenant, next);
  if (next == alarm) return false;
  if (next.responsible != alarm.responsible) {
    const alarms::AlarmChange change = alarms::apply_responsibility(alarm, next.responsible, working.now);
    write_alarm(working, tenant, *change.alarm, change.change);
  } else if (next.deadline != alarm.deadline || next.advice != alarm.advice) {
    alarms::Alarm shown = alarms::next_version(alarm, {alarm.machine, thresholds::Change::action, false, "settled"}, working.now);
    write_alarm(working, tenant, std::move(shown), thresholds::Change::action);
  } else {
    keep(working, tenant, next);
  }
  return true;
}

}  // namespace gateway::journal
