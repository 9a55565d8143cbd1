// Readings taken back by what measured them (gateway/ingest/recall, api/recalls): by the background, in pages, and for good.
#include "gateway/ingest/recall.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

// "final 93, entered-in-error 80": a patient's current observations by time.
std::string chart(InProcessGateway& gateway, PatientId patient) {
  Json bundle(gateway.get("/fhir/Observation?_sort=date&patient=" + patient.text(), "hospital").body);
  std::string text;
  for (fhir::JsonValue entry : bundle.at("entry")) {
    fhir::JsonValue resource = entry["resource"];
    text.append(text.empty() ? "" : ", ").append(resource["status"].scalar()).append(" ");
    text.append(resource["valueQuantity"]["value"].scalar());
  }
  return text;
}

std::string from_device(std::string_view id, std::string_view time, std::string_view value, std::string_view device) {
  std::string more = R"("id":")";
  more.append(id).append(R"(","device":)").append(device);
  return tests::saturation("u", time, value, more);
}

struct Recalled {
  InProcessGateway gateway;
  PatientId patient;
  Recalled() : patient(gateway.patient(1)) {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    gateway.limits(patient, R"([{"kind":"oxygen-saturation","alert_low":85}])");
  }
  // Asked for, and carried out by the background.
  Json recall(const std::string& body) {
    auto response = gateway.post("/admin/recalls", "operator", body);
    REQUIRE(response.status == 202);
    const std::string place = tests::header(response, "Location");
    REQUIRE(gateway.eventually([&] { return Json(gateway.get(place, "operator").body).text("state") == "done"; }));
    return Json(gateway.get(place, "operator").body);
  }
  std::string alarm(int index, const char* member) {
    return Json(gateway.get("/alarms?state=open", "centre").body).text("alarms", index, member);
  }
};

}  // namespace

TEST_CASE("recall: what one device measured becomes entered-in-error, another's stays", "[ingest][recall]") {
  Recalled r;
  r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:00:00Z", "93", R"({"id":"SN-1","model":"X"})") + "," +
                                  from_device("b", "2026-11-20T08:10:00Z", "95", R"({"id":"SN-2","model":"X"})"));
  struct Row {
    const char* name;
    const char* which;
    const char* expected;
    const char* readings;
  };
  const Row rows[] = {
      {"device", R"("device":"SN-1")", "entered-in-error 93, final 95", "1"},
      {"model", R"("model":"X")", "entered-in-error 93, entered-in-error 95", "2"},
      {"model in a period", R"("model":"X","from":"2026-11-20T08:10:00Z")", "final 93, entered-in-error 95", "1"},
      {"the end of a period is outside", R"("model":"X","to":"2026-11-20T08:10:00Z")", "entered-in-error 93, final 95", "1"},
      {"source", R"("source":"sensors")", "entered-in-error 93, entered-in-error 95", "2"},
      {"a device nobody has", R"("device":"SN-3")", "final 93, final 95", "0"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::string body = std::string("{") + row.which + R"(,"reason":"sensor drifts"})";
      Json counted(r.gateway.post("/admin/recalls", "operator", body.substr(0, body.size() - 1) + R"(,"dry_run":true})").body);
      CHECK(counted.text("readings") == row.readings);
      CHECK(chart(r.gateway, r.patient) == "final 93, final 95");
      Json done = r.recall(body);
      CHECK(done.text("readings") == row.readings);
      CHECK(done.text("reason") == "sensor drifts");
      CHECK(chart(r.gateway, r.patient) == row.expected);
    }
  }
}

TEST_CASE("recall: firmware and batch are the reading's own, not the device's", "[ingest][recall]") {
  Recalled r;
  r.gateway.ingest("sensors",
                   from_device("a", "2026-11-20T08:00:00Z", "93", R"({"id":"SN-1","firmware":"1.0","batch":"L7"})") + "," +
                       from_device("b", "2026-11-20T08:10:00Z", "94", R"({"id":"SN-1","firmware":"1.1","batch":"L7"})") + "," +
                       from_device("c", "2026-11-20T08:20:00Z", "95", R"({"id":"SN-1"})"));
  SECTION("firmware") {
    r.recall(R"({"firmware":"1.0","reason":"r"})");
    CHECK(chart(r.gateway, r.patient) == "entered-in-error 93, final 94, final 95");
  }
  SECTION("batch") {
    r.recall(R"({"batch":"L7","reason":"r"})");
    CHECK(chart(r.gateway, r.patient) == "entered-in-error 93, entered-in-error 94, final 95");
  }
  SECTION("both have to hold") {
    r.recall(R"({"batch":"L7","firmware":"1.1","reason":"r"})");
    CHECK(chart(r.gateway, r.patient) == "final 93, entered-in-error 94, final 95");
  }
}

TEST_CASE("recall: an alarm that rests on a recalled reading says so and stays open", "[ingest][recall]") {
  Recalled r;
  r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:59:00Z", "80", R"({"id":"SN-1"})"));
  REQUIRE(r.alarm(0, "state") == "raised");
  Json done = r.recall(R"({"device":"SN-1","reason":"r"})");
  CHECK(done.text("alarms") == "1");
  CHECK(r.alarm(0, "state") == "raised");
  CHECK(r.alarm(0, "events").find("trukket tilbake") != std::string::npos);
}

TEST_CASE("recall: what a recalled reading had masked is judged again", "[ingest][recall]") {
  Recalled r;
  // The recalled reading was the newest, so the breach that came late was superseded: its alarm was not announced as the present.
  r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:59:00Z", "96", R"({"id":"SN-1"})"));
  r.gateway.ingest("sensors", from_device("b", "2026-11-20T08:50:00Z", "80", R"({"id":"SN-2"})"));
  REQUIRE(r.alarm(0, "superseded") == "true");
  Json done = r.recall(R"({"device":"SN-1","reason":"r"})");
  CHECK(done.text("judged_again") == "1");
  CHECK(r.alarm(0, "events").find("Vurdert på nytt") != std::string::npos);
  CHECK(r.alarm(0, "superseded") == "false");
}

TEST_CASE("recall: the same reading sent again is a duplicate, a corrected one an amendment", "[ingest][recall]") {
  Recalled r;
  r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:00:00Z", "93", R"({"id":"SN-1"})"));
  r.recall(R"({"device":"SN-1","reason":"r"})");
  Json again(r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:00:00Z", "93", R"({"id":"SN-1"})")).body);
  CHECK(again.text("results", 0, "outcome") == "duplicate");
  CHECK(chart(r.gateway, r.patient) == "entered-in-error 93");
  Json corrected(r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:00:00Z", "91", R"({"id":"SN-1"})")).body);
  CHECK(corrected.text("results", 0, "outcome") == "amended");
  CHECK(chart(r.gateway, r.patient) == "amended 91");
}

TEST_CASE("recall: many pages, and a restart in between, take back each reading once", "[ingest][recall]") {
  Recalled r;
  std::string items;
  for (int i = 0; i < 450; ++i) {
    std::string minute = std::to_string(100 + i % 60).substr(1);
    std::string hour = std::to_string(100 + i / 60).substr(1);
    items += (i == 0 ? "" : ",") + from_device("r-" + std::to_string(i), "2026-11-20T" + hour + ":" + minute + ":00Z", "95", R"({"id":"SN-1"})");
  }
  REQUIRE(r.gateway.ingest("sensors", items).status == 200);
  auto response = r.gateway.post("/admin/recalls", "operator", R"({"device":"SN-1","reason":"r"})");
  REQUIRE(response.status == 202);
  r.gateway.restart();
  const std::string place = tests::header(response, "Location");
  REQUIRE(r.gateway.eventually([&] { return Json(r.gateway.get(place, "operator").body).text("state") == "done"; }));
  CHECK(Json(r.gateway.get(place, "operator").body).text("readings") == "450");
  int taken_back = 0;
  for (const store::JournalEntry& entry : r.gateway.reader().journal(0, 10'000, 1u << static_cast<unsigned>(store::Entry::observation)))
    taken_back += entry.change == "entered-in-error";
  CHECK(taken_back == 450);
}

TEST_CASE("recall: what is asked for is checked, and stays within the tenant", "[api][recall]") {
  Recalled r;
  r.gateway.ingest("sensors", from_device("a", "2026-11-20T08:00:00Z", "93", R"({"id":"SN-1"})"));
  struct Row {
    const char* name;
    const char* body;
    int expected;
  };
  const Row rows[] = {
      {"no JSON", "{", 400},
      {"no reason", R"({"device":"SN-1"})", 400},
      {"nothing named", R"({"reason":"r"})", 400},
      {"a period alone", R"({"from":"2026-11-20T08:00:00Z","reason":"r"})", 400},
      {"a time without zone", R"({"device":"SN-1","from":"2026-11-20T08:00:00","reason":"r"})", 400},
      {"an empty period", R"({"device":"SN-1","from":"2026-11-20T08:00:00Z","to":"2026-11-20T08:00:00Z","reason":"r"})", 400},
      {"an unknown member", R"({"devise":"SN-1","device":"SN-1","reason":"r"})", 400},
      {"another tenant's source", R"({"source":"elsewhere","reason":"r"})", 404},
      {"an identity number in the reason", R"({"device":"SN-1","reason":"13816590072"})", 400},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(r.gateway.post("/admin/recalls", "operator", row.body).status == row.expected); }
  }
  SECTION("another tenant's device of the same name is another device") {
    auto response = r.gateway.post("/admin/recalls", "operator-oslo", R"({"device":"SN-1","reason":"r"})");
    const std::string place = tests::header(response, "Location");
    REQUIRE(r.gateway.eventually([&] { return Json(r.gateway.get(place, "operator-oslo").body).text("state") == "done"; }));
    CHECK(Json(r.gateway.get(place, "operator-oslo").body).text("readings") == "0");
    CHECK(r.gateway.get(place, "operator").status == 404);
    CHECK(chart(r.gateway, r.patient) == "final 93");
  }
  SECTION("only an admin") { CHECK(r.gateway.post("/admin/recalls", "centre", R"({"device":"SN-1","reason":"r"})").status == 403); }
}
