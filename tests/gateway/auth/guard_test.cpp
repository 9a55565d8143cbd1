#include "gateway/auth/guard.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "gateway/store/store.hpp"
#include "tests/gateway/auth/auth_config.hpp"
#include "tests/support/memory_store.hpp"

using namespace gateway;
using http::Role;

namespace {

// The gate as the program builds it, over a store in memory and a committer that is not running.
struct Gate {
  explicit Gate(config::Config wanted = tests::auth_config()) : config(std::move(wanted)) {
    auto authenticator = std::make_shared<const auth::Authenticator>(config, tests::tenant_number);
    guard = auth::make_guard(config, authenticator, audit, metrics, system_clock());
  }

  std::optional<http::Response> ask(const http::Route& route, http::Request& request) { return guard(request, route); }

  int ingest(std::string_view token, std::string_view source, std::string* body = nullptr) {
    http::Request request = tests::with_token(token);
    request.method = http::Method::post;
    request.path = "/ingest/" + std::string(source);
    request.captures = {{"source", std::string(source)}};
    request.headers.emplace_back("content-type", "application/json");
    std::optional<http::Response> refusal = guard(request, ingest_route);
    if (!refusal) {
      CHECK(request.actor);
      return 200;
    }
    CHECK_FALSE(request.actor);
    if (body) *body = refusal->body;
    return refusal->status;
  }

  int call(std::string_view token, http::Roles roles) {
    http::Route route;
    route.pattern = "/fhir/Observation";
    route.roles = roles;
    http::Request request = tests::with_token(token);
    std::optional<http::Response> refusal = guard(request, route);
    return refusal ? refusal->status : 200;
  }

  config::Config config;
  support::MemoryStore store;
  journal::Committer committer{store, system_clock(), 0, {}};
  auth::AuditTrail audit{committer, system_clock()};
  Metrics metrics;
  http::Guard guard;
  http::Route ingest_route{http::Method::post,
                           "/ingest/{source}",
                           static_cast<http::Roles>(Role::source),
                           http::ErrorBody::operation_outcome,
                           {},
                           {}};
};

}  // namespace

TEST_CASE("guard: /ingest/{source} answers 200, 401, 403 and 404 as designed", "[auth][guard]") {
  // Rows: whose token; columns: which source. bodo has sensors and scales (one secret) and phones; oslo has elsewhere.
  struct Row {
    const char* token;
    int sensors, scales, phones, elsewhere, missing;
  };
  const Row rows[] = {{"sensors-secret", 200, 200, 403, 404, 404},
                      {"phones-secret", 403, 403, 200, 404, 404},
                      {"elsewhere-secret", 404, 404, 404, 200, 404},
                      {"hospital-secret", 401, 401, 401, 401, 401},
                      {"operator-secret", 401, 401, 401, 401, 401},
                      {"nobodys-secret", 401, 401, 401, 401, 401},
                      {"", 401, 401, 401, 401, 401}};
  Gate gate;
  for (const Row& row : rows) {
    DYNAMIC_SECTION("'" << row.token << "'") {
      CHECK(gate.ingest(row.token, "sensors") == row.sensors);
      CHECK(gate.ingest(row.token, "scales") == row.scales);
      CHECK(gate.ingest(row.token, "phones") == row.phones);
      CHECK(gate.ingest(row.token, "elsewhere") == row.elsewhere);
      CHECK(gate.ingest(row.token, "no-such-source") == row.missing);
    }
  }
}

TEST_CASE("guard: a 401 and a 404 have one body each, whether or not the source exists", "[auth][guard][tenant]") {
  Gate gate;
  std::string existing, missing, of_client, without_token;
  CHECK(gate.ingest("nobodys-secret", "sensors", &existing) == 401);
  CHECK(gate.ingest("nobodys-secret", "no-such-source", &missing) == 401);
  CHECK(gate.ingest("hospital-secret", "sensors", &of_client) == 401);
  CHECK(gate.ingest("", "no-such-source", &without_token) == 401);
  CHECK(existing == missing);
  CHECK(existing == of_client);
  CHECK(existing == without_token);
  CHECK(gate.ingest("sensors-secret", "elsewhere", &existing) == 404);
  CHECK(gate.ingest("sensors-secret", "no-such-source", &missing) == 404);
  CHECK(existing == missing);
}

// Timing without a stopwatch: an unknown token is refused before anything looks at what the path names, so there is one
// way through the code whether the source exists or not. A request without the capture would throw or differ if it were
// read.
TEST_CASE("guard: an unknown token is refused without a look at the path", "[auth][guard]") {
  Gate gate;
  http::Request bare = tests::with_token("nobodys-secret");
  std::optional<http::Response> refusal = gate.guard(bare, gate.ingest_route);
  REQUIRE(refusal);
  std::string usual;
  CHECK(gate.ingest("nobodys-secret", "sensors", &usual) == refusal->status);
  CHECK(usual == refusal->body);
}

TEST_CASE("guard: elsewhere 401 without a known token and 403 without the role", "[auth][guard]") {
  Gate gate;
  const http::Roles readers = Role::hospital | Role::clinician;
  struct Row {
    const char* token;
    int expected;
  };
  for (Row row : {Row{"hospital-secret", 200}, Row{"clinic-secret", 200}, Row{"hospital-oslo-secret", 200},
                  Row{"centre-secret", 403}, Row{"operator-secret", 403}, Row{"sensors-secret", 403},
                  Row{"nobodys-secret", 401}, Row{"", 401}}) {
    DYNAMIC_SECTION("'" << row.token << "'") {
      CHECK(gate.call(row.token, readers) == row.expected);
    }
  }
}

TEST_CASE("guard: a 401 says which scheme is wanted", "[auth][guard]") {
  Gate gate;
  http::Route route;
  route.roles = static_cast<http::Roles>(Role::admin);
  http::Request request;
  std::optional<http::Response> refusal = gate.guard(request, route);
  REQUIRE(refusal);
  bool said = false;
  for (const auto& [name, value] : refusal->headers)
    said = said || (name == "WWW-Authenticate" && value.starts_with("Bearer"));
  CHECK(said);
}

TEST_CASE("guard: open routes need no token; /metrics does when a secret is configured", "[auth][guard]") {
  auto config = tests::auth_config();
  http::Route metrics, health;
  metrics.pattern = "/metrics";
  health.pattern = "/healthz";
  {
    Gate open(config);
    http::Request request;
    CHECK_FALSE(open.ask(metrics, request));
    CHECK_FALSE(request.actor);
  }
  config.metrics_bearer = "metrics-secret";
  Gate closed(config);
  http::Request none, wrong = tests::with_token("hospital-secret"), right = tests::with_token("metrics-secret");
  REQUIRE(closed.ask(metrics, none));
  CHECK(closed.ask(metrics, none)->status == 401);
  CHECK(closed.ask(metrics, wrong));
  CHECK_FALSE(closed.ask(metrics, right));
  CHECK_FALSE(closed.ask(health, none));
}

TEST_CASE("guard: a payload of another media type is 415 for the right token only", "[auth][guard]") {
  Gate gate;
  auto ask = [&](const char* token, http::Method method, const char* type) {
    http::Request request = tests::with_token(token);
    request.method = method;
    request.captures = {{"source", "sensors"}};
    if (*type) request.headers.emplace_back("content-type", type);
    http::Route route = gate.ingest_route;
    route.method = method;
    std::optional<http::Response> refusal = gate.guard(request, route);
    return refusal ? refusal->status : 200;
  };
  CHECK(ask("sensors-secret", http::Method::post, "application/json; charset=utf-8") == 200);
  CHECK(ask("sensors-secret", http::Method::post, "text/plain") == 415);
  CHECK(ask("sensors-secret", http::Method::post, "") == 415);
  CHECK(ask("sensors-secret", http::Method::get, "") == 200);
  CHECK(ask("phones-secret", http::Method::post, "text/plain") == 403);
  CHECK(ask("nobodys-secret", http::Method::post, "text/plain") == 401);
}

TEST_CASE("guard: refusals are counted by status", "[auth][guard]") {
  Gate gate;
  gate.ingest("nobodys-secret", "sensors");
  gate.ingest("phones-secret", "sensors");
  gate.ingest("phones-secret", "elsewhere");
  gate.ingest("phones-secret", "phones");
  CHECK(gate.metrics.refused_unauthorized.value() == 1);
  CHECK(gate.metrics.refused_forbidden.value() == 1);
  CHECK(gate.metrics.refused_not_found.value() == 1);
}
