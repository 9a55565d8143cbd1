#include "fhir/profile_checks.hpp"

#include <algorithm>
#include <span>

#include "fhir/base_checks.hpp"
#include "fhir/kinds.hpp"
#include "fhir/national_id.hpp"
#include "fhir/time.hpp"

namespace fhir {
namespace {

constexpr std::string_view category_system = "http://terminology.hl7.org/CodeSystem/observation-category";
constexpr std::string_view core_profiles = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view resh_system = "urn:oid:2.16.578.1.12.4.1.4.102";

// R4 4.0.1, the profiles derived from vitalsigns: the LOINC code each must carry and the UCUM codes its value may have.
struct VitalSign {
  std::string_view profile;
  std::string_view code;
  std::span<const std::string_view> units;
};
constexpr std::string_view percent[] = {"%"};
constexpr std::string_view per_minute[] = {"/min"};
constexpr std::string_view temperature[] = {"Cel", "[degF]"};
constexpr std::string_view weight[] = {"kg", "g", "[lb_av]"};
constexpr std::string_view height[] = {"cm", "[in_i]"};
constexpr std::string_view mass_index[] = {"kg/m2"};
constexpr std::string_view pressure[] = {"mm[Hg]"};
constexpr VitalSign vital_signs[] = {
    {"oxygensat", "2708-6", percent},   {"heartrate", "8867-4", per_minute},
    {"resprate", "9279-1", per_minute}, {"bodytemp", "8310-5", temperature},
    {"bodyweight", "29463-7", weight},  {"bodyheight", "8302-2", height},
    {"bmi", "39156-5", mass_index},     {"bp", "85354-9", {}},
};

std::vector<std::string_view> claimed_profiles(const Element& observation) {
  std::vector<std::string_view> claimed;
  for (const Element& profile : observation["meta"]["profile"].items()) claimed.push_back(profile.text());
  return claimed;
}

bool claims(const std::vector<std::string_view>& claimed, std::string_view url) {
  return std::find(claimed.begin(), claimed.end(), url) != claimed.end();
}

bool has_value(const Element& holder) {
  return value_count(holder) > 0;
}

void check_units(std::string_view profile, const Element& quantity, std::span<const std::string_view> units,
                 Problems& problems) {
  if (!quantity.present()) return;
  if (!quantity["unit"].present()) problems.add(profile, quantity["unit"], "is required");
  if (quantity["system"].text() != ucum) problems.add(profile, quantity["system"], "must be UCUM");
  const std::string_view code = quantity["code"].text();
  if (std::find(units.begin(), units.end(), code) == units.end())
    problems.add(profile, quantity["code"], "is no unit of this profile");
}

void check_vital_signs_base(const Element& observation, Problems& problems) {
  constexpr std::string_view profile = "vitalsigns";
  const std::vector<Element> categories = observation["category"].items();
  if (std::none_of(categories.begin(), categories.end(),
                   [](const Element& category) { return has_coding(category, category_system, "vital-signs"); }))
    problems.add(profile, observation["category"], "must have vital-signs");
  if (!observation["subject"].present()) problems.add(profile, observation["subject"], "is required");
  const Element effective = observation["effectiveDateTime"];
  if (!effective.present() && !observation["effectivePeriod"].present()) {
    problems.add(profile, observation["effective[x]"], "is required");
  } else if (const auto time = DateTime::parse(effective.text()); time && time->precision < Precision::day) {
    problems.add(profile, effective, "must be precise to the day (vs-1)");
  }
  const std::vector<Element> components = observation["component"].items();
  if (components.empty() && !observation["hasMember"].present() && !has_value(observation) &&
      !observation["dataAbsentReason"].present())
    problems.add(profile, observation["value[x]"], "or dataAbsentReason is required (vs-2)");
  for (const Element& component : components)
    if (!has_value(component) && !component["dataAbsentReason"].present())
      problems.add(profile, component["value[x]"], "or dataAbsentReason is required (vs-3)");
}

void check_blood_pressure(const Element& observation, Problems& problems) {
  constexpr std::string_view profile = "bp";
  struct Part {
    std::string_view code, name;
  };
  for (const Part part : {Part{"8480-6", "systolic"}, Part{"8462-4", "diastolic"}}) {
    int count = 0;
    for (const Element& component : observation["component"].items()) {
      if (!has_coding(component["code"], loinc, part.code)) continue;
      ++count;
      check_units(profile, component["valueQuantity"], pressure, problems);
    }
    if (count != 1)
      problems.add(profile, observation["component"], "must have " + std::string(part.name) + " pressure exactly once");
  }
}

// A vital sign is held to its profile by what it claims and also by its magic LOINC code, claimed or not: R4 says so.
void check_vital_signs(const Element& observation, const std::vector<std::string_view>& claimed, Problems& problems) {
  bool vital = claims(claimed, std::string(core_profiles) + "vitalsigns");
  for (const Element& category : observation["category"].items())
    vital = vital || has_coding(category, category_system, "vital-signs");
  for (const VitalSign& sign : vital_signs) {
    const bool is_claimed = claims(claimed, std::string(core_profiles) + std::string(sign.profile));
    const bool is_coded = has_coding(observation["code"], loinc, sign.code);
    if (!is_claimed && !is_coded) continue;
    vital = true;
    if (!is_coded) problems.add(sign.profile, observation["code"], "must have LOINC " + std::string(sign.code));
    if (sign.profile == "bp")
      check_blood_pressure(observation, problems);
    else
      check_units(sign.profile, observation["valueQuantity"], sign.units, problems);
  }
  if (vital) check_vital_signs_base(observation, problems);
}

bool organization_slice(const Element& performer) {
  return one_of(performer["identifier"]["system"].text(), {organization_system, resh_system});
}

void check_vkp_subject(const Element& observation, Problems& problems) {
  constexpr std::string_view profile = "vkp-Observation";
  const Element subject = observation["subject"];
  if (!subject.present()) return problems.add(profile, subject, "is required");
  if (!subject["identifier"].present()) return problems.add(profile, subject["identifier"], "is required");
  const Element identifier = subject["identifier"];
  if (!one_of(identifier["system"].text(), {fnr_system, dnr_system, fhn_system}))
    return problems.add(profile, identifier["system"], "must be fødselsnummer, D-number or FH-number");
  const auto id = classify_national_id(identifier["value"].text());
  if (!id)
    problems.add(profile, identifier["value"], "is no valid national identity number");
  else if (id->system() != identifier["system"].text())
    problems.add(profile, identifier["system"], "is not the system of this kind of number");
}

void check_vkp(const Element& observation, Problems& problems) {
  constexpr std::string_view profile = "vkp-Observation";
  check_vkp_subject(observation, problems);
  for (const Element& coding : observation["code"]["coding"].items())
    if (coding["code"].text().substr(0, 3) == "NPU" && coding["system"].text() != npu)
      problems.add(profile, coding["system"], "must be NLK for an NPU code");
  for (const Element& performer : observation["performer"].items()) {
    const bool author = performer["identifier"]["system"].text() == fnr_system;
    const std::string_view type = performer["type"].text();
    if (organization_slice(performer) && type != "Organization")
      problems.add(profile, performer["type"], "must be Organization for an organisation number or RESH id");
    if (author && !one_of(type, {"Practitioner", "PractitionerRole", "CareTeam", "Patient", "RelatedPerson"}))
      problems.add(profile, performer["type"], "must be a person or care team for a fødselsnummer");
  }
}

// VKP's own vital-sign profiles: we do not claim them (norway.md 2.8), and whoever does must have left the organisation
// out.
void check_vkp_vital_sign(const Element& observation, std::string_view url, Problems& problems) {
  const std::string_view profile = url.substr(url.rfind('/') + 1);
  for (const Element& performer : observation["performer"].items())
    if (performer["type"].text() != "Practitioner" || performer["identifier"]["system"].text() != fnr_system)
      problems.add(profile, performer, "must be a Practitioner with fødselsnummer");
  const Element method = observation["method"];
  if (profile == "vkp-Observation-Bloodpressure" && method.present() && !has_coding(method, snomed, "37931006") &&
      !has_coding(method, snomed, "113011001"))
    problems.add(profile, method, "must be auscultation or palpation");
}

}  // namespace

std::vector<std::string> observation_problems(JsonValue value) {
  Problems problems;
  const Element observation{value, "Observation"};
  check_base(observation, problems);
  if (!value.is_object()) return problems.found;
  const std::vector<std::string_view> claimed = claimed_profiles(observation);
  check_vital_signs(observation, claimed, problems);
  if (claims(claimed, vkp_observation_profile)) check_vkp(observation, problems);
  const std::string vkp_vital_signs = std::string(vkp_observation_profile) + '-';
  for (const std::string_view url : claimed)
    if (url.substr(0, vkp_vital_signs.size()) == vkp_vital_signs) check_vkp_vital_sign(observation, url, problems);
  return problems.found;
}

}  // namespace fhir
