#include "gateway/deliver/fhir_destination.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/observation.hpp"
#include "gateway/alarms/follow_up.hpp"
#include "gateway/http/request.hpp"

namespace gateway::deliver {

namespace {

using fhir::JsonValue;

// "Patient/12": relative to this server. Absolute URLs, urn: and references into the resource itself ("#device") are
// not.
bool is_local(std::string_view reference) {
  return !reference.starts_with('#') && !reference.starts_with("urn:") &&
         reference.find("://") == std::string_view::npos;
}

bool is_local_reference(JsonValue value) {
  std::optional<std::string_view> reference = value["reference"].text();
  return reference && is_local(*reference);
}

// Nothing would be left of it; FHIR allows no empty object or array.
bool vanishes(JsonValue value) {
  if (value.size() == 0) return false;
  if (value.is_object() && is_local_reference(value)) return value["identifier"].absent() && value["display"].absent();
  if (!value.is_object() && !value.is_array()) return false;
  for (JsonValue part : value)
    if (!vanishes(part)) return false;
  return true;
}

void write_stripped(fhir::JsonWriter& out, JsonValue value) {
  if (value.is_array()) {
    out.begin_array();
    for (JsonValue element : value)
      if (!vanishes(element)) write_stripped(out, element);
    out.end_array();
  } else if (value.is_object()) {
    bool local = is_local_reference(value);
    out.begin_object();
    for (JsonValue member : value) {
      if (vanishes(member) || (local && member.key() == "reference")) continue;
      out.key(member.key());
      write_stripped(out, member);
    }
    out.end_object();
  } else {
    out.copy(value);
  }
}

// versionId and lastUpdated are the receiver's to give.
void write_meta(fhir::JsonWriter& out, JsonValue meta) {
  bool begun = false;
  for (JsonValue member : meta) {
    if (member.key() == "versionId" || member.key() == "lastUpdated") continue;
    if (!begun) out.key("meta").begin_object();
    begun = true;
    out.key(member.key()).copy(member);
  }
  if (begun) out.end_object();
}

std::string base_url(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

// What every request to this destination has.
HttpRequest request_to(const config::Destination& destination, std::string method, std::string path,
                       std::string idempotency_key) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = base_url(destination.url) + path;
  request.headers = {{"Content-Type", "application/fhir+json"},
                     {"Accept", "application/fhir+json"},
                     {"Prefer", "return=minimal"},
                     {"Idempotency-Key", std::move(idempotency_key)},
                     {"User-Agent", "hjemport/" HJEMPORT_VERSION}};
  if (!destination.bearer.empty()) request.headers.emplace_back("Authorization", "Bearer " + destination.bearer);
  request.ca = destination.ca;
  request.timeout = destination.timeout;
  return request;
}

std::string identifier_query(std::string_view system, const std::string& value) {
  return "identifier=" + http::percent_encode(std::string(system) + "|" + value);
}

fhir::Result<HttpRequest> conditional_update(const config::Destination& destination, std::string_view type,
                                             std::string_view system, const std::string& identifier,
                                             const std::string& effect, std::string_view resource) {
  auto document = fhir::JsonDocument::parse(resource);
  if (!document) return fhir::internal("the stored resource cannot be read");
  HttpRequest request = request_to(destination, "PUT",
                                   "/" + std::string(type) + "?" + identifier_query(system, identifier),
                                   identifier + "-" + effect);
  request.body = sendable(document->root(), destination.local_references);
  return request;
}

// One key for one content of one entry: a receiver that remembers keys must not take a newer content for a repeat.
std::string effect_of(store::Position position, std::uint32_t version) {
  return std::to_string(position) + "-" + std::to_string(version);
}

}  // namespace

std::string sendable(JsonValue resource, bool local_references) {
  std::string body;
  fhir::JsonWriter out(body);
  out.begin_object();
  for (JsonValue member : resource) {
    if (member.key() == "id") continue;
    if (member.key() == "meta") {
      write_meta(out, member);
    } else if (local_references) {
      out.key(member.key()).copy(member);
    } else if (!vanishes(member)) {
      out.key(member.key());
      write_stripped(out, member);
    }
  }
  out.end_object();
  return body;
}

std::string observation_identifier(const store::Observation& row) {
  auto document = fhir::JsonDocument::parse(row.resource);
  if (!document) return "";
  for (JsonValue identifier : document->root()["identifier"])
    if (identifier["system"].text() == fhir::observation_identifier_system)
      return std::string(identifier["value"].text().value_or(""));
  return "";
}

fhir::Result<HttpRequest> observation_request(const config::Destination& destination, store::Position position,
                                              const store::Observation& newest) {
  std::string identifier = observation_identifier(newest);
  if (identifier.empty()) return fhir::internal("the stored resource has no identifier of ours");
  return conditional_update(destination, "Observation", fhir::observation_identifier_system, identifier,
                            effect_of(position, newest.version), newest.resource);
}

fhir::Result<HttpRequest> alarm_request(const config::Destination& destination, store::Position position, AlarmId id,
                                        std::uint32_t version, std::string_view issue) {
  return conditional_update(destination, "DetectedIssue", fhir::alarm_identifier_system, id.text(),
                            effect_of(position, version), issue);
}

// R4 stores a document whole at [base]/Bundle; [base] itself takes transactions. The identifier is the key of its
// effect: it is another one each time the alarm is closed.
HttpRequest document_request(const config::Destination& destination, const std::string& identifier,
                             std::string document) {
  HttpRequest request = request_to(destination, "POST", "/Bundle", identifier);
  request.headers.emplace_back("If-None-Exist", identifier_query(alarms::document_identifier_system, identifier));
  request.body = std::move(document);
  return request;
}

}  // namespace gateway::deliver
