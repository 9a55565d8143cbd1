#include "adapters/hjemport.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

Decoded decoded(const std::string& payload) {
  auto result = test::decode(decode_hjemport, payload);
  REQUIRE(result.has_value());
  return *std::move(result);
}

// The one item of a payload with this one measurement.
Item measured(const std::string& json) {
  Decoded result = decoded(R"({"measurements":[)" + json + "]}");
  REQUIRE(result.items.size() == 1);
  return result.items[0];
}

Event event(const std::string& json) {
  Decoded result = decoded(R"({"events":[)" + json + "]}");
  REQUIRE(result.items.size() == 1);
  REQUIRE(std::holds_alternative<Event>(result.items[0]));
  return std::get<Event>(result.items[0]);
}

Measurement reading(const std::string& json) {
  const Item item = measured(json);
  INFO(test::item_json(item));
  REQUIRE(std::holds_alternative<Measurement>(item));
  return std::get<Measurement>(item);
}

// A complete reading with `members` in place of "value" and "unit".
std::string with(const std::string& members) {
  return R"({"id":"r-1","subject":"user-17","time":"2026-11-20T08:00:00+01:00","kind":"oxygen-saturation",)" + members +
         "}";
}

std::string outcome(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return std::string(name(held->reason)) + " | " + held->note;
  if (const auto* ignored = std::get_if<Ignored>(&item))
    return std::string(name(ignored->reason)) + " | " + ignored->note;
  return std::holds_alternative<Event>(item) ? "event" : "measurement";
}

}  // namespace

TEST_CASE("hjemport: the documented example is read field by field", "[adapters][hjemport]") {
  const Measurement one = reading(
      R"({"id":"r-1","subject":"user-17","device":{"id":"SN-9","model":"X"},"time":"2026-11-20T08:00:00+01:00",
          "kind":"oxygen-saturation","value":93.50,"unit":"%","comparator":">=","manual":true,"note":"on oxygen","version":7})");
  CHECK(one.record_id == "r-1");
  CHECK(one.subject.id == "user-17");
  CHECK(one.device.id == "SN-9");
  CHECK(one.device.model == "X");
  CHECK(one.time.text() == "2026-11-20T08:00:00+01:00");
  CHECK(one.kind == fhir::kinds().oxygen_saturation);
  CHECK(one.value.text() == "93.50");
  CHECK(one.unit == "%");
  CHECK(one.comparator == Comparator::greater_or_equal);
  CHECK(one.origin == Origin::manual);
  CHECK(one.note == "on oxygen");
  CHECK(one.version == "7");
  CHECK_FALSE(one.time_uncertain);
}

TEST_CASE("hjemport: measurements come first and events after them, each in payload order", "[adapters][hjemport]") {
  const Decoded result = decoded(
      R"({"events":[{"id":"e-1","subject":"u","time":"2026-11-20T08:02:00+01:00","kind":"fall"}],
          "measurements":[)" +
      with(R"("value":93,"unit":"%")") + "," + with(R"("value":94,"unit":"%")") + "]}");
  REQUIRE(result.items.size() == 3);
  CHECK(std::get<Measurement>(result.items[0]).value == fhir::Decimal(93));
  CHECK(std::get<Measurement>(result.items[1]).value == fhir::Decimal(94));
  CHECK(std::get<Event>(result.items[2]).kind == fhir::EventKind::fall);
}

TEST_CASE("hjemport: an item that cannot be read says why and where", "[adapters][hjemport]") {
  struct Row {
    const char* name;
    std::string item;
    std::string expected;
  };
  const std::string pressure = R"({"subject":"u","time":"2026-11-20T08:00:00+01:00","kind":"blood-pressure",)";
  const Row rows[] = {
      {"no object", "7", "undecodable | measurements[0]: expected an object"},
      {"no value", with(R"("unit":"%")"), "undecodable | measurements[0].value: missing"},
      {"value is no number", with(R"("value":"high","unit":"%")"),
       "undecodable | measurements[0].value: expected a number of at most 18 digits"},
      {"value is NaN as text", with(R"("value":"NaN","unit":"%")"),
       "undecodable | measurements[0].value: expected a number of at most 18 digits"},
      {"value with 19 digits", with(R"("value":1234567890123456789,"unit":"%")"),
       "undecodable | measurements[0].value: expected a number of at most 18 digits"},
      {"no unit", with(R"("value":93)"), "unknown-unit | measurements[0].unit: missing"},
      {"unit is a number", with(R"("value":93,"unit":1)"), "undecodable | measurements[0].unit: expected a string"},
      {"unknown comparator", with(R"("value":93,"unit":"%","comparator":"~")"),
       "undecodable | measurements[0].comparator: expected <, <=, >= or >"},
      {"manual is no flag", with(R"("value":93,"unit":"%","manual":"yes")"),
       "undecodable | measurements[0].manual: expected true or false"},
      {"id is an object",
       R"({"id":{},"subject":"u","time":"2026-11-20T08:00:00Z","kind":"bmi","value":22,"unit":"kg/m2"})",
       "undecodable | measurements[0].id: expected a string"},
      {"control character in an id",
       R"({"id":"a\nb","subject":"u","time":"2026-11-20T08:00:00Z","kind":"bmi","value":22,"unit":"kg/m2"})",
       "undecodable | measurements[0].id: expected no control characters"},
      {"device is text", with(R"("value":93,"unit":"%","device":"SN-9")"),
       "undecodable | measurements[0].device: expected an object with id and model"},
      {"patient without value", with(R"("value":93,"unit":"%","patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1"})"),
       "invalid-identifier | measurements[0].patient: expected system and value"},
      {"patient is text", with(R"("value":93,"unit":"%","patient":"x")"),
       "undecodable | measurements[0].patient: expected an object with system and value"},
      {"time is missing", R"({"subject":"u","kind":"bmi","value":22,"unit":"kg/m2"})",
       "undecodable | measurements[0].time: expected a date and time such as 2026-11-20T08:00:00+01:00"},
      {"time is a date", R"({"subject":"u","time":"2026-11-20","kind":"bmi","value":22,"unit":"kg/m2"})",
       "undecodable | measurements[0].time: expected a date and time such as 2026-11-20T08:00:00+01:00"},
      {"kind is missing", R"({"subject":"u","time":"2026-11-20T08:00:00Z","value":22,"unit":"%"})",
       "undecodable | measurements[0].kind: expected a string"},
      {"unknown kind", R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"aura","value":22,"unit":"%"})",
       "unknown-kind | measurements[0].kind: unknown kind \"aura\""},
      {"an identity number where the kind should be is not repeated",
       R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"13816590072","value":22,"unit":"%"})",
       "unknown-kind | measurements[0].kind: unknown kind (not shown)"},
      {"half a blood pressure by itself",
       R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"systolic","value":132,"unit":"mm[Hg]"})",
       "unknown-kind | measurements[0].kind: only as a component of blood-pressure"},
      {"pressure as one value", pressure + R"("value":132,"unit":"mm[Hg]"})",
       "undecodable | measurements[0].components: expected an array"},
      {"pressure without diastolic", pressure + R"("components":[{"kind":"systolic","value":132,"unit":"mm[Hg]"}]})",
       "undecodable | measurements[0].components: no diastolic"},
      {"pressure with two systolics",
       pressure +
           R"("components":[{"kind":"systolic","value":132,"unit":"mm[Hg]"},{"kind":"systolic","value":99,"unit":"mm[Hg]"},
                     {"kind":"diastolic","value":80,"unit":"mm[Hg]"}]})",
       "undecodable | measurements[0].components[1].kind: this component is given twice"},
      {"pressure with a foreign component",
       pressure +
           R"("components":[{"kind":"systolic","value":132,"unit":"mm[Hg]"},{"kind":"diastolic","value":80,"unit":"mm[Hg]"},
                     {"kind":"body-weight","value":80,"unit":"kg"}]})",
       "unknown-kind | measurements[0].components[2].kind: no component \"body-weight\""},
      {"a component without unit",
       pressure + R"("components":[{"kind":"systolic","value":132,"unit":"mm[Hg]"},{"kind":"diastolic","value":80}]})",
       "unknown-unit | measurements[0].components[1].unit: missing"},
      {"components on a single value", with(R"("value":93,"unit":"%","components":[])"),
       "undecodable | measurements[0].components: this kind has one value and no components"},
      {"a strip with a number off the scale",
       R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"urine-protein","value":7})",
       "undecodable | measurements[0].value: expected neg, trace or +1 to +4"},
      {"a kind without form here", R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"ecg","value":7})",
       "not-a-reading | measurements[0].kind: this payload has no form for the kind"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(outcome(measured(row.item)) == row.expected);
    }
  }
}

TEST_CASE("hjemport: of several faults the gravest is named, and what could be read is kept", "[adapters][hjemport]") {
  const Item item = measured(
      R"({"id":"r-9","subject":"u","device":{"id":"SN-9"},"time":"2026-11-20T08:00:00+01:00","kind":"body-weight",
          "value":80.5,"patient":{"system":"","value":""},"manual":1})");
  const Held held = std::get<Held>(item);
  CHECK(held.reason == QuarantineReason::undecodable);  // manual, before the missing unit and the empty identifier
  CHECK(held.note == "measurements[0].manual: expected true or false");
  CHECK(held.record_id == "r-9");
  CHECK(held.subject.id == "u");
  CHECK(held.device.id == "SN-9");
  REQUIRE(held.time);
  CHECK(held.time->text() == "2026-11-20T08:00:00+01:00");
  CHECK(held.kind == fhir::kinds().body_weight);
  REQUIRE(held.value);
  CHECK(held.value->text() == "80.5");
}

TEST_CASE("hjemport: a held blood pressure keeps the half that could be read", "[adapters][hjemport]") {
  const Held held = std::get<Held>(measured(R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"blood-pressure",
      "components":[{"kind":"systolic","value":232,"unit":"mm[Hg]"},{"kind":"diastolic","value":"x","unit":"mm[Hg]"}]})"));
  REQUIRE(held.components.size() == 1);
  CHECK(held.components[0].value == fhir::Decimal(232));
}

TEST_CASE("hjemport: units are kept as sent and left out only where they are annotations", "[adapters][hjemport]") {
  const std::string start = R"({"subject":"u","time":"2026-11-20T08:00:00Z",)";
  CHECK(reading(start + R"("kind":"body-weight","value":178.2,"unit":"lbs"})").unit == "lbs");
  CHECK(reading(start + R"("kind":"body-weight","value":1,"unit":"firkin"})").unit ==
        "firkin");  // judged when normalised
  CHECK(reading(start + R"("kind":"inr","value":2.4})").unit == "{INR}");
  CHECK(reading(start + R"("kind":"steps","value":6000})").unit == "{steps}");
}

TEST_CASE("hjemport: strips carry the vendor's word and its grade in plus signs", "[adapters][hjemport]") {
  struct Row {
    const char* value;
    const char* text;
    const char* grade;
  };
  for (const Row& row : {Row{"\"neg\"", "neg", "0"}, Row{"\"trace\"", "trace", "0.5"}, Row{"\"+/-\"", "+/-", "0.5"},
                         Row{"\"2+\"", "2+", "2"}, Row{"\"+++\"", "+++", "3"}, Row{"4", "4", "4"}}) {
    DYNAMIC_SECTION(row.value) {
      const Measurement strip =
          reading(std::string(R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"urine-glucose","value":)") +
                  row.value + "}");
      CHECK(strip.text == row.text);
      CHECK(strip.value.text() == row.grade);
    }
  }
}

TEST_CASE("hjemport: a word is a value where the kind is coded", "[adapters][hjemport]") {
  CHECK(reading(R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"consciousness","value":"C"})").text == "C");
  CHECK(outcome(measured(R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"consciousness","value":3})")) ==
        "undecodable | measurements[0].value: expected a string");
}

TEST_CASE("hjemport: times keep what was written and take the source's zone without offset", "[adapters][hjemport]") {
  struct Row {
    const char* name;
    const char* time;
    const char* text;
    const char* utc;
    bool uncertain;
  };
  const Row rows[] = {
      {"offset", "2026-07-01T08:00:00.250-03:30", "2026-07-01T08:00:00.250-03:30", "2026-07-01T11:30:00.250Z", false},
      {"Java's offset", "2026-07-01T08:00:00+0200", "2026-07-01T08:00:00+02:00", "2026-07-01T06:00:00.000Z", false},
      {"UTC", "2026-07-01T08:00:00Z", "2026-07-01T08:00:00Z", "2026-07-01T08:00:00.000Z", false},
      {"summer", "2026-07-01T08:00:00", "2026-07-01T08:00:00+02:00", "2026-07-01T06:00:00.000Z", false},
      {"winter, blank between", "2026-11-20 08:00:00.5", "2026-11-20T08:00:00.5+01:00", "2026-11-20T07:00:00.500Z",
       false},
      {"the doubled hour", "2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00.000Z", true},
      {"the hour that never was", "2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00.000Z",
       false},
      {"year 1", "0001-01-02T00:00:00Z", "0001-01-02T00:00:00Z", "0001-01-02T00:00:00.000Z", false},
      {"year 9999", "9999-12-30T23:59:59Z", "9999-12-30T23:59:59Z", "9999-12-30T23:59:59.000Z", false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Measurement one = reading(std::string(R"({"subject":"u","time":")") + row.time +
                                      R"(","kind":"bmi","value":22,"unit":"kg/m2"})");
      CHECK(one.time.text() == row.text);
      CHECK(fhir::utc_millis_text(one.time.utc) == row.utc);
      CHECK(one.time_uncertain == row.uncertain);
    }
  }
}

TEST_CASE("hjemport: the device is the subject when nothing else names one", "[adapters][hjemport]") {
  const std::string rest = R"(,"time":"2026-11-20T08:00:00Z","kind":"bmi","value":22,"unit":"kg/m2"})";
  CHECK(reading(R"({"device":{"id":"SN-9"})" + rest).subject.id == "SN-9");
  CHECK(reading(R"({"subject":"u","device":{"id":"SN-9"})" + rest).subject.id == "u");
  const Measurement person = reading(R"({"patient":{"system":"urn:x","value":"1"},"device":{"id":"SN-9"})" + rest);
  CHECK(person.subject.id.empty());
  CHECK(person.subject.patient == Identifier{"urn:x", "1"});
  CHECK(reading(R"({"id":"r")" + rest)
            .subject.id.empty());  // nobody named: unknown-subject, decided where links are known
}

TEST_CASE("hjemport: an event is always an event", "[adapters][hjemport][safety]") {
  SECTION("complete") {
    const Event fall =
        event(R"({"id":"e-1","subject":"u","device":{"id":"SN-3","model":"Pendant"},"time":"2026-11-20T08:02:00+01:00",
        "kind":"fall","text":"hard fall","location":"bathroom","contact":"+47 22 00 00 00"})");
    CHECK(fall.kind == fhir::EventKind::fall);
    CHECK(fall.record_id == "e-1");
    CHECK(fall.subject.id == "u");
    CHECK(fall.device.model == "Pendant");
    CHECK(fall.text == "hard fall");
    CHECK(fall.location == "bathroom");
    CHECK(fall.contact == "+47 22 00 00 00");
  }
  SECTION("without anybody and without time: now, for whoever it is") {
    const Event press = event(R"({"kind":"safety-alarm"})");
    CHECK(press.kind == fhir::EventKind::safety_alarm);
    CHECK(press.subject.id.empty());
    CHECK(press.time.text() == "2026-11-20T10:00:00.000+01:00");
    CHECK(press.text == "(events[0].time: not readable, the time of arrival stands in)");
  }
  SECTION("another spelling of a known kind") {
    CHECK(event(R"({"kind":"SAFETY_ALARM","time":"2026-11-20T08:02:00Z"})").kind == fhir::EventKind::safety_alarm);
    CHECK(event(R"({"kind":"Bed Exit","time":"2026-11-20T08:02:00Z"})").kind == fhir::EventKind::bed_exit);
  }
  SECTION("an unknown kind is a technical event that names it") {
    const Event unknown = event(R"({"kind":"pendant-pulled","time":"2026-11-20T08:02:00Z","text":"hello"})");
    CHECK(unknown.kind == fhir::EventKind::technical);
    CHECK(unknown.text == "hello (unknown event kind \"pendant-pulled\")");
  }
  SECTION("unreadable members do not stop it") {
    const Event broken =
        event(R"({"kind":"fall","id":[],"subject":{},"device":7,"patient":"x","time":"2026-11-20T08:02:00Z",
        "location":{"room":4},"contact":12})");
    CHECK(broken.kind == fhir::EventKind::fall);
    CHECK(broken.record_id.empty());
    CHECK(broken.location == R"({"room":4})");
    CHECK(broken.contact == "12");
    CHECK(broken.text ==
          "(events[0].id: expected a string; events[0].subject: expected a string; "
          "events[0].device: expected an object with id and model; "
          "events[0].patient: expected an object with system and value)");
  }
  SECTION("even when it is no object") {
    const Event broken = event(R"("fall")");
    CHECK(broken.kind == fhir::EventKind::technical);
    CHECK(broken.text.find("events[0].kind: expected a string") != std::string::npos);
  }
  SECTION("measurements in a wrong shape do not hold it up") {
    const Decoded result =
        decoded(R"({"measurements":"none","events":[{"kind":"fall","time":"2026-11-20T08:02:00Z"}]})");
    REQUIRE(result.items.size() == 2);
    CHECK(outcome(result.items[0]) == "undecodable | measurements: expected an array");
    CHECK(outcome(result.items[1]) == "event");
  }
}

TEST_CASE("hjemport: what is no payload of this format is an error as a whole", "[adapters][hjemport]") {
  struct Row {
    const char* name;
    const char* payload;
    const char* error;
  };
  const Row rows[] = {
      {"empty", "", "byte 0: no value"},
      {"no object", "[]", "the document: expected an object with measurements or events"},
      {"nothing of ours", "{}", "the document: expected an array measurements or events"},
      {"both null", R"({"measurements":null,"events":null})", "the document: expected an array measurements or events"},
      {"measurements is an object", R"({"measurements":{}})", "measurements: expected an array"},
      {"events is text", R"({"measurements":[],"events":"x"})", "events: expected an array"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const auto result = test::decode(decode_hjemport, row.payload);
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().category == fhir::ErrorCategory::invalid);
      CHECK(result.error().detail == row.error);
    }
  }
}

TEST_CASE("hjemport: an empty batch is a payload without items", "[adapters][hjemport]") {
  CHECK(decoded(R"({"measurements":[]})").items.empty());
  CHECK(decoded(R"({"measurements":null,"events":[]})").items.empty());
}

TEST_CASE("hjemport: ten thousand readings are ten thousand items", "[adapters][hjemport]") {
  std::string many = with(R"("value":93,"unit":"%")");
  for (int i = 1; i < 10'000; ++i) many += "," + with(R"("value":93,"unit":"%")");
  CHECK(decoded(R"({"measurements":[)" + many + "]}").items.size() == 10'000);
}
