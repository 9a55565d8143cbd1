#include "gateway/journal/suppression_writer.hpp"

#include <algorithm>
#include <utility>

#include "gateway/alarms/silence_text.hpp"
#include "gateway/journal/alarm_writer.hpp"
#include "gateway/runtime/judging_zone.hpp"

namespace gateway::journal {
namespace {

using registry::HiddenFinding;
using registry::PatientState;
using registry::Suppression;
using Of = thresholds::Suppression::Of;

std::string local_text(const Suppression& suppression, fhir::Time time) {
  auto zone = find_judging_zone(suppression.timezone);
  const auto& known = zone ? *zone : utc_judging_zone();
  return alarms::wall_text(thresholds::WallTime((time + known->offset_at(time)).time_since_epoch()));
}

// ---- writing

// One row a suppression and group, in step with what is in memory.
void keep(Working& working, PatientState& patient, const Suppression& suppression) {
  std::vector<store::Suppression>& rows = working.changes.suppressions;
  std::erase_if(rows, [&](const store::Suppression& row) { return row.id == suppression.id; });
  rows.push_back(registry::suppression_row(suppression, patient.patient.tenant));
  const auto known = std::find_if(patient.suppressions.begin(), patient.suppressions.end(),
                                  [&](const Suppression& one) { return one.id == suppression.id; });
  if (known == patient.suppressions.end()) {
    if (suppression.open()) patient.suppressions.push_back(suppression);
  } else if (!suppression.open()) {
    patient.suppressions.erase(known);
  } else if (&*known != &suppression) {
    *known = suppression;
  }
}

void write(Working& working, PatientState& patient, Suppression suppression, std::string_view change) {
  if (change != "begun") ++suppression.version;
  keep(working, patient, suppression);
  store::JournalEntry entry;
  entry.kind = store::Entry::suppression;
  entry.tenant = patient.patient.tenant;
  entry.patient = suppression.patient;
  entry.ref = suppression.id.value;
  entry.version = suppression.version;
  entry.change = change;
  working.record(std::move(entry));
}

const Suppression* hide_by(Working& working, PatientState& patient, HiddenFinding finding, auto hides) {
  for (Suppression& suppression : patient.suppressions) {
    if (!hides(suppression.terms)) continue;
    registry::hide(suppression, std::move(finding));
    keep(working, patient, suppression);
    return &suppression;
  }
  return nullptr;
}

std::optional<SuppressionId> id_of(const Suppression* suppression) {
  return suppression == nullptr ? std::nullopt : std::optional(suppression->id);
}

// ---- the alarm that tells its end

std::string named(const Suppression& suppression) {
  switch (suppression.terms.of) {
    case Of::absence:
      return "Planlagt fravær";
    case Of::limit:
      return "Undertrykking av grenser for " + suppression.terms.target;
    case Of::rule:
      break;
  }
  return "Undertrykking av " + suppression.terms.target;
}

alarms::TechnicalCause cause_of(const Suppression& suppression, const std::string& tenant_name, fhir::Time now) {
  alarms::TechnicalCause cause;
  cause.tenant = tenant_name;
  cause.patient = suppression.patient;
  cause.cause = "suppression";
  cause.thing = suppression.id.text();
  cause.severity = thresholds::Severity::normal;
  cause.measured = now;
  return cause;
}

void tell(Working& working, PatientState& patient, const alarms::TechnicalCause& cause) {
  const std::optional<alarms::Alarm> open = find_open_alarm(working, &patient, patient.patient.tenant, alarms::identity(cause));
  const alarms::Judging judging{AlarmId{open ? 0 : working.next_id()}, working.now, {}};
  const alarms::AlarmChange change = alarms::apply_technical(open ? &*open : nullptr, cause, judging);
  if (change.alarm) write_alarm(working, patient.patient.tenant, *change.alarm, change.change);
}

void end_telling(Working& working, PatientState& patient, const Suppression& suppression, std::string_view note) {
  const std::string identity = alarms::identity(cause_of(suppression, {}, working.now));
  const std::optional<alarms::Alarm> open = find_open_alarm(working, &patient, patient.patient.tenant, identity);
  if (!open) return;
  const alarms::AlarmChange ended = alarms::apply_restored(*open, note, working.now);
  if (ended.alarm) write_alarm(working, patient.patient.tenant, *ended.alarm, ended.change);
}

// What it hid is to be looked at by a person. Where it hid nothing there is nothing to look at: it is done, an absence a while later.
void conclude(Working& working, PatientState& patient, Suppression suppression, std::string_view change, const std::string& tenant_name) {
  suppression.over = true;
  if (suppression.hidden_count == 0) {
    const bool done = suppression.terms.of != Of::absence || suppression.terms.until + registry::absence_echo <= working.now;
    if (done) suppression.reviewed = working.now;
    end_telling(working, patient, suppression, "Slutt, ingenting ble holdt tilbake");
    return write(working, patient, std::move(suppression), change);
  }
  suppression.review_asked = true;
  alarms::TechnicalCause cause = cause_of(suppression, tenant_name, working.now);
  cause.severity = thresholds::Severity::moderate;
  const bool one = suppression.hidden_count == 1;
  cause.text = named(suppression) + " er over: " + std::to_string(suppression.hidden_count) + (one ? " varsel" : " varsler") +
               " ble holdt tilbake og skal ses gjennom";
  write(working, patient, std::move(suppression), change);
  tell(working, patient, cause);
}

}  // namespace

std::optional<SuppressionId> hidden_limit(Working& working, PatientState& patient, std::string_view kind, HiddenFinding finding) {
  const thresholds::Severity severity = finding.severity;
  return id_of(hide_by(working, patient, std::move(finding), [&](const thresholds::Suppression& terms) {
    return thresholds::hides_limit(terms, kind, severity, working.now);
  }));
}

std::optional<SuppressionId> hidden_rule(Working& working, PatientState& patient, std::string_view rule, HiddenFinding finding) {
  const thresholds::Severity severity = finding.severity;
  return id_of(hide_by(working, patient, std::move(finding), [&](const thresholds::Suppression& terms) {
    return thresholds::hides_rule(terms, rule, severity, working.now);
  }));
}

const Suppression* hidden_missing(Working& working, PatientState& patient, std::string_view rule, fhir::Time begin, fhir::Time end,
                                  HiddenFinding finding, bool told) {
  const thresholds::Severity severity = finding.severity;
  return hide_by(working, patient, std::move(finding), [&](const thresholds::Suppression& terms) {
    return (!told || terms.of == Of::absence) && thresholds::hides_missing(terms, rule, severity, begin, end);
  });
}

std::string absence_text(const PatientState& patient, fhir::Time measured) {
  for (const Suppression& suppression : patient.suppressions) {
    if (suppression.terms.of != Of::absence || !thresholds::in_force(suppression.terms, measured)) continue;
    return "Målt under planlagt fravær til " + local_text(suppression, suppression.terms.until) + ": " + suppression.reason;
  }
  return {};
}

void begin_suppression(Working& working, PatientState& patient, Suppression suppression) {
  write(working, patient, std::move(suppression), "begun");
}

void extend_suppression(Working& working, PatientState& patient, Suppression suppression, fhir::Time until) {
  suppression.terms.until = until;
  suppression.warned = false;
  end_telling(working, patient, suppression, "Forlenget til " + local_text(suppression, until));
  write(working, patient, std::move(suppression), "extended");
}

void end_suppression(Working& working, PatientState& patient, Suppression suppression, const alarms::Person& who,
                     const std::string& tenant_name) {
  suppression.terms.until = std::max(suppression.terms.from, std::min(suppression.terms.until, working.now));
  suppression.ended_by = who;
  conclude(working, patient, std::move(suppression), "ended", tenant_name);
}

void review_suppression(Working& working, PatientState& patient, Suppression suppression, const alarms::Person& who, std::string review) {
  suppression.reviewed = working.now;
  suppression.reviewed_by = who;
  suppression.review = std::move(review);
  end_telling(working, patient, suppression, "Gjennomgått av " + (who.name.empty() ? who.id : who.name));
  write(working, patient, std::move(suppression), "reviewed");
}

void step_suppression(Working& working, PatientId id, SuppressionId about, const std::string& tenant_name) {
  PatientState* patient = working.patients.find(id);
  if (patient == nullptr) return;
  const auto known = std::find_if(patient->suppressions.begin(), patient->suppressions.end(),
                                  [&](const Suppression& one) { return one.id == about; });
  if (known == patient->suppressions.end()) return;
  const std::optional<fhir::Time> due = known->due();
  if (!due || *due > working.now) return;
  Suppression suppression = *known;
  if (suppression.over) return conclude(working, *patient, std::move(suppression), "settled", tenant_name);
  if (suppression.terms.until <= working.now) return conclude(working, *patient, std::move(suppression), "over", tenant_name);
  suppression.warned = true;
  alarms::TechnicalCause cause = cause_of(suppression, tenant_name, working.now);
  cause.text = named(suppression) + " slutter " + local_text(suppression, suppression.terms.until);
  write(working, *patient, std::move(suppression), "warned");
  tell(working, *patient, cause);
}

}  // namespace gateway::journal
