#include "gateway/ingest/plan_change.hpp"

#include <utility>

#include "gateway/ingest/expected.hpp"

namespace gateway::ingest {

void change_plan(journal::Working& working, registry::PatientState& patient, registry::Plan next, std::string_view who,
                 std::string_view change, std::string_view action) {
  const PatientId id = patient.patient.id;
  next.version = patient.plan.version + 1;

  store::Plan row;
  row.patient = id;
  row.version = next.version;
  row.at = working.now;
  row.who = who;
  row.programmes = next.programmes;
  row.limits = registry::limits_json(next.limits);
  row.rules = registry::rules_json(next.rules);
  row.person = registry::person_json(next.person);
  working.changes.plans.push_back(std::move(row));

  store::JournalEntry entry;
  entry.kind = store::Entry::plan;
  entry.tenant = patient.patient.tenant;
  entry.patient = id;
  entry.ref = id.value;
  entry.version = next.version;
  entry.change = change;
  working.record(std::move(entry));

  store::Audit audit;
  audit.at = working.now;
  audit.tenant = patient.patient.tenant;
  audit.client = who;
  audit.action = action;
  audit.patient = id;
  audit.purpose = "plan";
  audit.outcome = "ok";
  working.changes.audits.push_back(std::move(audit));

  patient.plan = std::move(next);
  follow_plan(working, patient);
}

}  // namespace gateway::ingest
