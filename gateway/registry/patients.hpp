// Who is known and what judging needs of them: plan in force, open alarms, newest measured time per kind. A bounded cache over the
// store, on the committer's thread only; a miss loads outside the hot path's expectations but gives the same answer.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/alarms/alarm.hpp"
#include "gateway/registry/plan.hpp"
#include "gateway/registry/responsibility.hpp"
#include "gateway/registry/self_treatment.hpp"
#include "gateway/registry/series.hpp"
#include "gateway/registry/suppression.hpp"
#include "gateway/store/store.hpp"

namespace gateway::registry {

// The newest judged reading of a patient and kind, as far as order goes.
struct Newest {
  std::optional<fhir::Time> measured;  // none: nothing is judged yet
  bool doubled_hour = false;           // it may be an hour later
  store::Source source{};              // whose running number the next is
  std::uint64_t sequence = 0;
};

// Whether a later one than `row` is judged already: by time of measuring, in the doubled hour by the sender's running number.
bool precedes(const store::Observation& row, const Newest&);

// A reading that history is made of.
struct PastReading {
  ObservationId id;
  fhir::Time measured{};
  fhir::Decimal value;  // canonical unit
};
inline constexpr std::size_t past_readings = 7;

struct PatientState {
  store::Patient patient;
  Plan plan;                               // limits and programmes in force
  Responsibility responsibility;           // who answers when
  SelfTreatment self_treatment;            // what the patient is told to do, in force
  std::vector<Suppression> suppressions;   // open ones
  std::vector<alarms::Alarm> open_alarms;
  // Newest already judged, by kind; loaded from the store the first time a kind is asked for.
  std::vector<std::pair<fhir::Kind, Newest>> latest;
  // The last values by kind, newest measured first; only of kinds somebody asks for.
  std::vector<std::pair<fhir::Kind, std::vector<PastReading>>> past;
  // What the plan's limits and rules look at; of the plan's version below, made when something is judged.
  std::optional<PatientSeries> series;
  std::uint32_t series_version = 0;
  // What the plan's rules on missing readings wait for; loaded when it is first asked for (ingest/expected.hpp).
  std::optional<std::vector<store::Expected>> expected;

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
  const Newest& latest(PatientState&, fhir::Kind);
  // A reading that was judged. One without value is nothing's newest and no history.
  void judged(PatientState&, const store::Observation&);
  // At most past_readings, newest measured first: final or amended, with a value and no comparator. Loaded once per patient and
  // kind, kept in step by judged().
  std::span<const PastReading> past(PatientState&, fhir::Kind);

  // The series of the plan in force, known as far back as judging at `at` looks. `written`: observations of the group at hand.
  PatientSeries& series(PatientState&, fhir::Time at, std::span<const store::Observation> written);

  // This patient's state is loaded anew after the group: a reading was taken away, and what is known by addition is wrong.
  void reload_later(PatientId id) { stale_.push_back(id); }
  void trim();          // drops the least recently used beyond capacity; between groups
  void forget_all();    // after a failed group: nothing in memory may differ from the store
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }

 private:
  Newest& newest(PatientState&, fhir::Kind);
  static void keep_in_past(PatientState&, const store::Observation&);

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
  JudgedPlans judged_plans_;
  std::uint64_t hits_ = 0, misses_ = 0;
};

}  // namespace gateway::registry
