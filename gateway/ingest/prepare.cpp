#include "gateway/ingest/prepare.hpp"

#include <algorithm>
#include <cstring>

#include "fhir/circumstances.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/observation.hpp"
#include "fhir/units.hpp"
#include "gateway/runtime/hmac.hpp"

namespace gateway::ingest {
namespace {

using adapters::QuarantineReason;

std::string_view comparator_text(adapters::Comparator comparator) {
  static constexpr std::string_view names[] = {"", "<", "<=", ">=", ">"};
  return names[static_cast<std::size_t>(comparator)];
}

// One value in its kind's canonical unit, or why not.
struct Canonical {
  fhir::Decimal value;
  std::string_view unit;
  bool converted = false;
  std::optional<QuarantineReason> fault;
};

Canonical canonical(fhir::Kind kind, const fhir::Decimal& value, std::string_view as_sent) {
  const fhir::KindInfo& info = fhir::info(kind);
  if (info.unit.empty()) return {value, "", false, std::nullopt};
  const std::string_view unit = fhir::ucum_code(as_sent, kind);
  std::optional<fhir::Converted> converted;
  if (!unit.empty()) converted = fhir::to_canonical(value, unit, kind);
  if (!converted) return {value, "", false, QuarantineReason::unknown_unit};
  Canonical result{converted->value, info.unit, converted->changed, std::nullopt};
  if (!fhir::plausible(kind, result.value)) result.fault = QuarantineReason::implausible;
  return result;
}

// The person an item names, as far as it may be believed. A national identifier goes by its digits: the system is corrected to
// what they are (norway.md 12.4), and one that is not valid here is a fault, never a new patient.
struct Person {
  std::optional<adapters::Identifier> identifier;
  bool invalid = false;
};

Person person(const std::optional<adapters::Identifier>& given, fhir::Environment environment) {
  if (!given || (given->system.empty() && given->value.empty())) return {};
  if (given->value.empty() || given->system.empty()) return {std::nullopt, true};
  if (!fhir::is_national_id_system(given->system)) return {given, false};
  std::optional<fhir::NationalId> national = fhir::classify_national_id(given->value);
  if (!national || !fhir::allowed_in(*national, environment)) return {std::nullopt, true};
  return {adapters::Identifier{std::string(national->system()), given->value}, false};
}

std::string key_subject(const adapters::Subject& subject, const adapters::Device& device) {
  if (!subject.id.empty()) return subject.id;
  if (subject.patient) return subject.patient->system + "|" + subject.patient->value;
  return device.id;
}

PreparedDevice prepared_device(const adapters::Device& device, PayloadKey& payload) {
  if (device.id.empty()) return {};
  return {payload.device(device.id), device.id, device.model};
}

std::string with_comma(std::string first, std::string_view second) {
  if (!first.empty() && !second.empty()) first += ',';
  return first.append(second);
}

class ReadingPreparer {
 public:
  ReadingPreparer(const adapters::Measurement& item, std::uint32_t index, PayloadKey& payload, const SourceFacts& source,
                  const Keys& keys, const PrepareSettings& settings, fhir::Time received)
      : item_(item), index_(index), payload_(payload), source_(source), keys_(keys), settings_(settings), received_(received) {}

  Prepared run() {
    values();
    if (item_.time.utc > received_ + settings_.future_tolerance) fault(QuarantineReason::future_time);
    Person who = person(item_.subject.patient, settings_.environment);
    if (who.invalid) fault(QuarantineReason::invalid_identifier);

    PreparedDevice device = prepared_device(item_.device, payload_);
    store::Observation& row = reading_.row;
    row.key = keys_.reading(source_.tenant, source_.id, key_subject(item_.subject, item_.device), item_.record_id, kind_name(),
                            item_.time.utc, key_value());
    Whom whom{item_.subject.id, item_.device.id, std::move(who.identifier)};
    if (fault_) return held(std::move(whom));

    row.tenant = source_.tenant_no;
    row.source = source_.source;
    row.kind = item_.kind;
    row.measured = item_.time.utc;
    row.doubled_hour = item_.doubled_hour;
    row.sequence = item_.sequence;
    row.vendor_version = item_.version;
    row.device = device.id;
    row.comparator = static_cast<std::uint8_t>(item_.comparator);
    row.digest = content_digest(row, item_.stated ? std::string_view(stated_) : in_words() ? std::string_view(item_.text) : std::string_view());
    reading_.index = index_;
    reading_.whom = std::move(whom);
    reading_.device = std::move(device);
    reading_.body = body();
    return std::move(reading_);
  }

 private:
  void fault(QuarantineReason reason) {
    if (!fault_ || reason < *fault_) fault_ = reason;
  }

  // What tells the readings of one instant apart when there is no record id.
  std::string kind_name() const {
    if (!item_.stated) return std::string(fhir::info(item_.kind).name);
    return "stated " + fhir::stated_name(item_.stated->code);
  }

  void values() {
    if (item_.stated) {
      // Its code and values as they will stand in the resource are its content; there is no unit to convert them to.
      fhir::append_stated_concept(stated_, item_.stated->code);
      fhir::append_stated_values(stated_, *item_.stated);
      return;
    }
    if (item_.kind == fhir::Kind::unknown) {
      fault(QuarantineReason::unknown_kind);
      return;
    }
    reading_.row.absent = item_.absent;
    if (item_.absent != fhir::AbsentReason::none) return;
    for (const adapters::Component& component : item_.components) {
      if (component.absent != fhir::AbsentReason::none) {
        rendered_.push_back({.kind = component.kind, .value = {}, .unit = {}, .comparator = {}, .absent = component.absent});
        continue;
      }
      Canonical one = canonical(component.kind, component.value, component.unit);
      if (one.fault) fault(*one.fault);
      if (one.converted) note_as_sent(component.value, component.unit);
      reading_.row.components.push_back({component.kind, one.value, static_cast<std::uint8_t>(component.comparator)});
      rendered_.push_back({component.kind, one.value, one.unit, comparator_text(component.comparator), {}});
    }
    // Parts that all lack a value are a reading without one.
    if (!item_.components.empty() && reading_.row.components.empty()) reading_.row.absent = item_.components.front().absent;
    if (item_.components.empty() && !in_words()) {
      Canonical one = canonical(item_.kind, item_.value, item_.unit);
      if (one.fault) fault(*one.fault);
      if (one.converted) note_as_sent(item_.value, item_.unit);
      reading_.row.value = one.value;
      unit_ = one.unit;
    }
    if (upside_down_pressure()) fault(QuarantineReason::implausible);
  }

  // A questionnaire is a score, or else the answers themselves.
  bool in_words() const {
    const fhir::ValueType value = fhir::info(item_.kind).value;
    return value == fhir::ValueType::text || (value == fhir::ValueType::questionnaire && !item_.text.empty());
  }

  // codes.md 1.3: systolic must exceed diastolic.
  bool upside_down_pressure() const {
    const fhir::Decimal* systolic = nullptr;
    const fhir::Decimal* diastolic = nullptr;
    for (const store::ComponentValue& component : reading_.row.components) {
      if (component.kind == fhir::kinds().systolic) systolic = &component.value;
      if (component.kind == fhir::kinds().diastolic) diastolic = &component.value;
    }
    return systolic != nullptr && diastolic != nullptr && *systolic <= *diastolic;
  }

  void note_as_sent(const fhir::Decimal& value, std::string_view unit) {
    if (!as_sent_.empty()) as_sent_ += ", ";
    value.append_to(as_sent_);
    as_sent_.append(" ").append(unit);
  }

  // Stands in for a record id, so it has to tell readings of one instant apart by what was measured.
  std::string key_value() const {
    if (!item_.record_id.empty()) return {};
    std::string text;
    auto add = [&](const fhir::Decimal& value) {
      value.canonical().append_to(text);
      text += ';';
    };
    if (reading_.row.value) add(*reading_.row.value);
    for (const store::ComponentValue& component : reading_.row.components) add(component.value);
    if (reading_.row.absent != fhir::AbsentReason::none) text += "absent;";
    text += stated_;
    if (fault_) text += "held";  // a value that could not be placed in its unit must not claim the good one's key
    return text + item_.text;
  }

  Prepared held(Whom whom) {
    PreparedHeld held;
    held.index = index_;
    held.whom = std::move(whom);
    held.reason = *fault_;
    held.key = reading_.row.key;
    held.kind = item_.kind;
    held.measured = item_.time.utc;
    held.values = reading_.row.components;
    if (reading_.row.value) {
      held.values.push_back({item_.kind, *reading_.row.value, static_cast<std::uint8_t>(item_.comparator)});
    }
    return held;
  }

  std::string body() const {
    const store::Observation& row = reading_.row;
    const std::string identifier = hex(row.key);
    const std::string device_id = row.device ? row.device.text() : std::string();
    fhir::ObservationBody body;
    body.identifier = identifier;
    body.kind = item_.kind;
    body.effective = item_.time;
    if (row.value) {
      body.value = fhir::ObservationValue{item_.kind, *row.value, unit_, comparator_text(item_.comparator), {}};
    }
    body.absent = row.absent;
    body.interpretations = item_.interpretations;
    body.text = item_.text;
    body.components = rendered_;
    body.device_id = device_id;
    body.device_identifier = item_.device.id;
    body.device_model = item_.device.model;
    body.device_firmware = item_.device.firmware;
    body.device_batch = item_.device.batch;
    body.manual = item_.origin == adapters::Origin::manual;
    body.automatic = item_.origin == adapters::Origin::automatic;
    body.time_uncertain = item_.time_uncertain;
    body.note = item_.note;
    body.as_sent = as_sent_;
    body.stated = item_.stated.get();
    const std::string extensions = with_comma(fhir::circumstance_extensions(item_.meal, item_.oxygen, item_.site), item_.extensions);
    body.extensions = extensions;
    return fhir::observation_body(body);
  }

  const adapters::Measurement& item_;
  std::uint32_t index_;
  PayloadKey& payload_;
  const SourceFacts& source_;
  const Keys& keys_;
  const PrepareSettings& settings_;
  fhir::Time received_;
  PreparedReading reading_;
  std::vector<fhir::ObservationValue> rendered_;
  std::string_view unit_;
  std::string as_sent_;
  std::string stated_;  // code and values of a reading of no kind of ours
  std::optional<QuarantineReason> fault_;
};

// A safety event always reaches a person: whatever is wrong with its time or its person is noted, and it goes on.
Prepared prepare_event(const adapters::Event& item, std::uint32_t index, PayloadKey& payload, const SourceFacts& source,
                       const Keys& keys, const PrepareSettings& settings, fhir::Time received) {
  PreparedEvent event;
  event.index = index;
  Person who = person(item.subject.patient, settings.environment);
  if (who.invalid) event.note = "the person's identifier is not valid";
  event.whom = {item.subject.id, item.device.id, std::move(who.identifier)};
  event.device = prepared_device(item.device, payload);
  event.row.tenant = source.tenant_no;
  event.row.source = source.source;
  event.row.kind = item.kind;
  event.row.measured = item.time.utc;
  if (item.time.utc > received + settings.future_tolerance) {
    event.row.measured = received;
    event.note.append(event.note.empty() ? "" : "; ").append("the device's clock is ahead, time of arrival used");
  }
  event.row.received = received;
  event.row.subject = item.subject.id.empty() ? item.device.id : item.subject.id;
  event.row.key = keys.event(source.tenant, source.id, key_subject(item.subject, item.device), item.record_id,
                             fhir::info(item.kind).name, item.time.utc);
  fhir::JsonWriter writer(event.row.content);
  writer.begin_object().member_if("device", item.device.id).member_if("model", item.device.model);
  writer.member_if("text", item.text).member_if("location", item.location).member_if("contact", item.contact);
  writer.member_if("note", event.note).member_if("dispense", item.dispense).member_if("medication", item.medication);
  writer.member_if("dosage", item.dosage);
  if (item.alarm) writer.member("alarm", true);
  if (item.time_stands_in) writer.member("time_stands_in", true);
  writer.end_object();
  return event;
}

// An item its adapter could not read as a reading; what is known of it is still brought to one unit, so that it can be judged.
Prepared prepare_held(const adapters::Held& item, std::uint32_t index, PayloadKey& payload, const SourceFacts& source,
                      const Keys& keys, const PrepareSettings& settings, fhir::Time received) {
  PreparedHeld held;
  held.index = index;
  held.reason = item.reason;
  held.note = item.note;
  held.kind = item.kind;
  if (item.time) held.measured = item.time->utc;
  Person who = person(item.subject.patient, settings.environment);
  auto worse = [&](QuarantineReason reason) { held.reason = std::min(held.reason, reason); };
  if (item.value && item.kind != fhir::Kind::unknown) {
    Canonical one = canonical(item.kind, *item.value, item.unit);
    if (one.fault) worse(*one.fault);
    held.values.push_back({item.kind, one.value, 0});
  }
  for (const adapters::Component& component : item.components) {
    Canonical one = canonical(component.kind, component.value, component.unit);
    if (one.fault) worse(*one.fault);
    held.values.push_back({component.kind, one.value, static_cast<std::uint8_t>(component.comparator)});
  }
  if (held.measured && *held.measured > received + settings.future_tolerance) worse(QuarantineReason::future_time);
  if (who.invalid) worse(QuarantineReason::invalid_identifier);
  held.whom = {item.subject.id, item.device.id, std::move(who.identifier)};
  // Little of it could be read, so two different items may look alike: without a record id the payload tells them apart.
  std::string value = "held;" + std::to_string(index);
  if (item.record_id.empty()) value += hex(payload.key());
  held.key = keys.reading(source.tenant, source.id, key_subject(item.subject, item.device), item.record_id,
                          fhir::info(item.kind).name, item.time ? item.time->utc : fhir::Time{}, value);
  return held;
}

}  // namespace

Prepared prepare(const adapters::Item& item, std::uint32_t index, PayloadKey& payload, const SourceFacts& source, const Keys& keys,
                 const PrepareSettings& settings, fhir::Time received) {
  if (const auto* measurement = std::get_if<adapters::Measurement>(&item)) {
    return ReadingPreparer(*measurement, index, payload, source, keys, settings, received).run();
  }
  if (const auto* event = std::get_if<adapters::Event>(&item)) {
    return prepare_event(*event, index, payload, source, keys, settings, received);
  }
  if (const auto* ignored = std::get_if<adapters::Ignored>(&item)) return PreparedIgnored{index, ignored->reason};
  return prepare_held(std::get<adapters::Held>(item), index, payload, source, keys, settings, received);
}

store::Digest content_digest(const store::Observation& row, std::string_view word) {
  std::string content;
  content.reserve(8 * (8 + 4 * row.components.size()));
  auto number = [&](std::int64_t value) { content.append(reinterpret_cast<const char*>(&value), sizeof value); };
  auto decimal = [&](const fhir::Decimal& value) {
    const fhir::Decimal plain = value.canonical();
    number(plain.coefficient());
    number(plain.scale());
  };
  number(static_cast<std::int64_t>(row.kind));
  number(row.measured.time_since_epoch().count());
  number(row.status == store::Status::entered_in_error ? 1 : 0);
  number(row.comparator);
  if (row.value) decimal(*row.value);
  if (row.absent != fhir::AbsentReason::none) number(-1 - static_cast<std::int64_t>(row.absent));
  for (const store::ComponentValue& component : row.components) {
    number(static_cast<std::int64_t>(component.kind));
    decimal(component.value);
    number(component.comparator);
  }
  return word.empty() ? sha256_digest({content}) : sha256_digest({content, word});
}

}  // namespace gateway::ingest
