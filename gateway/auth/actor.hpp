// Who is calling: a configured client or source, scoped to one tenant and its roles.
#pragma once

#include <string>
#include <vector>

#include "gateway/http/router.hpp"
#include "gateway/store/rows.hpp"

namespace gateway::auth {

struct Actor {
  std::string id;           // the configured client's; for a source's secret that of its first source
  store::Tenant tenant{};
  std::string tenant_name;
  http::Roles roles = 0;
  std::vector<std::string> sources;  // ids of the sources this secret may ingest to; empty for clients
  std::string organization;          // of a client that deals with what that one answers for only; empty: with the whole tenant
  bool answers_empty = false;        // the vendor wants 204 and no body for what was stored

  bool has(http::Role role) const { return (roles & static_cast<http::Roles>(role)) != 0; }
};

}  // namespace gateway::auth
