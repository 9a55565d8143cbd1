#include "adapters/vkp.hpp"

#include <catch2/catch.hpp>

#include "tests/support/decoded_json.hpp"

using namespace adapters;

namespace {

std::vector<Item> items(const std::string& payload) {
  auto decoded = test::decode(decode_vkp, payload);
  REQUIRE(decoded.has_value());
  return std::move(decoded->items);
}

std::string document(const std::string& resources, const std::string& members = {}) {
  return R"({"resourceType":"Bundle","type":"document",)" + members + R"("entry":[)" + resources + "]}";
}

std::string issue(const std::string& code, const std::string& more = {}) {
  return R"({"resource":{"resourceType":"DetectedIssue","status":"final",)" + more +
         R"("code":{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-alert-code-v090","code":)" + code +
         "}]}}}";
}

std::string composition(const std::string& members) {
  return R"({"resource":{"resourceType":"Composition",)" + members + R"("status":"final"}})";
}

Event event(const std::string& payload) {
  return std::get<Event>(items(payload).at(0));
}

}  // namespace

TEST_CASE("vkp: alert codes", "[adapters][vkp]") {
  struct Row {
    const char* code;
    const char* event;  // empty: ignored
  };
  for (const Row& row : {Row{"\"3\"", "safety-alarm"},
                         Row{"\"7\"", "nurse-call"},
                         Row{"\"4.1\"", "fall"},
                         Row{"\"4.2\"", "bed-exit"},
                         Row{"\"4.20\"", "lying-down"},
                         Row{"\"4.9\"", "inactivity"},
                         Row{"\"4\"", "supervision-alarm"},
                         Row{"\"4.11\"", "fire"},
                         Row{"\"1.1\"", "medication-missed"},
                         Row{"\"1.7\"", "roll-fault"},
                         Row{"\"1.10\"", "medication-waiting"},
                         Row{"1.10", "medication-waiting"},
                         Row{"1.1", "medication-missed"},
                         Row{"\"1.17\"", "dispenser-low-battery"},
                         Row{"\"1.20\"", "dispenser-no-contact"},
                         Row{"\"4.15\"", "door-opened"},
                         Row{"\"4.21\"", "left-home"},
                         Row{"\"6\"", "door-lock"},
                         Row{"\"5.2.1\"", ""},
                         Row{"\"5.3.2\"", ""},
                         Row{"\"5.20\"", "technical"},
                         Row{"\"9\"", "technical"},
                         Row{"\"\"", "technical"},
                         Row{"null", "technical"},
                         Row{"[]", "technical"}}) {
    DYNAMIC_SECTION(row.code) {
      const Item item = items(document(issue(row.code))).at(0);
      if (*row.event == '\0') {
        CHECK(std::get<Ignored>(item).reason == IgnoreReason::not_a_reading);
      } else {
        CHECK(fhir::info(std::get<Event>(item).kind).name == row.event);
      }
    }
  }
}

TEST_CASE("vkp: a finding asks for a person, also one that a sensor would only tell", "[adapters][vkp]") {
  CHECK(event(document(issue("\"4.20\""))).alarm);
  CHECK(event(document(issue("\"4.8\""))).alarm);
  CHECK_FALSE(event(document(issue("\"4.26\""))).alarm);  // a look by camera that staff planned and made
}

TEST_CASE("vkp: an alert is an event whatever else is wrong with it", "[adapters][vkp]") {
  for (const char* more :
       {R"("patient":7,)", R"("patient":{"identifier":{"value":[]}},)", R"("identifiedDateTime":"x",)",
        R"("author":[],)", R"("author":{"reference":{}},)", R"("detail":{},)", R"("identifier":"x",)"}) {
    DYNAMIC_SECTION(more) {
      CHECK(event(document(issue("\"3\"", more))).kind == fhir::EventKind::safety_alarm);
    }
  }
}

TEST_CASE("vkp: the time is the finding's, else the first step's, the document's, of arrival", "[adapters][vkp]") {
  const std::string dated = R"("date":"2024-05-14T08:03:00Z",)";
  const std::string step = R"("event":[{"period":{"start":"2024-05-14T08:02:00Z"}}],)";
  const std::string stamp = R"("timestamp":"2024-05-14T08:04:00Z",)";
  const auto at = [](const std::string& payload) { return event(payload).time.text(); };
  CHECK(at(document(composition(dated + step) + "," + issue("\"3\"", R"("identifiedDateTime":"2024-05-14T08:01:00Z",)"),
                    stamp)) == "2024-05-14T08:01:00Z");
  CHECK(at(document(composition(dated + step) + "," + issue("\"3\""), stamp)) == "2024-05-14T08:02:00Z");
  CHECK(at(document(composition(dated) + "," + issue("\"3\""), stamp)) == "2024-05-14T08:03:00Z");
  CHECK(at(document(issue("\"3\""), stamp)) == "2024-05-14T08:04:00Z");
  CHECK(event(document(issue("\"3\""))).time.utc == fhir::DateTime::parse("2026-11-20T09:00:00Z")->utc);
}

TEST_CASE("vkp: findings of one document keep keys of their own", "[adapters][vkp]") {
  const auto all = items(document(issue("\"3\"") + "," + issue("\"3\"") + "," + issue("\"4.1\""),
                                  R"("identifier":{"system":"urn:a","value":"D"},)"));
  CHECK(std::get<Event>(all.at(0)).record_id == "urn:a|D");
  CHECK(std::get<Event>(all.at(1)).record_id == "urn:a|D/1");
  CHECK(std::get<Event>(all.at(2)).record_id == "urn:a|D/2");
}

TEST_CASE("vkp: what people wrote is read as text, what the system compiled only for the place", "[adapters][vkp]") {
  const auto section = [](const std::string& title, const std::string& code, const std::string& div) {
    return R"({"title":")" + title +
           R"(","code":{"coding":[{"system":"http://ehelse.no/fhir/CodeSystem/vkp-composition-section-v090","code":")" +
           code + R"("}]},"text":{"div":")" + div + R"("}})";
  };
  const Event alarm =
      event(document(composition(R"("date":"2024-05-14T08:03:00Z","section":[)" +
                                 section("Notat", "1.2", "<div><p>Ligger p\u00e5 gulvet &lt; 1 t</p></div>") + "," +
                                 section("Alarm location", "2", "<div>Bad</div>") + "," +
                                 section("Info", "2", "<div>number</div>") + "],") +
                     "," + issue("\"3\"")));
  CHECK(alarm.text == "Ligger p\u00e5 gulvet < 1 t");
  CHECK(alarm.location == "Bad");
}

TEST_CASE("vkp: what is no document is an error as a whole", "[adapters][vkp]") {
  for (const char* payload :
       {"{}", "[]", R"({"resourceType":"DetectedIssue"})", R"({"resourceType":"Bundle","type":"batch"})",
        R"({"resourceType":"Bundle","type":"document","entry":7})"})
    CHECK_FALSE(test::decode(decode_vkp, payload).has_value());
  CHECK(items(R"({"resourceType":"Bundle","type":"document"})").empty());
}

TEST_CASE("vkp: ten thousand findings are all answered", "[adapters][vkp]") {
  std::string issues = issue("\"3\"");
  for (int i = 1; i < 10'000; ++i) issues += "," + issue("\"3\"");
  CHECK(items(document(issues)).size() == 10'000);
}
