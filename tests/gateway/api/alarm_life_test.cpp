// The later acts over the routes: snooze, hand-over, coded resolves, and who sees what when several organisations answer.
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

#include <catch2/catch.hpp>

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;

namespace {

const std::string municipality = "972418013", hospital = "958935420";

// Two centres of tenant bodo that deal with one organisation each, and one that deals with all.
struct Centres {
  InProcessGateway gateway;

  static InProcessGateway::Options options() {
    InProcessGateway::Options options;
    for (const auto& [id, organization] : {std::pair("home", municipality), std::pair("ward", hospital)}) {
      config::Client client;
      client.id = client.bearer = id;
      client.tenant = "bodo";
      client.roles = static_cast<http::Roles>(http::Role::response_centre);
      client.organization = organization;
      options.config.clients.push_back(client);
    }
    return options;
  }
  Centres() : gateway(options()) {
    gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
    gateway.limits(gateway.patient(1), R"([{"kind":"oxygen-saturation","alert_low":85}])");
  }
  std::string raise() {
    Json answer(gateway.ingest("sensors", tests::saturation("u", "2026-11-20T08:50:00Z", "80")).body);
    return answer.text("results", 0, "alarms", 0);
  }
  http::Response act(const std::string& id, const std::string& body, std::string_view who = "centre",
                     std::string_view if_match = {}, std::vector<tests::Header> more = {}) {
    std::string version(if_match);
    if (version.empty()) version = tests::header(gateway.get("/alarms/" + id, "centre"), "ETag");
    if (version != "none") more.emplace_back("if-match", version);
    const std::string by = R"("by":{"id":")" + std::string(who) + R"(-1","name":"Kari"})";
    return gateway.post("/alarms/" + id + "/actions", who, "{" + body + "," + by + "}", std::move(more));
  }
  http::Response periods(const std::string& list, std::string_view who = "clinic", std::vector<tests::Header> more = {}) {
    return gateway.put(target(), who, R"({"periods":)" + list + "}", std::move(more));
  }
  std::string target() { return "/patients/" + gateway.patient(1).text() + "/responsibility"; }
  bool sees(std::string_view who, const std::string& id) {
    Json list(gateway.get("/alarms?state=open", who).body);
    bool listed = false;
    for (fhir::JsonValue alarm : list.at("alarms")) listed = listed || alarm["id"].scalar() == id;
    CHECK((gateway.get("/alarms/" + id, who).status == 200) == listed);
    return listed;
  }
};

std::string period(const std::string& organization, const std::string& from, const std::string& to = {}) {
  return R"({"organization":")" + organization + R"(","from":")" + from + "\"" + (to.empty() ? "" : R"(,"to":")" + to + "\"") + "}";
}

const std::string snooze = R"("action":"snooze","note":"ringer tilbake","minutes":10)";

}  // namespace

TEST_CASE("alarm life: a snooze over the routes, its conditions and its repeats", "[api][alarms]") {
  Centres c;
  const std::string id = c.raise();
  CHECK(c.act(id, snooze).status == 409);  // nobody has seen it
  REQUIRE(c.act(id, R"("action":"acknowledge")").status == 200);
  CHECK(c.act(id, R"("action":"snooze","minutes":10)").status == 400);
  CHECK(c.act(id, R"("action":"snooze","note":"x","minutes":61)").status == 400);
  CHECK(c.act(id, snooze, "centre", "none").status == 428);
  CHECK(c.act(id, snooze, "centre", "W/\"1\"").status == 412);
  const auto first = c.act(id, snooze, "centre", "W/\"2\"", {{"idempotency-key", "k"}});
  REQUIRE(first.status == 200);
  Json shown(first.body);
  CHECK(shown.text("state") == "snoozed");
  CHECK(shown.text("deadline") == "2026-11-20T09:10:00.000Z");
  CHECK(c.act(id, snooze, "centre", "W/\"2\"", {{"idempotency-key", "k"}}).body == first.body);
  CHECK(c.act(id, R"("action":"acknowledge")").status == 409);
  c.gateway.clock.advance(std::chrono::minutes(10));
  c.gateway.restart();
  c.gateway.alarm_watch().look();
  c.gateway.run_until([&] { return Json(c.gateway.get("/alarms/" + id, "centre").body).text("state") == "acknowledged"; });
}

TEST_CASE("alarm life: a safety alarm is never snoozed", "[api][alarms]") {
  Centres c;
  Json answer(c.gateway.ingest("sensors", "", tests::event("u", "2026-11-20T08:50:00Z", "fall")).body);
  const std::string id = answer.text("results", 0, "alarms", 0);
  REQUIRE(c.act(id, R"("action":"acknowledge")").status == 200);
  CHECK(c.act(id, snooze).status == 409);
}

TEST_CASE("alarm life: a hand-over moves when it is accepted, and each side sees what it has to", "[api][alarms]") {
  Centres c;
  const std::string id = c.raise();
  CHECK(c.sees("home", id));
  CHECK_FALSE(c.sees("ward", id));
  CHECK(c.act(id, R"("action":"take")", "ward", "W/\"1\"").status == 404);
  REQUIRE(c.act(id, R"("action":"take")", "home").status == 200);
  const std::string offer = R"("action":"hand-over","to":{"organization":")" + hospital + R"(","name":"Lungeavdelingen"},"note":"legges inn")";
  Json offered(c.act(id, offer, "home").body);
  CHECK(offered.text("owner", "id") == "home-1");
  CHECK(offered.text("events", 1, "note") == "Til " + hospital + ", Lungeavdelingen: legges inn");
  CHECK(c.sees("home", id));
  CHECK(c.sees("ward", id));
  CHECK(c.act(id, offer, "home").status == 409);
  c.gateway.restart();
  CHECK(c.act(id, R"("action":"hand-over","accept":true)", "home").status == 409);

  SECTION("accepted") {
    Json accepted(c.act(id, R"("action":"hand-over","accept":true)", "ward").body);
    CHECK(accepted.text("owner", "id") == "ward-1");
    CHECK(accepted.text("state") == "in-progress");
    CHECK(accepted.text("events", 2, "action") == "hand-over-accepted");
    CHECK(c.sees("ward", id));
    REQUIRE(c.act(id, R"("action":"note","note":"x")", "ward").status == 200);
    CHECK_FALSE(c.sees("home", id));
  }
  SECTION("declined") {
    Json declined(c.act(id, R"("action":"hand-over","accept":false,"note":"ikke plass")", "ward").body);
    CHECK(declined.text("owner", "id") == "home-1");
    CHECK(declined.text("events", 2, "action") == "hand-over-declined");
    REQUIRE(c.act(id, R"("action":"note","note":"x")", "home").status == 200);
    CHECK_FALSE(c.sees("ward", id));
  }
}

TEST_CASE("alarm life: who answers for a patient, by period and version", "[api][responsibility]") {
  Centres c;
  Json none(c.gateway.get(c.target(), "centre").body);
  CHECK(none.text("version") == "0");
  CHECK(none.text("periods") == "[]");
  const auto created = c.periods("[" + period(hospital, "2026-11-20T08:00:00Z", "2026-11-20T12:00:00+01:00") + "]");
  CHECK(created.status == 201);
  CHECK(tests::header(created, "ETag") == "W/\"1\"");
  CHECK(Json(created.body).text("periods", 0, "to") == "2026-11-20T11:00:00.000Z");
  CHECK(c.periods("[]", "centre").status == 200);
  CHECK(c.periods("[]", "clinic", {{"if-match", "W/\"1\""}}).status == 412);
  CHECK(c.periods("[]", "clinic", {{"if-match", "x"}}).status == 412);
  CHECK(c.periods("[]", "hospital").status == 403);
  CHECK(c.periods("[]", "clinic-oslo").status == 404);
  for (const std::string& wrong :
       {std::string("{}"), "[" + period("legevakt", "2026-11-20T08:00:00Z") + "]", "[" + period(hospital, "2026-11-20") + "]",
        "[" + period(hospital, "2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z") + "]",
        "[" + period(hospital, "2026-11-20T08:00:00Z") + "," + period(municipality, "2026-11-21T08:00:00Z") + "]"}) {
    CHECK(c.periods(wrong).status == 400);
  }
  Json kept(c.gateway.get(c.target(), "clinic").body);
  CHECK(kept.text("version") == "2");
}

TEST_CASE("alarm life: alarms follow the patient from one organisation to the other", "[api][responsibility]") {
  Centres c;
  const std::string id = c.raise();
  CHECK(c.gateway.get(c.target(), "ward").status == 404);
  CHECK(c.periods("[" + period(hospital, "2026-11-20T09:00:00Z") + "]", "ward").status == 404);  // it takes no patient by itself
  REQUIRE(c.periods("[" + period(hospital, "2026-11-20T09:00:00Z") + "]", "home").status == 201);
  CHECK(c.sees("ward", id));
  Json shown(c.gateway.get("/alarms/" + id, "ward").body);
  CHECK(shown.text("announce") == "true");  // nobody there has heard of it
  CHECK(shown.text("events", 0, "action") == "responsibility");
  CHECK(c.sees("centre", id));
  REQUIRE(c.act(id, R"("action":"acknowledge")", "ward").status == 200);
  CHECK_FALSE(c.sees("home", id));
  CHECK(c.periods("[]", "home").status == 404);
}

TEST_CASE("alarm life: a stream of one organisation carries what concerns it", "[api][responsibility][stream]") {
  Centres c;
  auto home = c.gateway.get("/alarms/stream", "home");
  auto ward = c.gateway.get("/alarms/stream", "ward");
  auto next = [&](http::Response& response) { return c.gateway.run(response.stream->next()).value_or(""); };
  next(home);
  next(ward);
  const std::string id = c.raise();
  CHECK(next(home).find(id) != std::string::npos);
  REQUIRE(c.periods("[" + period(hospital, "2026-11-20T09:00:00Z") + "]").status == 201);
  const std::string moved = next(ward);
  CHECK(moved.find(id) != std::string::npos);
  CHECK(moved.find("event: action") != std::string::npos);
  CHECK(next(home).find("responsibility") != std::string::npos);  // told for the last time

  // From the journal as from the ring.
  auto again = c.gateway.get("/alarms/stream", "ward", {{"last-event-id", "0"}});
  next(again);
  CHECK(next(again).find(id) != std::string::npos);
}
