// Quarantine as the ingest path uses it, and the operator's hand on it (gateway/api/admin_quarantine).
#include "gateway/ingest/hold.hpp"

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
const char* const at_eight = "2026-11-20T08:00:00Z";

InProcessGateway::Options room_for(std::size_t items) {
  InProcessGateway::Options options;
  for (config::Source& source : options.config.sources) source.quarantine_items = items;
  return options;
}

std::vector<store::Quarantined> items(InProcessGateway& gateway, std::optional<store::QuarantineState> state = {}) {
  store::QuarantineFilter filter;
  filter.tenant = gateway.bodo();
  filter.state = state;
  return gateway.reader().quarantine(filter);
}

std::string held_as(const http::Response& response, int index = 0) {
  return Json(response.body).text("results", index, "quarantine");
}

http::Response retry(InProcessGateway& gateway, QuarantineId id) {
  return gateway.post("/admin/quarantine/" + id.text() + "/retry", "operator", "");
}

}  // namespace

TEST_CASE("hold: once per key, and a full quarantine refuses without evicting", "[ingest][hold]") {
  InProcessGateway gateway(room_for(2));
  auto first = gateway.ingest("sensors", saturation("x", at_eight, "91"));
  CHECK(held_as(gateway.ingest("sensors", saturation("x", at_eight, "91.0"))) == held_as(first));
  CHECK(gateway.ingest("sensors", saturation("x", at_eight, "92")).status == 200);
  auto full = gateway.ingest("sensors", saturation("x", at_eight, "93"));
  CHECK(full.status == 503);
  CHECK(tests::header(full, "Retry-After") != "");
  CHECK(items(gateway).size() == 2);
  CHECK(gateway.ingest("sensors", saturation("x", at_eight, "91")).status == 200);  // a resend needs no room
  SECTION("another source has its own room") {
    CHECK(gateway.ingest("scales", saturation("x", at_eight, "93")).status == 200);
  }
  SECTION("it is as full after a restart") {
    gateway.restart();
    CHECK(gateway.ingest("sensors", saturation("x", at_eight, "93")).status == 503);
    CHECK(held_as(gateway.ingest("sensors", saturation("x", at_eight, "91"))) == held_as(first));
  }
  SECTION("room is made by discarding") {
    auto discarded = gateway.post("/admin/quarantine/" + items(gateway)[0].id.text() + "/discard", "operator",
                                  R"({"reason":"a test device"})");
    CHECK(discarded.status == 204);
    CHECK(gateway.ingest("sensors", saturation("x", at_eight, "93")).status == 200);
  }
  SECTION("good readings and presses beside it still go through") {
    gateway.link("sensors", "u", 1, january);
    CHECK(gateway.ingest("sensors", saturation("u", at_eight, "93")).status == 200);
    CHECK(gateway.ingest("sensors", saturation("x", at_eight, "94"), tests::event("x", at_eight, "fall")).status ==
          503);
    CHECK(gateway.reader().open_alarm_count(gateway.bodo()) == 1);
  }
}

TEST_CASE("hold: bytes nobody can decode are answered 400 and kept once", "[ingest][hold]") {
  InProcessGateway gateway;
  auto send = [&](std::string body) {
    return gateway.post("/ingest/sensors", "sensors", std::move(body), {{"content-type", "application/json"}});
  };
  auto refused = send("{\"measurements\":[{]");
  CHECK(refused.status == 400);
  CHECK(send("{\"measurements\":[{]").status == 400);
  REQUIRE(items(gateway).size() == 1);
  CHECK(refused.body.find(items(gateway)[0].id.text()) != std::string::npos);
  CHECK(gateway.reader().payload(items(gateway)[0].payload)->bytes == "{\"measurements\":[{]");
  for (const char* odd : {"", "\xff\xfe", "[]", "nonsense", "{\"a\":1,\"a\":2}"}) CHECK(send(odd).status == 400);
  CHECK(items(gateway).size() == 6);
  SECTION("and shown to the operator, whatever bytes they are") {
    for (const store::Quarantined& item : items(gateway)) {
      auto shown = gateway.get("/admin/quarantine/" + item.id.text(), "operator");
      CHECK(shown.status == 200);
      CHECK(Json(shown.body).text("reason") == "undecodable");
    }
  }
}

TEST_CASE("hold: a payload is kept once for all of its items, with its bytes", "[ingest][hold]") {
  InProcessGateway gateway;
  gateway.ingest("sensors", saturation("x", at_eight, "91") + "," + saturation("x", at_eight, "92") + "," +
                                saturation("x", at_eight, "93"));
  auto held = items(gateway);
  REQUIRE(held.size() == 3);
  CHECK(held[0].payload == held[2].payload);
  CHECK(held[2].index == 2);
  CHECK(gateway.reader().payload(held[0].payload)->bytes.find("\"x\"") != std::string::npos);
}

TEST_CASE("hold: items without id and time from two payloads are both kept", "[ingest][hold]") {
  InProcessGateway gateway;
  auto first = gateway.ingest("sensors", R"({"subject":"x","kind":"oxygen-saturation","value":"eighty","unit":"%"})");
  auto second = gateway.ingest("sensors", R"({"subject":"x","kind":"oxygen-saturation","value":"ninety","unit":"%"})");
  CHECK(held_as(first) != held_as(second));
  CHECK(items(gateway).size() == 2);
}

TEST_CASE("hold: a good resend ends the waiting", "[ingest][hold]") {
  InProcessGateway gateway;
  const std::string item = saturation("u", at_eight, "91", R"("id":"r-1")");
  auto held = gateway.ingest("sensors", item);
  gateway.link("sensors", "u", 1, january);
  auto resent = gateway.ingest("sensors", item);
  CHECK(Json(resent.body).text("results", 0, "outcome") == "accepted");
  REQUIRE(items(gateway).size() == 1);
  CHECK(items(gateway)[0].state == store::QuarantineState::released);
  CHECK(items(gateway)[0].outcome == "accepted " + Json(resent.body).text("results", 0, "observation"));
  CHECK(retry(gateway, items(gateway)[0].id).status == 404);
}

TEST_CASE("hold: a good resend ends the waiting of an item held in the same group", "[ingest][hold]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  // One payload: a value that cannot be, then the record's correction.
  auto response = gateway.ingest("sensors", saturation("u", at_eight, "193", R"("id":"r-1")") + "," +
                                                saturation("u", at_eight, "93", R"("id":"r-1")"));
  CHECK(Json(response.body).text("results", 0, "outcome") == "quarantined");
  CHECK(Json(response.body).text("results", 1, "outcome") == "accepted");
  CHECK(items(gateway, store::QuarantineState::waiting).empty());
}

TEST_CASE("hold: a late retry of what is known does not end the waiting of a faulty correction", "[ingest][hold]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  auto send = [&](const char* value) {
    return gateway.ingest("sensors", saturation("u", at_eight, value, R"("id":"r-1")"));
  };
  send("93");
  CHECK(Json(send("193").body).text("results", 0, "outcome") == "quarantined");
  CHECK(Json(send("93").body).text("results", 0, "outcome") == "duplicate");
  CHECK(items(gateway, store::QuarantineState::waiting).size() == 1);
  CHECK(Json(send("95").body).text("results", 0, "outcome") == "amended");
  CHECK(items(gateway, store::QuarantineState::waiting).empty());
}

TEST_CASE("replay: a retried item takes the normal path and is written down", "[ingest][replay]") {
  InProcessGateway gateway;
  gateway.ingest("sensors", saturation("v", at_eight, "92") + "," + saturation("u", at_eight, "91", R"("id":"r-1")"));
  auto held = items(gateway);
  REQUIRE(held.size() == 2);
  SECTION("still nobody's: it waits on") {
    auto again = retry(gateway, held[1].id);
    CHECK(held_as(again) == held[1].id.text());
    CHECK(items(gateway).size() == 2);
  }
  SECTION("linked now") {
    gateway.link("sensors", "u", 1, january);
    auto released = retry(gateway, held[1].id);
    CHECK(released.status == 200);
    CHECK(Json(released.body).text("results", 0, "outcome") == "accepted");
    CHECK(items(gateway, store::QuarantineState::waiting).size() == 1);
    CHECK(gateway.reader().quarantined(held[1].id)->decided_by == "operator");
    CHECK(retry(gateway, held[1].id).status == 404);
  }
  SECTION("another tenant's operator sees no such item") {
    CHECK(gateway.post("/admin/quarantine/" + held[1].id.text() + "/retry", "operator-oslo", "").status == 404);
    CHECK(gateway.get("/admin/quarantine/" + held[1].id.text(), "operator-oslo").status == 404);
    CHECK(gateway.post("/admin/quarantine/" + held[1].id.text() + "/discard", "operator-oslo", R"({"reason":"x"})")
              .status == 404);
    CHECK(Json(gateway.get("/admin/quarantine", "operator-oslo").body).at("items").size() == 0);
  }
}

TEST_CASE("replay: an item that is held for another reason now stays one item", "[ingest][replay]") {
  // A saturation of 93 that could not be placed; by the time it is retried its subject is two people's.
  InProcessGateway gateway;
  gateway.ingest("sensors", saturation("u", at_eight, "93", R"("device":{"id":"SN-1"})"));
  gateway.link("sensors", "u", 1, january);
  gateway.link("sensors", "SN-1", 2, january);
  auto held = items(gateway);
  REQUIRE(held.size() == 1);
  auto again = retry(gateway, held[0].id);
  CHECK(Json(again.body).text("results", 0, "reason") == "ambiguous-subject");
  CHECK(held_as(again) == held[0].id.text());
  REQUIRE(items(gateway).size() == 1);
  CHECK(items(gateway)[0].reason == static_cast<std::uint8_t>(adapters::QuarantineReason::ambiguous_subject));
}

TEST_CASE("replay: an item decided on meanwhile is not sent through", "[ingest][replay]") {
  InProcessGateway gateway;
  gateway.ingest("sensors", saturation("u", at_eight, "93", R"("id":"r-1")"));
  gateway.link("sensors", "u", 1, january);
  const QuarantineId id = items(gateway).at(0).id;
  tests::Gate gate(gateway.committer());
  tests::Asked discard{http::Method::post,
                       "/admin/quarantine/" + id.text() + "/discard",
                       "operator",
                       R"({"reason":"a test device"})",
                       {}};
  tests::Asked again{http::Method::post, "/admin/quarantine/" + id.text() + "/retry", "operator", "", {}};
  std::thread opener([&] {
    gateway.eventually([&] { return gateway.committer().counts().bulk_queued >= 2; });
    gate.open();
  });
  SECTION("discarded first") {
    auto responses = gateway.together({discard, again});
    opener.join();
    // The two are asked at once; which is decided first is the queue's affair, but only one of them has its way.
    const bool discarded = responses[0].status == 204;
    CHECK((discarded ? responses[1].status >= 400 : responses[1].status == 200));
    auto item = *gateway.reader().quarantined(id);
    CHECK((item.state == store::QuarantineState::discarded) == discarded);
    store::ObservationFilter all;
    all.tenant = gateway.bodo();
    CHECK((gateway.reader().count(all) == 0) == discarded);
  }
  SECTION("retried twice at once") {
    auto responses = gateway.together({again, again});
    opener.join();
    int released = 0;
    for (const store::JournalEntry& entry :
         gateway.reader().journal(0, 100, 1u << static_cast<unsigned>(store::Entry::quarantine))) {
      released += entry.change == "released" ? 1 : 0;
    }
    CHECK(released == 1);
  }
}

TEST_CASE("replay: a payload that can be decoded now ends as released, its items stand on their own",
          "[ingest][replay]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  // Held as undecodable by hand, as an adapter that learned the format since would find it.
  const ingest::ConfiguredSource& source = *gateway.sources().find("sensors");
  const ingest::Keys& keys = gateway.replays().keys();
  const std::string bytes =
      R"({"measurements":[)" + saturation("stranger", at_eight, "92") + "," + saturation("u", at_eight, "91") + "]}";
  QuarantineId id;
  REQUIRE(gateway.commit([&](journal::Working& working) {
    ingest::RawPayload raw;
    raw.source = &source.facts;
    raw.keys = &keys;
    raw.adapter = "hjemport";
    raw.bytes = bytes;
    raw.received = gateway.clock.now();
    ingest::Holding holding;
    holding.key = raw.digest();
    holding.reason = adapters::QuarantineReason::undecodable;
    id = ingest::hold(working, source.facts, raw, holding);
  }));
  auto response = retry(gateway, id);
  REQUIRE(response.status == 200);
  CHECK(Json(response.body).text("accepted") == "1");
  CHECK(Json(response.body).text("quarantined") == "1");
  CHECK(gateway.reader().quarantined(id)->state == store::QuarantineState::released);
  auto waiting = items(gateway, store::QuarantineState::waiting);
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].id.text() == held_as(response, 0));
  gateway.link("sensors", "stranger", 2, january);
  CHECK(Json(retry(gateway, waiting[0].id).body).text("results", 0, "outcome") == "accepted");
}

TEST_CASE("quarantine list: filters, pages and refuses what it does not know", "[api][admin]") {
  InProcessGateway gateway;
  gateway.ingest("sensors", saturation("x", at_eight, "91") + "," + saturation("y", at_eight, "92") + "," +
                                saturation("x", at_eight, "193"));
  gateway.ingest("scales", saturation("x", at_eight, "94"));
  auto count = [&](const std::string& query) {
    auto response = gateway.get("/admin/quarantine" + query, "operator");
    return response.status == 200 ? std::to_string(Json(response.body).at("items").size())
                                  : "status " + std::to_string(response.status);
  };
  struct Row {
    const char* query;
    const char* expected;
  };
  const Row rows[] = {
      {"", "4"},
      {"?source=sensors", "3"},
      {"?source=elsewhere", "status 404"},
      {"?source=nothing", "status 404"},
      {"?reason=implausible", "1"},
      {"?reason=nonsense", "status 400"},
      {"?subject=y", "1"},
      {"?subject=x&source=scales", "1"},
      {"?state=released", "0"},
      {"?state=all", "4"},
      {"?state=x", "status 400"},
      {"?limit=2", "2"},
      {"?limit=0", "status 400"},
      {"?limit=x", "status 400"},
      {"?after=x", "status 400"},
      {"?colour=red", "status 400"},
      {"?subject=%zz", "status 400"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION("'" << row.query << "'") {
      CHECK(count(row.query) == row.expected);
    }
  }
  SECTION("pages") {
    std::string next = "?limit=3";
    int seen = 0;
    for (int pages = 0; next != "null" && pages < 5; ++pages) {
      Json page(gateway.get("/admin/quarantine" + next, "operator").body);
      seen += static_cast<int>(page.at("items").size());
      next = page.text("next");
      if (next != "null") next = "?limit=3&after=" + next;
    }
    CHECK(seen == 4);
  }
  SECTION("no other role") {
    for (const char* who : {"centre", "clinic", "hospital"}) CHECK(gateway.get("/admin/quarantine", who).status == 403);
    CHECK(gateway.get("/admin/quarantine", "").status == 401);
  }
}

TEST_CASE("discard: needs a reason, and is written down with who and why", "[api][admin]") {
  InProcessGateway gateway;
  gateway.ingest("sensors", saturation("x", at_eight, "91"));
  const QuarantineId id = items(gateway).at(0).id;
  const std::string target = "/admin/quarantine/" + id.text() + "/discard";
  for (const char* body : {"", "{}", R"({"reason":""})", R"({"reason":5})"})
    CHECK(gateway.post(target, "operator", body).status == 400);
  CHECK(gateway.post("/admin/quarantine/0000000000000001/discard", "operator", R"({"reason":"x"})").status == 404);
  CHECK(gateway.post("/admin/quarantine/x/discard", "operator", R"({"reason":"x"})").status == 404);
  CHECK(gateway.post(target, "operator", R"({"reason":"a test device"})").status == 204);
  CHECK(gateway.post(target, "operator", R"({"reason":"again"})").status == 409);
  auto item = *gateway.reader().quarantined(id);
  CHECK(item.decided_by == "operator");
  CHECK(item.outcome == "a test device");
}
