#include "gateway/ingest/conversion.hpp"

#include <memory>
#include <utility>

#include "fhir/json_writer.hpp"
#include "fhir/medication_dispense.hpp"
#include "fhir/profile_checks.hpp"
#include "gateway/alarms/detected_issue.hpp"
#include "gateway/alarms/judgement.hpp"
#include "gateway/ingest/admit.hpp"
#include "gateway/ingest/dispense.hpp"
#include "gateway/ingest/event_finding.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::ingest {
namespace {

// Not a secret: identifiers made here belong to no installation, and equal input gives equal output.
constexpr std::string_view convert_secret = "hjemport convert makes identifiers of no installation";

bool held_for_its_number(const Prepared& prepared) {
  const auto* held = std::get_if<PreparedHeld>(&prepared);
  return held != nullptr && held->reason == adapters::QuarantineReason::invalid_identifier;
}

std::string normalised_text(const store::Observation& row) {
  std::string text;
  auto add = [&](fhir::Kind kind, const fhir::Decimal& value) {
    if (!text.empty()) text += ", ";
    text.append(fhir::info(kind).name).append(" ").append(value.text()).append(" ").append(fhir::info(kind).unit);
  };
  if (row.value) add(row.kind, *row.value);
  for (const store::ComponentValue& component : row.components) add(component.kind, component.value);
  return text;
}

}  // namespace

Conversion::Conversion(std::string adapter, std::string_view payload, fhir::Time now, PersonOf person, ConversionLines lines)
    : now_(now), person_(std::move(person)), lines_(std::move(lines)), keys_(convert_secret), payload_(keys_, facts_, payload), ids_(0) {
  facts_.id = "convert";
  facts_.tenant = "convert";
  facts_.adapter = std::move(adapter);
}

void Conversion::told(std::size_t index, std::string_view detail) { step(static_cast<std::uint32_t>(index), "mapping", detail); }

void Conversion::item(const adapters::Item& item, std::uint32_t index) {
  // Synthetic and real numbers are both taken: nothing is stored.
  settings_.environment = fhir::Environment::test;
  Prepared prepared = prepare(item, index, payload_, facts_, keys_, settings_, now_);
  if (held_for_its_number(prepared)) {
    settings_.environment = fhir::Environment::production;
    prepared = prepare(item, index, payload_, facts_, keys_, settings_, now_);
  }
  explain_decoded(item, index);
  std::visit([&](auto& one) { convert(one); }, prepared);
}

void Conversion::project(const adapters::Project& project) {
  std::vector<adapters::StoredReading> readings;
  for (const std::string& resource : resources_) readings.push_back({resource, now_});
  const adapters::Views views = project(readings, adapters::Batches::all_together, &sha256_hex);
  for (const adapters::View& view : views.resources) lines_.resource(view.resource);
  for (const std::string& fault : views.faults) {
    std::string line;
    fhir::JsonWriter(line).begin_object().member("outcome", "not-merged").member("note", fault).end_object();
    lines_.left_out(line);
  }
}

void Conversion::step(std::uint32_t index, std::string_view name, std::string_view text) {
  if (!lines_.step) return;
  std::string line;
  fhir::JsonWriter(line).begin_object().member("index", static_cast<std::int64_t>(index)).member("step", name).member("detail", text).end_object();
  lines_.step(line);
}

void Conversion::explain_decoded(const adapters::Item& item, std::uint32_t index) {
  if (!lines_.step) return;
  if (const auto* measurement = std::get_if<adapters::Measurement>(&item)) {
    std::string text(fhir::info(measurement->kind).name);
    if (measurement->stated) {
      text = "no kind of ours, stored as stated and not judged: " + fhir::stated_name(measurement->stated->code);
    } else if (measurement->components.empty()) {
      text.append(" ").append(measurement->text.empty() ? measurement->value.text() : measurement->text);
      text.append(" ").append(measurement->unit);
    }
    for (const adapters::Component& component : measurement->components) {
      text.append(" ").append(fhir::info(component.kind).name).append(" ").append(component.value.text());
      text.append(" ").append(component.unit);
    }
    text.append(" at ").append(measurement->time.text());
    step(index, "decoded", text);
  } else if (const auto* event = std::get_if<adapters::Event>(&item)) {
    step(index, "decoded", std::string("event ").append(fhir::info(event->kind).name));
  } else if (const auto* held = std::get_if<adapters::Held>(&item)) {
    step(index, "decoded", "held by the adapter: " + held->note);
  } else {
    step(index, "decoded", "ignored by the adapter");
  }
}

void Conversion::not_one(std::uint32_t index, std::string_view outcome, std::string_view reason, std::string_view note) {
  std::string line;
  fhir::JsonWriter writer(line);
  writer.begin_object().member("outcome", outcome).member("reason", reason).member("index", static_cast<std::int64_t>(index));
  writer.member_if("note", note).end_object();
  lines_.left_out(line);
}

void Conversion::convert(PreparedReading& reading) {
  step(reading.index, "normalised", normalised_text(reading.row));
  std::optional<store::Patient> patient = person_(reading.whom, reading.row.measured);
  if (!patient) {
    step(reading.index, "identified", "no person in the payload, no --patient: it would need a link for its subject");
    return not_one(reading.index, "quarantined", adapters::name(adapters::QuarantineReason::unknown_subject));
  }
  step(reading.index, "identified", "Patient/" + patient->id.text());
  store::Observation& row = reading.row;
  row.id = ObservationId{ids_.next(now_)};
  row.patient = patient->id;
  row.updated = now_;
  render_resource(row, *patient, facts_, reading.body);
  if (merging_)
    resources_.push_back(row.resource);
  else
    lines_.resource(row.resource);
  if (!lines_.step) return;
  auto document = fhir::JsonDocument::parse(row.resource);
  std::vector<std::string> problems;
  if (document) problems = fhir::observation_problems(document->root());
  step(reading.index, "checked", problems.empty() ? std::string_view("conforms to the profiles it claims") : std::string_view(problems.front()));
}

void Conversion::convert(PreparedEvent& event) {
  std::optional<store::Patient> patient = person_(event.whom, event.row.measured);
  if (event.row.kind == fhir::EventKind::medication_dispensed) return dispense(event, patient);
  const alarms::Judging judging{AlarmId{ids_.next(now_)}, now_, {}};
  const PatientId owner = patient ? patient->id : PatientId{};
  const EventFinding finding = event_finding(event.row, owner, facts_, now_, judge_);
  alarms::AlarmChange change;
  if (const auto* safety = std::get_if<alarms::SafetyEvent>(&finding)) {
    change = alarms::apply_event(nullptr, *safety, judging);
  } else if (const auto* cause = std::get_if<alarms::TechnicalCause>(&finding)) {
    change = alarms::apply_technical(nullptr, *cause, judging);
  }
  if (!change.alarm) return not_one(event.index, "accepted", "event-without-finding");
  alarms::IssueContext context;
  if (patient) {
    context.patient_system = patient->system;
    context.patient_value = patient->value;
  }
  lines_.resource(alarms::detected_issue(*change.alarm, context));
}

void Conversion::dispense(PreparedEvent& event, const std::optional<store::Patient>& patient) {
  if (!patient) {
    step(event.index, "identified", "no person in the payload, no --patient: it would wait for a link of its subject");
    return not_one(event.index, "accepted", "dispense-without-patient");
  }
  event.row.id = EventId{ids_.next(now_)};
  const std::string resource = dispense_resource(event.row, *patient);
  lines_.resource(resource);
  if (!lines_.step) return;
  auto document = fhir::JsonDocument::parse(resource);
  std::vector<std::string> problems;
  if (document) problems = fhir::medication_dispense_problems(document->root());
  step(event.index, "checked", problems.empty() ? std::string_view("conforms to the profile it claims") : std::string_view(problems.front()));
}

void Conversion::convert(PreparedIgnored& ignored) { not_one(ignored.index, "ignored", adapters::name(ignored.reason)); }

void Conversion::convert(PreparedHeld& held) {
  not_one(held.index, "quarantined", adapters::name(held.reason), held.note);
}

PersonOf people_by_identifier(std::optional<adapters::Identifier> everybody, fhir::Time now) {
  struct People {
    IdSource ids{0};
    std::vector<store::Patient> known;
  };
  auto people = std::make_shared<People>();
  return [people, everybody = std::move(everybody), now](const Whom& whom, fhir::Time) -> std::optional<store::Patient> {
    const std::optional<adapters::Identifier>& identifier = whom.patient ? whom.patient : everybody;
    if (!identifier) return std::nullopt;
    for (const store::Patient& known : people->known) {
      if (known.system == identifier->system && known.value == identifier->value) return known;
    }
    store::Patient patient;
    patient.id = PatientId{people->ids.next(now)};
    patient.system = identifier->system;
    patient.value = identifier->value;
    people->known.push_back(patient);
    return patient;
  };
}

}  // namespace gateway::ingest
