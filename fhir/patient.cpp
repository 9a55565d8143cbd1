#include "fhir/patient.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/national_id.hpp"
#include "fhir/observation.hpp"

namespace fhir {
namespace {

void begin(JsonWriter& writer, std::string_view type, std::string_view id, Time last_updated) {
  writer.begin_object().member("resourceType", type).member("id", id);
  writer.key("meta").begin_object().member("versionId", "1").member("lastUpdated", utc_millis_text(last_updated)).end_object();
}

void identifier(JsonWriter& writer, std::string_view system, std::string_view value) {
  if (value.empty()) return;
  writer.key("identifier").begin_array().begin_object().member_if("system", system).member("value", value).end_object().end_array();
}

void organization(JsonWriter& writer, std::string_view role, std::string_view number, std::string_view name) {
  if (number.empty()) return;
  writer.key(role).begin_object().member("type", "Organization");
  writer.key("identifier").begin_object().member("system", organization_system).member("value", number).end_object();
  writer.member_if("display", name).end_object();
}

}  // namespace

std::string patient_resource(const PatientView& patient) {
  std::string out;
  JsonWriter writer(out);
  begin(writer, "Patient", patient.id, patient.last_updated);
  identifier(writer, patient.system, patient.value);
  writer.member("active", true);
  organization(writer, "managingOrganization", patient.organization, patient.organization_name);
  writer.end_object();
  return out;
}

std::string device_resource(const DeviceView& device) {
  std::string out;
  JsonWriter writer(out);
  begin(writer, "Device", device.id, device.last_updated);
  identifier(writer, device_identifier_system, device.identifier);
  writer.member("status", "active").member_if("serialNumber", device.identifier);
  if (!device.model.empty()) {
    writer.key("deviceName").begin_array().begin_object().member("name", device.model).member("type", "model-name").end_object().end_array();
  }
  organization(writer, "owner", device.organization, device.organization_name);
  writer.end_object();
  return out;
}

}  // namespace fhir
