#include "fhir/profile_checks.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace fhir;

namespace {

// Made up by hand from the R4 profiles, independent of our rendering. The patient is synthetic.
const std::string heart_rate =
    R"({"resourceType":"Observation","id":"h-1","meta":{"versionId":"1","lastUpdated":"2026-11-20T07:00:01.234Z",)"
    R"("profile":["http://hl7.org/fhir/StructureDefinition/heartrate",)"
    R"("http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation"]},)"
    R"("identifier":[{"system":"urn:hjemport:reading","value":"k-1"}],"status":"final",)"
    R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"8867-4"},{"system":"http://snomed.info/sct","code":"364075005"}]},)"
    R"("subject":{"reference":"Patient/p-1","type":"Patient",)"
    R"("identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},)"
    R"("effectiveDateTime":"2026-11-20T08:00:00+01:00","issued":"2026-11-20T07:00:01.234Z",)"
    R"("performer":[{"type":"Organization","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"972418013"}},)"
    R"({"reference":"Patient/p-1","type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}}],)"
    R"("valueQuantity":{"value":72,"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min"},)"
    R"("device":{"reference":"Device/d-1","type":"Device"},"note":[{"text":"at rest"}]})";

const std::string blood_pressure =
    R"({"resourceType":"Observation","status":"final","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/bp"]},)"
    R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],)"
    R"("code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/p-1"},)"
    R"("effectiveDateTime":"2026-11-20T08:00:00+01:00","component":[)"
    R"({"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},)"
    R"("valueQuantity":{"value":132,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},)"
    R"({"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},)"
    R"("valueQuantity":{"value":84,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]})";

std::vector<std::string> problems_of(const std::string& json) {
  CAPTURE(json);
  const auto document = JsonDocument::parse(json);
  if (!document) FAIL(document.error().detail);
  return observation_problems(document->root());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) FAIL("the example has no " << from);
  return text.replace(at, from.size(), to);
}

using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("profile checks: conforming observations have no problems", "[profile_checks]") {
  CHECK(problems_of(heart_rate) == Found{});
  CHECK(problems_of(blood_pressure) == Found{});
  CHECK(problems_of(R"({"resourceType":"Observation","status":"final","code":{"text":"CTG"}})") == Found{});
}

TEST_CASE("profile checks: each fault is named with profile and element", "[profile_checks]") {
  struct Row {
    const char *name, *from, *to, *problem;
  };
  const auto row = GENERATE(values<Row>({
      // FHIR R4 base
      {"another resource", R"("resourceType":"Observation")", R"("resourceType":"Patient")",
       "R4: Observation.resourceType: must be Observation"},
      {"id with a blank", R"("id":"h-1")", R"("id":"h 1")",
       "R4: Observation.id: must be 1 to 64 letters, digits, hyphens and dots"},
      {"no status", R"("status":"final",)", "", "R4: Observation.status: must be an observation status"},
      {"unknown status", R"("status":"final")", R"("status":"done")",
       "R4: Observation.status: must be an observation status"},
      {"unknown element", R"("status":"final")", R"("status":"final","severity":"high")",
       "R4: Observation.severity: is no element of FHIR R4 here"},
      {"unknown element in a datatype", R"("unit":"beats/minute")", R"("unit":"beats/minute","units":"x")",
       "R4: Observation.valueQuantity.units: is no element of FHIR R4 here"},
      {"empty string", R"("text":"at rest")", R"("text":"")", "R4: Observation.note[0].text: must not be empty"},
      {"empty object", R"("note":)", R"("bodySite":{},"note":)",
       "R4: Observation.bodySite: must not be an empty object"},
      {"not an array", R"([{"text":"at rest"}])", R"({"text":"at rest"})", "R4: Observation.note: must be an array"},
      {"empty array", R"([{"text":"at rest"}])", "[]", "R4: Observation.note: must not be an empty array"},
      {"null", R"("text":"at rest")", R"("text":"at rest","time":null)",
       "R4: Observation.note[0].time: must not be null"},
      {"relative system", R"("system":"http://snomed.info/sct")", R"("system":"snomed")",
       "R4: Observation.code.coding[1].system: must be an absolute URI"},
      {"code with a blank", R"("code":{"coding":[)", R"("code":{"coding":[{"system":"urn:x","code":"a "},)",
       "R4: Observation.code.coding[0].code: must be a code without blanks around it"},
      {"misprinted LOINC", R"("code":{"coding":[)",
       R"("code":{"coding":[{"system":"http://loinc.org","code":"8867-5"},)",
       "R4: Observation.code.coding[0].code: has no LOINC check digit"},
      {"misprinted SNOMED CT", R"("code":"364075005")", R"("code":"364075006")",
       "R4: Observation.code.coding[1].code: has no SNOMED CT check digit"},
      {"number as text", R"("value":72)", R"("value":"72")", "R4: Observation.valueQuantity.value: must be a number"},
      {"no number", R"("value":72,)", "", "R4: Observation.valueQuantity.value: is required"},
      {"wrong comparator", R"("value":72)", R"("value":72,"comparator":"=")",
       "R4: Observation.valueQuantity.comparator: must be one of < <= >= >"},
      {"two values", R"("note":)", R"("valueString":"72","note":)", "R4: Observation.value[x]: may be given once only"},
      {"value and reason", R"("note":)", R"("dataAbsentReason":{"text":"unknown"},"note":)",
       "R4: Observation.dataAbsentReason: may stand only where there is no value (obs-6)"},
      {"time without seconds", "2026-11-20T08:00:00+01:00", "2026-11-20T08:00+01:00",
       "R4: Observation.effectiveDateTime: must have seconds when it has a time"},
      {"time without zone", "2026-11-20T08:00:00+01:00", "2026-11-20T08:00:00",
       "R4: Observation.effectiveDateTime: must be a dateTime"},
      {"issued is a day", R"("issued":"2026-11-20T07:00:01.234Z")", R"("issued":"2026-11-20")",
       "R4: Observation.issued: must be an instant"},
      {"identifier without value", R"(,"value":"k-1")", "", "R4: Observation.identifier[0].value: is required"},
      {"reference to the wrong type", R"("Device/d-1","type":"Device")", R"("Patient/p-1")",
       "R4: Observation.device.reference: must be Type/id of a type allowed here"},
      {"reference without id", R"("Device/d-1")", R"("Device/")",
       "R4: Observation.device.reference: must be Type/id of a type allowed here"},
      {"type beside another reference", R"("Device/d-1")", R"("DeviceMetric/d-1")",
       "R4: Observation.device.type: differs from the type of the reference"},
      {"performer is a device", R"("performer":[)",
       R"("performer":[{"type":"Device","identifier":{"system":"urn:x","value":"1"}},)",
       "R4: Observation.performer[0].type: is not allowed here"},
      {"reference to nothing", R"("device":{"reference":"Device/d-1","type":"Device"})",
       R"("device":{"type":"Device"})", "R4: Observation.device: must have a reference or an identifier"},
      // HL7 vital signs
      {"no category", R"("code":"vital-signs")", R"("code":"laboratory")",
       "vitalsigns: Observation.category: must have vital-signs"},
      {"no magic code", R"({"system":"http://loinc.org","code":"8867-4"},)", "",
       "heartrate: Observation.code: must have LOINC 8867-4"},
      {"another unit", R"("code":"/min")", R"("code":"{beats}/min")",
       "heartrate: Observation.valueQuantity.code: is no unit of this profile"},
      {"no unit text", R"("unit":"beats/minute",)", "", "heartrate: Observation.valueQuantity.unit: is required"},
      {"unit of another system", "http://unitsofmeasure.org", "urn:iso:std:iso:11073:10101",
       "heartrate: Observation.valueQuantity.system: must be UCUM"},
      {"no time", R"("effectiveDateTime":"2026-11-20T08:00:00+01:00",)", "",
       "vitalsigns: Observation.effective[x]: is required"},
      {"a month only", "2026-11-20T08:00:00+01:00", "2026-11",
       "vitalsigns: Observation.effectiveDateTime: must be precise to the day (vs-1)"},
      {"no value",
       R"("valueQuantity":{"value":72,"unit":"beats/minute","system":"http://unitsofmeasure.org","code":"/min"},)", "",
       "vitalsigns: Observation.value[x]: or dataAbsentReason is required (vs-2)"},
      // VKP
      {"a number of another system", R"("system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},"eff)",
       R"("system":"urn:oid:2.16.578.1.12.4.1.4.5","value":"05898597468"}},"eff)",
       "vkp-Observation: Observation.subject.identifier.system: must be f\u00f8dselsnummer, D-number or FH-number"},
      {"a D-number's system on a f\u00f8dselsnummer",
       R"("system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},"eff)",
       R"("system":"urn:oid:2.16.578.1.12.4.1.4.2","value":"05898597468"}},"eff)",
       "vkp-Observation: Observation.subject.identifier.system: is not the system of this kind of number"},
      {"a wrong number", R"("value":"05898597468"}},"eff)", R"("value":"05898597469"}},"eff)",
       "vkp-Observation: Observation.subject.identifier.value: is no valid national identity number"},
      {"no identifier", R"(,"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},"eff)",
       R"(},"eff)", "vkp-Observation: Observation.subject.identifier: is required"},
      {"NPU under another system", R"({"system":"http://snomed.info/sct","code":"364075005"})",
       R"({"system":"http://npu-terminology.org","code":"NPU21692"})",
       "vkp-Observation: Observation.code.coding[1].system: must be NLK for an NPU code"},
      {"a patient under an organisation number", R"("type":"Organization","identifier")",
       R"("type":"Patient","identifier")",
       "vkp-Observation: Observation.performer[0].type: must be Organization for an organisation number or RESH id"},
      {"an organisation under a f\u00f8dselsnummer",
       R"("reference":"Patient/p-1","type":"Patient","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}}],)",
       R"("type":"Organization","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}}],)",
       "vkp-Observation: Observation.performer[1].type: must be a person or care team for a f\u00f8dselsnummer"},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK(problems_of(replaced(heart_rate, row.from, row.to)) == Found{row.problem});
  }
}

TEST_CASE("profile checks: faults of a blood pressure", "[profile_checks]") {
  struct Row {
    const char *name, *from, *to, *problem;
  };
  const auto row = GENERATE(values<Row>({
      {"no diastolic", R"("code":"8462-4")", R"("code":"8478-0")",
       "bp: Observation.component: must have diastolic pressure exactly once"},
      {"systolic twice", R"("component":[)",
       R"("component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"dataAbsentReason":{"text":"?"}},)",
       "bp: Observation.component: must have systolic pressure exactly once"},
      {"another unit", R"("code":"mm[Hg]")", R"("code":"kPa")",
       "bp: Observation.component[0].valueQuantity.code: is no unit of this profile"},
      {"a component without value",
       R"("valueQuantity":{"value":132,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"})",
       R"("interpretation":[{"text":"high"}])",
       "vitalsigns: Observation.component[0].value[x]: or dataAbsentReason is required (vs-3)"},
      {"a component without code", R"("component":[)", R"("component":[{"valueString":"x"},)",
       "R4: Observation.component[0].code: is required"},
      {"no subject", R"("subject":{"reference":"Patient/p-1"},)", "", "vitalsigns: Observation.subject: is required"},
      // Trap 9 of norway.md 12: VKP's own profiles know no other performer than a Practitioner with f\u00f8dselsnummer.
      {"organisation on a VKP vital sign", R"("http://hl7.org/fhir/StructureDefinition/bp"]},)",
       R"("http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation-Bloodpressure"]},)"
       R"("performer":[{"type":"Organization","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"972418013"}}],)",
       "vkp-Observation-Bloodpressure: Observation.performer[0]: must be a Practitioner with f\u00f8dselsnummer"},
      // Trap 8: no code for an automatic cuff exists in VKP's set.
      {"oscillometric method", R"("http://hl7.org/fhir/StructureDefinition/bp"]},)",
       R"("http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation-Bloodpressure"]},"method":{"text":"automatic"},)",
       "vkp-Observation-Bloodpressure: Observation.method: must be auscultation or palpation"},
  }));
  DYNAMIC_SECTION(row.name) {
    CHECK(problems_of(replaced(blood_pressure, row.from, row.to)) == Found{row.problem});
  }
}

TEST_CASE("profile checks: a vital sign is held to its profile without claiming it", "[profile_checks]") {
  const std::string unclaimed =
      R"({"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8310-5"}]},)"
      R"("valueQuantity":{"value":37,"unit":"C","system":"http://unitsofmeasure.org","code":"\u00b0C"}})";
  CHECK(problems_of(unclaimed) == Found{"bodytemp: Observation.valueQuantity.code: is no unit of this profile",
                                        "vitalsigns: Observation.category: must have vital-signs",
                                        "vitalsigns: Observation.subject: is required",
                                        "vitalsigns: Observation.effective[x]: is required"});
}

TEST_CASE("profile checks: no resource at all", "[profile_checks]") {
  CHECK(problems_of("[]") ==
        Found{"R4: Observation: must not be an empty array", "R4: Observation: must be an object"});
}
