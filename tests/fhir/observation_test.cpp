#include "fhir/observation.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "fhir/json_reader.hpp"
#include "fhir/profile_checks.hpp"

using namespace fhir;

namespace {

// One valid oximeter reading; each test changes the one thing it is about.
ObservationBody oximeter_reading() {
  ObservationBody body;
  body.identifier = "5f1c0a";
  body.kind = kinds().oxygen_saturation;
  body.effective = DateTime::parse("2026-11-20T08:00:00+01:00").value();
  body.value = ObservationValue{kinds().oxygen_saturation, Decimal(930, 1), "%", ""};
  body.device_id = "d-9";
  body.device_identifier = "SN-9";
  body.device_model = "Nonin \"3230\"";
  return body;
}

ObservationHead head_of(Kind kind) {
  ObservationHead head;
  head.id = "0d9";
  head.version = 2;
  head.last_updated = DateTime::parse("2026-11-20T07:00:01.234567Z").value().utc;
  head.status = "final";
  head.kind = kind;
  head.patient_id = "p-1";
  head.patient_system = "urn:oid:2.16.578.1.12.4.1.4.1";
  head.patient_value = "05898597468";
  head.organization = "972418013";
  head.organization_name = "Bod\u00f8 kommune";
  return head;
}

std::string rendered(const ObservationBody& body, const ObservationHead& head) {
  std::string out;
  append_observation(out, head, observation_body(body));
  return out;
}
std::string rendered(const ObservationBody& body) {
  return rendered(body, head_of(body.kind));
}

JsonDocument parsed(const std::string& json) {
  CAPTURE(json);
  auto document = JsonDocument::parse(json);
  if (!document) FAIL(document.error().detail);
  return std::move(*document);
}

}  // namespace

TEST_CASE("observation: a reading as it is served", "[observation]") {
  CHECK(
      rendered(oximeter_reading()) ==
      R"({"resourceType":"Observation","id":"0d9",)"
      R"("meta":{"versionId":"2","lastUpdated":"2026-11-20T07:00:01.234Z","profile":[)"
      R"("http://hl7.org/fhir/StructureDefinition/oxygensat",)"
      R"("http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation"]},)"
      R"("status":"final",)"
      R"("subject":{"reference":"Patient/p-1","type":"Patient",)"
      R"("identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}},)"
      R"("issued":"2026-11-20T07:00:01.234Z",)"
      R"("performer":[{"type":"Organization","identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"972418013"},)"
      "\"display\":\"Bod\u00f8 kommune\"},"
      R"({"reference":"Patient/p-1","type":"Patient",)"
      R"("identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"05898597468"}}],)"
      R"("identifier":[{"system":"urn:hjemport:reading","value":"5f1c0a"}],)"
      R"("category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],)"
      R"("code":{"coding":[{"system":"http://loinc.org","code":"2708-6","display":"Oxygen saturation in Arterial blood"},)"
      R"({"system":"http://loinc.org","code":"59408-5","display":"Oxygen saturation in Arterial blood by Pulse oximetry"},)"
      R"({"system":"http://snomed.info/sct","code":"431314004"},)"
      R"({"system":"urn:iso:std:iso:11073:10101","code":"150456","display":"MDC_PULS_OXIM_SAT_O2"}],)"
      R"("text":"Oxygen saturation"},)"
      R"("effectiveDateTime":"2026-11-20T08:00:00+01:00",)"
      R"("valueQuantity":{"value":93.0,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},)"
      R"("device":{"reference":"Device/d-9","type":"Device",)"
      R"("identifier":{"system":"urn:hjemport:device","value":"SN-9"},"display":"Nonin \"3230\""}})");
}

TEST_CASE("observation: every kind renders to what its claimed profiles ask", "[observation]") {
  for (const KindInfo& kind : all_kinds()) {
    if (kind.kind == Kind::unknown) continue;
    ObservationBody body = oximeter_reading();
    body.kind = kind.kind;
    body.value.reset();
    std::vector<ObservationValue> components;
    if (kind.value == ValueType::quantity) body.value = ObservationValue{kind.kind, *kind.high, kind.unit, ""};
    for (const Kind component : kind.components)
      components.push_back({component, Decimal(90), info(component).unit, ""});
    body.components = components;
    if (kind.value == ValueType::ordinal) body.text = "+1";
    if (kind.value == ValueType::text) body.text = "C";

    for (const bool with_national_id : {true, false}) {
      ObservationHead head = head_of(kind.kind);
      if (!with_national_id) {
        head.patient_system = "urn:oid:2.16.578.1.12.4.1.4.5";  // DUF number
        head.patient_value = "201712345612";
      }
      const std::string json = rendered(body, head);
      const JsonDocument document = parsed(json);
      CAPTURE(json);
      CHECK(observation_problems(document.root()) == std::vector<std::string>{});
      CHECK((json.find("vkp-Observation") != std::string::npos) == with_national_id);
      const JsonValue first_coding = document.root()["code"]["coding"].at(0);
      CHECK(first_coding["code"].as_string().value() == kind.codings.front().code);
    }
  }
}

TEST_CASE("observation: also without patient identifier, organisation and device", "[observation]") {
  ObservationBody body = oximeter_reading();
  body.device_id = body.device_identifier = body.device_model = "";
  ObservationHead head = head_of(body.kind);
  head.patient_system = head.patient_value = head.organization = head.organization_name = "";
  const std::string json = rendered(body, head);
  const JsonDocument document = parsed(json);
  CHECK(observation_problems(document.root()) == std::vector<std::string>{});
  CHECK(document.root()["device"].absent());
  CHECK(document.root()["subject"]["identifier"].absent());
  REQUIRE(document.root()["performer"].size() == 1);
  CHECK(document.root()["performer"].at(0)["reference"].as_string().value() == "Patient/p-1");
}

TEST_CASE("observation: blood pressure has components and neither value nor method", "[observation]") {
  const KnownKinds& k = kinds();
  const std::vector<ObservationValue> components = {{k.systolic, Decimal(132), "mm[Hg]", ""},
                                                    {k.diastolic, Decimal(84), "mm[Hg]", ""},
                                                    {k.mean_arterial_pressure, Decimal(100), "mm[Hg]", ""}};
  ObservationBody body = oximeter_reading();
  body.kind = k.blood_pressure;
  body.value.reset();
  body.components = components;
  body.automatic = true;
  const JsonDocument document = parsed(rendered(body));
  const JsonValue root = document.root();
  REQUIRE(root["component"].size() == 3);
  CHECK(root["component"].at(0)["code"]["coding"].at(0)["code"].as_string().value() == "8480-6");
  CHECK(root["component"].at(0)["code"]["coding"].at(1)["code"].as_string().value() == "271649006");
  CHECK(root["component"].at(0)["code"]["coding"].at(2)["code"].as_string().value() == "4471000202106");
  CHECK(root["component"].at(1)["valueQuantity"].json() ==
        R"({"value":84,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"})");
  CHECK(root["valueQuantity"].absent());
  CHECK(root["dataAbsentReason"].absent());
  CHECK(root["method"].absent());  // QUIRK norway.md 2.8: VKP's value set has no code for an automatic cuff
}

TEST_CASE("observation: a missing half of a blood pressure is said to be missing", "[observation]") {
  const std::vector<ObservationValue> components = {{kinds().systolic, Decimal(132), "mm[Hg]", ""}};
  ObservationBody body = oximeter_reading();
  body.kind = kinds().blood_pressure;
  body.value.reset();
  body.components = components;
  const JsonDocument document = parsed(rendered(body));
  CHECK(observation_problems(document.root()) == std::vector<std::string>{});
  const JsonValue diastolic = document.root()["component"].at(1);
  CHECK(diastolic["code"]["coding"].at(0)["code"].as_string().value() == "8462-4");
  CHECK(diastolic["dataAbsentReason"]["coding"].at(0)["code"].as_string().value() == "unknown");
}

TEST_CASE("observation: a reading without value says why, and a blood pressure for each half", "[observation]") {
  ObservationBody body = oximeter_reading();
  body.value.reset();
  body.absent = AbsentReason::not_a_number;
  const JsonDocument single = parsed(rendered(body));
  CHECK(observation_problems(single.root()) == std::vector<std::string>{});
  CHECK(single.root()["dataAbsentReason"].json() ==
        R"({"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"not-a-number",)"
        R"x("display":"Not a Number (NaN)"}]})x");
  CHECK(single.root()["valueQuantity"].absent());

  body.kind = kinds().blood_pressure;
  const JsonDocument pressure = parsed(rendered(body));
  CHECK(observation_problems(pressure.root()) == std::vector<std::string>{});
  CHECK(pressure.root()["component"].size() == 2);
  for (const JsonValue component : pressure.root()["component"])
    CHECK(component["dataAbsentReason"]["coding"].at(0)["code"].text() == "not-a-number");

  const std::vector<ObservationValue> half = {
      {kinds().systolic, Decimal(132), "mm[Hg]", "", {}},
      {.kind = kinds().diastolic, .value = {}, .unit = {}, .comparator = {}, .absent = AbsentReason::error}};
  body.absent = AbsentReason::none;
  body.components = half;
  const JsonDocument one_half = parsed(rendered(body));
  CHECK(observation_problems(one_half.root()) == std::vector<std::string>{});
  CHECK(one_half.root()["component"].size() == 2);
  CHECK(one_half.root()["component"].at(0)["valueQuantity"]["value"].scalar() == "132");
  CHECK(one_half.root()["component"].at(1)["dataAbsentReason"]["coding"].at(0)["code"].text() == "error");
  CHECK(one_half.root()["component"].at(1)["valueQuantity"].absent());
}

TEST_CASE("observation: what the device says of its reading", "[observation]") {
  const std::vector<Interpretation> said = {
      {"http://terminology.hl7.org/CodeSystem/ASN1ToHL7", "8410608.2", "irregular-pulse"},
      {"http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status", "questionable", ""}};
  ObservationBody body = oximeter_reading();
  body.interpretations = said;
  const JsonDocument document = parsed(rendered(body));
  CHECK(observation_problems(document.root()) == std::vector<std::string>{});
  CHECK(document.root()["interpretation"].json() ==
        R"([{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/ASN1ToHL7","code":"8410608.2","display":"irregular-pulse"}]},)"
        R"({"coding":[{"system":"http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status","code":"questionable"}]}])");
}

TEST_CASE("observation: value forms", "[observation]") {
  const KnownKinds& k = kinds();
  struct Row {
    Kind kind;
    std::optional<ObservationValue> value;
    const char *text, *member, *json;
  };
  const auto row = GENERATE_REF(values<Row>({
      {k.blood_glucose, ObservationValue{k.blood_glucose, Decimal(333, 1), "mmol/L", ">"}, "", "valueQuantity",
       R"({"value":33.3,"comparator":">","unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"})"},
      {k.body_temperature, ObservationValue{k.body_temperature, Decimal(3750, 2), "Cel", ""}, "", "valueQuantity",
       "{\"value\":37.50,\"unit\":\"\u00b0C\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"Cel\"}"},
      {k.respiratory_rate, ObservationValue{k.respiratory_rate, Decimal(18), "/min", ""}, "", "valueQuantity",
       R"({"value":18,"unit":"breaths/minute","system":"http://unitsofmeasure.org","code":"/min"})"},
      // A unit that is not the kind's own is written as it is.
      {k.body_weight, ObservationValue{k.body_weight, Decimal(49000), "g", ""}, "", "valueQuantity",
       R"({"value":49000,"unit":"g","system":"http://unitsofmeasure.org","code":"g"})"},
      {k.urine_protein, std::nullopt, "+1", "valueCodeableConcept", R"({"text":"+1"})"},
      // The rank beside the word is the vendor's own numbering.
      {k.urine_protein, ObservationValue{k.urine_protein, Decimal(2), "", ""}, "+1", "valueCodeableConcept",
       R"({"text":"+1"})"},
      {k.questionnaire, ObservationValue{k.questionnaire, Decimal(7), "", ""}, "", "valueQuantity", R"({"value":7})"},
      {k.consciousness, std::nullopt, "C", "valueCodeableConcept",
       R"({"coding":[{"system":"http://snomed.info/sct","code":"130987000"}],"text":"New confusion"})"},
      {k.consciousness, std::nullopt, "drowsy", "valueCodeableConcept", R"({"text":"drowsy"})"},
      {k.ctg, std::nullopt, "a\"b", "valueString", R"("a\"b")"},
      {k.oxygen_saturation, std::nullopt, "", "dataAbsentReason",
       R"({"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"unknown","display":"Unknown"}]})"},
  }));
  ObservationBody body = oximeter_reading();
  body.kind = row.kind;
  body.value = row.value;
  body.text = row.text;
  CAPTURE(info(row.kind).name, row.text);
  const JsonDocument document = parsed(rendered(body));
  CHECK(document.root()[row.member].json() == row.json);
  CHECK(observation_problems(document.root()) == std::vector<std::string>{});
}

TEST_CASE("observation: the time keeps its offset and precision", "[observation]") {
  struct Row {
    const char *written, *served;
  };
  const auto row = GENERATE(values<Row>({
      {"2026-11-20T08:00:00+01:00", "2026-11-20T08:00:00+01:00"},
      {"2026-11-20T07:00:00Z", "2026-11-20T07:00:00Z"},
      {"2026-11-20T08:00:00.120+01:00", "2026-11-20T08:00:00.120+01:00"},
      {"2026-11-20T03:30:00-03:30", "2026-11-20T03:30:00-03:30"},
      {"2026-11-20", "2026-11-20"},
      {"2026-11-20T08:00+01:00", "2026-11-20T08:00:00+01:00"},  // R4 has no minutes without seconds
  }));
  ObservationBody body = oximeter_reading();
  body.effective = DateTime::parse(row.written).value();
  const JsonDocument document = parsed(rendered(body));
  CHECK(document.root()["effectiveDateTime"].as_string().value() == row.served);
  CHECK(observation_problems(document.root()) == std::vector<std::string>{});
}

TEST_CASE("observation: what R4 has no element for is said in notes and a category of ours", "[observation]") {
  ObservationBody body = oximeter_reading();
  body.kind = kinds().body_weight;
  body.value = ObservationValue{kinds().body_weight, Decimal(80830, 3), "kg", ""};
  body.as_sent = "178.2 [lb_av]";
  body.manual = true;
  body.time_uncertain = true;
  body.note = "after\x01meal";
  const JsonDocument document = parsed(rendered(body));
  const JsonValue root = document.root();
  CHECK(root["note"].json() == R"([{"text":"As sent: 178.2 [lb_av]"},)"
                               R"({"text":"Entered by a person, not read from a device."},)"
                               R"({"text":"The time of measurement is uncertain."},{"text":"after meal"}])");
  REQUIRE(root["category"].size() == 2);
  CHECK(root["category"].at(1)["coding"].at(0).json() == R"({"system":"urn:hjemport:origin","code":"manual"})");
  CHECK(observation_problems(root) == std::vector<std::string>{});

  body.manual = false;
  body.automatic = true;
  const JsonDocument automatic = parsed(rendered(body));
  CHECK(automatic.root()["category"].at(1)["coding"].at(0)["code"].as_string().value() == "automatic");
  CHECK(automatic.root()["note"].size() == 3);
}

TEST_CASE("observation: blank vendor texts leave no empty elements", "[observation]") {
  ObservationBody body = oximeter_reading();
  body.device_identifier = " ";
  body.device_model = "";
  body.note = "\n";
  const JsonDocument document = parsed(rendered(body));
  CHECK(document.root()["device"].json() == R"({"reference":"Device/d-9","type":"Device"})");
  CHECK(document.root()["note"].absent());
}

// Invariant 12: the number stands in identifier elements and nowhere else.
TEST_CASE("observation: a national identity number appears only as identifier value", "[observation]") {
  const std::string json = rendered(oximeter_reading());
  std::size_t found = 0;
  for (std::size_t at = json.find("05898597468"); at != std::string::npos; at = json.find("05898597468", at + 1)) {
    ++found;
    CHECK(json.substr(at - 9, 9) == R"("value":")");
  }
  CHECK(found == 2);  // subject and performer
}
