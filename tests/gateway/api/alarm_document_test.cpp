#include "gateway/api/alarm_document.hpp"

#include <catch2/catch.hpp>

#include "fhir/follow_up_checks.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

const char* const january = "2026-01-01T00:00:00Z";

struct Centre {
  InProcessGateway gateway;

  Centre() {
    gateway.link("sensors", "u", 1, january);
    gateway.limits(gateway.patient(1), R"([{"kind":"oxygen-saturation","alert_low":85}])");
  }
  std::string raise() {
    Json answer(gateway
                    .ingest("sensors", tests::saturation("u", "2026-11-20T08:50:00Z", "80",
                                                         R"("device":{"id":"SN-9","model":"Oximeter X"})"))
                    .body);
    return answer.text("results", 0, "alarms", 0);
  }
  std::string press() {
    Json answer(gateway.ingest("sensors", "", tests::event("nobody", "2026-11-20T08:00:00Z", "fall")).body);
    return answer.text("results", 0, "alarms", 0);
  }
  void act(const std::string& id, std::string_view action, int version, std::string_view note = "") {
    auto response = gateway.post("/alarms/" + id + "/actions", "centre",
                                 R"({"action":")" + std::string(action) + R"(","note":")" + std::string(note) +
                                     R"(","by":{"id":"k","name":"Kari"}})",
                                 {{"if-match", "W/\"" + std::to_string(version) + "\""}});
    REQUIRE(response.status == 200);
  }
  http::Response document(const std::string& id, std::string_view who = "centre") {
    return gateway.get("/alarms/" + id + "/document", who);
  }
  std::size_t audited(std::string_view outcome) {
    std::size_t count = 0;
    for (const store::Audit& row : gateway.reader().audits(gateway.bodo(), {}, 1000))
      count += row.action == "read AlarmDocument" && row.outcome == outcome ? 1 : 0;
    return count;
  }
};

}  // namespace

TEST_CASE("alarm document: a resolved alarm's follow-up, valid, with what was measured and by what", "[api][follow-up]") {
  Centre c;
  const std::string id = c.raise();
  c.act(id, "take", 1);
  c.act(id, "resolve", 2, "Tiltak: ringt");
  auto response = c.document(id);
  REQUIRE(response.status == 200);
  CHECK(response.content_type == "application/fhir+json");
  Json bundle(response.body);
  CHECK(fhir::follow_up_document_problems(bundle.root()) == std::vector<std::string>{});
  CHECK(bundle.text("identifier", "value") == id + "-1");
  CHECK(bundle.text("entry", 0, "resource", "subject", "identifier", "value") == tests::synthetic_number(1));
  CHECK(response.body.find(R"("name":"Oximeter X")") != std::string::npos);
  CHECK(response.body.find(R"("value":80)") != std::string::npos);
  CHECK(c.document(id, "clinic").body == response.body);
  CHECK(c.audited("ok") == 2);
}

TEST_CASE("alarm document: who may read it, and when there is none", "[api][follow-up]") {
  Centre c;
  const std::string id = c.raise();
  CHECK(c.document(id).status == 409);
  for (const char* who : {"hospital", "operator"}) CHECK(c.document(id, who).status == 403);
  CHECK(c.document(id, "").status == 401);
  CHECK(c.document(id, "centre-oslo").status == 404);
  CHECK(c.document(id, "centre-oslo").body == c.document("0000000000000001", "centre-oslo").body);
  CHECK(c.document("x").status == 404);
  CHECK(c.audited("none") == 1);
  CHECK(c.audited("not-found") == 1);
  c.act(id, "resolve", 1);
  CHECK(c.document(id).status == 200);
  c.act(id, "reopen", 2);
  CHECK(c.document(id).status == 409);
  const std::string nobodys = c.press();
  c.act(nobodys, "resolve", 1);
  CHECK(c.document(nobodys).status == 409);
}

TEST_CASE("alarm document: what was corrected or written later is not in it", "[api][follow-up]") {
  Centre c;
  const std::string id = c.raise();
  c.act(id, "resolve", 1, "ringt");
  const std::string closed = c.document(id).body;
  c.gateway.clock.advance(std::chrono::minutes(5));
  c.act(id, "note", 2, "skrevet etterpå");
  CHECK(c.document(id).body == closed);
}

TEST_CASE("alarm document: in the tenant's language", "[api][follow-up]") {
  InProcessGateway::Options options;
  options.config.tenants.at(0).language = "en";
  REQUIRE(options.config.tenants.at(0).id == "bodo");
  InProcessGateway gateway(options);
  Json answer(gateway.ingest("sensors", "",
                             R"({"id":"e","patient":{"system":")" + std::string(tests::fnr) + R"(","value":")" +
                                 tests::synthetic_number(1) + R"("},"time":"2026-11-20T08:00:00Z","kind":"fall"})")
                  .body);
  const std::string id = answer.text("results", 0, "alarms", 0);
  REQUIRE(gateway
              .post("/alarms/" + id + "/actions", "centre", R"({"action":"resolve","by":{"id":"k"}})",
                    {{"if-match", "W/\"1\""}})
              .status == 200);
  const std::string document = gateway.get("/alarms/" + id + "/document", "centre").body;
  CHECK(document.find(R"("language":"en")") != std::string::npos);
  CHECK(document.find("No description was given.") != std::string::npos);
}
