// Cases over the routes: one row for each patient, and one act on all that a person saw of it.
#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

struct Centre {
  InProcessGateway gateway;
  PatientId patient;
  std::vector<std::string> alarms;

  Centre() {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    gateway.limits(patient, R"([{"kind":"oxygen-saturation","alert_low":85},{"kind":"body-temperature","warning_high":38}])");
    alarms.push_back(first_alarm(gateway.ingest("sensors", tests::reading("u", "2026-11-20T08:50:00Z", "body-temperature", "39", "Cel"))));
    alarms.push_back(first_alarm(gateway.ingest("sensors", tests::saturation("u", "2026-11-20T08:51:00Z", "80"))));
  }
  static std::string first_alarm(const http::Response& response) { return Json(response.body).text("results", 0, "alarms", 0); }
  std::string fall() { return first_alarm(gateway.ingest("sensors", "", tests::event("u", "2026-11-20T08:52:00Z", "fall"))); }
  Json shown(std::string_view who = "centre") { return Json(gateway.get("/cases/" + patient.text(), who).body); }
  // The alarms as they are now, as a body's member.
  std::string seen() {
    std::string list;
    const Json now = shown();
    for (fhir::JsonValue alarm : now.at("alarms")) {
      list.append(list.empty() ? "" : ",").append(R"({"id":")").append(alarm["id"].scalar()).append(R"(","version":)");
      list.append(alarm["version"].scalar()).append("}");
    }
    return R"("alarms":[)" + list + "]";
  }
  http::Response act(const std::string& body, std::string_view who = "centre", std::vector<tests::Header> headers = {}) {
    return gateway.post("/cases/" + patient.text() + "/actions", who, "{" + body + R"(,"by":{"id":"n-1","name":"Kari"}})", std::move(headers));
  }
  std::string state(const std::string& id) { return Json(gateway.get("/alarms/" + id, "centre").body).text("state"); }
};

}  // namespace

TEST_CASE("cases: the alarms of a patient are one row with one summary", "[api][case]") {
  Centre c;
  Json list(c.gateway.get("/cases", "centre").body);
  CHECK(list.text("total") == "1");
  CHECK(list.text("flood") == "null");
  CHECK(list.text("cases", 0, "id") == c.patient.text());
  CHECK(list.text("cases", 0, "code", "code") == "5.1");
  CHECK(list.text("cases", 0, "severity") == "severe");
  CHECK(list.text("cases", 0, "first") == c.alarms[0]);
  CHECK(list.text("cases", 0, "alarms", 0, "id") == c.alarms[1]);
  CHECK(list.text("cases", 0, "summary").find("SpO2 80 %, grense 85 · Temperatur") == 0);
  CHECK(c.shown().text("summary") == list.text("cases", 0, "summary"));
  CHECK(Json(c.gateway.get("/cases?patient=" + c.patient.text() + "&limit=1", "centre").body).text("total") == "1");
  CHECK(Json(c.gateway.get("/cases", "centre-oslo").body).text("cases") == "[]");
  CHECK(c.gateway.get("/cases/" + c.patient.text(), "centre-oslo").status == 404);
  CHECK(c.gateway.get("/cases/0000000000000001", "centre").status == 404);
  CHECK(c.gateway.get("/cases/x", "centre").status == 404);
  CHECK(c.gateway.get("/cases", "clinic").status == 403);
  CHECK(c.gateway.get("/cases?colour=red", "centre").status == 400);
  CHECK(c.gateway.get("/cases?limit=0", "centre").status == 400);
}

TEST_CASE("cases: an alarm without patient is a case by itself", "[api][case]") {
  Centre c;
  const std::string loose = Centre::first_alarm(c.gateway.ingest("sensors", "", tests::event("nobody", "2026-11-20T08:52:00Z", "fall")));
  Json list(c.gateway.get("/cases", "centre").body);
  CHECK(list.text("cases", 0, "id") == loose);
  CHECK(list.text("cases", 0, "patient") == "null");
  CHECK(list.text("cases", 0, "class") == "safety");
  CHECK(Json(c.gateway.get("/cases/" + loose, "centre").body).text("alarms", 0, "id") == loose);
}

TEST_CASE("cases: one act on all that was seen, or on none", "[api][case]") {
  Centre c;
  const std::string seen = c.seen();
  SECTION("taken together, resolved together") {
    auto taken = c.act(R"("action":"take",)" + seen);
    INFO(taken.body);
    REQUIRE(taken.status == 200);
    CHECK(Json(taken.body).text("alarms", 1, "state") == "in-progress");
    CHECK(c.shown().text("owner", "id") == "n-1");
    CHECK(c.act(R"("action":"resolve","note":"Alt vel",)" + c.seen()).status == 200);
    CHECK(c.state(c.alarms[0]) == "resolved");
    CHECK(c.state(c.alarms[1]) == "resolved");
    CHECK(c.gateway.get("/cases/" + c.patient.text(), "centre").status == 404);
  }
  SECTION("one of them has changed since") {
    c.gateway.ingest("sensors", tests::saturation("u", "2026-11-20T08:53:00Z", "79"));
    CHECK(c.act(R"("action":"acknowledge",)" + seen).status == 412);
    CHECK(c.state(c.alarms[0]) == "raised");
    CHECK(c.state(c.alarms[1]) == "raised");
  }
  SECTION("one of them does not allow it") {
    REQUIRE(c.act(R"("action":"acknowledge","alarms":[{"id":")" + c.alarms[0] + R"(","version":1}])").status == 200);
    CHECK(c.act(R"("action":"acknowledge",)" + c.seen()).status == 409);
    CHECK(c.state(c.alarms[1]) == "raised");
  }
  SECTION("a safety alarm is taken with the others and resolved by itself") {
    const std::string fall = c.fall();
    REQUIRE(c.act(R"("action":"take",)" + c.seen()).status == 200);
    CHECK(c.act(R"("action":"resolve",)" + c.seen()).status == 409);
    CHECK(c.state(fall) == "in-progress");
    CHECK(c.state(c.alarms[0]) == "in-progress");
    CHECK(c.act(R"("action":"resolve","alarms":[{"id":")" + fall + R"(","version":2}])").status == 200);
  }
  SECTION("a repeat is answered what the first was, and does nothing") {
    auto first = c.act(R"("action":"acknowledge",)" + seen, "centre", {{"idempotency-key", "k-1"}});
    REQUIRE(first.status == 200);
    auto again = c.act(R"("action":"acknowledge",)" + seen, "centre", {{"idempotency-key", "k-1"}});
    CHECK(again.status == 200);
    CHECK(again.body == first.body);
    CHECK(c.act(R"("action":"acknowledge",)" + seen).status == 412);
  }
  SECTION("what is no act on a case") {
    CHECK(c.act(R"("action":"snooze","note":"x","minutes":5,)" + seen).status == 400);
    CHECK(c.act(R"("action":"take")").status == 400);
    CHECK(c.act(R"("action":"take","alarms":[])").status == 400);
    CHECK(c.act(R"("action":"take","alarms":[{"id":"x","version":1}])").status == 400);
    CHECK(c.act(R"("action":"take","alarms":[{"id":")" + c.alarms[0] + R"(","version":0}])").status == 400);
    CHECK(c.act(R"("action":"take","alarms":[{"id":")" + c.alarms[0] + R"(","version":1},{"id":")" + c.alarms[0] + R"(","version":1}])").status == 400);
    CHECK(c.act(R"("action":"take",)" + seen, "centre-oslo").status == 404);
    const std::string other = Centre::first_alarm(c.gateway.ingest("sensors", "", tests::event("nobody", "2026-11-20T08:52:00Z", "fall")));
    CHECK(c.act(R"("action":"take","alarms":[{"id":")" + other + R"(","version":1}])").status == 404);
    CHECK(c.state(c.alarms[0]) == "raised");
  }
}
