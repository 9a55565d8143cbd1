#include "gateway/auth/source_gate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gateway/auth/guard.hpp"
#include "gateway/store/store.hpp"
#include "tests/gateway/auth/signed_config.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"

using namespace gateway;
using http::Method;

namespace {

const std::string fitbit_body =
    R"([{"collectionType":"body","date":"2026-11-20","ownerId":"228S74","ownerType":"user","subscriptionId":"sub-1"}])";
const std::string fitbit_digest = "Md/4L9QhSdNd/1F1VUfjsjzdDcQ=";  // openssl, signature_test.cpp
const std::string native_body = R"({"measurements":[]})";
const std::string ping = R"({"event":"PING"})";

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Asked {
  Method method = Method::post;
  std::string source;
  Fields fields;
  std::string body, query, certificate;
  bool length_known = true;
  std::string content_type = "application/json";
};

struct Told {
  int status = 0;  // 0: let through
  std::string body, actor;
  std::vector<std::pair<std::string, std::string>> headers;
  bool body_was_read = false;
  bool operator==(const Told&) const = default;
};

// Guard and body check in the order of a connection, over a store in memory and a committer that is not running.
struct Gate {
  Gate() {
    clock.set_wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(9));
    auto number = [](std::string_view name) { return static_cast<store::Tenant>(name == "bodo" ? 1 : 2); };
    guard =
        auth::make_guard(config, std::make_shared<const auth::Authenticator>(config, number), audit, metrics, clock);
    post.method = Method::post;
    post.pattern = "/ingest/{source}";
    post.roles = static_cast<http::Roles>(http::Role::source);
    post.errors = http::ErrorBody::operation_outcome;
    get = post;
    get.method = Method::get;
  }

  Told ask(const Asked& asked) const { return ask(asked, asked.method == Method::post ? post : get); }
  Told ask(const Asked& asked, const http::Route& route) const {
    http::Request request;
    request.method = asked.method;
    request.captures = {{"source", asked.source}};
    request.query = asked.query;
    request.client_certificate = asked.certificate;
    for (const auto& [name, value] : asked.fields) request.headers.add(name, value);
    if (!asked.content_type.empty() && asked.method == Method::post)
      request.headers.add("content-type", asked.content_type);
    if (asked.length_known && !asked.body.empty())
      request.headers.add("content-length", std::to_string(asked.body.size()));
    std::optional<http::Response> answer = guard(request, route);
    Told told;
    if (!answer && request.body_check) {
      told.body_was_read = true;
      CHECK_FALSE(request.actor);  // nobody is anybody before the body is checked
      request.body = asked.body;
      answer = request.body_check(request);
    }
    CHECK((answer == std::nullopt) == (request.actor != nullptr));
    if (answer) {
      told.status = answer->status;
      told.body = answer->body;
      told.headers = answer->headers;
    } else {
      told.actor = request.actor->id;
    }
    return told;
  }

  std::uint64_t refused(const char* source, SourceRefusal reason) {
    return metrics.source("bodo", source).refused_for(reason).value();
  }

  config::Config config = tests::signed_config();
  support::ManualClock clock;
  support::MemoryStore store;
  journal::Committer committer{store, system_clock(), 0, {}};
  auth::AuditTrail audit{committer, clock};
  Metrics metrics;
  http::Guard guard;
  http::Route post, get;
};

Asked posted(std::string source, Fields fields = {}, std::string body = native_body) {
  Asked asked;
  asked.source = std::move(source);
  asked.fields = std::move(fields);
  asked.body = std::move(body);
  return asked;
}

Asked probed(std::string source, std::string query = {}, Fields fields = {}) {
  Asked asked;
  asked.method = Method::get;
  asked.source = std::move(source);
  asked.query = std::move(query);
  asked.fields = std::move(fields);
  return asked;
}

std::pair<std::string, std::string> bearer(const std::string& token) {
  return {"authorization", "Bearer " + token};
}
std::pair<std::string, std::string> hub(std::string_view key, const std::string& body = native_body) {
  return {"x-hub-signature-256", tests::hmac_hex(key, body)};
}

}  // namespace

TEST_CASE("source gate: each scheme lets its own request through as its source", "[auth][gate]") {
  Gate gate;
  const std::string terra = "t=1795165200,v1=" + tests::hmac_hex("terra-signing-secret", "1795165200." + native_body);
  Asked machine = posted("machine"), strict = posted("strict", {bearer("strict-secret")});
  machine.certificate = strict.certificate = "CN=sensor-cloud";
  struct Row {
    Asked asked;
    bool body_was_read;
  };
  const std::vector<Row> rows = {
      {posted("sensors", {bearer("sensors-secret")}), false},
      {posted("hub", {hub("hub-secret")}), true},
      {posted("both", {bearer("both-secret"), hub("both-hub-secret")}), true},
      {posted("fitbit", {{"X-Fitbit-Signature", fitbit_digest}}, fitbit_body), true},
      {posted("oura", {{"x-oura-timestamp", "1795165200"},
                       {"x-oura-signature", tests::hmac_hex("oura-client-secret", "1795165200" + native_body)}}),
       true},
      {posted("polar", {{"Polar-Webhook-Signature", tests::hmac_hex("polar-signature-secret", native_body)}}), true},
      {posted("terra", {{"terra-signature", terra}}), true},
      {posted("google", {bearer("google-subscriber-secret")}, R"({"type":"verification"})"), false},
      {posted("telli", {{"x-api-key", "telli-api-key-secret"}}), false},
      {posted("scout", {{"api-secret", "38ae7c1543465fac8c6958797f4f4fbc65860a50"}}), false},
      {posted("tablet", {{"authorization", "Basic dGFibGV0OnRhYmxldC1wYXNzd29yZC0x"}}), false},
      {machine, false},
      {strict, false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.asked.source) {
      const Told told = gate.ask(row.asked);
      CHECK(told.status == 0);
      CHECK(told.actor == row.asked.source);
      CHECK(told.body_was_read == row.body_was_read);
    }
  }
}

TEST_CASE("source gate: all that a source was given has to hold", "[auth][gate]") {
  Gate gate;
  auto status = [&](Asked asked) { return gate.ask(asked).status; };
  CHECK(status(posted("both", {bearer("both-secret")})) == 401);
  CHECK(status(posted("both", {hub("both-hub-secret")})) == 401);
  CHECK(status(posted("both", {bearer("sensors-secret"), hub("both-hub-secret")})) == 403);
  CHECK(status(posted("both", {bearer("both-secret"), hub("hub-secret")})) == 401);
  Asked strict = posted("strict", {bearer("strict-secret")});
  CHECK(status(strict) == 401);
  strict.certificate = "CN=another cloud";
  CHECK(status(strict) == 401);
  strict.certificate = "CN=sensor-cloud";
  CHECK(status(strict) == 0);
  strict.fields.clear();
  CHECK(status(strict) == 401);
  // One source's proof is none for another.
  CHECK(status(posted("hub", {hub("both-hub-secret")})) == 401);
  CHECK(status(posted("hub", {bearer("hub-secret")})) == 401);
  CHECK(status(posted("telli", {{"api-secret", "telli-api-key-secret"}})) == 401);
  CHECK(status(posted("sensors", {hub("hub-secret")})) == 401);
  CHECK(status(posted("machine", {{"x-client-certificate", "CN=sensor-cloud"}})) == 401);
}

TEST_CASE("source gate: the rules of tokens are what they were", "[auth][gate]") {
  Gate gate;
  CHECK(gate.ask(posted("hub", {bearer("sensors-secret")})).status == 403);
  CHECK(gate.ask(posted("hub", {bearer("sensors-secret"), hub("hub-secret")})).status == 403);
  CHECK(gate.ask(posted("no-such", {bearer("sensors-secret")})).status == 404);
  CHECK(gate.ask(posted("hub", {bearer("hospital-secret")})).status == 401);
  // A vendor's own scheme beside a header that is not for us: the signature is what the source asks for.
  CHECK(gate.ask(posted("hub", {bearer("hospital-secret"), hub("hub-secret")})).actor == "hub");
}

// Whoever has no proof must not learn which sources there are: same status, same body, same headers, and the body read
// or not read alike, for each thing that can be put into a request.
TEST_CASE("source gate: without proof every name is answered alike", "[auth][gate][tenant]") {
  Gate gate;
  const std::string wrong(64, '0');
  std::vector<std::pair<const char*, Fields>> proofs = {
      {"nothing", {}},
      {"nobody's token", {bearer("nobodys-secret")}},
      {"a client's token", {bearer("hospital-secret")}},
      {"basic", {{"authorization", "Basic eDp5"}}},
      {"api key", {{"x-api-key", "wrong"}}},
      {"nightscout", {{"api-secret", wrong}}},
      {"hub", {{"x-hub-signature-256", wrong}}},
      {"hub malformed", {{"x-hub-signature-256", "?"}}},
      {"fitbit", {{"x-fitbit-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}}},
      {"oura", {{"x-oura-signature", wrong}, {"x-oura-timestamp", "1795165200"}}},
      {"oura without time", {{"x-oura-signature", wrong}}},
      {"polar", {{"polar-webhook-signature", wrong}}},
      {"terra", {{"terra-signature", "t=1795165200,v1=" + wrong}}},
      {"token and signature", {bearer("nobodys-secret"), {"x-hub-signature-256", wrong}}},
      {"two signatures", {{"terra-signature", wrong}, {"polar-webhook-signature", wrong}}},
  };
  const std::vector<std::string> bodies = {native_body, ping, "", std::string(5000, 'x')};
  const std::vector<std::string> queries = {"", "verify=guess", "verification_token=guess&challenge=c",
                                            "verify=a&verify=b", "%zz"};
  for (const auto& [name, fields] : proofs) {
    DYNAMIC_SECTION(name) {
      const bool is_signed = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
        return field.first.find("signature") != std::string::npos;
      });
      for (const std::string& body : bodies) {
        const Told missing = gate.ask(posted("no-such-source", fields, body));
        CHECK(missing.status == (body == ping && !is_signed ? 200 : 401));
        for (const config::Source& source : gate.config.sources) {
          if (source.id == tests::hint_id) continue;
          INFO(source.id << " " << body.substr(0, 40));
          CHECK(gate.ask(posted(source.id, fields, body)) == missing);
        }
      }
      for (const std::string& query : queries) {
        const Told missing = gate.ask(probed("no-such-source", query, fields));
        CHECK(missing.status == (query == "verify=guess" ? 404 : 401));
        for (const config::Source& source : gate.config.sources) {
          if (source.id == tests::hint_id) continue;
          INFO(source.id << " ?" << query);
          CHECK(gate.ask(probed(source.id, query, fields)) == missing);
        }
      }
    }
  }
}

TEST_CASE("source gate: no header that anybody signs with is refused before the body", "[auth][gate]") {
  Gate gate;
  for (const char* source : {"hub", "fitbit", "oura", "terra", "no-such"}) {
    CHECK_FALSE(gate.ask(posted(source, {}, std::string(5000, 'x'))).body_was_read);
    CHECK_FALSE(gate.ask(posted(source, {{"x-signature", "abc"}}, std::string(257, 'x'))).body_was_read);
    CHECK(gate.ask(posted(source, {{"x-hub-signature-256", "abc"}})).body_was_read);
  }
}

TEST_CASE("source gate: Fitbit's verification answers 204 or 404", "[auth][gate][handshake]") {
  Gate gate;
  CHECK(gate.ask(probed("fitbit", "verify=fitbit-verification-code")).status == 204);
  CHECK(gate.ask(probed("fitbit", "verify=fitbit-verification-cod")).status == 404);
  CHECK(gate.ask(probed("fitbit", "verify=")).status == 404);
  CHECK(gate.ask(probed("polar", "verify=")).status == 404);  // no code is no code to guess
  CHECK(gate.ask(probed("fitbit")).status == 401);
  CHECK(gate.ask(probed("oura", "verify=fitbit-verification-code")).status == 404);
  Asked head = probed("fitbit", "verify=fitbit-verification-code");
  head.method = Method::head;
  CHECK(gate.ask(head).status == 204);
  CHECK(gate.metrics.source("bodo", "fitbit").handshakes.value() == 2);
  // The code opens nothing else.
  CHECK(gate.ask(posted("fitbit", {{"x-fitbit-signature", "fitbit-verification-code"}})).status == 401);
  http::Route stream = gate.get;
  stream.pattern = "/ingest/{source}/stream";
  CHECK(gate.ask(probed("fitbit", "verify=fitbit-verification-code"), stream).status == 401);
}

TEST_CASE("source gate: Oura's challenge comes back for the right token only", "[auth][gate][handshake]") {
  Gate gate;
  const Told right = gate.ask(probed("oura", "verification_token=oura-verification-token&challenge=Gr%C3%B8t%22x"));
  CHECK(right.status == 200);
  CHECK(right.body == R"({"challenge":"Grøt\"x"})");
  for (const char* query :
       {"verification_token=wrong&challenge=c", "verification_token=oura-verification-token", "challenge=c",
        "verification_token=&challenge=c", "verification_token=oura-verification-token&challenge=a&challenge=b"}) {
    INFO(query);
    const Told told = gate.ask(probed("oura", query));
    CHECK(told.status == 401);
    CHECK(told.body.find("challenge\"") == std::string::npos);
  }
  CHECK(gate.ask(probed("oura", "verification_token=oura-verification-token&challenge=" + std::string(1025, 'c')))
            .status == 401);
  CHECK(gate.ask(probed("polar", "verification_token=&challenge=c")).status == 401);
}

TEST_CASE("source gate: Polar's PING is the only unsigned body that is answered, and goes nowhere",
          "[auth][gate][handshake]") {
  Gate gate;
  for (const char* body :
       {R"({"event":"PING"})", R"( { "event" : "PING" } )", R"({"timestamp":"2026-11-20T09:00:00Z","event":"PING"})"}) {
    const Told told = gate.ask(posted("polar", {{"Polar-Webhook-Event", "PING"}}, body));
    CHECK(told.status == 200);
    CHECK(told.actor.empty());
  }
  CHECK(gate.metrics.source("bodo", "polar").handshakes.value() == 3);
  for (const char* body : {R"({"event":"EXERCISE","user_id":475})", R"({"event":"PING","user_id":475})",
                           R"({"event":"PING","heart_rate_samples":[]})",
                           R"({"event":"PING","timestamp":{"heart_rate":1}})", R"({"event":"ping"})", R"(["PING"])",
                           R"("PING")", "PING", "{", R"({"event":"PING"}x)", R"({"event":"PING","event":"PING"})"}) {
    INFO(body);
    CHECK(gate.ask(posted("polar", {}, body)).status == 401);
  }
  Asked chunked = posted("polar", {}, ping);
  chunked.length_known = false;
  CHECK(gate.ask(chunked).status == 401);
  CHECK(gate.ask(posted("polar", {}, std::string(300, ' ') + ping)).status == 401);
  // With a signature header it is no PING but a request whose signature is wrong.
  CHECK(gate.ask(posted("polar", {{"polar-webhook-signature", std::string(64, '0')}}, ping)).status == 401);
}

TEST_CASE("source gate: Google's handshake is 2xx with the secret and 4xx without", "[auth][gate][handshake]") {
  Gate gate;
  const std::string verification = R"({"type":"verification"})";
  CHECK(gate.ask(posted("google", {bearer("google-subscriber-secret")}, verification)).actor == "google");
  CHECK(gate.ask(posted("google", {}, verification)).status == 401);
  CHECK(gate.ask(posted("google", {bearer("another")}, verification)).status == 401);
}

TEST_CASE("source gate: an unsigned source answers probes and takes hints, never a value", "[auth][gate][handshake]") {
  Gate gate;
  Asked head = probed(tests::hint_id);
  CHECK(gate.ask(head).status == 200);
  head.method = Method::head;
  CHECK(gate.ask(head).status == 200);
  Asked hint = posted(tests::hint_id, {}, "userid=12345&appli=4&startdate=1795165200&enddate=1795165201");
  hint.content_type = "application/x-www-form-urlencoded";
  const Told told = gate.ask(hint);
  CHECK(told.status == 200);
  CHECK(told.actor.empty());  // no handler, no adapter
  hint.body = R"({"status":0,"body":{"measuregrps":[]}})";
  hint.content_type = "application/json";
  CHECK(gate.ask(hint).actor.empty());
  hint.body = std::string(5000, 'x');
  CHECK(gate.ask(hint).status == 401);
  CHECK(gate.metrics.source("bodo", tests::hint_id).hints.value() == 2);
}

TEST_CASE("source gate: a probe with the token is still answered, a signed source's without it is not",
          "[auth][gate]") {
  Gate gate;
  CHECK(gate.ask(probed("sensors", "", {bearer("sensors-secret")})).actor == "sensors");
  CHECK(gate.ask(probed("both", "", {bearer("both-secret")})).actor == "both");
  CHECK(gate.ask(probed("telli", "", {{"x-api-key", "telli-api-key-secret"}})).actor == "telli");
  CHECK(gate.ask(probed("hub")).status == 401);
  // A door that values come in by after a GET is no probe: the token alone is half of what the source has to prove.
  http::Route stream = gate.get;
  stream.pattern = "/ingest/{source}/stream";
  CHECK(gate.ask(probed("both", "", {bearer("both-secret")}), stream).status == 401);
  CHECK(gate.ask(probed("sensors", "", {bearer("sensors-secret")}), stream).actor == "sensors");
}

TEST_CASE("source gate: the media type is told to those who proved themselves only", "[auth][gate]") {
  Gate gate;
  Asked asked = posted("hub", {hub("hub-secret")});
  asked.content_type = "text/plain";
  CHECK(gate.ask(asked).status == 415);
  asked.fields = {hub("wrong")};
  CHECK(gate.ask(asked).status == 401);
  asked = posted("telli", {{"x-api-key", "telli-api-key-secret"}});
  asked.content_type = "text/plain";
  CHECK(gate.ask(asked).status == 415);
  asked.fields.clear();
  CHECK(gate.ask(asked).status == 401);
}

// Invariant 1: a vendor whose answer was lost, or who was told 503, sends the same bytes under the same signature.
TEST_CASE("source gate: the same signature again is taken and counted, in the window", "[auth][gate]") {
  Gate gate;
  const Asked asked = posted(
      "terra",
      {{"terra-signature", "t=1795165200,v1=" + tests::hmac_hex("terra-signing-secret", "1795165200." + native_body)}});
  for (int i = 0; i < 5; ++i) CHECK(gate.ask(asked).actor == "terra");
  CHECK(gate.metrics.source("bodo", "terra").repeated_signatures.value() == 4);
  gate.clock.advance(std::chrono::seconds(300));
  CHECK(gate.ask(asked).actor == "terra");
  gate.clock.advance(std::chrono::seconds(1));
  CHECK(gate.ask(asked).status == 401);
  CHECK(gate.refused("terra", SourceRefusal::outside_window) == 1);
}

TEST_CASE("source gate: refusals are counted by source and reason, and in all", "[auth][gate]") {
  Gate gate;
  gate.ask(posted("hub"));
  gate.ask(posted("hub", {{"x-hub-signature-256", "?"}}));
  gate.ask(posted("hub", {hub("wrong")}));
  gate.ask(posted("hub", {hub("wrong")}));
  gate.ask(posted("sensors", {bearer("nobodys-secret")}));
  gate.ask(posted("no-such", {hub("wrong")}));
  CHECK(gate.refused("hub", SourceRefusal::missing) == 1);
  CHECK(gate.refused("hub", SourceRefusal::malformed) == 1);
  CHECK(gate.refused("hub", SourceRefusal::wrong) == 2);
  CHECK(gate.refused("sensors", SourceRefusal::wrong) == 1);
  CHECK(gate.metrics.refused_unauthorized.value() == 6);
}
