// The adapters medication and supervision.
#include <catch2/catch.hpp>

#include "adapters/medication.hpp"
#include "adapters/supervision.hpp"
#include "tests/support/items.hpp"

using namespace adapters;
using test::only;
using test::outcome;

namespace {

std::string payload(const std::string& members) {
  return R"({"events":[{"time":"2026-11-20T08:00:00+01:00","subject":"u",)" + members + "}]}";
}

Event medication(const std::string& members) {
  return std::get<Event>(only(decode_medication, payload(members)));
}
Event supervision(const std::string& members) {
  return std::get<Event>(only(decode_supervision, payload(members)));
}

std::string_view kind(const Event& event) {
  return fhir::info(event.kind).name;
}

}  // namespace

TEST_CASE("medication: names", "[adapters][medication]") {
  struct Row {
    const char *name, *kind, *dispense;
  };
  for (const Row& row : {Row{"dispensed", "medication-dispensed", "1"},
                         Row{"dispensed-unassisted", "medication-dispensed", "1.1"},
                         Row{"Dispensed_Assisted", "medication-dispensed", "1.2"},
                         Row{"dispensed-as-needed", "medication-dispensed", "1.3"},
                         Row{"travel-dispensed", "medication-dispensed", "2"},
                         Row{"travel-dispensed-unassisted", "medication-dispensed", "2.1"},
                         Row{"travel-dispensed-assisted", "medication-dispensed", "2.2"},
                         Row{"message-read", "medication-dispensed", "3"},
                         Row{"medication-dispensed", "medication-dispensed", "1"},
                         Row{"missed", "medication-missed", ""},
                         Row{"not dispensed", "medication-missed", ""},
                         Row{"shortage", "medication-shortage", ""},
                         Row{"unconfirmed", "medication-unconfirmed", ""},
                         Row{"roll-fault", "roll-fault", ""},
                         Row{"soon-empty", "medication-soon-empty", ""},
                         Row{"low-battery", "dispenser-low-battery", ""},
                         Row{"break-in", "dispenser-break-in", ""},
                         Row{"medication-missed", "medication-missed", ""},
                         Row{"battery-ok", "battery-ok", ""},
                         Row{"something else", "medication-alarm", ""}}) {
    DYNAMIC_SECTION(row.name) {
      const Event event = medication(R"("event":")" + std::string(row.name) + "\"");
      CHECK(kind(event) == row.kind);
      CHECK(event.dispense == row.dispense);
    }
  }
}

TEST_CASE("medication: every alert code below 1 is reached, by text and by number", "[adapters][medication]") {
  for (int i = 0; i <= 23; ++i) {
    const std::string code = i == 0 ? "1" : "1." + std::to_string(i);
    INFO(code);
    CHECK(fhir::info(medication(R"("code":")" + code + "\"").kind).vkp_alert_code == code);
    CHECK(fhir::info(medication("\"code\":" + code).kind).vkp_alert_code == code);
  }
}

TEST_CASE("medication: where name and code disagree a person is called", "[adapters][medication]") {
  CHECK(kind(medication(R"("event":"missed","code":"1.12")")) == "medication-missed");
  CHECK(kind(medication(R"("event":"soon-empty","code":"1.1")")) == "medication-missed");
  const Event not_given = medication(R"("event":"dispensed","code":"1.1")");
  CHECK(kind(not_given) == "medication-missed");
  CHECK(not_given.dispense.empty());
  CHECK(not_given.text == "(event and code disagree)");
  CHECK(kind(medication(R"("event":"heartbeat","code":"1.1")")) == "medication-missed");
}

TEST_CASE("medication: an alarm goes on whatever is wrong with it, a dose is held", "[adapters][medication]") {
  for (const char* broken : {R"("id":[])", R"("device":7)", R"("patient":"x")", R"("patient":{"system":"a"})", R"("medication":7)",
                             R"("dosage":{})", R"("category":"9")", R"("category":[])"}) {
    DYNAMIC_SECTION(broken) {
      CHECK(outcome(only(decode_medication, payload(R"("event":"missed",)" + std::string(broken)))) == "event");
      const Item dose = only(decode_medication, payload(R"("event":"dispensed",)" + std::string(broken)));
      REQUIRE(std::holds_alternative<Held>(dose));
      CHECK(std::get<Held>(dose).subject.id == "u");
      CHECK(std::get<Held>(dose).time.has_value());
    }
  }
  const std::string no_time = R"({"events":[{"subject":"u","event":")";
  CHECK(outcome(only(decode_medication, no_time + "missed\"}]}")) == "event");
  CHECK(outcome(only(decode_medication, no_time + "dispensed\"}]}")) == "undecodable");
  CHECK(outcome(only(decode_medication, payload(R"("event":"dispensed","category":"9")"))) == "unknown-kind");
  CHECK(outcome(only(decode_medication, payload(R"("event":"dispensed","patient":{"value":"x"})"))) == "invalid-identifier");
}

TEST_CASE("supervision: every kind by its name, every code of digital supervision by itself", "[adapters][supervision]") {
  for (const fhir::EventInfo& info : fhir::all_events()) {
    if (info.kind == fhir::EventKind::unknown) continue;
    CHECK(kind(supervision(R"("event":")" + std::string(info.name) + "\"")) == info.name);
    // With the code it is sent under, it stays what it is: a door is not the whole of supervision.
    if (!info.vkp_alert_code.empty())
      CHECK(kind(supervision(R"("event":")" + std::string(info.name) + R"(","code":")" + std::string(info.vkp_alert_code) +
                             "\"")) == info.name);
  }
  for (int i = 1; i <= 26; ++i) {
    const std::string code = "4." + std::to_string(i);
    CHECK(fhir::info(supervision(R"("code":")" + code + "\"").kind).vkp_alert_code == code);
  }
}

TEST_CASE("supervision: where name and code disagree a person is called", "[adapters][supervision]") {
  CHECK(kind(supervision(R"("event":"fall","code":"4.8")")) == "fall");
  CHECK(kind(supervision(R"("event":"activity","code":"4.1")")) == "fall");
  CHECK(kind(supervision(R"("event":"fall","code":"9.9")")) == "fall");
  CHECK(supervision(R"("event":"fall","code":"9.9")").text == "(unknown alert code \"9.9\")");
}

TEST_CASE("supervision: a word nobody knows is a supervision alarm", "[adapters][supervision]") {
  const Event event = supervision(R"("event":"rolled over twice")");
  CHECK(kind(event) == "supervision-alarm");
  CHECK(event.text == "(unknown event \"rolled over twice\")");
  CHECK(kind(supervision(R"("event":7)")) == "supervision-alarm");
  CHECK(kind(supervision(R"("text":"x")")) == "supervision-alarm");
  CHECK(outcome(only(decode_supervision, R"({"events":[7]})")) == "undecodable");
}

TEST_CASE("supervision: the sender's own rule, place and words", "[adapters][supervision]") {
  CHECK_FALSE(supervision(R"("event":"activity")").alarm);
  CHECK(supervision(R"("event":"activity","alarm":true)").alarm);
  CHECK_FALSE(supervision(R"("event":"activity","alarm":false)").alarm);
  CHECK(supervision(R"("event":"activity","alarm":"no")").alarm);  // cannot be read: once too often
  CHECK(supervision(R"("event":"fall","room":"Bad")").location == "Bad");
  CHECK(supervision(R"("event":"fall","room":12,"location":"2. etasje")").location == "12, 2. etasje");
  CHECK(supervision(R"("event":"fall","contact":{"tel":"1"})").contact == R"({"tel":"1"})");
}

TEST_CASE("event payloads: signs of life are no events", "[adapters][medication][supervision]") {
  for (const Decode& decode : {Decode(decode_medication), Decode(decode_supervision)})
    CHECK(outcome(only(decode, R"({"events":[{"event":"heartbeat"}]})")) == "heartbeat");
}

TEST_CASE("event payloads: without readable time the arrival counts, and is marked", "[adapters][medication][supervision]") {
  for (const Decode& decode : {Decode(decode_medication), Decode(decode_supervision)}) {
    const Event event = std::get<Event>(only(decode, R"({"events":[{"subject":"u","time":"soon","event":"location"}]})"));
    CHECK(event.time.utc == fhir::DateTime::parse("2026-11-20T09:00:00Z")->utc);
    CHECK(event.time_stands_in);
  }
}

TEST_CASE("event payloads: ten thousand are all answered; absurd documents are not", "[adapters][medication][supervision]") {
  for (const Decode& decode : {Decode(decode_medication), Decode(decode_supervision)}) {
    CHECK(test::items(decode, R"({"events":[)" + test::repeated(R"({"event":"fall","id":"x"})", 10'000) + "]}").size() == 10'000);
    CHECK(test::items(decode, R"({"events":[]})").empty());
    for (const char* bad : {"[]", "{}", R"({"events":{}})", R"({"events":"x"})", "7"})
      CHECK(test::error_of(decode, bad) != "none");
    CHECK(test::error_of(decode, R"({"events":[)" + test::repeated("0", most_items + 1) + "]}") ==
          "more than 200000 items in one payload");
  }
}
