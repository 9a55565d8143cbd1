#include "fhir/base_checks.hpp"

#include <algorithm>
#include <cctype>

#include "fhir/check_digits.hpp"
#include "fhir/kinds.hpp"
#include "fhir/time.hpp"

namespace fhir {
namespace {

constexpr std::string_view r4 = "R4";

using Names = ElementNames;

void check_uri(const Element& element, Problems& problems) {
  if (!element.present()) return;
  const std::string_view uri = element.text();
  const bool absolute =
      uri.find(':') != std::string_view::npos && uri.find_first_of(" \t\r\n") == std::string_view::npos;
  if (!absolute) problems.add(r4, element, "must be an absolute URI");
}

void check_code(const Element& element, Problems& problems) {
  const std::string_view code = element.text();
  const bool trimmed = !code.empty() && !std::isspace(static_cast<unsigned char>(code.front())) &&
                       !std::isspace(static_cast<unsigned char>(code.back()));
  if (!trimmed) problems.add(r4, element, "must be a code without blanks around it");
}

void check_coding(const Element& coding, Problems& problems) {
  if (!known_members(coding, {"system", "version", "code", "display", "userSelected"}, problems)) return;
  required(coding["system"], problems);
  check_uri(coding["system"], problems);
  check_code(coding["code"], problems);
  check_string(coding["display"], problems);
  const std::string_view system = coding["system"].text();
  const std::string_view code = coding["code"].text();
  if (system == loinc && !valid_loinc(code)) problems.add(r4, coding["code"], "has no LOINC check digit");
  if (system == snomed && !valid_snomed(code)) problems.add(r4, coding["code"], "has no SNOMED CT check digit");
}

void check_reference(const Element& reference, Names targets, Problems& problems) {
  if (!known_members(reference, {"reference", "type", "identifier", "display"}, problems)) return;
  const Element literal = reference["reference"];
  if (!literal.present() && !reference["identifier"].present())
    problems.add(r4, reference, "must have a reference or an identifier");
  check_string(literal, problems);
  check_identifier(reference["identifier"], problems);
  const std::string_view type = reference["type"].text();
  if (reference["type"].present() && !one_of(type, targets)) problems.add(r4, reference["type"], "is not allowed here");
  if (!literal.present()) return;
  const std::string_view text = literal.text();
  if (text.starts_with("urn:uuid:")) return;  // another entry of the Bundle it stands in
  const std::size_t id_slash = text.rfind('/');
  const std::string_view path = text.substr(0, id_slash == std::string_view::npos ? 0 : id_slash);
  const std::string_view target = path.substr(path.rfind('/') + 1);
  if (!one_of(target, targets) || id_slash + 1 == text.size())
    problems.add(r4, literal, "must be Type/id of a type allowed here");
  else if (reference["type"].present() && type != target)
    problems.add(r4, reference["type"], "differs from the type of the reference");
}

void check_performer(const Element& performer, Problems& problems) {
  check_reference(performer,
                  {"Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient", "RelatedPerson"},
                  problems);
}

void check_quantity(const Element& quantity, Problems& problems) {
  if (!known_members(quantity, {"value", "comparator", "unit", "system", "code"}, problems)) return;
  required(quantity["value"], problems);
  if (quantity["value"].present() && !quantity["value"].value.is_number())
    problems.add(r4, quantity["value"], "must be a number");
  if (quantity["comparator"].present() && !one_of(quantity["comparator"].text(), {"<", "<=", ">=", ">"}))
    problems.add(r4, quantity["comparator"], "must be one of < <= >= >");
  check_string(quantity["unit"], problems);
  check_uri(quantity["system"], problems);
  if (quantity["code"].present() && !quantity["system"].present())
    problems.add(r4, quantity["system"], "is required beside a code (qty-3)");
}

void check_note(const Element& note, Problems& problems) {
  if (!known_members(note, {"authorReference", "authorString", "time", "text"}, problems)) return;
  required(note["text"], problems);
  check_string(note["text"], problems);
}

// value[x] and dataAbsentReason, of the Observation or one of its components.
void check_value(const Element& holder, Problems& problems) {
  const int values = value_count(holder);
  if (values > 1) problems.add(r4, holder["value[x]"], "may be given once only");
  if (values > 0 && holder["dataAbsentReason"].present())
    problems.add(r4, holder["dataAbsentReason"], "may stand only where there is no value (obs-6)");
  if (holder["valueQuantity"].present()) check_quantity(holder["valueQuantity"], problems);
  if (holder["valueCodeableConcept"].present()) check_concept(holder["valueCodeableConcept"], problems);
  check_string(holder["valueString"], problems);
  check_concept(holder["dataAbsentReason"], problems);
}

void check_component(const Element& component, Problems& problems) {
  if (!known_members(component,
                     {"code", "valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger",
                      "valueRange", "valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod",
                      "dataAbsentReason", "interpretation", "referenceRange"},
                     problems))
    return;
  required(component["code"], problems);
  check_concept(component["code"], problems);
  check_value(component, problems);
}

void check_id(const Element& id, Problems& problems) {
  if (!id.present()) return;
  const std::string_view text = id.text();
  const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.'; };
  if (text.empty() || text.size() > 64 || !std::all_of(text.begin(), text.end(), allowed))
    problems.add(r4, id, "must be 1 to 64 letters, digits, hyphens and dots");
}

void check_meta(const Element& meta, Problems& problems) {
  if (!known_members(meta, {"versionId", "lastUpdated", "source", "profile", "security", "tag"}, problems)) return;
  check_instant(meta["lastUpdated"], problems);
  array_of(meta["profile"], problems, check_uri);
}

}  // namespace

bool known_members(const Element& element, Names names, Problems& problems) {
  if (!element.present()) return false;
  if (!element.value.is_object()) {
    problems.add(r4, element, "must be an object");
    return false;
  }
  for (const JsonValue member : element.value) {
    const std::string_view key = member.key();
    // "_element" carries extensions of a primitive; "extension" and "id" may stand in every element.
    const bool known = one_of(key, names) || one_of(key, {"id", "extension"}) || (key.size() > 1 && key[0] == '_');
    if (!known) problems.add(r4, {member, element.path + '.' + std::string(key)}, "is no element of FHIR R4 here");
  }
  return true;
}

void required(const Element& element, Problems& problems) {
  if (!element.present()) problems.add(r4, element, "is required");
}

void array_of(const Element& element, Problems& problems, void (*check)(const Element&, Problems&)) {
  if (!element.present()) return;
  if (!element.value.is_array()) return problems.add(r4, element, "must be an array");
  for (const Element& item : element.items()) check(item, problems);
}

void check_string(const Element& element, Problems& problems) {
  if (element.present() && !element.value.is_string()) problems.add(r4, element, "must be a string");
}

void check_identifier(const Element& identifier, Problems& problems) {
  if (!known_members(identifier, {"use", "type", "system", "value", "period", "assigner"}, problems)) return;
  check_uri(identifier["system"], problems);
  required(identifier["value"], problems);
  check_string(identifier["value"], problems);
}

void check_concept(const Element& element, Problems& problems) {
  if (!known_members(element, {"coding", "text"}, problems)) return;
  array_of(element["coding"], problems, check_coding);
  check_string(element["text"], problems);
}

void check_date_time(const Element& element, Problems& problems) {
  if (!element.present()) return;
  const auto parsed = DateTime::parse(element.text());
  if (!parsed)
    problems.add(r4, element, "must be a dateTime");
  else if (parsed->precision == Precision::minute)
    problems.add(r4, element, "must have seconds when it has a time");
}

void check_instant(const Element& element, Problems& problems) {
  if (!element.present()) return;
  const auto parsed = DateTime::parse(element.text());
  if (!parsed || parsed->precision < Precision::second) problems.add(r4, element, "must be an instant");
}

// FHIR: an element that is there has content. Also finds null, which only arrays of primitives with extensions may
// hold.
void nothing_empty(const Element& element, Problems& problems) {
  switch (element.value.type()) {
    case JsonType::null:
      return problems.add(r4, element, "must not be null");
    case JsonType::string:
      if (element.text().find_first_not_of(" \t\r\n") == std::string_view::npos)
        problems.add(r4, element, "must not be empty");
      return;
    case JsonType::array:
      if (element.value.size() == 0) problems.add(r4, element, "must not be an empty array");
      for (const Element& item : element.items()) nothing_empty(item, problems);
      return;
    case JsonType::object:
      if (element.value.size() == 0) problems.add(r4, element, "must not be an empty object");
      for (const JsonValue member : element.value)
        nothing_empty({member, element.path + '.' + std::string(member.key())}, problems);
      return;
    case JsonType::boolean:
    case JsonType::number:
      return;
  }
}

std::vector<Element> Element::items() const {
  std::vector<Element> result;
  if (!value.is_array()) return result;
  for (const JsonValue item : value) result.push_back({item, path + '[' + std::to_string(result.size()) + ']'});
  return result;
}

void Problems::add(std::string_view profile, const Element& at, std::string_view what) {
  found.push_back(std::string(profile) + ": " + at.path + ": " + std::string(what));
}

bool has_coding(const Element& concept_element, std::string_view system, std::string_view code) {
  const std::vector<Element> codings = concept_element["coding"].items();
  return std::any_of(codings.begin(), codings.end(), [&](const Element& coding) {
    return coding["system"].text() == system && coding["code"].text() == code;
  });
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

int value_count(const Element& holder) {
  int count = 0;
  for (const JsonValue member : holder.value)
    if (member.key().substr(0, 5) == "value") ++count;
  return count;
}

void check_base(const Element& observation, Problems& problems) {
  nothing_empty(observation, problems);
  if (!known_members(observation,
                     {"resourceType",
                      "meta",
                      "implicitRules",
                      "language",
                      "text",
                      "contained",
                      "modifierExtension",
                      "identifier",
                      "basedOn",
                      "partOf",
                      "status",
                      "category",
                      "code",
                      "subject",
                      "focus",
                      "encounter",
                      "effectiveDateTime",
                      "effectivePeriod",
                      "effectiveTiming",
                      "effectiveInstant",
                      "issued",
                      "performer",
                      "valueQuantity",
                      "valueCodeableConcept",
                      "valueString",
                      "valueBoolean",
                      "valueInteger",
                      "valueRange",
                      "valueRatio",
                      "valueSampledData",
                      "valueTime",
                      "valueDateTime",
                      "valuePeriod",
                      "dataAbsentReason",
                      "interpretation",
                      "note",
                      "bodySite",
                      "method",
                      "specimen",
                      "device",
                      "referenceRange",
                      "hasMember",
                      "derivedFrom",
                      "component"},
                     problems))
    return;
  if (observation["resourceType"].text() != "Observation")
    problems.add(r4, observation["resourceType"], "must be Observation");
  check_id(observation["id"], problems);
  check_meta(observation["meta"], problems);
  array_of(observation["identifier"], problems, check_identifier);
  if (!one_of(observation["status"].text(), {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
                                             "entered-in-error", "unknown"}))
    problems.add(r4, observation["status"], "must be an observation status");
  array_of(observation["category"], problems, check_concept);
  required(observation["code"], problems);
  check_concept(observation["code"], problems);
  check_reference(observation["subject"], {"Patient", "Group", "Device", "Location"}, problems);
  check_date_time(observation["effectiveDateTime"], problems);
  check_instant(observation["issued"], problems);
  array_of(observation["performer"], problems, check_performer);
  check_value(observation, problems);
  check_reference(observation["device"], {"Device", "DeviceMetric"}, problems);
  array_of(observation["note"], problems, check_note);
  array_of(observation["component"], problems, check_component);
}

}  // namespace fhir
