#include "tests/support/memory_state.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace support {

namespace {
fhir::Error conflict(std::string detail) {
  return {fhir::ErrorCategory::conflict, std::move(detail)};
}
}  // namespace

std::optional<fhir::Error> MemoryStore::State::observation_refusal(const store::Changes& changes) const {
  std::map<ObservationId, std::uint32_t> versions;
  std::map<store::Key, std::int64_t> added;
  // A reading entered in error gives its key up, to the one that stands for it on the right patient.
  auto given_up = [&](std::int64_t id) {
    for (const store::Observation& row : changes.observations)
      if (row.id.value == id) return row.status == store::Status::entered_in_error;
    auto stored = observations.find(ObservationId{id});
    return stored != observations.end() && stored->second.back().row.status == store::Status::entered_in_error;
  };
  auto taken_by_other = [&](const store::Key& key, std::int64_t id) {
    auto stored = keys.find(key);
    if (stored != keys.end() && stored->second != id && !given_up(stored->second)) return true;
    return added.emplace(key, id).first->second != id;
  };
  for (const store::Observation& row : changes.observations) {
    auto stored = observations.find(row.id);
    std::uint32_t& current = versions[row.id];
    if (current == 0 && stored != observations.end()) current = stored->second.back().row.version;
    if (row.version != current + 1) return conflict("observation version does not follow the stored one");
    current = row.version;
    bool claims = row.status != store::Status::entered_in_error;
    if (claims && taken_by_other(row.key, row.id.value)) return conflict("observation key is taken");
  }
  for (const store::Event& row : changes.events)
    if (taken_by_other(row.key, row.id.value)) return conflict("event key is taken");
  return std::nullopt;
}

std::optional<fhir::Error> MemoryStore::State::alarm_refusal(const store::Changes& changes) const {
  std::map<AlarmId, const store::Alarm*> after;
  for (const auto& [id, row] : alarms) after[id] = &row;
  for (const store::Alarm& row : changes.alarms) after[row.id] = &row;
  std::set<std::pair<store::Tenant, std::string>> open;
  for (const auto& [id, row] : after)
    if (row->open && !open.emplace(row->tenant, row->identity).second)
      return conflict("an alarm with this identity is open");
  return std::nullopt;
}

std::optional<fhir::Error> MemoryStore::State::patient_refusal(const store::Changes& changes) const {
  std::set<std::tuple<store::Tenant, std::string, std::string>> identifiers;
  for (const auto& [id, row] : patients) identifiers.emplace(row.tenant, row.system, row.value);
  for (const store::Patient& row : changes.patients) {
    if (patients.count(row.id) != 0) return conflict("patient id is taken");
    if (!row.value.empty() && !identifiers.emplace(row.tenant, row.system, row.value).second)
      return conflict("patient identifier is taken");
  }
  for (const store::Plan& row : changes.plans) {
    auto stored = plans.find(row.patient);
    if (stored != plans.end() && stored->second.back().version >= row.version) return conflict("plan version is taken");
  }
  return std::nullopt;
}

std::optional<fhir::Error> MemoryStore::State::refusal(const store::Changes& changes) const {
  if (auto error = observation_refusal(changes)) return error;
  if (!changes.alarms.empty())
    if (auto error = alarm_refusal(changes)) return error;
  return patient_refusal(changes);
}

void MemoryStore::State::apply_journal(const store::Changes& changes) {
  for (store::JournalEntry entry : changes.journal) {
    entry.position = static_cast<Position>(journal.size()) + 1;
    journal.push_back(std::move(entry));
  }
}

void MemoryStore::State::apply(const store::Changes& changes) {
  apply_journal(changes);
  auto end = static_cast<Position>(journal.size());
  for (const store::Observation& row : changes.observations) {
    observations[row.id].push_back({row, end});
    if (row.status == store::Status::entered_in_error)
      keys.emplace(row.key, row.id.value);  // whoever has it by now keeps it
    else
      keys[row.key] = row.id.value;
  }
  for (const store::Event& row : changes.events) {
    events[row.id] = row;
    keys[row.key] = row.id.value;
  }
  for (const store::Patient& row : changes.patients) patients.emplace(row.id, row);
  for (const store::Device& row : changes.devices) devices.emplace(row.id, row);
  for (const store::Link& row : changes.links) links[row.id] = row;
  for (const store::Plan& row : changes.plans) plans[row.patient].push_back(row);
  for (const store::Changes::ExpectedName& name : changes.dropped_expected) expected.erase({name.patient, name.rule});
  for (const store::Expected& row : changes.expected) expected[{row.patient, row.rule}] = row;
  for (const store::Suppression& row : changes.suppressions) suppressions[row.id] = row;
  for (const store::CarePlan& row : changes.care_plans) care_plans[row.patient].push_back(row);
  for (const store::Responsibility& row : changes.responsibilities) responsibilities[row.patient] = row;
  for (const store::Alarm& row : changes.alarms) alarms[row.id] = row;
  for (const store::Call& row : changes.calls) calls[{row.alarm, row.version}] = row;
  for (const store::Changes::CallName& name : changes.dropped_calls) calls.erase({name.alarm, name.version});
  for (const store::Quarantined& row : changes.quarantined) quarantined[row.id] = row;
  for (const store::Payload& row : changes.payloads) payloads.emplace(row.digest, row);
  for (const store::Key& digest : changes.dropped_payloads) payloads.erase(digest);
  audits.insert(audits.end(), changes.audits.begin(), changes.audits.end());
  for (const store::Delivery& row : changes.deliveries) deliveries[row.id] = row;
  for (DeliveryId id : changes.dropped_deliveries) deliveries.erase(id);
  for (const store::Changes::Cursor& row : changes.cursors) cursors[row.destination] = row.position;
  for (const store::PullUser& row : changes.pull_users) pull_users[{row.source, row.user}] = row;
  for (const store::Changes::PullUserName& name : changes.dropped_pull_users) pull_users.erase({name.source, name.user});
  for (const store::SourceSeen& row : changes.sources_seen) sources_seen[row.source] = row;
  for (const store::DeviceSeen& row : changes.devices_seen) devices_seen[row.device] = row;
  for (DeviceId id : changes.dropped_devices_seen) devices_seen.erase(id);
  for (const store::Changes::Reply& row : changes.replies) replies.emplace(row.key, row);
  highest_id = std::max(highest_id, changes.highest_id);
}

}  // namespace support
