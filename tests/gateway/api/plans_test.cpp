#include "gateway/api/plans.hpp"

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

thresholds::Limit high(std::string kind, std::int64_t alert_high) {
  thresholds::Limit limit;
  limit.kind = std::move(kind);
  limit.alert_high = thresholds::Number{alert_high, 0};
  return limit;
}

struct Clinic {
  InProcessGateway gateway;
  PatientId patient;
  static InProcessGateway::Options options() {
    InProcessGateway::Options options;
    options.config.programmes = {{"copd", {high("heart-rate", 120)}},
                                 {"heart", {high("heart-rate", 110), high("body-weight", 100)}}};
    return options;
  }
  Clinic() : gateway(options()), patient(gateway.patient(1)) {}

  std::string target(const char* part) const { return "/patients/" + patient.text() + "/" + part; }
  http::Response put_limits(std::string limits, std::vector<tests::Header> headers = {},
                            std::string_view who = "clinic") {
    return gateway.put(target("limits"), who, R"({"limits":)" + limits + "}", std::move(headers));
  }
  http::Response put_programmes(std::string names, std::vector<tests::Header> headers = {}) {
    return gateway.put(target("programmes"), "centre", R"({"programmes":)" + names + "}", std::move(headers));
  }
};

const char* const pulse_90 = R"([{"kind":"heart-rate","alert_high":90}])";

}  // namespace

TEST_CASE("plans: created, then changed, each version with who and when", "[api][plans]") {
  Clinic c;
  Json none(c.gateway.get(c.target("limits"), "clinic").body);
  CHECK(none.text("version") == "0");
  CHECK(none.text("limits") == "[]");
  auto created = c.put_limits(pulse_90);
  CHECK(created.status == 201);
  CHECK(tests::header(created, "ETag") == "W/\"1\"");
  auto changed = c.put_programmes(R"(["copd","heart"])");
  CHECK(changed.status == 200);
  Json limits(c.gateway.get(c.target("limits"), "centre").body);
  CHECK(limits.text("version") == "2");
  CHECK(
      limits.text("limits") ==
      R"([{"kind":"heart-rate","alert_high":90,"origin":"personal"},{"kind":"body-weight","alert_high":100,"origin":"heart"}])");
  CHECK(c.gateway.reader().plan(c.patient, 1)->who == "clinic");
  CHECK(c.gateway.reader().plan(c.patient, 2)->who == "centre");
  CHECK(Json(c.gateway.get(c.target("programmes"), "clinic").body).text("programmes") == R"(["copd","heart"])");
}

TEST_CASE("plans: personal rules are a part of the plan, changed alone or with the limits", "[api][plans][rules]") {
  Clinic c;
  const std::string rules = R"([{"id":"gain","kind":"body-weight","rise":2,"within":"3d","severity":"moderate"}])";
  const std::string shown =
      R"([{"id":"gain","kind":"body-weight","rise":2,"within":"3d","timezone":"Europe/Oslo","severity":"moderate","origin":"personal"}])";
  CHECK(c.put_limits(pulse_90).status == 201);
  CHECK(c.gateway.put(c.target("limits"), "clinic", R"({"rules":)" + rules + "}").status == 200);
  Json both(c.gateway.get(c.target("limits"), "clinic").body);
  CHECK(both.text("version") == "2");
  CHECK(both.text("rules") == shown);
  CHECK(both.text("limits", 0, "alert_high") == "90");
  // Limits alone leave the rules; enrolment leaves what a person wrote; a restart all of it.
  CHECK(c.put_limits("[]").status == 200);
  CHECK(c.put_programmes(R"(["copd"])").status == 200);
  c.gateway.restart();
  Json later(c.gateway.get(c.target("limits"), "clinic").body);
  CHECK(later.text("rules") == shown);
  CHECK(later.text("limits", 0, "origin") == "copd");
  CHECK(c.gateway.put(c.target("limits"), "clinic", R"({"rules":[{"id":"gain"}]})").status == 400);
  CHECK(c.gateway.put(c.target("limits"), "clinic", R"({"rules":[]})").status == 200);
  CHECK(Json(c.gateway.get(c.target("limits"), "clinic").body).text("rules") == "[]");
}

TEST_CASE("plans: survive a restart and are in force at once", "[api][plans]") {
  Clinic c;
  c.put_limits(pulse_90);
  c.gateway.restart();
  CHECK(Json(c.gateway.get(c.target("limits"), "clinic").body).text("limits", 0, "alert_high") == "90");
  c.gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  Json answer(
      c.gateway.ingest("sensors", tests::reading("u", "2026-11-20T08:59:00Z", "heart-rate", "91", "/min")).body);
  CHECK(answer.at("results", 0, "alarms").size() == 1);
}

TEST_CASE("plans: If-Match is heeded when it is given", "[api][plans]") {
  Clinic c;
  CHECK(c.put_limits(pulse_90, {{"if-match", "W/\"1\""}}).status == 412);
  CHECK(c.put_limits(pulse_90, {{"if-match", "W/\"0\""}}).status == 201);
  CHECK(c.put_limits("[]", {{"if-match", "W/\"0\""}}).status == 412);
  CHECK(c.put_limits("[]", {{"if-match", "nonsense"}}).status == 412);
  CHECK(c.put_limits("[]", {{"if-match", "\"1\""}}).status == 200);
  auto responses = c.gateway.together(
      {{http::Method::put, c.target("limits"), "clinic", R"({"limits":[]})", {{"if-match", "W/\"2\""}}},
       {http::Method::put, c.target("programmes"), "centre", R"({"programmes":["copd"]})", {{"if-match", "W/\"2\""}}}});
  CHECK(responses[0].status + responses[1].status == 200 + 412);
}

TEST_CASE("plans: what cannot be meant changes nothing", "[api][plans]") {
  Clinic c;
  for (const char* body : {"", "[]", "{}", R"({"limits":[{"kind":"heart-rate"}]})", R"({"limits":"none"})"}) {
    INFO(body);
    CHECK(c.gateway.put(c.target("limits"), "clinic", body).status == 400);
  }
  for (const char* body :
       {"{}", R"({"programmes":["unknown"]})", R"({"programmes":[1]})", R"({"programmes":"copd"})"}) {
    INFO(body);
    CHECK(c.gateway.put(c.target("programmes"), "clinic", body).status == 400);
  }
  CHECK_FALSE(c.gateway.reader().plan(c.patient));
  CHECK(c.put_programmes(R"(["copd","copd"])").status == 201);
  CHECK(Json(c.gateway.get(c.target("programmes"), "clinic").body).text("programmes") == R"(["copd"])");
}

TEST_CASE("plans: another tenant's patient is a missing one, for reading and writing", "[api][plans]") {
  Clinic c;
  const std::string foreign = "/patients/" + c.gateway.patient(2, "oslo").text() + "/limits";
  for (const std::string& target :
       {foreign, std::string("/patients/0000000000000001/limits"), std::string("/patients/x/limits")}) {
    CHECK(c.gateway.get(target, "clinic").status == 404);
    CHECK(c.gateway.put(target, "clinic", R"({"limits":[]})").status == 404);
  }
  CHECK(c.gateway.get(foreign, "clinic").body == c.gateway.get("/patients/0000000000000001/limits", "clinic").body);
  CHECK_FALSE(c.gateway.reader().plan(c.gateway.patient(2, "oslo")));
  CHECK(c.put_limits(pulse_90, {}, "hospital").status == 403);
  CHECK(c.put_limits(pulse_90, {}, "operator").status == 403);
}

TEST_CASE("plans: every read and write leaves an audit row", "[api][plans]") {
  Clinic c;
  c.put_limits(pulse_90);
  c.gateway.get(c.target("limits"), "centre");
  std::vector<store::Audit> rows = c.gateway.reader().audits(c.gateway.bodo(), c.patient, 10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].action == "read plan");
  CHECK(rows[0].client == "centre");
  CHECK(rows[1].action == "write limits");
}
