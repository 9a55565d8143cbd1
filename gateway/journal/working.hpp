// What a job sees and changes while its group is decided: everything committed, with what earlier jobs of the group decided on top.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "gateway/alarms/service.hpp"
#include "gateway/registry/links.hpp"
#include "gateway/registry/patients.hpp"
#include "gateway/registry/waiting.hpp"
#include "gateway/store/store.hpp"

namespace gateway::journal {

struct KeyHash {
  std::size_t operator()(const store::Key& key) const noexcept;  // keys are uniform: the first 8 bytes serve
};

class Working {
 public:
  Working(store::Reader& store, IdSource& ids, registry::Patients& people, registry::Links& linked,
          registry::Waiting& held, const alarms::Services& watch)
      : reader(store), patients(people), links(linked), waiting(held), services(watch), ids_(ids) {}

  fhir::Time now{};                // one time for the group: what is committed together happened together
  store::Reader& reader;           // committed state; does not see this group
  registry::Patients& patients;    // judging state, shared by the jobs of the group
  registry::Links& links;
  registry::Waiting& waiting;
  const alarms::Services& services;
  std::unordered_set<std::int64_t> devices_seen;  // ids of devices that have their row, to ask the store once each
  store::Changes changes;          // what this group will write

  std::int64_t next_id() { return ids_.next(now); }
  // Alarms this group wrote: place in changes.alarms, and those that belong to no patient by tenant and identity.
  std::unordered_map<AlarmId, std::size_t> alarm_rows;
  std::map<std::pair<store::Tenant, std::string>, alarms::Alarm> loose_alarms;

  // Id under a key, this group's included; 0 when it is new.
  std::int64_t find(const store::Key& key) const;
  void put(const store::Key& key, std::int64_t id) { put_[key] = id; }
  // Appends a journal entry stamped with the group's time.
  void record(store::JournalEntry entry);

  // An observation or quarantined item this group has already written, by id; null when none.
  store::Observation* written(ObservationId id);

 private:
  friend class Committer;
  IdSource& ids_;
  std::unordered_map<store::Key, std::int64_t, KeyHash> found_, put_;
};

}  // namespace gateway::journal
