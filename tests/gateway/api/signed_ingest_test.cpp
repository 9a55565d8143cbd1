// Signed payloads by the whole way: guard, body check, intake, commit, answer. The store in memory is asked what was
// kept.
#include <catch2/catch.hpp>
#include <string>

#include "tests/gateway/auth/signed_config.hpp"
#include "tests/support/in_process_gateway.hpp"

using gateway::http::Method;
using tests::Asked;
using tests::InProcessGateway;
using tests::Json;

namespace {

InProcessGateway::Options signed_options() {
  InProcessGateway::Options options;
  auto more = tests::signed_config();
  for (auto& source : more.sources) {
    if (source.id != "sensors") options.config.sources.push_back(source);
  }
  return options;
}

Asked asked(std::string source, std::string body, std::vector<tests::Header> headers, Method method = Method::post) {
  headers.emplace_back("content-type", "application/json");
  return {method, "/ingest/" + source, "", std::move(body), std::move(headers)};
}

// Signed at that second; the gateway's clock stands at nine, 1795165200.
Asked terra(const std::string& body, long at = 1'795'165'200) {
  const std::string t = std::to_string(at);
  return asked("terra", body,
               {{"terra-signature", "t=" + t + ",v1=" + tests::hmac_hex("terra-signing-secret", t + "." + body)}});
}

const std::string weights =
    R"({"type":"body","user":{"user_id":"u-1"},"data":[{"measurements_data":{"measurements":[{"measurement_time":"2026-11-20T09:50:00+01:00","weight_kg":74.1}]}}]})";

}  // namespace

TEST_CASE("signed ingest: what is rightly signed is stored, and stored once", "[api][ingest][auth]") {
  InProcessGateway gateway(signed_options());
  gateway.link("terra", "u-1", 0, "2026-01-01T00:00:00+01:00");
  auto first = gateway.call(terra(weights));
  REQUIRE(first.status == 200);
  CHECK(Json(first.body).text("accepted") == "1");
  const std::string observation = Json(first.body).text("results", 0, "observation");

  // The vendor did not get the answer and sends the same request again, then signs it anew.
  for (long at : {1'795'165'200L, 1'795'165'260L}) {
    auto again = gateway.call(terra(weights, at));
    REQUIRE(again.status == 200);
    CHECK(Json(again.body).text("duplicate") == "1");
    CHECK(Json(again.body).text("results", 0, "observation") == observation);
  }
  CHECK(gateway.metrics().source("bodo", "terra").repeated_signatures.value() == 1);

  // A restart forgets the signatures; the reading is known all the same.
  gateway.restart();
  auto later = gateway.call(terra(weights));
  REQUIRE(later.status == 200);
  CHECK(Json(later.body).text("duplicate") == "1");
}

TEST_CASE("signed ingest: a wrong signature leaves nothing behind, not even in quarantine", "[api][ingest][auth]") {
  InProcessGateway gateway(signed_options());
  Asked forged = terra(weights);
  forged.body.replace(forged.body.find("74.1"), 4, "47.1");
  CHECK(gateway.call(forged).status == 401);
  Asked garbage = terra("{");
  garbage.headers[0].second += "0";
  CHECK(gateway.call(garbage).status == 401);
  auto& metrics = gateway.metrics().source("bodo", "terra");
  CHECK(metrics.payloads.value() == 0);
  CHECK(metrics.undecodable.value() == 0);
  CHECK(gateway.reader().waiting_count(gateway.sources().find("terra")->facts.source) == 0);

  // Rightly signed garbage is kept like anybody's.
  CHECK(gateway.call(terra("{")).status == 400);
  CHECK(metrics.undecodable.value() == 1);
}

TEST_CASE("signed ingest: Fitbit's notification is answered 204, its garbage is not", "[api][ingest][auth]") {
  InProcessGateway gateway(signed_options());
  const std::string body =
      R"([{"collectionType":"body","date":"2026-11-20","ownerId":"228S74","ownerType":"user","subscriptionId":"sub-1"}])";
  auto told = gateway.call(asked("fitbit", body, {{"x-fitbit-signature", "Md/4L9QhSdNd/1F1VUfjsjzdDcQ="}}));
  CHECK(told.status == 204);
  CHECK(told.body.empty());
  CHECK(gateway.metrics().source("bodo", "fitbit").dropped(adapters::IgnoreReason::not_a_reading).value() == 1);
}

TEST_CASE("signed ingest: notifications are ignored with a reason and counted", "[api][ingest][auth]") {
  InProcessGateway gateway(signed_options());
  const std::string polar =
      R"({"event":"EXERCISE","user_id":475,"entity_id":"aQlC83","timestamp":"2026-11-20T07:00:00Z","url":"https://www.polaraccesslink.com/v3/exercises/aQlC83"})";
  auto told = gateway.call(
      asked("polar", polar, {{"polar-webhook-signature", tests::hmac_hex("polar-signature-secret", polar)}}));
  REQUIRE(told.status == 200);
  CHECK(Json(told.body).text("results", 0, "reason") == "not-a-reading");
  const std::string oura =
      R"({"event_type":"create","data_type":"daily_spo2","user_id":"o-1","object_id":"ob-1","event_time":"2026-11-20T09:00:00+00:00"})";
  told = gateway.call(asked("oura", oura,
                            {{"x-oura-timestamp", "1795165200"},
                             {"x-oura-signature", tests::hmac_hex("oura-client-secret", "1795165200" + oura)}}));
  REQUIRE(told.status == 200);
  CHECK(Json(told.body).text("results", 0, "reason") == "not-a-reading");
  auto google = asked("google", R"({"type":"verification"})", {});
  google.token = "google-subscriber-secret";
  told = gateway.call(google);
  REQUIRE(told.status == 200);
  CHECK(Json(told.body).text("results", 0, "reason") == "heartbeat");
}

TEST_CASE("signed ingest: the handshakes over the routes", "[api][ingest][auth]") {
  InProcessGateway gateway(signed_options());
  CHECK(gateway.get("/ingest/fitbit?verify=fitbit-verification-code", "").status == 204);
  CHECK(gateway.get("/ingest/fitbit?verify=wrong", "").status == 404);
  auto told = gateway.get("/ingest/oura?verification_token=oura-verification-token&challenge=abc", "");
  CHECK(told.status == 200);
  CHECK(told.body == R"({"challenge":"abc"})");
  CHECK(gateway.call(asked("polar", R"({"event":"PING"})", {})).status == 200);
  CHECK(gateway.call(asked(tests::hint_id, "userid=1&appli=4", {})).status == 200);
  CHECK(gateway.call({Method::head, std::string("/ingest/") + tests::hint_id, "", "", {}}).status == 200);
  CHECK(gateway.metrics().source("bodo", "polar").payloads.value() == 0);
  CHECK(gateway.metrics().source("bodo", tests::hint_id).payloads.value() == 0);
}
