// A stored NEWS2 never says what its inputs do not: corrected, late, without value, recalled, somebody else's.
#include "gateway/ingest/computed_score.hpp"

#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::reading;

namespace {

const char* const plan = R"({"rules":[{"id":"news2-high","score":"news2","at_least":5,"max_age":"1h","severity":"severe"}]})";

struct Ward {
  InProcessGateway gateway;
  PatientId patient;

  Ward() {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    enrol(patient);
  }
  void enrol(PatientId id) { REQUIRE(gateway.put("/patients/" + id.text() + "/limits", "clinic", plan).status / 100 == 2); }
  void send(const std::string& item) {
    auto response = gateway.ingest("sensors", item);
    INFO(response.body);
    REQUIRE(response.status == 200);
    const std::string outcome = Json(response.body).text("results", 0, "outcome");
    CHECK((outcome == "accepted" || outcome == "amended"));
  }
  void respiration(std::string_view time, std::string_view value, std::string_view more = R"("id":"rr")") {
    send(reading("u", time, "respiratory-rate", value, "/min", more));
  }
  // 2 + 2 + 0 + 1 + 1 + 0 + 1 = 7, at 08:30:05.
  void set() {
    respiration("2026-11-20T08:30:00Z", "22");
    send(reading("u", "2026-11-20T08:30:01Z", "heart-rate", "95", "/min", R"("id":"hr","device":{"id":"watch"})"));
    send(reading("u", "2026-11-20T08:30:02Z", "body-temperature", "38.5", "Cel", R"("id":"t","device":{"id":"thermometer"})"));
    send(tests::pressure("u", "2026-11-20T08:30:03Z", "105", "70"));
    send(R"({"subject":"u","time":"2026-11-20T08:30:04Z","kind":"consciousness","value":"A"})");
    send(tests::saturation("u", "2026-11-20T08:30:05Z", "93", R"("id":"s","oxygen":"air")"));
  }
  std::vector<store::Observation> scores(PatientId id) {
    store::Reader::HistoryFilter filter;
    filter.patient = id;
    filter.kind = fhir::kinds().news2;
    return gateway.reader().history(filter);
  }
  // "7 v1", newest first.
  std::string shown(PatientId id) {
    std::string text;
    for (const store::Observation& row : scores(id)) {
      text.append(text.empty() ? "" : ", ").append(row.value->text()).append(" v").append(std::to_string(row.version));
    }
    return text;
  }
  std::string shown() { return shown(patient); }
  alarms::Alarm alarm() {
    const std::vector<store::Alarm> open = gateway.reader().open_alarms(patient);
    REQUIRE(open.size() == 1);
    return alarms::alarm_from_stored(open.front()).value();
  }
  void recall(const std::string& device) {
    auto response = gateway.post("/admin/recalls", "operator", R"({"device":")" + device + R"(","reason":"r"})");
    REQUIRE(response.status == 202);
    const std::string at = tests::header(response, "Location");
    REQUIRE(gateway.eventually([&] { return Json(gateway.get(at, "operator").body).text("state") == "done"; }));
  }
};

}  // namespace

TEST_CASE("computed score: a corrected input makes a new version of each score that rests on it", "[ingest][score]") {
  Ward w;
  w.set();
  CHECK(w.shown() == "7 v1");
  const store::Observation first = w.scores(w.patient).front();
  w.respiration("2026-11-20T08:30:00Z", "18");
  CHECK(w.shown() == "5 v2");
  CHECK(w.scores(w.patient).front().id == first.id);
  w.respiration("2026-11-20T08:30:00Z", "16");  // scored the same, and said otherwise
  CHECK(w.shown() == "5 v3");
  w.gateway.restart();
  w.respiration("2026-11-20T08:30:00Z", "25");
  CHECK(w.shown() == "8 v4");
}

TEST_CASE("computed score: what comes late and was measured before the score is in it", "[ingest][score]") {
  Ward w;
  w.set();
  w.respiration("2026-11-20T08:30:02Z", "12", R"("id":"later")");
  CHECK(w.shown() == "5 v2");
  w.respiration("2026-11-20T08:29:00Z", "30", R"("id":"before")");  // not the newest by then
  CHECK(w.shown() == "5 v2");
  w.respiration("2026-11-20T08:40:00Z", "12", R"("id":"after")");
  CHECK(w.shown() == "5 v1, 5 v2");
}

TEST_CASE("computed score: one that is complete no more is taken back and its alarm told; complete again it is another", "[ingest][score]") {
  Ward w;
  w.set();
  const store::Observation first = w.scores(w.patient).front();
  CHECK(w.alarm().reason.rule == "news2-high");
  w.send(R"({"id":"rr","subject":"u","time":"2026-11-20T08:30:00Z","kind":"respiratory-rate","absent":"error"})");
  CHECK(w.shown().empty());
  CHECK(w.gateway.reader().observation(first.id)->status == store::Status::entered_in_error);
  w.respiration("2026-11-20T08:30:00Z", "23");
  w.send(tests::saturation("u", "2026-11-20T08:30:05Z", "92", R"("id":"s","oxygen":"air")"));
  REQUIRE(w.shown() == "7 v1");
  CHECK(w.scores(w.patient).front().id != first.id);
}

TEST_CASE("computed score: a recalled input takes the score back, or an older one stands in", "[ingest][score][recall]") {
  Ward w;
  SECTION("nothing else is there") {
    w.set();
    w.recall("thermometer");
    CHECK(w.shown().empty());
  }
  SECTION("an older reading is young enough") {
    w.send(reading("u", "2026-11-20T08:00:00Z", "body-temperature", "37.0", "Cel"));
    w.set();
    w.recall("thermometer");
    CHECK(w.shown() == "6 v2");
  }
  SECTION("two inputs at once") {
    w.send(reading("u", "2026-11-20T08:00:00Z", "body-temperature", "37.0", "Cel"));
    w.set();
    w.recall("thermometer");
    w.recall("watch");
    CHECK(w.shown().empty());
  }
  SECTION("the plan has no rule on it any more") {
    w.set();
    REQUIRE(w.gateway.put("/patients/" + w.patient.text() + "/limits", "clinic", R"({"rules":[]})").status == 200);
    w.recall("thermometer");
    CHECK(w.shown().empty());
  }
  SECTION("what is not an input") {
    w.set();
    w.send(reading("u", "2026-11-20T08:31:00Z", "body-weight", "80", "kg", R"("device":{"id":"scale"})"));
    w.recall("scale");
    CHECK(w.shown() == "7 v1");
  }
}

TEST_CASE("computed score: a corrected link takes it from the one and computes it for the other", "[ingest][score][relink]") {
  Ward w;
  w.set();
  const PatientId right = w.gateway.patient(2);
  w.enrol(right);
  auto ended = w.gateway.call(tests::linked("sensors", "u", 1, "2026-01-01T00:00:00Z", "2026-11-20T08:00:00Z"));
  REQUIRE(ended.status == 200);
  REQUIRE(w.gateway.eventually([&] { return w.shown().empty(); }));
  w.gateway.link("sensors", "u", 2, "2026-11-20T08:00:00Z", {}, true);
  REQUIRE(w.gateway.eventually([&] { return !w.shown(right).empty(); }));
  CHECK(w.shown(right) == "7 v1");
  CHECK(w.shown().empty());
}
