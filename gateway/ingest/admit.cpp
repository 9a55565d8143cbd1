#include "gateway/ingest/admit.hpp"

#include <algorithm>
#include <charconv>

#include "fhir/observation.hpp"
#include "gateway/ingest/computed_score.hpp"
#include "gateway/ingest/news2_score.hpp"

namespace gateway::ingest {
namespace {

using adapters::QuarantineReason;

// Orders a vendor's "modified" stamps: numbers as numbers, times as times, anything else as text. Negative: a is older.
int compare_versions(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return 0;  // without stamps the order of arrival is all there is
  auto number = [](std::string_view text) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  };
  if (auto left = number(a), right = number(b); left && right) return *left < *right ? -1 : *left > *right ? 1 : 0;
  if (auto left = fhir::DateTime::parse(a), right = fhir::DateTime::parse(b); left && right) {
    return left->utc < right->utc ? -1 : left->utc > right->utc ? 1 : 0;
  }
  return a.compare(b);
}

// Duplicate, or a new version (invariant 3): content equal to any version so far, or a stamp older than the stored one's, is
// nothing new; other content is an amendment.
bool is_duplicate(const std::vector<store::VersionMark>& versions, const store::Observation& arrived) {
  for (const store::VersionMark& mark : versions) {
    if (mark.digest == arrived.digest) return true;
  }
  return !versions.empty() && compare_versions(arrived.vendor_version, versions.back().vendor_version) < 0;
}

std::vector<store::VersionMark> versions_of(journal::Working& working, const store::Observation& current) {
  std::vector<store::VersionMark> marks = working.reader.versions(current.id);
  for (const store::Observation& row : working.changes.observations) {
    if (row.id == current.id) marks.push_back({row.version, row.digest, row.vendor_version});
  }
  return marks;
}

std::string identifier_of(const store::Observation& row) {
  return std::string(fhir::observation_identifier_of(fhir::observation_body_of(row.resource)));
}

std::string_view status_text(store::Status status) {
  static constexpr std::string_view names[] = {"final", "amended", "entered-in-error"};
  return names[static_cast<std::size_t>(status)];
}

}  // namespace

void render_resource(store::Observation& row, const store::Patient& patient, const SourceFacts& source,
                     std::string_view body) {
  const std::string id = row.id.text();
  const std::string patient_id = patient.id.text();
  fhir::ObservationHead head;
  head.id = id;
  head.version = row.version;
  head.last_updated = row.updated;
  head.status = status_text(row.status);
  head.kind = row.kind;
  head.patient_id = patient_id;
  head.patient_system = patient.system;
  head.patient_value = patient.value;
  head.organization = source.organization;
  head.organization_name = source.organization_name;
  head.test_data = source.self_test;
  row.resource.clear();
  fhir::append_observation(row.resource, head, body);
}

void record_observation(journal::Working& working, const store::Observation& row, std::string_view change) {
  store::JournalEntry entry;
  entry.kind = store::Entry::observation;
  entry.tenant = row.tenant;
  entry.patient = row.patient;
  entry.ref = row.id.value;
  entry.version = row.version;
  entry.change = change;
  working.record(std::move(entry));
}

void AdmitJob::keys(std::vector<store::Key>& keys) const {
  for (const Prepared& item : items_) {
    if (const auto* reading = std::get_if<PreparedReading>(&item)) keys.push_back(reading->row.key);
    if (const auto* event = std::get_if<PreparedEvent>(&item)) keys.push_back(event->row.key);
  }
}

void AdmitJob::decide(journal::Working& working) {
  if (replayed_) {
    auto item = quarantined_now(working, replayed_->id);
    if (!item || item->state != store::QuarantineState::waiting) {
      throw journal::JobRefused{{fhir::ErrorCategory::conflict, "this item does not wait any more"}};
    }
  }
  backlog_.clear();
  heard_.clear();
  technical_ = false;
  results_.clear();  // may run again after a neighbour failed
  results_.reserve(items_.size());
  for (Prepared& item : items_) {
    std::visit([&](auto& prepared) { admit(working, prepared); }, item);
  }
  summarise_backlog(working, backlog_, source_, settings_);
  if (replayed_) end_replay(working);
}

void AdmitJob::admit(journal::Working& working, PreparedReading& item) {
  ItemResult result;
  result.index = item.index;
  const store::Observation& arrived = item.row;
  Placed placed = place(working, source_, item.whom, arrived.measured);
  auto held = [&](QuarantineReason reason) {
    Holding holding{arrived.key, reason, {}, item.whom.subject, arrived.kind, arrived.measured, item.index};
    std::vector<store::ComponentValue> values = arrived.components;
    if (arrived.value) values.push_back({arrived.kind, *arrived.value, arrived.comparator});
    quarantine(working, result, item.whom, holding, values, item.device.identifier);
  };
  if (placed.patient == nullptr) return held(placed.reason);

  std::optional<store::Observation> current;
  if (const std::int64_t known = working.find(arrived.key)) {
    if (const store::Observation* row = working.written(ObservationId{known})) {
      current = *row;
    } else {
      current = working.reader.observation(ObservationId{known});
    }
  }
  // A reading withdrawn from a patient keeps its key until it is placed anew (registry correction); then it is a new one.
  // One that was recalled keeps it for good: the same sent again is the same, a corrected value is an amendment.
  const bool withdrawn = current && current->status == store::Status::entered_in_error && !current->recalled;
  if (current && !withdrawn) {
    if (current->patient != placed.patient->patient.id) return held(QuarantineReason::subject_changed);
    result.observation = current->id;
    hear(item.device, placed);
    if (is_duplicate(versions_of(working, *current), arrived)) {
      result.outcome = Outcome::duplicate;
      end_waiting_twin(working, arrived.key, result);
      results_.push_back(std::move(result));
      return;
    }
  }

  const ObservationId itself = current ? current->id : ObservationId{};
  if (std::optional<UnitSlip> slip = slipped_unit(working, *placed.patient, arrived, itself)) {
    Holding holding{arrived.key, QuarantineReason::implausible, std::string(slip->looks_like), item.whom.subject, arrived.kind,
                    arrived.measured, item.index};
    // Both may be right, so the worse of the two says how urgent it is; as it was sent comes last and is shown.
    const std::vector<store::ComponentValue> values{{arrived.kind, slip->meant, 0}, {arrived.kind, *arrived.value, 0}};
    result.observation = ObservationId{};
    return quarantine(working, result, item.whom, holding, values, item.device.identifier);
  }

  store::Observation row = arrived;
  const bool amends = current && !withdrawn;
  row.id = amends ? current->id : ObservationId{working.next_id()};
  row.version = amends ? current->version + 1 : 1;
  row.status = amends ? store::Status::amended : store::Status::final_;
  row.patient = placed.patient->patient.id;
  row.subject = placed.subject;
  row.updated = working.now;
  result.outcome = amends ? Outcome::amended : Outcome::accepted;
  if (row.kind == fhir::Kind::unknown) result.reason = not_judged;
  result.observation = row.id;

  remember_device(working, item.device);
  if (!amends) hear(item.device, placed);
  std::string_view body = item.body;
  std::string renamed;
  if (current) {
    // A version keeps its resource's identifier; what stands in for a withdrawn reading is another resource.
    renamed = fhir::with_observation_identifier(body, amends ? identifier_of(*current) : anew_identifier(row.key, row.id));
    body = renamed;
  }
  render_resource(row, placed.patient->patient, source_, body);
  result.alarms = judge_reading(working, *placed.patient, row, source_, item.device.identifier, settings_);
  if (!result.alarms.empty() && working.now - row.measured > settings_.alarm_horizon) count_backlog(row);
  record_observation(working, row, amends ? "amended" : "created");
  working.put(row.key, row.id.value);
  working.changes.observations.push_back(std::move(row));
  add_scores(working, *placed.patient, amends ? std::optional(current->measured) : std::nullopt, result);
  end_waiting_twin(working, arrived.key, result);
  results_.push_back(std::move(result));
}

// A score that the reading completes is a reading of its own; scores that looked at what it was, or would have looked at it, are set right.
void AdmitJob::add_scores(journal::Working& working, registry::PatientState& patient, std::optional<fhir::Time> before, ItemResult& result) {
  const store::Observation row = working.changes.observations.back();
  const auto tell = [&result](const std::vector<AlarmId>& alarms) {
    for (const AlarmId alarm : alarms) {
      if (std::find(result.alarms.begin(), result.alarms.end(), alarm) == result.alarms.end()) result.alarms.push_back(alarm);
    }
  };
  tell(store_scores(working, patient, row, source_, *raw_->keys, settings_));
  if (!before) {
    if (!news2_allowed_age(patient.plan)) return;
    const std::optional<fhir::Time> newest = working.patients.latest(patient, fhir::kinds().news2).measured;
    if (!newest || *newest <= row.measured) return;  // the common case: nothing later looked for it
  }
  const fhir::Time from = before ? std::min(*before, row.measured) : row.measured, to = before ? std::max(*before, row.measured) : row.measured;
  tell(revise_scores(working, patient, from, to, {}, source_, settings_));
}

std::optional<UnitSlip> AdmitJob::slipped_unit(journal::Working& working, registry::PatientState& patient,
                                               const store::Observation& arrived, ObservationId itself) const {
  if (accept_unlikely_ || !arrived.value || arrived.comparator != 0 || !guarded(arrived.kind)) return std::nullopt;
  return unit_slip(arrived.kind, *arrived.value, arrived.measured, itself, working.patients.past(patient, arrived.kind));
}

void AdmitJob::count_backlog(const store::Observation& row) {
  auto found = std::find_if(backlog_.begin(), backlog_.end(), [&](const Backlog& one) { return one.patient == row.patient; });
  if (found == backlog_.end()) found = backlog_.insert(backlog_.end(), Backlog{row.patient, 0, row.measured});
  ++found->breaches;
  found->newest = std::max(found->newest, row.measured);
}

void AdmitJob::admit(journal::Working& working, PreparedEvent& item) {
  ItemResult result;
  result.index = item.index;
  if (working.find(item.row.key) != 0) {
    result.outcome = Outcome::duplicate;
    results_.push_back(std::move(result));
    return;
  }
  store::Event row = item.row;
  row.id = EventId{working.next_id()};
  const Placed placed = place(working, source_, item.whom, row.measured);
  registry::PatientState* patient = placed.patient;
  if (patient != nullptr) row.patient = patient->patient.id;
  remember_device(working, item.device);
  hear(item.device, placed);
  technical_ = technical_ || fhir::info(row.kind).technical != fhir::Technical::no;

  result.outcome = Outcome::accepted;
  result.alarms = judge_event(working, patient, row, source_, settings_);
  if (!result.alarms.empty()) row.alarm = result.alarms.front();
  // As with readings: what the person's own identifier placed, no link moves.
  if (patient != nullptr) row.subject = placed.subject;

  store::JournalEntry entry;
  entry.kind = store::Entry::event;
  entry.tenant = row.tenant;
  entry.patient = row.patient;
  entry.ref = row.id.value;
  entry.version = 1;
  entry.change = "created";
  working.record(std::move(entry));
  working.put(row.key, row.id.value);
  working.changes.events.push_back(std::move(row));
  end_waiting_twin(working, item.row.key, result);
  results_.push_back(std::move(result));
}

void AdmitJob::admit(journal::Working&, PreparedIgnored& item) {
  ItemResult result;
  result.index = item.index;
  result.outcome = Outcome::ignored;
  result.reason = adapters::name(item.reason);
  results_.push_back(std::move(result));
}

void AdmitJob::admit(journal::Working& working, PreparedHeld& item) {
  ItemResult result;
  result.index = item.index;
  Holding holding{item.key, item.reason, item.note, item.whom.subject, item.kind, item.measured, item.index};
  quarantine(working, std::move(result), item.whom, holding, item.values, item.whom.device);
}

// Held, and a technical alarm when the patient is known (invariant 5). A resend of a waiting item changes nothing.
void AdmitJob::quarantine(journal::Working& working, ItemResult result, const Whom& whom, const Holding& holding,
                          const std::vector<store::ComponentValue>& values, std::string_view device) {
  result.outcome = Outcome::quarantined;
  result.reason = adapters::name(holding.reason);
  // An item on its way out stays the item it is, also when what is wrong with it now gives it another key.
  const bool stays = replayed_ && !is_whole_payload(*replayed_);
  result.quarantine = stays ? replayed_->id : working.waiting.find(source_.source, holding.key);
  if (!result.quarantine) {
    result.quarantine = hold(working, source_, *raw_, holding);
    const fhir::Time measured = holding.measured.value_or(working.now);
    registry::PatientState* patient = known_patient(working, source_, whom, std::min(measured, working.now));
    if (patient != nullptr) {
      result.alarms = judge_held(working, *patient, holding, values, source_, device, settings_);
    }
  }
  results_.push_back(std::move(result));
}

void AdmitJob::remember_device(journal::Working& working, const PreparedDevice& device) {
  if (!device.id || !working.devices_seen.insert(device.id.value).second) return;
  if (working.reader.device(device.id)) return;
  store::Device row;
  row.id = device.id;
  row.tenant = source_.tenant_no;
  row.source = source_.source;
  row.identifier = device.identifier;
  row.model = device.model;
  row.first_seen = working.now;
  working.changes.devices.push_back(std::move(row));
}

// A device is watched in one patient's hands; one that nobody has is nothing to miss.
void AdmitJob::hear(const PreparedDevice& device, const Placed& placed) {
  if (!source_.watches_devices || !device.id || placed.patient == nullptr) return;
  heard_.push_back({device.id, placed.patient->patient.id, std::string(placed.subject), device.identifier});
}

namespace {
std::string outcome_text(const ItemResult& result) {
  std::string text(name(result.outcome));
  if (result.observation) text += " Observation/" + result.observation.text();
  if (!result.reason.empty()) text.append(" ").append(result.reason);
  return text;
}
}  // namespace

// A good resend of an item that waits ends the waiting: the queue shows only what still needs a person.
void AdmitJob::end_waiting_twin(journal::Working& working, const store::Key& key, const ItemResult& result) {
  if ((replayed_ && !is_whole_payload(*replayed_)) || working.waiting.count(source_.source) == 0) return;
  const QuarantineId waiting = working.waiting.find(source_.source, key);
  if (!waiting) return;
  if (std::optional<store::Quarantined> item = quarantined_now(working, waiting)) {
    // What is known already says nothing of a correction that waits because something is wrong with it.
    const auto reason = static_cast<QuarantineReason>(item->reason);
    const bool unplaced = reason == QuarantineReason::unknown_subject || reason == QuarantineReason::ambiguous_subject;
    if (result.outcome == Outcome::duplicate && !unplaced) return;
    end_waiting(working, std::move(*item), store::QuarantineState::released, "resent by the source", outcome_text(result));
  }
}

void AdmitJob::end_replay(journal::Working& working) {
  std::optional<store::Quarantined> item = quarantined_now(working, replayed_->id);
  if (!item || results_.empty()) return;
  if (is_whole_payload(*item)) {  // each of its items stands, or waits, on its own from here on
    std::string outcome = "decoded, " + std::to_string(results_.size()) + " items";
    return end_waiting(working, std::move(*item), store::QuarantineState::released, who_, std::move(outcome));
  }
  const ItemResult& result = results_.front();
  if (result.outcome == Outcome::quarantined) {
    if (result.reason == adapters::name(static_cast<QuarantineReason>(item->reason))) return;
    for (int reason = 0; reason <= static_cast<int>(QuarantineReason::subject_changed); ++reason) {
      if (adapters::name(static_cast<QuarantineReason>(reason)) == result.reason) {
        item->reason = static_cast<std::uint8_t>(reason);
      }
    }
    working.changes.quarantined.push_back(std::move(*item));
    return;
  }
  end_waiting(working, std::move(*item), store::QuarantineState::released, who_, outcome_text(result));
}

}  // namespace gateway::ingest
