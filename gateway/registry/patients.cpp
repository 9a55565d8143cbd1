#include "gateway/registry/patients.hpp"

#include <algorithm>

namespace gateway::registry {
namespace {
std::string identifier_key(store::Tenant tenant, std::string_view system, std::string_view value) {
  std::string key = std::to_string(static_cast<int>(tenant));
  key.append("|").append(system).append("|").append(value);
  return key;
}
}  // namespace

alarms::Alarm* PatientState::open_alarm(std::string_view identity) {
  auto found = std::find_if(open_alarms.begin(), open_alarms.end(),
                            [&](const alarms::Alarm& alarm) { return alarm.identity == identity; });
  return found == open_alarms.end() ? nullptr : &*found;
}

void PatientState::keep(const alarms::Alarm& alarm) {
  auto same = std::find_if(open_alarms.begin(), open_alarms.end(),
                           [&](const alarms::Alarm& other) { return other.id == alarm.id; });
  const bool open = alarm.machine.state != thresholds::State::resolved;
  if (same != open_alarms.end()) {
    if (open) {
      if (&*same != &alarm) *same = alarm;
    } else {
      open_alarms.erase(same);
    }
  } else if (open) {
    open_alarms.push_back(alarm);
  }
}

PatientState* Patients::find(PatientId id) {
  if (auto slot = slots_.find(id); slot != slots_.end()) {
    ++hits_;
    order_.splice(order_.begin(), order_, slot->second.place);
    return slot->second.state.get();
  }
  ++misses_;
  std::optional<store::Patient> row = reader_.patient(id);
  if (!row) return nullptr;
  PatientState& state = add(*row);
  if (std::optional<store::Plan> plan = reader_.plan(id)) state.plan = plan_from(*plan);
  if (std::optional<store::Responsibility> known = reader_.responsibility(id)) state.responsibility = responsibility_from(*known);
  if (std::optional<store::CarePlan> own = reader_.care_plan(id)) state.self_treatment = self_treatment_from(*own);
  for (const store::Suppression& kept : reader_.open_suppressions(id)) {
    if (auto loaded = suppression_from(kept)) state.suppressions.push_back(std::move(*loaded));
  }
  for (const store::Alarm& alarm : reader_.open_alarms(id)) {
    if (auto loaded = alarms::alarm_from_stored(alarm)) state.open_alarms.push_back(std::move(*loaded));
  }
  return &state;
}

std::optional<PatientId> Patients::by_identifier(store::Tenant tenant, std::string_view system, std::string_view value) {
  std::string key = identifier_key(tenant, system, value);
  if (auto found = by_identifier_.find(key); found != by_identifier_.end()) return found->second;
  std::optional<store::Patient> row = reader_.patient_by_identifier(tenant, system, value);
  if (!row) return std::nullopt;
  by_identifier_.emplace(std::move(key), row->id);
  return row->id;
}

PatientState& Patients::add(const store::Patient& patient) {
  order_.push_front(patient.id);
  Slot slot{std::make_unique<PatientState>(), order_.begin()};
  slot.state->patient = patient;
  if (!patient.value.empty()) by_identifier_[identifier_key(patient.tenant, patient.system, patient.value)] = patient.id;
  return *slots_.emplace(patient.id, std::move(slot)).first->second.state;
}

bool precedes(const store::Observation& row, const Newest& newest) {
  if (!newest.measured) return false;
  // Two of the doubled hour have no order by their times; their sender's running number gives it.
  if (row.doubled_hour && newest.doubled_hour && row.source == newest.source && row.sequence != 0 && newest.sequence != 0) {
    return row.sequence < newest.sequence;
  }
  return row.measured < *newest.measured;
}

Newest& Patients::newest(PatientState& state, fhir::Kind kind) {
  for (auto& [known, newest] : state.latest) {
    if (known == kind) return newest;
  }
  Newest loaded;
  loaded.measured = reader_.latest_measured(state.patient.id, kind);
  return state.latest.emplace_back(kind, loaded).second;
}

const Newest& Patients::latest(PatientState& state, fhir::Kind kind) { return newest(state, kind); }

void Patients::judged(PatientState& state, const store::Observation& row) {
  keep_in_past(state, row);
  if (row.absent != fhir::AbsentReason::none) return;
  Newest& newest = this->newest(state, row.kind);
  if (precedes(row, newest)) return;
  newest.measured = newest.measured ? std::max(*newest.measured, row.measured) : row.measured;
  newest.doubled_hour = row.doubled_hour;
  newest.source = row.source;
  newest.sequence = row.sequence;
}

namespace {
bool is_history(const store::Observation& row) {
  return row.value && row.comparator == 0 && row.status != store::Status::entered_in_error;
}

void insert_newest_first(std::vector<PastReading>& past, PastReading reading) {
  auto place = std::find_if(past.begin(), past.end(),
                            [&](const PastReading& other) { return other.measured <= reading.measured; });
  past.insert(place, std::move(reading));
  if (past.size() > past_readings) past.pop_back();
}
}  // namespace

std::span<const PastReading> Patients::past(PatientState& state, fhir::Kind kind) {
  for (const auto& [known, past] : state.past) {
    if (known == kind) return past;
  }
  store::ObservationFilter filter;
  filter.tenant = state.patient.tenant;
  filter.patients = {state.patient.id};
  filter.kinds = {kind};
  filter.sort = {fhir::SortKey::date, true};
  filter.limit = past_readings;
  std::vector<PastReading> loaded;
  for (const store::Observation& shown : reader_.search(filter).rows) {
    // A page leaves the values out.
    if (std::optional<store::Observation> row = reader_.observation(shown.id); row && is_history(*row)) {
      insert_newest_first(loaded, {row->id, row->measured, *row->value});
    }
  }
  return state.past.emplace_back(kind, std::move(loaded)).second;
}

void Patients::keep_in_past(PatientState& state, const store::Observation& row) {
  for (auto& [known, past] : state.past) {
    if (known != row.kind) continue;
    std::erase_if(past, [&](const PastReading& other) { return other.id == row.id; });
    if (is_history(row)) insert_newest_first(past, {row.id, row.measured, *row.value});
  }
}

PatientSeries& Patients::series(PatientState& state, fhir::Time at, std::span<const store::Observation> written) {
  if (!state.series || state.series_version != state.plan.version) {
    state.series.emplace(judged_plans_.of(state.plan));
    state.series_version = state.plan.version;
  }
  state.series->reach(at, reader_, state.patient.id, written);
  return *state.series;
}

void Patients::trim() {
  for (PatientId id : stale_) {
    if (auto slot = slots_.find(id); slot != slots_.end()) {
      order_.erase(slot->second.place);
      slots_.erase(slot);
    }
  }
  stale_.clear();
  while (slots_.size() > capacity_) {
    slots_.erase(order_.back());
    order_.pop_back();
  }
  if (by_identifier_.size() > capacity_ * 4) by_identifier_.clear();
}

void Patients::forget_all() {
  slots_.clear();
  order_.clear();
  by_identifier_.clear();
  stale_.clear();
}

}  // namespace gateway::registry
