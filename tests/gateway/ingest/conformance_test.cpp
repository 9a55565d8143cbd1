// A vendor's traffic watched (gateway/ingest/conformance, api/conformance): what the report finds, and what watching changes.
#include "gateway/ingest/conformance.hpp"

#include <catch2/catch.hpp>

#include "tests/support/in_process_gateway.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

const char* const path = "/admin/sources/sensors/conformance";

struct Watched {
  InProcessGateway gateway;
  Watched() {
    gateway.patient(1);
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  }
  void begin(const char* body = "{}") { REQUIRE(gateway.post(path, "operator", body).status == 201); }
  Json report() { return Json(gateway.get(path, "operator").body); }
  // "fail: 1 item is of no known kind"
  std::string check(const char* name) {
    Json json = report();
    for (fhir::JsonValue one : json.at("checks"))
      if (one["check"].scalar() == name) return std::string(one["verdict"].scalar()) + ": " + std::string(one["finding"].scalar());
    return "(no such check)";
  }
};

}  // namespace

TEST_CASE("conformance: a good sender passes all that was seen", "[ingest][conformance]") {
  Watched w;
  w.begin();
  w.gateway.ingest("sensors", saturation("u", "2026-11-20T08:59:00Z", "95", R"("id":"r-1")"));
  Json json = w.report();
  CHECK(json.text("payloads") == "1");
  CHECK(json.text("outcomes", "accepted") == "1");
  for (fhir::JsonValue one : json.at("checks")) CHECK((one["verdict"].scalar() == "pass" || one["verdict"].scalar() == "not seen"));
}

TEST_CASE("conformance: each fault is found by its own check", "[ingest][conformance]") {
  struct Row {
    const char* name;
    std::string items;
    const char* check;
    const char* expected;
  };
  const Row rows[] = {
      {"no record id", saturation("u", "2026-11-20T08:59:00Z", "95"), "every reading has a record id", "warn: 1 of 1 reading without"},
      {"late", saturation("u", "2026-11-20T05:00:00Z", "95", R"("id":"r-1")"), "readings arrive soon",
       "warn: 1 of 1 reading older than 60 min on arrival, the oldest 4 h"},
      {"a clock ahead", saturation("u", "2026-11-20T10:00:00Z", "95", R"("id":"r-1")"), "clocks are right",
       "fail: 1 reading was measured after arrival, up to 60 min"},
      {"a clock a little ahead", saturation("u", "2026-11-20T09:01:00Z", "95", R"("id":"r-1")"), "clocks are right",
       "warn: 1 reading was measured after arrival, up to 60 s"},
      {"a time without offset", saturation("u", "2026-10-25T02:30:00", "95", R"("id":"r-1")"), "times say their offset",
       "warn: 1 reading has an uncertain time"},
      {"an unknown unit", tests::reading("u", "2026-11-20T08:59:00Z", "body-weight", "80", "furlong", R"("id":"r-1")"), "units are known",
       "fail: 1 item has a missing or unknown unit"},
      {"an unknown kind", tests::reading("u", "2026-11-20T08:59:00Z", "mood", "1", "%", R"("id":"r-1")"), "kinds are known",
       "fail: 1 item is of no known kind"},
      {"an unlinked user", saturation("v", "2026-11-20T08:59:00Z", "95", R"("id":"r-1")"), "persons can be placed",
       "warn: 1 item waits for a link of their user or device to a patient"},
      {"a value nobody has", saturation("u", "2026-11-20T08:59:00Z", "7", R"("id":"r-1")"), "values are believable",
       "warn: 0 items with an element that cannot be read, 1 value no living person has, or in a unit unlike the person's other readings"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Watched w;
      w.begin();
      w.gateway.ingest("sensors", row.items);
      CHECK(w.check(row.check) == row.expected);
    }
  }
}

TEST_CASE("conformance: undecodable payloads and repetitions are counted", "[ingest][conformance]") {
  Watched w;
  w.begin();
  CHECK(w.gateway.post("/ingest/sensors", "sensors", "{", {{"content-type", "application/json"}}).status == 400);
  CHECK(w.check("payloads can be read") == "fail: 1 of 1 payload could not be read");
  for (int i = 0; i < 2; ++i) w.gateway.ingest("sensors", saturation("u", "2026-11-20T08:59:00Z", "95", R"("id":"r-1")"));
  CHECK(w.check("little is sent twice") == "pass: 1 of 2 items were known already; 1 payload came again byte for byte");
}

TEST_CASE("conformance: a payload refused on purpose keeps nothing, and its retry is seen", "[ingest][conformance]") {
  Watched w;
  w.begin(R"({"minutes":60,"refuse":1})");
  const std::string item = saturation("u", "2026-11-20T08:59:00Z", "95", R"("id":"r-1")");
  const auto refused = w.gateway.ingest("sensors", item);
  CHECK(refused.status == 503);
  CHECK(tests::header(refused, "Retry-After") == "1");
  CHECK(w.gateway.reader().waiting_count(w.gateway.sources().find("sensors")->facts.source) == 0);
  SECTION("it comes again") {
    w.gateway.clock.advance(std::chrono::seconds(3));
    const auto retried = w.gateway.ingest("sensors", item);
    CHECK(retried.status == 200);
    CHECK(Json(retried.body).text("accepted") == "1");
    CHECK(w.check("a refused payload is sent again") == "pass: 1 of 1 payload answered 503 came again, the last after 3 s");
  }
  SECTION("it comes again at once") {
    CHECK(w.gateway.ingest("sensors", item).status == 200);
    CHECK(w.check("a refused payload is sent again").starts_with("warn: "));
  }
  SECTION("it never comes again") {
    CHECK(w.check("a refused payload is sent again").starts_with("not seen: "));
    w.gateway.clock.advance(std::chrono::minutes(11));
    CHECK(w.check("a refused payload is sent again").starts_with("fail: "));
  }
}

TEST_CASE("conformance: the watch ends by itself, belongs to its tenant, and is an admin's", "[api][conformance]") {
  Watched w;
  CHECK(w.gateway.get(path, "operator").status == 404);
  w.begin(R"({"minutes":1,"refuse":1})");
  w.gateway.clock.advance(std::chrono::minutes(2));
  CHECK(w.gateway.ingest("sensors", saturation("u", "2026-11-20T08:59:00Z", "95")).status == 200);
  CHECK(w.report().text("payloads") == "0");
  CHECK(w.report().text("over") == "true");
  CHECK(w.gateway.get(path, "operator-oslo").status == 404);
  CHECK(w.gateway.post(path, "operator-oslo", "{}").status == 404);
  CHECK(w.gateway.get(path, "centre").status == 403);
  for (const char* body : {R"({"minutes":0})", R"({"refuse":11})", R"({"minutes":"x"})", R"({"hours":1})", "[]", "{"})
    CHECK(w.gateway.post(path, "operator", body).status == 400);
}

TEST_CASE("conformance: the report says nothing of persons", "[ingest][conformance]") {
  Watched w;
  w.begin();
  const std::string number = tests::synthetic_number(1);
  w.gateway.ingest("sensors", saturation("u", "2026-11-20T08:59:00Z", "7", R"("id":")" + number + "\"") + R"(,{"subject":")" + number +
                                  R"(","kind":"mood","value":"x"})");
  const std::string body = w.gateway.get(path, "operator").body;
  CHECK(body.find(number) == std::string::npos);
}
