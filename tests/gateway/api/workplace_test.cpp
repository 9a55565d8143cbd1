// The quarantine as a workplace: what waits is shown decoded, tried with another mapping before that is used, and retried or discarded
// all of a kind at a time (api/admin_quarantine, api/admin_mapping).
#include <catch2/catch.hpp>

#include "fhir/json_writer.hpp"
#include "tests/support/in_process_gateway.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace gateway;
using tests::InProcessGateway;
using tests::Json;
using tests::saturation;

namespace {

const char* const mapping_before = R"(version: 1
name: test
readings:
  - subject: /user
    id: /id
    time: /at
    kind: oxygen-saturation
    value: /spo2
    unit: "%"
)";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  text.replace(text.find(what), what.size(), with);
  return text;
}

std::string json_text(std::string_view text) {
  std::string out;
  fhir::append_json_string(out, text);
  return out;
}

// A source "ward" with a mapping file.
struct Workplace {
  tests::TemporaryFolder folder;
  InProcessGateway gateway;

  Workplace() : gateway(options()) {
    gateway.patient(1);
    gateway.link("ward", "u", 1, "2026-01-01T00:00:00Z");
  }
  InProcessGateway::Options options() {
    InProcessGateway::Options options;
    config::Source ward;
    ward.id = ward.bearer = "ward";
    ward.tenant = "bodo";
    ward.adapter = "mapping";
    ward.mapping = folder.write("ward.yaml", mapping_before).string();
    options.config.sources.push_back(ward);
    return options;
  }
  Json send(const std::string& body) {
    return Json(gateway.post("/ingest/ward", "ward", body, {{"content-type", "application/json"}}).body);
  }
};

const char* const payload = R"({"user":"u","id":"r-1","at":"2026-11-20T08:00:00Z","saturation":95})";

}  // namespace

TEST_CASE("workplace: a waiting item is shown as received, as decoded by now, and where it fails", "[api][workplace]") {
  Workplace w;
  Json answer = w.send(payload);
  REQUIRE(answer.text("quarantined") == "1");
  Json shown(w.gateway.get("/admin/quarantine/" + answer.text("results", 0, "quarantine"), "operator").body);
  CHECK(shown.text("payload", "saturation") == "95");
  CHECK(shown.text("decoded", "item") == "held");
  CHECK(shown.text("fails_at").find("/spo2") != std::string::npos);
}

TEST_CASE("workplace: another mapping shows what it would do to what waits, and changes nothing", "[api][workplace]") {
  Workplace w;
  const std::string id = w.send(payload).text("results", 0, "quarantine");
  auto preview = [&](const std::string& mapping) {
    return w.gateway.post("/admin/sources/ward/preview", "operator", R"({"mapping":)" + json_text(mapping) + "}");
  };
  SECTION("one that fits") {
    const auto response = preview(replaced(mapping_before, "/spo2", "/saturation"));
    REQUIRE(response.status == 200);
    Json json(response.body);
    CHECK(json.text("summary", "accepted") == "1");
    CHECK(json.text("items", 0, "quarantine") == id);
    CHECK(json.text("items", 0, "then", 0, "decoded", "value") == "95");
  }
  SECTION("one that places nobody") {
    const std::string other = replaced(replaced(mapping_before, "/spo2", "/saturation"), "/user", "/id");
    Json json(preview(other).body);
    CHECK(json.text("items", 0, "then", 0, "reason") == "unknown-subject");
  }
  SECTION("the file as it is") {
    Json json(w.gateway.post("/admin/sources/ward/preview", "operator", "").body);
    CHECK(json.text("summary", "quarantined") == "1");
  }
  SECTION("one with an error says where") {
    const auto response = preview(replaced(mapping_before, "kind: oxygen-saturation", "kind: oxygen"));
    CHECK(response.status == 400);
    CHECK(response.body.find("ward.yaml:7") != std::string::npos);
  }
  SECTION("another tenant's source is no source, and only an admin asks") {
    CHECK(w.gateway.post("/admin/sources/ward/preview", "operator-oslo", "").status == 404);
    CHECK(w.gateway.post("/admin/sources/ward/preview", "centre", "").status == 403);
  }
  CHECK(Json(w.gateway.get("/admin/quarantine/" + id, "operator").body).text("state") == "waiting");
}

TEST_CASE("workplace: a payload is explained step by step, and nothing of it is stored", "[api][workplace]") {
  Workplace w;
  Json json(w.gateway.post("/admin/sources/sensors/explain", "operator",
                           R"({"measurements":[)" + saturation("nobody", "2026-11-20T08:00:00Z", "95") + "," +
                               saturation("nobody", "2026-11-20T08:01:00Z", "7") + "]}")
                .body);
  CHECK(json.text("decoded") == "true");
  CHECK(json.at("steps").size() > 2);
  CHECK(json.text("left_out", 0, "reason") == "unknown-subject");
  CHECK(json.text("left_out", 1, "reason") == "implausible");
  Json broken(w.gateway.post("/admin/sources/sensors/explain", "operator", "{").body);
  CHECK(broken.text("decoded") == "false");
  CHECK(w.gateway.reader().waiting_count(w.gateway.sources().find("sensors")->facts.source) == 0);
  CHECK(w.gateway.post("/admin/sources/sensors/explain", "operator-oslo", "{}").status == 404);
}

TEST_CASE("workplace: all of a kind are retried in measured order, or discarded with a reason", "[api][workplace]") {
  InProcessGateway gateway;
  gateway.patient(1);
  gateway.ingest("sensors", saturation("u", "2026-11-20T08:02:00Z", "95", R"("id":"a")") + "," +
                                saturation("u", "2026-11-20T08:01:00Z", "94", R"("id":"b")") + "," +
                                saturation("v", "2026-11-20T08:01:00Z", "93", R"("id":"c")") + "," +
                                tests::reading("u", "2026-11-20T08:00:00Z", "mood", "1", "%", R"("id":"d")"));
  gateway.link("sensors", "u", 1, "2026-01-01T00:00:00Z");
  auto count = [&] { return gateway.reader().waiting_count(gateway.sources().find("sensors")->facts.source); };
  REQUIRE(count() == 4);
  SECTION("retried") {
    Json json(gateway.post("/admin/quarantine/retry", "operator", R"({"source":"sensors","kind":"oxygen-saturation"})").body);
    CHECK((json.text("retried") == "3" && json.text("placed") == "2" && json.text("waiting") == "1" && json.text("next") == "null"));
    CHECK(count() == 2);
    // Again is nothing new: what was placed does not wait any more.
    Json again(gateway.post("/admin/quarantine/retry", "operator", R"({"source":"sensors","kind":"oxygen-saturation"})").body);
    CHECK((again.text("retried") == "1" && again.text("placed") == "0"));
  }
  SECTION("page by page") {
    Json first(gateway.post("/admin/quarantine/retry", "operator", R"({"source":"sensors","limit":"2"})").body);
    CHECK(first.text("retried") == "2");
    Json second(
        gateway.post("/admin/quarantine/retry", "operator", R"({"source":"sensors","limit":"2","after":")" + first.text("next") + "\"}").body);
    CHECK(second.text("retried") == "2");
  }
  SECTION("discarded") {
    CHECK(gateway.post("/admin/quarantine/discard", "operator", R"({"reason":"unknown-kind"})").status == 400);
    Json json(gateway.post("/admin/quarantine/discard", "operator", R"({"reason":"unknown-kind","why":"no such device"})").body);
    CHECK(json.text("discarded") == "1");
    CHECK(count() == 3);
    Json list(gateway.get("/admin/quarantine?state=discarded", "operator").body);
    CHECK(list.text("items", 0, "outcome") == "no such device");
  }
  SECTION("what is not said is not done") {
    for (const char* body : {"{}", R"({"state":"all","source":"sensors"})", R"({"kind":"mood"})", R"({"x":1})", "[]", "{"})
      CHECK(gateway.post("/admin/quarantine/retry", "operator", body).status == 400);
    CHECK(gateway.post("/admin/quarantine/retry", "operator", R"({"source":"elsewhere"})").status == 404);
    CHECK(gateway.post("/admin/quarantine/retry", "operator-oslo", R"({"reason":"unknown-subject"})").status == 200);
    CHECK(count() == 4);
  }
}
