// Adding routes that only the role admin may call, each a function of the request and what its file needs of the gateway.
#pragma once

#include <string>
#include <utility>

#include "gateway/http/router.hpp"

namespace gateway::api {

template <class Deps>
class AdminRoutes {
 public:
  // Both outlive the routes' last request.
  AdminRoutes(http::Router& router, const Deps& deps) : router_(router), deps_(deps) {}

  using Function = http::Awaitable<http::Response> (*)(http::Request&, const Deps&);
  void add(http::Method method, std::string pattern, Function function) {
    http::Route route;
    route.method = method;
    route.pattern = std::move(pattern);
    route.roles = static_cast<http::Roles>(http::Role::admin);
    route.handler = [&deps = deps_, function](http::Request& request) { return function(request, deps); };
    router_.add(std::move(route));
  }

 private:
  http::Router& router_;
  const Deps& deps_;
};

}  // namespace gateway::api
