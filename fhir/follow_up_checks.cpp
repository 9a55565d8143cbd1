#include "fhir/follow_up_checks.hpp"

#include <algorithm>
#include <map>

#include "fhir/base_checks.hpp"
#include "fhir/kinds.hpp"
#include "fhir/narrative.hpp"
#include "fhir/national_id.hpp"
#include "fhir/profile_checks.hpp"

namespace fhir {
namespace {

constexpr std::string_view r4 = "R4", composition_profile = "vkp-Composition-v090",
                           issue_profile = "vkp-DetectedIssue-v090", guide = "vkp-guide";

// vkp-alert-code-v090: those of events are in their table; the group of home follow-up is here. Groups by themselves
// are codes too.
bool is_alert_code(std::string_view code) {
  if (one_of(code, {"5", "5.1", "5.2", "5.2.1", "5.2.2", "5.2.3", "5.3", "5.3.1", "5.3.2"})) return true;
  const std::span<const EventInfo> events = all_events();
  return std::any_of(events.begin(), events.end(),
                     [&](const EventInfo& event) { return !code.empty() && event.vkp_alert_code == code; });
}

bool is_category(std::string_view code) {
  return one_of(code, {"1", "2"});
}

bool is_event(std::string_view code) {  // there is no 2
  return one_of(code, {"0", "1", "3", "4", "5", "6", "7", "8", "9", "10"});
}

bool is_section(std::string_view code) {
  return one_of(code, {"1", "1.1", "1.2", "1.3", "2"});
}

// A required binding: at least one coding of the system, each of them a code of it.
void bound(std::string_view profile, const Element& concept_element, std::string_view system,
           bool (*known)(std::string_view), Problems& problems) {
  bool found = false;
  for (const Element& coding : concept_element["coding"].items()) {
    if (coding["system"].text() != system) continue;
    found = true;
    if (!known(coding["code"].text())) problems.add(profile, coding["code"], "is no code of its list");
  }
  if (!found) problems.add(profile, concept_element["coding"], "must have a code of " + std::string(system));
}

// By fullUrl.
using Entries = std::map<std::string_view, Element>;

class Document {
 public:
  Document(const Element& bundle, Problems& problems) : bundle_(bundle), problems_(problems) {}

  void check() {
    check_bundle();
    const std::vector<Element> entries = bundle_["entry"].items();
    if (entries.empty() || entries.front()["resource"]["resourceType"].text() != "Composition")
      return problems_.add(r4, bundle_["entry"], "must begin with the Composition (bdl-11)");
    composition_ = entries.front()["resource"];
    bool finding = false;
    for (const Element& entry : entries) {
      const Element resource = entry["resource"];
      const std::string_view type = resource["resourceType"].text();
      if (type == "Composition") {
        check_composition(resource);
      } else if (type == "DetectedIssue") {
        finding = true;
        check_issue(resource);
      } else if (type == "Device") {
        check_device(resource);
      } else if (type == "Observation") {
        check_observation(resource);
      } else {
        problems_.add(guide, resource["resourceType"], "is no resource of a follow-up document");
      }
    }
    if (!finding) problems_.add(guide, bundle_["entry"], "must have the DetectedIssue it is about");
  }

 private:
  // -- FHIR R4

  void check_bundle() {
    known_members(bundle_, {"resourceType", "meta", "language", "identifier", "type", "timestamp", "entry"}, problems_);
    if (bundle_["resourceType"].text() != "Bundle") problems_.add(r4, bundle_["resourceType"], "must be Bundle");
    if (bundle_["type"].text() != "document") problems_.add(r4, bundle_["type"], "must be document");
    required(bundle_["identifier"], problems_);
    if (bundle_["identifier"].present()) {
      if (!bundle_["identifier"]["system"].present())
        problems_.add(r4, bundle_["identifier"]["system"], "is required of a document (bdl-9)");
      check_identifier(bundle_["identifier"], problems_);
    }
    if (!bundle_["timestamp"].present()) problems_.add(r4, bundle_["timestamp"], "is required of a document (bdl-10)");
    check_instant(bundle_["timestamp"], problems_);
    for (const Element& entry : bundle_["entry"].items()) {
      known_members(entry, {"fullUrl", "resource"}, problems_);
      const Element url = entry["fullUrl"];
      if (!url.text().starts_with("urn:uuid:")) problems_.add(r4, url, "must be a urn:uuid");
      if (!entries_.emplace(url.text(), entry["resource"]).second)
        problems_.add(r4, url, "must be there once only (bdl-7)");
    }
  }

  // To an entry of one of these types, or a logical one.
  void check_reference(const Element& reference, ElementNames types) {
    if (!known_members(reference, {"reference", "type", "identifier", "display"}, problems_)) return;
    const Element literal = reference["reference"];
    if (reference["identifier"].present()) check_identifier(reference["identifier"], problems_);
    check_string(reference["display"], problems_);
    if (reference["type"].present() && !one_of(reference["type"].text(), types))
      problems_.add(r4, reference["type"], "is not allowed here");
    if (!literal.present()) {
      if (!reference["identifier"].present() && !reference["display"].present())
        problems_.add(r4, reference, "must say whom or what it refers to");
      return;
    }
    const auto target = entries_.find(literal.text());
    if (target == entries_.end()) return problems_.add(r4, literal, "must be an entry of the document");
    if (!one_of(target->second["resourceType"].text(), types))
      problems_.add(r4, literal, "refers to a type that is not allowed here");
  }

  // Both profiles want one; the guides want a national number. A sender's own patient number is seen in the hub's
  // sample and let through.
  void check_person(std::string_view profile, const Element& person) {
    if (!person.present()) return problems_.add(profile, person, "is required");
    check_reference(person, {"Patient"});
    const Element identifier = person["identifier"];
    if (!identifier.present()) return problems_.add(guide, identifier, "is required");
    if (!identifier["system"].present()) problems_.add(guide, identifier["system"], "is required");
    const std::string_view system = identifier["system"].text(), value = identifier["value"].text();
    if (!one_of(system, {fnr_system, dnr_system, fhn_system})) return;
    const auto id = classify_national_id(value);
    if (!id)
      problems_.add(guide, identifier["value"], "is no valid national identity number");
    else if (id->system() != system)
      problems_.add(guide, identifier["system"], "is not the system of this kind of number");
  }

  bool claims(const Element& resource, std::string_view profile) {
    const std::vector<Element> claimed = resource["meta"]["profile"].items();
    return std::any_of(claimed.begin(), claimed.end(), [&](const Element& url) { return url.text() == profile; });
  }

  // -- Composition

  void check_composition(const Element& it) {
    if (!known_members(it,
                       {"resourceType", "meta", "implicitRules", "language", "text", "identifier", "status", "type",
                        "category", "subject", "encounter", "date", "author", "title", "confidentiality", "attester",
                        "custodian", "relatesTo", "event", "section"},
                       problems_))
      return;
    if (!claims(it, vkp_composition_profile)) problems_.add(composition_profile, it["meta"]["profile"], "must name it");
    check_identifier(it["identifier"], problems_);
    if (!one_of(it["status"].text(), {"preliminary", "final", "amended", "entered-in-error"}))
      problems_.add(r4, it["status"], "must be a composition status");
    required(it["type"], problems_);
    check_concept(it["type"], problems_);
    if (!has_coding(it["type"], loinc, episode_note_code))
      problems_.add(guide, it["type"], "must have LOINC " + std::string(episode_note_code));
    if (it["category"].items().empty()) problems_.add(composition_profile, it["category"], "is required");
    for (const Element& category : it["category"].items()) {
      check_concept(category, problems_);
      bound(composition_profile, category, vkp_composition_category, is_category, problems_);
    }
    check_person(composition_profile, it["subject"]);
    required(it["date"], problems_);
    check_date_time(it["date"], problems_);
    check_authors(it);
    required(it["title"], problems_);
    check_string(it["title"], problems_);
    check_versions(it);
    check_events(it);
    required(it["section"], problems_);
    for (const Element& section : it["section"].items()) check_section(section);
  }

  void check_authors(const Element& composition) {
    required(composition["author"], problems_);
    for (const Element& author : composition["author"].items()) {
      check_reference(author,
                      {"Practitioner", "PractitionerRole", "Device", "Patient", "RelatedPerson", "Organization"});
      if (author["reference"].present()) continue;
      if (!author["identifier"].present()) problems_.add(guide, author["identifier"], "is required");
      if (!author["display"].present()) problems_.add(guide, author["display"], "is required");
    }
  }

  // A document that follows another says so; R4 has status amended for what was changed after it was final.
  void check_versions(const Element& composition) {
    bool replaces = false;
    for (const Element& relation : composition["relatesTo"].items()) {
      known_members(relation, {"code", "targetIdentifier", "targetReference"}, problems_);
      if (!one_of(relation["code"].text(), {"replaces", "transforms", "signs", "appends"}))
        problems_.add(r4, relation["code"], "must be a relationship of documents");
      if (relation["targetIdentifier"].present() == relation["targetReference"].present())
        problems_.add(r4, relation["target[x]"], "must be given once");
      check_identifier(relation["targetIdentifier"], problems_);
      replaces = replaces || relation["code"].text() == "replaces";
    }
    if (replaces && composition["status"].text() != "amended")
      problems_.add(r4, composition["status"], "must be amended where another version is replaced");
  }

  void check_events(const Element& composition) {
    bool closed = false;
    for (const Element& event : composition["event"].items()) {
      known_members(event, {"code", "period", "detail"}, problems_);
      if (event["code"].items().empty()) problems_.add(composition_profile, event["code"], "is required");
      for (const Element& code : event["code"].items()) {
        check_concept(code, problems_);
        bound(composition_profile, code, vkp_composition_event, is_event, problems_);
        closed = closed || has_coding(code, vkp_composition_event, "3");
      }
      if (!event["period"]["start"].present()) problems_.add(guide, event["period"]["start"], "is required");
      known_members(event["period"], {"start", "end"}, problems_);
      check_date_time(event["period"]["start"], problems_);
      for (const Element& detail : event["detail"].items())
        check_reference(detail, {"Practitioner", "PractitionerRole", "Organization", "Device"});
    }
    if (!closed) problems_.add(guide, composition["event"], "must have 3 (hendelse kvittert)");
  }

  void check_section(const Element& section) {
    if (!known_members(section,
                       {"title", "code", "author", "focus", "text", "mode", "orderedBy", "entry", "emptyReason",
                        "section"},
                       problems_))
      return;
    if (!section["title"].present()) problems_.add(guide, section["title"], "is required");
    check_string(section["title"], problems_);
    check_concept(section["code"], problems_);
    bound(composition_profile, section["code"], vkp_composition_section, is_section, problems_);
    const Element text = section["text"];
    if (!text.present() && section["entry"].items().empty() && section["section"].items().empty())
      problems_.add(r4, section, "must have text, entries or sections (cmp-1)");
    for (const Element& entry : section["entry"].items())
      check_reference(entry, {"DetectedIssue", "Observation", "Device"});
    if (!text.present()) return;
    known_members(text, {"status", "div"}, problems_);
    if (!one_of(text["status"].text(), {"generated", "extensions", "additional", "empty"}))
      problems_.add(r4, text["status"], "must be a narrative status");
    if (text["status"].text() != "additional") problems_.add(guide, text["status"], "must be additional");
    if (const auto problem = narrative_problem(text["div"].text())) problems_.add(r4, text["div"], *problem);
  }

  // -- what it is about

  void check_issue(const Element& it) {
    if (!known_members(it,
                       {"resourceType", "meta", "implicitRules", "language", "text", "identifier", "status", "code",
                        "severity", "patient", "identifiedDateTime", "author", "implicated", "evidence", "detail",
                        "reference", "mitigation"},
                       problems_))
      return;
    if (!claims(it, vkp_detected_issue_profile)) problems_.add(issue_profile, it["meta"]["profile"], "must name it");
    array_of(it["identifier"], problems_, check_identifier);
    if (!one_of(it["status"].text(), {"registered", "preliminary", "final", "amended", "corrected", "cancelled",
                                      "entered-in-error", "unknown"}))
      problems_.add(r4, it["status"], "must be an observation status");
    if (!it["code"].present())
      problems_.add(issue_profile, it["code"], "is required");
    else
      bound(issue_profile, it["code"], vkp_alert_code, is_alert_code, problems_);
    check_concept(it["code"], problems_);
    if (it["severity"].present() && !one_of(it["severity"].text(), {"high", "moderate", "low"}))
      problems_.add(r4, it["severity"], "must be high, moderate or low");
    check_person(issue_profile, it["patient"]);
    const Element subject = composition_["subject"]["identifier"], patient = it["patient"]["identifier"];
    if (subject["system"].text() != patient["system"].text() || subject["value"].text() != patient["value"].text())
      problems_.add(guide, it["patient"], "must be the person the Composition is about");
    if (!it["identifiedDateTime"].present()) problems_.add(guide, it["identifiedDateTime"], "is required");
    check_date_time(it["identifiedDateTime"], problems_);
    if (!it["author"].present()) problems_.add(guide, it["author"], "is required");
    if (it["author"].present()) check_reference(it["author"], {"Practitioner", "PractitionerRole", "Device"});
    for (const Element& implicated : it["implicated"].items()) check_reference(implicated, {"Observation", "Device"});
    check_string(it["detail"], problems_);
    for (const Element& mitigation : it["mitigation"].items()) {
      known_members(mitigation, {"action", "date", "author"}, problems_);
      required(mitigation["action"], problems_);
      check_concept(mitigation["action"], problems_);
      check_date_time(mitigation["date"], problems_);
      if (mitigation["author"].present()) check_reference(mitigation["author"], {"Practitioner", "PractitionerRole"});
    }
  }

  void check_device(const Element& it) {
    if (!known_members(it,
                       {"resourceType", "meta", "identifier", "definition", "udiCarrier", "status", "manufacturer",
                        "serialNumber", "deviceName", "modelNumber", "type", "version", "patient", "owner", "contact",
                        "location", "url", "note", "safety"},
                       problems_))
      return;
    array_of(it["identifier"], problems_, check_identifier);
    for (const Element& name : it["deviceName"].items()) {
      known_members(name, {"name", "type"}, problems_);
      required(name["name"], problems_);
      if (!one_of(name["type"].text(), {"udi-label-name", "user-friendly-name", "patient-reported-name",
                                        "manufacturer-name", "model-name", "other"}))
        problems_.add(r4, name["type"], "must be a kind of device name");
    }
    if (it["owner"].present()) check_reference(it["owner"], {"Organization"});
  }

  void check_observation(const Element& it) {
    // Its own rules say "Observation." first; here it stands somewhere.
    for (const std::string& problem : observation_problems(it.value)) {
      constexpr std::string_view start = ": Observation";
      const std::size_t at = problem.find(start);
      problems_.found.push_back(std::string(problem).replace(at, start.size(), ": " + it.path));
    }
    const Element device = it["device"];
    if (device["reference"].present()) check_reference(device, {"Device"});
    const Element subject = composition_["subject"]["identifier"], person = it["subject"]["identifier"];
    if (person["system"].text() != subject["system"].text() || person["value"].text() != subject["value"].text())
      problems_.add(guide, it["subject"], "must be the person the Composition is about");
  }

  const Element& bundle_;
  Problems& problems_;
  Entries entries_;
  Element composition_;
};

}  // namespace

std::vector<std::string> follow_up_document_problems(JsonValue value) {
  Problems problems;
  const Element bundle{value, "Bundle"};
  if (!value.is_object()) {
    problems.add(r4, bundle, "must be an object");
    return problems.found;
  }
  nothing_empty(bundle, problems);
  Document(bundle, problems).check();
  return problems.found;
}

}  // namespace fhir
