#include "adapters/opentele.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_opentele, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

std::string upload(const std::string& output, const std::string& members = R"("PatientId":17,)") {
  return R"({"QuestionnaireId":42,"date":"2024-05-14T06:31:07Z",)" + members + R"("output":[)" + output + "]}";
}

std::string variable(const std::string& name, const std::string& value) {
  return R"({"name":")" + name + R"(","type":"Any","value":)" + value + "}";
}

std::string described(const Item& item) {
  if (const auto* reading = std::get_if<Measurement>(&item)) {
    std::string text(fhir::info(reading->kind).name);
    if (reading->components.empty())
      text += " " + reading->value.text() + " " + (reading->text.empty() ? reading->unit : reading->text);
    for (const Component& component : reading->components) text += " " + component.value.text();
    return text;
  }
  if (const auto* held = std::get_if<Held>(&item)) return std::string(name(held->reason)) + ": " + held->note;
  return std::string(name(std::get<Ignored>(item).reason)) + ": " + std::get<Ignored>(item).note;
}

std::string all_described(const std::string& payload) {
  std::string text;
  for (const Item& item : items(payload)) text += (text.empty() ? "" : "; ") + described(item);
  return text;
}

std::string memory(const std::string& entry) {
  return upload(variable("77.BS", R"({"serialNumber":"AC-1","measurements":[)" + entry + "]}"));
}

std::string events(const std::string& entry) {
  return upload(variable("78.CGM", R"({"deviceId":"NAV-1","events":[)" + entry + "]}"));
}

}  // namespace

TEST_CASE("opentele: every meter type", "[adapters][opentele]") {
  struct Row {
    const char* name;
    std::string output;
    const char* expected;
  };
  const Row rows[] = {
      {"blood pressure alone", variable("1.BP#SYSTOLIC", "132") + "," + variable("1.BP#DIASTOLIC", "84"),
       "blood-pressure 132 84"},
      {"pulse alone", variable("1.BP#PULSE", "71"), "pulse-rate 71 /min"},
      {"mean pressure alone", variable("1.BP#MEAN_ARTERIAL_PRESSURE", "100"),
       "undecodable: output: \"BP\" without SYSTOLIC"},
      {"half a pressure and a pulse", variable("1.BP#SYSTOLIC", "132") + "," + variable("1.BP#PULSE", "71"),
       "undecodable: output: \"BP\" without DIASTOLIC; pulse-rate 71 /min"},
      {"saturation", variable("1.SAT#SATURATION", "93"), "oxygen-saturation 93 %"},
      {"weight as text", variable("1.WEIGHT", "\"74.50\""), "body-weight 74.50 kg"},
      {"temperature", variable("1.TEMPERATURE", "37.2"), "body-temperature 37.2 Cel"},
      {"haemoglobin", variable("1.HEMOGLOBIN", "13.1"), "haemoglobin 13.1 g/dL"},
      {"CRP", variable("1.CRP", "12"), "crp 12 mg/L"},
      {"ratio as fraction", variable("1.LF#FEV1_FEV6_RATIO", "0.632"), "fev1-fev6-ratio 0.632 1"},
      {"ratio as percentage", variable("1.LF#FEV1_FEV6_RATIO", "63"), "fev1-fev6-ratio 63 %"},
      {"mid flow", variable("1.LF#FEF2575", "2.4"), "fef-25-75 2.4 L/s"},
      {"no known field of a meter", variable("1.LF#FEV_SOFTWARE_VERSION", "9"),
       "undecodable: output: \"LF\" without any known field"},
      {"trace", variable("1.CTG#FHR", "\"[140.0]\""), "not-a-reading: \"1.CTG\": not a reading"},
      {"choice", variable("1.DECISION", "true"), "not-a-reading: \"1.DECISION\": not a reading"},
      {"input", variable("1.FIELD", "\"fine\""), "not-a-reading: \"1.FIELD\": not a reading"},
      {"unlisted", variable("1.AURA", "5"), "unknown-kind: output: unknown variable \"AURA\""},
      {"a listed name is not a prefix", variable("1.BPX#SYSTOLIC", "132"),
       "unknown-kind: output: unknown variable \"BPX\""},
      {"text that is no number", variable("1.WEIGHT", "\"74,5\""),
       "undecodable: output[0].value: expected a number of at most 18 digits"},
      {"an object for a number", variable("1.WEIGHT", "{}"), "undecodable: output[0].value: expected a number"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(all_described(upload(row.output)) == row.expected);
    }
  }
}

TEST_CASE("opentele: the ordinals of protein and glucose differ and their grades agree", "[adapters][opentele]") {
  const char* protein[] = {"0 Neg.", "0.5 +/-", "1 +1", "2 +2", "3 +3", "4 +4"};
  const char* glucose[] = {"0 Neg.", "1 +1", "2 +2", "3 +3", "4 +4"};
  for (int i = 0; i < 6; ++i)
    CHECK(all_described(upload(variable("1.URINE", std::to_string(i)))) == std::string("urine-protein ") + protein[i]);
  for (int i = 0; i < 5; ++i)
    CHECK(all_described(upload(variable("1.URINE_GLUCOSE", std::to_string(i)))) ==
          std::string("urine-glucose ") + glucose[i]);
  for (const char* wrong : {"6", "-1", "1.5", "\"+1\"", "true", "1e30"})
    CHECK(all_described(upload(variable("1.URINE", wrong))) == "undecodable: output[0].value: no ordinal of the strip");
  CHECK(all_described(upload(variable("1.URINE_GLUCOSE", "5"))) ==
        "undecodable: output[0].value: no ordinal of the strip");
}

TEST_CASE("opentele: names are split exactly on the hash", "[adapters][opentele]") {
  // "FEV1" is inside "FEV1_FEV6_RATIO": the original's substring test depends on the order of its questions.
  CHECK(all_described(upload(variable("9.LF#FEV1_FEV6_RATIO", "0.6") + "," + variable("9.LF#FEV1", "3.6"))) ==
        "fev1 3.6 L; fev1-fev6-ratio 0.6 1");
  CHECK(all_described(upload(variable("WEIGHT", "74"))) == "undecodable: output[0].name: expected {node}.{VARIABLE}");
  CHECK(all_described(upload(variable("1.", "74"))) == "undecodable: output[0].name: expected {node}.{VARIABLE}");
  CHECK(all_described(upload(R"({"name":7,"value":1})")) == "undecodable: output[0].name: expected a string");
  CHECK(all_described(upload("true")) == "undecodable: output[0]: expected an object");
}

TEST_CASE("opentele: nodes keep the order of their first variable", "[adapters][opentele]") {
  CHECK(all_described(upload(variable("2.CRP#SEVERITY", "\"GREEN\"") + "," + variable("1.WEIGHT", "74") + "," +
                             variable("2.CRP", "12"))) == "crp 12 mg/L; body-weight 74 kg");
}

TEST_CASE("opentele: a cancelled node is one ignored item whatever it holds", "[adapters][opentele]") {
  const std::string pressure = variable("1.BP#SYSTOLIC", "132") + "," + variable("1.BP#DIASTOLIC", "84") + ",";
  CHECK(all_described(upload(pressure + variable("1.BP##CANCEL", "true"))) ==
        "cancelled: \"1.BP\": omitted by the patient");
  CHECK(all_described(upload(pressure + variable("1.BP##CANCEL", "\"true\""))) ==
        "cancelled: \"1.BP\": omitted by the patient");
  CHECK(all_described(upload(pressure + variable("1.BP##CANCEL", "false"))) == "blood-pressure 132 84");
  CHECK(all_described(upload(pressure + variable("1.BP##CANCEL", "null"))) == "blood-pressure 132 84");
  CHECK(all_described(upload(pressure + variable("1.BP##CANCEL", "1"))) ==
        "undecodable: output[2].value: expected true or false");
  CHECK(all_described(upload(variable("1.WEIGHT", "74") + "," + variable("1.WEIGHT#CANCEL", "true"))) ==
        "cancelled: \"1.WEIGHT\": omitted by the patient");
}

TEST_CASE("opentele: null values are dropped, and a node of nothing else is said to be empty", "[adapters][opentele]") {
  CHECK(all_described(upload(variable("1.WEIGHT", "null"))) == "not-a-reading: \"1.WEIGHT\": no value");
  CHECK(all_described(upload(variable("1.BP##SEVERITY", "\"GREEN\""))) == "not-a-reading: \"1.BP\": no value");
  CHECK(all_described(upload(variable("1.BP#SYSTOLIC", "132") + "," + variable("1.BP#DIASTOLIC", "null"))) ==
        "undecodable: output: \"BP\" without DIASTOLIC");
}

TEST_CASE("opentele: a variable given twice is held beside the first", "[adapters][opentele]") {
  CHECK(all_described(upload(variable("1.CRP", "3") + "," + variable("1.CRP", "40"))) ==
        "crp 3 mg/L; undecodable: output[1].name: this variable is given twice");
}

TEST_CASE("opentele: note and severity are shown, GREEN is not worth it", "[adapters][opentele]") {
  const auto note = [](const std::string& extra) {
    return std::get<Measurement>(items(upload(variable("4.TEMPERATURE", "38.9") + "," + extra))[0]).note;
  };
  CHECK(note(variable("4.TEMPERATURE#NOTE", "\"after\\na walk\"")) == "after a walk");
  CHECK(note(variable("4.TEMPERATURE#SEVERITY", "\"RED\"")) == "questionnaire severity RED");
  CHECK(note(variable("4.TEMPERATURE#SEVERITY", "\"GREEN\"")).empty());
}

TEST_CASE("opentele: the subject is PatientId, else the node's device, else nobody", "[adapters][opentele]") {
  const auto subject = [](const std::string& payload) { return std::get<Measurement>(items(payload)[0]).subject.id; };
  const std::string weight = variable("3.WEIGHT", "74.5");
  const std::string device = variable("3.WEIGHT#DEVICE_ID", "\"SCALE-7\"");
  CHECK(subject(upload(weight + "," + device, R"("PatientId":17,)")) == "17");
  CHECK(subject(upload(weight + "," + device, R"("PatientId":"p-17",)")) == "p-17");
  CHECK(subject(upload(weight + "," + device, "")) == "SCALE-7");
  CHECK(subject(upload(weight, "")).empty());
}

TEST_CASE("opentele: the upload's time stands in, and is marked so", "[adapters][opentele]") {
  const auto one = std::get<Measurement>(items(upload(variable("3.WEIGHT", "74.5")))[0]);
  CHECK(one.time.text() == "2024-05-14T06:31:07Z");
  CHECK(one.time_uncertain);
  CHECK(one.record_id.empty());  // QuestionnaireId is the form, not the answer

  const auto glucose =
      std::get<Measurement>(items(memory(R"({"timeOfMeasurement":"2024-05-14T07:10:00.000+02:00","result":6.4})"))[0]);
  CHECK(glucose.time.text() == "2024-05-14T07:10:00.000+02:00");
  CHECK_FALSE(glucose.time_uncertain);
}

TEST_CASE("opentele: a meter's memory is keyed by the measured instant however it is written", "[adapters][opentele]") {
  const auto key = [](const char* time) {
    return std::get<Measurement>(
               items(memory(std::string(R"({"timeOfMeasurement":")") + time + R"(","result":6.4})"))[0])
        .record_id;
  };
  CHECK(key("2024-05-14T07:10:00.000+02:00") == "2024-05-14T05:10:00.000Z");
  CHECK(key("2024-05-14T05:10:00Z") == "2024-05-14T05:10:00.000Z");
  CHECK(key("2024-05-14T07:10:00") == "2024-05-14T05:10:00.000Z");
}

TEST_CASE("opentele: readings of a meter's memory that are none", "[adapters][opentele]") {
  const std::string place = "output[0].value.measurements[0]";
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"({"timeOfMeasurement":"2024-05-14T05:10:00Z","result":5.1,"isControlMeasurement":true})",
       "control-solution: " + place + ".isControlMeasurement: control solution"},
      {R"({"timeOfMeasurement":"2024-05-14T05:10:00Z","result":5.1,"isControlMeasurement":"true"})",
       "undecodable: " + place + ".isControlMeasurement: expected true or false"},
      {R"({"timeOfMeasurement":"2024-05-14T05:10:00Z","result":33.3,"isOutOfBounds":true})",
       "implausible: " + place + ".isOutOfBounds: outside the meter's range, HI or LO"},
      {R"({"result":5.1})",
       "undecodable: " + place + ".timeOfMeasurement: expected a date and time such as 2026-11-20T08:00:00+01:00"},
      {R"({"timeOfMeasurement":"2024-05-14T05:10:00Z"})", "undecodable: " + place + ".result: missing"},
      {"7", "undecodable: " + place + ": expected an object"}};
  for (const auto& [entry, expected] : rows) {
    DYNAMIC_SECTION(entry) {
      CHECK(all_described(memory(entry)) == expected);
    }
  }
  CHECK(all_described(memory("")) == "not-a-reading: output[0].value.measurements: empty");
  CHECK(all_described(upload(variable("77.BS", "6.4"))) == "undecodable: output[0].value: expected an object");
  CHECK(all_described(upload(variable("77.BS", "{}"))) ==
        "undecodable: output[0].value.measurements: expected an array");
  CHECK(all_described(upload(variable("77.BS#DEVICE_ID", "\"AC-1\""))) == "not-a-reading: \"77.BS\": no value");
}

TEST_CASE("opentele: CGM events", "[adapters][opentele]") {
  const auto event = [](const std::string& type, const std::string& value = R"("glucoseValueInmmolPerl":"3.1",)") {
    return events(R"({"eventType":")" + type + "\"," + value +
                  R"("recordId":2001,"eventTime":"2014-11-24T14:08:53.691+01:00"})");
  };
  CHECK(all_described(event("ContinuousBloodSugarMeasurement")) == "interstitial-glucose 3.1 mmol/L");
  CHECK(all_described(event("CoulometerReadingEvent")) == "blood-glucose 3.1 mmol/L");
  for (const char* type :
       {"HypoAlarmEvent", "HyperAlarmEvent", "ImpendingHypoAlarmEvent", "ImpendingHyperAlarmEvent"}) {
    CHECK(all_described(event(type)) == "interstitial-glucose 3.1 mmol/L");
    CHECK(std::get<Measurement>(items(event(type))[0]).note == type);
  }
  for (const char* type : {"InsulinEvent", "MealEvent", "ExerciseEvent", "StateOfHealthEvent", "GenericEvent"})
    CHECK(all_described(event(type, "")) == std::string("not-a-reading: ") + type);
  CHECK(all_described(event("TeaEvent")) ==
        "unknown-kind: output[0].value.events[0].eventType: unknown type \"TeaEvent\"");
  CHECK(all_described(event("HypoAlarmEvent", "")) ==
        "undecodable: output[0].value.events[0].glucoseValueInmmolPerl: missing");

  // Records are counted by the device; a new device must not overwrite the old one's.
  CHECK(std::get<Measurement>(items(event("HypoAlarmEvent"))[0]).record_id == "NAV-1/2001");
}

TEST_CASE("opentele: what is no questionnaire upload is an error as a whole", "[adapters][opentele]") {
  struct Row {
    const char* payload;
    const char* error;
  };
  for (const Row& row :
       {Row{"[]", "the document: expected a questionnaire upload"},
        Row{R"({"date":"2024-05-14T06:31:07Z"})", "output: expected an array"},
        Row{R"({"output":[]})", "date: expected a date and time such as 2026-11-20T08:00:00+01:00"},
        Row{R"({"output":[],"date":"yesterday"})", "date: expected a date and time such as 2026-11-20T08:00:00+01:00"},
        Row{R"({"output":[],"date":"2024-05-14T06:31:07Z","PatientId":{}})", "PatientId: expected a string"}}) {
    DYNAMIC_SECTION(row.payload) {
      const auto decoded = test::decode(decode_opentele, row.payload);
      REQUIRE_FALSE(decoded.has_value());
      CHECK(decoded.error().detail == row.error);
    }
  }
  CHECK(items(upload("")).empty());
}

TEST_CASE("opentele: ten thousand nodes, and ten thousand readings of one memory, are all answered",
          "[adapters][opentele]") {
  std::string nodes = variable("0.WEIGHT", "74");
  std::string entries = R"({"timeOfMeasurement":"2024-05-14T05:10:00Z","result":6.4})";
  const std::string entry = entries;
  for (int i = 1; i < 10'000; ++i) {
    nodes += "," + variable(std::to_string(i) + ".WEIGHT", "74");
    entries += "," + entry;
  }
  CHECK(items(upload(nodes)).size() == 10'000);
  CHECK(items(memory(entries)).size() == 10'000);
}
