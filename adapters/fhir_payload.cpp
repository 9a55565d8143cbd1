#include "adapters/fhir_payload.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "fhir/national_id.hpp"

namespace adapters {
namespace {

using fhir::JsonValue;

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// batch-response and transaction-response say what became of something sent before.
constexpr std::array<std::string_view, 8> read_bundle_types = {
    "document", "message", "transaction", "batch", "history", "searchset", "collection", "subscription-notification"};

fhir::Error expected(JsonValue object, std::string_view key, const char* what) {
  return fhir::invalid(member_path(object, key) + ": expected " + what);
}

struct NamedIdentifier {
  std::string system, value;
};

// Empty value: there is none (the published VKP sample has an IMEI that is an empty string).
fhir::Result<NamedIdentifier> read_one(JsonValue identifier) {
  if (!identifier.is_object()) return fhir::invalid(identifier.path() + ": expected an Identifier");
  const auto system = read_id(identifier, "system");
  if (!system) return system.error();
  const auto value = read_id(identifier, "value");
  if (!value) return value.error();
  if (system->size() + value->size() >= longest_id)
    return fhir::invalid(identifier.path() + ": expected at most 255 bytes");
  return NamedIdentifier{*system, *value};
}

std::string joined(const NamedIdentifier& identifier) {
  return identifier.system.empty() ? identifier.value : identifier.system + "|" + identifier.value;
}

// One Identifier or an array of them, without those that have no value.
fhir::Result<std::vector<NamedIdentifier>> read_all(JsonValue identifiers) {
  std::vector<NamedIdentifier> all;
  if (identifiers.is_null()) return all;
  const auto take = [&](JsonValue one) -> std::optional<fhir::Error> {
    auto read = read_one(one);
    if (!read) return read.error();
    if (!read->value.empty()) all.push_back(std::move(*read));
    return std::nullopt;
  };
  if (identifiers.is_array()) {
    for (const JsonValue one : identifiers)
      if (const auto error = take(one)) return *error;
  } else if (const auto error = take(identifiers)) {
    return *error;
  }
  return all;
}

// "Patient?identifier=system|value", a conditional reference of a transaction (R4 "Conditional References").
std::optional<NamedIdentifier> conditional(std::string_view reference) {
  constexpr std::string_view start = "Patient?identifier=";
  if (!reference.starts_with(start)) return std::nullopt;
  reference.remove_prefix(start.size());
  std::size_t bar = reference.find('|');
  std::size_t width = 1;
  if (bar == std::string_view::npos) {
    bar = std::min(reference.find("%7C"), reference.find("%7c"));
    width = 3;
  }
  if (bar == std::string_view::npos || reference.find('&') != std::string_view::npos) return std::nullopt;
  return NamedIdentifier{std::string(reference.substr(0, bar)), std::string(reference.substr(bar + width))};
}

// A name that holds only inside this message.
bool is_local(std::string_view reference) {
  return reference.starts_with('#') || reference.starts_with("urn:uuid:") || reference.starts_with("urn:oid:");
}

Subject subject_of(const std::vector<NamedIdentifier>& identifiers, std::string_view reference) {
  Subject subject;
  const auto national = std::find_if(identifiers.begin(), identifiers.end(), [](const NamedIdentifier& each) {
    return fhir::is_national_id_system(each.system);
  });
  if (national != identifiers.end()) {
    subject.patient = Identifier{national->system, national->value};
  } else if (!identifiers.empty()) {
    // Two record systems number their patients alike, so the system is part of the name a link is made for.
    subject.id = joined(identifiers[0]);
    if (!identifiers[0].system.empty()) subject.patient = Identifier{identifiers[0].system, identifiers[0].value};
  } else {
    subject.id = reference;
  }
  return subject;
}

// Both give national numbers and no number is in both. One of them is somebody else's.
bool name_different_persons(const std::vector<NamedIdentifier>& a, const std::vector<NamedIdentifier>& b) {
  const auto national = [](const NamedIdentifier& each) { return fhir::is_national_id_system(each.system); };
  if (std::none_of(a.begin(), a.end(), national) || std::none_of(b.begin(), b.end(), national)) return false;
  return std::none_of(a.begin(), a.end(), [&](const NamedIdentifier& one) {
    return national(one) && std::any_of(b.begin(), b.end(), [&](const NamedIdentifier& other) {
             return national(other) && other.value == one.value;
           });
  });
}

// A Reference, its literal reference, and what it points at in the payload.
struct Pointed {
  JsonValue reference;
  std::string literal;
  JsonValue target;
};

fhir::Result<Pointed> read_reference(JsonValue holder, std::string_view key, const FhirPayload& payload) {
  const JsonValue reference = holder[key];
  if (reference.is_null()) return Pointed{};
  if (!reference.is_object()) return expected(holder, key, "a Reference");
  const auto literal = read_id(reference, "reference");
  if (!literal) return literal.error();
  return Pointed{reference, *literal, payload.referenced(reference, holder)};
}

// The reference as a name that holds beyond this message; empty when there is none.
std::string lasting_name(const Pointed& pointed) {
  if (!is_local(pointed.literal) || pointed.target.absent()) return pointed.literal;
  const auto type = pointed.target["resourceType"].text();
  const auto id = pointed.target["id"].text();
  const bool contained = pointed.literal.starts_with('#');
  return type && id && !id->empty() && !contained ? std::string(*type) + "/" + std::string(*id) : std::string();
}

}  // namespace

fhir::Result<FhirPayload> FhirPayload::read(JsonValue root) {
  const auto type = root["resourceType"].text();
  if (!type || type->empty()) return fhir::invalid("resourceType: expected a FHIR resource");
  FhirPayload payload;
  payload.root_ = root;
  payload.bundle_ = *type == "Bundle";
  if (!payload.bundle_) {
    payload.entries_.push_back(root);
    return payload;
  }
  const auto bundle_type = root["type"].text();
  if (!bundle_type || !is_one_of(*bundle_type, read_bundle_types))
    return fhir::invalid("type: expected a Bundle that carries data");
  const JsonValue entries = root["entry"];
  if (!entries.is_null() && !entries.is_array()) return fhir::invalid("entry: expected an array");
  if (entries.size() > most_items) return too_many_items();
  for (const JsonValue entry : entries) {
    payload.entries_.push_back(entry);
    const JsonValue resource = entry["resource"];
    if (const auto url = entry["fullUrl"].text()) payload.by_name_.emplace(*url, resource);
    const auto id = resource["id"].text();
    const auto resource_type = resource["resourceType"].text();
    if (id && resource_type) payload.by_name_.emplace(std::string(*resource_type) + "/" + std::string(*id), resource);
  }
  return payload;
}

JsonValue FhirPayload::referenced(JsonValue reference, JsonValue holder) const {
  const auto literal = reference["reference"].text();
  if (!literal || literal->empty()) return {};
  if (literal->front() == '#') {
    for (const JsonValue contained : holder["contained"]) {
      const auto id = contained["id"].text();
      if (id && *id == literal->substr(1)) return contained;
    }
    return {};
  }
  const auto found = by_name_.find(std::string(*literal));
  return found == by_name_.end() ? JsonValue() : found->second;
}

bool only_accompanies(std::string_view resource_type) {
  static constexpr std::array<std::string_view, 16> types = {
      "Patient",   "RelatedPerson", "Practitioner",  "PractitionerRole", "Organization",  "CareTeam",
      "Device",    "DeviceMetric",  "Location",      "Composition",      "MessageHeader", "Provenance",
      "Encounter", "EpisodeOfCare", "Questionnaire", "OperationOutcome"};
  return is_one_of(resource_type, types);
}

void answer_for_accompanying(std::size_t count, std::vector<Item>& items) {
  if (items.empty())
    items.assign(count, Ignored{IgnoreReason::not_a_reading, "a resource that accompanies no reading"});
}

bool has_coding(JsonValue concept_value, std::string_view system, std::string_view code) {
  for (const JsonValue coding : concept_value["coding"])
    if (coding["system"].text() == system && coding["code"].text() == code) return true;
  return false;
}

bool is_test_data(JsonValue resource) {
  for (const JsonValue label : resource["meta"]["security"])
    if (label["system"].text() == "http://terminology.hl7.org/CodeSystem/v3-ActReason" &&
        label["code"].text() == "HTEST")
      return true;
  return false;
}

fhir::Result<std::string> read_identifier(JsonValue identifiers) {
  const auto all = read_all(identifiers);
  if (!all) return all.error();
  return all->empty() ? std::string() : joined((*all)[0]);
}

fhir::Result<Subject> read_fhir_subject(JsonValue holder, std::string_view key, const FhirPayload& payload) {
  const auto pointed = read_reference(holder, key, payload);
  if (!pointed) return pointed.error();
  auto identifiers = read_all(pointed->reference["identifier"]);
  if (!identifiers) return identifiers.error();
  auto of_target = read_all(pointed->target["identifier"]);
  if (!of_target) return of_target.error();
  if (name_different_persons(*identifiers, *of_target))
    return expected(holder, key, "the person that the Patient it points at is");
  std::move(of_target->begin(), of_target->end(), std::back_inserter(*identifiers));
  if (const auto named = conditional(pointed->literal); named && identifiers->empty() && !named->value.empty())
    identifiers->push_back(*named);
  return subject_of(*identifiers, lasting_name(*pointed));
}

fhir::Result<Device> read_fhir_device(JsonValue holder, std::string_view key, const FhirPayload& payload) {
  const auto pointed = read_reference(holder, key, payload);
  if (!pointed) return pointed.error();
  const JsonValue resource = pointed->target;
  Device device;
  for (const JsonValue identifiers : {pointed->reference["identifier"], resource["identifier"]}) {
    const auto all = read_all(identifiers);
    if (!all) return all.error();
    // The value alone: a device is known by its serial number or EUI-64 whoever writes it.
    if (device.id.empty() && !all->empty()) device.id = (*all)[0].value;
  }
  const auto serial = read_id(resource, "serialNumber");
  if (!serial) return serial.error();
  if (device.id.empty()) device.id = *serial;
  if (device.id.empty()) device.id = lasting_name(*pointed);
  for (const auto& [object, name] : {std::pair{resource["deviceName"].at(0), "name"},
                                     std::pair{resource, "modelNumber"}, std::pair{pointed->reference, "display"}}) {
    const auto model = read_text(object, name);
    if (!model) return model.error();
    if (device.model.empty()) device.model = *model;
  }
  return device;
}

std::vector<JsonValue> values_of(JsonValue object) {
  std::vector<JsonValue> found;
  for (const JsonValue member : object) {
    const std::string_view key = member.key();
    if (key.size() > 5 && key.starts_with("value") && key[5] >= 'A' && key[5] <= 'Z' && !member.is_null())
      found.push_back(member);
  }
  return found;
}

std::string concept_text(JsonValue concept_value) {
  if (const auto text = concept_value["text"].text(); text && !text->empty()) return printable(*text);
  for (const JsonValue coding : concept_value["coding"])
    if (const auto display = coding["display"].text(); display && !display->empty()) return printable(*display);
  return {};
}

void append_remark(std::string& remarks, std::string_view remark) {
  if (remark.empty()) return;
  if (!remarks.empty()) remarks += "; ";
  remarks.append(remark);
}

}  // namespace adapters
