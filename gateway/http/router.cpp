#include "gateway/http/router.hpp"

#include <algorithm>
#include <stdexcept>

namespace gateway::http {

namespace {

bool is_capture(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// "/a/b" gives "a", then "b"; "/a/" gives "a", then "".
std::string_view take_segment(std::string_view& rest) {
  std::size_t const end = std::min(rest.find('/', 1), rest.size());
  std::string_view const segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

int rank(std::string_view segment) {
  return segment == "*" ? 2 : is_capture(segment) ? 1 : 0;
}

// Most specific first: at the first differing segment, literal before capture before wildcard, then alphabetical.
bool before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    std::string_view const left = take_segment(a), right = take_segment(b);
    if (rank(left) != rank(right)) return rank(left) < rank(right);
    if (rank(left) == 0 && left != right) return left < right;
  }
  return a.size() > b.size();
}

void check_pattern(std::string_view pattern) {
  if (!pattern.starts_with('/')) throw std::logic_error("route pattern without leading slash");
  std::string_view rest = pattern;
  while (!rest.empty()) {
    std::string_view const segment = take_segment(rest);
    bool const braces = segment.find_first_of("{}") != std::string_view::npos;
    if ((braces && !is_capture(segment)) || (segment == "*" && !rest.empty())) {
      throw std::logic_error("malformed route pattern " + std::string(pattern));
    }
  }
}

std::string allowed(const std::vector<Method>& methods) {
  std::string allow;
  auto const append = [&allow](Method method) {
    if (!allow.empty()) allow += ", ";
    allow += name(method);
  };
  for (Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_}) {
    bool const implied = method == Method::head && std::count(methods.begin(), methods.end(), Method::get) > 0;
    if (implied || std::count(methods.begin(), methods.end(), method) > 0) append(method);
  }
  append(Method::options);
  return allow;
}

}  // namespace

void Router::add(Route route) {
  check_pattern(route.pattern);
  auto const same = [&route](const Route& other) {
    return other.method == route.method && !before(other.pattern, route.pattern) &&
           !before(route.pattern, other.pattern);
  };
  if (std::any_of(routes_.begin(), routes_.end(), same)) throw std::logic_error("route added twice: " + route.pattern);
  auto const at = std::upper_bound(routes_.begin(), routes_.end(), route, [](const Route& a, const Route& b) {
    if (before(a.pattern, b.pattern)) return true;
    // HEAD beside its GET is asked first, so that find() may let GET answer HEAD.
    return !before(b.pattern, a.pattern) && a.method == Method::head && b.method != Method::head;
  });
  routes_.insert(at, std::move(route));
}

bool Router::match(const Route& route, Request& request) const {
  std::string_view pattern = route.pattern;
  std::string_view path = request.path;
  request.captures.clear();
  while (!pattern.empty() && !path.empty()) {
    std::string_view const wanted = take_segment(pattern);
    if (wanted == "*") {
      request.captures.emplace_back("*", path.substr(1));
      return true;
    }
    std::string_view const given = take_segment(path);
    if (!is_capture(wanted)) {
      if (wanted != given) return false;
      continue;
    }
    if (given.empty()) return false;
    request.captures.emplace_back(wanted.substr(1, wanted.size() - 2), given);
  }
  return pattern.empty() && path.empty();
}

std::variant<const Route*, Router::Refusal> Router::find(Request& request) const {
  ErrorBody const errors = error_body_of(request.path);
  if (request.method == Method::other) return Refusal{error_response(501, "The method is not supported.", errors)};
  std::vector<Method> others;
  for (const Route& route : routes_) {
    if (!match(route, request)) continue;
    bool const head_by_get = request.method == Method::head && route.method == Method::get;
    if (route.method == request.method || head_by_get) return &route;
    others.push_back(route.method);
  }
  request.captures.clear();
  if (others.empty()) return Refusal{error_response(404, "There is nothing at this address.", errors)};
  if (request.method == Method::options) {
    Response response(204, "", "");
    response.headers.emplace_back("Allow", allowed(others));
    return Refusal{std::move(response)};
  }
  Response response = error_response(405, "The method is not allowed at this address.", errors);
  response.headers.emplace_back("Allow", allowed(others));
  return Refusal{std::move(response)};
}

}  // namespace gateway::http
