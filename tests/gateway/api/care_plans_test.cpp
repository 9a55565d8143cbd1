// Self-treatment plans over the routes, and what alarms show of them.
#include <ostream>

#include "gateway/alarms/alarm.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

struct Home {
  InProcessGateway gateway;
  PatientId patient;

  Home() {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    patient = gateway.patient(1);
    gateway.limits(patient, R"([{"kind":"oxygen-saturation","alert_low":85,"warning_low":90}])");
  }
  std::string target() const { return "/patients/" + patient.text() + "/care-plan"; }
  http::Response put(const std::string& body, std::string_view who = "clinic", std::vector<tests::Header> headers = {}) {
    return gateway.put(target(), who, body, std::move(headers));
  }
  Json alarm(const std::string& id) { return Json(gateway.get("/alarms/" + id, "centre").body); }
  std::string send(std::string_view time, std::string_view value) {
    return Json(gateway.ingest("sensors", tests::saturation("u", time, value)).body).text("results", 0, "alarms", 0);
  }
};

std::string plan(const std::string& yellow, const std::string& more = {}) {
  return R"({"zones":[{"zone":"yellow","advice":[")" + yellow + R"("]},{"zone":"red","advice":["Ring 113"]}])" + more + "}";
}

}  // namespace

TEST_CASE("care plan: an alarm shows the patient's own advice for its zone, as it stands now", "[api][care-plan]") {
  Home h;
  const std::string before = h.send("2026-11-20T08:50:00Z", "88");
  CHECK(h.alarm(before).text("advice") == "(absent)");
  auto made = h.put(plan("Hvil"));
  INFO(made.body);
  REQUIRE(made.status == 201);
  CHECK(tests::header(made, "ETag") == "W/\"1\"");
  CHECK(h.alarm(before).text("advice") == R"({"zone":"yellow","text":"Hvil","plan_version":1})");

  CHECK(h.send("2026-11-20T08:51:00Z", "80") == before);
  CHECK(h.alarm(before).text("advice", "zone") == "red");
  CHECK(h.alarm(before).text("advice", "text") == "Ring 113");

  SECTION("over a restart, and by a new version") {
    h.gateway.restart();
    CHECK(h.send("2026-11-20T08:52:00Z", "79") == before);
    CHECK(h.alarm(before).text("advice", "text") == "Ring 113");
    auto next = h.put(R"({"zones":[{"zone":"red","advice":["Ring legevakten"]}]})");
    CHECK(next.status == 200);
    CHECK(h.alarm(before).text("advice") == R"({"zone":"red","text":"Ring legevakten","plan_version":2})");
    CHECK(Json(h.gateway.get(h.target() + "?version=1", "centre").body).text("contained", 1, "activity", 0, "detail", "description") == "Hvil");
    CHECK(h.gateway.get(h.target() + "?version=3", "centre").status == 404);
    CHECK(h.gateway.get(h.target() + "?version=x", "centre").status == 400);
  }
  SECTION("ended") {
    CHECK(h.put(plan("Hvil", R"(,"status":"revoked")")).status == 200);
    CHECK(h.alarm(before).text("advice") == "(absent)");
  }
  SECTION("outside its period") {
    CHECK(h.put(plan("Hvil", R"(,"period":{"start":"2026-11-21"})")).status == 200);
    CHECK(h.alarm(before).text("advice") == "(absent)");
    CHECK(h.put(plan("Hvil", R"(,"period":{"end":"2026-11-20"})")).status == 200);
    CHECK(h.alarm(before).text("advice", "text") == "Ring 113");  // the day is the plan's last
  }
  SECTION("a technical alarm has none") {
    h.gateway.ingest("sensors", "", tests::event("u", "2026-11-20T08:55:00Z", "low-battery"));
    Json list(h.gateway.get("/alarms?state=open", "centre").body);
    REQUIRE(list.text("alarms", 1, "origin") == "technical");
    CHECK(list.text("alarms", 1, "advice") == "(absent)");
  }
}

TEST_CASE("care plan: the resource that was read is taken again, versions are compared, others' are not there", "[api][care-plan]") {
  Home h;
  CHECK(h.gateway.get(h.target(), "clinic").status == 404);
  REQUIRE(h.put(plan("Hvil")).status == 201);
  auto read = h.gateway.get(h.target(), "clinic");
  CHECK(read.content_type.find("application/fhir+json") == 0);
  CHECK(h.put(read.body, "centre", {{"if-match", "W/\"1\""}, {"content-type", "application/fhir+json"}}).status == 200);
  CHECK(h.put(read.body, "centre", {{"if-match", "W/\"1\""}}).status == 412);
  CHECK(h.put(read.body, "centre", {{"if-match", "x"}}).status == 412);
  CHECK(h.put("{", "clinic").status == 400);
  CHECK(h.put(R"({"zones":[]})", "clinic").status == 400);
  CHECK(h.put(plan("Hvil"), "clinic-oslo").status == 404);
  CHECK(h.put(plan("Hvil"), "hospital").status == 403);
  CHECK(h.gateway.get(h.target(), "centre-oslo").status == 404);
}

TEST_CASE("care plan: hospitals read and find it as FHIR", "[api][care-plan]") {
  Home h;
  REQUIRE(h.put(plan("Hvil")).status == 201);
  h.gateway.patient(2);
  const std::string id = h.patient.text();
  auto read = h.gateway.get("/fhir/CarePlan/" + id, "hospital");
  REQUIRE(read.status == 200);
  CHECK(Json(read.body).text("subject", "reference") == "Patient/" + id);
  CHECK(h.gateway.get("/fhir/CarePlan/" + id, "hospital-oslo").status == 404);
  CHECK(h.gateway.get("/fhir/CarePlan/" + h.gateway.patient(2).text(), "hospital").status == 404);
  for (const std::string& query : {std::string("?patient=") + id, std::string("?subject=Patient/") + id, std::string("?_id=") + id, std::string()}) {
    Json bundle(h.gateway.get("/fhir/CarePlan" + query, "hospital").body);
    INFO(query);
    CHECK(bundle.at("entry").size() == 1);
    CHECK(bundle.text("entry", 0, "resource", "id") == id);
  }
  CHECK(Json(h.gateway.get("/fhir/CarePlan?patient=" + h.gateway.patient(2).text(), "hospital").body).text("entry") == "(absent)");
  CHECK(Json(h.gateway.get("/fhir/CarePlan", "hospital-oslo").body).text("entry") == "(absent)");
  CHECK(Json(h.gateway.get("/fhir/CarePlan?_total=accurate&_count=0", "hospital").body).text("total") == "1");
}
