#include "gateway/auth/authenticate.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/gateway/auth/auth_config.hpp"

using gateway::auth::Actor;
using gateway::auth::Authenticator;
using gateway::http::Role;

TEST_CASE("authenticate: a configured secret is its client, scoped to tenant and roles", "[auth]") {
  Authenticator authenticator(tests::auth_config(), tests::tenant_number);
  auto actor = authenticator.actor(tests::with_token("centre-secret"));
  REQUIRE(actor);
  CHECK(actor->id == "centre");
  CHECK(actor->tenant_name == "bodo");
  CHECK(actor->tenant == tests::tenant_number("bodo"));
  CHECK(actor->roles == static_cast<gateway::http::Roles>(Role::response_centre));
  CHECK(actor->sources.empty());
}

TEST_CASE("authenticate: a secret shared by sources of a tenant stands for all of them and can only ingest", "[auth]") {
  Authenticator authenticator(tests::auth_config(), tests::tenant_number);
  auto actor = authenticator.actor(tests::with_token("sensors-secret"));
  REQUIRE(actor);
  CHECK(actor->sources == std::vector<std::string>{"sensors", "scales"});
  CHECK(actor->roles == static_cast<gateway::http::Roles>(Role::source));
  CHECK(actor->id == "sensors");
}

TEST_CASE("authenticate: what is no known token is nobody", "[auth]") {
  Authenticator authenticator(tests::auth_config(), tests::tenant_number);
  struct Row {
    const char* name;
    std::vector<std::string> headers;
    bool known;
  };
  const Row rows[] = {
      {"none", {}, false},
      {"known", {"Bearer centre-secret"}, true},
      {"scheme in another case", {"bEaReR centre-secret"}, true},
      {"more blanks", {"Bearer   centre-secret"}, true},
      {"unknown", {"Bearer nobody-secret"}, false},
      {"one character short", {"Bearer centre-secre"}, false},
      {"one character more", {"Bearer centre-secrett"}, false},
      {"another case", {"Bearer Centre-secret"}, false},
      {"empty", {"Bearer "}, false},
      {"only the scheme", {"Bearer"}, false},
      {"without scheme", {"centre-secret"}, false},
      {"another scheme", {"Basic centre-secret"}, false},
      {"two words", {"Bearer centre-secret x"}, false},
      {"twice the same", {"Bearer centre-secret", "Bearer centre-secret"}, false},
      {"two different", {"Bearer nobody", "Bearer centre-secret"}, false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      gateway::http::Request request;
      for (const std::string& value : row.headers) request.headers.emplace_back("authorization", value);
      CHECK((authenticator.actor(request) != nullptr) == row.known);
    }
  }
}

TEST_CASE("authenticate: secrets that would stand for two are refused", "[auth]") {
  auto config = tests::auth_config();
  SECTION("two clients") {
    config.clients[1].bearer = config.clients[0].bearer;
  }
  SECTION("a client and a source") {
    config.clients[1].bearer = config.sources[0].bearer;
  }
  SECTION("sources of two tenants") {
    config.sources[3].bearer = config.sources[0].bearer;
  }
  SECTION("no installation secret") {
    config.installation_secret.clear();
  }
  CHECK_THROWS_AS(Authenticator(config, tests::tenant_number), std::invalid_argument);
}
