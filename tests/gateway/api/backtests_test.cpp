#include "gateway/api/backtests.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

// A patient limited at 90 % whose readings of the day are 95, 91 and 88.
struct Ward {
  InProcessGateway gateway;
  PatientId patient;

  Ward() : patient(gateway.patient(1)) {
    gateway.put("/patients/" + patient.text() + "/limits", "clinic", R"({"limits":[{"kind":"oxygen-saturation","warning_low":90}]})");
    int hour = 5;
    for (const char* value : {"95", "91", "88"}) {
      const std::string at = "2026-11-20T0" + std::to_string(hour++) + ":00:00Z";
      const auto answer = gateway.ingest("sensors", R"({"id":")" + at + R"(","patient":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":")" +
                                                       tests::synthetic_number(1) + R"("},"time":")" + at +
                                                       R"(","kind":"oxygen-saturation","value":)" + value + R"(,"unit":"%"})");
      REQUIRE(answer.status == 200);
    }
    gateway.clock.advance(std::chrono::hours(1));
  }

  http::Response ask(const std::string& body, std::string_view who = "clinic") { return gateway.post("/backtests", who, body); }

  // The back-test when it is no longer running.
  Json finished(const http::Response& begun) {
    const std::string target(tests::header(begun, "Location"));
    for (;;) {
      Json shown(gateway.get(target, "clinic").body);
      if (shown.text("state") != "running") return shown;
    }
  }
};

constexpr const char* stricter = R"("limits":[{"kind":"oxygen-saturation","warning_low":92}])";

}  // namespace

TEST_CASE("backtests: proposed limits beside today's, from the stored readings", "[api][backtest]") {
  Ward ward;
  const auto begun = ward.ask(R"({"patients":[")" + ward.patient.text() + R"("],)" + stricter + R"(,"capacity":1})");
  REQUIRE(begun.status == 202);
  const Json done = ward.finished(begun);
  INFO(done.text("reason"));
  REQUIRE(done.text("state") == "done");
  CHECK(done.text("by") == "clinic");
  CHECK(done.text("progress", "judged") == "1");
  CHECK(done.text("progress", "readings") == "3");
  CHECK(done.text("report", "summary", "total") == "1");
  CHECK(done.text("report", "forecast", "over") == "0");
  // Raised by the 91, which today's limit lets pass; the 88 repeats it, where today it would have raised.
  CHECK(done.text("report", "changes", 0, "patient") == ward.patient.text());
  CHECK(done.text("report", "changes", 0, "change") == "raised");
  CHECK(done.text("report", "changes", 1, "change") == "repeated");
}

TEST_CASE("backtests: nothing is stored or changed, and who asked is audited", "[api][backtest]") {
  Ward ward;
  const auto plan = ward.gateway.reader().plan(ward.patient)->version;
  const auto alarms = ward.gateway.reader().open_alarms(ward.patient).size();
  ward.finished(ward.ask(R"({"patients":[")" + ward.patient.text() + R"("],)" + stricter + "}"));
  CHECK(ward.gateway.reader().plan(ward.patient)->version == plan);
  CHECK(ward.gateway.reader().open_alarms(ward.patient).size() == alarms);
  const auto audits = ward.gateway.reader().audits(ward.gateway.reader().patient(ward.patient)->tenant, ward.patient, 10);
  REQUIRE_FALSE(audits.empty());
  CHECK(audits.front().action == "back-test");
  CHECK(audits.front().client == "clinic");
}

TEST_CASE("backtests: the whole tenant when nobody is named, and no other", "[api][backtest]") {
  Ward ward;
  const Json here = ward.finished(ward.ask(std::string("{") + stricter + "}"));
  CHECK(here.text("report", "summary", "patients") == "1");
  const auto begun = ward.gateway.post("/backtests", "clinic-oslo", std::string("{") + stricter + "}");
  REQUIRE(begun.status == 202);
  const std::string target(tests::header(begun, "Location"));
  CHECK(ward.gateway.get(target, "clinic").status == 404);
  for (;;) {
    Json shown(ward.gateway.get(target, "clinic-oslo").body);
    if (shown.text("state") == "running") continue;
    CHECK(shown.text("report", "summary", "total") == "0");
    break;
  }
}

TEST_CASE("backtests: what is refused", "[api][backtest]") {
  Ward ward;
  const std::string patient = ward.patient.text();
  struct Row {
    std::string name, body;
    int status;
  };
  const std::vector<Row> rows{
      {"no limits", R"({"patients":[")" + patient + R"("]})", 400},
      {"none proposed", R"({"limits":[]})", 400},
      {"a wrong limit", R"({"limits":[{"kind":"no-such","warning_low":1}]})", 400},
      {"unknown member", std::string(R"({"rulez":[],)") + stricter + "}", 400},
      {"no patient of that id", R"({"patients":["0000000000000001"],)" + std::string(stricter) + "}", 404},
      {"no list", R"({"patients":[],)" + std::string(stricter) + "}", 400},
      {"backwards", std::string(R"({"from":"2026-11-20T00:00:00Z","to":"2026-11-19T00:00:00Z",)") + stricter + "}", 400},
      {"years", std::string(R"({"from":"2020-01-01T00:00:00Z",)") + stricter + "}", 400},
      {"from no time", std::string(R"({"from":"yesterday",)") + stricter + "}", 400},
      {"no duration", std::string(R"({"handled_after":"soon",)") + stricter + "}", 400},
      {"no number", std::string(R"({"capacity":-1,)") + stricter + "}", 400},
      {"no JSON", "{", 400},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(ward.ask(row.body).status == row.status); }
  }
  CHECK(ward.ask(std::string("{") + stricter + "}", "hospital").status == 403);
  CHECK(ward.ask(std::string("{") + stricter + "}", "centre").status == 403);
  // Another tenant's patient looks like a missing one.
  CHECK(ward.gateway.post("/backtests", "clinic-oslo", R"({"patients":[")" + patient + R"("],)" + stricter + "}").status == 404);
  CHECK(ward.gateway.get("/backtests/0000000000000001", "clinic").status == 404);
}
