// What the store in memory holds, and what a commit does to it; the lock is the caller's to hold.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/memory_store.hpp"

namespace support {

namespace store = gateway::store;
using fhir::Time;
using gateway::AlarmId;
using gateway::DeliveryId;
using gateway::DeviceId;
using gateway::EventId;
using gateway::LinkId;
using gateway::ObservationId;
using gateway::PatientId;
using gateway::QuarantineId;
using store::Position;

// One version of an observation with the journal's end when it was committed: what a page's horizon compares with.
struct StoredVersion {
  store::Observation row;
  Position position = 0;
};

struct MemoryStore::State {
  mutable std::mutex mutex;
  std::map<std::string, store::Tenant, std::less<>> tenants;
  std::map<std::pair<std::string, std::string>, store::Source> sources;
  std::map<ObservationId, std::vector<StoredVersion>> observations;  // oldest version first
  std::map<EventId, store::Event> events;
  std::map<store::Key, std::int64_t> keys;
  std::map<PatientId, store::Patient> patients;
  std::map<DeviceId, store::Device> devices;
  std::map<LinkId, store::Link> links;
  std::map<PatientId, std::vector<store::Plan>> plans;
  std::map<PatientId, store::Responsibility> responsibilities;
  std::map<gateway::SuppressionId, store::Suppression> suppressions;
  std::map<PatientId, std::vector<store::CarePlan>> care_plans;
  std::map<std::pair<PatientId, std::string>, store::Expected> expected;
  std::map<AlarmId, store::Alarm> alarms;
  std::map<std::pair<AlarmId, std::uint32_t>, store::Call> calls;
  std::map<QuarantineId, store::Quarantined> quarantined;
  std::map<store::Key, store::Payload> payloads;
  std::vector<store::Audit> audits;
  std::map<DeliveryId, store::Delivery> deliveries;
  std::map<std::string, Position, std::less<>> cursors;
  std::map<std::pair<store::Source, std::string>, store::PullUser> pull_users;
  std::map<store::Source, store::SourceSeen> sources_seen;
  std::map<DeviceId, store::DeviceSeen> devices_seen;
  std::map<std::string, store::Changes::Reply, std::less<>> replies;
  std::vector<store::JournalEntry> journal;
  std::int64_t highest_id = 0;
  int commits_to_fail = 0, commits = 0;

  std::optional<fhir::Error> refusal(const store::Changes&) const;
  void apply(const store::Changes&);
  void apply_journal(const store::Changes&);

 private:
  std::optional<fhir::Error> observation_refusal(const store::Changes&) const;
  std::optional<fhir::Error> alarm_refusal(const store::Changes&) const;
  std::optional<fhir::Error> patient_refusal(const store::Changes&) const;
};

}  // namespace support
