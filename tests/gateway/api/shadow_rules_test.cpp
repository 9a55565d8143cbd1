// Rules that judge without alarming: listed, compared by a back-test, promoted.
#include "gateway/api/shadow_rules.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

constexpr const char* shadow = R"({"rules":[{"id":"low","kind":"oxygen-saturation","below":92,"severity":"moderate","shadow":true}]})";

struct Ward {
  InProcessGateway gateway;
  std::vector<PatientId> patients;

  Ward() {
    for (int n = 1; n <= 3; ++n) {
      gateway.link("sensors", "u" + std::to_string(n), n, "2026-01-01T00:00:00Z");
      patients.push_back(gateway.patient(n));
    }
    put(0, shadow);
    put(1, shadow);
    put(2, R"({"rules":[{"id":"low","kind":"oxygen-saturation","below":90,"severity":"moderate"}]})");
  }
  void put(int n, const std::string& plan) {
    REQUIRE(gateway.put("/patients/" + patients[static_cast<std::size_t>(n)].text() + "/limits", "clinic", plan).status / 100 == 2);
  }
  std::string alarms_of(int n, std::string_view at) {
    auto response = gateway.ingest("sensors", tests::saturation("u" + std::to_string(n + 1), at, "91"));
    REQUIRE(response.status == 200);
    return Json(response.body).text("results", 0, "alarms");
  }
  Json list(std::string_view who = "clinic") { return Json(gateway.get("/shadow-rules", who).body); }
  http::Response promote(const std::string& body, const std::string& rule = "low", std::string_view who = "clinic") {
    return gateway.post("/shadow-rules/" + rule + "/promote", who, body);
  }
};

}  // namespace

TEST_CASE("shadow rules: listed with what they say and how many patients have them", "[api][shadow]") {
  Ward ward;
  const Json listed = ward.list();
  CHECK(listed.at("shadow_rules").size() == 1);
  CHECK(listed.text("shadow_rules", 0, "id") == "low");
  CHECK(listed.text("shadow_rules", 0, "origin") == "personal");
  CHECK(listed.text("shadow_rules", 0, "patients") == "2");
  CHECK(listed.text("shadow_rules", 0, "rule", "below") == "92");
  CHECK(ward.list("clinic-oslo").at("shadow_rules").size() == 0);
  CHECK(ward.gateway.get("/shadow-rules", "hospital").status == 403);
}

TEST_CASE("shadow rules: a back-test says what they would have raised", "[api][shadow][backtest]") {
  Ward ward;
  CHECK(ward.alarms_of(0, "2026-11-20T08:00:00Z") == "(absent)");
  ward.gateway.clock.advance(std::chrono::hours(1));
  const auto begun = ward.gateway.post("/backtests", "clinic", R"({"shadow":true})");
  INFO(begun.body);
  REQUIRE(begun.status == 202);
  const std::string target(tests::header(begun, "Location"));
  Json done(begun.body);
  do {
    done = Json(ward.gateway.get(target, "clinic").body);
  } while (done.text("state") == "running");
  REQUIRE(done.text("state") == "done");
  CHECK(done.text("report", "summary", "total") == "1");
  CHECK(done.text("report", "changes", 0, "patient") == ward.patients[0].text());
  CHECK(ward.gateway.post("/backtests", "clinic", R"({"shadow":"yes"})").status == 400);
}

TEST_CASE("shadow rules: promoted, each patient's own copy alarms from then on", "[api][shadow]") {
  Ward ward;
  SECTION("for all") {
    const auto done = ward.promote("{}");
    INFO(done.body);
    REQUIRE(done.status == 200);
    CHECK(Json(done.body).text("promoted") == "2");
    CHECK(ward.list().at("shadow_rules").size() == 0);
    CHECK(ward.alarms_of(0, "2026-11-20T08:00:00Z") != "(absent)");
    CHECK(ward.alarms_of(1, "2026-11-20T08:00:00Z") != "(absent)");
    CHECK(ward.alarms_of(2, "2026-11-20T08:00:00Z") == "(absent)");  // its own rule of that id is another
    const store::Plan plan = *ward.gateway.reader().plan(ward.patients[0]);
    CHECK(plan.version == 2);
    CHECK(plan.who == "clinic");
    CHECK(ward.promote("{}").status == 404);
  }
  SECTION("for one") {
    const auto done = ward.promote(R"({"patients":[")" + ward.patients[1].text() + R"("]})");
    REQUIRE(done.status == 200);
    CHECK(Json(done.body).text("promoted") == "1");
    CHECK(ward.alarms_of(0, "2026-11-20T08:00:00Z") == "(absent)");
    CHECK(ward.alarms_of(1, "2026-11-20T08:00:00Z") != "(absent)");
  }
  SECTION("over a restart") {
    REQUIRE(ward.promote("{}").status == 200);
    ward.gateway.restart();
    CHECK(ward.alarms_of(0, "2026-11-20T08:00:00Z") != "(absent)");
  }
}

TEST_CASE("shadow rules: what cannot be promoted", "[api][shadow]") {
  Ward ward;
  CHECK(ward.promote("{}", "other").status == 404);
  CHECK(ward.promote(R"({"origin":"copd"})").status == 404);
  CHECK(ward.promote("{}", "low", "clinic-oslo").status == 404);
  CHECK(ward.promote("{}", "low", "centre").status == 403);
  CHECK(ward.promote("[]").status == 400);
  CHECK(ward.promote(R"({"patients":[]})").status == 400);
  CHECK(ward.promote(R"({"all":true})").status == 400);
  CHECK(ward.list().text("shadow_rules", 0, "patients") == "2");
}
