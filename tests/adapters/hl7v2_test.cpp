#include "adapters/hl7v2.hpp"

#include <catch2/catch.hpp>

#include "adapters/hl7v2_message.hpp"
#include "tests/support/decoded_json.hpp"
#include "tests/support/zones.hpp"

using namespace adapters;

namespace {

constexpr const char* header = "MSH|^~\\&|GW|HOME|HP|BODO|20261120083000+0100||ORU^R01^ORU_R01|M1|P|2.6";
const std::string patient = "\rPID|||U-1^^^ORG^PI\rOBR|1||O-1|1^x^L|||20261120082900+0100\r";

std::string message(const std::string& rows, const std::string& head = header) {
  return head + patient + rows + "\r";
}

std::vector<Item> items(const std::string& payload, const Settings& settings = no_settings) {
  static const test::NorwegianZone zone;
  static fhir::JsonDocument scratch;
  auto decoded = decode_hl7v2(payload, Context{zone, fhir::Time{}, scratch, settings});
  INFO((decoded ? "" : decoded.error().detail));
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

Item only(const std::string& row) {
  std::vector<Item> all = items(message(row));
  REQUIRE(all.size() == 1);
  return all[0];
}

std::string said(const Item& item) {
  if (const auto* held = std::get_if<Held>(&item)) return std::string(name(held->reason)) + ": " + held->note;
  if (const auto* ignored = std::get_if<Ignored>(&item)) return std::string(name(ignored->reason)) + ": " + ignored->note;
  const auto& reading = std::get<Measurement>(item);
  static constexpr std::string_view signs[] = {"", "<", "<=", ">=", ">"};
  std::string text(fhir::info(reading.kind).name);
  text.append(" ").append(signs[static_cast<std::size_t>(reading.comparator)]);
  if (reading.text.empty()) text.append(reading.value.text()).append(" ").append(reading.unit);
  return text + reading.text;
}

std::string error(const std::string& payload) {
  const auto decoded = test::decode(decode_hl7v2, payload);
  return decoded ? "" : decoded.error().detail;
}

}  // namespace

TEST_CASE("hl7v2: what was measured is told by number, reference id, LOINC, NPU or SNOMED CT", "[adapters][hl7v2]") {
  struct Row {
    const char* code;
    const char* kind;
    const char* note;
  };
  for (const Row& row : {
           Row{"150456^MDC_PULS_OXIM_SAT_O2^MDC", "oxygen-saturation", ""},
           Row{"150456^^MDC", "oxygen-saturation", ""},
           Row{"150456^Oxygen saturation^MDC", "oxygen-saturation", ""},
           Row{"0^MDC_PULS_OXIM_SAT_O2^MDC", "oxygen-saturation", "the code's number is not that of its reference id MDC_PULS_OXIM_SAT_O2"},
           Row{"149530^MDC_PULS_OXIM_SAT_O2", "oxygen-saturation", "the code's number is not that of its reference id MDC_PULS_OXIM_SAT_O2"},
           Row{"150456^MDC_PULS_OXIM_SAT_O2^2.16.840.1.113883.6.24", "oxygen-saturation", ""},
           Row{"150456^MDC_SAT_O2_VEN^MDC", "unknown", ""},
           Row{"188424^MDC_TEMP_ORAL^MDC", "body-temperature", "MDC_TEMP_ORAL"},
           Row{"2708-6^SpO2^LN", "oxygen-saturation", ""},
           Row{"SPO2^SpO2^L^2708-6^SpO2^LN", "oxygen-saturation", ""},
           Row{"8867-4^HR^LN^149530^MDC_PULS_OXIM_PULS_RATE^MDC", "pulse-rate", ""},
           Row{"8867-4^HR^LN^2708-6^SpO2^LN", "unknown", ""},
           Row{"NPU02187^B-Glucose^NPU", "blood-glucose", ""},
           Row{"27113001^Weight^SCT", "body-weight", ""},
           Row{"2708-6^SpO2^L", "unknown", ""},
           Row{"2708-6", "unknown", ""},
           Row{"", "unknown", ""},
       }) {
    DYNAMIC_SECTION(row.code) {
      const Item item = only("OBX|1|NM|" + std::string(row.code) + "|1|37|%|||||F");
      if (std::string_view(row.kind) == "unknown") {
        CHECK(std::get<Held>(item).reason == QuarantineReason::unknown_kind);
      } else {
        const auto& reading = std::get<Measurement>(item);
        CHECK(fhir::info(reading.kind).name == row.kind);
        CHECK(reading.note == row.note);
      }
    }
  }
}

TEST_CASE("hl7v2: a source's own words for kinds are its aliases", "[adapters][hl7v2]") {
  Settings settings;
  settings.aliases = {{"VEKT", fhir::kinds().body_weight}};
  CHECK(said(items(message("OBX|1|NM|VEKT^Vekt^99ORG||70.5|kg|||||F"), settings).at(0)) == "body-weight 70.5 kg");
}

TEST_CASE("hl7v2: values and units", "[adapters][hl7v2]") {
  struct Row {
    const char* type;
    const char* value;
    const char* unit;
    const char* said;
  };
  for (const Row& row : {
           Row{"NM", "6.10", "mmol/L", "blood-glucose 6.10 mmol/L"},
           Row{"NM", "+6.1", "mmol/L", "blood-glucose 6.1 mmol/L"},
           Row{"NM", "06.1", "mmol/L", "blood-glucose 6.1 mmol/L"},
           Row{"NM", ".9", "mmol/L", "blood-glucose 0.9 mmol/L"},
           Row{"NM", "6.", "mmol/L", "blood-glucose 6 mmol/L"},
           Row{"NM", "6,1", "mmol/L", "undecodable: OBX[1].5: expected a number"},
           Row{"NM", "1e1", "mmol/L", "undecodable: OBX[1].5: expected a number"},
           Row{"NM", ">6.1", "mmol/L", "undecodable: OBX[1].5: expected a number"},
           Row{"NM", "6.1~6.2", "mmol/L", "undecodable: OBX[1].5: more than one value"},
           Row{"NM", "\"\"", "mmol/L", "undecodable: OBX[1].5: missing"},
           Row{"NM", "", "mmol/L", "undecodable: OBX[1].5: missing"},
           Row{"SN", ">^33.3", "mmol/L", "blood-glucose >33.3 mmol/L"},
           Row{"SN", "<=^1.1", "mmol/L", "blood-glucose <=1.1 mmol/L"},
           Row{"SN", "=^6.1", "mmol/L", "blood-glucose 6.1 mmol/L"},
           Row{"SN", "^6.1", "mmol/L", "blood-glucose 6.1 mmol/L"},
           Row{"SN", "<>^6.1", "mmol/L", "undecodable: OBX[1].5: expected a comparator <, <=, > or >="},
           Row{"SN", "^4^-^7", "mmol/L", "undecodable: OBX[1].5: a range or ratio where one number is expected"},
           Row{"ST", "6.1", "mmol/L", "blood-glucose 6.1 mmol/L"},
           Row{"ST", "> 33.3", "mmol/L", "blood-glucose >33.3 mmol/L"},
           Row{"ST", "HI", "mmol/L", "undecodable: OBX[1].5: expected a number"},
           Row{"CWE", "1^high^L", "mmol/L", "undecodable: OBX[1].2: expected a number (NM, SN or ST)"},
           Row{"NM", "6.1", "", "unknown-unit: OBX[1].6: missing"},
           Row{"NM", "6.1", "266866^MDC_DIM_MILLI_MOLE_PER_L^MDC", "blood-glucose 6.1 mmol/L"},
           Row{"NM", "6.1", "0^MDC_DIM_MILLI_MOLE_PER_L^MDC", "blood-glucose 6.1 mmol/L"},
           Row{"NM", "110", "264274^MDC_DIM_SOMETHING^MDC", "blood-glucose 110 MDC_DIM_SOMETHING"},
           Row{"NM", "110", "264274^^MDC", "blood-glucose 110 mg/dL"},
           Row{"NM", "6.1", "mmol/L^mmol/L^UCUM", "blood-glucose 6.1 mmol/L"},
           Row{"NM", "6.1", "^^^mmol/L^^UCUM", "blood-glucose 6.1 mmol/L"},
       }) {
    DYNAMIC_SECTION(row.type << " " << row.value << " " << row.unit) {
      const std::string obx = "OBX|1|" + std::string(row.type) + "|160184^^MDC||" + row.value + "|" + row.unit + "|||||F";
      CHECK(said(only(obx)) == row.said);
    }
  }
}

TEST_CASE("hl7v2: words", "[adapters][hl7v2]") {
  CHECK(said(only("OBX|1|CWE|20454-5^P^LN||1+^+1^L||||||F")) == "urine-protein +1");
  CHECK(said(only("OBX|1|ST|20454-5^P^LN||neg||||||F")) == "urine-protein neg");
  CHECK(said(only("OBX|1|ST|20454-5^P^LN||maybe||||||F")) == "undecodable: OBX[1].5: expected neg, trace or +1 to +4");
  CHECK(said(only("OBX|1|ST|1104441000000107^ACVPU^SCT||V||||||F")) == "consciousness V");
}

TEST_CASE("hl7v2: the result status decides", "[adapters][hl7v2]") {
  struct Row {
    const char* status;
    const char* value;
    const char* said;  // or the note of a reading, after "+"
  };
  for (const Row& row : {
           Row{"F", "97", "+"},
           Row{"", "97", "+"},
           Row{"C", "97", "+"},
           Row{"R", "97", "+result status R, not verified"},
           Row{"P", "97", "+preliminary result"},
           Row{"X", "", "not-a-reading: OBX[1].5: no result, status \"X\""},
           Row{"X", "97", "undecodable: OBX[1].11: a value, and a status that says there is none"},
           Row{"I", "", "not-a-reading: OBX[1].5: no result, status \"I\""},
           Row{"D", "97", "undecodable: OBX[1].11: the sender withdraws a result, which has to be taken back by a person"},
           Row{"W", "", "undecodable: OBX[1].11: the sender withdraws a result, which has to be taken back by a person"},
           Row{"Q", "97", "undecodable: OBX[1].11: expected a result status"},
       }) {
    DYNAMIC_SECTION(row.status << " " << row.value) {
      const Item item = only("OBX|1|NM|2708-6^SpO2^LN||" + std::string(row.value) + "|%|||||" + row.status);
      if (*row.said == '+') {
        CHECK(std::get<Measurement>(item).note == row.said + 1);
      } else {
        CHECK(said(item) == row.said);
      }
      if (const auto* held = std::get_if<Held>(&item)) CHECK(held->subject.id == "U-1");
    }
  }
}

TEST_CASE("hl7v2: demonstration, training and control values never become data of a patient", "[adapters][hl7v2]") {
  for (const char* flag : {"DEMO", "TEST", "N~DEMO", "DEMO^x^y"})
    CHECK(said(only("OBX|1|NM|2708-6^SpO2^LN||97|%||" + std::string(flag) + "|||F")) == "not-a-reading: OBX[1].8: test data");
  for (const char* processing : {"T", "D", "T^A"}) {
    const std::string head = "MSH|^~\\&|GW|HOME|||20261120083000+0100||ORU^R01|M1|" + std::string(processing) + "|2.6";
    CHECK(said(items(message("OBX|1|NM|2708-6^SpO2^LN||97|%|||||F", head)).at(0)).starts_with("not-a-reading: MSH.11"));
  }
  CHECK(said(only("OBX|1|NM|160372^^MDC||5.5|mmol/L|||||F")) == "control-solution: OBX[1].3");
  CHECK(said(only("OBX|1|NM|2708-6^SpO2^LN||97|%||INV|||F")) ==
        "undecodable: OBX[1].8: the device says that the value is not valid, INV");
  CHECK(std::get<Measurement>(only("OBX|1|NM|2708-6^SpO2^LN||97|%||H~QUES|||F")).note == "flag \"H\"; flag \"QUES\"");
}

TEST_CASE("hl7v2: times", "[adapters][hl7v2]") {
  struct Row {
    const char* sent;      // MSH-7
    const char* ordered;   // OBR-7
    const char* measured;  // OBX-14
    const char* utc;       // empty: held
    bool uncertain = false;
  };
  for (const Row& row : {
           Row{"20260714083000", "20260714080000", "", "2026-07-14T06:00:00.000Z"},
           Row{"20260714083000", "20260714080000", "20260714081500.25", "2026-07-14T06:15:00.250Z"},
           Row{"20260714083000", "", "202607140815", "2026-07-14T06:15:00.000Z"},
           Row{"20260714083000", "", "20260714081500-0330", "2026-07-14T11:45:00.000Z"},
           Row{"20260714083000+0000", "", "20260714081500", "2026-07-14T08:15:00.000Z"},
           Row{"20260714083000+0200", "", "20260114081500", "2026-01-14T07:15:00.000Z"},
           Row{"20261025033000", "", "20261025023000", "2026-10-25T00:30:00.000Z", true},
           Row{"20260714083000", "", "20260714", ""},
           Row{"20260714083000", "", "2026071408", ""},
           Row{"20260714083000", "", "20261314081500", ""},
           Row{"20260714083000", "", "20260714081500+2", ""},
           Row{"20260714083000", "", "", ""},
       }) {
    DYNAMIC_SECTION(row.sent << " " << row.ordered << " " << row.measured) {
      const std::string payload = "MSH|^~\\&|GW|HOME|||" + std::string(row.sent) + "||ORU^R01|M1|P|2.6\rPID|||U-1\rOBR|1||O-1||||" +
                                  row.ordered + "\rOBX|1|NM|2708-6^SpO2^LN||97|%|||||F|||" + row.measured + "\r";
      const Item item = items(payload).at(0);
      if (*row.utc == '\0') {
        CHECK(std::get<Held>(item).reason == QuarantineReason::undecodable);
      } else {
        CHECK(fhir::utc_millis_text(std::get<Measurement>(item).time.utc) == row.utc);
        CHECK(std::get<Measurement>(item).time_uncertain == row.uncertain);
      }
    }
  }
}

TEST_CASE("hl7v2: whom PID-3 names", "[adapters][hl7v2]") {
  const char* const number = "13816590072";
  struct Row {
    std::string identifiers;
    const char* subject;
    const char* national;
    const char* fault = "";
  };
  for (const Row& row : {
           Row{"U-1", "U-1", ""},
           Row{"U-1^^^ORG^PI~U-2^^^X^MR", "U-1", ""},
           Row{std::string(number) + "^^^&2.16.578.1.12.4.1.4.1&ISO", "", number},
           Row{std::string(number) + "^^^2.16.578.1.12.4.1.4.1", "", number},
           Row{std::string(number) + "^^^^FNR", "", number},
           Row{std::string(number) + "^^^^NNNOR", "", number},
           Row{number, "", number},
           Row{std::string(number) + "^^^ORG^PI", number, ""},
           Row{"U-1^^^ORG^PI~" + std::string(number) + "^^^^FNR", "U-1", number},
           Row{"13816590073^^^^FNR", "", "13816590073"},  // the gateway holds it: invalid-identifier
           Row{"13816590073", "13816590073", ""},
           Row{std::string(number) + "^^^^FNR~17816550068^^^^FNR", "", number, "ambiguous-subject"},
           Row{std::string(number) + "^^^^FNR~" + number + "^^^^FNR", "", number},
           Row{"", "DEV-1", ""},
       }) {
    DYNAMIC_SECTION(row.identifiers) {
      const std::string payload = std::string(header) + "\rPID|||" + row.identifiers +
                                  "\rOBR|1||O-1||||20261120082900\rOBX|1|NM|2708-6^SpO2^LN||97|%|||||F|||||||DEV-1\r";
      const Item item = items(payload).at(0);
      const auto* held = std::get_if<Held>(&item);
      const Subject& subject = held != nullptr ? held->subject : std::get<Measurement>(item).subject;
      CHECK(subject.id == row.subject);
      CHECK((subject.patient ? subject.patient->value : "") == row.national);
      CHECK(std::string(held != nullptr ? name(held->reason) : "") == row.fault);
      if (held != nullptr) CHECK(held->note.find("138165") == std::string::npos);
    }
  }
}

TEST_CASE("hl7v2: several patients of one message stay apart", "[adapters][hl7v2]") {
  const auto all = items(std::string(header) +
                         "\rPID|||U-1\rOBR|1||O-1||||20261120082900\rOBX|1||528391^x^MDC|1.0.0.0|||||||X|||||||DEV-1"
                         "\rOBX|2|NM|8480-6^S^LN|1.0.1|120|mm[Hg]|||||F"
                         "\rPID|||U-2\rOBR|1||O-2||||20261120082900\rOBX|3|NM|8462-4^D^LN|1.0.1|80|mm[Hg]|||||F\r");
  REQUIRE(all.size() == 2);
  CHECK(std::get<Held>(all[0]).subject.id == "U-1");
  CHECK(std::get<Held>(all[1]).subject.id == "U-2");
  CHECK(std::get<Held>(all[1]).device.id.empty());
  CHECK(std::get<Held>(all[1]).note == "a blood pressure without systolic of the same device, order and time");
}

TEST_CASE("hl7v2: rows of one blood pressure are one reading", "[adapters][hl7v2]") {
  const auto row = [](const char* code, const char* sub_id, const char* value, const char* time = "20261120082900") {
    return "OBX|1|NM|" + std::string(code) + "^x^LN|" + sub_id + "|" + value + "|mm[Hg]|||||F|||" + time + "\r";
  };
  const char *const systolic = "8480-6", *const diastolic = "8462-4", *const mean = "8478-0";
  struct Row {
    const char* name;
    std::string rows;
    std::vector<std::string> expected;
  };
  for (const Row& one : {
           Row{"one", row(systolic, "", "120") + row(diastolic, "", "80"), {"120 80"}},
           Row{"the other way round, with a mean", row(mean, "", "93") + row(diastolic, "", "80") + row(systolic, "", "120"), {"120 80 93"}},
           Row{"numbered rows", row(systolic, "1", "120") + row(diastolic, "2", "80"), {"120 80"}},
           Row{"two by OBX-4, mixed", row(systolic, "1", "120") + row(systolic, "2", "130") + row(diastolic, "2", "90") + row(diastolic, "1", "80"),
               {"120 80", "130 90"}},
           Row{"two by time", row(systolic, "", "120", "202611200829") + row(diastolic, "", "80", "202611200829") +
                                  row(systolic, "", "130", "202611200830") + row(diastolic, "", "90", "202611200830"),
               {"120 80", "130 90"}},
           Row{"two that cannot be told apart", row(systolic, "", "120") + row(diastolic, "", "80") + row(systolic, "", "130") + row(diastolic, "", "90"),
               {"held", "held", "held", "held"}},
           Row{"half", row(systolic, "", "120"), {"held"}},
           Row{"one number broken", row(systolic, "", "120") + row(diastolic, "", "8o"), {"held"}},
           Row{"in two channels", row(systolic, "1.0.1.1", "120") + row(diastolic, "1.0.2.1", "80"), {"held", "held"}},
       }) {
    DYNAMIC_SECTION(one.name) {
      std::vector<std::string> found;
      for (const Item& item : items(message(one.rows))) {
        std::string text;
        if (const auto* reading = std::get_if<Measurement>(&item)) {
          for (const Component& part : reading->components) text += (text.empty() ? "" : " ") + part.value.text();
        } else {
          text = "held";
        }
        found.push_back(text);
      }
      CHECK(found == one.expected);
    }
  }
}

TEST_CASE("hl7v2: a blood pressure has one record id in whatever order and company its rows come", "[adapters][hl7v2]") {
  const auto row = [](const char* code, const char* sub_id, const char* value) {
    return "OBX|1|NM|" + std::string(code) + "^x^LN|" + sub_id + "|" + value + "|mm[Hg]|||||F\r";
  };
  const auto id = [](const std::string& rows) { return std::get<Measurement>(items(message(rows)).at(0)).record_id; };
  CHECK(id(row("8480-6", "1", "120") + row("8462-4", "2", "80")) == id(row("8462-4", "2", "80") + row("8480-6", "1", "120")));
  CHECK(id(row("8480-6", "a", "120") + row("8462-4", "a", "80")) ==
        id(row("8480-6", "a", "120") + row("8480-6", "b", "130") + row("8462-4", "a", "80") + row("8462-4", "b", "90")));
  CHECK(id(row("8480-6", "1.0.1.1", "120") + row("8462-4", "1.0.1.2", "80")) !=
        id(row("8480-6", "1.0.2.1", "120") + row("8462-4", "1.0.2.2", "80")));
}

TEST_CASE("hl7v2: the same reading keeps its record id in another message, and a correction has it too", "[adapters][hl7v2]") {
  const auto id = [](const std::string& head, const char* status, const char* time) {
    const Item item = items(message("OBX|1|NM|2708-6^SpO2^LN|1|97|%|||||" + std::string(status) + "|||" + time, head)).at(0);
    return std::get<Measurement>(item).record_id;
  };
  const std::string other = "MSH|^~\\&|GW|HOME|||20261120093000+0100||ORU^R01|M2|P|2.6";
  const std::string first = id(header, "R", "20261120082900+0100");
  CHECK(!first.empty());
  CHECK(id(other, "R", "20261120082900+0100") == first);
  CHECK(id(other, "C", "20261120072900+0000") == first);
  CHECK(id(other, "R", "20261120082901+0100") != first);
  // Minutes do not tell readings apart; the order, which both have here, does.
  CHECK(id(other, "C", "202611200829+0100") == id(header, "R", "202611200829+0100"));
  CHECK(id(header, "R", "202611200829+0100").ends_with("#O-1"));
  const auto version = [](const std::string& head) {
    return std::get<Measurement>(items(message("OBX|1|NM|2708-6^SpO2^LN|1|97|%|||||F", head)).at(0)).version;
  };
  CHECK(version(header) == "2026-11-20T08:30:00+01:00");
  CHECK(version(other) == "2026-11-20T09:30:00+01:00");
}

TEST_CASE("hl7v2: separators are the message's own, and escapes are resolved", "[adapters][hl7v2]") {
  const Hl7Separators usual;
  struct Row {
    const char* raw;
    const char* text;
  };
  for (const Row& row : {Row{"a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"}, Row{"\\X41C3B8\\", "A\xc3\xb8"},
                         Row{"\\XFF\\", "?"}, Row{"\\X4\\", ""}, Row{"a\\.br\\b", "a b"}, Row{"\\H\\a\\N\\", "a"},
                         Row{"a\\b", "a\\b"}, Row{"a\\", "a\\"}, Row{"\"\"", ""}, Row{"", ""}})
    CHECK(hl7_text(row.raw, usual) == row.text);
  const std::string odd =
      "MSH;:!?%;GW;HOME;;;20261120083000+0100;;ORU:R01;M1;P;2.6\nPID;;;U-1\nOBR;1;;O-1;;;;20261120082900\n"
      "OBX;1;NM;2708-6:SpO2:LN;;97;%;;;;;F\n";
  CHECK(said(items(odd).at(0)) == "oxygen-saturation 97 %");
}

TEST_CASE("hl7v2: character sets", "[adapters][hl7v2]") {
  const auto payload = [](const char* charset, const char* name) {
    return message("OBX|1|NM|2708-6^x^LN||97|%|||||F||||||^" + std::string(name),
                   std::string("MSH|^~\\&|GW|HOME|||20261120083000+0100||ORU^R01|M1|P|2.6||||||") + charset);
  };
  const auto note = [](const Item& item) { return std::get<Measurement>(item).note; };
  CHECK(note(items(payload("8859/1", "st\xf8tte")).at(0)) == "method st\xc3\xb8tte");
  CHECK(note(items(payload("UNICODE UTF-8", "st\xc3\xb8tte")).at(0)) == "method st\xc3\xb8tte");
  CHECK(note(items(payload("", "st\xc3\xb8tte")).at(0)) == "method st\xc3\xb8tte");
  CHECK(error(payload("", "st\xf8tte")) == "MSH.18: the text is not of this character set");
  CHECK(error(payload("ISO IR87", "x")) == "MSH.18: expected UNICODE UTF-8, 8859/1 or ASCII");
}

TEST_CASE("hl7v2: what is no message of results", "[adapters][hl7v2]") {
  CHECK(error("hello") == "the document: expected a message, beginning with MSH");
  CHECK(error("PID|||1\rMSH|^~\\&|\r") == "the document: expected a message, beginning with MSH");
  CHECK(error("MSH") == "MSH.1: expected a field separator");
  CHECK(error("MSH|^~^&|") == "MSH.2: expected four different separators, as in ^~\\&");
  CHECK(error("MSH|^~|") == "MSH.2: expected four different separators, as in ^~\\&");
  CHECK(error("MSH|^~\\&|A|B|||2026||ADT^A01|1|P|2.6\r") == "MSH.9: expected ORU^R01, found \"ADT\" \"A01\"");
  CHECK(error("FHS|^~\\&\rBHS|^~\\&\r" + message("") + "BTS|1\r") == "the batch: cut off, expected BTS or FTS at its end");
  CHECK(error("BTS|1\r" + message("")) == "the batch: it ends without having begun");
  const auto alarm = items("MSH|^~\\&|A|B|||20261120083000||ORU^R40^ORU_R40|1|P|2.6\rPID|||U-9\rOBR|1\r");
  REQUIRE(alarm.size() == 1);
  CHECK(said(alarm[0]) == "unknown-kind: MSH.9: ORU^R40, the alarm of a device (IHE PCD-04), is not read");
  CHECK(std::get<Held>(alarm[0]).subject.id == "U-9");
  const auto empty = items(std::string(header) + "\rPID|||U-1\r");
  REQUIRE(empty.size() == 1);
  CHECK(said(empty[0]) == "not-a-reading: MSH: a message without a result");
}

TEST_CASE("hl7v2: a message of more results than any holds is too large", "[adapters][hl7v2]") {
  std::string rows;
  for (std::size_t i = 0; i <= most_items; ++i) rows += "OBX|1|NM\r";
  const auto decoded = test::decode(decode_hl7v2, message(rows));
  REQUIRE(!decoded.has_value());
  CHECK(decoded.error().category == fhir::ErrorCategory::too_large);
}

TEST_CASE("hl7v2: a hundred thousand rows and a field of megabytes take no time to speak of", "[adapters][hl7v2]") {
  std::string rows;
  for (int i = 0; i < 100'000; ++i) rows += "OBX|1|NM|8480-6^x^LN|1." + std::to_string(i) + ".1|120|mm[Hg]|||||F\r";
  CHECK(items(message(rows)).size() == 100'000);
  CHECK(items(message("OBX|1|NM|2708-6^" + std::string(8'000'000, '~') + "^LN||97|%|||||F")).size() == 1);
  CHECK(items(message("OBX|1|NM|2708-6^x^LN||97|%||" + std::string(8'000'000, '~') + "|||F")).size() == 1);
}

TEST_CASE("hl7v2: acknowledgements", "[adapters][hl7v2]") {
  using What = Fate::What;
  const fhir::Time now{std::chrono::seconds{1'795'165'200}};
  const auto ack = [&](const std::string& payload, Fate fate) {
    const Reply reply = acknowledge_hl7v2(payload, fate, now, no_settings);
    CHECK(reply.content_type == "application/hl7-v2");
    return reply.body;
  };
  const std::string one = message("OBX|1|NM|2708-6^SpO2^LN||97|%|||||F");
  CHECK(ack(one, {What::stored, {}, 0}) ==
        "MSH|^~\\&|HP|BODO|GW|HOME|20261120090000.000+0000||ACK^R01^ACK|HP1795165200000000-1|P|2.6\rMSA|AA|M1\r");
  CHECK(ack(one, {What::stored, {}, 2}).ends_with(
      "MSA|AA|M1\rERR|||0^Message accepted^HL70357|W||||2 kept for a person to look at\r"));
  CHECK(ack(one, {What::refused, "too much is waiting | try again", 0}).ends_with(
      "MSA|AR|M1\rERR|||207^Application internal error^HL70357|E||||too much is waiting \\F\\ try again\r"));
  CHECK(ack(one, {What::undecodable, "MSH.9: expected ORU^R01", 0}).ends_with(
      "MSA|AE|M1\rERR|||200^Unsupported message type^HL70357|E||||MSH.9: expected ORU\\S\\R01\r"));
  CHECK(ack("rubbish", {What::undecodable, "the document: expected a message", 0}).find("\rMSA|AE|\rERR|||102^") !=
        std::string::npos);

  SECTION("the sender's conditions") {
    struct Row {
      const char* accept_application;
      bool on_success, on_error;
    };
    for (const Row& row : {Row{"|", true, true}, Row{"AL|NE", true, true}, Row{"NE|AL", true, true},
                           Row{"NE|NE", false, false}, Row{"ER|NE", false, true}, Row{"|SU", true, false}}) {
      INFO(row.accept_application);
      const std::string payload =
          message("", "MSH|^~\\&|GW|HOME|||20261120083000||ORU^R01|M1|P|2.6|||" + std::string(row.accept_application));
      CHECK(ack(payload, {What::stored, {}, 0}).empty() != row.on_success);
      CHECK(ack(payload, {What::refused, "busy", 0}).empty() != row.on_error);
    }
  }
  SECTION("one for each message of a batch, as a batch") {
    const std::string second = "MSH#*~\\&#A#B###20261120083000##ORU*R01#M2#P#2.5\r";
    CHECK(ack("FHS|^~\\&\r" + one + second + "FTS\r", {What::stored, {}, 0}) ==
          "BHS|^~\\&\rMSH|^~\\&|HP|BODO|GW|HOME|20261120090000.000+0000||ACK^R01^ACK|HP1795165200000000-1|P|2.6\rMSA|AA|M1\r"
          "MSH#*~\\&###A#B#20261120090000.000+0000##ACK*R01*ACK#HP1795165200000000-2#P#2.5\rMSA#AA#M2\rBTS\r");
  }
  SECTION("what is echoed ends no segment") {
    const std::string payload = "MSH|^~\\&|G\x0bW|HOME|||20261120083000||ORU^R01|M\x1c" + std::string(1000, '1') + "|P|2.6\r";
    const std::string answer = ack(payload, {What::stored, {}, 0});
    CHECK(answer.find_first_of("\x0b\x1c") == std::string::npos);
    CHECK(answer.size() < 700);
  }
}
