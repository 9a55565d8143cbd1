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

std::optional<fhir::Time> Patients::latest(PatientState& state, fhir::Kind kind) {
  for (auto& [known, time] : state.latest) {
    if (known == kind) return time;
  }
  std::optional<fhir::Time> time = reader_.latest_measured(state.patient.id, kind);
  state.latest.emplace_back(kind, time);
  return time;
}

void Patients::judged(PatientState& state, fhir::Kind kind, fhir::Time measured) {
  latest(state, kind);
  for (auto& [known, time] : state.latest) {
    if (known == kind && (!time || *time < measured)) time = measured;
  }
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
