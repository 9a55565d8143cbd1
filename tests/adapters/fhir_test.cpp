#include "adapters/fhir.hpp"

#include <catch2/catch.hpp>

#include "fhir/units.hpp"
#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_fhir, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

Item only(const std::string& payload) {
  std::vector<Item> all = items(payload);
  REQUIRE(all.size() == 1);
  return all[0];
}

std::string_view outcome(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return name(held->reason);
  if (const auto* ignored = std::get_if<Ignored>(&item)) return name(ignored->reason);
  return std::holds_alternative<Event>(item) ? "event" : "measurement";
}

// An oxygen saturation of 93 % with these members in place of, or beside, its own.
struct Parts {
  std::string status = R"("status":"final",)";
  std::string code = R"("code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},)";
  std::string subject = R"("subject":{"reference":"Patient/8"},)";
  std::string time = R"("effectiveDateTime":"2024-05-14T08:30:00+02:00",)";
  std::string value = R"("valueQuantity":{"value":93,"code":"%"},)";
  std::string more = {};
};

std::string observation(const Parts& parts) {
  return R"({"resourceType":"Observation",)" + parts.status + parts.code + parts.subject + parts.time + parts.value +
         parts.more + R"("id":"o"})";
}

std::string coded(const std::string& system, const std::string& code) {
  return R"({"system":")" + system + R"(","code":")" + code + R"("})";
}

std::string code_of(const std::string& codings) {
  return R"("code":{"coding":[)" + codings + "]},";
}

std::string bundle(const std::string& resources, const std::string& type = "collection") {
  return R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)" + resources + "]}";
}

}  // namespace

TEST_CASE("fhir: status decides whether there is a reading", "[adapters][fhir]") {
  struct Row {
    const char* status;
    const char* outcome;
  };
  for (const Row& row :
       {Row{R"("status":"final",)", "measurement"}, Row{R"("status":"amended",)", "measurement"},
        Row{R"("status":"corrected",)", "measurement"}, Row{R"("status":"preliminary",)", "measurement"},
        Row{R"("status":"unknown",)", "measurement"}, Row{R"("status":"registered",)", "not-a-reading"},
        Row{R"("status":"cancelled",)", "cancelled"}, Row{R"("status":"entered-in-error",)", "cancelled"},
        Row{R"("status":"done",)", "undecodable"}, Row{R"("status":1,)", "undecodable"}, Row{"", "undecodable"}}) {
    DYNAMIC_SECTION(row.status) {
      CHECK(outcome(only(observation({.status = row.status}))) == row.outcome);
    }
  }
}

TEST_CASE("fhir: the codings decide the kind", "[adapters][fhir]") {
  const std::string l = "http://loinc.org", s = "http://snomed.info/sct", m = "urn:iso:std:iso:11073:10101";
  const auto kind = [](const std::string& codings) {
    const Item item =
        only(observation({.code = code_of(codings), .value = R"("valueQuantity":{"value":70,"code":"/min"},)"}));
    const auto* reading = std::get_if<Measurement>(&item);
    return reading == nullptr ? std::string(outcome(item)) : std::string(fhir::info(reading->kind).name);
  };
  CHECK(kind(coded(l, "8867-4")) == "heart-rate");
  // One LOINC code for both; only the other coding says that a cuff or a finger was measured.
  CHECK(kind(coded(l, "8867-4") + "," + coded(m, "149530")) == "pulse-rate");
  CHECK(kind(coded(s, "78564009") + "," + coded(l, "8867-4")) == "pulse-rate");
  CHECK(kind(coded(m, "149546")) == "pulse-rate");
  CHECK(kind(coded("urn:vendor", "pulse") + "," + coded(l, "8867-4")) == "heart-rate");
  CHECK(kind(coded(l, "8867-4") + "," + coded(l, "29463-7")) == "unknown-kind");
  CHECK(kind(coded("urn:vendor", "8867-4")) == "unknown-kind");
  CHECK(kind(coded("", "8867-4")) == "unknown-kind");
  CHECK(kind(R"({"code":"8867-4"})") == "unknown-kind");
  CHECK(kind("") == "unknown-kind");
  CHECK(kind("7") == "unknown-kind");
}

TEST_CASE("fhir: whom a reading is of", "[adapters][fhir]") {
  const std::string fnr = R"({"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13816590072"})";
  struct Row {
    std::string subject;
    std::string id, system, value;
  };
  const Row rows[] = {
      {R"("subject":{"identifier":)" + fnr + R"(,"reference":"Patient/8"},)", "", "urn:oid:2.16.578.1.12.4.1.4.1",
       "13816590072"},
      {R"("subject":{"reference":"Patient/8"},)", "Patient/8", "", ""},
      {R"("subject":{"reference":"https://ehr.example/fhir/Patient/8"},)", "https://ehr.example/fhir/Patient/8", "",
       ""},
      {R"("subject":{"reference":"Patient?identifier=urn:pid%7C77"},)", "urn:pid|77", "urn:pid", "77"},
      {R"("subject":{"identifier":{"system":"http://cosdoc.dips.no/lopenummer","value":"1302"}},)",
       "http://cosdoc.dips.no/lopenummer|1302", "http://cosdoc.dips.no/lopenummer", "1302"},
      {R"("subject":{"identifier":{"value":"1302"}},)", "1302", "", ""},
      // A published sample leaves a value empty: that is no identifier.
      {R"("subject":{"identifier":{"system":"urn:pid","value":""},"reference":"Patient/8"},)", "Patient/8", "", ""},
      {R"("subject":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p","identifier":[)" + fnr + "]}],",
       "", "urn:oid:2.16.578.1.12.4.1.4.1", "13816590072"},
      {"", "", "", ""},
      {R"("device":{"identifier":{"value":"SN-1"}},)", "SN-1", "", ""}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.subject) {
      const auto reading = std::get<Measurement>(only(observation({.subject = row.subject})));
      CHECK(reading.subject.id == row.id);
      CHECK(reading.subject.patient.value_or(Identifier{}) == Identifier{row.system, row.value});
    }
  }
  for (const char* wrong : {R"("subject":"Patient/8",)", R"("subject":{"reference":["Patient/8"]},)",
                            R"("subject":{"identifier":["x"]},)", R"("subject":{"identifier":{"value":{}}},)"}) {
    INFO(wrong);
    CHECK(outcome(only(observation({.subject = wrong}))) == "undecodable");
  }
}

TEST_CASE("fhir: a reference and the patient it points at must be one person", "[adapters][fhir]") {
  const auto of = [](const std::string& number) {
    return bundle(R"({"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","identifier":[
      {"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13816590072"}]}},{"resource":)" +
                  observation({.subject = R"("subject":{"reference":"urn:uuid:p","identifier":{
      "system":"urn:oid:2.16.578.1.12.4.1.4.1","value":")" +
                                          number + R"("}},)"}) +
                  "}");
  };
  CHECK(outcome(only(of("13816590072"))) == "measurement");
  CHECK(outcome(only(of("02889396012"))) == "undecodable");
}

TEST_CASE("fhir: times", "[adapters][fhir]") {
  const auto at = [](const std::string& members) { return only(observation({.time = members})); };
  const auto text = [&](const std::string& members) { return std::get<Measurement>(at(members)).time.text(); };
  CHECK(text(R"("effectiveDateTime":"2024-07-03T08:36:37.1678092+00:00",)") == "2024-07-03T08:36:37.167809+00:00");
  CHECK(text(R"("effectiveDateTime":"2024-07-03T08:36:37",)") == "2024-07-03T08:36:37+02:00");
  CHECK(text(R"("effectiveInstant":"2024-07-03T08:36:37Z",)") == "2024-07-03T08:36:37Z");
  CHECK(text(R"("effectivePeriod":{"end":"2024-07-03T08:36:37Z"},)") == "2024-07-03T08:36:37Z");
  CHECK(std::get<Measurement>(at(R"("issued":"2024-07-03T08:36:37Z",)")).time_uncertain);
  CHECK(std::get<Measurement>(at(R"("effectiveDateTime":"2024-10-27T02:30:00",)")).time_uncertain);
  for (const char* absurd :
       {R"("effectiveDateTime":"2024-07-03",)", R"("effectiveDateTime":1720000000,)", R"("effectiveDateTime":"now",)",
        R"("effectiveDateTime":"2024-13-03T08:36:37Z",)", R"("effectivePeriod":{},)", R"("effectivePeriod":7,)",
        R"("effectiveTiming":{"event":["2024-07-03T08:36:37Z"]},)", R"("effectiveDateTime":[],)", ""})
    CHECK(outcome(at(absurd)) == "undecodable");
  // Whether a year is believable is decided where the clock is known.
  CHECK(outcome(at(R"("effectiveDateTime":"0001-01-01T00:00:00Z",)")) == "measurement");
}

TEST_CASE("fhir: units by code, by text, by MDC, and none is guessed", "[adapters][fhir]") {
  struct Row {
    const char* quantity;
    const char* unit;  // UCUM; empty: not this kind's
  };
  for (const Row& row : {Row{R"("code":"mm[Hg]")", "mm[Hg]"}, Row{R"("unit":"mmHg")", "mm[Hg]"},
                         Row{R"("code":"kPa","unit":"mmHg")", "kPa"}, Row{R"("unit":"furlong")", ""},
                         Row{R"("system":"urn:iso:std:iso:11073:10101","code":"266016")", "mm[Hg]"},
                         Row{R"("system":"urn:iso:std:iso:11073:10101","code":"999","unit":"mmHg")", ""}}) {
    DYNAMIC_SECTION(row.quantity) {
      const std::string value = R"("valueQuantity":{"value":120,)" + std::string(row.quantity) + "}";
      const std::string parts = R"("component":[{)" + code_of(coded("http://loinc.org", "8480-6")) + value + "},{" +
                                code_of(coded("http://loinc.org", "8462-4")) + value + "}],";
      const auto pressure = std::get<Measurement>(
          only(observation({.code = code_of(coded("http://loinc.org", "85354-9")), .value = "", .more = parts})));
      CHECK(fhir::ucum_code(pressure.components.at(0).unit, pressure.components.at(0).kind) == row.unit);
    }
  }
  CHECK(outcome(only(observation({.value = R"("valueQuantity":{"value":93},)"}))) == "unknown-unit");
  CHECK(outcome(only(observation({.value = R"("valueInteger":93,)"}))) == "unknown-unit");
}

TEST_CASE("fhir: values", "[adapters][fhir]") {
  struct Row {
    const char* value;
    const char* outcome;
  };
  for (const Row& row :
       {Row{R"("valueQuantity":{"value":93.00,"code":"%"},)", "measurement"},
        Row{R"("valueQuantity":{"value":"93","code":"%"},)", "measurement"},
        Row{R"("valueQuantity":{"value":93,"code":"%","comparator":"<="},)", "measurement"},
        Row{R"("valueQuantity":{"value":93,"code":"%","comparator":"~"},)", "undecodable"},
        Row{R"("valueQuantity":{"value":"high","code":"%"},)", "undecodable"},
        Row{R"("valueQuantity":{"code":"%"},)", "undecodable"}, Row{R"("valueQuantity":93,)", "undecodable"},
        Row{R"("valueQuantity":{"value":93,"code":7},)", "undecodable"}, Row{R"("valueString":"93",)", "undecodable"},
        Row{R"("valueQuantity":{"value":93,"code":"%"},"valueString":"93",)", "undecodable"},
        Row{R"("valueQuantity":null,)", "undecodable"}, Row{"", "undecodable"},
        Row{R"("dataAbsentReason":{"coding":[{"code":"error"}]},)", "measurement"},
        Row{R"("dataAbsentReason":{"coding":[{"code":"not-performed"}]},)", "measurement"},
        Row{R"("dataAbsentReason":{"coding":[{"code":"not-asked"}]},)", "cancelled"},
        Row{R"("dataAbsentReason":{"coding":[{"code":"asked-declined"}]},)", "cancelled"},
        Row{R"("dataAbsentReason":{"coding":[{"code":"negative-infinity"}]},)", "undecodable"},
        Row{R"("dataAbsentReason":"error",)", "undecodable"},
        Row{R"("hasMember":[{"reference":"a"}],)", "not-a-reading"}, Row{R"("valueSampledData":{},)", "not-a-reading"},
        Row{R"("component":7,)", "undecodable"}}) {
    DYNAMIC_SECTION(row.value) {
      CHECK(outcome(only(observation({.value = row.value}))) == row.outcome);
    }
  }
  CHECK(std::get<Measurement>(only(observation({.value = R"("valueQuantity":{"value":93.00,"code":"%"},)"})))
            .value.text() == "93.00");
}

TEST_CASE("fhir: why there is no value", "[adapters][fhir][quality]") {
  const auto absent = [](const char* concept_value) {
    const std::string value = std::string(R"("dataAbsentReason":)") + concept_value + ",";
    return std::get<Measurement>(only(observation({.value = value}))).absent;
  };
  using fhir::AbsentReason;
  CHECK(absent(R"({"coding":[{"code":"not-a-number"}]})") == AbsentReason::not_a_number);
  CHECK(absent(R"({"coding":[{"system":"urn:x","code":"strip"},{"code":"error"}]})") == AbsentReason::error);
  CHECK(absent(R"({"coding":[{"code":"our own"}]})") == AbsentReason::unknown);
  CHECK(absent(R"({"text":"battery empty"})") == AbsentReason::unknown);
}

TEST_CASE("fhir: interpretations are kept, and a measurement status does what it says", "[adapters][fhir][quality]") {
  const auto with = [](const std::string& codings) {
    return only(observation({.value = R"("valueQuantity":{"value":93,"code":"%"},)",
                             .more = R"("interpretation":[{"coding":[)" + codings + "]}],"}));
  };
  const auto status = [&](const char* code) {
    return with(R"({"system":"http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status","code":")" +
                std::string(code) + R"("})");
  };
  const auto low = std::get<Measurement>(
      with(R"({"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"L","display":"Low"})"));
  REQUIRE(low.interpretations.size() == 1);
  CHECK(low.interpretations[0] ==
        fhir::Interpretation{"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "L", "Low"});
  CHECK(std::get<Measurement>(status("questionable")).interpretations.size() == 1);
  CHECK(std::get<Measurement>(status("questionable")).absent == fhir::AbsentReason::none);
  CHECK(std::get<Measurement>(status("invalid")).absent == fhir::AbsentReason::error);
  CHECK(std::get<Measurement>(status("invalid")).interpretations.empty());
  CHECK(std::get<Measurement>(status("not-available")).absent == fhir::AbsentReason::not_performed);
  CHECK(std::get<Measurement>(status("msmt-ongoing")).absent == fhir::AbsentReason::temp_unknown);
  CHECK(outcome(status("demo-data")) == "not-a-reading");
  CHECK(outcome(status("test-data")) == "not-a-reading");
  for (const char* nothing : {R"({"code":"L"})", R"({"system":"","code":"L"})", R"({"system":7,"code":[]})", "7"})
    CHECK(std::get<Measurement>(with(nothing)).interpretations.empty());
}

TEST_CASE("fhir: half a blood pressure, when the other half says why it is missing", "[adapters][fhir][quality]") {
  const auto part = [](const char* loinc, const char* value) {
    return "{" + code_of(coded("http://loinc.org", loinc)) + value + "}";
  };
  const auto pressure = [&](const char* systolic, const char* diastolic) {
    return only(observation({.code = code_of(coded("http://loinc.org", "85354-9")),
                             .value = "",
                             .more = R"("component":[)" + part("8480-6", systolic) + "," + part("8462-4", diastolic) + "],"}));
  };
  const char* const value = R"("valueQuantity":{"value":120,"code":"mm[Hg]"})";
  const auto half = std::get<Measurement>(pressure(value, R"("dataAbsentReason":{"coding":[{"code":"error"}]})"));
  REQUIRE(half.components.size() == 2);
  CHECK(half.components[0].absent == fhir::AbsentReason::none);
  CHECK(half.components[1].absent == fhir::AbsentReason::error);
  CHECK(half.absent == fhir::AbsentReason::none);
  CHECK(outcome(pressure(value, R"("dataAbsentReason":{"coding":[{"code":"positive-infinity"}]})")) == "undecodable");
  CHECK(outcome(pressure(value, R"("note":1)")) == "undecodable");
}

TEST_CASE("fhir: the order of a blood pressure's components changes nothing", "[adapters][fhir]") {
  const std::string systolic =
      "{" + code_of(coded("http://loinc.org", "8480-6")) + R"("valueQuantity":{"value":120,"code":"mm[Hg]"}})";
  const std::string diastolic =
      "{" + code_of(coded("http://loinc.org", "8462-4")) + R"("valueQuantity":{"value":80,"code":"mm[Hg]"}})";
  const auto decoded = [](const std::string& components) {
    return test::item_json(only(observation({.code = code_of(coded("http://loinc.org", "85354-9")),
                                             .value = "",
                                             .more = R"("component":[)" + components + "],"})));
  };
  CHECK(decoded(systolic + "," + diastolic) == decoded(diastolic + "," + systolic));
  CHECK(decoded(systolic).find("without diastolic") != std::string::npos);
  CHECK(decoded(systolic + "," + systolic + "," + diastolic).find("given twice") != std::string::npos);
}

TEST_CASE("fhir: what is no upload is an error as a whole", "[adapters][fhir]") {
  for (const char* payload : {"{}", R"({"resourceType":7})", R"({"resourceType":""})", R"({"resourceType":"Bundle"})",
                              R"({"resourceType":"Bundle","type":"transaction-response"})",
                              R"({"resourceType":"Bundle","type":"batch","entry":{}})", "[]"})
    CHECK_FALSE(test::decode(decode_fhir, payload).has_value());
  CHECK(items(bundle("")).empty());
  CHECK(outcome(only(R"({"resourceType":"Patient"})")) == "not-a-reading");
  CHECK(outcome(only(bundle("7"))) == "undecodable");
}

TEST_CASE("fhir: ten thousand entries are all answered", "[adapters][fhir]") {
  std::string resources = R"({"resource":)" + observation({}) + "}";
  for (int i = 1; i < 10'000; ++i) resources += R"(,{"resource":)" + observation({}) + "}";
  CHECK(items(bundle(resources, "batch")).size() == 10'000);
}
