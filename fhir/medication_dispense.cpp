// Choices where the profile leaves one or contradicts itself:
// - R4 demands medication[x], and a dispenser knows sachets: without a name it is a concept that says so.
// - The profile's extension for the device is left out: performer.actor.identifier already says which dispenser it was.
// - VKP lists status with a system of its own; status is a plain code, so nothing of it shows.
#include "fhir/medication_dispense.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/kinds.hpp"
#include "fhir/national_id.hpp"
#include "fhir/observation.hpp"

namespace fhir {
namespace {

constexpr std::string_view data_absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

void write_identifier(JsonWriter& writer, std::string_view system, std::string_view value) {
  writer.begin_object().member("system", system).member("value", value).end_object();
}

void write_text_object(JsonWriter& writer, std::string_view list, std::string_view text) {
  if (text.empty()) return;
  writer.key(list).begin_array().begin_object().member("text", text).end_object().end_array();
}

void write_subject(JsonWriter& writer, const MedicationDispenseView& view) {
  writer.key("subject").begin_object();
  writer.member("reference", "Patient/" + std::string(view.patient_id)).member("type", "Patient");
  if (!view.patient_value.empty()) {
    writer.key("identifier");
    write_identifier(writer, view.patient_system, view.patient_value);
  }
  writer.end_object();
}

// A logical reference: the profile forbids actor.reference.
void write_performer(JsonWriter& writer, const MedicationDispenseView& view) {
  if (view.device.empty()) return;
  writer.key("performer").begin_array().begin_object().key("actor").begin_object().member("type", "Device").key("identifier");
  write_identifier(writer, device_identifier_system, view.device);
  writer.member_if("display", view.device_name).end_object().end_object().end_array();
}

void write_medication(JsonWriter& writer, const MedicationDispenseView& view) {
  writer.key("medicationCodeableConcept").begin_object();
  if (!view.medication.empty()) {
    writer.member("text", view.medication);
  } else {
    writer.key("coding").begin_array().begin_object().member("system", data_absent).member("code", "unknown").end_object();
    writer.end_array().member("text", "Ikke oppgitt av dispenseren");
  }
  writer.end_object();
}

const DispenseCategory& category_of(std::string_view code) {
  const DispenseCategory* known = dispense_category(code);
  return known == nullptr ? *dispense_category("1") : *known;
}

}  // namespace

std::string uuid_of_key(const std::array<std::uint8_t, 16>& key) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text = "urn:uuid:";
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    unsigned byte = key[i];
    if (i == 6) byte = (byte & 0x0fU) | 0x80U;  // version 8: the bits are the maker's own
    if (i == 8) byte = (byte & 0x3fU) | 0x80U;
    text += digits[byte >> 4];
    text += digits[byte & 15U];
  }
  return text;
}

std::string medication_dispense(const MedicationDispenseView& view) {
  const bool fits_profile = !view.device.empty() && !view.patient_value.empty() && is_national_id_system(view.patient_system);
  const DispenseCategory& category = category_of(view.category);
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().member("resourceType", "MedicationDispense").member("id", view.id);
  writer.key("meta").begin_object().member("versionId", "1").member("lastUpdated", utc_millis_text(view.last_updated));
  if (fits_profile) writer.key("profile").begin_array().value(vkp_medication_dispense_profile).end_array();
  writer.end_object();
  writer.key("identifier").begin_array();
  write_identifier(writer, "urn:ietf:rfc:3986", uuid_of_key(view.key));
  writer.end_array().member("status", "completed");
  writer.key("category").begin_object().key("coding").begin_array().begin_object();
  writer.member("system", vkp_dispense_system).member("code", category.code).member("display", category.display);
  writer.end_object().end_array().end_object();
  write_medication(writer, view);
  write_subject(writer, view);
  write_performer(writer, view);
  writer.member("whenHandedOver", utc_millis_text(view.handed_over));
  write_text_object(writer, "note", view.note);
  write_text_object(writer, "dosageInstruction", view.dosage);
  writer.end_object();
  return out;
}

std::vector<std::string> medication_dispense_problems(JsonValue resource) {
  std::vector<std::string> problems;
  const auto demand = [&](bool met, const char* what) {
    if (!met) problems.emplace_back(what);
  };
  demand(resource["resourceType"].text() == "MedicationDispense", "resourceType: not MedicationDispense");
  const auto status = resource["status"].text();
  demand(status == "completed" || status == "in-progress", "status: not in-progress or completed");
  demand(resource["medicationCodeableConcept"].is_object(), "medication[x]: missing");
  demand(resource["subject"].is_object(), "subject: missing");
  bool claims_profile = false;
  for (const JsonValue profile : resource["meta"]["profile"])
    claims_profile |= profile.text() == vkp_medication_dispense_profile;
  if (!claims_profile) return problems;
  const auto uuid = resource["identifier"].at(0)["value"].text().value_or("");
  demand(uuid.starts_with("urn:uuid:") && uuid.size() == 45, "identifier: not a UUID");
  const JsonValue coding = resource["category"]["coding"].at(0);
  demand(coding["system"].text() == vkp_dispense_system && dispense_category(coding["code"].text().value_or("")) != nullptr,
         "category: not of vkp-medicationdispense-events-v090");
  const JsonValue person = resource["subject"]["identifier"];
  demand(is_national_id_system(person["system"].text().value_or("")) && person["value"].is_string(),
         "subject.identifier: not a national identity number");
  const JsonValue actor = resource["performer"].at(0)["actor"];
  demand(actor["identifier"]["system"].is_string() && actor["identifier"]["value"].is_string(),
         "performer.actor.identifier: missing");
  demand(actor["reference"].absent(), "performer.actor.reference: forbidden");
  return problems;
}

}  // namespace fhir
