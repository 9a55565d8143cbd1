// Who is known and what judging needs of them: plan in force, open alarms, newest measured time per kind. A bounded cache over the
// store, on the committer's thread only; a miss loads outside the hot path's expectations but gives the same answer.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/alarms/alarm.hpp"
#include "gateway/registry/plan.hpp"
#include "gateway/store/store.hpp"

namespace gateway::registry {

struct PatientState {
  store::Patient patient;
  Plan plan;                               // limits and programmes in force
  std::vector<alarms::Alarm> open_alarms;
  // Newest measured time already judged, by kind; loaded from the store the first time a kind is asked for.
  std::vector<std::pair<fhir::Kind, std::optional<fhir::Time>>> latest;

  alarms::Alarm* open_alarm(std::string_view identity);
  // Keeps the list of open alarms in step with an alarm just changed.
  void keep(const alarms::Alarm&);
};

class Patients {
 public:
  Patients(store::Reader& reader, std::size_t capacity) : reader_(reader), capacity_(capacity) {}

  PatientState* find(PatientId);  // null when there is no such patient; valid until the next trim()
  // By an identifier; none when the tenant has no such patient.
  std::optional<PatientId> by_identifier(store::Tenant, std::string_view system, std::string_view value);
  PatientState& add(const store::Patient&);  // a patient this group creates
  std::optional<fhir::Time> latest(PatientState&, fhir::Kind);
  void judged(PatientState&, fhir::Kind, fhir::Time measured);

  // This patient's state is loaded anew after the group: a reading was taken away, and what is known by addition is wrong.
  void reload_later(PatientId id) { stale_.push_back(id); }
  void trim();          // drops the least recently used beyond capacity; between groups
  void forget_all();    // after a failed group: nothing in memory may differ from the store
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }

 private:
  using Order = std::list<PatientId>;
  struct Slot {
    std::unique_ptr<PatientState> state;
    Order::iterator place;
  };
  store::Reader& reader_;
  std::size_t capacity_;
  std::unordered_map<PatientId, Slot> slots_;
  Order order_;  // most recently used first
  std::unordered_map<std::string, PatientId> by_identifier_;
  std::vector<PatientId> stale_;
  std::uint64_t hits_ = 0, misses_ = 0;
};

}  // namespace gateway::registry
