#include "gateway/ingest/admit.hpp"

#include <set>

#include "tests/support/in_process_gateway.hpp"
#include "tests/support/printing.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

const char* const january = "2026-01-01T00:00:00Z";
const char* const at_eight = "2026-11-20T08:00:00Z";

// "accepted", or "quarantined unknown-subject".
std::string outcome(const http::Response& response, int index = 0) {
  Json answer(response.body);
  std::string text = answer.text("results", index, "outcome");
  std::string reason = answer.text("results", index, "reason");
  return reason == "(absent)" ? text : text + " " + reason;
}

std::string id_of(const http::Response& response, int index = 0) {
  return Json(response.body).text("results", index, "observation");
}

std::string value_of(InProcessGateway& gateway, const std::string& reference) {
  return Json(gateway.get("/fhir/" + reference, "hospital").body).text("valueQuantity", "value");
}

std::string counts(const http::Response& response) {
  Json answer(response.body);
  std::string text;
  for (const char* name : {"received", "accepted", "duplicate", "amended", "quarantined", "ignored"}) {
    text += (text.empty() ? "" : " ") + answer.text(name);
  }
  return text;
}

}  // namespace

TEST_CASE("admit: accepted, duplicate, amended, and a late retry of the first version changes nothing",
          "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  const std::string id = R"("id":"r-1")";
  auto a = gateway.ingest("sensors", saturation("u", at_eight, "93", id));
  REQUIRE(a.status == 200);
  CHECK(outcome(a) == "accepted");
  CHECK(outcome(gateway.ingest("sensors", saturation("u", at_eight, "93.0", id))) == "duplicate");
  auto b = gateway.ingest("sensors", saturation("u", at_eight, "94", id));
  CHECK(outcome(b) == "amended");
  CHECK(id_of(b) == id_of(a));
  auto late = gateway.ingest("sensors", saturation("u", at_eight, "93", id));
  CHECK(outcome(late) == "duplicate");
  CHECK(id_of(late) == id_of(a));
  CHECK(value_of(gateway, id_of(a)) == "94");
  Json resource(gateway.get("/fhir/" + id_of(a), "hospital").body);
  CHECK(resource.text("status") == "amended");
  CHECK(resource.text("meta", "versionId") == "2");
  CHECK(Json(gateway.get("/fhir/" + id_of(a) + "/_history/1", "hospital").body).text("valueQuantity", "value") == "93");
}

TEST_CASE("admit: the vendor's stamp orders versions and is no content", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  auto send = [&](const char* value, const char* stamp) {
    return outcome(gateway.ingest(
        "sensors", saturation("u", at_eight, value, R"("id":"r-1","version":")" + std::string(stamp) + "\"")));
  };
  struct Row {
    const char* name;
    const char* first;
    const char* second;
    const char* expected;
  };
  const Row rows[] = {
      {"numbers as numbers, newer", "9", "10", "amended"},
      {"numbers as numbers, older", "10", "9", "duplicate"},
      {"times as times, older", "2026-11-20T09:00:00+01:00", "2026-11-20T07:59:59Z", "duplicate"},
      {"times as times, newer", "2026-11-20T09:00:00+01:00", "2026-11-20T08:00:01Z", "amended"},
      {"words", "b", "a", "duplicate"},
      {"the same stamp with other content", "5", "5", "amended"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(send("93", row.first) == "accepted");
      CHECK(send("94", row.second) == row.expected);
    }
  }
}

TEST_CASE("admit: the counts add up to what was received, with every outcome in one payload", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  gateway.ingest("sensors", saturation("u", at_eight, "91", R"("id":"old")"));
  gateway.ingest("sensors", saturation("u", at_eight, "92", R"("id":"corrected")"));
  auto response = gateway.ingest(
      "sensors",
      saturation("u", at_eight, "93", R"("id":"new")") + "," + saturation("u", at_eight, "91", R"("id":"old")") + "," +
          saturation("u", at_eight, "95", R"("id":"corrected")") + "," + saturation("stranger", at_eight, "93") + "," +
          R"({"subject":"u","time":"2026-11-20T08:00:00Z","kind":"ecg","value":"x"})" + "," +
          saturation("u", at_eight, "193"),
      tests::event("u", at_eight, "fall"));
  REQUIRE(response.status == 200);
  CHECK(counts(response) == "7 2 1 1 2 1");
  CHECK(outcome(response, 0) == "accepted");
  CHECK(outcome(response, 1) == "duplicate");
  CHECK(outcome(response, 2) == "amended");
  CHECK(outcome(response, 3) == "quarantined unknown-subject");
  CHECK(outcome(response, 4) == "ignored not-a-reading");
  CHECK(outcome(response, 5) == "quarantined implausible");
  CHECK(outcome(response, 6) == "accepted");
  Json answer(response.body);
  for (int i = 0; i < 7; ++i) CHECK(answer.text("results", i, "index") == std::to_string(i));
}

TEST_CASE("admit: two items with one key in one payload are one observation", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  SECTION("the same content") {
    auto response =
        gateway.ingest("sensors", saturation("u", at_eight, "93") + "," + saturation("u", at_eight, "93.0"));
    CHECK(counts(response) == "2 1 1 0 0 0");
    CHECK(id_of(response, 0) == id_of(response, 1));
  }
  SECTION("a correction right behind") {
    auto response = gateway.ingest("sensors", saturation("u", at_eight, "93", R"("id":"r")") + "," +
                                                  saturation("u", at_eight, "94", R"("id":"r")") + "," +
                                                  saturation("u", at_eight, "93", R"("id":"r")"));
    CHECK(counts(response) == "3 1 1 1 0 0");
    CHECK(value_of(gateway, id_of(response)) == "94");
  }
  SECTION("events too") {
    auto response = gateway.ingest(
        "sensors", "",
        tests::event("u", at_eight, "fall", R"("id":"e")") + "," + tests::event("u", at_eight, "fall", R"("id":"e")"));
    CHECK(counts(response) == "2 1 1 0 0 0");
  }
}

TEST_CASE("admit: the same key for another patient is held, and tells the patient's centre", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.patient(1);
  gateway.patient(2);
  auto about = [](int n) {
    return saturation("u", at_eight, "93",
                      R"("id":"r-1","patient":{"system":")" + std::string(tests::fnr) + R"(","value":")" +
                          tests::synthetic_number(n) + "\"}");
  };
  CHECK(outcome(gateway.ingest("sensors", about(1))) == "accepted");
  auto response = gateway.ingest("sensors", about(2));
  CHECK(outcome(response) == "quarantined subject-changed");
  CHECK(Json(response.body).at("results", 0, "alarms").size() == 1);
}

TEST_CASE("admit: a slice that fails is decided again from its inputs", "[ingest][admit]") {
  // A job beside it in the same group fails after this one was decided: it must come out the same.
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  gateway.limits(gateway.patient(1), R"([{"kind":"oxygen-saturation","alert_low":85,"warning_low":90}])");
  const ingest::ConfiguredSource& source = *gateway.sources().find("sensors");
  const ingest::Replays& replays = gateway.replays();
  const std::string payload =
      R"({"measurements":[)" + saturation("u", at_eight, "80", R"("id":"r-1","device":{"id":"SN-1"})") + "," +
      saturation("stranger", at_eight, "93") + R"(],"events":[)" + tests::event("u", at_eight, "fall") + "]}";
  fhir::JsonDocument scratch;
  auto decoded = source.adapter->decode(payload, {*source.zone, gateway.clock.now(), scratch});
  REQUIRE(decoded);
  auto raw = std::make_shared<ingest::RawPayload>();
  raw->source = &source.facts;
  raw->keys = &replays.keys();
  raw->adapter = "hjemport";
  raw->bytes = payload;
  raw->received = gateway.clock.now();
  std::vector<ingest::Prepared> items;
  ingest::PayloadKey bytes(replays.keys(), source.facts, payload);
  for (std::size_t i = 0; i < decoded->items.size(); ++i) {
    items.push_back(ingest::prepare(decoded->items[i], static_cast<std::uint32_t>(i), bytes, source.facts,
                                    replays.keys(), {}, raw->received));
  }
  auto job = std::make_shared<ingest::AdmitJob>(source.facts, replays.judge(), raw, std::move(items));
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i) {
    auto failed = gateway.commit([&](journal::Working& working) {
      job->decide(working);
      answers.push_back(ingest::answer_json(job->results()));
      throw std::runtime_error("a neighbour's fault");
    });
    CHECK_FALSE(failed);
  }
  REQUIRE(gateway.commit([&](journal::Working& working) { job->decide(working); }));
  auto shape = [](const std::string& text) {
    Json answer(text);
    std::string out;
    for (int i = 0; i < 3; ++i) {
      out +=
          answer.text("results", i, "outcome") + "/" + std::to_string(answer.at("results", i, "alarms").size()) + " ";
    }
    return out;
  };
  CHECK(shape(ingest::answer_json(job->results())) == "accepted/1 quarantined/0 accepted/1 ");
  for (const std::string& answer : answers) CHECK(shape(answer) == "accepted/1 quarantined/0 accepted/1 ");
  CHECK(gateway.reader().open_alarm_count(gateway.bodo()) == 2);
  CHECK(gateway.reader().waiting_count(source.facts.source) == 1);
  CHECK(outcome(gateway.ingest("sensors", saturation("u", at_eight, "80", R"("id":"r-1")"))) == "duplicate");
}

TEST_CASE("admit: with a store that cannot write nothing is promised, and the retry goes through", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  gateway.memory().fail_commits(1000);
  auto refused = gateway.ingest("sensors", saturation("u", at_eight, "93", R"("id":"r-1")"),
                                tests::event("u", at_eight, "fall", R"("id":"e-1")"));
  CHECK(refused.status == 503);
  CHECK(tests::header(refused, "Retry-After") != "");
  gateway.memory().fail_commits(0);
  auto retried = gateway.ingest("sensors", saturation("u", at_eight, "93", R"("id":"r-1")"),
                                tests::event("u", at_eight, "fall", R"("id":"e-1")"));
  CHECK(counts(retried) == "2 2 0 0 0 0");
  CHECK(gateway.reader().open_alarm_count(gateway.bodo()) == 1);
}

TEST_CASE("admit: a large payload is cut into slices and answered as one, in its order", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  std::string items;
  for (int i = 0; i < 1201; ++i) {
    if (i > 0) items += ',';
    items += saturation("u", at_eight, std::to_string(80 + i % 20), R"("id":"r-)" + std::to_string(i) + "\"");
  }
  REQUIRE(gateway.eventually([&] {  // the link worker has kept its place, which is a commit too
    return gateway.reader().cursor("internal:links").value_or(0) > 0;
  }));
  const int before = gateway.memory().commits();
  auto response = gateway.ingest("sensors", items);
  CHECK(counts(response) == "1201 1201 0 0 0 0");
  CHECK(gateway.memory().commits() - before == 3);
  Json answer(response.body);
  std::set<std::string> ids;
  int index = 0;
  for (fhir::JsonValue result : answer.at("results")) {
    CHECK(result["index"].as_integer().value() == index++);
    ids.insert(std::string(result["observation"].scalar()));
  }
  CHECK(ids.size() == 1201);
}

TEST_CASE("admit: what is duplicate stays so over a restart", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  auto first = gateway.ingest("sensors", saturation("u", at_eight, "93"), tests::event("u", at_eight, "fall"));
  gateway.restart();
  auto again = gateway.ingest("sensors", saturation("u", at_eight, "93"), tests::event("u", at_eight, "fall"));
  CHECK(counts(again) == "2 0 2 0 0 0");
  CHECK(id_of(again) == id_of(first));
}

TEST_CASE("admit: the answer names devices, text and subjects in any script", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "bruker-ø-😀", 1, january);
  auto response = gateway.ingest(
      "sensors", saturation("bruker-ø-😀", at_eight, "93", R"("note":"målt på «stua»","device":{"id":"SN-æ"})"));
  REQUIRE(response.status == 200);
  REQUIRE(outcome(response) == "accepted");
  Json resource(gateway.get("/fhir/" + id_of(response), "hospital").body);
  CHECK(resource.text().find("målt på «stua»") != std::string::npos);
  CHECK(resource.text("device", "identifier", "value") == "SN-æ");
}

TEST_CASE("admit: one source's metrics add up as its answers do", "[ingest][admit]") {
  InProcessGateway gateway;
  gateway.link("sensors", "u", 1, january);
  gateway.ingest("sensors", saturation("u", at_eight, "93") + "," + saturation("u", at_eight, "93") + "," +
                                saturation("x", at_eight, "93"));
  SourceMetrics& metrics = gateway.metrics().source("bodo", "sensors");
  CHECK(metrics.received.value() == 3);
  CHECK(metrics.accepted.value() + metrics.duplicate.value() == 2);
  CHECK(metrics.held(adapters::QuarantineReason::unknown_subject).value() == 1);
}
