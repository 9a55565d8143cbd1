// Two tenants, three sources (two of them sharing a secret) and a client of each role, for the tests of this folder.
#pragma once

#include <string>
#include <string_view>

#include "gateway/auth/authenticate.hpp"

namespace tests {

inline gateway::config::Config auth_config() {
  using gateway::http::Role;
  gateway::config::Config config;
  config.installation_secret = "an installation secret for tests";
  config.tenants = {{"bodo", "Bodø kommune", "972418013"}, {"oslo", "Oslo kommune", "958935420"}};
  auto source = [&](const char* id, const char* tenant, const char* secret) {
    gateway::config::Source made;
    made.id = id;
    made.tenant = tenant;
    made.adapter = "hjemport";
    made.bearer = secret;
    config.sources.push_back(made);
  };
  source("sensors", "bodo", "sensors-secret");
  source("scales", "bodo", "sensors-secret");
  source("phones", "bodo", "phones-secret");
  source("elsewhere", "oslo", "elsewhere-secret");
  auto client = [&](const char* id, const char* tenant, Role role) {
    config.clients.push_back({id, tenant, static_cast<gateway::http::Roles>(role), std::string(id) + "-secret"});
  };
  client("centre", "bodo", Role::response_centre);
  client("clinic", "bodo", Role::clinician);
  client("hospital", "bodo", Role::hospital);
  client("operator", "bodo", Role::admin);
  client("hospital-oslo", "oslo", Role::hospital);
  return config;
}

inline gateway::store::Tenant tenant_number(std::string_view name) {
  return static_cast<gateway::store::Tenant>(name == "bodo" ? 1 : 2);
}

inline gateway::http::Request with_token(std::string_view token) {
  gateway::http::Request request;
  if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + std::string(token));
  return request;
}

}  // namespace tests
