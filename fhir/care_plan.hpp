// A self-treatment plan ("egenbehandlingsplan") as FHIR R4 CarePlan: what a person does in the green, the yellow and the red zone
// (clinical.md 3.10). The shape is the second version of the Norwegian drafts (norway.md 9.1) in one resource: a zone is a contained
// CarePlan that is part of the plan and addresses a contained Condition, whose severity names the zone and whose text says its numbers.
// Numbers are prose there; what is judged are the patient's limits and rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/time.hpp"

namespace fhir {

inline constexpr std::string_view vkp_care_plan_category = "http://ehelse.no/fhir/CodeSystem/vkp-careplan-category-v090";
inline constexpr std::string_view vkp_self_treatment = "2";  // egenbehandlingsplan
// OURS: the drafts give the code system of the zones no address.
inline constexpr std::string_view zone_system = "urn:hjemport:zone";

struct CarePlanZone {
  std::string zone;                 // "green", "yellow", "red"
  std::string feel, numbers;        // how it is noticed, and by which values; prose
  std::vector<std::string> advice;  // what the person does, one act each
  std::string medicines, contact, service;  // which medicines, whom to call, what the service does and when
  bool operator==(const CarePlanZone&) const = default;
};

struct CarePlan {
  std::string status = "active";  // draft | active | on-hold | revoked | completed | entered-in-error | unknown
  std::string title, goal, author;
  std::string start, end;         // FHIR dateTime as written; empty: open
  std::vector<CarePlanZone> zones;
  bool operator==(const CarePlan&) const = default;
};

// OURS: a page of text for each, and an answer that a screen shows.
inline constexpr std::size_t care_plan_text_limit_bytes = 2000, care_plan_advice_limit = 20;

// Either the short form {"title","goal","author","status","period":{"start","end"},"zones":[{"zone","feel","numbers","advice":[],
// "medicines","contact","service"}]}, or a CarePlan of the shape above. What cannot be kept is refused rather than left out: an element
// that is not known, a subject other than `patient_reference`, a second plan for a zone. A narrative, an id and meta are not looked at:
// the served ones are made here. Yellow and red need advice where they are; at least one zone is. Errors name the path.
Result<CarePlan> care_plan_from_json(JsonValue body, std::string_view patient_reference);

struct CarePlanView {
  std::string_view id;
  std::uint32_t version = 1;
  Time last_updated{};
  std::string_view patient_id, patient_system, patient_value;  // identifier empty when there is none
};
std::string care_plan_resource(const CarePlan&, const CarePlanView&);

// What an alarm shows of a zone: each act on a line of its own, then medicines, contact and service with their words.
std::string zone_advice(const CarePlanZone&);

}  // namespace fhir
