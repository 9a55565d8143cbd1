// The route table: path pattern and method to handler, who may call it, and what its errors look like. Gives 404 and
// 405 (with Allow) for free. Pure: no sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "gateway/http/response.hpp"

namespace gateway::http {

// Who may call a route; checked before the body is read.
enum class Role : std::uint8_t { source = 1, response_centre = 2, clinician = 4, hospital = 8, admin = 16 };
using Roles = std::uint8_t;
constexpr Roles operator|(Role a, Role b) {
  return static_cast<Roles>(static_cast<Roles>(a) | static_cast<Roles>(b));
}
constexpr Roles operator|(Roles a, Role b) {
  return static_cast<Roles>(a | static_cast<Roles>(b));
}
inline constexpr Roles open_to_all = 0;

// Taken by reference: the request lives in the session's frame, which awaits the handler.
using Handler = std::function<Awaitable<Response>(Request&)>;

struct Route {
  Method method = Method::get;
  std::string pattern;  // "/alarms/{id}/actions"; a trailing "/*" matches the rest as capture "*"
  Roles roles = open_to_all;
  ErrorBody errors = ErrorBody::problem_json;
  Handler handler;
  // Media types accepted for a body; empty: any. Decided per request for /ingest (the adapter's), by accepts when set.
  std::vector<std::string> content_types;
};

// Called when a route is known and before the body is read: sets request.actor or answers (401, 403, 404, 415).
using Guard = std::function<std::optional<Response>(Request&, const Route&)>;

// A literal segment wins over a capture and a capture over "/*", whatever the order of adding; among the patterns that
// fit a path the first in that order with the method answers. A capture takes one segment, not empty.
class Router {
 public:
  explicit Router(Guard guard) : guard_(std::move(guard)) {}
  // Throws std::logic_error for a pattern that is malformed or already there for the method.
  void add(Route);

  struct Refusal {
    Response response;
  };
  // The route for method and path, captures set (their names point into the route); or the refusal: 404, 405 with
  // Allow, 501 for a method we do not know. HEAD falls back to GET (the session drops the body). OPTIONS without a
  // route of its own is answered 204 with Allow.
  std::variant<const Route*, Refusal> find(Request&) const;
  const Guard& guard() const { return guard_; }
  std::span<const Route> routes() const { return routes_; }

 private:
  bool match(const Route&, Request&) const;

  Guard guard_;
  std::vector<Route> routes_;  // most specific first
};

}  // namespace gateway::http
