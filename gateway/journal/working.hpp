// What a job sees and changes while its group is decided: everything committed, with what earlier jobs of the group decided on top.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "gateway/registry/links.hpp"
#include "gateway/registry/patients.hpp"
#include "gateway/store/store.hpp"

namespace gateway::journal {

struct KeyHash {
  std::size_t operator()(const store::Key& key) const noexcept;  // keys are uniform: the first 8 bytes serve
};

class Working {
 public:
  Working(store::Reader& reader, IdSource& ids, registry::Patients& patients, registry::Links& links)
      : reader(reader), patients(patients), links(links), ids_(ids) {}

  fhir::Time now{};                // one time for the group: what is committed together happened together
  store::Reader& reader;           // committed state; does not see this group
  registry::Patients& patients;    // judging state, shared by the jobs of the group
  registry::Links& links;
  store::Changes changes;          // what this group will write

  std::int64_t next_id() { return ids_.next(now); }
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
