#include "gateway/api/alarms.hpp"

#include <set>
#include <thread>

#include "tests/support/gate.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";

struct Centre {
  InProcessGateway gateway;

  Centre() {
    gateway.link("sensors", "u", 1, january);
    gateway.link("elsewhere", "u", 1, january);
    gateway.limits(gateway.patient(1), R"([{"kind":"oxygen-saturation","alert_low":85}])");
    gateway.limits(gateway.patient(1, "oslo"), R"([{"kind":"oxygen-saturation","alert_low":85}])", "clinic-oslo");
  }
  // The id of the alarm a red reading raises.
  std::string raise(std::string_view source = "sensors", const char* time = "2026-11-20T08:50:00Z") {
    Json answer(gateway.ingest(source, saturation("u", time, "80")).body);
    return answer.text("results", 0, "alarms", 0);
  }
  http::Response act(const std::string& id, std::string_view action, std::string_view if_match,
                     std::vector<tests::Header> more = {}, std::string_view who = "centre") {
    if (!if_match.empty()) more.emplace_back("if-match", if_match);
    return gateway.post("/alarms/" + id + "/actions", who,
                        R"({"action":")" + std::string(action) + R"(","note":"ringt","by":{"id":"k","name":"Kari"}})",
                        more);
  }
  std::size_t audited(std::string_view action, std::string_view outcome) {
    std::size_t count = 0;
    for (const store::Audit& row : gateway.reader().audits(gateway.bodo(), {}, 1000)) {
      count += row.action == action && row.outcome == outcome ? 1 : 0;
    }
    return count;
  }
};

}  // namespace

TEST_CASE("alarms: an alarm is read with its version, by its own tenant's centre only", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  auto response = c.gateway.get("/alarms/" + id, "centre");
  CHECK(response.status == 200);
  CHECK(tests::header(response, "ETag") == "W/\"1\"");
  Json alarm(response.body);
  CHECK(alarm.text("id") == id);
  CHECK(alarm.text("state") == "raised");
  CHECK(alarm.text("patient") == c.gateway.patient(1).text());
  CHECK(c.audited("read Alarm", "ok") == 1);
  auto foreign = c.gateway.get("/alarms/" + c.raise("elsewhere"), "centre");
  auto missing = c.gateway.get("/alarms/0000000000000001", "centre");
  CHECK(foreign.status == 404);
  CHECK(foreign.body == missing.body);
  CHECK(c.gateway.get("/alarms/x", "centre").status == 404);
  CHECK(c.audited("read Alarm", "not-found") == 2);
  for (const char* who : {"hospital", "clinic", "operator"}) CHECK(c.gateway.get("/alarms/" + id, who).status == 403);
  CHECK(c.gateway.get("/alarms/" + id, "").status == 401);
}

TEST_CASE("alarms: the list filters by state and patient and pages", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  c.gateway.ingest(
      "sensors", "",
      tests::event("x", "2026-11-20T08:00:00Z", "fall") + "," + tests::event("y", "2026-11-20T08:00:00Z", "fall"));
  c.raise("elsewhere");
  REQUIRE(c.act(id, "acknowledge", "W/\"1\"").status == 200);
  auto count = [&](const std::string& query) {
    auto response = c.gateway.get("/alarms" + query, "centre");
    return response.status == 200 ? std::to_string(Json(response.body).at("alarms").size())
                                  : "status " + std::to_string(response.status);
  };
  CHECK(count("") == "3");
  CHECK(count("?state=open") == "3");
  CHECK(count("?state=raised") == "2");
  CHECK(count("?state=acknowledged") == "1");
  CHECK(count("?state=resolved") == "0");
  CHECK(count("?state=all") == "3");
  CHECK(count("?state=x") == "status 400");
  CHECK(count("?patient=" + c.gateway.patient(1).text()) == "1");
  CHECK(count("?patient=" + c.gateway.patient(1, "oslo").text()) == "0");
  CHECK(count("?patient=x") == "status 400");
  CHECK(count("?limit=0") == "status 400");
  CHECK(count("?colour=red") == "status 400");
  REQUIRE(c.act(id, "resolve", "W/\"2\"").status == 200);
  CHECK(count("?state=open") == "2");
  CHECK(count("?state=resolved") == "1");
  SECTION("in pages, each once") {
    std::set<std::string> ids;
    std::string next = "/alarms?limit=1";
    for (int pages = 0; next != "null" && pages < 9; ++pages) {
      Json page(c.gateway.get(next, "centre").body);
      for (fhir::JsonValue alarm : page.at("alarms")) CHECK(ids.insert(std::string(alarm["id"].scalar())).second);
      next = page.text("next");
    }
    CHECK(ids.size() == 3);
  }
  SECTION("the position is where a stream goes on from") {
    CHECK(Json(c.gateway.get("/alarms", "centre").body).text("position") ==
          std::to_string(c.gateway.reader().newest()));
  }
}

TEST_CASE("actions: who saw what decides, by If-Match", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  CHECK(c.act(id, "acknowledge", "").status == 428);
  CHECK(c.act(id, "acknowledge", "nonsense").status == 412);
  CHECK(c.act(id, "acknowledge", "W/\"2\"").status == 412);
  auto done = c.act(id, "acknowledge", "\"1\"");
  CHECK(done.status == 200);
  CHECK(tests::header(done, "ETag") == "W/\"2\"");
  Json alarm(done.body);
  CHECK(alarm.text("state") == "acknowledged");
  CHECK(alarm.text("events", 0, "action") == "acknowledge");
  CHECK(alarm.text("events", 0, "note") == "ringt");
  CHECK(c.act(id, "take", "W/\"1\"").status == 412);
  CHECK(c.act(id, "take", "W/\"2\"").status == 200);
  CHECK(c.act(id, "reopen", "W/\"3\"").status == 409);
  CHECK(c.audited("alarm acknowledge", "ok") == 1);
  CHECK(c.audited("alarm take", "ok") == 1);
}

TEST_CASE("actions: what is not an action, an alarm or the centre's", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  auto body = [&](std::string text) {
    return c.gateway.post("/alarms/" + id + "/actions", "centre", std::move(text), {{"if-match", "W/\"1\""}}).status;
  };
  for (const char* odd : {"", "[]", "{}", R"({"action":"dance"})", R"({"action":5})", R"({"action":"note"})"}) {
    INFO(odd);
    CHECK(body(odd) == 400);
  }
  CHECK(c.act("0000000000000001", "take", "W/\"1\"").status == 404);
  CHECK(c.act("x", "take", "W/\"1\"").status == 404);
  CHECK(c.act(c.raise("elsewhere"), "take", "W/\"1\"").status == 404);
  CHECK(c.act(id, "take", "W/\"1\"", {}, "hospital").status == 403);
  CHECK(c.act(id, "take", "W/\"1\"", {}, "centre-oslo").status == 404);
  CHECK(Json(c.gateway.get("/alarms/" + id, "centre").body).text("version") == "1");
  CHECK(c.audited("act on Alarm", "not-found") == 2);  // the foreign and the missing one; "x" names nothing
}

TEST_CASE("actions: an Idempotency-Key repeats the first answer, its ETag included, over a restart", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  auto key = [](const char* text) { return std::vector<tests::Header>{{"idempotency-key", text}}; };
  auto first = c.act(id, "acknowledge", "W/\"1\"", key("k-1"));
  REQUIRE(first.status == 200);
  SECTION("at once") {}
  SECTION("after a restart") {
    c.gateway.restart();
  }
  SECTION("after others acted") {
    REQUIRE(c.act(id, "take", "W/\"2\"").status == 200);
  }
  auto again = c.act(id, "acknowledge", "W/\"1\"", key("k-1"));
  CHECK(again.status == 200);
  CHECK(again.body == first.body);
  CHECK(tests::header(again, "ETag") == "W/\"2\"");
  CHECK(c.act(id, "acknowledge", "W/\"1\"", key("k-2")).status == 412);
  CHECK(c.act(id, "acknowledge", "W/\"1\"", key(std::string(201, 'k').c_str())).status == 400);
}

TEST_CASE("actions: one key on another alarm or for another act is another request", "[api][alarms]") {
  // Answered with the first alarm's state, a client would believe it had dealt with the second.
  Centre c;
  const std::string one = c.raise();
  Json answer(c.gateway.ingest("sensors", "", tests::event("x", "2026-11-20T08:00:00Z", "fall")).body);
  const std::string two = answer.text("results", 0, "alarms", 0);
  const std::vector<tests::Header> key{{"idempotency-key", "k-1"}};
  REQUIRE(c.act(one, "acknowledge", "W/\"1\"", key).status == 200);
  auto second = c.act(two, "acknowledge", "W/\"1\"", key);
  CHECK(second.status == 200);
  CHECK(Json(second.body).text("id") == two);
  auto resolved = c.act(one, "resolve", "W/\"2\"", key);
  CHECK(Json(resolved.body).text("state") == "resolved");
}

TEST_CASE("actions: two at once, one acts; the same one twice at once acts once", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  auto asked = [&](const char* action, const char* key) {
    return tests::Asked{http::Method::post,
                        "/alarms/" + id + "/actions",
                        "centre",
                        R"({"action":")" + std::string(action) + R"(","by":{"id":"k","name":"Kari"}})",
                        {{"if-match", "W/\"1\""}, {"idempotency-key", key}}};
  };
  SECTION("different people") {
    auto responses = c.gateway.together({asked("acknowledge", "a"), asked("take", "b")});
    CHECK(responses[0].status + responses[1].status == 200 + 412);
  }
  SECTION("an impatient client") {
    auto responses =
        c.gateway.together({asked("acknowledge", "a"), asked("acknowledge", "a"), asked("acknowledge", "a")});
    for (const http::Response& response : responses) {
      CHECK(response.status == 200);
      CHECK(response.body == responses[0].body);
    }
    CHECK(c.audited("alarm acknowledge", "ok") == 1);
  }
}

TEST_CASE("actions: a resolved alarm is reopened unless a new one took its place", "[api][alarms]") {
  Centre c;
  const std::string id = c.raise();
  REQUIRE(c.act(id, "resolve", "W/\"1\"").status == 200);
  SECTION("reopened, and the next breach joins it") {
    REQUIRE(c.act(id, "reopen", "W/\"2\"").status == 200);
    CHECK(c.raise("sensors", "2026-11-20T08:55:00Z") == id);
  }
  SECTION("a new one is there") {
    CHECK(c.raise("sensors", "2026-11-20T08:55:00Z") != id);
    CHECK(c.act(id, "reopen", "W/\"2\"").status == 409);
  }
  SECTION("the same without a patient") {
    Json press(c.gateway.ingest("sensors", "", tests::event("x", "2026-11-20T08:00:00Z", "fall", R"("id":"1")")).body);
    const std::string loose = press.text("results", 0, "alarms", 0);
    REQUIRE(c.act(loose, "resolve", "W/\"1\"").status == 200);
    Json next(c.gateway.ingest("sensors", "", tests::event("x", "2026-11-20T08:10:00Z", "fall", R"("id":"2")")).body);
    CHECK(next.text("results", 0, "alarms", 0) != loose);
    CHECK(c.act(loose, "reopen", "W/\"2\"").status == 409);
  }
}

TEST_CASE("actions: go through while readings are refused", "[api][alarms][threads]") {
  InProcessGateway::Options options;
  options.committer.bulk_rows = 1;
  InProcessGateway gateway(std::move(options));
  Json press(gateway.ingest("sensors", "", tests::event("x", "2026-11-20T08:00:00Z", "fall")).body);
  const std::string id = press.text("results", 0, "alarms", 0);
  tests::Gate gate(gateway.committer());
  std::thread opener([&] {
    gateway.eventually([&] { return gateway.committer().counts().urgent_queued > 0; });
    gate.open();
  });
  auto responses = gateway.together({tests::ingested("sensors", saturation("u", "2026-11-20T08:00:00Z", "90")),
                                     tests::ingested("sensors", saturation("u", "2026-11-20T08:00:00Z", "91")),
                                     {http::Method::post,
                                      "/alarms/" + id + "/actions",
                                      "centre",
                                      R"({"action":"take","by":{"id":"k","name":"Kari"}})",
                                      {{"if-match", "W/\"1\""}}}});
  opener.join();
  CHECK(responses[0].status == 200);
  CHECK(responses[1].status == 503);
  CHECK(responses[2].status == 200);
}
